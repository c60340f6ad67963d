package block

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/stream"
)

// differ says where a tree differs from the library's, comments aside.
func differ(library, got *yaml.Node) string {
	a, b := *library, *got
	a.HeadComment, a.LineComment, a.FootComment = "", "", ""
	a.Content, b.Content = nil, nil
	if fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) || len(library.Content) != len(got.Content) {
		return fmt.Sprintf("library %+v with %d nodes\n    got %+v with %d nodes", a, len(library.Content), b, len(got.Content))
	}
	for i := range library.Content {
		if d := differ(library.Content[i], got.Content[i]); d != "" {
			return d
		}
	}
	return ""
}

// sameAsLibrary fails if the text is read otherwise than the library reads it.
// It says whether it was read.
func sameAsLibrary(t *testing.T, m *Memory, text string) bool {
	t.Helper()
	got := m.Read(text, 0)
	if got == nil {
		return false
	}
	var library yaml.Node
	if err := yaml.Unmarshal([]byte(text), &library); err != nil {
		t.Fatalf("the library refuses it: %v\n%q", err, text)
	}
	if d := differ(&library, got); d != "" {
		t.Fatalf("%s\n%q", d, text)
	}
	return true
}

// forms are texts in all the forms that the package knows, and in some that are
// next to them.
var forms = []struct {
	name, text string
	read       bool
}{
	{"map", "a: 1\nb: x y\n", true},
	{"no line break at the end", "a: 1\nb: 2", true},
	{"a value for the first key only", "a:\nb:\n  c:\n", true},
	{"indented", "  a: 1\n  b: 2\n", true},
	{"comments and blank lines", "# a\n\na: 1 # b\n  # c\n\nb: # d\n  c: 1\n#e\n", true},
	{"list in a map", "a:\n  - b\n  - c\nd: 1\n", true},
	{"list at the key's column", "a:\n- b\n- c\nd:\n- e\n", true},
	{"maps in a list", "- a: 1\n  b: 2\n-   c: 3\n    d: 4\n", true},
	{"lists in a list", "- - a\n  - b\n- - - c\n", true},
	{"items below their dashes", "-\n  a: 1\n- # c\n  - b\n", true},
	{"an item of nothing", "a:\n-\n- b\n", false},
	{"values below their keys", "a:\n  {}\nb:\n  \"x\"\nc:\n  x\n  y\nd:\n  - 1\n", true},
	{"deeper than before", "a:\n    b:\n          c: 1\n    d: 2\n", true},
	{"between two columns", "a:\n    b: 1\n  c: 2\n", false},
	{"left of the beginning", "  a: 1\nb: 2\n", false},
	{"a key in a list", "- a\nb: 1\n", false},
	{"an item in a map", "a: 1\n- b\n", false},
	{"scalars", "a: 1\nb: 0x1f\nc: ~\nd: null\ne: yes\nf: 1.5\ng: 2026-11-23\nh: .5\ni: -3\nj: --flag\nk: +1\nl: $(X)\nm: (a)\nn: <<\n", false},
	{"scalars, no merge key", "a: 1\nb: 0x1f\nc: ~\nd: null\ne: yes\nf: 1.5\ng: 2026-11-23\nh: .5\ni: -3\nj: --flag\nk: +1\nl: $(X)\nm: (a)\n", true},
	{"a colon in a scalar", "a: b:c\nd: http://x:80/y\n", true},
	{"a colon and a space in a scalar", "a: b: c\n", false},
	{"a colon at the end of a scalar", "a: b:\n", false},
	{"a hash in a scalar", "a: b#c\nd: e #f\n", true},
	{"folded", "a: b\n  c\n   d - e\nf: g\n", true},
	{"folded in a list at the key's column", "a:\n- b\n c\n", true},
	{"folded, with a blank line", "a: b\n\n  c\n", false},
	{"folded, with a comment", "a: b # c\n  d\n", false},
	{"folded, with a key", "a: b\n  c: d\n", false},
	{"quotes", `a: "b: c # d"` + "\nb: 'it''s'\nc: \"\"\nd: ''\ne: \"\\\\ \\\" \\n\" # f\n", true},
	{"an escape", `a: "\t"` + "\n", false},
	{"quotes over two lines", "a: \"b\n  c\"\n", false},
	{"a key in quotes", "\"a\": b\n", false},
	{"something behind quotes", "a: \"b\"c\n", false},
	{"a comment at once behind quotes", "a: \"b\"#c\n", false},
	{"literal", "a: |\n  b\n   c # d\n\n  e: f\ng: h\n", true},
	{"literal, stripped", "a: |-\n  b\n\n\nc: |-  \n d\n", true},
	{"literal, in a list", "a:\n- |\n b\n- |-\n  c\n", true},
	{"literal, blank lines of many widths", "a: |\n  b\n \n  \n   \n  c\n    \n", true},
	{"literal, a tab", "a: |\n  b\n  \tc\td\n", true},
	{"literal, then a comment", "a: |\n  b\n # c\n# d\ne: f\n", true},
	{"literal, kept", "a: |+\n  b\n\n", false},
	{"literal, its indentation given", "a: |2\n   b\n", false},
	{"literal, blank at first", "a: |\n\n  b\n", false},
	{"literal, of nothing", "a: |\nb: c\n", false},
	{"literal, the text ends", "a: |\n  b", false},
	{"folded style", "a: >\n  b\n", false},
	{"flow", "a: [b, \"c\", 'd', 1, -x,\"e\"]\nf: {g: h, 'i': \"j\"}\nk: []\nl: {}\nm: [ ]\nn: [a] # b\n- {}", false},
	{"flow, no list", "a: [b, \"c\", 'd', 1, -x,\"e\"]\nf: {g: h, 'i': \"j\"}\nk: []\nl: {}\nm: [ ]\nn: [a] # b\n", true},
	{"flow in flow", "a: [[b]]\n", false},
	{"flow over lines", "a: [b,\n  c]\n", false},
	{"flow, a comma at the end", "a: [b, ]\n", false},
	{"flow, a key", "a: [b: c]\n", false},
	{"flow, a key without a space", "a: {b:c}\n", false},
	{"flow as a key", "{a: b}: c\n", false},
	{"anchor", "a: &b c\n", false},
	{"alias", "a: *b\n", false},
	{"tag", "a: !!str 1\n", false},
	{"merge key", "<<: {a: b}\n", false},
	{"question mark", "? a\n: b\n", false},
	{"reserved", "a: @b\n", false},
	{"directive", "%YAML 1.1\n---\na: b\n", false},
	{"separator", "---\na: b\n", false},
	{"end mark", "a: b\n...\n", false},
	{"scalar", "a\n", false},
	{"nothing", "\n# a\n \n", false},
	{"carriage return", "a: b\r\n", false},
	{"tab", "a:\tb\n", false},
	{"tab in front", "a:\n\tb: c\n", false},
	{"other letters", "a: é\nb: [\"é\", x, 'ö']\nc: |\n  日本\n# ü\n", true},
	{"other line breaks", "a: b\u2028c\n", false},
	{"byte-order mark", "a: b\ufeff\n", false},
	{"no UTF-8", "a: \xff\n", false},
	{"a control character", "a: \x01\n", false},
	{"long key", strings.Repeat("a", 1023) + ": b\n", true},
	{"too long a key", strings.Repeat("a", 1024) + ": b\n", false},
	{"deep", strings.Repeat("- ", maxDepth) + "a\n", true},
	{"too deep", strings.Repeat("- ", maxDepth+2) + "a\n", false},
}

func TestRead(t *testing.T) {
	var m Memory
	for _, test := range forms {
		t.Run(test.name, func(t *testing.T) {
			m.Reset() // which must not show in the next tree
			if read := sameAsLibrary(t, &m, test.text); read != test.read {
				t.Errorf("read: %v\n%s", read, test.text)
			}
		})
	}
}

func TestShift(t *testing.T) {
	var m Memory
	if n := m.Read("a:\n  b: 1\n", 41).Content[0].Content[1].Content[0]; n.Line != 43 {
		t.Errorf("b is on line %d, should be 43", n.Line)
	}
}

// TestCharts reads the workloads of charts, as they are rendered and as Helm 4
// hands them on, which is serialized anew.
func TestCharts(t *testing.T) {
	files := []string{"../../testdata/sample.yaml"}
	if folder := os.Getenv("DATADOG_HARDEN_CORPUS"); folder != "" {
		more, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		if err != nil || len(more) == 0 {
			t.Fatal("no renders in ", folder, err)
		}
		files = append(files, more...)
	}
	var m Memory
	all, read := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range stream.Split(text) {
			if kind, _ := d.Kind(); kind != "DaemonSet" && kind != "Deployment" {
				continue
			}
			body := string(d.Text[d.Body:d.End])
			for _, text := range []string{body, yaml.MustParse(body).MustString()} {
				m.Reset()
				all++
				if sameAsLibrary(t, &m, text) {
					read++
				}
			}
		}
	}
	t.Logf("%d of %d", read, all)
	if read < all*9/10 {
		t.Errorf("only %d of %d workloads are of the forms that the package knows", read, all)
	}
}

// FuzzRead holds the reader to the library: it declines, or it reads the same.
func FuzzRead(f *testing.F) {
	for _, form := range forms {
		f.Add(form.text)
	}
	var m Memory
	f.Fuzz(func(t *testing.T, text string) {
		m.Reset()
		sameAsLibrary(t, &m, text)
	})
}

// TestComposed reads texts put together at random from pieces of YAML, which
// meet in ways that nobody writes.
func TestComposed(t *testing.T) {
	pieces := []string{
		"\n", "\n", "\n  ", "\n  ", "\n    ", "\n ", "\n   ", "\n\n", " ", "  ", "- ", "- ", "-", "a: ", "b: ", "key:", "c.d/e: ",
		"x", "y z", "1", "1.5", "0x1", "yes", "~", "null", "-1", "--x", "a:b", "http://x:1", "2026-11-23", "é",
		`"q"`, `"q r"`, `"\n"`, `'s'`, `'it''s'`, `""`, "[]", "{}", "[a, b]", `["a","b"]`, "{a: b}", "[a,", "]", "}",
		"|", "|-", "|\n  ", "|\n    ", "|-\n  ", ">", " # c", "#", ": ", ":", ",", "&a ", "*a", "!", "%", "@", "?", "? ", "\t", "---", "...", "\"", "'",
	}
	runs := 200_000
	if testing.Short() {
		runs /= 10
	}
	var m Memory
	random := rand.New(rand.NewPCG(1, 2))
	read := 0
	for range runs {
		var text strings.Builder
		text.WriteString([]string{"a: ", "a:\n  ", "- ", "a:\n- "}[random.IntN(4)])
		for range 1 + random.IntN(14) {
			text.WriteString(pieces[random.IntN(len(pieces))])
		}
		m.Reset()
		if sameAsLibrary(t, &m, text.String()) {
			read++
		}
	}
	if read < runs/50 {
		t.Errorf("only %d of %d texts were read: they test little", read, runs)
	}
	t.Log(read, "of", runs)
}
