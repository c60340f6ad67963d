package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// table is one of Markdown: the first column is text, the others are numbers.
type table struct {
	title string
	head  []string
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(w io.Writer) error {
	var out strings.Builder
	row := func(cells []string) { fmt.Fprintf(&out, "| %s |\n", strings.Join(cells, " | ")) }
	fmt.Fprintf(&out, "%s\n\n", t.title)
	row(t.head)
	row(append([]string{"---"}, slices.Repeat([]string{"---:"}, len(t.head)-1)...))
	for _, cells := range t.rows {
		row(cells)
	}
	out.WriteString("\n")
	_, err := io.WriteString(w, out.String())
	return err
}

const none = "–"

// seconds gives a time in the unit that a person would: 8.2 ms, 350 ms, 12.3 s.
func seconds(d time.Duration) string {
	switch ms := float64(d) / float64(time.Millisecond); {
	case ms < 1:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	default:
		return fmt.Sprintf("%.1f s", ms/1000)
	}
}

// times says how long d is beside another time.
func times(d, beside time.Duration) string {
	switch ratio := float64(d) / float64(beside); {
	case d == beside:
		return none
	case ratio < 1:
		return fmt.Sprintf("%.2f × as long", ratio)
	case ratio < 100:
		return fmt.Sprintf("%.1f × as long", ratio)
	default:
		return fmt.Sprintf("%.0f × as long", ratio)
	}
}

// thousands gives a number with commas: 10,035,364.
func thousands(n int64) string {
	if n < 0 {
		return "-" + thousands(-n)
	}
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// median is the middle one of some values, or between the middle two.
func median[V int64 | time.Duration](values []V) V {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
