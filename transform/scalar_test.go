package transform

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// TestMeaning compares the short ways to a scalar's meaning with the library's
// own, on words made at random of what numbers, dates and booleans are made of.
func TestMeaning(t *testing.T) {
	const runs, letters = 300_000, "00112579aAbBeEfFilLnNoOsStTrRuUxXyYzZ+-._:/"
	random := rand.New(rand.NewPCG(3, 4))
	words := []string{"~", "null", "Null", "NULL", "true", "yes", "No", "on", "OFF", "y", "N", ".inf", "-.Inf", ".NaN", "2026-11-23", "2026-11-23T10:00:00Z", "12:30:45", "1_000", "0x_1", "250m", "1Gi", "1e3", "-c", "44136fa3"}
	strings, others := 0, 0
	for i := range runs {
		word := make([]byte, 1+random.IntN(7))
		for j := range word {
			word[j] = letters[random.IntN(len(letters))]
		}
		n := &yaml.Node{Kind: yaml.ScalarNode, Value: string(word)}
		if i < len(words) {
			n.Value = words[i]
		}
		want, wantErr := resolve(n, false)
		got, err := Meaning(n)
		if got != want && !(got != got && want != want) || (err != nil) != (wantErr != nil) {
			t.Fatalf("%q is %T %v (%v), to the library %T %v (%v)", n.Value, got, got, err, want, want, wantErr)
		}
		if plainString(n.Value) {
			strings++
		} else if _, short := plainMeaning(n.Value); short {
			others++
		}
	}
	if strings < runs/10 || others < runs/1000 {
		t.Errorf("the short ways were taken %d and %d times: the words test little", strings, others)
	}
}

// TestRepeatedKeys finds a key that stands twice in a map, however it is spelled
// and however large the map is.
func TestRepeatedKeys(t *testing.T) {
	for _, size := range []int{1, 200} {
		var entries strings.Builder
		for i := range size {
			fmt.Fprintf(&entries, "    k%d: v\n", i)
		}
		for _, test := range []struct {
			more     string
			repeated bool
		}{
			{"", false},
			{"    k0: again\n", true},
			{"    \"k0\": again\n", true},
			{"    yes: a\n    \"yes\": b\n", true},
			{"    yes: a\n    on: b\n", true},
			{"    0x1: a\n    1: b\n", true},
			{"    1: a\n    \"1\": b\n", true},
			{"    0x1: a\n    \"1\": b\n", false},
			{"    a: a\n    A: b\n", false},
		} {
			rnode, err := yaml.Parse("apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  annotations:\n" + entries.String() + test.more)
			if err != nil {
				t.Fatal(err)
			}
			_, err = podOf(objects(rnode.YNode())[0], false)
			if (err != nil) != test.repeated || err != nil && !strings.Contains(err.Error(), "the key is repeated") {
				t.Errorf("%d keys and %q: %v", size, test.more, err)
			}
		}
	}
}
