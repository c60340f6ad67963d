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

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Document returns text with the changes that lead from before, the tree that
// text was parsed to, to after, which began as Copy of it with the same shift.
// It says whether the document had to be serialized anew.
//
// It returns an error if even that does not parse to what was meant.
func Document(text []byte, shift int, before, after *yaml.Node) (out []byte, reserialized bool, err error) {
	if out, err = inPlace(text, shift, before, after); err == nil {
		if err = verify(out, after); err == nil {
			return out, false, nil
		}
	}
	out, err = serialize(text, after)
	if err != nil {
		return nil, true, err
	}
	return out, true, verify(out, after)
}

// errForm says that the text is of a form that is not edited in place.
var errForm = errors.New("not editable in place")

func inPlace(text []byte, shift int, before, after *yaml.Node) ([]byte, error) {
	e := newEditor(text, shift)
	if e == nil {
		return nil, errForm
	}
	if err := e.compare(before, after); err != nil {
		return nil, err
	}
	return e.apply(), nil
}

// Parse reads the one document of text. A document of comments alone, or of
// nothing, is nil. A second document is an error: the libraries of Kubernetes
// would not read it. JSON is read as JSON, the rest as YAML.
func Parse(text []byte) (*yaml.Node, error) {
	if isJSON(text) {
		return parseJSON(text)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
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

// Copy copies a tree and moves it down by shift lines, so that lines may count
// from the beginning of a stream.
func Copy(n *yaml.Node, shift int) *yaml.Node {
	c := *n
	c.Line += shift
	if n.Content != nil {
		c.Content = make([]*yaml.Node, len(n.Content))
		for i, child := range n.Content {
			c.Content[i] = Copy(child, shift)
		}
	}
	return &c
}

func verify(out []byte, meant *yaml.Node) error {
	got, err := Parse(out)
	if err != nil {
		return fmt.Errorf("what was written does not parse: %w", err)
	}
	if got == nil || !equal(got, meant) {
		return errors.New("what was written is not what was meant")
	}
	return nil
}

// equal compares a tree that was read with the one that was meant by what they
// say: kinds, tags and values, not style, comments or position.
func equal(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) || a.Anchor != b.Anchor {
		return false
	}
	switch a.Kind {
	case yaml.ScalarNode:
		if a.Value != b.Value || a.ShortTag() != b.ShortTag() || plain(a) != plain(b) && b.Line != 0 {
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

func serialize(text []byte, doc *yaml.Node) ([]byte, error) {
	if isJSON(text) {
		return asJSON(text, doc.Content[0])
	}
	var buf bytes.Buffer
	e := yaml.NewEncoder(&buf)
	if err := e.Encode(doc); err != nil {
		return nil, err
	}
	if err := e.Close(); err != nil {
		return nil, err
	}
	out := buf.Bytes()
	if bytes.HasPrefix(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("---")) {
		out = append([]byte("---\n"), out...)
	}
	if bytes.Contains(text, []byte("\r\n")) {
		out = bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n"))
	}
	return out, nil
}
