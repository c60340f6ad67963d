package conformance

import (
	"bytes"
	"fmt"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/strvals"
)

// render is a way to fill in the chart of testdata.
type render struct {
	name string
	set  []string
}

// renders cover each thing the specification treats apart.
var renders = []render{
	{name: "default"},
	{name: "everything", set: []string{"datadog.processAgent.enabled=true", "datadog.securityAgent.runtime.enabled=true",
		"datadog.logs.enabled=true", "clusterChecksRunner.enabled=true", "kubeStateMetrics.enabled=true", "datadog.dogstatsd.originDetection=true"}},
	{name: "agent-7.46", set: []string{"agents.image.tag=7.46.0", "clusterChecksRunner.enabled=true"}},
	{name: "agent-7.47-jmx", set: []string{"agents.image.tag=7.47.0-jmx"}},
	{name: "agent-7.48", set: []string{"agents.image.tag=7.48.0"}},
	{name: "agent-6.47", set: []string{"agents.image.tag=6.47.0"}},
	{name: "agent-latest", set: []string{"agents.image.tag=latest"}},
	{name: "cluster-agent-1.22", set: []string{"clusterAgent.image.tag=1.22.0"}},
	{name: "windows", set: []string{"targetSystem=windows", "clusterChecksRunner.enabled=true"}},
	{name: "logs", set: []string{"datadog.logs.enabled=true"}},
	{name: "compliance", set: []string{"datadog.securityAgent.compliance.enabled=true"}},
	{name: "sbom-usage", set: []string{"datadog.sbom.enrichmentUsage=true"}},
	{name: "runtime-security", set: []string{"datadog.securityAgent.runtime.enabled=true"}},
	{name: "no-system-probe", set: []string{"datadog.systemProbe.enabled=false"}},
	{name: "no-apm-socket", set: []string{"datadog.apm.socketEnabled=false"}},
	{name: "pod-security-context-nil", set: []string{"datadog.securityContext=null"}},
	{name: "pod-user-1000", set: []string{"datadog.securityContext.runAsUser=1000"}},
	{name: "pod-user-100", set: []string{"datadog.securityContext.runAsUser=100"}},
	{name: "agent-user-1000", set: []string{"agents.containers.agent.securityContext.runAsUser=1000"}},
	{name: "agent-capability", set: []string{"agents.containers.agent.securityContext.capabilities.add={SYS_ADMIN}"}},
	{name: "agent-net-bind-service", set: []string{"agents.containers.agent.securityContext.capabilities.add={NET_BIND_SERVICE}"}},
	{name: "agent-security-context-null", set: []string{"agents.containers.agent.securityContext=null"}},
	{name: "agent-own-seccomp", set: []string{"agents.containers.agent.securityContext.seccompProfile.type=Localhost",
		"agents.containers.agent.securityContext.seccompProfile.localhostProfile=agent"}},
	{name: "agent-user-root", set: []string{"agents.containers.agent.securityContext.runAsUser=0"}},
	{name: "pod-seccomp-unconfined", set: []string{"datadog.securityContext.seccompProfile.type=Unconfined"}},
	{name: "agent-writable-root", set: []string{"agents.containers.agent.securityContext.readOnlyRootFilesystem=false"}},
	{name: "autopilot", set: []string{"providers.gke.autopilot=true"}},
	{name: "autopilot-logs", set: []string{"providers.gke.autopilot=true", "datadog.logs.enabled=true", "datadog.systemProbe.enabled=false"}},
	{name: "data-plane", set: []string{"datadog.dataPlane.enabled=true"}},
	{name: "data-plane-autopilot", set: []string{"datadog.dataPlane.enabled=true", "providers.gke.autopilot=true"}},
	{name: "pod-security-policy", set: []string{"podSecurity.create=true", "datadog.securityAgent.runtime.enabled=true"}},
	{name: "sidecar", set: []string{
		"agents.extraContainers[0].name=forwarder", "agents.extraContainers[0].image=registry.example.com/forwarder:2.1",
		"agents.extraContainers[0].volumeMounts[0].name=dsdsocket", "agents.extraContainers[0].volumeMounts[0].mountPath=/var/run/datadog",
		"agents.extraContainers[1].name=shell", "agents.extraContainers[1].image=registry.example.com/shell:1",
		"agents.extraContainers[1].securityContext.privileged=true",
	}},
	{name: "sidecar-user", set: []string{"datadog.securityContext=null",
		"agents.extraContainers[0].name=forwarder", "agents.extraContainers[0].image=registry.example.com/forwarder:2.1",
		"agents.extraContainers[0].securityContext.runAsUser=2000"}},
	{name: "sidecar-passwd", set: []string{
		"agents.extraContainers[0].name=lookup", "agents.extraContainers[0].image=registry.example.com/lookup:1",
		"agents.extraContainers[0].volumeMounts[0].name=passwd", "agents.extraContainers[0].volumeMounts[0].mountPath=/etc/passwd",
		"agents.extraContainers[0].volumeMounts[0].readOnly=true"}},
	{name: "extra-volumes", set: []string{
		"agents.volumes[0].name=spool", "agents.volumes[0].hostPath.path=/var/spool/app",
		"agents.volumes[1].name=data", "agents.volumes[1].hostPath.path=/srv/data",
		"agents.volumes[2].name=keys", "agents.volumes[2].hostPath.path=/etc/keys",
		"agents.volumeMounts[0].name=spool", "agents.volumeMounts[0].mountPath=/spool", "agents.volumeMounts[0].readOnly=false",
		"agents.volumeMounts[1].name=data", "agents.volumeMounts[1].mountPath=/data",
		"agents.volumeMounts[2].name=keys", "agents.volumeMounts[2].mountPath=/keys", "agents.volumeMounts[2].readOnly=true",
	}},
}

// manifests renders the chart as `helm template` does, hooks last.
func (r render) manifests() ([]byte, error) {
	chart, err := loader.Load("../../testdata/chart")
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	for _, set := range r.set {
		if err := strvals.ParseInto(set, values); err != nil {
			return nil, fmt.Errorf("%s: %w", set, err)
		}
	}
	install := action.NewInstall(new(action.Configuration))
	install.ClientOnly, install.DryRun = true, true
	install.ReleaseName, install.Namespace = "dd", "monitoring"
	install.KubeVersion = &chartutil.KubeVersion{Version: "v1.34.0", Major: "1", Minor: "34"}
	release, err := install.Run(chart, values)
	if err != nil {
		return nil, err
	}
	var stream bytes.Buffer
	stream.WriteString(release.Manifest)
	for _, hook := range release.Hooks {
		fmt.Fprintf(&stream, "---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
	}
	return stream.Bytes(), nil
}

// TestRenders sees that the chart renders, and that a render holds what its
// name promises: a table of values that change nothing would prove nothing.
func TestRenders(t *testing.T) {
	seen := map[string]string{}
	for _, r := range renders {
		manifests, err := r.manifests()
		if err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		if same, ok := seen[string(manifests)]; ok {
			t.Errorf("the renders %s and %s are the same", r.name, same)
		}
		seen[string(manifests)] = r.name
		if _, err := readStream(manifests); err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
	}
}
