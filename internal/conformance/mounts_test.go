package conformance

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// checkMounts is the table of section 2.3.
func checkMounts(c comparison) []string {
	var wrong []string
	for _, p := range c.pairs() {
		for _, before := range p.in.VolumeMounts {
			after, ok := mountAt(p.out, before.MountPath)
			if !ok || after.Name != before.Name {
				continue // checkRest and checkPasswd say which mounts may go
			}
			if what := c.checkMount(p.in, before, after); what != "" {
				wrong = append(wrong, fmt.Sprintf("%s: mount %s at %s %s", p.in.Name, before.Name, before.MountPath, what))
			}
		}
	}
	return wrong
}

func (c comparison) checkMount(container corev1.Container, before, after corev1.VolumeMount) string {
	if before.ReadOnly && !after.ReadOnly {
		return "was read-only and is writable"
	}
	if c.in.volume(before.Name).HostPath == nil {
		if before.ReadOnly != after.ReadOnly {
			return "is no host mount, and changed"
		}
		return ""
	}
	switch c.in.accessOf(container, before) {
	case reads:
		if !after.ReadOnly {
			return "is writable, and needs read-only"
		}
	case writes, keeps:
		if before.ReadOnly != after.ReadOnly {
			return "must stay writable, and is read-only"
		}
	}
	return ""
}

func mountAt(c corev1.Container, mountPath string) (corev1.VolumeMount, bool) {
	at := slices.IndexFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == mountPath })
	if at < 0 {
		return corev1.VolumeMount{}, false
	}
	return c.VolumeMounts[at], true
}
