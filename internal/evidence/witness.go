package evidence

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/transform"
)

// document is what is found out about a document of the stream while it is
// hardened.
type document struct {
	index, line, bodyLine int
	source                string

	gatherer  *Gatherer
	log       *transform.Log // has what was changed in the document
	workloads []*Workload    // nil for an object that the evidence is not about
	host      []HostNeed
	err       error
}

var _ edit.Witness = (*document)(nil)

// object is an object of a document, as the transforms see it, and as the API
// server does.
type object struct {
	pod *transform.Pod
	api *corev1.PodTemplateSpec
}

// objects returns the objects of a document, those of a List included, and nil
// for an object that the evidence is not about.
func (d *document) objects(tree *yaml.Node) []*object {
	pods, err := d.gatherer.Pipeline.Pods(tree.Content[0])
	if err != nil {
		d.fail(err)
		return nil
	}
	all := make([]*object, len(pods))
	for i, pod := range pods {
		if pod == nil {
			continue
		}
		all[i] = &object{pod: pod}
		if all[i].api, err = decode(pod.Template); err != nil {
			d.fail(fmt.Errorf("%s: not a pod to the API server: %w", pod.ID(), err))
			return nil
		}
	}
	return all
}

func (d *document) fail(err error) { d.err = cmp.Or(d.err, err) }

// Before implements edit.Witness.
func (d *document) Before(tree *yaml.Node, shift int) {
	for _, o := range d.objects(tree) {
		var w *Workload
		if o != nil {
			w = d.before(o, shift)
		}
		d.workloads = append(d.workloads, w)
	}
}

// before is a workload as it was before the run, and its changes.
func (d *document) before(was *object, shift int) *Workload {
	lineOf := func(field string) int { return locate(was.pod.Node, field) + shift }
	w := &Workload{
		ID: was.pod.ID(), Namespace: was.pod.Namespace, Source: d.source,
		Document: d.index, Line: was.pod.Node.Line + shift,
		Evaluated: true,
		Failures:  []Failure{}, Changes: []Change{}, Notes: []Note{},
	}
	for _, f := range d.gatherer.Standards.Evaluate(was.api) {
		failure := w.failure(f)
		failure.Before = true
		for _, c := range f.Causes {
			field := fieldOf(was.pod, c.Field)
			failure.Causes = append(failure.Causes, Cause{
				Container: c.Container, Field: field, Value: c.Value, Line: lineOf(field), Status: Removed,
			})
		}
	}
	for _, c := range d.log.Changes {
		if keyOf(c) == w.key() {
			change := changeOf(c)
			change.Line = lineOf(c.Field)
			w.Changes = append(w.Changes, change)
		}
	}
	return w
}

// After implements edit.Witness.
func (d *document) After(tree *yaml.Node) {
	are := d.objects(tree)
	if d.err != nil {
		return
	}
	if len(are) != len(d.workloads) {
		d.fail(fmt.Errorf("%d objects became %d", len(d.workloads), len(are)))
		return
	}
	for i, is := range are {
		if is == nil {
			d.workloads[i] = nil
		}
		if w := d.workloads[i]; w != nil {
			d.after(w, is)
		}
	}
}

// after completes a workload with what is there after the run.
func (d *document) after(w *Workload, is *object) {
	w.Datadog, w.Windows = is.pod.Ours(), is.pod.Windows
	for _, f := range d.gatherer.Standards.Evaluate(is.api) {
		failure := w.failure(f)
		failure.After = true
		for _, c := range f.Causes {
			failure.leave(d.left(is.pod, c))
		}
	}
	for _, f := range w.Failures {
		slices.SortStableFunc(f.Causes, func(a, b Cause) int {
			return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.Field, b.Field))
		})
	}
	slices.SortFunc(w.Failures, func(a, b Failure) int { return cmp.Compare(a.Check, b.Check) })
	for _, need := range is.pod.HostNeeds() {
		d.host = append(d.host, HostNeed{need, w.ID})
	}
}

// left is a cause that is there after the run, explained.
func (d *document) left(pod *transform.Pod, c pss.Cause) Cause {
	cause := Cause{Container: c.Container, Field: fieldOf(pod, c.Field), Value: c.Value, Status: Unexplained}
	if name, ok := transform.Item(c.Field, "volumes"); ok {
		cause.Mounters = pod.Mounters(name)
	}
	if c.Residue {
		return cause
	}
	if cause.Need = pod.Need(c.Container, c.Field, c.Value); cause.Need != nil {
		cause.Status = Needed
	} else if cause.Setting = d.gatherer.Pipeline.Settled(pod, c.Container, c.Field); cause.Setting != "" {
		cause.Status = Settled
	}
	return cause
}

// failure is the workload's failure of a check, made if there is none yet.
func (w *Workload) failure(f pss.Failure) *Failure {
	i := slices.IndexFunc(w.Failures, func(g Failure) bool { return g.Check == f.Check })
	if i < 0 {
		i = len(w.Failures)
		w.Failures = append(w.Failures, Failure{Check: f.Check, Levels: f.Levels, Reason: f.Reason})
	}
	return &w.Failures[i]
}

// leave adds a cause that is left. It takes the place of the one that was there
// before, if there was one.
func (f *Failure) leave(c Cause) {
	i := slices.IndexFunc(f.Causes, func(old Cause) bool { return old.Container == c.Container && old.Field == c.Field })
	if i < 0 {
		f.Causes = append(f.Causes, c)
		return
	}
	c.Line = f.Causes[i].Line
	f.Causes[i] = c
}
