package conformance

import (
	"fmt"
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

const passwdFile = "/etc/passwd"

func isHostPasswd(v corev1.Volume) bool {
	return v.HostPath != nil && path.Clean(v.HostPath.Path) == passwdFile
}

// passwdMounts names the containers where the host's users hide the image's.
func (w workload) passwdMounts() []string {
	var names []string
	for _, c := range w.containers() {
		for _, m := range c.VolumeMounts {
			if path.Clean(m.MountPath) == passwdFile && isHostPasswd(w.volume(m.Name)) {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

// uses says whether a container mounts the volume.
func (w workload) uses(volume string) bool {
	return slices.ContainsFunc(w.containers(), func(c corev1.Container) bool {
		return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume })
	})
}

// checkPasswd is what section 2.3 says of the host's /etc/passwd.
func checkPasswd(c comparison) []string {
	became, was := c.nonRootAgents()
	before, after := c.in.passwdMounts(), c.out.passwdMounts()
	if !became {
		if !was && !slices.Equal(before, after) {
			return []string{fmt.Sprintf("no Agent became non-root, and the mounts of the host's /etc/passwd went from %v to %v", before, after)}
		}
		return nil
	}
	var wrong []string
	if len(after) > 0 {
		wrong = append(wrong, fmt.Sprintf("the host's /etc/passwd hides dd-agent in %v", after))
	}
	for _, v := range c.out.pod.Spec.Volumes {
		if isHostPasswd(v) && !c.out.uses(v.Name) {
			wrong = append(wrong, fmt.Sprintf("nothing uses the volume %s, and it is there", v.Name))
		}
	}
	return wrong
}

// nonRootAgents says whether an Agent became non-root, and whether one was before.
func (c comparison) nonRootAgents() (became, was bool) {
	for _, p := range c.pairs() {
		if p.need != needsNothing {
			continue
		}
		before, after := effectiveOf(c.in, p.in).isRoot(), effectiveOf(c.out, p.out).isRoot()
		became = became || before && !after
		was = was || !before
	}
	return became, was
}
