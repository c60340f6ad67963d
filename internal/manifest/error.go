package manifest

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/datadog-harden/datadog-harden/internal/stream"
)

// Error is an error with its place in the stream.
type Error struct {
	Document int    // from 1, 0 if unknown
	Source   string // the template that Helm names, if any
	Line     int    // of the stream, 0 if unknown
	Column   int
	Err      error
}

func (e *Error) Error() string {
	if e.Document == 0 {
		return e.Err.Error()
	}
	at := fmt.Sprintf("document %d", e.Document)
	if e.Source != "" {
		at += " (" + e.Source + ")"
	}
	if e.Line > 0 {
		at += fmt.Sprintf(", line %d", e.Line)
	}
	if e.Column > 0 {
		at += fmt.Sprintf(", column %d", e.Column)
	}
	return at + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

func errorAt(doc stream.Document, line, column int, message string) error {
	return &Error{doc.Index, doc.Source(), line, column, errors.New(message)}
}

// parseError gives the YAML library's error its place in the stream.
func parseError(doc stream.Document, err error) error {
	line := doc.BodyLine()
	m := regexp.MustCompile(`^yaml: (?:line (\d+): )?`).FindStringSubmatch(err.Error())
	if m == nil {
		return errorAt(doc, line, 0, "not YAML: "+err.Error())
	}
	if n, convErr := strconv.Atoi(m[1]); convErr == nil {
		line += n - 1
	}
	return errorAt(doc, line, 0, "not YAML: "+err.Error()[len(m[0]):])
}

// placed is an error that knows its line in the stream.
type placed interface{ Place() (line, column int) }

// place gives each error of a joined error its place in the stream, in one of
// some documents.
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
	}
	for _, doc := range docs {
		if len(docs) == 1 || doc.Line <= e.Line {
			e.Document, e.Source = doc.Index, doc.Source()
		}
	}
	return []error{e}
}
