// Package edit writes a changed YAML document so that only the lines that a
// change touches differ from the text it was read from.
//
// It compares the tree as it was parsed with the tree as it is meant to be and
// edits the text at the positions of the nodes. A node of the second tree that
// came from the first has kept its position; a node without one is new. What
// was written is parsed again and compared with what was meant. Where the two
// differ, or where the text is of a form that is not edited here (flow style,
// values over several lines), the document is serialized anew: the comments
// and the object are the same, the layout is not.
package edit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/block"
)

// memories are of Readers that are closed.
var memories = sync.Pool{New: func() any { return &block.Memory{} }}

// Reader reads documents one at a time, in the same memory.
type Reader struct{ memory *block.Memory }

// NewReader returns a Reader. With Close, another one takes its memory over.
func NewReader() *Reader { return &Reader{memories.Get().(*block.Memory)} }

// Close ends the use of a Reader and of its last tree.
func (r *Reader) Close() { memories.Put(r.memory) }

// Parse is the function Parse. The tree is good until the next call.
func (r *Reader) Parse(text string, shift int) (*yaml.Node, error) {
	r.memory.Reset()
	return parse(text, shift, r.memory)
}

// Witness sees what the text of a document says before it is changed, and then
// what the text says that was written. The trees are good until it returns, and
// it may change them. Their lines count from 1 - shift.
type Witness interface {
	Before(doc *yaml.Node, shift int)
	After(doc *yaml.Node)
}

// Writer writes changed documents.
type Writer struct{ *Reader }

// NewWriter returns a Writer. With Close, another one takes its memory over.
func NewWriter() Writer { return Writer{NewReader()} }

// Document returns text with the changes that lead from what Parse reads there
// to meant, which Parse returned for it with the same shift and which has been
// changed since. It says whether the document had to be serialized anew. The
// witness may be nil.
//
// It returns an error if even that does not parse to what was meant.
func (w Writer) Document(text string, shift int, meant *yaml.Node, witness Witness) (out string, reserialized bool, err error) {
	before, err := w.Parse(text, 0)
	if err != nil {
		return "", false, err
	}
	out, err = inPlace(text, shift, before, meant)
	if witness != nil {
		witness.Before(before, shift)
	}
	if err == nil {
		if err = w.verify(out, meant, witness); err == nil {
			return out, false, nil
		}
	}
	out, err = serialize(text, shift, meant)
	if err != nil {
		return "", true, err
	}
	return out, true, w.verify(out, meant, witness)
}

// errForm says that the text is of a form that is not edited in place.
var errForm = errors.New("not editable in place")

func inPlace(text string, shift int, before, meant *yaml.Node) (string, error) {
	e := newEditor(text, shift)
	if e == nil {
		return "", errForm
	}
	if err := e.compare(before, meant); err != nil {
		return "", err
	}
	return e.apply()
}

func (w Writer) verify(out string, meant *yaml.Node, witness Witness) error {
	got, err := w.Parse(out, 0)
	if err != nil {
		return fmt.Errorf("what was written does not parse: %w", err)
	}
	if got == nil || !equal(got, meant) {
		return errors.New("what was written is not what was meant")
	}
	if witness != nil {
		witness.After(got)
	}
	return nil
}

// Parse reads the one document of text, its lines counted from 1 + shift. A
// document of comments alone, or of nothing, is nil. A second document is an
// error: the libraries of Kubernetes would not read it.
//
// The tree may lack the comments.
func Parse(text string, shift int) (*yaml.Node, error) {
	return parse(text, shift, &block.Memory{})
}

// parse reads the usual forms of YAML quickly, JSON as JSON, and what else
// there is as the YAML library does.
func parse(text string, shift int, memory *block.Memory) (*yaml.Node, error) {
	if n := memory.Read(text, shift); n != nil {
		return n, nil
	}
	read := fromLibrary
	if isJSON(text) {
		read = parseJSON
	}
	n, err := read(text)
	if n != nil && shift != 0 {
		walk(n, func(n *yaml.Node) { n.Line += shift })
	}
	return n, err
}

func fromLibrary(text string) (*yaml.Node, error) {
	d := yaml.NewDecoder(strings.NewReader(text))
	var doc, second yaml.Node
	if err := d.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	switch err := d.Decode(&second); {
	case err == nil:
		return nil, fmt.Errorf("yaml: line %d: a second document without a line `---` before it", second.Line)
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return &doc, nil
}

// equal compares a tree that was read with the one that was meant by what they
// say: kinds, tags and values, not style, comments or position.
func equal(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) || a.Anchor != b.Anchor {
		return false
	}
	switch a.Kind {
	case yaml.ScalarNode:
		if a.Value != b.Value || a.Tag != b.Tag && a.ShortTag() != b.ShortTag() || plain(a) != plain(b) && b.Line != 0 {
			return false
		}
	case yaml.AliasNode:
		return a.Value == b.Value
	}
	for i := range a.Content {
		if !equal(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// plain says whether a scalar stands without quotes: a reader of YAML 1.1 may
// take `yes` for a boolean, and "yes" never. (A string that is new is one with
// and without them, and flow style may ask for them.)
func plain(n *yaml.Node) bool {
	return n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
}

// serialize writes a document anew, with the comments of its text.
func serialize(text string, shift int, doc *yaml.Node) (string, error) {
	if isJSON(text) {
		return asJSON(text, doc.Content[0])
	}
	if err := comment(doc, text, shift); err != nil {
		return "", err
	}
	var buf bytes.Buffer
	e := yaml.NewEncoder(&buf)
	if err := e.Encode(doc); err != nil {
		return "", err
	}
	if err := e.Close(); err != nil {
		return "", err
	}
	out := buf.String()
	if strings.HasPrefix(strings.TrimPrefix(text, "\ufeff"), "---") {
		out = "---\n" + out
	}
	if strings.Contains(text, "\r\n") {
		out = strings.ReplaceAll(out, "\n", "\r\n")
	}
	return out, nil
}

// comment gives the nodes of a document that stood in its text the comments
// that they had there.
func comment(doc *yaml.Node, text string, shift int) error {
	read, err := fromLibrary(text)
	if err != nil {
		return err
	}
	type place struct {
		line, column int
		kind         yaml.Kind // a map begins where its first key does
	}
	found := map[place]*yaml.Node{}
	walk(read, func(n *yaml.Node) { found[place{n.Line + shift, n.Column, n.Kind}] = n })
	walk(doc, func(n *yaml.Node) {
		old := found[place{n.Line, n.Column, n.Kind}]
		if old == nil {
			old = found[place{n.Line, n.Column, yaml.ScalarNode}] // null, before
		}
		if old != nil {
			n.HeadComment, n.LineComment, n.FootComment = old.HeadComment, old.LineComment, old.FootComment
		}
	})
	return nil
}

func walk(n *yaml.Node, do func(*yaml.Node)) {
	do(n)
	for _, child := range n.Content {
		walk(child, do)
	}
}
