package transform

import (
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// hostDirsName is the init container that NonRoot adds.
const hostDirsName = "init-host-dirs"

// prepares says whether a container is the one that NonRoot adds.
func (p *Pod) prepares(c *Container) bool { return c.Init && c.Name == hostDirsName }

// hostDir is a folder of the host that a non-root container must write.
type hostDir struct {
	mount     *Mount
	container *Container
}

// hostDirs makes the folders writable, in the way that was asked for.
//
// The kubelet makes a missing hostPath folder as root's with mode 0755, and
// fsGroup is not applied to a hostPath (Kubernetes, "Volumes", "Configure a
// Security Context"), so somebody has to.
func (t NonRoot) hostDirs(s *session) {
	dirs := s.hostDirsToWrite()
	if len(dirs) == 0 {
		return
	}
	owner := itoa(*s.userNow(dirs[0].container)) + ":" + itoa(s.groupNow(dirs[0].container))
	switch {
	case s.autopilot():
		s.keepInPod(dirs)
	case t.HostDirs == HostDirsPrepared:
		for _, d := range dirs {
			s.note(d.container, "the node must have "+d.mount.hostFile()+" owned by "+owner+": tmpfiles.d line `d "+d.mount.hostFile()+" 0755 "+strings.Replace(owner, ":", " ", 1)+" -`")
		}
	default:
		s.addHostDirs(dirs, owner)
	}
}

// hostDirsToWrite returns each host folder once, for the first non-root
// container that must write it.
func (s *session) hostDirsToWrite() []hostDir {
	var dirs []hostDir
	for _, c := range s.Containers {
		if !s.isNonRoot(c) {
			continue
		}
		for _, m := range c.Mounts {
			if m.Volume == nil || m.Volume.HostPath == "" || !s.writableNow(m) {
				continue
			}
			if as, _ := s.access(c, m); as != readWrite {
				if as != asDeclared {
					s.note(c, "it can write "+m.hostFile()+" of the host only where UID "+itoa(*s.userNow(c))+" may")
				}
				continue
			}
			if slices.Contains(systemFolders, m.hostFile()) {
				s.note(c, m.hostFile()+" of the host belongs to more than the Agent, so its owner is left as it is: give the Agent a folder of its own")
				continue
			}
			if !slices.ContainsFunc(dirs, func(d hostDir) bool { return d.mount.hostFile() == m.hostFile() }) {
				dirs = append(dirs, hostDir{m, c})
			}
		}
	}
	return dirs
}

func (s *session) writableNow(m *Mount) bool {
	n := get(m.Node, "readOnly")
	v, err := Meaning(orNull(n))
	return err == nil && v != any(true)
}

func orNull(n *yaml.Node) *yaml.Node {
	if n == nil {
		return &yaml.Node{Kind: yaml.ScalarNode}
	}
	return n
}

func (s *session) groupNow(c *Container) int64 {
	for _, holder := range []*yaml.Node{c.Node, s.Spec} {
		if v, err := Meaning(orNull(get(holder, "securityContext", "runAsGroup"))); err == nil {
			if i, ok := v.(int64); ok {
				return i
			}
		}
	}
	return 0 // dd-agent's in the image
}

// keepInPod gives the pod folders of its own where no container may be added.
func (s *session) keepInPod(dirs []hostDir) {
	for _, d := range dirs {
		v := d.mount.Volume
		key, _ := lookup(v.Node, "hostPath")
		put(v.Node, "hostPath", emptyMap())
		key.Value = "emptyDir"
		s.record(nil, "volumes["+v.Name+"]", "hostPath "+v.HostPath, "emptyDir",
			"a non-root Agent cannot write that folder of the host, and Autopilot admits no container that prepares it",
			"what is kept there is lost with the pod: log collection starts anew on each node when the Agent is replaced")
		v.HostPath = ""
	}
}

// addHostDirs adds the init container, or brings the one there up to date.
func (s *session) addHostDirs(dirs []hostDir, owner string) {
	args := []*yaml.Node{str("chown"), quoted(owner)}
	var mounts []*yaml.Node
	var paths []string
	for _, d := range dirs {
		at := path.Join("/host", d.mount.hostFile())
		args = append(args, str(at))
		paths = append(paths, d.mount.hostFile())
		mount := mapping("name", str(d.mount.Name), "mountPath", str(at))
		if d.mount.SubPath != "" {
			put(mount, "subPath", str(d.mount.SubPath))
		}
		mounts = append(mounts, mount)
	}
	of := dirs[0].container
	added := mapping("name", str(hostDirsName), "image", str(of.Image))
	if policy := get(of.Node, "imagePullPolicy"); !isNull(policy) {
		put(added, "imagePullPolicy", str(text(policy)))
	}
	put(added, "command", list(args...))
	put(added, "securityContext", mapping(
		"runAsUser", integer(0),
		"runAsGroup", integer(0),
		"runAsNonRoot", boolean(false),
		"allowPrivilegeEscalation", boolean(false),
		"readOnlyRootFilesystem", boolean(true),
		"capabilities", mapping("drop", list(str("ALL")), "add", list(str("CHOWN"))),
		"seccompProfile", mapping("type", str("RuntimeDefault")),
	))
	put(added, "volumeMounts", list(mounts...))
	if resources := get(of.Node, "resources"); resources != nil && len(resources.Content) > 0 {
		// A namespace with a quota admits no container without.
		put(added, "resources", fresh(resources))
	}

	inits := ensure(s.Spec, "initContainers", yaml.SequenceNode)
	field, before := "initContainers["+hostDirsName+"]", absent
	if i := slices.IndexFunc(inits.Content, func(n *yaml.Node) bool { return text(get(n, "name")) == hostDirsName }); i >= 0 {
		if sameValue(inits.Content[i], added) {
			return
		}
		before = hidden // whoever made the container may have put anything there
		inits.Content[i] = added
	} else {
		inits.Content = slices.Insert(inits.Content, 0, added)
	}
	s.record(nil, field, before, "chown "+owner+" "+strings.Join(paths, " "),
		"the kubelet makes these folders root's, and a non-root Agent must write them",
		"files that an Agent left there as root stay root's: remove them once, or give them to "+owner)
}

// fresh copies a value as if it had just been made, so that the writer renders
// it where it stands now.
func fresh(n *yaml.Node) *yaml.Node {
	c := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value, Style: n.Style}
	for _, child := range n.Content {
		c.Content = append(c.Content, fresh(child))
	}
	return c
}

// sameValue compares what two values mean, however they are written.
func sameValue(a, b *yaml.Node) bool {
	if b == nil || a.Kind != b.Kind || len(a.Content) != len(b.Content) {
		return false
	}
	switch a.Kind {
	case yaml.ScalarNode:
		va, errA := Meaning(a)
		vb, errB := Meaning(b)
		return errA == nil && errB == nil && va == vb
	case yaml.MappingNode:
		for i := 0; i+1 < len(a.Content); i += 2 {
			if !sameValue(a.Content[i+1], get(b, a.Content[i].Value)) {
				return false
			}
		}
		return true
	default:
		return slices.EqualFunc(a.Content, b.Content, sameValue)
	}
}
