package transform

import (
	"path"
	"slices"
	"strings"
)

// Fact is what the tables say of one thing, for people.
type Fact struct {
	Kind   string // transform, container, volume, feature or field
	Names  []string
	Fields []Field // in the order in which they are to be read
}

// Field is a line of a Fact.
type Field struct{ Name, Text string }

// TransformFact is what a transform does, in one line each.
type TransformFact struct {
	ID     string
	What   string
	Fields string // that it writes
	Never  string // what it leaves alone
	Source string
}

// transformFacts are the transforms and what follows them, as their own files
// say at length.
var transformFacts = []TransformFact{
	{
		"readonly-mounts", "mounts of host folders are read-only where the container has no need to write",
		"volumeMounts[].readOnly", "mounts that must be written, and those of unknown folders that say `readOnly: false` in so many words",
		"[guide]; PSS baseline, HostPath Volumes",
	},
	{
		"nonroot", "containers that need no root run as dd-agent; the rest say `runAsUser: 0` in so many words",
		"runAsUser, runAsGroup, runAsNonRoot, supplementalGroups; mounts of /etc/passwd; the init container init-host-dirs", "a user that is not root already; containers that the tables do not know",
		"[guide], [nonroot]; PSS restricted, Running as Non-root",
	},
	{
		"privileges", "no privilege escalation, no capability, seccomp RuntimeDefault for containers that need no root",
		"allowPrivilegeEscalation, capabilities.drop, seccompProfile", "containers that need root; added capabilities; a profile other than Unconfined",
		"PSS restricted, Privilege Escalation, Capabilities, Seccomp",
	},
	{
		"readonly-rootfs", "the root filesystem is read-only where all that the program writes is mounted",
		"readOnlyRootFilesystem; an emptyDir for a folder that is written and not mounted", "`readOnlyRootFilesystem: false` in so many words",
		"CIS Kubernetes Benchmark",
	},
	{
		"host-pid", "the pod leaves the host's process IDs, and DogStatsD's origin detection is off",
		"hostPID; DD_DOGSTATSD_ORIGIN_DETECTION", "DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT, which needs no process ID",
		"[guide], [dsd]; PSS baseline, Host Namespaces",
	},
	{
		"policies", "the chart's PodSecurityPolicy and SecurityContextConstraints allow no longer what no pod uses",
		"hostPID, readOnlyRootFilesystem, allowPrivilegeEscalation, runAsUser and allowedCapabilities of the policy", "what no pod used before either",
		"[chart]",
	},
}

// TransformFacts lists what each transform does, in the order in which they run.
func TransformFacts() []TransformFact {
	return slices.Clone(transformFacts)
}

// Source is a document that rows of the tables rest on.
type Source struct{ Key, Title string }

// Sources lists what the short names in brackets stand for.
func Sources() []Source {
	return []Source{
		{"guide", "Datadog, \"Kubernetes Data Security\""},
		{"chart", "the Helm charts datadog and datadog-operator, as rendered"},
		{"nonroot", "Datadog, \"Running as an unprivileged user\""},
		{"image", "the Agent's container image: its user, its init scripts"},
		{"k8s", "the Kubernetes documentation and API reference"},
		{"dsd", "Datadog, \"DogStatsD over Unix Domain Socket\""},
		{"adp", "Agent Data Plane: who serves DogStatsD"},
		{"gke", "GKE Autopilot, WorkloadAllowlist"},
		{"csi", "Kubernetes CSI, \"Deploying a CSI driver\"; the chart datadog-csi-driver"},
	}
}

// Facts lists what the tables know, transforms first.
func Facts() []Fact {
	return slices.Concat(factsOfTransforms(), factsOfContainers(), factsOfVolumes(), factsOfFeatures(), factsOfPods())
}

func factsOfTransforms() []Fact {
	var all []Fact
	for _, t := range transformFacts {
		f := Fact{Kind: "transform", Names: []string{t.ID}}
		f.add("what", t.What)
		f.add("writes", t.Fields)
		f.add("leaves", t.Never)
		f.add("profiles", reachOf(t.ID))
		f.add("source", t.Source)
		all = append(all, f)
	}
	return all
}

// reachOf says in which profiles a transform works, and on what.
func reachOf(id string) string {
	i := slices.IndexFunc(transforms, func(t transformRow) bool { return t.id == id })
	if i < 0 {
		return "all, after the others"
	}
	var parts []string
	for _, profile := range Profiles() {
		switch transforms[i].profiles[profile] {
		case notOnNodes:
			parts = append(parts, profile+" (all but the node Agent)")
		case everywhere:
			parts = append(parts, profile)
		}
	}
	return strings.Join(parts, ", ")
}

func (f *Fact) add(name, text string) {
	if text != "" {
		f.Fields = append(f.Fields, Field{name, text})
	}
}

// userNames say whom a container runs as.
var userNames = map[user]string{
	agentUser: "dd-agent (UID 100; 101 up to Agent 7.47.0), group root",
	imageUser: "the unprivileged user of its image",
	setupUser: "root, with nothing else",
	rootUser:  "root, with the privileges it has",
	stranger:  "the user it has now",
}

func factsOfContainers() []Fact {
	var all []Fact
	for _, c := range containerFacts {
		f := Fact{Kind: "container", Names: []string{c.name}}
		f.add("runs as", userNames[c.user])
		f.add("because", c.why)
		f.add("writes", strings.Join(c.writes, ", "))
		f.add("source", c.source)
		f.privileges(c.name)
		all = append(all, f)
	}
	for _, name := range append([]string{hostDirsName}, companions...) {
		f := Fact{Kind: "container", Names: []string{name}}
		if name == hostDirsName {
			f.add("runs as", "root, with CHOWN and nothing else; this program adds it")
		} else {
			f.add("runs as", userNames[stranger])
		}
		f.privileges(name)
		all = append(all, f)
	}
	return all
}

// privileges adds what privilegeFacts has for a container.
func (f *Fact) privileges(name string) {
	for _, p := range privilegeFacts {
		if slices.Contains(p.containers, name) {
			f.need(strings.Join(p.fields, ", "), &p)
		}
	}
}

func (f *Fact) need(fields string, p *privilegeFact) {
	when := ""
	if p.when != nil && p.containers != nil {
		when = " (only where the feature is on)"
	}
	f.add("may have", fields+when)
	f.add("  for", p.what)
	f.add("  without it", p.without)
	f.add("  chart value", p.value)
	f.add("  source", p.source)
}

// accessNames say what containers other than the writers may do.
var accessNames = map[access]string{
	readOnly:     "read-only",
	asDeclared:   "as they have it today",
	ifSaidInWord: "read-only, unless the mount says `readOnly: false`",
}

func factsOfVolumes() []Fact {
	var all []Fact
	for _, m := range mountFacts {
		f := Fact{Kind: "volume", Names: m.volumes}
		f.add("for", m.what)
		f.add("shows", strings.ReplaceAll(strings.Join(m.paths, ", "), anyFolder, "any folder of its own"))
		for _, w := range m.writers {
			f.add("written by", strings.Join(w.containers, ", "))
		}
		f.add("others", accessNames[m.others])
		f.add("without it", m.without)
		f.add("chart value", m.value)
		f.add("source", m.source)
		all = append(all, f)
	}
	return all
}

func factsOfFeatures() []Fact {
	var all []Fact
	for _, x := range hostPIDFeatures {
		f := Fact{Kind: "feature", Names: []string{x.id}}
		f.add("without hostPID", x.lost)
		f.add("on when", switchOf(x))
		if x.refuse {
			f.add("so", "--remove-host-pid is refused, unless --accept-degraded="+x.id)
		}
		f.add("chart value", x.value)
		f.add("source", x.source)
		all = append(all, f)
	}
	return all
}

func switchOf(x feature) string {
	if x.env == "" {
		return "there is a container " + x.present
	}
	return x.env + " is true"
}

// factsOfPods are the privileges of a pod rather than of a container.
func factsOfPods() []Fact {
	var all []Fact
	for _, p := range privilegeFacts {
		if p.containers == nil {
			f := Fact{Kind: "field", Names: p.fields}
			f.need(strings.Join(p.fields, ", "), &p)
			all = append(all, f)
		}
	}
	return all
}

// Is says whether the fact is about a name.
func (f Fact) Is(name string) bool {
	return slices.ContainsFunc(f.Names, func(pattern string) bool {
		ok, _ := path.Match(pattern, name)
		return ok
	})
}
