package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/datadog-harden/datadog-harden/e2e/internal/cluster"
)

// security is what of a workload's pod datadog-harden is about, by workload.
// Comparing it says whether what a host program delivered is what the filter
// writes, without saying again what the filter should write.
type security map[string]podSecurity

type podSecurity struct {
	HostPID    bool
	Pod        corev1.PodSecurityContext
	Containers map[string]containerSecurity
}

type containerSecurity struct {
	Context *corev1.SecurityContext
	// Mounts are the volume mounts' own words about writing, by path.
	Mounts map[string]mountSecurity
}

type mountSecurity struct {
	ReadOnly  bool
	Recursive *corev1.RecursiveReadOnlyMode
}

// securityIn reads the workloads among documents.
func securityIn(t *testing.T, manifests []byte) security {
	t.Helper()
	found := security{}
	for _, doc := range must(cluster.Documents(manifests))(t) {
		switch doc.Object.GetKind() {
		case "DaemonSet":
			found[doc.String()] = securityOf(decode[appsv1.DaemonSet](t, doc).Spec.Template)
		case "Deployment":
			found[doc.String()] = securityOf(decode[appsv1.Deployment](t, doc).Spec.Template)
		case "Job":
			found[doc.String()] = securityOf(decode[batchv1.Job](t, doc).Spec.Template)
		}
	}
	return found
}

// securityInCluster reads the workloads that exist in a namespace. Hooks are
// not among them, since Helm deletes them once they have run.
func securityInCluster(t *testing.T, client *cluster.Client, namespace string) security {
	t.Helper()
	found := security{}
	for _, set := range must(client.AppsV1().DaemonSets(namespace).List(t.Context(), metav1.ListOptions{}))(t).Items {
		found["DaemonSet/"+set.Name] = securityOf(set.Spec.Template)
	}
	for _, deployment := range must(client.AppsV1().Deployments(namespace).List(t.Context(), metav1.ListOptions{}))(t).Items {
		found["Deployment/"+deployment.Name] = securityOf(deployment.Spec.Template)
	}
	return found
}

func decode[T any](t *testing.T, doc cluster.Document) T {
	t.Helper()
	var typed T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(doc.Object.Object, &typed); err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return typed
}

func securityOf(template corev1.PodTemplateSpec) podSecurity {
	pod := podSecurity{HostPID: template.Spec.HostPID, Containers: map[string]containerSecurity{}}
	// The API server makes an empty context of none.
	if template.Spec.SecurityContext != nil {
		pod.Pod = *template.Spec.SecurityContext
	}
	for _, containers := range [][]corev1.Container{template.Spec.InitContainers, template.Spec.Containers} {
		for _, c := range containers {
			mounts := map[string]mountSecurity{}
			for _, m := range c.VolumeMounts {
				mounts[m.MountPath] = mountSecurity{m.ReadOnly, m.RecursiveReadOnly}
			}
			pod.Containers[c.Name] = containerSecurity{c.SecurityContext, mounts}
		}
	}
	return pod
}

// requireSecurity ends the test when what was delivered is not what the filter
// writes.
func requireSecurity(t *testing.T, want, got security) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("not as the filter writes it (-filter +delivered):\n%s", diff)
	}
}

// requireDifference ends the test when hardening makes no difference, for then
// what follows would prove nothing.
func requireDifference(t *testing.T, before, after security) {
	t.Helper()
	if cmp.Equal(before, after) {
		t.Fatal("the chart comes out of datadog-harden as it went in")
	}
}
