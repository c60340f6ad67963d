package transform

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// HostNeed is something that the nodes must have for a hardened pod to work.
type HostNeed struct {
	Kind  string `json:"kind"`  // folder, socket or logs
	Path  string `json:"path"`  // on the host
	Owner string `json:"owner"` // UID:GID of the container that needs it
	By    string `json:"by"`    // the container
	What  string `json:"what"`
	// Done says who sees to it; "" is the reader of the report.
	Done string `json:"done"`
	// Line is the tmpfiles.d line that prepares a folder.
	Line string `json:"line,omitempty"`
}

// The kinds of host need.
const (
	HostFolder = "folder"
	HostSocket = "socket"
	HostLogs   = "logs"
)

// runtimeSockets are the sockets of container runtimes and whose they are.
// Source: [k8s], the packages of containerd, CRI-O and Docker.
var runtimeSockets = []struct{ path, group string }{
	{"/run/containerd/containerd.sock", "0"},
	{"/run/crio/crio.sock", "0"},
	{"/run/docker.sock", "docker"},
}

// logVolumes hold the containers' logs: files that belong to root's group.
var logVolumes = []string{"logpodpath", "logscontainerspath", "logdockercontainerpath"}

// HostNeeds lists what the pod's non-root containers need of their host: the
// folders they write, the runtime's socket, the logs. A pod that is root needs
// nothing of the kind.
func (p *Pod) HostNeeds() []HostNeed {
	s := &session{Pod: p, scope: Scope{Log: &Log{}}}
	if p.Windows {
		return nil
	}
	needs := s.folderNeeds()
	for _, c := range p.Containers {
		if !s.isNonRoot(c) || c.Init {
			continue
		}
		for _, m := range c.Mounts {
			if m.Volume == nil || m.Volume.HostPath == "" {
				continue
			}
			for _, need := range s.readNeeds(c, m) {
				if !slices.ContainsFunc(needs, func(n HostNeed) bool { return n.Kind == need.Kind && n.Path == need.Path }) {
					needs = append(needs, need)
				}
			}
		}
	}
	return needs
}

func (s *session) owner(c *Container) string {
	return itoa(*s.userNow(c)) + ":" + itoa(s.groupNow(c))
}

func (s *session) folderNeeds() []HostNeed {
	var needs []HostNeed
	for _, d := range s.hostDirsToWrite() {
		owner := s.owner(d.container)
		need := HostNeed{
			Kind: HostFolder, Path: d.mount.hostFile(), Owner: owner, By: d.container.Name,
			What: factOfMount(d.mount).what,
			Line: "d " + d.mount.hostFile() + " 0755 " + strings.Replace(owner, ":", " ", 1) + " -",
		}
		if c := s.container(hostDirsName); c != nil && s.prepares(c) && c.mounts(d.mount.Name) {
			need.Done = hostDirsName
		}
		needs = append(needs, need)
	}
	return needs
}

// readNeeds are what a mount needs that is only read or connected to.
func (s *session) readNeeds(c *Container, m *Mount) []HostNeed {
	var needs []HostNeed
	add := func(kind, path, group, what string) {
		need := HostNeed{Kind: kind, Path: path, Owner: s.owner(c), By: c.Name, What: what}
		if group == "0" && s.hasGroup(c, 0) {
			need.Done = "its group, 0"
		}
		needs = append(needs, need)
	}
	if slices.Contains(logVolumes, m.Name) {
		add(HostLogs, m.hostFile(), "0", "log files are root:root with mode 0640: the group reads them")
	}
	if m.Name == "runtimesocketdir" {
		for _, socket := range runtimeSockets {
			if !within(socket.path, strings.TrimPrefix(m.hostFile(), "/var")) {
				continue
			}
			what := "it is root:root with mode 0660: the group connects"
			if socket.group != "0" {
				what = "where that is the runtime, it belongs to the host's group " + socket.group + ": --supplemental-group with the number of that group"
			}
			add(HostSocket, socket.path, socket.group, what)
		}
	}
	return needs
}

// hasGroup says whether a container is in a group.
func (s *session) hasGroup(c *Container, group int64) bool {
	if s.groupNow(c) == group {
		return true
	}
	groups := get(s.Spec, "securityContext", "supplementalGroups")
	return groups != nil && slices.ContainsFunc(groups.Content, func(n *yaml.Node) bool {
		v, err := Meaning(n)
		return err == nil && v == any(group)
	})
}
