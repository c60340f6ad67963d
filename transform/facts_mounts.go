package transform

import (
	"path"
	"slices"
	"strings"
)

// access is what a container may do to a host folder.
type access int

const (
	readOnly     access = iota
	readWrite           // and a non-root container must be able to
	asDeclared          // read-write where the mount is so today: it is needed where it is so
	ifSaidInWord        // read-write where the mount says `readOnly: false` in so many words
)

// mountFact is a row of mountFacts: a host folder, what it is for, and who
// writes it.
type mountFact struct {
	volumes []string // names; * matches any text
	paths   []string // what the volume shows of the host; see shows
	writers []writer
	others  access // for any container that is not a writer
	tell    bool   // a mount that says `readOnly: false` is noted
	what    string
	without string // what is lost without it
	value   string // the chart value that takes it away
	source  string
}

type writer struct {
	containers []string
	when       func(*Pod, *Container, *Mount) bool // nil: always
}

// anyFolder stands for a path that a chart value sets: any folder that is not
// one of systemFolders.
const anyFolder = "*"

// mountFacts are the host mounts of SPEC 2.3. The first row that matches counts.
var mountFacts = []mountFact{
	{
		volumes: []string{"procdir"}, paths: []string{"/proc"},
		what: "the system check reads /proc", without: "metrics of the node and of its processes and containers",
		source: "[guide]",
	},
	{
		volumes: []string{"cgroups"}, paths: []string{"/sys/fs/cgroup"},
		what: "container metadata", without: "resource metrics of containers, and which container a process is in",
		source: "[guide]",
	},
	{
		volumes: []string{"os-release-file", "etc-*-release"}, paths: []string{"/etc/*release", "/usr/lib/os-release"},
		what: "which operating system the node runs", without: "the operating system in host metadata; kernel headers for system-probe",
		value: "datadog.disableDefaultOsReleasePaths: true", source: "[guide], [chart]",
	},
	{
		volumes: []string{"passwd"}, paths: []string{"/etc/passwd"},
		what: "process owners' names", without: "names of process owners (UIDs instead)",
		value: "datadog.disablePasswdMount: true", source: "[guide]",
	},
	{
		volumes: []string{"group"}, paths: []string{"/etc/group"},
		what: "groups' names", without: "names of groups in security events and compliance checks",
		value: "datadog.securityAgent.runtime.enabled: false", source: "[chart]",
	},
	{
		volumes: []string{"runtimesocketdir", "runtimesocket", "containerdsocket"}, paths: []string{"/var/run", "/run", anyFolder},
		what: "the container runtime's socket; connecting works through a read-only mount", without: "metrics and events of the container runtime, image metadata",
		value: "datadog.containerRuntimeSupport.enabled: false", source: "[guide]",
	},
	{
		volumes: []string{"logpodpath", "logscontainerspath", "logdockercontainerpath"}, paths: []string{"/var/log/pods", "/var/log/containers", anyFolder},
		what: "containers' logs", without: "logs",
		value: "datadog.logs.enabled: false", source: "[chart]",
	},
	{
		volumes: []string{"modules", "src"}, paths: []string{"/lib/modules", "/usr/src"},
		what: "kernel modules and headers", without: "the eBPF programs that are compiled on the node (TCP queue length, OOM kills)",
		value: "datadog.systemProbe.enableDefaultKernelHeadersPaths: false", source: "[chart]",
	},
	{
		volumes: []string{"hostroot"}, paths: []string{"/"},
		what: "files of the host and of its containers, which compliance checks, runtime security and TLS monitoring read", without: "compliance checks of the host, file names in security events, TLS traffic in service monitoring",
		value: "datadog.securityAgent.compliance.enabled, datadog.securityAgent.runtime.enabled, datadog.serviceMonitoring.enabled: false", source: "[chart]",
	},
	{
		volumes: []string{"host-containerd-dir", "host-docker-dir", "host-crio-dir"}, paths: []string{"/var/lib/containerd", "/var/lib/docker", "/var/lib/containers"},
		what: "layers of images, for their bill of materials", without: "bills of materials of images that are stored uncompressed",
		value: "datadog.sbom.containerImage.uncompressedLayersSupport: false", source: "[chart]",
	},
	{
		volumes: []string{"host-apk-dir", "host-dpkg-dir", "host-rpm-dir"}, paths: []string{"/var/lib/apk", "/var/lib/dpkg", "/var/lib/rpm"},
		what: "the host's packages, for its bill of materials", without: "the host's bill of materials",
		value: "datadog.sbom.host.enabled: false", source: "[chart]",
	},
	{volumes: []string{"host-*-dir"}, what: "the host's packages", source: "[chart]"},
	{
		volumes: []string{"apt-config-dir", "yum-repos-dir", "opensuse-repos-dir", "public-key-dir", "yum-vars-dir", "dnf-vars-dir", "rhel-subscription-dir"},
		paths:   []string{"/etc/apt", "/etc/yum.repos.d", "/etc/zypp", "/etc/pki", "/etc/yum/vars", "/etc/dnf/vars", "/etc/rhsm"},
		what:    "the host's package managers, from which kernel headers are fetched", without: "kernel headers for eBPF programs that are compiled on the node",
		value: "datadog.systemProbe.enableKernelHeaderDownload: false", source: "[chart]",
	},
	{
		volumes: []string{"dsdsocket"}, paths: []string{anyFolder},
		writers: []writer{
			{containers: []string{"agent", "unprivileged-single-agent", "agent-data-plane"}, when: servesDogStatsD},
			{containers: []string{"trace-agent", "unprivileged-single-agent"}, when: servesAPMSocket},
		},
		what:    "the folder of the DogStatsD socket: read-write where the socket is bound, clients connect through a read-only mount",
		without: "DogStatsD and APM over Unix sockets; clients then use the node's ports or the service",
		value:   "datadog.dogstatsd.useSocketVolume: false", source: "[guide], [dsd], [adp]",
	},
	{
		volumes: []string{"apmsocket"}, paths: []string{anyFolder},
		writers: []writer{{containers: []string{"trace-agent", "unprivileged-single-agent"}}},
		what:    "the folder of the APM socket", without: "APM over a Unix socket; clients then use the node's port or the service",
		value: "datadog.apm.socketEnabled: false", source: "[guide]",
	},
	{
		volumes: []string{"datadogrun", "pointerdir"}, paths: []string{anyFolder},
		writers: []writer{{containers: []string{"agent", "unprivileged-single-agent"}}},
		others:  ifSaidInWord,
		what:    "log offsets and other state that outlives the pod", without: "log offsets: collection starts anew with each pod",
		value: "datadog.logs.enabled: false", source: "[chart]",
	},
	{
		volumes: []string{"debugfs", "tracingfs", "bpffs"}, paths: []string{"/sys/kernel/debug", "/sys/kernel/tracing", "/sys/fs/bpf"}, others: asDeclared,
		what: "kernel interfaces of eBPF programs", without: "system-probe's and the profiler's eBPF programs",
		value: "datadog.discovery.enabled: false, and the other features of system-probe", source: "[chart]",
	},
	{
		volumes: []string{"runtime-compiler-output-dir", "kernel-headers-download-dir"}, paths: []string{anyFolder}, others: asDeclared,
		what: "eBPF programs compiled on the node", without: "a cache: kernel headers are fetched and programs compiled for each pod anew",
		value: "datadog.systemProbe.enableKernelHeaderDownload: false", source: "[chart]",
	},
	{
		volumes: []string{"btf-path"}, paths: []string{anyFolder}, others: ifSaidInWord, tell: true,
		what: "type information of a kernel that has none built in", without: "eBPF programs on such kernels",
		value: "datadog.systemProbe.btfPath", source: "[chart]",
	},
	{
		volumes: []string{"host-systemd-transient"}, paths: []string{"/run/systemd/transient"}, others: asDeclared,
		what: "device permissions of GPU workloads", without: "GPU metrics on nodes where systemd manages device permissions",
		value: "datadog.gpuMonitoring.configureCgroupPerms: false", source: "[chart]",
	},
	{
		volumes: []string{"gpu-devices", "gke-nvidia-driver-lib64", "pod-resources-socket"}, paths: []string{"/dev/null", "/home/kubernetes/bin/nvidia/lib64", "/var/lib/kubelet/pod-resources"}, others: ifSaidInWord, tell: true,
		what: "the node's GPUs, their driver, and which pod uses which", without: "GPU metrics",
		value: "datadog.gpuMonitoring.enabled: false", source: "[chart]",
	},
	{
		volumes: []string{"seccomp-root", "host-profiler-seccomp-root"}, paths: []string{anyFolder},
		writers: []writer{{containers: []string{"seccomp-setup", "host-profiler-seccomp-setup", "system-probe-seccomp-setup"}}},
		what:    "the kubelet's seccomp profiles", without: "system-probe's or the profiler's own seccomp profile",
		value: "datadog.systemProbe.seccomp: runtime/default", source: "[chart]",
	},
	{
		volumes: []string{"kubelet-ca", "cloudinit-instance-id-file"}, paths: []string{anyFolder}, others: ifSaidInWord, tell: true,
		what: "a file that says how to verify the kubelet, or which cloud instance the node is", without: "verified connections to the kubelet, or the instance's name as host name",
		value: "datadog.kubelet.hostCAPath, providers.eks.ec2.useHostnameFromFile", source: "[chart]",
	},
	{
		volumes: []string{"journaldpersistentpath", "logscustompath"}, paths: []string{anyFolder}, others: ifSaidInWord, tell: true,
		what: "logs of the node other than its containers'", without: "those logs",
		value: "datadog.journaldMount.enabled: false, agents.volumes", source: "[chart]",
	},
	{
		volumes: []string{"tmp"}, paths: []string{"/tmp"}, others: ifSaidInWord, tell: true,
		what: "files that checks of the cluster read on their node", without: "those checks",
		value: "clusterChecksRunner.volumes", source: "[chart] (its own example of added volumes)",
	},
	{
		volumes: []string{"plugin-dir", "registration-dir", "storage-dir", "mountpoint-dir"}, paths: []string{"/var/lib/kubelet/pods", anyFolder}, others: asDeclared,
		what: "sockets and mounts of Datadog's CSI driver", without: "the CSI driver: applications then mount the sockets' folder as a hostPath",
		value: "datadog.csi.enabled: false", source: "[csi], [chart]",
	},
	{
		volumes: []string{"apm-socket", "dsd-socket"}, paths: []string{anyFolder}, others: ifSaidInWord, tell: true,
		what: "the folders of the Agent's sockets, which the CSI driver mounts into applications' pods", without: "the CSI driver: applications then mount the sockets' folder as a hostPath",
		value: "datadog.csi.enabled: false", source: "[csi], [chart]",
	},
}

// anyHostPath is the row of every hostPath that mountFacts does not have.
var anyHostPath = mountFact{others: ifSaidInWord, tell: true, what: "a folder of the host that nothing here is known to write", source: "[guide]"}

// shows says whether a volume of the row may show a path of the host: a volume
// of a known name that shows another folder is not the chart's.
func (f *mountFact) shows(hostPath string) bool {
	return slices.ContainsFunc(f.paths, func(pattern string) bool {
		if pattern == anyFolder {
			return !slices.Contains(systemFolders, hostPath)
		}
		ok, _ := path.Match(pattern, hostPath)
		return ok
	})
}

func factOfMount(m *Mount) *mountFact {
	for i := range mountFacts {
		for _, pattern := range mountFacts[i].volumes {
			if ok, _ := path.Match(pattern, m.Name); ok {
				return &mountFacts[i]
			}
		}
	}
	return &anyHostPath
}

// access says what a container may do through a mount of a host folder.
func (p *Pod) access(c *Container, m *Mount) (access, *mountFact) {
	fact := factOfMount(m)
	for _, w := range fact.writers {
		if slices.Contains(w.containers, c.Name) && c.fact != nil && (w.when == nil || w.when(p, c, m)) {
			return readWrite, fact
		}
	}
	if m.Propagation == "Bidirectional" {
		return asDeclared, fact // what it mounts there is meant to reach the host
	}
	return fact.others, fact
}

// servesDogStatsD says whether the container binds the DogStatsD socket. The
// Agent does unless the Agent Data Plane is there and has taken over.
// Source: [adp].
func servesDogStatsD(p *Pod, c *Container, _ *Mount) bool {
	plane := p.container("agent-data-plane")
	if plane == nil || plane.fact == nil {
		return c.Name == "agent" || c.Name == "unprivileged-single-agent"
	}
	switch p.setting("DD_DATA_PLANE_DOGSTATSD_ENABLED") {
	case "true":
		return c == plane
	case "false":
		return c != plane
	}
	// Not said: the default has changed over time. Whoever is told not to
	// serve it does not.
	if p.setting("DD_USE_DOGSTATSD") == "false" {
		return c == plane
	}
	return true
}

// servesAPMSocket says whether the container's APM socket lives under the mount.
func servesAPMSocket(_ *Pod, c *Container, m *Mount) bool {
	socket := c.env("DD_APM_RECEIVER_SOCKET")
	if socket == nil {
		return false
	}
	return socket.From || within(path.Clean(socket.Value), m.MountPath)
}

// within says whether a path is dir or below it.
func within(name, dir string) bool {
	return name == dir || dir == "/" || strings.HasPrefix(name, dir+"/")
}

// systemFolders are folders of a host that are not one program's: to give one
// of them to dd-agent would hand it to every other program's files as well.
// Source: the Filesystem Hierarchy Standard.
var systemFolders = []string{"/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var", "/var/lib", "/var/lib/kubelet", "/var/log", "/var/log/pods", "/var/log/containers", "/var/run", "/var/tmp", "/var/cache", "/var/spool"}
