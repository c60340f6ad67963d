// Package evidence says what a run did to each workload and what is left: the
// changes, the checks of the Pod Security Standards that forbid the workload
// before and after, the parts of it that are the cause, and the declared need
// that explains each part. Reports are renderings of it.
package evidence

import (
	"slices"
	"strings"

	"github.com/datadog-harden/datadog-harden/transform"
)

// Schema names the form of the evidence. A field that is added keeps it; one
// that changes its meaning or goes away does not.
const Schema = "datadog-harden/evidence/v1"

// Evidence is what is known of one run. It holds no time, no path and nothing
// else of the machine: the same input gives the same evidence.
type Evidence struct {
	Schema    string     `json:"schema"`
	Tool      Tool       `json:"tool"`
	Settings  Settings   `json:"settings"`
	Summary   Summary    `json:"summary"`
	Workloads []Workload `json:"workloads"`
	Host      []HostNeed `json:"host"`
	Less      []Less     `json:"less"`
}

// Tool is the program that made the evidence.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Settings are those that decide what was done.
type Settings struct {
	Profile       string   `json:"profile"`
	RemoveHostPID bool     `json:"removeHostPID"`
	Skip          []string `json:"skip"`
	PSSVersion    string   `json:"pssVersion"`
	Input         string   `json:"input"` // the name of the manifests, as it was given
}

// Summary counts. A failure is a check that forbids a workload; a cause is a
// part of the workload for which it does.
type Summary struct {
	Changes  int    `json:"changes"`
	Failures Counts `json:"failures"`
	Causes   Counts `json:"causes"`

	Needed      int `json:"needed"`      // causes left that a declared need explains
	Settled     int `json:"settled"`     // causes left because a setting says so
	Unexplained int `json:"unexplained"` // causes left that nothing explains
}

// Counts are numbers before and after.
type Counts struct {
	Before int `json:"before"`
	After  int `json:"after"`
}

// Workload is one object of the stream: a workload, or a policy that was
// changed with it.
type Workload struct {
	ID        string `json:"workload"` // kind/name
	Namespace string `json:"namespace"`
	Source    string `json:"source"`   // the template that Helm names
	Document  int    `json:"document"` // of the stream, from 1
	Line      int    `json:"line"`     // of the stream, from 1
	Datadog   bool   `json:"datadog"`
	Windows   bool   `json:"windows"`
	// Evaluated is false for a policy: the standards are about pods.
	Evaluated bool `json:"evaluated"`

	Failures []Failure `json:"failures"`
	Changes  []Change  `json:"changes"`
	Notes    []Note    `json:"notes"`
}

// Failure is a check that forbids the workload before or after.
type Failure struct {
	Check  string   `json:"check"`
	Levels []string `json:"levels"` // at which a namespace refuses the workload for it
	Reason string   `json:"reason"` // in the API server's words
	Before bool     `json:"before"`
	After  bool     `json:"after"`
	Causes []Cause  `json:"causes"`
}

// Status says what became of a cause.
type Status string

const (
	Removed     Status = "removed"
	Needed      Status = "needed"      // a declared need explains it
	Settled     Status = "settled"     // a setting of this run leaves it
	Unexplained Status = "unexplained" // nothing explains it
)

// Cause is a part of the workload for which a check forbids it.
type Cause struct {
	Container string          `json:"container"`
	Field     string          `json:"field"` // path within the object
	Value     string          `json:"value"`
	Mounters  []string        `json:"mounters,omitempty"` // containers that mount the volume
	Line      int             `json:"line"`               // of the stream; 0 if it was not there before
	Status    Status          `json:"status"`
	Need      *transform.Need `json:"need,omitempty"`
	Setting   string          `json:"setting,omitempty"`
}

// Change is a field that a transform changed.
type Change struct {
	Container string `json:"container"`
	Field     string `json:"field"`
	Before    string `json:"before"`
	After     string `json:"after"`
	Transform string `json:"transform"`
	Why       string `json:"why"`
	Know      string `json:"know"`
	Line      int    `json:"line"` // of the stream: of the field, or of the deepest part of its path that was there
}

// Note is what to know although nothing was changed for it.
type Note struct {
	Container string `json:"container"`
	Transform string `json:"transform"`
	Text      string `json:"text"`
}

// HostNeed is what the nodes must provide for the output to work.
type HostNeed struct {
	transform.HostNeed
	Workload string `json:"workload"`
}

// Less is a chart value that takes needs away, and what is lost with them.
type Less struct {
	Value   string   `json:"value"`
	Without []string `json:"without"`
	Rows    []string `json:"rows"`   // of the tables
	Causes  int      `json:"causes"` // that go away
}

// Left are the causes that are still there, with their failure.
func (w *Workload) Left(status Status) int {
	n := 0
	for _, f := range w.Failures {
		for _, c := range f.Causes {
			if c.Status == status {
				n++
			}
		}
	}
	return n
}

// CausesBefore and CausesAfter count the failure's causes.
func (f *Failure) CausesBefore() int {
	n := 0
	for _, c := range f.Causes {
		if c.Line > 0 {
			n++
		}
	}
	return n
}

// CausesAfter counts those that are left.
func (f *Failure) CausesAfter() int {
	return len(f.Causes) - f.removed()
}

func (f *Failure) removed() int {
	n := 0
	for _, c := range f.Causes {
		if c.Status == Removed {
			n++
		}
	}
	return n
}

// Checks lists the checks that forbid any of the workloads, before or after.
func (e *Evidence) Checks() []string {
	var ids []string
	for _, w := range e.Workloads {
		for _, f := range w.Failures {
			if !slices.Contains(ids, f.Check) {
				ids = append(ids, f.Check)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// Failure returns the workload's failure of a check, or nil.
func (w *Workload) Failure(check string) *Failure {
	for i := range w.Failures {
		if w.Failures[i].Check == check {
			return &w.Failures[i]
		}
	}
	return nil
}

// Pending says whether applying the output would change anything.
func (e *Evidence) Pending() bool { return e.Summary.Changes > 0 }

// Kind is the kind of the object.
func (w *Workload) Kind() string {
	kind, _, _ := strings.Cut(w.ID, "/")
	return kind
}

// Passes says whether a namespace that enforces a level takes the workload,
// before the run and after it.
func (w *Workload) Passes(level string) (before, after bool) {
	before, after = true, true
	for _, f := range w.Failures {
		if slices.Contains(f.Levels, level) {
			before = before && !f.Before
			after = after && !f.After
		}
	}
	return before, after
}
