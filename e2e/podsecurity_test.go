package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/datadog-harden/datadog-harden/e2e/internal/cluster"
	"github.com/datadog-harden/datadog-harden/e2e/internal/tools"
)

// allDeployments turns on each Deployment of the chart.
const allDeployments = "clusterChecksRunner.enabled=true,operator.enabled=true"

// The workloads that come of it; R stands for the release.
const (
	nodeAgent     = "DaemonSet/R"
	clusterAgent  = "Deployment/R-cluster-agent"
	clusterChecks = "Deployment/R-clusterchecks"
	operator      = "Deployment/R-operator"
)

// TestPodSecurityEnforce installs the chart into namespaces that enforce a
// level, as it is and hardened, and counts the pods that exist.
func TestPodSecurityEnforce(t *testing.T) {
	type pods struct {
		workload      string
		before, after int
	}
	tests := []struct {
		name  string
		level string
		args  []string
		pods  []pods
	}{
		// The node Agent cannot do without its host mounts, which baseline and
		// restricted forbid.
		{
			name:  "restricted",
			level: "restricted",
			pods:  []pods{{nodeAgent, 0, 0}, {clusterAgent, 0, 1}, {clusterChecks, 0, 2}, {operator, 0, 1}},
		},
		{
			name:  "restricted, compatible profile",
			level: "restricted",
			args:  []string{"--profile=compatible"},
			pods:  []pods{{nodeAgent, 0, 0}, {clusterAgent, 0, 1}, {clusterChecks, 0, 2}, {operator, 0, 1}},
		},
		{
			name:  "baseline",
			level: "baseline",
			pods:  []pods{{nodeAgent, 0, 0}, {clusterAgent, 1, 1}, {clusterChecks, 2, 2}, {operator, 1, 1}},
		},
		{
			name:  "privileged",
			level: "privileged",
			pods:  []pods{{nodeAgent, 1, 1}, {clusterAgent, 1, 1}, {clusterChecks, 2, 2}, {operator, 1, 1}},
		},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			labels := map[string]string{cluster.EnforceLabel: tt.level}
			before, after := fmt.Sprintf("enforce-%d-before", i), fmt.Sprintf("enforce-%d-after", i)
			client := installInto(t, before, labels, nil)
			installInto(t, after, labels, postRendered(t, tt.args))
			for _, p := range tt.pods {
				t.Run(p.workload, func(t *testing.T) {
					requirePods(t, client, before, p.workload, p.before)
					requirePods(t, client, after, p.workload, p.after)
				})
			}
		})
	}
}

// requirePods fails the test when a workload has not so many pods, or has none
// for a reason that is not Pod Security.
func requirePods(t *testing.T, client *cluster.Client, release, workload string, want int) {
	t.Helper()
	workload = strings.Replace(workload, "R", release, 1)
	outcome := must(client.Outcome(t.Context(), release, workload))(t)
	violations := cluster.Violations(outcome.Refusal)
	t.Logf("%s: %d pods, %d violations %q", workload, len(outcome.Pods), len(violations), violations)
	if len(outcome.Pods) != want || (want == 0) != (len(violations) > 0) {
		t.Errorf("%s has %d pods, want %d: %q", workload, len(outcome.Pods), want, outcome.Refusal)
	}
}

// TestPodSecurityAudit counts what the API server writes to its audit log: a
// finding for each workload, each ReplicaSet made for one, and each pod.
func TestPodSecurityAudit(t *testing.T) {
	count := func(release string, args []string) (findings, violations int) {
		client := installInto(t, release, map[string]string{cluster.AuditLabel: "restricted"}, args)
		for _, workload := range []string{nodeAgent, clusterAgent, clusterChecks, operator} {
			must(client.Outcome(t.Context(), release, strings.Replace(workload, "R", release, 1)))(t)
		}
		list := must(client.AuditViolations(release))(t)
		for _, finding := range list {
			violations += len(cluster.Violations(finding))
		}
		return len(list), violations
	}
	findingsBefore, before := count("audit-before", nil)
	findingsAfter, after := count("audit-after", postRendered(t, nil))
	t.Logf("audit: %d findings with %d violations before, %d with %d after", findingsBefore, before, findingsAfter, after)
	requireFewer(t, findingsBefore, findingsAfter)
	requireFewer(t, before, after)
}

// TestPodSecurityWarn counts the warnings that a user who applies the chart
// sees, workload by workload.
func TestPodSecurityWarn(t *testing.T) {
	const namespace = "warn"
	client := newClient(t)
	newNamespace(t, client, namespace, map[string]string{cluster.WarnLabel: "restricted"})
	h := newHelm(t, tools.Helm3, namespace)
	rendered := []byte(h.ok(t, "template", "datadog", chartPath(t), "--set", allDeployments))

	before := warnings(t, client, namespace, rendered)
	after := warnings(t, client, namespace, harden(t, rendered))

	tests := []struct {
		workload string
		// clean tells whether no warning may be left.
		clean bool
	}{
		{"DaemonSet/datadog", false},
		{"Deployment/datadog-cluster-agent", true},
		{"Deployment/datadog-clusterchecks", true},
		{"Deployment/datadog-operator", true},
	}
	for _, tt := range tests {
		t.Run(tt.workload, func(t *testing.T) {
			was, is := before[tt.workload], after[tt.workload]
			t.Logf("warn: %d violations before, %d after\nbefore: %q\nafter: %q", len(was), len(is), was, is)
			requireFewer(t, len(was), len(is))
			if tt.clean && len(is) > 0 {
				t.Errorf("still warned of: %q", is)
			}
		})
	}
}

// installInto installs the chart into a new namespace of the release's name.
// Hooks stay out of it: Helm 3, which installs here, does not post-render them.
func installInto(t *testing.T, release string, labels map[string]string, args []string) *cluster.Client {
	t.Helper()
	client := newClient(t)
	newNamespace(t, client, release, labels)
	h := newHelm(t, tools.Helm3, release)
	h.ok(t, append([]string{"install", release, chartPath(t), "--no-hooks", "--set", allDeployments}, args...)...)
	return client
}

func postRendered(t *testing.T, args []string) []string {
	t.Helper()
	flags := []string{"--post-renderer", hardenPath(t)}
	for _, arg := range args {
		flags = append(flags, "--post-renderer-args", arg)
	}
	return flags
}

// warnings lists the violations that the API server warns of, by workload.
func warnings(t *testing.T, client *cluster.Client, namespace string, manifests []byte) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, doc := range must(cluster.Documents(manifests))(t) {
		doc.Object.SetNamespace(namespace)
		for _, warning := range must(client.DryRun(t.Context(), doc, namespace))(t) {
			found[doc.String()] = append(found[doc.String()], cluster.Violations(warning)...)
		}
	}
	return found
}

func requireFewer(t *testing.T, before, after int) {
	t.Helper()
	if before == 0 || after >= before {
		t.Errorf("%d before hardening and %d after", before, after)
	}
}
