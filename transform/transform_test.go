package transform

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// harden runs the transforms that settings ask for on one object.
func harden(t *testing.T, settings Settings, in string) (*yaml.RNode, *Log, error) {
	t.Helper()
	node := yaml.MustParse(in)
	p, err := New(settings)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Filter([]*yaml.RNode{node})
	return node, p.Log, err
}

// view reads the pod of an object again.
func view(t *testing.T, node *yaml.RNode) *Pod {
	t.Helper()
	p, err := podOf(objects(node.YNode())[0], false)
	if err != nil || p == nil {
		t.Fatalf("pod %v, error %v", p, err)
	}
	return p
}

func TestAgentUID(t *testing.T) {
	tests := []struct {
		image string
		uid   int64
		doubt bool
	}{
		{"registry.example.com/agent:7.81.1", 100, false},
		{"agent:7.48.0", 100, false},
		{"agent:7.47.1", 100, false},
		{"agent:7.47.0", 101, false},
		{"agent:7.47", 101, false},
		{"agent:7.46.3-jmx", 101, false},
		{"agent:7.47.0-rc.1", 101, false},
		{"agent:7.48.0-rc.1", 100, false},
		{"agent:7.47.0-fips-full", 101, false},
		{"agent:v7.40.1", 101, false},
		{"agent:6.47.0", 101, false},
		{"agent:6.48.0", 100, false},
		{"agent:8.0.0", 100, false},
		{"registry.example.com:5000/cluster-agent:1.20.0", 101, false},
		{"registry.example.com:5000/cluster-agent:7.47.0", 101, false},
		{"agent:1.20.0", 100, true},
		{"agent:7", 100, true},
		{"agent:7-jmx", 100, true},
		{"agent:latest", 100, true},
		{"agent:nightly-main", 100, true},
		{"agent", 100, true},
		{"registry.example.com:5000/agent", 100, true},
		{"agent@sha256:9b4be18f644bd35dad2387f37d9859674080889642b970c0e924d027c4182f6d", 100, true},
		{"agent:7.46.0@sha256:9b4be18f644bd35dad2387f37d9859674080889642b970c0e924d027c4182f6d", 101, false},
		{"", 100, true},
	}
	for _, test := range tests {
		if uid, doubt := agentUID(test.image); uid != test.uid || (doubt != "") != test.doubt {
			t.Errorf("%s: UID %d, doubt %q", test.image, uid, doubt)
		}
	}
}

func TestDatadog(t *testing.T) {
	tests := []struct {
		name   string
		labels string
		image  string
		want   bool
	}{
		{"component", `agent.datadoghq.com/component: agent`, "x", true},
		{"bare domain", `datadoghq.com/x: y`, "x", true},
		{"chart", `helm.sh/chart: datadog-3.240.0`, "x", true},
		{"chart in quotes", `"helm.sh/chart": "datadog-operator-2.26.0-dev.2"`, "x", true},
		{"old chart label", `chart: datadog-2.4.1`, "x", true},
		{"part of", `app.kubernetes.io/part-of: monitoring-datadog`, "x", true},
		{"an application watched by Datadog", "tags.datadoghq.com/service: shop\n    admission.datadoghq.com/enabled: \"true\"", "x", false},
		{"someone's chart", `helm.sh/chart: datadog-lookalike-1.0.0`, "x", false},
		{"someone's domain", `notdatadoghq.com/x: y`, "x", false},
		{"image", `a: b`, "registry.example.com/mirror/datadog/agent:7.50.0", true},
		{"image of a flat mirror", `a: b`, "registry.example.com/agent:7.50.0", true},
		{"image on Docker Hub", `a: b`, "datadog/agent", true},
		{"someone's agent on Docker Hub", `a: b`, "grafana/agent:v0.40.0", false},
		{"another image", `a: b`, "registry.example.com/other:1", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := view(t, yaml.MustParse(fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  labels:\n    %s\nspec:\n  containers:\n  - name: agent\n    image: %s\n", test.labels, test.image)))
			if p.Datadog() != test.want {
				t.Errorf("Datadog() = %v", p.Datadog())
			}
		})
	}
}

// TestKinds sees that the pod of every kind is found and hardened, in a List
// and alone, and that a kind of another group is not.
func TestKinds(t *testing.T) {
	const pod = `{metadata: {labels: {agent.datadoghq.com/component: cluster-agent}}, spec: {containers: [{name: cluster-agent, image: "cluster-agent:7.81.1"}]}}`
	template := "spec: {template: " + pod + "}"
	tests := []struct {
		apiVersion, kind, rest string
		hardened               bool
	}{
		{"v1", "Pod", pod[1 : len(pod)-1], true},
		{"v1", "PodTemplate", "template: " + pod, true},
		{"v1", "ReplicationController", template, true},
		{"apps/v1", "Deployment", template, true},
		{"apps/v1beta2", "Deployment", template, true},
		{"extensions/v1beta1", "DaemonSet", template, true},
		{"apps/v1", "DaemonSet", template, true},
		{"apps/v1", "StatefulSet", template, true},
		{"apps/v1", "ReplicaSet", template, true},
		{"batch/v1", "Job", template, true},
		{"batch/v1", "CronJob", "spec: {jobTemplate: {" + template + "}}", true},
		{"datadoghq.com/v1alpha1", "ExtendedDaemonSet", template, true},
		{"apps.kruise.io/v1alpha1", "DaemonSet", template, false},
		{"v1", "Deployment", template, false},
	}
	for _, test := range tests {
		object := fmt.Sprintf("{apiVersion: %s, kind: %s, %s}", test.apiVersion, test.kind, test.rest)
		for form, in := range map[string]string{
			"alone":       object,
			"in a List":   "{apiVersion: v1, kind: List, items: [{kind: ConfigMap}, " + object + "]}",
			"nested List": "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: [" + object + "]}]}",
			"typed List":  "{apiVersion: " + test.apiVersion + ", kind: " + test.kind + "List, items: [" + object + "]}",
		} {
			t.Run(test.apiVersion+" "+test.kind+" "+form, func(t *testing.T) {
				node, log, err := harden(t, Default(), in)
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Contains(node.MustString(), "runAsNonRoot"); got != test.hardened || (len(log.Changes) > 0) != test.hardened {
					t.Errorf("hardened: %v, changes: %d\n%s", got, len(log.Changes), node.MustString())
				}
			})
		}
	}
}

func TestPlacement(t *testing.T) {
	one, two, three := ptr(1), ptr(2), ptr(3)
	tests := []struct {
		name   string
		pod    *int
		claims []claim[int]
		onPod  *int
		own    []*int
	}{
		{"all the same", nil, []claim[int]{{want: one, target: true}, {want: one, target: true}}, one, []*int{nil, nil}},
		{"the most", two, []claim[int]{{want: one, target: true}, {want: three, target: true}, {want: three, target: true}, {want: two}}, three, []*int{one, nil, nil, two}},
		{"one that must stay unset", nil, []claim[int]{{want: one, target: true}, {}}, nil, []*int{one, nil}},
		{"its own counts", two, []claim[int]{{own: one, want: one, target: true}, {own: three, want: one, target: true}, {own: three, want: three}}, one, []*int{nil, one, nil}},
		{"no target", two, []claim[int]{{want: two}, {own: one, want: one}}, two, []*int{nil, nil}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			onPod, own := placement(test.pod, test.claims)
			if diff := cmp.Diff(test.onPod, onPod); diff != "" {
				t.Errorf("pod (-want +got)\n%s", diff)
			}
			for i := range own {
				if inEffect := effective(own[i], effective(test.claims[i].own, onPod)); test.claims[i].want != nil && *inEffect != *test.claims[i].want {
					t.Errorf("container %d has %d in effect, wants %d", i, *inEffect, *test.claims[i].want)
				}
			}
			if diff := cmp.Diff(test.own, own); diff != "" {
				t.Errorf("containers (-want +got)\n%s", diff)
			}
		})
	}
}

// node is a node Agent with what a test adds to its pod and its containers.
func node(pod, agent, more string) string {
	return `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: dd, labels: {agent.datadoghq.com/component: agent}}
spec:
  template:
    spec:
` + indent(6, pod) + `
      volumes:
      - {name: dsdsocket, hostPath: {path: /var/run/datadog/}}
      - {name: config, emptyDir: {}}
      - {name: root, hostPath: {path: /}}
      containers:
      - name: agent
        image: agent:7.81.1
` + indent(8, agent) + `
` + indent(6, more)
}

func indent(by int, text string) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.Repeat(" ", by) + lines[i]
	}
	return strings.Join(lines, "\n")
}

// who says whom a container runs as in effect.
func who(p *Pod, name string) string {
	c := p.container(name)
	show := func(i *int64) string {
		if i == nil {
			return "-"
		}
		return itoa(*i)
	}
	nonRoot := effective(c.Security.RunAsNonRoot, p.Security.RunAsNonRoot)
	return show(effective(c.Security.RunAsUser, p.Security.RunAsUser)) + ":" +
		show(effective(c.Security.RunAsGroup, p.Security.RunAsGroup)) + map[bool]string{true: " non-root"}[isTrue(nonRoot)]
}

func TestUsers(t *testing.T) {
	const zero = "securityContext: {runAsUser: 0}"
	tests := []struct {
		name     string
		in       string
		settings func(*Settings)
		want     map[string]string
	}{
		{"default", node(zero, "", "- {name: system-probe, image: 'agent:7.81.1'}"), nil,
			map[string]string{"agent": "100:0 non-root", "system-probe": "0:0"}},
		{"a user that is no root is kept, by those beside it too", node("", "securityContext: {runAsUser: 1000}", "- {name: trace-agent, image: 'agent:7.81.1'}"), nil,
			map[string]string{"agent": "1000:0 non-root", "trace-agent": "1000:0 non-root"}},
		{"a group that was chosen is kept", node("securityContext: {runAsUser: 0, runAsGroup: 7}", "", ""), nil,
			map[string]string{"agent": "100:7 non-root"}},
		{"asked for", node(zero, "", "- {name: system-probe}"), func(s *Settings) { s.RunAsUser, s.RunAsGroup = 1234, 5 },
			map[string]string{"agent": "1234:5 non-root", "system-probe": "0:0"}},
		{"a stranger keeps root that the pod gave it", node(zero, "", "- {name: sidecar, image: x}"), nil,
			map[string]string{"agent": "100:0 non-root", "sidecar": "0:-"}},
		{"a stranger keeps the user of its image", node("", "", "- {name: sidecar, image: x}"), nil,
			map[string]string{"agent": "100:0 non-root", "sidecar": "-:-"}},
		{"an added capability needs root", node(zero, "securityContext: {capabilities: {add: [MKNOD]}}", "- {name: trace-agent}"), nil,
			map[string]string{"agent": "0:0", "trace-agent": "100:0 non-root"}},
		{"NET_BIND_SERVICE does not", node(zero, "securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}", ""), nil,
			map[string]string{"agent": "100:0 non-root"}},
		{"the security agent with compliance", node(zero, "", "- {name: security-agent, volumeMounts: [{name: hostroot, mountPath: /host/root, readOnly: true}]}"), nil,
			map[string]string{"agent": "100:0 non-root", "security-agent": "0:0"}},
		{"the chart's own switch is not undone for system-probe", node("securityContext: {runAsUser: 100}", "", "- {name: system-probe}"), nil,
			map[string]string{"agent": "100:0 non-root", "system-probe": "100:-"}},
		{"hexadecimal zero is root", node("securityContext: {runAsUser: 0x0}", "", ""), nil,
			map[string]string{"agent": "100:0 non-root"}},
		{"init containers take the user of those that use what they write", node("", "image: agent:7.46.0\nvolumeMounts: [{name: config, mountPath: /etc/datadog-agent}]", "initContainers: [{name: init-volume, image: 'agent:latest', volumeMounts: [{name: config, mountPath: /opt/datadog-agent}]}]"), nil,
			map[string]string{"agent": "101:0 non-root", "init-volume": "101:0 non-root"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			settings := Default()
			if test.settings != nil {
				test.settings(&settings)
			}
			in := strings.Replace(test.in, "        image: agent:7.81.1\n        image:", "        image:", 1)
			out, _, err := harden(t, settings, in)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			p := view(t, out)
			for name := range test.want {
				got[name] = who(p, name)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\n%s", diff, out.MustString())
			}
		})
	}
}

func TestHostDirs(t *testing.T) {
	socket := "volumeMounts: [{name: dsdsocket, mountPath: /var/run/datadog}]"
	tests := []struct {
		name     string
		in       string
		settings func(*Settings)
		chown    string // the folders, "" for no init container
		note     string
	}{
		{"the folder of the socket", node("", socket, ""), nil, "100:0 /host/var/run/datadog", ""},
		{"where the chart's own switch made the Agent non-root", node("securityContext: {runAsUser: 100}", socket, ""), nil, "100:0 /host/var/run/datadog", ""},
		{"prepared", node("", socket, ""), func(s *Settings) { s.HostDirs = HostDirsPrepared }, "", "d /var/run/datadog 0755 100 0 -"},
		{"an Agent that stays root", node("", "securityContext: {privileged: true}\n"+socket, ""), nil, "", ""},
		{"a client needs none", node("", "", "- {name: process-agent, volumeMounts: [{name: dsdsocket, mountPath: /var/run/datadog}]}"), nil, "", ""},
		{"a folder of the system is not given away", strings.Replace(node("", socket, ""), "/var/run/datadog/}", "/var/run}", 1), nil, "", "belongs to more than the Agent"},
		{"someone else's folder is left", node("", "volumeMounts: [{name: root, mountPath: /host, readOnly: false}]", ""), nil, "", "only where UID 100 may"},
		{"an APM socket elsewhere", node("", "", "- {name: trace-agent, env: [{name: DD_APM_RECEIVER_SOCKET, value: /run/apm/apm.socket}], volumeMounts: [{name: dsdsocket, mountPath: /var/run/datadog}]}"), nil, "", ""},
		{"an APM socket there", node("", "", "- {name: trace-agent, env: [{name: DD_APM_RECEIVER_SOCKET, value: /var/run/datadog/apm.socket}], volumeMounts: [{name: dsdsocket, mountPath: /var/run/datadog}]}"), nil, "100:0 /host/var/run/datadog", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			settings := Default()
			if test.settings != nil {
				test.settings(&settings)
			}
			out, log, err := harden(t, settings, test.in)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if c := view(t, out).container(hostDirsName); c != nil {
				r := &reader{}
				got = strings.Join(r.strings(c.Node, nil, "command")[1:], " ")
			}
			if got != test.chown {
				t.Errorf("chown %q, want %q", got, test.chown)
			}
			if test.note != "" && !slices.ContainsFunc(log.Notes, func(n Note) bool { return strings.Contains(n.Text, test.note) }) {
				t.Errorf("no note has %q: %v", test.note, log.Notes)
			}
		})
	}
}

// TestHostDirsResources sees that the added container asks for resources where
// the Agent does: a quota admits no container without.
func TestHostDirsResources(t *testing.T) {
	out, _, err := harden(t, Default(), node("", "resources: {limits: {cpu: 200m}}\nvolumeMounts: [{name: dsdsocket, mountPath: /var/run/datadog}]", ""))
	if err != nil {
		t.Fatal(err)
	}
	if cpu := get(view(t, out).container(hostDirsName).Node, "resources", "limits", "cpu"); text(cpu) != "200m" {
		t.Errorf("limits.cpu is %q", text(cpu))
	}
}

func TestAutopilot(t *testing.T) {
	in := strings.Replace(node("", "volumeMounts: [{name: pointerdir, mountPath: /opt/datadog-agent/run}, {name: config, mountPath: /etc/datadog-agent}]", ""), "labels: {", "labels: {env.datadoghq.com/kind: gke-autopilot, ", 1)
	in = strings.Replace(in, "name: root, hostPath: {path: /}", "name: pointerdir, hostPath: {path: /var/autopilot/addon/datadog/logs}", 1)
	out, log, err := harden(t, Default(), in)
	if err != nil {
		t.Fatal(err)
	}
	p := view(t, out)
	if len(p.Containers) != 1 || len(p.Volumes) != 3 {
		t.Errorf("%d containers, %d volumes: something was added\n%s", len(p.Containers), len(p.Volumes), out.MustString())
	}
	if v := p.Volumes[2]; v.HostPath != "" || !v.EmptyDir {
		t.Errorf("the folder that the non-root Agent must write is still the host's: %+v", v)
	}
	if p.container("agent").Security.ReadOnlyRootFilesystem != nil {
		t.Error("the root filesystem is read-only although /tmp is no mount")
	}
	if !slices.ContainsFunc(log.Changes, func(c Change) bool { return strings.Contains(c.Know, "lost with the pod") }) {
		t.Error("what is lost is not said")
	}
}

func TestOriginDetection(t *testing.T) {
	plane := func(env string) string {
		return node("hostPID: true", "env: ["+env+"]", "- {name: agent-data-plane, image: x}")
	}
	tests := []struct {
		name string
		in   string
		off  []string
	}{
		{"the Agent", node("hostPID: true", "", "- {name: trace-agent}"), []string{"agent"}},
		{"the data plane has taken over", plane("{name: DD_DATA_PLANE_DOGSTATSD_ENABLED, value: 'true'}"), []string{"agent-data-plane"}},
		{"the data plane has not", plane("{name: DD_DATA_PLANE_DOGSTATSD_ENABLED, value: 'false'}"), []string{"agent"}},
		{"the Agent is told not to", plane("{name: DD_USE_DOGSTATSD, value: 'false'}"), []string{"agent-data-plane"}},
		{"not said: both", plane(""), []string{"agent", "agent-data-plane"}},
		{"one container", strings.Replace(node("hostPID: true", "", ""), "name: agent\n", "name: unprivileged-single-agent\n", 1), []string{"unprivileged-single-agent"}},
		{"no host namespace", node("hostPID: false", "", ""), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			settings := Default()
			settings.RemoveHostPID = true
			out, _, err := harden(t, settings, test.in)
			if err != nil {
				t.Fatal(err)
			}
			p := view(t, out)
			var off []string
			for _, c := range p.Containers {
				if v := c.env(originDetection); v != nil && v.Value == "false" && !v.From {
					off = append(off, c.Name)
				}
			}
			if diff := cmp.Diff(test.off, off); diff != "" || p.HostPID {
				t.Errorf("hostPID %v; off in (-want +got)\n%s", p.HostPID, diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	settings := Default()
	settings.RemoveHostPID = true
	in := node("hostPID: true", "env: [{name: DD_COMPLIANCE_CONFIG_ENABLED, value: 'true'}, {name: DD_SBOM_ENRICHMENT_USAGE_ENABLED, valueFrom: {configMapKeyRef: {name: a, key: b}}}]", "- {name: host-profiler, image: x}")
	_, _, err := harden(t, settings, in)
	if err == nil {
		t.Fatal("no error")
	}
	for _, feature := range Features() {
		if !strings.Contains(err.Error(), feature+" is on") {
			t.Errorf("the error does not name %s: %v", feature, err)
		}
	}
	settings.AcceptDegraded = Features()
	if _, _, err := harden(t, settings, in); err != nil {
		t.Errorf("accepted, and still refused: %v", err)
	}
}

func TestWindows(t *testing.T) {
	for _, pod := range []string{"nodeSelector: {kubernetes.io/os: windows}", "os: {name: windows}"} {
		in := node(pod, "", "")
		out, log, err := harden(t, Default(), in)
		if err != nil || out.MustString() != yaml.MustParse(in).MustString() || len(log.Changes) > 0 {
			t.Errorf("%s: error %v, changes %v", pod, err, log.Changes)
		}
		if len(log.Notes) != 1 || !strings.Contains(log.Notes[0].Text, "Windows") {
			t.Errorf("%s: notes %v", pod, log.Notes)
		}
	}
}

func TestPolicies(t *testing.T) {
	pod := yaml.MustParse(node("hostPID: true", "volumeMounts: [{name: dsdsocket, mountPath: /var/run/datadog}]", "- {name: system-probe, securityContext: {readOnlyRootFilesystem: true, capabilities: {add: [SYS_ADMIN]}}}"))
	psp := yaml.MustParse(`
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: dd, labels: {helm.sh/chart: datadog-3.0.0}}
spec: {hostPID: true, hostNetwork: true, allowedCapabilities: [SYS_ADMIN], runAsUser: {rule: RunAsAny}}
`)
	scc := yaml.MustParse(`
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: dd, labels: {helm.sh/chart: datadog-3.0.0}}
allowHostPID: true
allowedCapabilities: ["*"]
`)
	other := yaml.MustParse("apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: x}\nspec: {hostPID: true}\n")
	settings := Default()
	settings.RemoveHostPID = true
	p, err := New(settings)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Filter([]*yaml.RNode{psp, pod, scc, other}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		at   *yaml.Node
		want string
	}{
		{"hostPID is allowed no longer", get(psp.YNode(), "spec", "hostPID"), "false"},
		{"what is still used is", get(psp.YNode(), "spec", "runAsUser"), "{rule: RunAsAny}"},
		{"what nobody used is not touched", get(psp.YNode(), "spec", "hostNetwork"), "true"},
		{"the added capability is allowed", get(psp.YNode(), "spec", "allowedCapabilities"), "[SYS_ADMIN, CHOWN]"},
		{"OpenShift", get(scc.YNode(), "allowHostPID"), "false"},
		{"any capability is enough", get(scc.YNode(), "allowedCapabilities"), "[*]"},
		{"someone else's policy", get(other.YNode(), "spec", "hostPID"), "true"},
	} {
		if got := show(test.at); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestExpand(t *testing.T) {
	tests := []struct {
		name, in, want, err string
	}{
		{"alias", "a: &x {b: 1}\nc: *x\n", "a: {b: 1}\nc: {b: 1}\n", ""},
		{"merge", "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\n", "a: {b: 1, c: 2}\nd:\n  b: 1\n  c: 3\n", ""},
		{"merge of several: the first counts", "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne:\n  <<: [*x, *y]\n", "a: {b: 1}\nc: {b: 2, d: 3}\ne:\n  b: 1\n  d: 3\n", ""},
		{"merge behind the key", "a: &x {b: 1}\nd:\n  b: 2\n  <<: *x\n", "", "readers of YAML disagree"},
		{"merge of a list", "a: &x [1]\nd:\n  <<: *x\n", "", "a merge key takes"},
		{"cycle", "a: &x {b: *x}\n", "", "within its own anchor"},
		{"bomb", "a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n", "", "aliases expand to more than"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var doc yaml.Node
			if err := yaml.Unmarshal([]byte(test.in), &doc); err != nil {
				t.Fatal(err)
			}
			err := Expand(&doc)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			out, err := yaml.Marshal(&doc)
			if diff := cmp.Diff(test.want, string(out)); err != nil || diff != "" {
				t.Errorf("error %v (-want +got)\n%s", err, diff)
			}
		})
	}
}
