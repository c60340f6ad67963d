package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// hostFolder is a folder of the host that a non-root container must write to.
type hostFolder struct {
	path   string
	owners []string // UID:GID of those who write to it
}

// neededFolders are the host folders of section 2.4, those of Agents. The
// kubelet's seccomp folder stays root's, whoever sets it up.
func (c comparison) neededFolders() []hostFolder {
	var folders []hostFolder
	for _, p := range c.pairs() {
		after := effectiveOf(c.out, p.out)
		if p.need != needsNothing || after.isRoot() {
			continue
		}
		owner := fmt.Sprintf("%d:%d", *after.User, *orElse(after.Group, 0))
		for _, m := range p.out.VolumeMounts {
			host := c.out.volume(m.Name).HostPath
			if host == nil || m.ReadOnly || !isFolder(host.Type) || c.in.accessOf(p.in, m) != writes {
				continue
			}
			at := slices.IndexFunc(folders, func(f hostFolder) bool { return f.path == host.Path })
			if at < 0 {
				at = len(folders)
				folders = append(folders, hostFolder{path: host.Path})
			}
			folders[at].owners = append(folders[at].owners, owner)
		}
	}
	return folders
}

func isFolder(kind *corev1.HostPathType) bool {
	return kind == nil || *kind == "" || *kind == corev1.HostPathDirectory || *kind == corev1.HostPathDirectoryOrCreate
}

// checkHostFolders is section 2.4, and 2.6 on Autopilot.
func checkHostFolders(c comparison) []string {
	added, folders := c.added(), c.neededFolders()
	if !c.prepareHost || !c.dropsRoot() || c.in.autopilot() || len(folders) == 0 {
		if len(added) > 0 {
			return []string{fmt.Sprintf("a container %s was added where none belongs", added[0].Name)}
		}
		return nil
	}
	if len(added) != 1 || !slices.ContainsFunc(c.out.pod.Spec.InitContainers, func(i corev1.Container) bool { return i.Name == added[0].Name }) {
		return []string{fmt.Sprintf("%d containers were added, and one init container is needed for %v", len(added), folders)}
	}
	return append(c.checkOwners(added[0], folders), c.checkOwning(added[0])...)
}

// checkOwners sees that the init container hands over just those folders.
func (c comparison) checkOwners(init corev1.Container, folders []hostFolder) []string {
	words := strings.Join(slices.Concat(init.Command, init.Args), " ")
	var wrong []string
	if !strings.Contains(words, "chown") {
		wrong = append(wrong, "it runs no chown: "+words)
	}
	for _, folder := range folders {
		at := slices.IndexFunc(init.VolumeMounts, func(m corev1.VolumeMount) bool { return c.hostPathOf(m) == folder.path })
		switch {
		case at < 0:
			wrong = append(wrong, "it does not mount "+folder.path)
		case init.VolumeMounts[at].ReadOnly:
			wrong = append(wrong, "it mounts read-only "+folder.path)
		case !strings.Contains(words, init.VolumeMounts[at].MountPath):
			wrong = append(wrong, fmt.Sprintf("it does not name %s in: %s", init.VolumeMounts[at].MountPath, words))
		case !slices.ContainsFunc(folder.owners, func(owner string) bool { return strings.Contains(words, owner) }):
			wrong = append(wrong, fmt.Sprintf("%s goes to none of %v: %s", folder.path, folder.owners, words))
		}
	}
	for _, m := range init.VolumeMounts {
		if !slices.ContainsFunc(folders, func(f hostFolder) bool { return f.path == c.hostPathOf(m) }) {
			wrong = append(wrong, "it mounts more than it must: "+m.Name)
		}
	}
	return prefixed(init.Name, wrong)
}

func (c comparison) hostPathOf(m corev1.VolumeMount) string {
	if host := c.out.volume(m.Name).HostPath; host != nil {
		return host.Path
	}
	return ""
}

// checkOwning sees that the init container can do that and nothing else.
func (c comparison) checkOwning(init corev1.Container) []string {
	var wrong []string
	agent, _ := c.in.container("agent")
	if agent.Image != "" && init.Image != agent.Image {
		wrong = append(wrong, fmt.Sprintf("its image is %s, and the Agent's is %s", init.Image, agent.Image))
	}
	after := effectiveOf(c.out, init).settledAsRoot()
	want := effective{
		User: orElse[int64](nil, 0), Group: orElse[int64](nil, 0), NonRoot: orElse(nil, false),
		Escalation: orElse(nil, false), Privileged: orElse(nil, false), ReadOnlyRoot: orElse(nil, true),
		Add: []corev1.Capability{"CHOWN"}, Drop: []corev1.Capability{"ALL"},
		Seccomp: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	after.AppArmor = nil
	if diff := cmp.Diff(want, after); diff != "" {
		wrong = append(wrong, "its security context is not the one described:\n"+diff)
	}
	return prefixed(init.Name, wrong)
}

func prefixed(name string, wrong []string) []string {
	for i := range wrong {
		wrong[i] = name + ": " + wrong[i]
	}
	return wrong
}
