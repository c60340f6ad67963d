package transform

import (
	"slices"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// ReadOnlyRootFS makes the root filesystem of Datadog's containers read-only
// where everything the program writes is a mount.
//
// Written: readOnlyRootFilesystem of a container's security context; an
// emptyDir volume and its mount for a folder that the program writes and
// nothing is mounted on. An emptyDir that the pod's other containers have at
// the same place is shared. Never touched: containers whose writes facts.go
// does not know, one that says `readOnlyRootFilesystem: false` in so many
// words, and one whose /etc/datadog-agent is not a writable mount.
//
// Source: CIS Kubernetes Benchmark, "Minimize the admission of containers
// with a writable root filesystem"; what is written, facts.go.
type ReadOnlyRootFS struct{ Scope }

// Filter implements kio.Filter. Errors: a workload that cannot be read as the
// API server would read it.
func (t ReadOnlyRootFS) Filter(nodes []*yaml.RNode) ([]*yaml.RNode, error) {
	return t.run("readonly-rootfs", nodes, func(s *session) error {
		for _, c := range s.Containers {
			if s.excepted(c) || c.fact == nil || c.fact.writes == nil || isTrue(c.Security.ReadOnlyRootFilesystem) {
				continue
			}
			if c.Security.ReadOnlyRootFilesystem != nil {
				s.note(c, "it says `readOnlyRootFilesystem: false`: left so")
				continue
			}
			s.closeRoot(c)
		}
		return nil
	})
}

func isTrue(b *bool) bool { return b != nil && *b }

func (s *session) closeRoot(c *Container) {
	var missing []string
	for _, dir := range c.fact.writes {
		mount := c.mountOf(dir)
		switch {
		case dir == configDir && (mount == nil || !mount.writable()):
			s.note(c, "its root filesystem stays writable: "+configDir+" is not a writable mount")
			return
		case mount != nil && mount.writable():
		case mount != nil && mount.MountPath == dir:
			// Closed on purpose: nothing can write there now either.
		case s.autopilot() && s.scratch(dir) == nil:
			s.note(c, "its root filesystem stays writable: Autopilot admits no volume for "+dir)
			return
		default:
			missing = append(missing, dir)
		}
	}
	for _, dir := range missing {
		s.addScratch(c, dir)
	}
	s.secure(c, "readOnlyRootFilesystem", boolean(true), "what it writes is mounted", "")
}

// mountOf returns the mount that a path is on, or nil: the one with the
// longest mount path.
func (c *Container) mountOf(dir string) *Mount {
	var found *Mount
	for _, m := range c.Mounts {
		if within(dir, m.MountPath) && (found == nil || len(m.MountPath) > len(found.MountPath)) {
			found = m
		}
	}
	return found
}

// scratch returns an emptyDir that the pod's other containers of Datadog's
// have at dir, or nil.
func (s *session) scratch(dir string) *Volume {
	for _, c := range s.Containers {
		for _, m := range c.Mounts {
			if c.fact != nil && m.MountPath == dir && m.SubPath == "" && m.Volume != nil && m.Volume.EmptyDir {
				return m.Volume
			}
		}
	}
	return nil
}

// scratchNames are the names of the volumes added for a folder.
var scratchNames = map[string]string{
	"/tmp":                   "harden-tmp",
	"/var/log/datadog":       "harden-log",
	"/opt/datadog-agent/run": "harden-run",
}

func (s *session) addScratch(c *Container, dir string) {
	why := "it writes there, and its root filesystem becomes read-only"
	v := s.scratch(dir)
	if v == nil {
		v = &Volume{Name: s.freeName(scratchNames[dir]), EmptyDir: true}
		v.Node = mapping("name", str(v.Name), "emptyDir", emptyMap())
		volumes := ensure(s.Spec, "volumes", yaml.SequenceNode)
		volumes.Content = append(volumes.Content, v.Node)
		s.Volumes = append(s.Volumes, v)
		s.record(nil, "volumes["+v.Name+"]", absent, "emptyDir", why, "")
	}
	m := &Mount{Node: mapping("name", str(v.Name), "mountPath", str(dir)), Name: v.Name, MountPath: dir, Volume: v}
	mounts := ensure(c.Node, "volumeMounts", yaml.SequenceNode)
	mounts.Content = append(mounts.Content, m.Node)
	c.Mounts = append(c.Mounts, m)
	s.record(c, "volumeMounts["+dir+"]", absent, "emptyDir "+v.Name, why, "")
}

func (s *session) freeName(name string) string {
	for i, free := 2, name; ; i++ {
		if !slices.ContainsFunc(s.Volumes, func(v *Volume) bool { return v.Name == free }) {
			return free
		}
		free = name + "-" + strconv.Itoa(i)
	}
}
