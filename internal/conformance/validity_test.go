package conformance

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// checkValidity is what the API server or the kubelet would refuse, where the
// input was not refused for the same thing.
func checkValidity(c comparison) []string {
	before := invalidities(c.in)
	var wrong []string
	for _, what := range invalidities(c.out) {
		if !slices.Contains(before, what) {
			wrong = append(wrong, what)
		}
	}
	return wrong
}

func invalidities(w workload) []string {
	wrong := duplicates("volume", w.pod.Spec.Volumes, func(v corev1.Volume) string { return v.Name })
	wrong = append(wrong, duplicates("container", w.containers(), func(c corev1.Container) string { return c.Name })...)
	for _, c := range w.containers() {
		wrong = append(wrong, prefixed(c.Name, w.invalid(c))...)
	}
	return wrong
}

func (w workload) invalid(c corev1.Container) []string {
	wrong := duplicates("mountPath", c.VolumeMounts, func(m corev1.VolumeMount) string { return m.MountPath })
	for _, m := range c.VolumeMounts {
		if !hasVolume(w, m.Name) {
			wrong = append(wrong, "mounts no volume "+m.Name)
		}
		if !m.ReadOnly && m.RecursiveReadOnly != nil && *m.RecursiveReadOnly != corev1.RecursiveReadOnlyDisabled {
			wrong = append(wrong, "recursiveReadOnly on the writable mount "+m.Name)
		}
	}
	e := effectiveOf(w, c)
	if is(e.Escalation, false) && (is(e.Privileged, true) || slices.ContainsFunc(e.Add, isSysAdmin)) {
		wrong = append(wrong, "allowPrivilegeEscalation: false beside privileged or SYS_ADMIN")
	}
	if is(e.NonRoot, true) && is(e.User, 0) {
		wrong = append(wrong, "runAsNonRoot: true beside runAsUser: 0")
	}
	if e.Seccomp != nil && (e.Seccomp.Type == corev1.SeccompProfileTypeLocalhost) != (e.Seccomp.LocalhostProfile != nil) {
		wrong = append(wrong, "a seccomp profile that is half Localhost")
	}
	return wrong
}

// isSysAdmin matches what the API server matches.
func isSysAdmin(name corev1.Capability) bool {
	return strings.TrimPrefix(string(name), "CAP_") == "SYS_ADMIN"
}

func duplicates[T any](what string, items []T, name func(T) string) []string {
	seen := map[string]bool{}
	var wrong []string
	for _, item := range items {
		if seen[name(item)] {
			wrong = append(wrong, fmt.Sprintf("the %s %s is there twice", what, name(item)))
		}
		seen[name(item)] = true
	}
	return wrong
}
