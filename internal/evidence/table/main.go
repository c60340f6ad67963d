// Table prints, as Markdown, what forbids the workloads of a folder of
// manifests before and after hardening, by check and by the need that explains
// what is left:
//
//	go run ./internal/evidence/table DIR
package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
	"github.com/datadog-harden/datadog-harden/internal/harden"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/transform"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: table DIR")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// counts are workloads and causes, before and after.
type counts struct{ workloads, causes evidence.Counts }

type totals struct {
	files, workloads, changes, unexplained int
	checks                                 map[string]*counts
	level                                  map[string]string
	passing                                map[string]evidence.Counts
	reasons                                map[string]int // causes left, by their reason
}

func run(dir string, w io.Writer) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no *.yaml in %s", dir)
	}
	t := totals{checks: map[string]*counts{}, level: map[string]string{}, passing: map[string]evidence.Counts{}, reasons: map[string]int{}}
	for _, file := range files {
		found, err := gather(file)
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		t.add(found)
	}
	t.write(w)
	return nil
}

func gather(file string) (*evidence.Evidence, error) {
	input, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	pipeline, err := transform.New(transform.Default())
	if err != nil {
		return nil, err
	}
	standards, err := pss.New(pss.Latest)
	if err != nil {
		return nil, err
	}
	g := &evidence.Gatherer{Pipeline: pipeline, Standards: standards}
	result, err := harden.Stream(input, pipeline, harden.Observer{Witness: g.Witness})
	if err != nil {
		return nil, err
	}
	defer result.Close()
	return g.Evidence()
}

func (t *totals) add(e *evidence.Evidence) {
	t.files++
	t.changes += e.Summary.Changes
	t.unexplained += e.Summary.Unexplained
	for _, w := range e.Workloads {
		if !w.Evaluated {
			continue
		}
		t.workloads++
		for _, level := range pss.Levels() {
			before, after := w.Passes(level)
			c := t.passing[level]
			if before {
				c.Before++
			}
			if after {
				c.After++
			}
			t.passing[level] = c
		}
		for _, f := range w.Failures {
			t.failure(f)
		}
	}
}

func (t *totals) failure(f evidence.Failure) {
	c := t.checks[f.Check]
	if c == nil {
		c = &counts{}
		t.checks[f.Check] = c
	}
	t.level[f.Check] = f.Levels[0]
	c.causes.Before += f.CausesBefore()
	c.causes.After += f.CausesAfter()
	if f.Before {
		c.workloads.Before++
	}
	if f.After {
		c.workloads.After++
	}
	for _, cause := range f.Causes {
		switch cause.Status {
		case evidence.Needed:
			t.reasons[cause.Need.For]++
		case evidence.Settled:
			t.reasons[cause.Setting]++
		case evidence.Unexplained:
			t.reasons["**unexplained**"]++
		}
	}
}

func (t *totals) write(w io.Writer) {
	fmt.Fprintf(w, "%d renders, %d workloads, %d fields changed, %d causes unexplained.\n\n", t.files, t.workloads, t.changes, t.unexplained)
	fmt.Fprintf(w, "| level | workloads that pass |\n| --- | ---: |\n")
	for _, level := range pss.Levels() {
		fmt.Fprintf(w, "| %s | %d → %d |\n", level, t.passing[level].Before, t.passing[level].After)
	}
	fmt.Fprintf(w, "\n| level | check | workloads it forbids | causes |\n| --- | --- | ---: | ---: |\n")
	checks := keys(t.checks)
	slices.SortFunc(checks, func(a, b string) int { return cmp.Or(cmp.Compare(t.level[a], t.level[b]), cmp.Compare(a, b)) })
	for _, check := range checks {
		c := t.checks[check]
		fmt.Fprintf(w, "| %s | `%s` | %d → %d | %d → %d |\n", t.level[check], check, c.workloads.Before, c.workloads.After, c.causes.Before, c.causes.After)
	}
	fmt.Fprintf(w, "\n| causes left | because |\n| ---: | --- |\n")
	reasons := keys(t.reasons)
	slices.SortFunc(reasons, func(a, b string) int { return cmp.Or(cmp.Compare(t.reasons[b], t.reasons[a]), cmp.Compare(a, b)) })
	for _, reason := range reasons {
		fmt.Fprintf(w, "| %d | %s |\n", t.reasons[reason], strings.ReplaceAll(reason, "|", "\\|"))
	}
}

func keys[V any](m map[string]V) []string {
	var all []string
	for key := range m {
		all = append(all, key)
	}
	return all
}
