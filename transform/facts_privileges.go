package transform

// privilegeFact is a row of privilegeFacts: fields of a container, or of its
// pod, that weaken it and that it cannot do without.
type privilegeFact struct {
	containers []string // names; nil: fields of the pod
	fields     []string // path below the container or its security context; * matches any text
	unset      bool     // the fields count only while they are not set
	when       func(*Pod, *Container) bool
	what       string
	without    string // what is lost without it
	value      string // the chart value that takes it away
	source     string
}

// asRoot are the fields by which a container says that it runs as root.
var asRoot = []string{"runAsUser", "runAsNonRoot"}

// withPrivileges are those by which a container keeps what root is for. An
// API server refuses to forbid escalation next to CAP_SYS_ADMIN.
var withPrivileges = []string{"runAsUser", "runAsNonRoot", "allowPrivilegeEscalation", "capabilities.drop"}

// asShipped are all that PSS restricted wants said, for programs that come as
// their image is.
var asShipped = []string{"runAsUser", "runAsNonRoot", "allowPrivilegeEscalation", "capabilities.drop", "seccompProfile"}

const (
	eBPF       = "it loads eBPF programs; an added capability is effective for UID 0 only"
	eBPFLost   = "service discovery, and network, service and runtime monitoring from the kernel"
	eBPFValue  = "datadog.discovery.enabled: false, and the other features of system-probe"
	anyFeature = "datadog.networkMonitoring.enabled, datadog.serviceMonitoring.enabled, datadog.securityAgent.runtime.enabled: false"
)

// privilegeFacts are the privileges of SPEC 2.2 and 2.5. Every row that
// matches a field explains it; the first is shown.
var privilegeFacts = []privilegeFact{
	{
		containers: []string{"system-probe"}, fields: withPrivileges,
		what: eBPF, without: eBPFLost, value: eBPFValue, source: "[chart], [k8s]",
	},
	{
		containers: []string{"system-probe"}, fields: []string{"capabilities.add[SYS_ADMIN]", "capabilities.add[SYS_RESOURCE]", "capabilities.add[SYS_PTRACE]", "capabilities.add[IPC_LOCK]", "capabilities.add[DAC_READ_SEARCH]", "capabilities.add[CHOWN]"},
		what: "it loads eBPF programs into locked memory, reads other processes' files, and owns its socket over to dd-agent", without: eBPFLost, value: eBPFValue, source: "[chart]",
	},
	{
		containers: []string{"system-probe"}, fields: []string{"capabilities.add[NET_ADMIN]", "capabilities.add[NET_BROADCAST]", "capabilities.add[NET_RAW]"},
		what: "it attaches eBPF programs to network interfaces and reads packets", without: "network and service monitoring", value: anyFeature, source: "[chart]",
	},
	{
		containers: []string{"system-probe"}, fields: []string{"capabilities.add[KILL]"},
		what: "runtime security can end a process that breaks a rule", without: "that response", value: "datadog.securityAgent.runtime.enabled: false", source: "[chart]",
	},
	{
		containers: []string{"system-probe", "agent"}, fields: []string{"capabilities.add[MKNOD]"}, when: monitorsGPUs,
		what: "it makes the devices of the node's GPUs in its own pod", without: "GPU metrics", value: "datadog.gpuMonitoring.enabled: false", source: "[chart]",
	},
	{
		containers: []string{"system-probe"}, fields: []string{"privileged"}, when: monitorsGPUs,
		what: "it sees the devices of every GPU workload", without: "GPU metrics of workloads in other containers", value: "datadog.gpuMonitoring.privilegedMode: false", source: "[chart]",
	},
	{
		containers: []string{"system-probe"}, fields: []string{"appArmorProfile"},
		what: "container runtimes' default AppArmor profile forbids mounts and traces that eBPF programs take", without: eBPFLost, value: "agents.podSecurity.apparmor.enabled, datadog.systemProbe.apparmor", source: "[chart]",
	},
	{
		containers: []string{"system-probe", "host-profiler"}, fields: []string{"seccompProfile"}, unset: true,
		what: "a runtime's default seccomp profile may refuse the system calls of eBPF programs", without: eBPFLost, value: "datadog.systemProbe.seccomp: localhost/system-probe", source: "[chart]",
	},
	{
		containers: []string{"host-profiler"}, fields: withPrivileges,
		what: eBPF, without: "the host profiler", value: "datadog.hostProfiler.enabled: false", source: "[chart], [k8s]",
	},
	{
		containers: []string{"host-profiler"}, fields: []string{"capabilities.add[SYS_ADMIN]", "capabilities.add[SYS_PTRACE]", "capabilities.add[SYS_RESOURCE]", "capabilities.add[SYSLOG]", "capabilities.add[BPF]", "capabilities.add[PERFMON]", "capabilities.add[CHECKPOINT_RESTORE]", "capabilities.add[DAC_READ_SEARCH]", "capabilities.add[IPC_LOCK]", "privileged", "appArmorProfile"},
		what: "it loads eBPF programs and reads the memory of the processes it profiles", without: "the host profiler", value: "datadog.hostProfiler.enabled: false", source: "[chart]",
	},
	{
		containers: []string{"seccomp-setup"}, fields: asRoot,
		what: "it writes system-probe's seccomp profile into the kubelet's folder, which root owns", without: "system-probe's own seccomp profile", value: "datadog.systemProbe.seccomp: runtime/default", source: "[chart]",
	},
	{
		containers: []string{"host-profiler-seccomp-setup"}, fields: asRoot,
		what: "it writes the profiler's seccomp profile into the kubelet's folder, which root owns", without: "the profiler's own seccomp profile", value: "datadog.hostProfiler.enabled: false", source: "[chart]",
	},
	{
		containers: []string{"security-agent"}, fields: append([]string{"capabilities.add[AUDIT_CONTROL]", "capabilities.add[AUDIT_READ]", "seccompProfile"}, withPrivileges...), when: checksCompliance,
		what: "compliance reads files of the host that only root may read, and the kernel's audit log", without: "compliance checks of the host", value: "datadog.securityAgent.compliance.enabled: false", source: "[chart]",
	},
	{
		containers: []string{"agent"}, fields: append([]string{"capabilities.add[SYS_ADMIN]", "appArmorProfile", "seccompProfile"}, withPrivileges...), when: mountsImages,
		what: "it mounts images from the container runtime's snapshots to list their packages", without: "bills of materials of images", value: "datadog.sbom.containerImage.enabled: false", source: "[chart]",
	},
	{
		containers: []string{"agent"}, fields: append([]string{"seccompProfile"}, withPrivileges...), when: monitorsGPUs,
		what: "it adds MKNOD for the devices of the node's GPUs, which is effective for UID 0 only", without: "GPU metrics", value: "datadog.gpuMonitoring.enabled: false", source: "[chart], [k8s]",
	},
	{
		containers: []string{hostDirsName}, fields: append([]string{"capabilities.add[CHOWN]"}, asRoot...),
		what: "it owns the Agent's host folders over to dd-agent, and does nothing else", without: "DogStatsD and APM over Unix sockets and log offsets, unless nodes are prepared", value: "--host-dirs=prepared (of this program)", source: "[k8s]",
	},
	{
		containers: []string{"fips-proxy"}, fields: asShipped,
		what: "a proxy that comes as its image is; what it needs is not in these tables", without: "FIPS-validated connections", value: "useFIPSAgent: true instead of fips.enabled", source: "[chart]",
	},
	{
		containers: []string{"csi-node-driver"}, fields: append([]string{"privileged"}, asShipped...),
		what: "it mounts the sockets' folder into other pods, and the kubelet takes such mounts from a privileged container only", without: "the CSI driver: applications then mount the sockets' folder as a hostPath", value: "datadog.csi.enabled: false", source: "[csi], [k8s]",
	},
	{
		containers: []string{"csi-node-driver-registrar"}, fields: asShipped,
		what: "a program of Kubernetes that writes a socket into the kubelet's folder, which root owns; it comes as its image is", without: "the CSI driver: applications then mount the sockets' folder as a hostPath", value: "datadog.csi.enabled: false", source: "[csi]",
	},
	{
		containers: []string{"agent"}, fields: []string{"ports[dogstatsdport].hostPort"},
		what: "applications send metrics to DogStatsD at their node's address", without: "DogStatsD over the node's port; clients then use the Unix socket or the service", value: "datadog.dogstatsd.useHostPort: false", source: "[dsd], [chart]",
	},
	{
		containers: []string{"trace-agent"}, fields: []string{"ports[traceport].hostPort"},
		what: "applications send traces to their node's address", without: "APM over the node's port; clients then use the Unix socket or the service", value: "datadog.apm.portEnabled: false", source: "[chart]",
	},
	{
		containers: []string{"agent"}, fields: []string{"ports[otlpgrpcport].hostPort", "ports[otlphttpport].hostPort"},
		what: "applications send OTLP to their node's address", without: "OTLP over the node's port; clients then use the service", value: "datadog.otlp.receiver.protocols.*.useHostPort: false", source: "[chart]",
	},
	{
		containers: []string{"otel-agent"}, fields: []string{"ports[otel-*].hostPort", "ports[zpages].hostPort"},
		what: "applications send OTLP to their node's address", without: "OTLP over the node's port; clients then use the service", value: "datadog.otelCollector.ports[].hostPort, otelAgentGateway.ports[].hostPort", source: "[chart]",
	},
	{
		fields: []string{"hostPID"}, when: func(p *Pod, _ *Container) bool { return p.detectsOrigin() },
		what: "DogStatsD maps a sender's process to its container (origin detection over the Unix socket)", without: "container tags of metrics sent over the Unix socket, unless clients send their own origin", value: "datadog.useHostPID: false, datadog.dogstatsd.useHostPID: false", source: "[guide], [dsd]",
	},
	{
		fields: []string{"hostNetwork"}, when: func(p *Pod, _ *Container) bool { return p.byChart("ClusterFirstWithHostNet") },
		what: "the Agent was given its node's network by the chart's own switch", without: "the node's address for DogStatsD and APM without host ports", value: "agents.useHostNetwork: false", source: "[chart]",
	},
}

// windowsNeed explains what is not said in a Windows pod.
var windowsNeed = privilegeFact{
	fields: append([]string{"appArmorProfile"}, asShipped...),
	what:   "Linux security settings are invalid in a Windows pod", without: "nothing: a namespace exempts the pod once it says spec.os.name: windows", value: "targetSystem: linux", source: "[k8s]",
}

func monitorsGPUs(p *Pod, c *Container) bool { return c.mounts("gpu-devices") }

func checksCompliance(p *Pod, c *Container) bool {
	return c.mounts("hostroot") || on(c.env("DD_COMPLIANCE_CONFIG_ENABLED"))
}

func mountsImages(_ *Pod, c *Container) bool {
	return on(c.env("DD_SBOM_CONTAINER_IMAGE_USE_MOUNT")) || on(c.env("DD_SBOM_CONTAINER_IMAGE_OVERLAYFS_DIRECT_SCAN"))
}

func (c *Container) mounts(volume string) bool {
	for _, m := range c.Mounts {
		if m.Name == volume {
			return true
		}
	}
	return false
}

// detectsOrigin says whether the pod has a use for the host's process IDs: a
// DogStatsD socket, or a feature of hostPIDFeatures.
func (p *Pod) detectsOrigin() bool {
	s := &session{Pod: p}
	for _, f := range hostPIDFeatures {
		if s.featureOn(f) != nil {
			return true
		}
	}
	for _, c := range p.Containers {
		if c.fact != nil && servesDogStatsD(p, c, nil) && (c.Name == "agent" || c.Name == "agent-data-plane" || c.Name == "unprivileged-single-agent") {
			return p.nodeAgent()
		}
	}
	return false
}

// byChart says whether the pod's DNS policy is the one that the chart sets
// beside its host network.
func (p *Pod) byChart(dnsPolicy string) bool { return text(get(p.Spec, "dnsPolicy")) == dnsPolicy }
