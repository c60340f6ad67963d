package transform

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// ReadOnlyMounts makes mounts of host folders read-only where the container
// has no need to write there.
//
// Written: volumeMounts[*].readOnly of containers and init containers, for
// volumes of type hostPath. A mount that facts.go says must be written keeps
// its setting, as does a mount of a folder unknown to it that says
// `readOnly: false` in so many words; the latter is noted. Mounts of other
// volumes are never touched.
//
// Source: Datadog, "Kubernetes Data Security" ("mounted in read-only mode
// whenever feasible"); PSS baseline, "HostPath Volumes".
type ReadOnlyMounts struct{ Scope }

// Filter implements kio.Filter. Errors: a workload that cannot be read as the
// API server would read it.
func (t ReadOnlyMounts) Filter(nodes []*yaml.RNode) ([]*yaml.RNode, error) {
	return t.run("readonly-mounts", nodes, func(s *session) error {
		if !s.Datadog() {
			return nil // what a stranger writes is not known
		}
		for _, c := range s.Containers {
			if s.excepted(c) {
				continue
			}
			for _, m := range c.Mounts {
				s.closeMount(c, m)
			}
		}
		return nil
	})
}

func (s *session) closeMount(c *Container, m *Mount) {
	if m.Volume == nil || m.Volume.HostPath == "" || !m.writable() || s.prepares(c) {
		return
	}
	allowed, fact := s.access(c, m)
	switch {
	case allowed == readWrite, allowed == asDeclared:
		return
	case allowed == ifSaidInWord && m.ReadOnly != nil:
		if fact.tell {
			s.note(c, "the mount of "+m.hostFile()+" at "+m.MountPath+" says `readOnly: false`: left so")
		}
		return
	}
	before := show(get(m.Node, "readOnly"))
	put(m.Node, "readOnly", boolean(true))
	s.record(c, "volumeMounts["+m.MountPath+"].readOnly", before, "true", "it only reads there: "+fact.what, "")
}
