package e2e

import (
	"maps"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/datadog-harden/datadog-harden/e2e/internal/cluster"
	"github.com/datadog-harden/datadog-harden/e2e/internal/tools"
)

// A host is a version of Helm, and how datadog-harden gets into it.
type host struct {
	name string
	// namespace is where the host's tests install, by a prefix.
	namespace string
	// new returns the Helm and the value of its --post-renderer.
	new func(t *testing.T, namespace string) (h *helm, postRenderer string)
	// hooks tells whether the host has hooks post-rendered.
	hooks bool
	// swallows tells whether the host throws away what a post-renderer writes
	// to standard error.
	swallows bool
}

var hosts = []host{
	{
		name:      "Helm 3",
		namespace: "helm3",
		new: func(t *testing.T, namespace string) (*helm, string) {
			return newHelm(t, tools.Helm3, namespace), hardenPath(t)
		},
	},
	{
		name:      "Helm 4",
		namespace: "helm4",
		new: func(t *testing.T, namespace string) (*helm, string) {
			return newHelm4(t, namespace), pluginName
		},
		hooks:    true,
		swallows: true,
	},
}

// TestLifecycle installs, upgrades, rolls back and uninstalls a release. At
// each step the cluster holds what the filter makes of the chart.
func TestLifecycle(t *testing.T) {
	for _, host := range hosts {
		t.Run(host.name, func(t *testing.T) {
			release := host.namespace + "-lifecycle"
			client := newClient(t)
			newNamespace(t, client, release, nil)
			h, postRenderer := host.new(t, release)
			hardening := []string{"--post-renderer", postRenderer, "--post-renderer-args", "--host-dirs=prepared"}
			first, second := "clusterAgent.replicas=1", "clusterAgent.replicas=2"

			h.ok(t, append([]string{"install", release, chartPath(t), "--set", first}, hardening...)...)
			installed := filtered(t, h, release, first)
			requireRelease(t, client, release, installed, 1)
			requireHooks(t, h, release, host.hooks)

			h.ok(t, append([]string{"upgrade", release, chartPath(t), "--set", second + ",datadog.processAgent.enabled=true"}, hardening...)...)
			upgraded := filtered(t, h, release, second+",datadog.processAgent.enabled=true")
			requireRelease(t, client, release, upgraded, 2)

			// A rollback takes no post-renderer: it applies what was stored.
			h.ok(t, "rollback", release, "1")
			requireRelease(t, client, release, installed, 1)

			h.ok(t, "uninstall", release)
			requireNothing(t, client, release)
		})
	}
}

// filtered is what the filter makes of what Helm renders.
func filtered(t *testing.T, h *helm, release, set string) security {
	t.Helper()
	rendered := []byte(h.ok(t, "template", release, chartPath(t), "--no-hooks", "--set", set))
	hardened := securityIn(t, harden(t, rendered, "--host-dirs=prepared"))
	requireDifference(t, securityIn(t, rendered), hardened)
	return hardened
}

func requireRelease(t *testing.T, client *cluster.Client, release string, want security, clusterAgents int) {
	t.Helper()
	requireSecurity(t, want, securityInCluster(t, client, release))
	for workload, pods := range map[string]int{"DaemonSet/" + release: 1, "Deployment/" + release + "-cluster-agent": clusterAgents} {
		outcome := must(client.Outcome(t.Context(), release, workload))(t)
		if outcome.Refusal != "" {
			t.Errorf("%s: %s", workload, outcome.Refusal)
		}
		if len(outcome.Pods) < pods {
			t.Errorf("%s has %d pods, want %d", workload, len(outcome.Pods), pods)
		}
	}
}

// requireHooks compares the hooks of a release with what the filter makes of
// them, or with what the chart says where the host leaves hooks alone.
func requireHooks(t *testing.T, h *helm, release string, hardened bool) {
	t.Helper()
	rendered := []byte(h.ok(t, "template", release, chartPath(t)))
	before := jobsIn(t, rendered)
	after := jobsIn(t, harden(t, rendered, "--host-dirs=prepared"))
	requireDifference(t, before, after)
	want := before
	if hardened {
		want = after
	}
	requireSecurity(t, want, jobsIn(t, []byte(h.ok(t, "get", "hooks", release))))
}

// jobsIn is securityIn for Jobs, which in the chart are its hooks.
func jobsIn(t *testing.T, manifests []byte) security {
	t.Helper()
	jobs := securityIn(t, manifests)
	maps.DeleteFunc(jobs, func(workload string, _ podSecurity) bool { return !strings.HasPrefix(workload, "Job/") })
	return jobs
}

// hookTemplate is where the chart gets the hook of testdata.
const hookTemplate = "templates/e2e-hook.yaml"

func newNamespace(t *testing.T, client *cluster.Client, name string, labels map[string]string) {
	t.Helper()
	if err := client.CreateNamespace(t.Context(), name, labels); err != nil {
		t.Fatal(err)
	}
}

// requireNothing fails the test when anything of a release is in its namespace.
// Helm's own memory of it is a Secret.
func requireNothing(t *testing.T, client *cluster.Client, namespace string) {
	t.Helper()
	if left := securityInCluster(t, client, namespace); len(left) > 0 {
		t.Errorf("workloads: %v", left)
	}
	jobs := must(client.BatchV1().Jobs(namespace).List(t.Context(), metav1.ListOptions{}))(t)
	for _, job := range jobs.Items {
		t.Errorf("Job/%s", job.Name)
	}
	secrets := must(client.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{}))(t)
	for _, secret := range secrets.Items {
		t.Errorf("Secret/%s of type %s", secret.Name, secret.Type)
	}
}
