// Package manifest passes the objects of a stream of Kubernetes manifests
// through a filter and writes the stream back, with only those lines changed
// that the filter changed. It knows nothing of what the filter does.
package manifest

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/stream"
)

// Filter changes objects.
type Filter interface {
	// Wants says whether objects of a kind are of interest. Documents of other
	// kinds are not parsed if that kind is plain to see.
	Wants(kind string) bool
	// Filter changes the objects in place. Lines of the nodes count from the
	// beginning of the stream.
	Filter([]*yaml.RNode) ([]*yaml.RNode, error)
	// Changed says whether Filter changed the object of a node.
	Changed(*yaml.Node) bool
}

// Result is a stream, changed.
type Result struct {
	parts [][]byte
	Stats Stats
}

// Stats counts documents by what happened to them.
type Stats struct {
	Documents    int
	Parsed       int
	Changed      int
	Reserialized int // of the changed: not edited in place
}

// WriteTo implements io.WriterTo.
func (r *Result) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for _, part := range r.parts {
		n, err := w.Write(part)
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// Error is an error with its place in the stream.
type Error struct {
	Document int    // from 1, 0 if unknown
	Source   string // the template that Helm names, if any
	Line     int    // of the stream, 0 if unknown
	Column   int
	Err      error
}

func (e *Error) Error() string {
	at := ""
	if e.Document > 0 {
		at = fmt.Sprintf("document %d", e.Document)
	}
	if e.Source != "" {
		at += " (" + e.Source + ")"
	}
	if e.Line > 0 {
		at += fmt.Sprintf(", line %d", e.Line)
	}
	if e.Column > 0 {
		at += fmt.Sprintf(", column %d", e.Column)
	}
	if at == "" {
		return e.Err.Error()
	}
	return at + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// parsed is a document that the filter may change.
type parsed struct {
	stream.Document
	before *yaml.Node
	after  *yaml.Node
}

func (p *parsed) shift() int { return p.BodyLine() - 1 }

// Process passes the objects of a stream through the filter. Every error of
// the stream is in the error it returns (errors.Join), each an *Error.
func Process(input []byte, filter Filter) (*Result, error) {
	docs := stream.Split(input)
	result := &Result{parts: make([][]byte, len(docs)), Stats: Stats{Documents: len(docs)}}
	var errs []error
	var chosen []*parsed
	var nodes []*yaml.RNode
	for i, doc := range docs {
		result.parts[i] = doc.Text
		p, err := parse(doc, filter)
		if err != nil {
			errs = append(errs, err)
		}
		if p == nil {
			continue
		}
		result.Stats.Parsed++
		chosen = append(chosen, p)
		nodes = append(nodes, yaml.NewRNode(p.after.Content[0]))
	}
	if _, err := filter.Filter(nodes); err != nil {
		errs = append(errs, place(docs, err)...)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	for _, p := range chosen {
		if !filter.Changed(p.after.Content[0]) {
			continue
		}
		text, reserialized, err := edit.Document(p.Text[p.Body:p.End], p.shift(), p.before, p.after)
		if err != nil {
			errs = append(errs, &Error{Document: p.Index, Source: p.Source(), Line: p.Line, Err: err})
			continue
		}
		result.Stats.Changed++
		if reserialized {
			result.Stats.Reserialized++
		}
		result.parts[p.Index-1] = join(p.Text[:p.Body], text, p.Text[p.End:])
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return result, nil
}

func join(head, body, tail []byte) []byte {
	out := make([]byte, 0, len(head)+len(body)+len(tail))
	return append(append(append(out, head...), body...), tail...)
}

// parse returns the document's trees, or nil if it cannot be of interest.
func parse(doc stream.Document, filter Filter) (*parsed, error) {
	if kind, proven := doc.Kind(); proven && !filter.Wants(kind) {
		return nil, nil
	}
	if doc.UTF16() {
		return nil, &Error{doc.Index, doc.Source(), doc.Line, 0, errors.New("expected UTF-8, found UTF-16")}
	}
	if line := doc.Trailing(); line > 0 {
		return nil, &Error{doc.Index, doc.Source(), line, 0, errors.New("text behind the end mark `...`: Kubernetes would not read it; begin a new document with `---`")}
	}
	if doc.Empty() {
		return nil, nil
	}
	before, err := edit.Parse(doc.Text[doc.Body:doc.End])
	if err != nil {
		return nil, parseError(doc, err)
	}
	if before == nil || len(before.Content) == 0 {
		return nil, nil
	}
	p := &parsed{Document: doc, before: before}
	p.after = edit.Copy(before, p.shift())
	root := before.Content[0]
	if root.Kind != yaml.MappingNode {
		if root.Kind == yaml.ScalarNode && root.ShortTag() == yaml.NodeTagNull {
			return nil, nil
		}
		return nil, &Error{doc.Index, doc.Source(), root.Line + p.shift(), root.Column, errors.New("expected a Kubernetes object (a map), found something else")}
	}
	return p, nil
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// parseError gives the YAML library's error its place in the stream.
func parseError(doc stream.Document, err error) error {
	e := &Error{Document: doc.Index, Source: doc.Source(), Line: doc.BodyLine()}
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		e.Err = fmt.Errorf("not YAML: %w", err)
		return e
	}
	if line, convErr := strconv.Atoi(m[1]); convErr == nil {
		e.Line += line - 1
	}
	e.Err = errors.New("not YAML: " + err.Error()[len(m[0]):])
	return e
}

// placed is an error that knows its line.
type placed interface{ Place() (line, column int) }

// place gives each error of a joined error its place in the stream.
func place(docs []stream.Document, err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, err := range joined.Unwrap() {
			all = append(all, place(docs, err)...)
		}
		return all
	}
	e := &Error{Err: err}
	var at placed
	if errors.As(err, &at) {
		e.Line, e.Column = at.Place()
		for _, doc := range docs {
			if doc.Line > e.Line {
				break
			}
			e.Document, e.Source = doc.Index, doc.Source()
		}
	}
	return []error{e}
}
