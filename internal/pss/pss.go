// Package pss asks the code that the API server itself runs what the Pod
// Security Standards say of a pod, and which parts of the pod are the cause.
//
// No rule of the standards is written down here. A cause is found by asking the
// same code about a pod that breaks no rule but for the one part in question
// (parts.go): if that pod is refused, the part is a cause.
package pss

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// Latest is the version of the standards that this program was built with.
const Latest = "latest"

// The levels that forbid anything.
const (
	Baseline   = string(api.LevelBaseline)
	Restricted = string(api.LevelRestricted)
)

// Levels lists them, mildest first.
func Levels() []string { return []string{Baseline, Restricted} }

// Evaluator evaluates pods by one version of the standards.
type Evaluator struct {
	version api.Version
	checks  map[string][]check // by level, in the order of the API server
}

// check is a check in the revision that counts.
type check struct {
	id  string
	run policy.CheckPodFn
}

func (c check) forbids(p *pod) bool { return !c.run(&p.ObjectMeta, &p.Spec).Allowed }

// Failure is a check that forbids a pod.
type Failure struct {
	Check  string
	Levels []string // at which a namespace refuses the pod for it
	Reason string   // in the API server's words
	Detail string
	Causes []Cause

	check check
}

// Cause is a part of a pod for which a check forbids it.
type Cause struct {
	Container string // "" where the pod itself is the cause
	Field     string // path within the pod's spec
	Value     string
	// Residue says that the check still forbids the pod when every cause that
	// was found is taken away: there is one that is not known here.
	Residue bool
}

// New makes an evaluator. Errors: a version that is no `v1.X` or `latest`.
func New(version string) (*Evaluator, error) {
	parsed, err := parseVersion(version)
	if err != nil {
		return nil, err
	}
	checks := policy.DefaultChecks()
	e := &Evaluator{parsed, map[string][]check{}}
	for _, level := range Levels() {
		e.checks[level] = counting(checks, api.Level(level), parsed)
	}
	return e, nil
}

// counting returns the checks that count at a level, in the order of the API
// server: of each the latest revision that is not newer than the version, and
// none that a restricted one overrides. The library's registry comes to the same
// (the tests compare the two for every version), but for all versions at once.
func counting(checks []policy.Check, level api.Level, version api.Version) []check {
	var all []check
	overridden := map[policy.CheckID]bool{}
	for _, of := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
		if of == api.LevelRestricted && level != of {
			break
		}
		first := len(all)
		for _, c := range checks {
			revision := -1
			for revision+1 < len(c.Versions) && !version.Older(c.Versions[revision+1].MinimumVersion) {
				revision++
			}
			if c.Level != of || revision < 0 {
				continue
			}
			all = append(all, check{string(c.ID), c.Versions[revision].CheckPod})
			for _, id := range c.Versions[revision].OverrideCheckIDs {
				overridden[id] = true
			}
		}
		slices.SortFunc(all[first:], func(a, b check) int { return cmp.Compare(a.id, b.id) })
	}
	return slices.DeleteFunc(all, func(c check) bool { return overridden[policy.CheckID(c.id)] })
}

// CheckVersion says whether New knows a version, without the work of New.
func CheckVersion(version string) error {
	_, err := parseVersion(version)
	return err
}

func parseVersion(version string) (api.Version, error) {
	parsed, err := api.ParseVersion(version)
	if err != nil {
		return parsed, fmt.Errorf("pss-version: %q is no version of the Pod Security Standards: latest, or v1.X", version)
	}
	return parsed, nil
}

// Version is the version of the standards that was asked for.
func (e *Evaluator) Version() string { return e.version.String() }

// Evaluate returns the checks that forbid a pod, ordered by ID.
func (e *Evaluator) Evaluate(pod *corev1.PodTemplateSpec) []Failure {
	var failures []Failure
	for _, level := range Levels() {
		for _, f := range e.forbidding(level, pod) {
			i := slices.IndexFunc(failures, func(g Failure) bool { return g.Check == f.Check })
			if i >= 0 {
				failures[i].Levels = append(failures[i].Levels, level)
				continue
			}
			failures = append(failures, f)
		}
	}
	findCauses(failures, pod)
	slices.SortFunc(failures, func(a, b Failure) int { return cmp.Compare(a.Check, b.Check) })
	return failures
}

func (e *Evaluator) forbidding(level string, pod *corev1.PodTemplateSpec) []Failure {
	var found []Failure
	for _, c := range e.checks[level] {
		if r := c.run(&pod.ObjectMeta, &pod.Spec); !r.Allowed {
			found = append(found, Failure{Check: c.id, Levels: []string{level}, Reason: r.ForbiddenReason, Detail: r.ForbiddenDetail, check: c})
		}
	}
	return found
}

// findCauses finds the parts of a pod for which checks forbid it: those that a
// check forbids in a pod that is otherwise beyond reproach. If the check still
// forbids the pod with all of them mended, there is a cause that no part is.
func findCauses(failures []Failure, whole *pod) {
	parts := partsOf(whole)
	var clean cleanliness
	mends := make([][]func(*pod), len(failures))
	for _, part := range parts {
		alone := clean.pod()
		part.graft(alone)
		for i := range failures {
			if f := &failures[i]; f.check.forbids(alone) {
				f.Causes = append(f.Causes, part.Cause)
				mends[i] = append(mends[i], part.mend)
			}
		}
	}
	var c copier
	for i := range failures {
		mended := c.copy(whole)
		for _, mend := range mends[i] {
			mend(mended)
		}
		if f := &failures[i]; f.check.forbids(mended) {
			f.Causes = append(f.Causes, Cause{Value: f.Detail, Residue: true})
		}
	}
}
