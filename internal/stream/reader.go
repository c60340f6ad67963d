package stream

import (
	"bytes"
	"io"
)

// Reader splits a stream that need not fit into memory.
type Reader struct {
	from  io.Reader
	chunk int
	rest  []byte // read, and not yet known to be whole documents
	index int
	line  int
	ended bool
}

// NewReader returns a Reader that takes chunk bytes at a time from the stream.
func NewReader(from io.Reader, chunk int) *Reader {
	return &Reader{from: from, chunk: chunk, line: 1}
}

// Next returns the next documents, at least one, or io.EOF behind the last.
// Their texts are not reused.
func (r *Reader) Next() ([]Document, error) {
	if r.ended {
		return nil, io.EOF
	}
	buf := make([]byte, len(r.rest), len(r.rest)+r.chunk)
	copy(buf, r.rest)
	whole := 0
	for seen := 0; whole == 0 && !r.ended; seen = max(0, len(buf)-4) {
		if len(buf) == cap(buf) {
			buf = append(buf, make([]byte, len(buf))...)[:len(buf)] // a document larger than a chunk
		}
		n, err := io.ReadFull(r.from, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			r.ended = true
		default:
			return nil, err
		}
		whole = lastSeparator(buf, seen)
	}
	if r.ended {
		whole = len(buf)
	}
	docs := split(buf[:whole:whole], r.index, r.line)
	r.rest = buf[whole:]
	r.index += len(docs)
	r.line += bytes.Count(buf[:whole], []byte("\n"))
	return docs, nil
}

// lastSeparator is where the last separator line begins that ends a document,
// or 0. It is looked for behind seen, and what follows its dashes must be known.
func lastSeparator(buf []byte, seen int) int {
	for end := len(buf) - 1; end > seen; {
		at := bytes.LastIndex(buf[seen:end], []byte("\n---"))
		if at < 0 {
			return 0
		}
		at += seen
		if isSeparator(buf[at+1:]) {
			return at + 1
		}
		end = at + 3
	}
	return 0
}

// Ended says whether the documents returned so far are the whole stream.
func (r *Reader) Ended() bool { return r.ended }
