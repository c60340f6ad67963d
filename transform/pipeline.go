package transform

import (
	"errors"
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/suggest"
)

// Settings say what a Pipeline does.
type Settings struct {
	Profile            string // see Profiles
	RemoveHostPID      bool
	RunAsUser          int64 // 0: dd-agent's, by the version of the image
	RunAsGroup         int64
	SupplementalGroups []int64
	HostDirs           HostDirs
	Skip               []string // ids of transforms
	AcceptDegraded     []string // see Features
	AllWorkloads       bool
	Exceptions         []Exception
}

// Default is what runs when nothing is asked for.
func Default() Settings {
	return Settings{Profile: "recommended", HostDirs: HostDirsInit}
}

// reach is how far a profile lets a transform go.
type reach int

const (
	nowhere    reach = iota
	notOnNodes       // everything but the node Agent
	everywhere
)

// transformRow is a row of transforms.
type transformRow struct {
	id       string
	profiles map[string]reach
	build    func(Settings, Scope) filter
}

// transforms are the transforms in the order in which they run, and how far
// each goes in each profile.
var transforms = []transformRow{
	{
		"readonly-mounts", map[string]reach{"compatible": everywhere, "recommended": everywhere},
		func(_ Settings, scope Scope) filter { return ReadOnlyMounts{scope} },
	},
	{
		"nonroot", map[string]reach{"compatible": notOnNodes, "recommended": everywhere},
		func(s Settings, scope Scope) filter {
			return NonRoot{scope, s.RunAsUser, s.RunAsGroup, s.SupplementalGroups, s.HostDirs}
		},
	},
	{
		"privileges", map[string]reach{"compatible": notOnNodes, "recommended": everywhere},
		func(_ Settings, scope Scope) filter { return Privileges{scope} },
	},
	{
		"readonly-rootfs", map[string]reach{"recommended": everywhere},
		func(_ Settings, scope Scope) filter { return ReadOnlyRootFS{scope} },
	},
	{
		"host-pid", map[string]reach{"recommended": everywhere},
		func(s Settings, scope Scope) filter {
			if !s.RemoveHostPID {
				return nil
			}
			return HostPID{scope, s.AcceptDegraded}
		},
	},
}

// Profiles lists the profiles, mildest first.
func Profiles() []string { return []string{"compatible", "recommended"} }

// Transforms lists the ids of the transforms in the order in which they run.
func Transforms() []string {
	ids := make([]string, len(transforms))
	for i, t := range transforms {
		ids[i] = t.id
	}
	return ids
}

// filter is kio.Filter, which is not imported here for what it brings along.
type filter interface {
	Filter([]*yaml.RNode) ([]*yaml.RNode, error)
}

// Pipeline is the transforms of a profile, in order. It implements kio.Filter.
type Pipeline struct {
	Log      *Log
	settings Settings
	scope    Scope
	filters  []filter

	part          bool // of a stream: see Fork
	tally         bool
	before, after usage // of the pods, if tally
}

// New makes the pipeline that settings ask for. Errors: a profile, transform,
// feature or way of preparing folders that does not exist, with those that do.
func New(s Settings) (*Pipeline, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return build(s), nil
}

func build(s Settings) *Pipeline {
	log := &Log{}
	p := &Pipeline{Log: log, settings: s, scope: Scope{All: s.AllWorkloads, Exceptions: s.Exceptions, Log: log}}
	for _, t := range transforms {
		reach := t.profiles[s.Profile]
		if reach == nowhere || slices.Contains(s.Skip, t.id) {
			continue
		}
		scope := p.scope
		scope.ExceptNodeAgent = reach == notOnNodes
		scope.checked = len(p.filters) > 0
		if f := t.build(s, scope); f != nil {
			p.filters = append(p.filters, f)
		}
	}
	return p
}

func (s Settings) check() error {
	errs := []error{
		known("profile", []string{s.Profile}, Profiles()),
		known("transform", s.Skip, Transforms()),
		known("feature", s.AcceptDegraded, Features()),
		known("way to prepare host folders", []string{string(s.HostDirs)}, HostDirsChoices()),
	}
	if s.RemoveHostPID && s.Profile == "compatible" {
		errs = append(errs, errors.New("remove-host-pid: the profile compatible keeps hostPID; take recommended"))
	}
	if s.RunAsUser < 0 || s.RunAsUser > maxID {
		errs = append(errs, fmt.Errorf("run-as-user: %d is not a UID that is not root's (1 to %d)", s.RunAsUser, int64(maxID)))
	}
	for _, group := range append([]int64{s.RunAsGroup}, s.SupplementalGroups...) {
		if group < 0 || group > maxID {
			errs = append(errs, fmt.Errorf("%d is not a group ID (0 to %d)", group, int64(maxID)))
		}
	}
	for i, err := range CheckExceptions(s.Exceptions) {
		if err != nil {
			errs = append(errs, fmt.Errorf("exception %d (%s): %w", i+1, s.Exceptions[i].Workload, err))
		}
	}
	return errors.Join(errs...)
}

// maxID is the greatest user or group ID that the API server takes.
const maxID = 1<<31 - 1

func known(what string, given, all []string) error {
	var errs []error
	for _, name := range given {
		if !slices.Contains(all, name) {
			errs = append(errs, suggest.Unknown(what, name, all))
		}
	}
	return errors.Join(errs...)
}

// Filter implements kio.Filter. What was changed is in Log afterwards. On an
// error the nodes are not to be used: some transforms have run and some not.
func (p *Pipeline) Filter(nodes []*yaml.RNode) ([]*yaml.RNode, error) {
	waiting := slices.ContainsFunc(nodes, func(n *yaml.RNode) bool { return p.Pending(n.YNode()) })
	tally := p.tally || waiting && !p.part
	if tally {
		for _, n := range nodes {
			if err := readable(n.YNode()); err != nil {
				return nil, err
			}
		}
		p.before.join(usageOf(nodes))
	}
	var errs []error
	for _, f := range p.filters {
		if _, err := f.Filter(nodes); err != nil {
			errs = append(errs, err)
			if !refusals(err) {
				break // the other transforms would say the same
			}
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if tally {
		p.after.join(usageOf(nodes))
	}
	if p.part {
		return nodes, nil
	}
	p.Finish()
	if waiting {
		return nodes, p.Last(nodes)
	}
	return nodes, nil
}

// refusals says whether an error is of refused requests alone.
func refusals(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(joined.Unwrap(), func(err error) bool { return !refusals(err) })
	}
	_, ok := err.(*RefusedError)
	return ok
}

// Changed says whether a transform changed the object that node is or holds.
func (p *Pipeline) Changed(node *yaml.Node) bool {
	for _, o := range objects(node) {
		if slices.ContainsFunc(p.Log.Changes, func(c Change) bool { return c.object == o.Node }) {
			return true
		}
	}
	return false
}
