package evidence

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/datadog-harden/datadog-harden/internal/harden"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/transform"
)

// gather hardens manifests and returns the evidence.
func gather(t *testing.T, input string, settings transform.Settings) *Evidence {
	t.Helper()
	pipeline, err := transform.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	standards, err := pss.New(pss.Latest)
	if err != nil {
		t.Fatal(err)
	}
	g := &Gatherer{Pipeline: pipeline, Standards: standards, Name: "stdin"}
	result, err := harden.Stream(strings.NewReader(input), pipeline, harden.Observer{Witness: g.Witness})
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	e, err := g.Evidence()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const agent = `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: dd
  labels: {agent.datadoghq.com/component: agent}
spec:
  template:
    metadata:
      labels: {agent.datadoghq.com/component: agent}
      annotations:
        container.apparmor.security.beta.kubernetes.io/system-probe: unconfined
    spec:
      hostPID: true
      containers:
      - name: agent
        image: registry.example.com/agent:7.81.1
        ports:
        - {name: dogstatsdport, containerPort: 8125, hostPort: 8125}
        volumeMounts:
        - {name: procdir, mountPath: /host/proc}
        - {name: dsdsocket, mountPath: /var/run/datadog}
        #MOUNT
        securityContext:
          privileged: false
          #CONTEXT
      - name: system-probe
        image: registry.example.com/agent:7.81.1
        securityContext:
          seccompProfile: {type: Localhost, localhostProfile: system-probe}
          capabilities:
            add: [SYS_ADMIN, NET_ADMIN]
            #CAPABILITIES
      #CONTAINER
      #SPEC
      volumes:
      - {name: procdir, hostPath: {path: /proc}}
      - {name: dsdsocket, hostPath: {path: /var/run/datadog}}
      - {name: plain, emptyDir: {}}
      #VOLUME
`

// left lists the fields of the causes with a status.
func left(e *Evidence, status Status) []string {
	fields := []string{}
	for _, w := range e.Workloads {
		for _, f := range w.Failures {
			for _, c := range f.Causes {
				if c.Status == status && !contains(fields, c.Field) {
					fields = append(fields, c.Field)
				}
			}
		}
	}
	return fields
}

func contains(list []string, text string) bool {
	return strings.Contains("\n"+strings.Join(list, "\n")+"\n", "\n"+text+"\n")
}

// TestMutations gives a pod a weakness that no table knows a reason for. It is
// removed or reported as unexplained, and nothing else is unexplained.
func TestMutations(t *testing.T) {
	const at = "spec.template.spec."
	tests := map[string]struct {
		where, what string
		unexplained []string // fields; none: the program removes it
	}{
		"nothing":                       {"", "", []string{}},
		"a new hostPath":                {"#VOLUME", "- {name: extra, hostPath: {path: /etc/kubernetes}}", []string{at + "volumes[extra]"}},
		"a known volume, another path":  {"#VOLUME", "- {name: cgroups, hostPath: {path: /etc/kubernetes}}", []string{at + "volumes[cgroups]"}},
		"a known volume, a system path": {"#VOLUME", "- {name: pointerdir, hostPath: {path: /etc}}", []string{at + "volumes[pointerdir]"}},
		"a capability of the Agent": {"#CONTEXT", "capabilities: {add: [NET_ADMIN]}", []string{
			at + "containers[agent].securityContext.allowPrivilegeEscalation",
			at + "containers[agent].securityContext.capabilities.add[NET_ADMIN]",
			at + "containers[agent].securityContext.capabilities.drop",
			at + "containers[agent].securityContext.runAsNonRoot",
			at + "containers[agent].securityContext.seccompProfile",
		}},
		"a capability of system-probe": {"#CAPABILITIES", "drop: []\n          appArmorProfile: {type: RuntimeDefault}\n        ports:\n        - {containerPort: 1, hostPort: 1}", []string{at + "containers[system-probe].ports[0].hostPort"}},
		"a host port":                  {"#CONTEXT", "readOnlyRootFilesystem: true\n        livenessProbe: {httpGet: {port: 1, host: example.com}}", []string{at + "containers[agent].livenessProbe"}},
		"a privileged sidecar": {"#CONTAINER", "- name: sidecar\n        image: x\n        securityContext: {privileged: true}", []string{
			at + "containers[sidecar].securityContext.allowPrivilegeEscalation",
			at + "containers[sidecar].securityContext.capabilities.drop",
			at + "containers[sidecar].securityContext.privileged",
			at + "containers[sidecar].securityContext.runAsNonRoot",
			at + "containers[sidecar].securityContext.seccompProfile",
		}},
		"a sidecar that mounts what the Agent does": {"#CONTAINER", "- name: sidecar\n        image: x\n        volumeMounts: [{name: procdir, mountPath: /p}]\n        securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}", []string{at + "volumes[procdir]"}},
		"a privileged Agent": {"privileged: false", "privileged: true", []string{
			at + "containers[agent].securityContext.allowPrivilegeEscalation",
			at + "containers[agent].securityContext.capabilities.drop",
			at + "containers[agent].securityContext.privileged",
			at + "containers[agent].securityContext.runAsNonRoot",
			at + "containers[agent].securityContext.seccompProfile",
		}},
		"the host's network":          {"#SPEC", "hostNetwork: true", []string{at + "hostNetwork"}},
		"the host's IPC":              {"#SPEC", "hostIPC: true", []string{at + "hostIPC"}},
		"an unconfined Agent":         {"#CONTEXT", "seccompProfile: {type: Unconfined}", []string{}},
		"escalation":                  {"#CONTEXT", "allowPrivilegeEscalation: true", []string{}},
		"SELinux":                     {"#CONTEXT", "seLinuxOptions: {type: spc_t}", []string{at + "containers[agent].securityContext.seLinuxOptions"}},
		"an unmasked /proc":           {"#CONTEXT", "procMount: Unmasked", []string{at + "containers[agent].securityContext.procMount"}},
		"a sysctl":                    {"#SPEC", "securityContext: {sysctls: [{name: kernel.msgmax, value: \"1\"}]}", []string{at + "securityContext.sysctls[kernel.msgmax]"}},
		"an unconfined system-probe":  {"{type: Localhost, localhostProfile: system-probe}", "{type: Unconfined}", []string{at + "containers[system-probe].securityContext.seccompProfile"}},
		"AppArmor of the Agent":       {"system-probe: unconfined", "agent: unconfined", []string{"spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/agent]"}},
		"a volume of another kind":    {"#VOLUME", "- {name: nfs, nfs: {server: s, path: /}}", []string{at + "volumes[nfs]"}},
		"an unconfined pod, AppArmor": {"#SPEC", "securityContext: {appArmorProfile: {type: Unconfined}}", []string{at + "securityContext.appArmorProfile"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			input := strings.Replace(agent, test.where, test.what, 1)
			e := gather(t, input, transform.Default())
			got := left(e, Unexplained)
			sorted := append([]string{}, got...)
			for _, field := range test.unexplained {
				if !contains(got, field) {
					t.Errorf("silent: %s", field)
				}
			}
			if len(sorted) != len(test.unexplained) {
				t.Errorf("(-want +got)\n%s", cmp.Diff(test.unexplained, sorted))
			}
		})
	}
}

// TestSettled says which setting leaves what a transform would have mended.
func TestSettled(t *testing.T) {
	settings := transform.Default()
	settings.Skip = []string{"privileges"}
	e := gather(t, agent, settings)
	if got := left(e, Unexplained); len(got) > 0 {
		t.Errorf("unexplained: %v", got)
	}
	field := "spec.template.spec.containers[agent].securityContext.allowPrivilegeEscalation"
	if got := left(e, Settled); !contains(got, field) {
		t.Errorf("%s is not among %v", field, got)
	}
	settings = transform.Default()
	settings.Profile = "compatible"
	e = gather(t, agent, settings)
	if got := left(e, Unexplained); len(got) > 0 {
		t.Errorf("unexplained: %v", got)
	}
}

// TestLines finds each change and each cause at its line of the stream.
func TestLines(t *testing.T) {
	input := "# a comment\n---\n# Source: c/t.yaml\n" + agent
	e := gather(t, input, transform.Default())
	w := e.Workloads[0]
	if w.Source != "c/t.yaml" || w.Document != 2 || w.Line != 4 {
		t.Errorf("source %s, document %d, line %d", w.Source, w.Document, w.Line)
	}
	lines := strings.Split(input, "\n")
	for _, c := range w.Changes {
		if strings.HasSuffix(c.Field, "volumeMounts[/host/proc].readOnly") && !strings.Contains(lines[c.Line-1], "mountPath: /host/proc") {
			t.Errorf("%s is said to be on line %d: %s", c.Field, c.Line, lines[c.Line-1])
		}
	}
	for field, text := range map[string]string{
		"spec.template.spec.hostPID":          "hostPID: true",
		"spec.template.spec.volumes[procdir]": "path: /proc",
		"spec.template.spec.containers[system-probe].securityContext.capabilities.add[SYS_ADMIN]": "SYS_ADMIN",
		"spec.template.spec.containers[agent].ports[dogstatsdport].hostPort":                      "hostPort: 8125",
	} {
		found := false
		for _, f := range w.Failures {
			for _, c := range f.Causes {
				if c.Field == field {
					found = true
					if !strings.Contains(lines[c.Line-1], text) {
						t.Errorf("%s is said to be on line %d: %s", field, c.Line, lines[c.Line-1])
					}
				}
			}
		}
		if !found {
			t.Errorf("no cause %s", field)
		}
	}
}

// TestWhatKubernetesReads is evaluated: YAML 1.1, anchors, a List, JSON.
func TestWhatKubernetesReads(t *testing.T) {
	for name, input := range map[string]string{
		"YAML 1.1": strings.Replace(agent, "hostPID: true", "hostPID: on", 1),
		"anchors":  strings.Replace(strings.Replace(agent, "privileged: false", "privileged: &no false", 1), "hostPID: true", "hostPID: &yes true", 1),
		"a List":   "apiVersion: v1\nkind: List\nitems:\n- " + strings.TrimRight(strings.ReplaceAll(agent, "\n", "\n  "), " "),
	} {
		t.Run(name, func(t *testing.T) {
			e := gather(t, input, transform.Default())
			if len(e.Workloads) != 1 || e.Workloads[0].Failure("hostNamespaces") == nil {
				t.Errorf("hostPID was overlooked: %+v", e.Workloads)
			}
			if got := left(e, Unexplained); len(got) > 0 {
				t.Errorf("unexplained: %v", got)
			}
		})
	}
}

// TestStrangers are not evaluated unless they are asked for.
func TestStrangers(t *testing.T) {
	input := "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: web, image: nginx}]\n"
	if e := gather(t, input, transform.Default()); len(e.Workloads) != 0 {
		t.Errorf("a stranger: %+v", e.Workloads)
	}
	settings := transform.Default()
	settings.AllWorkloads = true
	e := gather(t, input, settings)
	if len(e.Workloads) != 1 || e.Workloads[0].Datadog || e.Summary.Unexplained == 0 {
		t.Errorf("%+v", e)
	}
}

// TestWindowsPods are evaluated as they are.
func TestWindowsPods(t *testing.T) {
	input := strings.Replace(agent, "#SPEC", "nodeSelector: {kubernetes.io/os: windows}", 1)
	e := gather(t, input, transform.Default())
	w := e.Workloads[0]
	if !w.Windows || len(w.Changes) > 0 || e.Summary.Causes.Before != e.Summary.Causes.After {
		t.Errorf("%+v", e.Summary)
	}
}

// TestHostNeeds derives from the output what the nodes must have.
func TestHostNeeds(t *testing.T) {
	e := gather(t, agent, transform.Default())
	if len(e.Host) != 1 || e.Host[0].HostNeed.Line != "d /var/run/datadog 0755 100 0 -" || e.Host[0].Done == "" {
		t.Errorf("%+v", e.Host)
	}
	settings := transform.Default()
	settings.HostDirs = transform.HostDirsPrepared
	if e := gather(t, agent, settings); len(e.Host) != 1 || e.Host[0].Done != "" {
		t.Errorf("%+v", e.Host)
	}
	runtime := strings.NewReplacer("#MOUNT", "- {name: runtimesocketdir, mountPath: /host/var/run}\n        - {name: logpodpath, mountPath: /var/log/pods}",
		"#VOLUME", "- {name: runtimesocketdir, hostPath: {path: /var/run}}\n      - {name: logpodpath, hostPath: {path: /var/log/pods}}").Replace(agent)
	var got []string
	for _, n := range gather(t, runtime, transform.Default()).Host {
		got = append(got, n.Kind+" "+n.Path+" "+n.Done)
	}
	want := []string{"folder /var/run/datadog init-host-dirs", "socket /run/containerd/containerd.sock its group, 0", "socket /run/crio/crio.sock its group, 0", "socket /run/docker.sock ", "logs /var/log/pods its group, 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestCorpus says that nothing of Datadog's is left unexplained in renders of
// the real charts.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("DATADOG_HARDEN_CORPUS")
	if dir == "" {
		t.Skip("DATADOG_HARDEN_CORPUS names no folder of rendered charts")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no renders in %s: %v", dir, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			input, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, profile := range transform.Profiles() {
				settings := transform.Default()
				settings.Profile = profile
				if got := left(gather(t, string(input), settings), Unexplained); len(got) > 0 {
					t.Errorf("%s: unexplained: %v", profile, got)
				}
			}
		})
	}
}
