package transform

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// HostDirs says who makes a non-root Agent's host folders writable for it.
type HostDirs string

const (
	HostDirsInit     HostDirs = "init"     // an init container that this transform adds
	HostDirsPrepared HostDirs = "prepared" // the node is prepared by other means
)

// HostDirsChoices lists the ways.
func HostDirsChoices() []string {
	return []string{string(HostDirsInit), string(HostDirsPrepared)}
}

// NonRoot runs the containers that need no root as dd-agent, and does what a
// non-root Agent needs to keep working.
//
// Written: runAsUser, runAsGroup, runAsNonRoot and supplementalGroups of the
// pod's security context; the first three of a container's where it differs
// from the pod; mounts of the host's /etc/passwd, with their volume, are
// removed; an init container that owns the Agent's host folders over to it is
// added (HostDirs). A container that must stay root says so in so many words
// once the pod's default is another user. Never touched: a user that is not
// root already, and containers that facts.go does not know.
//
// Source: Datadog, "Kubernetes Data Security" ("Running container as root
// user"); PSS restricted, "Running as Non-root" and "Running as Non-root user".
type NonRoot struct {
	Scope

	// User replaces dd-agent's UID if it is not 0.
	User int64
	// Group is the primary group. 0 is dd-agent's own, and what container
	// runtimes give access to their sockets and log files.
	Group int64
	// SupplementalGroups are added to the pod's, for sockets that belong to a
	// group of the host.
	SupplementalGroups []int64

	HostDirs HostDirs
}

// Filter implements kio.Filter. Errors: a workload that cannot be read as the
// API server would read it.
func (t NonRoot) Filter(nodes []*yaml.RNode) ([]*yaml.RNode, error) {
	return t.run("nonroot", nodes, func(s *session) error {
		if !s.Datadog() {
			return nil
		}
		t.users(s)
		if !t.hasNonRoot(s) {
			return nil
		}
		t.groups(s)
		s.dropPasswd()
		t.hostDirs(s)
		return nil
	})
}

// becomes is what a container is to run as.
type becomes struct {
	user, group *int64
	nonRoot     *bool
	target      bool
	why         string
}

// users sets user, group and runAsNonRoot, each on the pod or on containers.
func (t NonRoot) users(s *session) {
	plans := make([]becomes, len(s.Containers))
	users := make([]claim[int64], len(plans))
	groups := make([]claim[int64], len(plans))
	nonRoots := make([]claim[bool], len(plans))
	changes := false
	for i, c := range s.Containers {
		plans[i] = t.plan(s, c)
		changes = changes || plans[i].target
		users[i] = claim[int64]{c, c.Security.RunAsUser, plans[i].user, plans[i].target}
		groups[i] = claim[int64]{c, c.Security.RunAsGroup, plans[i].group, plans[i].target}
		nonRoots[i] = claim[bool]{c, c.Security.RunAsNonRoot, plans[i].nonRoot, plans[i].target}
	}
	if !changes {
		return
	}
	writeClaims(s, "runAsUser", s.Security.RunAsUser, users, integer, plans)
	writeClaims(s, "runAsGroup", s.Security.RunAsGroup, groups, integer, plans)
	writeClaims(s, "runAsNonRoot", s.Security.RunAsNonRoot, nonRoots, boolean, plans)
}

func writeClaims[T comparable](s *session, field string, pod *T, claims []claim[T], node func(T) *yaml.Node, plans []becomes) {
	onPod, own := placement(pod, claims)
	if onPod != nil && (pod == nil || *pod != *onPod) {
		s.secure(nil, field, node(*onPod), "the pod's default is dd-agent's; a container that differs says so itself", "")
	}
	for i, value := range own {
		if value != nil {
			s.secure(claims[i].container, field, node(*value), plans[i].why, "")
		}
	}
}

// plan says what a container is to run as.
func (t NonRoot) plan(s *session, c *Container) becomes {
	now := becomes{
		user:    effective(c.Security.RunAsUser, s.Security.RunAsUser),
		group:   effective(c.Security.RunAsGroup, s.Security.RunAsGroup),
		nonRoot: effective(c.Security.RunAsNonRoot, s.Security.RunAsNonRoot),
	}
	as, why := s.runsAs(c)
	if s.excepted(c) {
		as, why = stranger, "an exception keeps the user that it has"
	}
	yes, no, zero := true, false, int64(0)
	now.why = why
	switch as {
	case agentUser:
		now.target = true
		if now.user == nil || *now.user == 0 {
			uid := t.uid(s, c)
			now.user = &uid
			if lost := nonRootLoses[c.Name]; lost != "" && s.nodeAgent() {
				s.note(c, lost)
			}
		}
		if now.group == nil {
			now.group = &t.Group
		}
		now.nonRoot = &yes
	case imageUser:
		now.target = true
		if now.user != nil && *now.user == 0 {
			uid := int64(operatorUID)
			now.user = &uid
		}
		now.nonRoot = &yes
	case setupUser, rootUser:
		if c.fact == nil {
			break // a stranger: whatever user it has, it keeps
		}
		if now.user != nil && *now.user != 0 {
			s.note(c, "it runs as UID "+itoa(*now.user)+" by the chart's own switch, but "+why+": set `runAsUser: 0` for this container, and leave the rest to this program")
		} else if isTrue(now.nonRoot) {
			s.note(c, "it says `runAsNonRoot: true`, but "+why+": it will not start")
		} else {
			now.user = &zero
			if now.group == nil {
				now.group = &zero // root's in the Agent's image
			}
		}
	}
	if now.nonRoot == nil && now.user != nil && *now.user == 0 {
		now.nonRoot = &no // unset means the same until the pod says otherwise
	}
	return now
}

// nonRootLoses says what a container of the node Agent loses with root.
//
// Source: [nonroot], [guide].
var nonRootLoses = map[string]string{
	"process-agent": "open files and I/O counts of other users' processes are no longer read",
	"agent":         "files of the host that only root may read are no longer read; some integrations need them",
}

// uid is the UID of an Agent's container: the one asked for, else the one that
// the pod's Agents run as already, else dd-agent's by the image's version. An
// init container takes the UID of those that use what it writes.
func (t NonRoot) uid(s *session, c *Container) int64 {
	if t.User != 0 {
		return t.User
	}
	if c.fact.init {
		if reader := s.readerOf(c); reader != nil {
			c = reader
		}
	}
	for _, other := range s.Containers {
		as, _ := s.runsAs(other)
		if user := effective(other.Security.RunAsUser, s.Security.RunAsUser); as == agentUser && !other.fact.init && user != nil && *user != 0 {
			return *user
		}
	}
	uid, doubt := agentUID(c.Image)
	if doubt != "" {
		s.note(c, doubt+"; --run-as-user sets another")
	}
	return uid
}

// readerOf returns the first container of dd-agent's that mounts a volume
// which the init container c can write.
func (s *session) readerOf(c *Container) *Container {
	for _, other := range s.Containers {
		if as, _ := s.runsAs(other); other.Init || as != agentUser {
			continue
		}
		for _, m := range other.Mounts {
			if slices.ContainsFunc(c.Mounts, func(w *Mount) bool { return w.Name == m.Name && w.writable() }) {
				return other
			}
		}
	}
	return nil
}

// groups adds the supplemental groups.
func (t NonRoot) groups(s *session) {
	have := get(s.Spec, "securityContext", "supplementalGroups")
	var missing []int64
	for _, group := range t.SupplementalGroups {
		found := slices.Contains(missing, group)
		for i := 0; have != nil && i < len(have.Content); i++ {
			v, err := Meaning(have.Content[i])
			found = found || err == nil && v == any(group)
		}
		if !found {
			missing = append(missing, group)
		}
	}
	if len(missing) == 0 {
		return
	}
	before := show(have)
	context := ensure(s.Spec, "securityContext", yaml.MappingNode)
	groups := ensure(context, "supplementalGroups", yaml.SequenceNode)
	for _, group := range missing {
		groups.Content = append(groups.Content, integer(group))
	}
	s.record(nil, "securityContext.supplementalGroups", before, show(groups), "asked for, so that dd-agent reaches a socket or files of that group", "")
}

// hasNonRoot says whether one of Datadog's containers runs as a user other
// than root, now that the users are set.
func (t NonRoot) hasNonRoot(s *session) bool {
	return slices.ContainsFunc(s.Containers, s.isNonRoot)
}

// isNonRoot reads the nodes rather than the view, which is older than what
// users wrote.
func (s *session) isNonRoot(c *Container) bool {
	if as, _ := s.runsAs(c); as != agentUser || s.excepted(c) {
		return false
	}
	user := s.userNow(c)
	return user != nil && *user != 0
}

func (s *session) userNow(c *Container) *int64 {
	for _, holder := range []*yaml.Node{c.Node, s.Spec} {
		if n := get(holder, "securityContext", "runAsUser"); !isNull(n) {
			if v, err := Meaning(n); err == nil {
				if i, ok := v.(int64); ok {
					return &i
				}
			}
		}
	}
	return nil
}

// dropPasswd removes mounts of the host's /etc/passwd: it hides the image's
// own, in which dd-agent is, so that names and UIDs no longer agree.
func (s *session) dropPasswd() {
	for _, c := range s.Containers {
		for _, m := range slices.Clone(c.Mounts) {
			if m.hostFile() != "/etc/passwd" {
				continue
			}
			removeItem(c.Node, "volumeMounts", m.Node)
			c.Mounts = slices.DeleteFunc(c.Mounts, func(o *Mount) bool { return o == m })
			s.record(c, "volumeMounts["+m.MountPath+"]", "hostPath "+m.hostFile(), absent,
				"the host's users hide the image's dd-agent, the user it now runs as",
				"processes of the host's users are shown by UID instead of by name")
		}
	}
	for _, v := range slices.Clone(s.Volumes) {
		if v.HostPath == "/etc/passwd" && !s.mounted(v) {
			removeItem(s.Spec, "volumes", v.Node)
			s.record(nil, "volumes["+v.Name+"]", "hostPath "+v.HostPath, absent, "nothing mounts it any more", "")
		}
	}
}

func (s *session) mounted(v *Volume) bool {
	return slices.ContainsFunc(s.Containers, func(c *Container) bool {
		return slices.ContainsFunc(c.Mounts, func(m *Mount) bool { return m.Volume == v })
	})
}
