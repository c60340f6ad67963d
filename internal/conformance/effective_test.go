package conformance

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// effective is what a container runs with: its own fields, else the pod's.
type effective struct {
	User, Group  *int64
	NonRoot      *bool
	Escalation   *bool
	Privileged   *bool
	ReadOnlyRoot *bool
	Add, Drop    []corev1.Capability
	Seccomp      *corev1.SeccompProfile
	AppArmor     *corev1.AppArmorProfile
}

func effectiveOf(w workload, c corev1.Container) effective {
	pod, own := w.pod.Spec.SecurityContext, c.SecurityContext
	if pod == nil {
		pod = new(corev1.PodSecurityContext)
	}
	if own == nil {
		own = new(corev1.SecurityContext)
	}
	e := effective{
		User:         first(own.RunAsUser, pod.RunAsUser),
		Group:        first(own.RunAsGroup, pod.RunAsGroup),
		NonRoot:      first(own.RunAsNonRoot, pod.RunAsNonRoot),
		Escalation:   own.AllowPrivilegeEscalation,
		Privileged:   own.Privileged,
		ReadOnlyRoot: own.ReadOnlyRootFilesystem,
		Seccomp:      first(own.SeccompProfile, pod.SeccompProfile),
		AppArmor:     first(own.AppArmorProfile, pod.AppArmorProfile),
	}
	if own.Capabilities != nil {
		e.Add, e.Drop = sorted(own.Capabilities.Add), sorted(own.Capabilities.Drop)
	}
	return e
}

func first[T any](own, pods *T) *T {
	if own != nil {
		return own
	}
	return pods
}

func sorted(names []corev1.Capability) []corev1.Capability {
	if len(names) == 0 {
		return nil
	}
	return slices.Sorted(slices.Values(names))
}

func is[T comparable](field *T, value T) bool { return field != nil && *field == value }

// isRoot says whether a container of Datadog's runs as root: its images do, unless told otherwise.
func (e effective) isRoot() bool { return e.User == nil || *e.User == 0 }

// settled is e with each field that is unset given the value it means, where
// that does not depend on the image.
func (e effective) settled() effective {
	e.NonRoot = orElse(e.NonRoot, false)
	e.Escalation = orElse(e.Escalation, true)
	e.Privileged = orElse(e.Privileged, false)
	e.ReadOnlyRoot = orElse(e.ReadOnlyRoot, false)
	return e
}

// settledAsRoot is e settled for an image whose user is root.
func (e effective) settledAsRoot() effective {
	e = e.settled()
	e.User, e.Group = orElse(e.User, 0), orElse(e.Group, 0)
	return e
}

func orElse[T any](field *T, value T) *T {
	if field != nil {
		return field
	}
	return &value
}
