package pss

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// TestEveryCheckHasAText keeps the texts in step with the standards.
func TestEveryCheckHasAText(t *testing.T) {
	var ids []string
	for _, c := range Checks() {
		ids = append(ids, c.ID)
		if texts[c.ID].forbids == "" {
			t.Errorf("no text for the check %s", c.ID)
		}
	}
	for id := range texts {
		if !slices.Contains(ids, id) {
			t.Errorf("a text for %s, which is no check", id)
		}
	}
}

// weak is a pod with every weakness that the standards know of.
func weak() *corev1.PodTemplateSpec {
	root, yes, no, unmasked := int64(0), true, false, corev1.UnmaskedProcMount
	p := &corev1.PodTemplateSpec{}
	p.Annotations = map[string]string{corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + "a": "unconfined"}
	p.Spec = corev1.PodSpec{
		HostPID: true, HostIPC: true, HostNetwork: true,
		SecurityContext: &corev1.PodSecurityContext{
			RunAsUser: &root, RunAsNonRoot: &no,
			SeccompProfile:  &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined},
			SELinuxOptions:  &corev1.SELinuxOptions{Type: "spc_t"},
			AppArmorProfile: &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined},
			Sysctls:         []corev1.Sysctl{{Name: "kernel.msgmax", Value: "1"}, {Name: "net.ipv4.tcp_syncookies", Value: "1"}},
			WindowsOptions:  &corev1.WindowsSecurityContextOptions{HostProcess: &yes},
		},
		Volumes: []corev1.Volume{
			{Name: "host", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}},
			{Name: "nfs", VolumeSource: corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{Server: "s"}}},
			{Name: "empty", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		},
		InitContainers: []corev1.Container{{Name: "i"}},
		Containers: []corev1.Container{{
			Name:  "a",
			Ports: []corev1.ContainerPort{{ContainerPort: 1}, {ContainerPort: 2, HostPort: 2, Name: "two"}},
			SecurityContext: &corev1.SecurityContext{
				Privileged: &yes, AllowPrivilegeEscalation: &yes, ProcMount: &unmasked,
				Capabilities:   &corev1.Capabilities{Add: []corev1.Capability{"SYS_ADMIN", "CHOWN"}},
				SELinuxOptions: &corev1.SELinuxOptions{User: "u"},
			},
			LivenessProbe:  &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Host: "elsewhere"}}},
			ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{}}},
			Lifecycle:      &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{TCPSocket: &corev1.TCPSocketAction{Host: "elsewhere"}}},
		}},
	}
	return p
}

// TestCauses finds every cause of every check, and leaves none to a residue.
func TestCauses(t *testing.T) {
	e, err := New(Latest)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, f := range e.Evaluate(weak()) {
		for _, c := range f.Causes {
			if c.Residue {
				t.Errorf("%s: a cause that no part is: %s", f.Check, c.Value)
			}
			got[f.Check] = append(got[f.Check], c.Field)
		}
	}
	want := map[string][]string{
		"allowPrivilegeEscalation":   {"initContainers[i].securityContext.allowPrivilegeEscalation", "containers[a].securityContext.allowPrivilegeEscalation"},
		"appArmorProfile":            {"metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]", "securityContext.appArmorProfile"},
		"capabilities_baseline":      {"containers[a].securityContext.capabilities.add[SYS_ADMIN]"},
		"capabilities_restricted":    {"initContainers[i].securityContext.capabilities.drop", "containers[a].securityContext.capabilities.drop", "containers[a].securityContext.capabilities.add[SYS_ADMIN]", "containers[a].securityContext.capabilities.add[CHOWN]"},
		"hostNamespaces":             {"hostIPC", "hostNetwork", "hostPID"},
		"hostPathVolumes":            {"volumes[host]"},
		"hostPorts":                  {"containers[a].ports[two].hostPort"},
		"hostProbesAndHostLifecycle": {"containers[a].livenessProbe", "containers[a].lifecycle"},
		"privileged":                 {"containers[a].securityContext.privileged"},
		"procMount":                  {"containers[a].securityContext.procMount"},
		"procMount_restricted":       {"containers[a].securityContext.procMount"},
		"restrictedVolumes":          {"volumes[host]", "volumes[nfs]"},
		"runAsNonRoot":               {"securityContext.runAsNonRoot", "initContainers[i].securityContext.runAsNonRoot", "containers[a].securityContext.runAsNonRoot"},
		"runAsUser":                  {"securityContext.runAsUser", "initContainers[i].securityContext.runAsUser", "containers[a].securityContext.runAsUser"},
		"seLinuxOptions":             {"securityContext.seLinuxOptions", "containers[a].securityContext.seLinuxOptions"},
		"seccompProfile_baseline":    {"securityContext.seccompProfile", "initContainers[i].securityContext.seccompProfile", "containers[a].securityContext.seccompProfile"},
		"seccompProfile_restricted":  {"securityContext.seccompProfile", "initContainers[i].securityContext.seccompProfile", "containers[a].securityContext.seccompProfile"},
		"sysctls":                    {"securityContext.sysctls[kernel.msgmax]"},
		"windowsHostProcess":         {"securityContext.windowsOptions"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestResidue says that a cause which is no part of a pod known here is not
// passed over in silence.
func TestResidue(t *testing.T) {
	e, err := New(Latest)
	if err != nil {
		t.Fatal(err)
	}
	p := cleanPod()
	yes := true
	p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
		Name: "debug", SecurityContext: &corev1.SecurityContext{Privileged: &yes},
	}}}
	for _, f := range e.Evaluate(p) {
		if f.Check == "privileged" && len(f.Causes) == 1 && f.Causes[0].Residue {
			return
		}
	}
	t.Error("the privileged container was overlooked")
}

// versions are all that the standards have had, and one to come.
func versions() []string {
	all := []string{"latest"}
	for minor := range 60 {
		all = append(all, fmt.Sprintf("v1.%d", minor))
	}
	return all
}

// TestSameAnswerAsTheAPIServer compares with the evaluator that the API server
// has, for every version.
func TestSameAnswerAsTheAPIServer(t *testing.T) {
	registry, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	forbidden := 0
	for _, version := range versions() {
		e, err := New(version)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []*corev1.PodTemplateSpec{weak(), cleanPod(), {}} {
			for _, level := range Levels() {
				var want, got []string
				at := api.LevelVersion{Level: api.Level(level), Version: e.version}
				for _, r := range registry.EvaluatePod(at, &p.ObjectMeta, &p.Spec) {
					if !r.Allowed {
						want = append(want, r.ForbiddenReason+": "+r.ForbiddenDetail)
					}
				}
				for _, f := range e.forbidding(level, p) {
					got = append(got, f.Reason+": "+f.Detail)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s %s (-want +got)\n%s", version, level, diff)
				}
				forbidden += len(got)
			}
		}
	}
	if forbidden < 60*20 {
		t.Errorf("only %d refusals were compared", forbidden)
	}
}

// TestSameChecks compares the checks that count, whatever they say of a pod, and
// their order with those that the API server's evaluator calls.
func TestSameChecks(t *testing.T) {
	var called []string
	checks := policy.DefaultChecks()
	for i := range checks {
		for j := range checks[i].Versions {
			name := fmt.Sprint(checks[i].ID, " ", checks[i].Versions[j].MinimumVersion)
			checks[i].Versions[j].CheckPod = func(*metav1.ObjectMeta, *corev1.PodSpec) policy.CheckResult {
				called = append(called, name)
				return policy.CheckResult{Allowed: true}
			}
		}
	}
	registry, err := policy.NewEvaluator(checks, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range versions() {
		e, err := New(version)
		if err != nil {
			t.Fatal(err)
		}
		for _, level := range Levels() {
			called = nil
			registry.EvaluatePod(api.LevelVersion{Level: api.Level(level), Version: e.version}, &metav1.ObjectMeta{}, &corev1.PodSpec{})
			want := slices.Clone(called)
			called = nil
			for _, c := range counting(checks, api.Level(level), e.version) {
				c.run(&metav1.ObjectMeta{}, &corev1.PodSpec{})
			}
			if diff := cmp.Diff(want, called); diff != "" || len(want) == 0 {
				t.Errorf("%s %s (-API server +here)\n%s", version, level, diff)
			}
		}
	}
}

func TestVersion(t *testing.T) {
	for _, bad := range []string{"", "1.31", "v2", "newest"} {
		if _, err := New(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
