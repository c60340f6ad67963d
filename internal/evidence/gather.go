package evidence

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/internal/stream"
	"github.com/datadog-harden/datadog-harden/transform"
)

// Run is what the evidence of a run is gathered from.
type Run struct {
	Input, Output []byte
	Pipeline      *transform.Pipeline // after the run
	Standards     *pss.Evaluator
	Version       string // of the program
	Name          string // of the input
}

// Gather compares the output with the input. Errors: an object that the API
// server would not decode, with its place.
func Gather(run Run) (*Evidence, error) {
	g := &gatherer{Run: run, evidence: &Evidence{
		Schema:    Schema,
		Tool:      Tool{"datadog-harden", run.Version},
		Settings:  settingsOf(run),
		Workloads: []Workload{},
		Host:      []HostNeed{},
	}}
	g.changes, g.notes = sortLog(run.Pipeline.Log)
	before, after := stream.Split(run.Input), stream.Split(run.Output)
	if len(before) != len(after) {
		return nil, fmt.Errorf("%d documents became %d", len(before), len(after))
	}
	sides := g.evaluate(before, after)
	for i, doc := range before {
		if err := g.add(sides[2*i], sides[2*i+1]); err != nil {
			return nil, fmt.Errorf("document %d, line %d: %w", doc.Index, doc.BodyLine(), err)
		}
	}
	g.others(before)
	g.count()
	g.evidence.Less = less(g.evidence.Workloads)
	return g.evidence, nil
}

func settingsOf(run Run) Settings {
	s := run.Pipeline.Settings()
	return Settings{
		Profile:       s.Profile,
		RemoveHostPID: s.RemoveHostPID,
		Skip:          append([]string{}, s.Skip...),
		PSSVersion:    run.Standards.Version(),
		Input:         run.Name,
	}
}

type gatherer struct {
	Run
	evidence *Evidence
	changes  map[logKey][]transform.Change // as long as they are not told
	notes    map[logKey][]Note
}

// logKey says of which object the log speaks. Its notes do not say the line.
type logKey struct {
	id, namespace string
	line          int
}

func sortLog(log *transform.Log) (map[logKey][]transform.Change, map[logKey][]Note) {
	changes, notes := map[logKey][]transform.Change{}, map[logKey][]Note{}
	for _, c := range log.Changes {
		key := logKey{c.Workload, c.Namespace, c.Line}
		changes[key] = append(changes[key], c)
	}
	for _, n := range log.Notes {
		key := logKey{n.Workload, n.Namespace, 0}
		notes[key] = append(notes[key], Note{n.Container, n.Transform, n.Text})
	}
	return changes, notes
}

// side is a document before or after the run.
type side struct {
	workloads []*Workload // nil for an object that the evidence is not about
	host      []HostNeed
	err       error
}

// evaluate evaluates documents, several at a time: for each, the side before
// the run and the one after it.
func (g *gatherer) evaluate(before, after []stream.Document) []side {
	sides := make([]side, 2*len(before))
	var taken atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			r := reader{pipeline: g.Pipeline, yaml: edit.NewReader()}
			defer r.yaml.Close()
			// From the end: charts have their small documents first.
			for i := len(sides) - int(taken.Add(1)); i >= 0; i = len(sides) - int(taken.Add(1)) {
				s := &sides[i]
				if doc := before[i/2]; i%2 == 0 {
					s.err = r.read(doc, func(o *object) { s.workloads = append(s.workloads, g.before(doc, o)) })
				} else {
					s.err = r.read(after[i/2], func(o *object) { g.after(s, o) })
				}
			}
		})
	}
	workers.Wait()
	return sides
}

// before is a workload as it was before the run, and its changes.
func (g *gatherer) before(doc stream.Document, was *object) *Workload {
	if was == nil {
		return nil
	}
	w := &Workload{
		ID: was.pod.ID(), Namespace: was.pod.Namespace, Source: doc.Source(),
		Document: doc.Index, Line: was.pod.Node.Line,
		Evaluated: true,
		Failures:  []Failure{}, Changes: []Change{}, Notes: []Note{},
	}
	for _, f := range g.Standards.Evaluate(was.api) {
		failure := w.failure(f)
		failure.Before = true
		for _, c := range f.Causes {
			field := fieldOf(was.pod, c.Field)
			failure.Causes = append(failure.Causes, Cause{
				Container: c.Container, Field: field, Value: c.Value,
				Line: locate(was.pod.Node, field), Status: Removed,
			})
		}
	}
	for _, c := range g.changes[logKey{w.ID, w.Namespace, w.Line}] {
		change := changeOf(c)
		change.Line = locate(was.pod.Node, c.Field)
		w.Changes = append(w.Changes, change)
	}
	return w
}

// after adds a workload as it is after the run.
func (g *gatherer) after(s *side, is *object) {
	if is == nil {
		s.workloads = append(s.workloads, nil)
		return
	}
	w := &Workload{ID: is.pod.ID(), Datadog: is.pod.Ours(), Windows: is.pod.Windows}
	for _, f := range g.Standards.Evaluate(is.api) {
		failure := w.failure(f)
		failure.After = true
		for _, c := range f.Causes {
			failure.Causes = append(failure.Causes, g.left(is.pod, c))
		}
	}
	s.workloads = append(s.workloads, w)
	for _, need := range is.pod.HostNeeds() {
		s.host = append(s.host, HostNeed{need, w.ID})
	}
}

// failure is the workload's failure of a check, made if there is none yet.
func (w *Workload) failure(f pss.Failure) *Failure {
	return w.failureOf(Failure{Check: f.Check, Levels: f.Levels, Reason: f.Reason})
}

func (w *Workload) failureOf(f Failure) *Failure {
	i := slices.IndexFunc(w.Failures, func(g Failure) bool { return g.Check == f.Check })
	if i < 0 {
		i = len(w.Failures)
		w.Failures = append(w.Failures, f)
	}
	return &w.Failures[i]
}

// add adds a document's workloads.
func (g *gatherer) add(was, is side) error {
	if err := cmp.Or(was.err, is.err); err != nil {
		return err
	}
	if len(was.workloads) != len(is.workloads) {
		return fmt.Errorf("%d objects became %d", len(was.workloads), len(is.workloads))
	}
	for i, w := range was.workloads {
		if w != nil && is.workloads[i] != nil {
			w.join(is.workloads[i])
			g.note(w)
			g.evidence.Workloads = append(g.evidence.Workloads, *w)
		}
	}
	g.evidence.Host = append(g.evidence.Host, is.host...)
	return nil
}

// join puts what is forbidden beside what was. A cause that is left takes the
// place of the one that was there before.
func (w *Workload) join(is *Workload) {
	w.Datadog, w.Windows = is.Datadog, is.Windows
	for _, f := range is.Failures {
		failure := w.failureOf(Failure{Check: f.Check, Levels: f.Levels, Reason: f.Reason})
		failure.After = true
		for _, c := range f.Causes {
			i := slices.IndexFunc(failure.Causes, func(old Cause) bool { return old.Container == c.Container && old.Field == c.Field })
			if i < 0 {
				failure.Causes = append(failure.Causes, c)
				continue
			}
			c.Line = failure.Causes[i].Line
			failure.Causes[i] = c
		}
	}
	for _, f := range w.Failures {
		slices.SortStableFunc(f.Causes, func(a, b Cause) int {
			return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.Field, b.Field))
		})
	}
	slices.SortFunc(w.Failures, func(a, b Failure) int { return cmp.Compare(a.Check, b.Check) })
}

// note adds the notes, to the first of several workloads with one name.
func (g *gatherer) note(w *Workload) {
	delete(g.changes, logKey{w.ID, w.Namespace, w.Line})
	key := logKey{w.ID, w.Namespace, 0}
	w.Notes = append(w.Notes, g.notes[key]...)
	delete(g.notes, key)
}

// left is a cause that is there after the run, explained.
func (g *gatherer) left(pod *transform.Pod, c pss.Cause) Cause {
	cause := Cause{Container: c.Container, Field: fieldOf(pod, c.Field), Value: c.Value, Status: Unexplained}
	if name, ok := transform.Item(c.Field, "volumes"); ok {
		cause.Mounters = pod.Mounters(name)
	}
	if c.Residue {
		return cause
	}
	if cause.Need = pod.Need(c.Container, c.Field, c.Value); cause.Need != nil {
		cause.Status = Needed
	} else if cause.Setting = g.Pipeline.Settled(pod, c.Container, c.Field); cause.Setting != "" {
		cause.Status = Settled
	}
	return cause
}

// fieldOf is the path within the object of a field of the pod.
func fieldOf(pod *transform.Pod, field string) string {
	at := pod.Path // …spec
	if rest, ok := strings.CutPrefix(field, "metadata."); ok {
		return at[:len(at)-len("spec")] + "metadata." + rest
	}
	if field == "" {
		return at
	}
	return at + "." + field
}

func changeOf(c transform.Change) Change {
	return Change{
		Container: c.Container, Field: c.Field, Before: c.Before, After: c.After,
		Transform: c.Transform, Why: c.Why, Know: c.Know, Line: c.Line,
	}
}

// others adds the objects that were changed and are no workloads: policies.
func (g *gatherer) others(docs []stream.Document) {
	for _, c := range g.Pipeline.Log.Changes {
		if g.changes[logKey{c.Workload, c.Namespace, c.Line}] == nil {
			continue // told
		}
		j := slices.IndexFunc(g.evidence.Workloads, func(w Workload) bool { return w.ID == c.Workload && w.Namespace == c.Namespace })
		if j < 0 {
			g.evidence.Workloads = append(g.evidence.Workloads, Workload{
				ID: c.Workload, Namespace: c.Namespace, Line: c.Line, Datadog: true,
				Failures: []Failure{}, Changes: []Change{}, Notes: []Note{},
			})
			j = len(g.evidence.Workloads) - 1
		}
		g.evidence.Workloads[j].Changes = append(g.evidence.Workloads[j].Changes, changeOf(c))
	}
	for i := range g.evidence.Workloads {
		w := &g.evidence.Workloads[i]
		if w.Document != 0 {
			continue
		}
		for _, doc := range docs {
			if doc.Line <= w.Line && (doc.Index == len(docs) || docs[doc.Index].Line > w.Line) {
				w.Document, w.Source = doc.Index, doc.Source()
			}
		}
	}
}

func (g *gatherer) count() {
	s := &g.evidence.Summary
	for _, w := range g.evidence.Workloads {
		s.Changes += len(w.Changes)
		s.Needed += w.Left(Needed)
		s.Settled += w.Left(Settled)
		s.Unexplained += w.Left(Unexplained)
		for _, f := range w.Failures {
			s.Causes.Before += f.CausesBefore()
			s.Causes.After += f.CausesAfter()
			if f.Before {
				s.Failures.Before++
			}
			if f.After {
				s.Failures.After++
			}
		}
	}
}

// less lists the chart values that take needs away.
func less(workloads []Workload) []Less {
	all := []Less{}
	for _, w := range workloads {
		for _, f := range w.Failures {
			for _, c := range f.Causes {
				if c.Need == nil || c.Need.Value == "" {
					continue
				}
				i := slices.IndexFunc(all, func(l Less) bool { return l.Value == c.Need.Value })
				if i < 0 {
					all = append(all, Less{Value: c.Need.Value})
					i = len(all) - 1
				}
				all[i].Causes++
				all[i].Without = appendNew(all[i].Without, c.Need.Without)
				all[i].Rows = appendNew(all[i].Rows, c.Need.Row)
			}
		}
	}
	for i := range all {
		slices.Sort(all[i].Rows)
	}
	slices.SortFunc(all, func(a, b Less) int {
		return cmp.Or(cmp.Compare(b.Causes, a.Causes), cmp.Compare(a.Value, b.Value))
	})
	return all
}

func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}
