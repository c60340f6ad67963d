package transform

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Exception keeps a transform away from workloads, or from containers of
// theirs. What it keeps away is noted with the reason, and an exception that
// matches nothing is noted too.
type Exception struct {
	Workload  string // kind/name; each may be a glob, see path.Match
	Container string // a glob; "" is the workload as a whole
	Transform string // see Transforms
	Reason    string
}

func (e Exception) check() error {
	var errs []error
	if kind, name, ok := strings.Cut(e.Workload, "/"); !ok || kind == "" || name == "" || strings.Contains(name, "/") {
		errs = append(errs, fmt.Errorf("workload %q: expected kind/name, such as DaemonSet/datadog or */datadog-*", e.Workload))
	}
	for _, glob := range []string{e.Workload, e.Container} {
		if _, err := path.Match(glob, ""); err != nil {
			errs = append(errs, fmt.Errorf("%q: %w", glob, err))
		}
	}
	errs = append(errs, known("transform", []string{e.Transform}, Transforms()))
	if e.Container != "" && slices.Contains(podTransforms, e.Transform) {
		errs = append(errs, fmt.Errorf("%s is about a pod as a whole: leave the container out", e.Transform))
	}
	if strings.TrimSpace(e.Reason) == "" {
		errs = append(errs, errors.New("no reason is given"))
	}
	return errors.Join(errs...)
}

// CheckExceptions returns an error for each exception that is no good, by its
// place in the list.
func CheckExceptions(exceptions []Exception) []error {
	errs := make([]error, len(exceptions))
	for i, e := range exceptions {
		errs[i] = e.check()
	}
	return errs
}

// podTransforms are those that cannot leave a single container out.
var podTransforms = []string{"host-pid"}

// excepted says whether the transform is to leave a container alone, or the
// pod if c is nil, and notes why.
func (s *session) excepted(c *Container) bool {
	found := false
	for _, e := range s.scope.Exceptions {
		if e.Transform != s.transform || (e.Container == "") != (c == nil) || !glob(e.Workload, s.ID()) {
			continue
		}
		if c != nil && !glob(e.Container, c.Name) {
			continue
		}
		found = true
		if !slices.Contains(s.log().used, e) {
			s.log().used = append(s.log().used, e)
		}
		s.note(c, "an exception keeps "+s.transform+" away: "+e.Reason)
	}
	return found
}

func glob(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// noteUnused notes each exception that no transform met.
func (s Scope) noteUnused() {
	for _, e := range s.Exceptions {
		if !slices.Contains(s.Log.used, e) {
			s.Log.Notes = append(s.Log.Notes, Note{
				Workload: e.Workload, Container: e.Container, Transform: e.Transform,
				Text: "this exception matches nothing that " + e.Transform + " works on with these settings",
			})
		}
	}
}
