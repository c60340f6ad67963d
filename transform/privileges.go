package transform

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Privileges takes from containers that do not need root what only root can
// make use of.
//
// Written: allowPrivilegeEscalation, capabilities.drop and seccompProfile of a
// container's security context; seccompProfile of the pod's, where every
// container that inherits it is to have it. Never touched: containers that
// need root (facts.go) and, in a workload of Datadog's, containers unknown to
// it; capabilities that are added; a seccomp profile other than Unconfined.
// A stranger's container (Scope.All) only gets the RuntimeDefault profile, and
// only if it is not privileged and adds no capability.
//
// Source: PSS restricted, "Privilege Escalation", "Seccomp", "Capabilities".
type Privileges struct{ Scope }

const (
	runtimeDefault = "RuntimeDefault"
	unconfined     = "Unconfined"
)

// Filter implements kio.Filter. Errors: a workload that cannot be read as the
// API server would read it.
func (t Privileges) Filter(nodes []*yaml.RNode) ([]*yaml.RNode, error) {
	return t.run("privileges", nodes, func(s *session) error {
		profiles := make([]claim[string], len(s.Containers))
		for i, c := range s.Containers {
			profiles[i] = claim[string]{c, c.Security.Seccomp, effective(c.Security.Seccomp, s.Security.Seccomp), false}
			as, why := s.runsAs(c)
			if s.excepted(c) || as == rootUser || as == stranger && s.Datadog() {
				continue
			}
			if profile := profiles[i].want; profile == nil || *profile == unconfined {
				profiles[i].want, profiles[i].target = ptr(runtimeDefault), true
			}
			if as != stranger {
				s.dropPrivileges(c, why)
			}
		}
		if slices.ContainsFunc(profiles, func(p claim[string]) bool { return p.target }) {
			s.seccomp(profiles)
		}
		return nil
	})
}

func ptr[T any](v T) *T { return &v }

func (s *session) dropPrivileges(c *Container, why string) {
	if allow := c.Security.AllowPrivilegeEscalation; allow == nil || *allow {
		s.secure(c, "allowPrivilegeEscalation", boolean(false), why, "")
	}
	if slices.Contains(c.Security.Drop, "ALL") {
		return
	}
	drop := list()
	for _, name := range c.Security.Drop {
		drop.Content = append(drop.Content, str(name))
	}
	if old := get(c.Node, "securityContext", "capabilities", "drop"); !isNull(old) {
		drop.Content = slices.Clone(old.Content)
		drop.Style = old.Style
	}
	drop.Content = append(drop.Content, str("ALL"))
	s.secure(c, "capabilities.drop", drop, why, "")
}

func (s *session) seccomp(claims []claim[string]) {
	onPod, own := placement(s.Security.Seccomp, claims)
	if onPod != nil && (s.Security.Seccomp == nil || *s.Security.Seccomp != *onPod) {
		s.secure(nil, "seccompProfile", profileNode(*onPod), "the container runtime's profile is the default; a container that has another says so itself", "")
	}
	for i, profile := range own {
		if profile != nil {
			_, why := s.runsAs(claims[i].container)
			s.secure(claims[i].container, "seccompProfile", profileNode(*profile), why, "")
		}
	}
}

func profileNode(profile string) *yaml.Node {
	kind, local, ok := strings.Cut(profile, "/")
	n := mapping("type", str(kind))
	if ok {
		put(n, "localhostProfile", str(local))
	}
	return n
}
