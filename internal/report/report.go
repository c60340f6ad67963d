// Package report shows what a run did to a person.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
	"github.com/datadog-harden/datadog-harden/transform"
)

// Failure says why a run failed: one line for each error.
func Failure(w io.Writer, err error) {
	for _, e := range flatten(err) {
		fmt.Fprintf(w, "datadog-harden: %v\n", e)
	}
}

func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, err := range joined.Unwrap() {
		all = append(all, flatten(err)...)
	}
	return all
}

// Summary says on one screen what was changed and what to know. It can be made
// of a log in parts, so that nobody has to keep the log of a long stream.
type Summary struct {
	first  []*summarized          // in detail
	all    map[string]*summarized // by workload; nil for one that is only counted
	others map[string]int         // the changes of the others, by transform
}

// screen is how many workloads a summary tells in detail.
const screen = 20

// summarized is what a summary tells of a workload.
type summarized struct {
	workload string
	changes  map[string]int // by transform
	know     []string
}

// NewSummary makes a summary of nothing.
func NewSummary() *Summary {
	return &Summary{all: map[string]*summarized{}, others: map[string]int{}}
}

// Add adds a part of a log. It keeps nothing of it but texts.
func (s *Summary) Add(log *transform.Log) {
	for _, c := range log.Changes {
		w := s.of(c.Workload)
		if w == nil {
			s.others[c.Transform]++
			continue
		}
		w.changes[c.Transform]++
		w.tell(c.Container, c.Know)
	}
	for _, n := range log.Notes {
		if w := s.of(n.Workload); w != nil {
			w.tell(n.Container, n.Text)
		}
	}
}

// of is what is told of a workload, or nil if there are too many for one screen.
func (s *Summary) of(workload string) *summarized {
	w, known := s.all[workload]
	if known {
		return w
	}
	if len(s.first) < screen {
		w = &summarized{workload: workload, changes: map[string]int{}}
		s.first = append(s.first, w)
	}
	s.all[workload] = w
	return w
}

func (w *summarized) tell(container, text string) {
	if text != "" && !slices.Contains(w.know, prefix(container, text)) {
		w.know = append(w.know, prefix(container, text))
	}
}

// Write writes the summary. The evidence may be nil: it is gathered only when a
// report or a check is asked for.
func (s *Summary) Write(w io.Writer, found *evidence.Evidence) {
	if found != nil {
		fmt.Fprintf(w, "datadog-harden: %s\n", verdict(found))
	}
	if len(s.all) == 0 {
		fmt.Fprintln(w, "datadog-harden: nothing to change")
		return
	}
	for _, of := range s.first {
		fmt.Fprintf(w, "datadog-harden: %s: %s\n", of.workload, counts(of.changes))
		for _, text := range of.know {
			fmt.Fprintf(w, "  - %s\n", text)
		}
	}
	if more := len(s.all) - len(s.first); more > 0 {
		fmt.Fprintf(w, "datadog-harden: and %d more (--report tells all): %s\n", more, counts(s.others))
	}
}

func counts(changes map[string]int) string {
	var parts []string
	for _, id := range append(transform.Transforms(), "policies") {
		if n := changes[id]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", id, n))
		}
	}
	if parts == nil {
		return "unchanged"
	}
	return strings.Join(parts, ", ")
}

func prefix(container, text string) string {
	if container == "" || text == "" {
		return text
	}
	return container + ": " + text
}
