package conformance

import (
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// need is what a container needs of its user, by section 2.2.
type need int

const (
	notInTable need = iota
	needsNothing
	needsRoot
	needsRootOnly // root, and nothing else
	needsItsImagesUser
)

var needs = map[string]need{
	"agent":                       needsNothing,
	"trace-agent":                 needsNothing,
	"process-agent":               needsNothing,
	"otel-agent":                  needsNothing,
	"agent-data-plane":            needsNothing,
	"private-action-runner":       needsNothing,
	"cluster-agent":               needsNothing,
	"unprivileged-single-agent":   needsNothing,
	"init-volume":                 needsNothing,
	"init-config":                 needsNothing,
	"security-agent":              needsNothing,
	"system-probe":                needsRoot,
	"host-profiler":               needsRoot,
	"seccomp-setup":               needsRootOnly,
	"host-profiler-seccomp-setup": needsRootOnly,
	"datadog-operator":            needsItsImagesUser,
	"operator":                    needsItsImagesUser,
}

var datadogImages = []string{"agent", "cluster-agent", "ddot-collector", "operator"}

const netBindService = "NET_BIND_SERVICE"

// needOf is the row of the table a container falls under.
func needOf(c corev1.Container) need {
	if sc := c.SecurityContext; sc != nil {
		if sc.Privileged != nil && *sc.Privileged {
			return needsRoot
		}
		if sc.Capabilities != nil && slices.ContainsFunc(sc.Capabilities.Add, addsPower) {
			return needsRoot
		}
	}
	hostroot := slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == "hostroot" })
	if c.Name == "security-agent" && hostroot {
		return needsRoot
	}
	return needs[c.Name]
}

func addsPower(name corev1.Capability) bool { return name != netBindService }

func imageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image = path.Base(image)
	image, _, _ = strings.Cut(image, ":")
	return image
}

// agentUsers are the users that may be right for dd-agent in an image. There is
// one, except where the specification leaves it open: an image with both a tag
// and a digest, and a tag that ends at the minor version 47.
func agentUsers(image string) []int64 {
	name, digest, pinned := strings.Cut(image, "@")
	_, tag, tagged := strings.Cut(path.Base(name), ":")
	if !tagged {
		return []int64{100}
	}
	user := taggedUsers(imageName(image), tag)
	if pinned && digest != "" && !slices.Contains(user, 100) {
		return append(user, 100)
	}
	return user
}

func taggedUsers(repository, tag string) []int64 {
	tag, _, _ = strings.Cut(tag, "-")
	parts := strings.Split(strings.TrimPrefix(tag, "v"), ".")
	if len(parts) < 2 {
		return []int64{100}
	}
	major, majorErr := strconv.Atoi(parts[0])
	minor, minorErr := strconv.Atoi(parts[1])
	if majorErr != nil || minorErr != nil {
		return []int64{100}
	}
	if repository == "cluster-agent" && major == 1 {
		return []int64{101}
	}
	switch {
	case major != 6 && major != 7, minor > 47:
		return []int64{100}
	case minor < 47:
		return []int64{101}
	case len(parts) == 2:
		return []int64{100, 101}
	case parts[2] == "0":
		return []int64{101}
	}
	return []int64{100}
}

// access is what a container needs of a host mount, by section 2.3.
type access int

const (
	reads  access = iota // read-only, whatever it is today
	writes               // as it is today, and the folder must be writable
	keeps                // as it is today
	either               // the specification leaves it open
)

var readOnlyVolumes = []string{
	"procdir", "cgroups", "os-release-file", "passwd", "group", "runtimesocketdir", "etc-*-release",
	"logpodpath", "logscontainerspath", "logdockercontainerpath", "modules", "src", "hostroot", "host-*-dir",
	"apt-config-dir", "yum-repos-dir", "opensuse-repos-dir", "public-key-dir", "yum-vars-dir", "dnf-vars-dir", "rhel-subscription-dir",
}

var writers = map[string][]string{
	"apmsocket":                  {"trace-agent"},
	"datadogrun":                 {"agent"},
	"pointerdir":                 {"agent"},
	"seccomp-root":               {"seccomp-setup"},
	"host-profiler-seccomp-root": {"host-profiler-seccomp-setup"},
}

var writtenAsToday = []string{
	"debugfs", "tracingfs", "bpffs", "runtime-compiler-output-dir", "kernel-headers-download-dir", "host-systemd-transient",
}

// accessOf says what a container needs of one of its mounts of a hostPath.
func (w workload) accessOf(c corev1.Container, m corev1.VolumeMount) access {
	switch {
	case matchesAny(readOnlyVolumes, m.Name):
		return reads
	case m.Name == "dsdsocket":
		return w.socketAccess(c, m)
	case slices.Contains(writtenAsToday, m.Name):
		return keeps
	case writers[m.Name] != nil:
		return w.writerAccess(c, m)
	case w.saysWritable(c.Name, m.MountPath):
		return keeps
	case needs[c.Name] == notInTable:
		return either // read-only by 2.3; "never guess for someone else's program" by 2.2
	}
	return reads
}

func (w workload) writerAccess(c corev1.Container, m corev1.VolumeMount) access {
	switch {
	case slices.Contains(writers[m.Name], c.Name):
		return writes
	case needOf(c) == needsRoot && w.saysWritable(c.Name, m.MountPath):
		return either // system-probe shares the Agent's run folder on Autopilot
	}
	return reads
}

func (w workload) socketAccess(c corev1.Container, m corev1.VolumeMount) access {
	if c.Name == w.dogStatsDServer() {
		return writes
	}
	if c.Name != "trace-agent" {
		return reads
	}
	socket, set := env(c, "DD_APM_RECEIVER_SOCKET")
	switch {
	case !set:
		return either
	case strings.HasPrefix(path.Clean(socket), path.Clean(m.MountPath)+"/"):
		return writes
	}
	return reads
}

// dogStatsDServer names the container that serves DogStatsD, by 2.3 and 2.5.
func (w workload) dogStatsDServer() string {
	if _, ok := w.container("agent-data-plane"); ok && w.on("DD_DATA_PLANE_ENABLED") && w.on("DD_DATA_PLANE_DOGSTATSD_ENABLED") {
		return "agent-data-plane"
	}
	return "agent"
}

// on says whether an environment variable is true in any container of the pod.
func (w workload) on(name string) bool {
	return slices.ContainsFunc(w.containers(), func(c corev1.Container) bool {
		value, _ := env(c, name)
		on, err := strconv.ParseBool(strings.TrimSpace(value))
		return err == nil && on
	})
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return err == nil && ok
	})
}
