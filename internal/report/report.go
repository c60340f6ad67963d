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

// Summary says on one screen what was changed and what to know. The evidence
// may be nil: it is gathered only when a report or a check is asked for.
func Summary(w io.Writer, log *transform.Log, found *evidence.Evidence) {
	if found != nil {
		fmt.Fprintf(w, "datadog-harden: %s\n", verdict(found))
	}
	if len(log.Changes)+len(log.Notes) == 0 {
		fmt.Fprintln(w, "datadog-harden: nothing to change")
		return
	}
	var workloads []string
	changes := map[string]map[string]int{} // by workload and transform
	know := map[string][]string{}          // texts by workload
	add := func(workload, text string) {
		if !slices.Contains(workloads, workload) {
			workloads = append(workloads, workload)
			changes[workload] = map[string]int{}
		}
		if text != "" && !slices.Contains(know[workload], text) {
			know[workload] = append(know[workload], text)
		}
	}
	for _, c := range log.Changes {
		add(c.Workload, prefix(c.Container, c.Know))
		changes[c.Workload][c.Transform]++
	}
	for _, n := range log.Notes {
		add(n.Workload, prefix(n.Container, n.Text))
	}
	for _, workload := range workloads {
		var counts []string
		for _, id := range append(transform.Transforms(), "policies") {
			if n := changes[workload][id]; n > 0 {
				counts = append(counts, fmt.Sprintf("%s %d", id, n))
			}
		}
		if counts == nil {
			counts = []string{"unchanged"}
		}
		fmt.Fprintf(w, "datadog-harden: %s: %s\n", workload, strings.Join(counts, ", "))
		for _, text := range know[workload] {
			fmt.Fprintf(w, "  - %s\n", text)
		}
	}
}

func prefix(container, text string) string {
	if container == "" || text == "" {
		return text
	}
	return container + ": " + text
}
