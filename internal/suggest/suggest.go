// Package suggest finds what a misspelt word was meant to be.
package suggest

import (
	"fmt"
	"strings"
)

// Unknown says that a word is none of the known ones, and which one it may be
// meant to be.
func Unknown(what, word string, known []string) error {
	hint := ""
	if near := Nearest(word, known); near != "" {
		hint = fmt.Sprintf("; did you mean %s?", near)
	}
	return fmt.Errorf("unknown %s %q: known are %s%s", what, word, strings.Join(known, ", "), hint)
}

// Nearest returns the known word that is a slip away from word, or "": letter
// case and separators aside, two letters may differ, and one in a short word.
func Nearest(word string, known []string) string {
	word = fold(word)
	best, least := "", 3
	if len(word) < 5 {
		least = 2
	}
	for _, k := range known {
		if d := distance(word, fold(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// fold takes away what people mix up without a slip: removeHostPid,
// remove-host-pid, REMOVE_HOST_PID.
func fold(word string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(word))
}

// distance is Damerau's: how many letters to insert, drop, replace, or swap
// with the next.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			other := 1
			if a[i-1] == b[j-1] {
				other = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+other)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
