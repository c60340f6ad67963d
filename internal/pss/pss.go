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
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
	version  api.Version
	registry policy.Evaluator
}

// Failure is a check that forbids a pod.
type Failure struct {
	Check  string
	Levels []string // at which a namespace refuses the pod for it
	Reason string   // in the API server's words
	Detail string
	Causes []Cause
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
	for i := range checks {
		checks[i].Versions = slices.Clone(checks[i].Versions)
		for j := range checks[i].Versions {
			checks[i].Versions[j].CheckPod = signed(checks[i].ID, checks[i].Versions[j].CheckPod)
		}
	}
	registry, err := policy.NewEvaluator(checks, nil)
	if err != nil {
		return nil, fmt.Errorf("checks of the Pod Security Standards: %w", err)
	}
	return &Evaluator{parsed, registry}, nil
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

// signed makes a check write its ID before its reason: the evaluator decides
// which checks and revisions count, and its results do not name them.
func signed(id policy.CheckID, check policy.CheckPodFn) policy.CheckPodFn {
	return func(meta *metav1.ObjectMeta, spec *corev1.PodSpec) policy.CheckResult {
		result := check(meta, spec)
		result.ForbiddenReason = string(id) + "\n" + result.ForbiddenReason
		return result
	}
}

// Version is the version of the standards that was asked for.
func (e *Evaluator) Version() string { return e.version.String() }

// Evaluate returns the checks that forbid a pod, ordered by ID.
func (e *Evaluator) Evaluate(pod *corev1.PodTemplateSpec) []Failure {
	byCheck := map[string]*Failure{}
	for _, level := range Levels() {
		for _, f := range e.forbidding(level, pod) {
			if have := byCheck[f.Check]; have != nil {
				have.Levels = append(have.Levels, level)
				continue
			}
			f.Levels = []string{level}
			byCheck[f.Check] = &f
		}
	}
	var failures []Failure
	parts := e.judged(pod)
	for _, f := range byCheck {
		f.Causes = e.causes(f, pod, parts)
		failures = append(failures, *f)
	}
	slices.SortFunc(failures, func(a, b Failure) int { return cmp.Compare(a.Check, b.Check) })
	return failures
}

func (e *Evaluator) forbidding(level string, pod *corev1.PodTemplateSpec) []Failure {
	var found []Failure
	at := api.LevelVersion{Level: api.Level(level), Version: e.version}
	for _, result := range e.registry.EvaluatePod(at, &pod.ObjectMeta, &pod.Spec) {
		if result.Allowed {
			continue
		}
		check, reason, _ := strings.Cut(result.ForbiddenReason, "\n")
		found = append(found, Failure{Check: check, Reason: reason, Detail: result.ForbiddenDetail})
	}
	return found
}

// forbids says whether a check of a level forbids a pod.
func (e *Evaluator) forbids(level, check string, pod *corev1.PodTemplateSpec) bool {
	return slices.ContainsFunc(e.forbidding(level, pod), func(f Failure) bool { return f.Check == check })
}

// judged is a part, and the checks that forbid it by level in a pod that is
// otherwise beyond reproach.
type judged struct {
	part
	by map[string][]string
}

func (e *Evaluator) judged(pod *corev1.PodTemplateSpec) []judged {
	var all []judged
	for _, part := range partsOf(pod) {
		alone := cleanPod()
		part.graft(alone)
		by := map[string][]string{}
		for _, level := range Levels() {
			for _, f := range e.forbidding(level, alone) {
				by[level] = append(by[level], f.Check)
			}
		}
		all = append(all, judged{part, by})
	}
	return all
}

// causes finds the parts of a pod for which a check forbids it. If the check
// still forbids the pod with all of them mended, there is a cause that no part
// is.
func (e *Evaluator) causes(f *Failure, pod *corev1.PodTemplateSpec, parts []judged) []Cause {
	var causes []Cause
	level := f.Levels[0]
	mended := pod.DeepCopy()
	for _, part := range parts {
		if slices.Contains(part.by[level], f.Check) {
			causes = append(causes, part.Cause)
			part.mend(mended)
		}
	}
	if e.forbids(level, f.Check, mended) {
		causes = append(causes, Cause{Value: f.Detail, Residue: true})
	}
	return causes
}
