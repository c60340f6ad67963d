// Package manifest passes the objects of a stream of Kubernetes manifests
// through a filter and writes the stream back, with only those lines changed
// that the filter changed. It knows nothing of what the filter does.
//
// The stream is read in chunks, worked on in parallel and put together in
// order. Nothing is written until all of it has been found good: up to a bound
// the outcome is kept in memory, beyond it in a temporary file.
package manifest

import (
	"errors"
	"io"
	"runtime"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/stream"
)

// Filter changes objects. Lines of the nodes that it is given count from the
// beginning of the stream.
type Filter interface {
	// Wants says whether objects of a kind are of interest. Documents of other
	// kinds are not parsed if that kind is plain to see.
	Wants(kind string) bool
	// Waits says whether objects of a kind can be filtered only when all the
	// others have been, by Last.
	Waits(kind string) bool
	// Filter changes the objects in place.
	Filter([]*yaml.RNode) error
	// Pending says whether a node that Filter was given is for Last as well.
	Pending(*yaml.Node) bool
	// Last changes what had to wait.
	Last([]*yaml.RNode) error
	// Changed says whether the object of a node was changed.
	Changed(*yaml.Node) bool
	// Fork returns a filter for a part of the stream, which works at the same
	// time as others. With tally, it counts what Last will have to know.
	Fork(tally bool) Filter
	// Join takes over what a fork found, in the order of the stream.
	Join(Filter)
	// Witness returns who is to see what a document that Filter was given says
	// before and after, or nil.
	Witness(stream.Document) edit.Witness
}

// Stats counts documents by what happened to them.
type Stats struct {
	Documents    int
	Parsed       int
	Changed      int
	Reserialized int // of the changed: not edited in place
}

const (
	chunkSize = 1 << 17 // how much of the stream is read at a time
	batchSize = 1 << 14 // how much of it is worked on at a time, by one worker
	maxErrors = 100     // how many errors are collected
)

// batch is some documents, one after the other.
type batch struct {
	docs   []stream.Document
	filter Filter // nil if no document was of interest
	out    []piece
	stats  Stats
	errs   []error
	done   chan struct{}
}

// piece is the outcome of a document: its text, or what has to wait for Last.
type piece struct {
	text    []byte
	pending *parsed
}

// Stream passes the objects of a stream through the filter. Every error of the
// stream is in the error it returns (errors.Join), each an *Error.
//
// The result must be closed.
func Stream(from io.Reader, filter Filter) (*Result, error) {
	result := &Result{keep: keepInMemory}
	err := process(stream.NewReader(from, chunkSize), filter, result)
	if err != nil {
		return nil, errors.Join(err, result.Close())
	}
	return result, nil
}

func process(from *stream.Reader, filter Filter, result *Result) error {
	workers := runtime.GOMAXPROCS(0)
	inOrder := make(chan *batch, 4*workers)
	todo := make(chan *batch, 4*workers)
	var readErr error
	go func() {
		defer close(inOrder)
		defer close(todo)
		readErr = read(from, filter, func(b *batch, tally bool) {
			b.filter = filter.Fork(tally)
			inOrder <- b
			todo <- b
		})
	}()
	for range workers {
		go func() {
			w := edit.NewWriter()
			defer w.Close()
			for b := range todo {
				b.work(w)
				close(b.done)
			}
		}()
	}
	var errs []error
	for b := range inOrder {
		<-b.done
		filter.Join(b.filter)
		errs = append(errs, b.errs[:min(len(b.errs), maxErrors-len(errs))]...)
		result.Stats.add(b.stats)
		if err := result.append(b.out, len(errs) == 0); err != nil {
			return err
		}
	}
	if readErr != nil {
		return readErr
	}
	errs = append(errs, result.last(filter))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return result.finish(filter)
}

// read cuts the stream into batches.
func read(from *stream.Reader, filter Filter, each func(b *batch, tally bool)) error {
	tally := false
	for first := true; ; first = false {
		docs, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if first {
			// The whole of a short stream is here: it shows whether anything
			// will have to wait. Of a long one, that is not known yet.
			tally = !from.Ended() || mayWait(docs, filter)
		}
		for len(docs) > 0 {
			n, size := 0, 0
			for n < len(docs) && size < batchSize {
				size += len(docs[n].Text)
				n++
			}
			each(&batch{docs: docs[:n], done: make(chan struct{})}, tally)
			docs = docs[n:]
		}
	}
}

func mayWait(docs []stream.Document, filter Filter) bool {
	for _, doc := range docs {
		if kind, proven := doc.Kind(); !proven && !doc.Empty() || filter.Waits(kind) {
			return true
		}
	}
	return false
}

func (s *Stats) add(t Stats) {
	s.Documents += t.Documents
	s.Parsed += t.Parsed
	s.Changed += t.Changed
	s.Reserialized += t.Reserialized
}

// work parses, filters and writes the documents of a batch.
func (b *batch) work(w edit.Writer) {
	b.stats.Documents = len(b.docs)
	for _, doc := range b.docs {
		p, err := parse(doc, b.filter)
		if err != nil {
			b.errs = append(b.errs, err)
		}
		if p == nil {
			b.out = append(b.out, piece{text: doc.Text})
			continue
		}
		b.stats.Parsed++
		if err := b.filter.Filter(p.nodes()); err != nil {
			b.errs = append(b.errs, place([]stream.Document{doc}, err)...)
			continue
		}
		p.changed = b.filter.Changed(p.root())
		if b.filter.Pending(p.root()) {
			b.out = append(b.out, piece{pending: p})
			continue
		}
		b.out = append(b.out, piece{text: b.write(p, w)})
	}
}

func (b *batch) write(p *parsed, w edit.Writer) []byte {
	text, err := p.write(w, b.filter, &b.stats)
	if err != nil {
		b.errs = append(b.errs, err)
	}
	return text
}

// parsed is a document that the filter may change.
type parsed struct {
	stream.Document
	body    string
	shift   int // of the lines of the body in the stream
	tree    *yaml.Node
	changed bool
}

func (p *parsed) root() *yaml.Node { return p.tree.Content[0] }

func (p *parsed) nodes() []*yaml.RNode { return []*yaml.RNode{yaml.NewRNode(p.root())} }

// write is the document's text with the filter's changes.
func (p *parsed) write(w edit.Writer, filter Filter, stats *Stats) ([]byte, error) {
	witness := filter.Witness(p.Document)
	if !p.changed {
		if witness != nil {
			witness.Before(p.tree, 0)
			witness.After(p.tree)
		}
		return p.Text, nil
	}
	body, reserialized, err := w.Document(p.body, p.shift, p.tree, witness)
	if err != nil {
		return nil, &Error{Document: p.Index, Source: p.Source(), Line: p.Line, Err: err}
	}
	stats.Changed++
	if reserialized {
		stats.Reserialized++
	}
	out := make([]byte, 0, p.Body+len(body)+len(p.Text)-p.End)
	return append(append(append(out, p.Text[:p.Body]...), body...), p.Text[p.End:]...), nil
}

// parse returns the document's tree, or nil if it cannot be of interest.
func parse(doc stream.Document, filter Filter) (*parsed, error) {
	if kind, proven := doc.Kind(); proven && !filter.Wants(kind) && !filter.Waits(kind) {
		return nil, nil
	}
	if doc.UTF16() {
		return nil, errorAt(doc, doc.Line, 0, "expected UTF-8, found UTF-16")
	}
	if line := doc.Trailing(); line > 0 {
		return nil, errorAt(doc, line, 0, "text behind the end mark `...`: Kubernetes would not read it; begin a new document with `---`")
	}
	if doc.Empty() {
		return nil, nil
	}
	p := &parsed{Document: doc, body: string(doc.Text[doc.Body:doc.End]), shift: doc.BodyLine() - 1}
	var err error
	if p.tree, err = edit.Parse(p.body, p.shift); err != nil {
		return nil, parseError(doc, err)
	}
	if p.tree == nil || len(p.tree.Content) == 0 {
		return nil, nil
	}
	root := p.root()
	if root.Kind == yaml.ScalarNode && root.ShortTag() == yaml.NodeTagNull {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, errorAt(doc, root.Line, root.Column, "expected a Kubernetes object (a map), found something else")
	}
	return p, nil
}
