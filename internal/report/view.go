package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
	"github.com/datadog-harden/datadog-harden/transform"
)

// This file groups evidence the way people read it. Every format for people
// uses it, so that they say the same.

// cell is what a check says of a workload: how many causes before and after.
func cell(w *evidence.Workload, check string) (before, after int, forbidden bool) {
	f := w.Failure(check)
	if f == nil {
		return 0, 0, false
	}
	return f.CausesBefore(), f.CausesAfter(), true
}

// unexplained says whether nothing explains a cause of a failure that is left.
func unexplained(w *evidence.Workload, check string) bool {
	return slices.ContainsFunc(w.Failure(check).Causes, func(c evidence.Cause) bool { return c.Status == evidence.Unexplained })
}

// titles are the headings over what is left.
var titles = map[evidence.Status]string{
	evidence.Unexplained: "Unexplained",
	evidence.Settled:     "Left by a setting",
	evidence.Needed:      "Left, and needed",
}

// group is a level of the standards and the checks that it adds.
type group struct {
	level  string
	checks []string
}

// groups sorts the checks that forbid anything under the mildest level at
// which they do.
func groups(e *evidence.Evidence) []group {
	all := []group{{level: "baseline"}, {level: "restricted"}}
	for _, check := range e.Checks() {
		i := 1
		for _, w := range e.Workloads {
			if f := w.Failure(check); f != nil && slices.Contains(f.Levels, "baseline") {
				i = 0
			}
		}
		all[i].checks = append(all[i].checks, check)
	}
	return slices.DeleteFunc(all, func(g group) bool { return len(g.checks) == 0 })
}

// evaluated are the workloads that the standards were asked about; the others
// are policies.
func evaluated(e *evidence.Evidence) []*evidence.Workload {
	var all []*evidence.Workload
	for i := range e.Workloads {
		if w := &e.Workloads[i]; w.Evaluated {
			all = append(all, w)
		}
	}
	return all
}

// left is what remains for one reason.
type left struct {
	status    evidence.Status
	rows      []string // of the tables, settings, or the container of an unexplained cause
	why       string
	without   string
	value     string
	source    string
	checks    []string
	workloads []string
	fields    []string
}

// row names what remains: a container, a setting, some volumes.
func (l left) row() string {
	return strings.ReplaceAll(strings.Join(l.rows, ", "), ", volume ", ", ")
}

// leftovers groups the causes that are left by their reason, the unexplained
// ones first.
func leftovers(e *evidence.Evidence) []left {
	var all []left
	for i := range e.Workloads {
		w := &e.Workloads[i]
		for _, f := range w.Failures {
			for _, c := range f.Causes {
				if c.Status != evidence.Removed {
					all = addLeft(all, reasonOf(c), w.ID, f.Check, c)
				}
			}
		}
	}
	order := []evidence.Status{evidence.Unexplained, evidence.Settled, evidence.Needed}
	slices.SortStableFunc(all, func(a, b left) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.status), slices.Index(order, b.status)), cmp.Compare(a.row(), b.row()))
	})
	return all
}

func reasonOf(c evidence.Cause) left {
	l := left{status: c.Status}
	switch c.Status {
	case evidence.Needed:
		l.rows, l.why, l.without, l.value, l.source = []string{c.Need.Row}, c.Need.For, c.Need.Without, c.Need.Value, c.Need.Source
	case evidence.Settled:
		l.rows, l.why = []string{c.Setting}, "this setting leaves what a transform would have mended"
	default:
		l.rows, l.why = []string{cmp.Or(c.Container, "the pod")}, "no declared need explains it"
	}
	return l
}

func addLeft(all []left, l left, workload, check string, c evidence.Cause) []left {
	i := slices.IndexFunc(all, func(o left) bool {
		if o.status != l.status || o.why != l.why || o.without != l.without {
			return false
		}
		return l.status == evidence.Needed || o.rows[0] == l.rows[0] && o.workloads[0] == workload
	})
	if i < 0 {
		all = append(all, l)
		i = len(all) - 1
	}
	all[i].rows = appendNew(all[i].rows, l.rows[0])
	all[i].checks = appendNew(all[i].checks, check)
	all[i].workloads = appendNew(all[i].workloads, workload)
	field := short(c.Field)
	if c.Value != "" {
		field += ": " + c.Value
	}
	all[i].fields = appendNew(all[i].fields, field)
	return all
}

func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// short leaves out of a path what every pod template has.
func short(field string) string {
	for _, prefix := range []string{"spec.jobTemplate.spec.template.", "spec.template.", "template."} {
		field = strings.TrimPrefix(field, prefix)
	}
	return strings.TrimPrefix(field, "spec.")
}

// know is what to know of a workload: what its changes cost, and its notes.
func know(w *evidence.Workload) []string {
	var all []string
	for _, c := range w.Changes {
		if c.Know != "" {
			all = appendNew(all, prefix(c.Container, c.Know))
		}
	}
	for _, n := range w.Notes {
		all = appendNew(all, prefix(n.Container, n.Text))
	}
	return all
}

// verdict is the report in one sentence.
func verdict(e *evidence.Evidence) string {
	s := e.Summary
	text := fmt.Sprintf("%s; checks that forbid a workload: %d before, %d after; causes: %d before, %d after", plural(s.Changes, "change"), s.Failures.Before, s.Failures.After, s.Causes.Before, s.Causes.After)
	if s.Causes.After == 0 {
		return text + "."
	}
	parts := []string{fmt.Sprintf("%d needed", s.Needed)}
	if s.Settled > 0 {
		parts = append(parts, fmt.Sprintf("%d left by a setting", s.Settled))
	}
	return text + " (" + strings.Join(append(parts, fmt.Sprintf("%d unexplained", s.Unexplained)), ", ") + ")."
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// place says where a workload stands.
func place(w *evidence.Workload) string {
	var parts []string
	if w.Namespace != "" {
		parts = append(parts, "namespace "+w.Namespace)
	}
	if w.Source != "" {
		parts = append(parts, w.Source)
	}
	return strings.Join(append(parts, fmt.Sprintf("line %d", w.Line)), ", ")
}

// hostText says what the nodes must have, in a sentence.
func hostText(n evidence.HostNeed) string {
	text := n.Kind + " " + n.Path + ": " + n.By + " (" + n.Owner + ") needs it: " + n.What
	if n.Done != "" {
		return text + ". Seen to by " + n.Done
	}
	return text
}

// tmpfiles are the tmpfiles.d lines that prepare a node.
func tmpfiles(e *evidence.Evidence) []string {
	var lines []string
	for _, n := range e.Host {
		if n.HostNeed.Line != "" {
			lines = appendNew(lines, n.HostNeed.Line)
		}
	}
	return lines
}

// byTransform counts a workload's changes, in the order of the transforms.
func byTransform(w *evidence.Workload, ids []string) string {
	var parts []string
	for _, id := range ids {
		n := 0
		for _, c := range w.Changes {
			if c.Transform == id {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", id, n))
		}
	}
	if parts == nil {
		return "unchanged"
	}
	return strings.Join(parts, ", ")
}

// transformIDs are the ids of the transforms, the policies' last.
func transformIDs() []string {
	var ids []string
	for _, t := range transform.TransformFacts() {
		ids = append(ids, t.ID)
	}
	return ids
}
