package conformance

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// checkRestricted asks the API server's own evaluator about each Deployment of
// Datadog's that has no access to its host and no container that is not in the table.
func checkRestricted(c comparison) []string {
	if c.in.kind != "Deployment" || hostAccess(c.in.pod.Spec) {
		return nil
	}
	if slices.ContainsFunc(c.in.containers(), func(c corev1.Container) bool { n := needOf(c); return n == notInTable || n == needsRoot }) {
		return nil
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return []string{err.Error()}
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	var wrong []string
	for _, result := range evaluator.EvaluatePod(level, &c.out.pod.ObjectMeta, &c.out.pod.Spec) {
		if !result.Allowed && (c.nonroot || !aboutUser(result)) {
			wrong = append(wrong, fmt.Sprintf("restricted forbids it: %s (%s)", result.ForbiddenReason, result.ForbiddenDetail))
		}
	}
	return wrong
}

// aboutUser says whether a failure is one that only the transform nonroot mends.
func aboutUser(result policy.CheckResult) bool {
	return strings.HasPrefix(result.ForbiddenReason, "runAsNonRoot") || strings.HasPrefix(result.ForbiddenReason, "runAsUser")
}

func hostAccess(spec corev1.PodSpec) bool {
	if spec.HostNetwork || spec.HostPID || spec.HostIPC {
		return true
	}
	if slices.ContainsFunc(spec.Volumes, func(v corev1.Volume) bool { return v.HostPath != nil }) {
		return true
	}
	return slices.ContainsFunc(spec.Containers, func(c corev1.Container) bool {
		return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.HostPort != 0 })
	})
}
