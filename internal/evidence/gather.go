package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/internal/stream"
	"github.com/datadog-harden/datadog-harden/transform"
)

// Gatherer gathers the evidence of a run while it goes on.
type Gatherer struct {
	Pipeline  *transform.Pipeline
	Standards *pss.Evaluator
	Version   string // of the program
	Name      string // of the input

	mutex     sync.Mutex
	documents []*document
}

// Witness is harden.Observer's: it takes in a document.
func (g *Gatherer) Witness(doc stream.Document, log *transform.Log) edit.Witness {
	d := &document{index: doc.Index, line: doc.Line, bodyLine: doc.BodyLine(), source: doc.Source(), gatherer: g, log: log}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.documents = append(g.documents, d)
	return d
}

// Evidence returns the evidence after the run. Errors: an object that the API
// server would not decode, with its place.
func (g *Gatherer) Evidence() (*Evidence, error) {
	e := &Evidence{
		Schema:    Schema,
		Tool:      Tool{"datadog-harden", g.Version},
		Settings:  g.settings(),
		Workloads: []Workload{},
		Host:      []HostNeed{},
	}
	slices.SortFunc(g.documents, func(a, b *document) int { return cmp.Compare(a.index, b.index) })
	for _, d := range g.documents {
		if d.err != nil {
			return nil, fmt.Errorf("document %d, line %d: %w", d.index, d.bodyLine, d.err)
		}
		for _, w := range d.workloads {
			if w != nil {
				e.Workloads = append(e.Workloads, *w)
			}
		}
		e.Host = append(e.Host, d.host...)
	}
	g.complete(e)
	e.count()
	e.Less = less(e.Workloads)
	return e, nil
}

func (g *Gatherer) settings() Settings {
	s := g.Pipeline.Settings()
	return Settings{
		Profile:       s.Profile,
		RemoveHostPID: s.RemoveHostPID,
		Skip:          append([]string{}, s.Skip...),
		PSSVersion:    g.Standards.Version(),
		Input:         g.Name,
	}
}

// key says of which object the evidence or the log speaks.
type key struct {
	id, namespace string
	line          int
}

func (w *Workload) key() key { return key{w.ID, w.Namespace, w.Line} }

func keyOf(c transform.Change) key { return key{c.Workload, c.Namespace, c.Line} }

// complete adds what only the whole log tells: the notes, each to the first of
// several workloads with one name, and the objects that were changed and are no
// workloads, which are policies.
func (g *Gatherer) complete(e *Evidence) {
	told := map[key]bool{}
	first := map[key]int{} // of the workloads, without lines
	for i, w := range e.Workloads {
		told[w.key()] = true
		if _, found := first[key{w.ID, w.Namespace, 0}]; !found {
			first[key{w.ID, w.Namespace, 0}] = i
		}
	}
	for _, n := range g.Pipeline.Log.Notes {
		if i, found := first[key{n.Workload, n.Namespace, 0}]; found {
			e.Workloads[i].Notes = append(e.Workloads[i].Notes, Note{n.Container, n.Transform, n.Text})
		}
	}
	policies := map[key]int{}
	for _, c := range g.Pipeline.Log.Changes {
		if told[keyOf(c)] {
			continue
		}
		i, found := policies[keyOf(c)]
		if !found {
			i = len(e.Workloads)
			policies[keyOf(c)] = i
			e.Workloads = append(e.Workloads, g.policy(c))
		}
		e.Workloads[i].Changes = append(e.Workloads[i].Changes, changeOf(c))
	}
}

// policy is the object of a change that is no workload.
func (g *Gatherer) policy(c transform.Change) Workload {
	w := Workload{
		ID: c.Workload, Namespace: c.Namespace, Line: c.Line, Datadog: true,
		Failures: []Failure{}, Changes: []Change{}, Notes: []Note{},
	}
	for _, d := range g.documents {
		if d.line <= c.Line {
			w.Document, w.Source = d.index, d.source
		}
	}
	return w
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

func (e *Evidence) count() {
	s := &e.Summary
	for _, w := range e.Workloads {
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
