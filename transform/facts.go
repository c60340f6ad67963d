package transform

import (
	"slices"
	"strings"
)

// This file holds what the program knows of Datadog's workloads, as tables.
// Each row says where it comes from:
//
//	[guide]   Datadog, "Kubernetes Data Security"
//	[chart]   the Helm charts datadog and datadog-operator, as rendered
//	[nonroot] Datadog, "Running as an unprivileged user"
//	[image]   the Agent's container image: its user, its init scripts
//	[k8s]     the Kubernetes documentation and API reference
//	[dsd]     Datadog, "DogStatsD over Unix Domain Socket"
//	[adp]     Agent Data Plane: who serves DogStatsD
//	[gke]     GKE Autopilot, WorkloadAllowlist
//	[csi]     Kubernetes CSI, "Deploying a CSI driver"

// user is whom a container runs as.
type user int

const (
	stranger  user = iota // someone else's program: the user it has now
	agentUser             // dd-agent, the unprivileged user of the Agent's image
	imageUser             // the numeric, unprivileged user that the image names
	setupUser             // root with nothing else
	rootUser              // root, with the privileges it has now
)

// containerFact is a row of containerFacts.
type containerFact struct {
	name    string
	user    user
	init    bool     // prepares the pod, and shares its UID with those it prepares it for
	writes  []string // folders that the program writes; nil where that is not known
	why     string
	source  string
	without string // what is lost without its privileges
}

// agentWrites is what an Agent's programs write. The configuration folder is
// among them: init scripts, the authentication token.
var agentWrites = []string{"/tmp", "/var/log/datadog", "/opt/datadog-agent/run", configDir}

const configDir = "/etc/datadog-agent"

const agentWhy = "nothing it does needs root"

// containerFacts are the containers of SPEC 2.2.
var containerFacts = []containerFact{
	{name: "agent", user: agentUser, writes: agentWrites, why: agentWhy, source: "[guide], [nonroot]"},
	{name: "trace-agent", user: agentUser, writes: agentWrites, why: agentWhy, source: "[guide], [nonroot]"},
	{name: "process-agent", user: agentUser, writes: agentWrites, why: agentWhy, source: "[guide], [nonroot]"},
	{name: "security-agent", user: agentUser, writes: agentWrites, why: agentWhy, source: "[nonroot], [chart]"},
	{name: "otel-agent", user: agentUser, writes: agentWrites, why: agentWhy, source: "[nonroot], [chart]"},
	{name: "agent-data-plane", user: agentUser, writes: agentWrites, why: agentWhy, source: "[adp], [chart]"},
	{name: "private-action-runner", user: agentUser, writes: agentWrites, why: agentWhy, source: "[chart]"},
	{name: "cluster-agent", user: agentUser, writes: agentWrites, why: agentWhy, source: "[nonroot], [chart]"},
	{name: "unprivileged-single-agent", user: agentUser, writes: agentWrites, why: agentWhy, source: "[chart] (operator, single-container strategy)"},
	{name: "init-volume", user: agentUser, init: true, why: "it copies the image's configuration into a volume that dd-agent reads and writes", source: "[chart]"},
	{name: "init-config", user: agentUser, init: true, writes: agentWrites, why: "it prepares the configuration that dd-agent reads and writes", source: "[chart], [image]"},
	{name: "datadog-operator", user: imageUser, why: "its image names a numeric, unprivileged user (1001)", source: "[chart]"},
	{name: "operator", user: imageUser, why: "its image names a numeric, unprivileged user (1001)", source: "[chart]"},
	{name: "seccomp-setup", user: setupUser, why: "it writes system-probe's seccomp profile into the kubelet's folder, which root owns", source: "[chart]", without: "system-probe's own seccomp profile"},
	{name: "host-profiler-seccomp-setup", user: setupUser, why: "it writes the profiler's seccomp profile into the kubelet's folder, which root owns", source: "[chart]", without: "the profiler's own seccomp profile"},
	{name: "system-probe", user: rootUser, why: "it loads eBPF programs, and an added capability is effective for UID 0 only", source: "[chart], [k8s]", without: "network, service, process and runtime monitoring from the kernel"},
	{name: "host-profiler", user: rootUser, why: "it loads eBPF programs, and an added capability is effective for UID 0 only", source: "[chart], [k8s]", without: "the host profiler"},
}

// operatorUID is the user of the operator's image. Source: [chart].
const operatorUID = 1001

// images are the names of Datadog's images. With a container's name from
// containerFacts one of them marks a container as Datadog's where no label
// does. Source: Datadog's container registry.
var images = []string{"agent", "cluster-agent", "ddot-collector", "operator", "agent-data-plane", "datadog-agent", "datadog-cluster-agent", "datadog-operator", "host-profiler", "private-action-runner"}

// charts are the names of Datadog's charts with workloads in them, as labels
// give them. Source: the repositories of Datadog's Helm charts.
var charts = []string{"datadog", "datadog-operator", "datadog-csi-driver", "datadog-crds", "extended-daemon-set", "private-action-runner", "synthetics-private-location", "observability-pipelines-worker", "datadog-agent", "datadog-cluster-agent"}

// appLabels are the label prefixes under datadoghq.com that Datadog asks its
// users to put on the workloads it watches. They say nothing of whose workload
// it is. Source: Datadog, "Unified Service Tagging", "Admission Controller",
// "Autodiscovery".
var appLabels = []string{"tags.datadoghq.com", "admission.datadoghq.com", "ad.datadoghq.com", "internal.apm.datadoghq.com", "apm.datadoghq.com"}

// recognise ties the pod's containers to their facts: by name in a workload
// that says it is Datadog's, by name and image elsewhere.
func (p *Pod) recognise() {
	ours := p.labelled()
	for _, c := range p.Containers {
		i := slices.IndexFunc(containerFacts, func(f containerFact) bool { return f.name == c.Name })
		if i >= 0 && (ours || parseImage(c.Image).datadog()) {
			c.fact = &containerFacts[i]
		}
	}
}

// Datadog says whether the workload is one of Datadog's.
func (p *Pod) Datadog() bool {
	return p.labelled() || slices.ContainsFunc(p.Containers, func(c *Container) bool { return c.fact != nil })
}

func (p *Pod) labelled() bool { return datadogLabels(p.Labels) }

func datadogLabels(labels map[string]string) bool {
	for key, value := range labels {
		domain, _, ok := strings.Cut(key, "/")
		if ok && (domain == "datadoghq.com" || strings.HasSuffix(domain, ".datadoghq.com")) && !slices.Contains(appLabels, domain) {
			return true
		}
		switch key {
		case "helm.sh/chart", "chart", "app.kubernetes.io/part-of":
			if datadogChart(value) {
				return true
			}
		}
	}
	return false
}

// datadogChart knows a chart's name with or without its version
// (datadog-3.240.0), and the form NAMESPACE-NAME that part-of takes.
func datadogChart(value string) bool {
	return slices.ContainsFunc(charts, func(chart string) bool {
		if value == chart || strings.HasSuffix(value, "-"+chart) {
			return true
		}
		version, ok := strings.CutPrefix(value, chart+"-")
		return ok && version != "" && (version[0] >= '0' && version[0] <= '9' || version[0] == 'v')
	})
}

// nodeAgent says whether the pod is the Agent of a node rather than one of the
// Agents that watch the cluster. The label says so; where there is none, a
// controller that puts a pod on every node or access to the host does.
// Source: [chart].
func (p *Pod) nodeAgent() bool {
	for _, key := range []string{"agent.datadoghq.com/component", "app.kubernetes.io/component"} {
		if component := p.Labels[key]; component != "" {
			return component == "agent"
		}
	}
	hostAccess := p.HostPID || slices.ContainsFunc(p.Volumes, func(v *Volume) bool { return v.HostPath != "" })
	return hostAccess || p.Kind == "DaemonSet" || p.Kind == "ExtendedDaemonSet"
}

// autopilot says whether GKE Autopilot will admit the pod, and then only if it
// is as its allowlist describes it. Source: [gke], [chart].
func (p *Pod) autopilot() bool {
	return p.Labels["env.datadoghq.com/kind"] == "gke-autopilot"
}

// runsAs says whom a container runs as, and why. Added capabilities and a
// privileged container come first: they are effective for UID 0 only.
// Source: [k8s] (no ambient capabilities).
func (p *Pod) runsAs(c *Container) (user, string) {
	if c.Security.Privileged != nil && *c.Security.Privileged {
		return rootUser, "it is privileged"
	}
	for _, added := range c.Security.Add {
		if added != "NET_BIND_SERVICE" {
			return rootUser, "it adds the capability " + added + ", which is effective for UID 0 only"
		}
	}
	if c.fact == nil {
		return stranger, "it is not one of Datadog's containers"
	}
	if c.Name == "security-agent" {
		for _, m := range c.Mounts {
			if m.Name == "hostroot" {
				return rootUser, "compliance reads files of the host that only root may read"
			}
		}
	}
	return c.fact.user, c.fact.why
}

// setting is the value, lower-cased, of an environment variable in the first
// container of the pod that sets it; "" if none does so in so many words.
func (p *Pod) setting(name string) string {
	for _, c := range p.Containers {
		if v := c.env(name); v != nil && !v.From && c.fact != nil {
			return strings.ToLower(v.Value)
		}
	}
	return ""
}

// feature is a row of hostPIDFeatures.
type feature struct {
	id      string // the name that --accept-degraded takes
	env     string // on when this variable is true in any container of the pod
	present string // or when there is a container of this name
	refuse  bool   // it does not work without the host's PID namespace
	lost    string
	value   string // the chart value that switches it
	source  string
}

// hostPIDFeatures are what the host's PID namespace is for, beside DogStatsD's
// origin detection.
var hostPIDFeatures = []feature{
	{id: "compliance", env: "DD_COMPLIANCE_CONFIG_ENABLED", refuse: true, lost: "compliance checks of the host's processes", value: "datadog.securityAgent.compliance.enabled", source: "[chart]"},
	{id: "host-profiler", present: "host-profiler", refuse: true, lost: "profiles of the host's processes", value: "datadog.hostProfiler.enabled", source: "[chart]"},
	{id: "sbom-usage", env: "DD_SBOM_ENRICHMENT_USAGE_ENABLED", refuse: true, lost: "which of an image's packages are in use", value: "datadog.sbom.enrichment.usage.enabled", source: "[chart]"},
	{id: "runtime-security", env: "DD_RUNTIME_SECURITY_CONFIG_ENABLED", lost: "runtime security (CWS) knows less of processes that started before it", value: "datadog.securityAgent.runtime.enabled", source: "[chart]"},
	{id: "network-monitoring", env: "DD_SYSTEM_PROBE_NETWORK_ENABLED", lost: "network monitoring (NPM) loses some processes behind connections", value: "datadog.networkMonitoring.enabled", source: "[chart]"},
	{id: "service-monitoring", env: "DD_SYSTEM_PROBE_SERVICE_MONITORING_ENABLED", lost: "universal service monitoring loses TLS traffic of processes it cannot find", value: "datadog.serviceMonitoring.enabled", source: "[chart]"},
	{id: "dynamic-instrumentation", env: "DD_DYNAMIC_INSTRUMENTATION_ENABLED", lost: "dynamic instrumentation finds fewer processes", value: "datadog.dynamicInstrumentationGo.enabled", source: "[chart]"},
}

// Features lists the names that --accept-degraded takes.
func Features() []string {
	var ids []string
	for _, f := range hostPIDFeatures {
		if f.refuse {
			ids = append(ids, f.id)
		}
	}
	return ids
}
