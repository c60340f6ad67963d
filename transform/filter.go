package transform

import (
	"errors"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Scope says which workloads a transform works on, and where it writes down
// what it did. Its zero value is every workload of Datadog's and no record.
type Scope struct {
	// ExceptNodeAgent leaves the Agents of the nodes alone.
	ExceptNodeAgent bool

	// All takes in workloads that are not Datadog's. Their containers are
	// strangers: only what is safe without knowing the program is done to them.
	All bool

	// Exceptions are workloads and containers that the transform leaves alone.
	Exceptions []Exception

	// Log receives the changes and the notes. It may be nil.
	Log *Log

	checked bool // an earlier transform of the same pipeline has found it readable
}

// run applies do to each pod of nodes that is in scope. Windows pods are left
// alone: the fields that harden a Linux pod are invalid there.
//
// It returns every error of every pod joined, so that a user sees all of them
// in one run.
func (s Scope) run(id string, nodes []*yaml.RNode, do func(*session) error) ([]*yaml.RNode, error) {
	if s.Log == nil {
		s.Log = &Log{}
	}
	var errs []error
	for _, node := range nodes {
		if !s.checked {
			if err := readable(node.YNode()); err != nil {
				errs = append(errs, err)
				continue
			}
		}
		for _, o := range objects(node.YNode()) {
			pod, err := podOf(o, s.checked)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			if pod == nil || pod.Spec == nil || !s.includes(pod) {
				continue
			}
			work := &session{Pod: pod, transform: id, scope: s}
			if pod.Windows {
				work.transform = ""
				work.note(nil, "a Windows pod: left as it is, since Linux security settings are invalid there")
				continue
			}
			if work.excepted(nil) {
				continue
			}
			if err := do(work); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return nodes, errors.Join(errs...)
}

// readable makes sure that what stands in a document is what the API server
// reads there, before anyone looks for workloads in it.
func readable(n *yaml.Node) error {
	if err := checkMaps(n); err != nil {
		return err
	}
	if err := Expand(n); err != nil {
		return err
	}
	return checkObjects(n)
}

func (s Scope) includes(p *Pod) bool {
	if !p.Datadog() {
		return s.All
	}
	return !s.ExceptNodeAgent || !p.nodeAgent()
}
