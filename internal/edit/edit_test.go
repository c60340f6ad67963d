package edit

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// at returns the value under keys.
func at(n *yaml.Node, keys ...string) *yaml.Node {
	if n.Kind == yaml.DocumentNode {
		n = n.Content[0]
	}
	for _, key := range keys {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				n = n.Content[i+1]
				break
			}
		}
	}
	return n
}

func set(m *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			value.Line, value.Column = m.Content[i+1].Line, m.Content[i+1].Column
			m.Content[i+1] = value
			return
		}
	}
	m.Content = append(m.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value)
}

func drop(n *yaml.Node, from, to int) {
	n.Content = append(n.Content[:from:from], n.Content[to:]...)
}

func made(text string) *yaml.Node {
	n := yaml.MustParse(text).YNode()
	var clear func(*yaml.Node)
	clear = func(n *yaml.Node) {
		n.Line, n.Column = 0, 0
		for _, c := range n.Content {
			clear(c)
		}
	}
	clear(n)
	return n
}

func TestDocument(t *testing.T) {
	tests := []struct {
		name   string
		in     string
		change func(*yaml.Node)
		out    string
		anew   bool // serialized anew
	}{
		{
			name:   "a scalar is set, its comment kept",
			in:     "a: 'x'   # why\nb:   2\n",
			change: func(d *yaml.Node) { set(at(d), "a", made("true")) },
			out:    "a: true   # why\nb:   2\n",
		},
		{
			name:   "a key without a value gets one",
			in:     "a:\nb: 2",
			change: func(d *yaml.Node) { set(at(d), "a", made("1")) },
			out:    "a: 1\nb: 2",
		},
		{
			name:   "a key is added behind a comment-free last line",
			in:     "m:\n    a: 1\n    # the last\n\nn: 2\n",
			change: func(d *yaml.Node) { set(at(d, "m"), "b", made("c: [1]")) },
			out:    "m:\n    a: 1\n    b:\n      c: [1]\n    # the last\n\nn: 2\n",
		},
		{
			name:   "a key is added at the end of a text without a last line break",
			in:     "a: 1",
			change: func(d *yaml.Node) { set(at(d), "b", made("2")) },
			out:    "a: 1\nb: 2",
		},
		{
			name:   "a key is added behind a literal that keeps its blank lines out",
			in:     "m:\n  a: |\n    x\n\n    # text, no comment\n\nn: 1\n",
			change: func(d *yaml.Node) { set(at(d, "m"), "b", made("2")) },
			out:    "m:\n  a: |\n    x\n\n    # text, no comment\n  b: 2\n\nn: 1\n",
		},
		{
			name: "an empty map becomes a block, its comment kept",
			in:   "a: {} # none\nb: null\nc: ~\nd:\n  {}\ne: 1\n",
			change: func(d *yaml.Node) {
				for _, k := range []string{"a", "b", "c", "d"} {
					set(at(d), k, made("x: 1"))
				}
			},
			out: "a: # none\n  x: 1\nb:\n  x: 1\nc:\n  x: 1\nd:\n  x: 1\ne: 1\n",
		},
		{
			name:   "a key is removed with its lines",
			in:     "a: 1\nb:\n  c: 2\n  # inside\n  d: 3\n# after\ne: 4\n",
			change: func(d *yaml.Node) { drop(at(d), 2, 4) },
			out:    "a: 1\n# after\ne: 4\n",
		},
		{
			name:   "the first key of an item is removed: the next moves up to the dash",
			in:     "l:\n  - a: 1\n    b: 2\n",
			change: func(d *yaml.Node) { drop(at(d, "l").Content[0], 0, 2) },
			out:    "l:\n  - b: 2\n",
		},
		{
			name:   "an item is removed, comments before it kept",
			in:     "l:\n- 1\n# of two\n- a: 2\n  b: 3\n- 4\n",
			change: func(d *yaml.Node) { drop(at(d, "l"), 1, 2) },
			out:    "l:\n- 1\n# of two\n- 4\n",
		},
		{
			name: "items are added at the beginning, in the middle and at the end",
			in:   "l:\n  - 1\n  - 2\n",
			change: func(d *yaml.Node) {
				l := at(d, "l")
				l.Content = []*yaml.Node{made("a"), l.Content[0], made("x: [1]\ny: 2"), l.Content[1], made("c")}
			},
			out: "l:\n  - a\n  - 1\n  - x: [1]\n    y: 2\n  - 2\n  - c\n",
		},
		{
			name:   "an item takes another's place",
			in:     "l:\n- 1\n- 2\n- 3\n",
			change: func(d *yaml.Node) { at(d, "l").Content[1] = made("x") },
			out:    "l:\n- 1\n- x\n- 3\n",
		},
		{
			name:   "a key is added behind a scalar folded over lines",
			in:     "l:\n- a: x\n    y;\n\n    z\n  b:\n  - one\n    two\n- 2\n",
			change: func(d *yaml.Node) { set(at(d, "l").Content[0], "c", made("1")) },
			out:    "l:\n- a: x\n    y;\n\n    z\n  b:\n  - one\n    two\n  c: 1\n- 2\n",
		},
		{
			name: "a key is renamed, and its block becomes empty",
			in:   "l:\n- host:\n    path: x\n  name: y\n",
			change: func(d *yaml.Node) {
				set(at(d, "l").Content[0], "host", made("{}"))
				at(d, "l").Content[0].Content[0].Value = "empty"
			},
			out: "l:\n- empty: {}\n  name: y\n",
		},
		{
			name:   "carriage returns",
			in:     "a: 1\r\nm:\r\n  b: 2\r\n",
			change: func(d *yaml.Node) { set(at(d, "m"), "c", made("d: 3")) },
			out:    "a: 1\r\nm:\r\n  b: 2\r\n  c:\r\n    d: 3\r\n",
		},
		{
			name:   "characters of more than one byte before the value",
			in:     "é: {} # ü\n\"ключ\": 'й' # é\n",
			change: func(d *yaml.Node) { set(at(d), "ключ", made("1")); set(at(d), "é", made("x: 1")) },
			out:    "é: # ü\n  x: 1\n\"ключ\": 1 # é\n",
		},
		{
			name:   "flow style is serialized anew",
			in:     "m: {a: 1,   b: 2} # c\n",
			change: func(d *yaml.Node) { set(at(d, "m"), "a", made("3")) },
			out:    "m: {a: 3, b: 2} # c\n",
			anew:   true,
		},
		{
			name:   "and keeps its comments",
			in:     "# head\nm: {a: 1,   b: 2} # c\n\n# of l\nl: # d\n# e\n- x # f\nn: # g\n# foot\n",
			change: func(d *yaml.Node) { set(at(d, "m"), "a", made("3")) },
			out:    "# head\nm: {a: 3, b: 2} # c\n# of l\nl: # d\n# e\n- x # f\nn: # g\n\n# foot\n",
			anew:   true,
		},
		{
			name:   "so is a value over several lines",
			in:     "a: one\n  two\nb:   1\n",
			change: func(d *yaml.Node) { set(at(d), "a", made("x")) },
			out:    "a: x\nb: 1\n",
			anew:   true,
		},
		{
			name:   "and a literal whose text would change if lines were put behind it",
			in:     "m:\n  a: |+\n    x\n\nn:   1\n",
			change: func(d *yaml.Node) { set(at(d, "m"), "b", made("2")) },
			out:    "m:\n  a: |+\n    x\n\n  b: 2\nn: 1\n",
			anew:   true,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			const shift = 7
			meant, err := Parse(test.in, shift)
			if err != nil {
				t.Fatal(err)
			}
			test.change(meant)
			out, anew, err := NewWriter().Document(test.in, shift, meant, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.out, out); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if anew != test.anew {
				t.Errorf("serialized anew: %v, want %v", anew, test.anew)
			}
		})
	}
}

func TestDocumentWithoutChange(t *testing.T) {
	const text = "# head\na:   [1,  2]   # odd\n\n\nb: |\n   x\n"
	meant, err := Parse(text, 3)
	if err != nil {
		t.Fatal(err)
	}
	out, anew, err := NewWriter().Document(text, 3, meant, nil)
	if err != nil || anew || out != text {
		t.Errorf("got %q, serialized anew: %v, error: %v", out, anew, err)
	}
}

// TestVerifyCatches sees that the comparison of what was written with what was
// meant can fail: it is what stands between a bug here and a cluster.
func TestVerifyCatches(t *testing.T) {
	meant := yaml.MustParse("a: \"yes\"\nb: [1, 2]\nc: {d: e}").YNode()
	doc := &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{meant}}
	w := NewWriter()
	if err := w.verify("c: {d: e}\n", doc, nil); err == nil {
		t.Error("missing keys are not seen")
	}
	good := "a: \"yes\"\nb: [1, 2]\nc: {d: e}\n"
	if err := w.verify(good, doc, nil); err != nil {
		t.Error(err)
	}
	for _, replaced := range [][2]string{{`"yes"`, "yes"}, {"[1, 2]", "[1, 3]"}, {"[1, 2]", "[1]"}, {"[1, 2]", `[1, "2"]`}, {"{d: e}", "{f: e}"}, {"c:", "c: ]"}} {
		if err := w.verify(strings.Replace(good, replaced[0], replaced[1], 1), doc, nil); err == nil {
			t.Errorf("%s instead of %s is not seen", replaced[1], replaced[0])
		}
	}
}
