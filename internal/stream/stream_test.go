package stream

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	tests := []struct {
		name   string
		in     string
		bodies []string // of the documents, end marks and what follows them left out
		lines  []int    // on which the bodies begin
	}{
		{"nothing", "", []string{""}, []int{1}},
		{"one", "a: 1\n", []string{"a: 1\n"}, []int{1}},
		{"separator first", "---\na: 1\n", []string{"a: 1\n"}, []int{2}},
		{"two", "a: 1\n---\nb: 2", []string{"a: 1\n", "b: 2"}, []int{1, 3}},
		{"comment behind the separator", "--- # one\na: 1\n---\t# two\r\nb: 2\n", []string{"a: 1\n", "b: 2\n"}, []int{2, 4}},
		{"content on the separator's line", "--- {a: 1}\n--- # two\nb: 2\n", []string{"--- {a: 1}\n", "b: 2\n"}, []int{1, 3}},
		{"no separator: more dashes, indented, another line", "a: |\n  ---\n----\n---x\n", []string{"a: |\n  ---\n----\n---x\n"}, []int{1}},
		{"empty documents", "---\n---\n\n---", []string{"", "\n", ""}, []int{2, 3, 4}},
		{"byte-order mark", "\ufeffa: 1\n", []string{"a: 1\n"}, []int{1}},
		{"byte-order mark before a separator", "\ufeff---\na: 1\n", []string{"a: 1\n"}, []int{2}},
		{"carriage returns", "a: 1\r\n---\r\nb: 2\r\n", []string{"a: 1\r\n", "b: 2\r\n"}, []int{1, 3}},
		{"end marks", "a: 1\n...\n# c\n---\nb: |\n ...\n....\n", []string{"a: 1\n", "b: |\n ...\n....\n"}, []int{1, 5}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var bodies []string
			var lines []int
			var whole strings.Builder
			for i, d := range Split([]byte(test.in)) {
				whole.Write(d.Text)
				bodies = append(bodies, string(d.Text[d.Body:d.End]))
				lines = append(lines, d.BodyLine())
				if d.Index != i+1 {
					t.Errorf("document %d says it is %d", i+1, d.Index)
				}
			}
			if diff := cmp.Diff(test.in, whole.String()); diff != "" {
				t.Errorf("bytes lost or added (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.bodies, bodies); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.lines, lines); diff != "" {
				t.Errorf("lines (-want +got)\n%s", diff)
			}
		})
	}
}

func TestEmptyAndTrailing(t *testing.T) {
	tests := []struct {
		in       string
		empty    bool
		trailing int
	}{
		{"", true, 0},
		{"# c\n \n\t\n", true, 0},
		{"%YAML 1.1\n# c\n", true, 0},
		{"a: 1\n...\n", false, 0},
		{"a: 1\n...\n%YAML 1.1\n", false, 0},
		{"a: 1\n... # c\nb: 2\n", false, 3},
	}
	for _, test := range tests {
		d := Split([]byte(test.in))[0]
		if d.Empty() != test.empty || d.Trailing() != test.trailing {
			t.Errorf("%q: empty %v, trailing %d; want %v, %d", test.in, d.Empty(), d.Trailing(), test.empty, test.trailing)
		}
	}
}

func TestSource(t *testing.T) {
	for in, want := range map[string]string{
		"---\n# Source: datadog/templates/daemonset.yaml\nkind: x\n":                                                "datadog/templates/daemonset.yaml",
		"---\r\n# Source: a.yaml\r\nkind: x\r\n":                                                                    "a.yaml",
		"kind: x\nmetadata:\n  annotations:\n    postrenderer.helm.sh/postrender-filename: 'dd/templates/x.yaml'\n": "dd/templates/x.yaml",
		"kind: x\ndata: |\n  # Source: b.yaml\n":                                                                    "",
		"kind: x\n" + strings.Repeat("a: b\n", 1000) + "# Source: c.yaml\n":                                         "",
	} {
		if got := Split([]byte(in))[0].Source(); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestKind(t *testing.T) {
	tests := []struct {
		name string
		in   string
		kind string // "" where the look proves nothing
	}{
		{"usual", "---\n# Source: x\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  kind: |\n    x\n", "ConfigMap"},
		{"carriage returns", "apiVersion: v1\r\nkind: ConfigMap\r\n", "ConfigMap"},
		{"last", "metadata:\n  x: 1\nrules:\n- a\n- b: 2\nkind: Role # c", "Role"},
		{"after megabytes", "data:\n" + strings.Repeat("  x: kind\n", 1<<18) + "kind: Deployment\n", "Deployment"},
		{"end mark", "kind: Role\n...\n", "Role"},
		{"no kind", "a: 1\n", ""},
		{"twice", "kind: Role\nkind: Deployment\n", ""},
		{"quoted value", "kind: \"Role\"\n", ""},
		{"escaped value", "kind: \"\\x44eployment\"\n", ""},
		{"value on the next line", "kind:\n  Deployment\n", ""},
		{"value of two words", "kind: Role Binding\n", ""},
		{"quoted key", "kind: Role\n\"kind\": Deployment\n", ""},
		{"escaped key", "kind: Role\n\"\\x6bind\": Deployment\n", ""},
		{"question mark", "? kind\n: Deployment\nkind: Role\n", ""},
		{"tag", "kind: Role\n!!str kind: Deployment\n", ""},
		{"anchor", "kind: Role\n&a kind: Deployment\n", ""},
		{"merge key", "kind: Role\n<<: {kind: Deployment}\n", ""},
		{"flow", "{kind: Deployment}\n", ""},
		{"JSON over lines", "{\n\"kind\": \"Deployment\",\nkind: Role\n}\n", ""},
		{"indented as a whole", "  a: \"\nkind: Role\n  \"\n  kind: Deployment\n", ""},
		{"space before the colon", "kind : Deployment\nkind: Role\n", ""},
		{"old Mac line break", "kind: Role\na: b\rkind: Deployment\n", ""},
		{"next line character", "kind: Role\na: b\u0085kind: Deployment\n", ""},
		{"line separator", "kind: Role\na: b\u2028\"kind\": Deployment\n", ""},
		{"paragraph separator", "kind: Role\na: b\u2029kind: Deployment\n", ""},
		{"directive", "%YAML 1.1\n", ""},
		{"content on the separator's line", "--- {kind: Deployment}\n", ""},
		{"a tab", "kind: Role\n\tx: 1\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			kind, proven := Split([]byte(test.in))[0].Kind()
			if kind != test.kind && proven || proven != (test.kind != "") {
				t.Errorf("got %q, %v; want %q", kind, proven, test.kind)
			}
		})
	}
}

// documents reads a stream in chunks.
func documents(in []byte, chunk int) ([]Document, error) {
	var docs []Document
	r := NewReader(bytes.NewReader(in), chunk)
	for {
		next, err := r.Next()
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, err
		}
		docs = append(docs, next...)
	}
}

func TestReaderError(t *testing.T) {
	broken := errors.New("broken")
	r := NewReader(io.MultiReader(strings.NewReader("a: 1\n---\nb"), iotest.ErrReader(broken)), 100)
	if _, err := r.Next(); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("a\n---\nb\n--- # c\n...\n\ufeff"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var whole []byte
		docs := Split(in)
		for _, chunk := range []int{1, 2, 7, 64} {
			inChunks, err := documents(in, chunk)
			if err != nil || !reflect.DeepEqual(docs, inChunks) {
				t.Fatalf("read %d bytes at a time: error %v (-want +got)\n%s", chunk, err, cmp.Diff(docs, inChunks))
			}
		}
		for _, d := range docs {
			if d.Body > d.End || d.End > len(d.Text) {
				t.Fatalf("body %d, end %d of %d", d.Body, d.End, len(d.Text))
			}
			whole = append(whole, d.Text...)
		}
		if !bytes.Equal(whole, in) {
			t.Fatalf("got %q", whole)
		}
	})
}
