package manifest

import (
	"bufio"
	"errors"
	"io"
	"os"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/stream"
)

// keepInMemory is how much of the outcome is kept in memory. What goes beyond
// it goes to a temporary file: once written and once read, which costs less
// than the work on it.
const keepInMemory = 16 << 20

// Result is a stream, changed.
type Result struct {
	Stats Stats

	keep    int     // how much to keep in memory
	pieces  []piece // behind what is in the file
	size    int     // of the pieces
	waiting []spot
	file    *os.File // nil until there is too much for memory
	named   bool     // it still has a name
	spooled int64    // its size
}

// spot is a document that waits for Last, and where it belongs: behind so many
// bytes of the file, or in place of a piece.
type spot struct {
	*parsed
	offset int64
	piece  int // -1: in the file
	text   []byte
}

// append adds the outcome of some documents; only what waits for Last if the
// stream has been found no good, and nothing will be written.
func (r *Result) append(pieces []piece, good bool) error {
	for _, p := range pieces {
		if p.pending != nil {
			r.waiting = append(r.waiting, spot{parsed: p.pending, piece: len(r.pieces)})
		}
		if !good {
			continue
		}
		r.size += len(p.text)
		r.pieces = append(r.pieces, p)
	}
	if r.size <= r.keep {
		return nil
	}
	return r.spool()
}

// spool moves what is in memory to the file.
func (r *Result) spool() error {
	if r.file == nil {
		file, err := os.CreateTemp("", "datadog-harden-")
		if err != nil {
			return err
		}
		// Nobody else needs its name, so it goes even if the program is killed.
		// Windows removes no open file: there it goes with Close.
		r.file, r.named = file, os.Remove(file.Name()) != nil
	}
	w := bufio.NewWriterSize(r.file, 1<<16)
	at := r.spooled
	waiting := r.waitingInMemory()
	for _, p := range r.pieces {
		if p.pending != nil {
			waiting[0].offset, waiting[0].piece = at, -1
			waiting = waiting[1:]
		}
		n, err := w.Write(p.text)
		at += int64(n)
		if err != nil {
			return err
		}
	}
	r.spooled, r.pieces, r.size = at, nil, 0
	return w.Flush()
}

func (r *Result) waitingInMemory() []spot {
	for i, s := range r.waiting {
		if s.piece >= 0 {
			return r.waiting[i:]
		}
	}
	return nil
}

// last filters what has waited for the whole stream.
func (r *Result) last(filter Filter) error {
	if len(r.waiting) == 0 {
		return nil
	}
	var nodes []*yaml.RNode
	var docs []stream.Document
	for _, s := range r.waiting {
		nodes = append(nodes, s.nodes()...)
		docs = append(docs, s.Document)
	}
	if err := filter.Last(nodes); err != nil {
		return errors.Join(place(docs, err)...)
	}
	return nil
}

// finish writes what has waited.
func (r *Result) finish(filter Filter) error {
	var errs []error
	w := edit.NewWriter()
	defer w.Close()
	for i := range r.waiting {
		s := &r.waiting[i]
		s.changed = s.changed || filter.Changed(s.root())
		text, err := s.write(w, filter, &r.Stats)
		if s.text = text; s.piece >= 0 {
			r.pieces[s.piece].text = text
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// WriteTo implements io.WriterTo.
func (r *Result) WriteTo(to io.Writer) (int64, error) {
	w := &countingWriter{Writer: bufio.NewWriterSize(to, 1<<14)}
	if err := r.writeFile(w); err != nil {
		return w.n, err
	}
	for _, p := range r.pieces {
		if _, err := w.Write(p.text); err != nil {
			return w.n, err
		}
	}
	return w.n, w.Flush()
}

func (r *Result) writeFile(w io.Writer) error {
	if r.file == nil {
		return nil
	}
	if _, err := r.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	at := int64(0)
	copyTo := func(offset int64) error {
		_, err := io.CopyN(w, r.file, offset-at)
		at = offset
		return err
	}
	for _, s := range r.waiting {
		if s.piece >= 0 {
			break
		}
		if err := copyTo(s.offset); err != nil {
			return err
		}
		if _, err := w.Write(s.text); err != nil {
			return err
		}
	}
	return copyTo(r.spooled)
}

// Close removes the temporary file, if there is one.
func (r *Result) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	if r.named {
		err = errors.Join(err, os.Remove(r.file.Name()))
	}
	return err
}

type countingWriter struct {
	*bufio.Writer
	n int64
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.n += int64(n)
	return n, err
}
