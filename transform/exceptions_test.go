package transform_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/transform"
)

const exceptionsPod = `
apiVersion: v1
kind: Pod
metadata: {name: datadog, labels: {agent.datadoghq.com/component: agent}}
spec:
  hostPID: true
  securityContext: {POD}
  containers:
  - name: agent
    securityContext: {AGENT}
    volumeMounts:
    - {name: config, mountPath: /etc/datadog-agent}
    - {name: procdir, mountPath: /host/proc}
    - {name: dsdsocket, mountPath: /var/run/datadog}
  - name: trace-agent
    volumeMounts:
    - {name: config, mountPath: /etc/datadog-agent}
    - {name: procdir, mountPath: /host/proc}
  volumes:
  - {name: config, emptyDir: {}}
  - {name: procdir, hostPath: {path: /proc}}
  - {name: dsdsocket, hostPath: {path: /var/run/datadog}}
`

// security is what a test compares of a container.
type security struct {
	User     string // what counts: the container's, else the pod's
	NonRoot  string
	Escalate string
	Drop     string
	RootFS   string
	Proc     string // readOnly of its mount
	Seccomp  string
}

// hardened is what a container has when nothing is excepted.
var hardened = security{User: "100", NonRoot: "true", Escalate: "false", Drop: "ALL", RootFS: "true", Proc: "true", Seccomp: "type: RuntimeDefault"}

func securityOf(t *testing.T, spec *yaml.RNode, container string) security {
	t.Helper()
	of := func(n *yaml.RNode, path ...string) string {
		v, err := n.Pipe(yaml.Lookup(path...))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Trim(v.MustString(), "[]{}- \n") // flow and block style are one
	}
	c, err := spec.Pipe(yaml.Lookup("containers", "[name="+container+"]"))
	if err != nil || c == nil {
		t.Fatalf("container %s: %v", container, err)
	}
	either := func(field string) string {
		if own := of(c, "securityContext", field); own != "" {
			return own
		}
		return of(spec, "securityContext", field)
	}
	return security{
		either("runAsUser"), either("runAsNonRoot"), of(c, "securityContext", "allowPrivilegeEscalation"),
		of(c, "securityContext", "capabilities", "drop"), of(c, "securityContext", "readOnlyRootFilesystem"),
		of(c, "volumeMounts", "[mountPath=/host/proc]", "readOnly"), either("seccompProfile"),
	}
}

func TestExceptions(t *testing.T) {
	agentIs := func(change func(*security)) security {
		s := hardened
		change(&s)
		return s
	}
	untouchedUser := func(user, nonRoot string) security {
		return agentIs(func(s *security) { s.User, s.NonRoot = user, nonRoot })
	}
	nonroot := transform.Exception{Workload: "Pod/datadog", Container: "agent", Transform: "nonroot", Reason: "not before March"}
	tests := []struct {
		name       string
		pod, agent string // security contexts
		exception  transform.Exception
		wantAgent  security
		wantTrace  security
		hostPID    bool
	}{
		{"root of the image stays, also when others change", "", "", nonroot, untouchedUser("", ""), hardened, false},
		{"root of the pod stays, and says so", "runAsUser: 0", "", nonroot, untouchedUser("0", "false"), hardened, false},
		{"a user of its own stays", "runAsUser: 0", "runAsUser: 1234", nonroot, untouchedUser("1234", ""), agentIs(func(s *security) { s.User = "1234" }), false},
		{"globs", "", "", transform.Exception{Workload: "*/data*", Container: "a?ent", Transform: "nonroot", Reason: "r"}, untouchedUser("", ""), hardened, false},
		{"capabilities", "", "", transform.Exception{Workload: "Pod/datadog", Container: "agent", Transform: "privileges", Reason: "r"},
			agentIs(func(s *security) { s.Escalate, s.Drop, s.Seccomp = "", "", "" }), hardened, false},
		{"root filesystem", "", "", transform.Exception{Workload: "Pod/datadog", Container: "agent", Transform: "readonly-rootfs", Reason: "r"},
			agentIs(func(s *security) { s.RootFS = "" }), hardened, false},
		{"mounts", "", "", transform.Exception{Workload: "Pod/datadog", Container: "agent", Transform: "readonly-mounts", Reason: "r"},
			agentIs(func(s *security) { s.Proc = "" }), hardened, false},
		{"a workload as a whole", "", "", transform.Exception{Workload: "Pod/datadog", Transform: "nonroot", Reason: "r"},
			untouchedUser("", ""), untouchedUser("", ""), false},
		{"hostPID", "", "", transform.Exception{Workload: "Pod/*", Transform: "host-pid", Reason: "r"}, hardened, hardened, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spec, pipeline := hardenPod(t, tt.pod, tt.agent, tt.exception)
			if diff := cmp.Diff(tt.wantAgent, securityOf(t, spec, "agent")); diff != "" {
				t.Errorf("agent (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.wantTrace, securityOf(t, spec, "trace-agent")); diff != "" {
				t.Errorf("trace-agent (-want +got):\n%s", diff)
			}
			if got := spec.Field("hostPID") != nil; got != tt.hostPID {
				t.Errorf("hostPID is there: %v, want %v", got, tt.hostPID)
			}
			want := transform.Note{
				Workload: "Pod/datadog", Transform: tt.exception.Transform,
				Text: "an exception keeps " + tt.exception.Transform + " away: " + tt.exception.Reason,
			}
			if tt.exception.Container != "" {
				want.Container = "agent"
			}
			if got := notesWith(pipeline, "exception"); len(got) != 1 || got[0] != want {
				t.Errorf("notes: got %+v, want %+v", got, want)
			}
		})
	}
}

// A container that keeps root needs nobody to prepare its folders.
func TestExceptionFolders(t *testing.T) {
	spec, _ := hardenPod(t, "", "", transform.Exception{Workload: "Pod/datadog", Container: "agent", Transform: "nonroot", Reason: "r"})
	if spec.Field("initContainers") != nil {
		t.Errorf("folders are prepared for a container that is root:\n%s", spec.MustString())
	}
}

func TestUnusedException(t *testing.T) {
	for _, e := range []transform.Exception{
		{Workload: "DaemonSet/datadog", Transform: "nonroot", Reason: "r"},
		{Workload: "Pod/datadog", Container: "process-agent", Transform: "nonroot", Reason: "r"},
	} {
		_, pipeline := hardenPod(t, "", "", e)
		want := []transform.Note{{Workload: e.Workload, Container: e.Container, Transform: "nonroot", Text: "this exception matches nothing that nonroot works on with these settings"}}
		if diff := cmp.Diff(want, notesWith(pipeline, "exception")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestBadExceptions(t *testing.T) {
	good := transform.Exception{Workload: "DaemonSet/datadog", Container: "agent", Transform: "nonroot", Reason: "r"}
	tests := []struct {
		name   string
		change func(*transform.Exception)
		want   string
	}{
		{"no kind", func(e *transform.Exception) { e.Workload = "datadog" }, "expected kind/name"},
		{"no name", func(e *transform.Exception) { e.Workload = "Pod/" }, "expected kind/name"},
		{"three parts", func(e *transform.Exception) { e.Workload = "a/b/c" }, "expected kind/name"},
		{"bad glob", func(e *transform.Exception) { e.Container = "[" }, "syntax error in pattern"},
		{"bad transform", func(e *transform.Exception) { e.Transform = "non-root" }, "did you mean nonroot?"},
		{"a container of a pod's transform", func(e *transform.Exception) { e.Transform = "host-pid" }, "leave the container out"},
		{"no reason", func(e *transform.Exception) { e.Reason = " " }, "no reason is given"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			settings, e := transform.Default(), good
			tt.change(&e)
			settings.Exceptions = []transform.Exception{good, e}
			_, err := transform.New(settings)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "exception 2 (") {
				t.Errorf("got %v, want exception 2 and %q", err, tt.want)
			}
		})
	}
}

// hardenPod hardens the pod above with one exception and returns its spec.
func hardenPod(t *testing.T, pod, agent string, e transform.Exception) (*yaml.RNode, *transform.Pipeline) {
	t.Helper()
	settings := transform.Default()
	settings.RemoveHostPID = true
	settings.Exceptions = []transform.Exception{e}
	pipeline, err := transform.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	in := strings.NewReplacer("POD", pod, "AGENT", agent).Replace(exceptionsPod)
	var out bytes.Buffer
	err = kio.Pipeline{
		Inputs:  []kio.Reader{&kio.ByteReader{Reader: strings.NewReader(in), OmitReaderAnnotations: true}},
		Filters: []kio.Filter{pipeline},
		Outputs: []kio.Writer{kio.ByteWriter{Writer: &out}},
	}.Execute()
	if err != nil {
		t.Fatal(err)
	}
	return yaml.MustParse(out.String()).Field("spec").Value, pipeline
}

func notesWith(p *transform.Pipeline, text string) []transform.Note {
	var found []transform.Note
	for _, n := range p.Log.Notes {
		if strings.Contains(n.Text, text) {
			found = append(found, n)
		}
	}
	return found
}
