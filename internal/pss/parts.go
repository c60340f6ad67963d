package pss

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
)

type pod = corev1.PodTemplateSpec

// part is a field, or an item of a list, that a check may look at: the
// restricted fields of the Pod Security Standards. graft copies it into a clean
// pod, mend takes it out of the pod it is of. A field of the standards that is
// missing here is not overlooked but ends as a Residue.
type part struct {
	Cause
	graft func(clean *pod)
	mend  func(whole *pod)
}

// cleanliness is the memory of a pod with one container, which no check forbids.
type cleanliness struct {
	whole        pod
	security     corev1.PodSecurityContext
	seccomp      corev1.SeccompProfile
	containers   [1]corev1.Container
	context      context
	capabilities corev1.Capabilities
	yes, no      bool
}

// pod makes the pod anew, in the same memory.
func (c *cleanliness) pod() *pod {
	*c = cleanliness{yes: true}
	c.seccomp.Type = corev1.SeccompProfileTypeRuntimeDefault
	c.security.RunAsNonRoot, c.security.SeccompProfile = &c.yes, &c.seccomp
	c.capabilities.Drop = []corev1.Capability{"ALL"}
	c.context.AllowPrivilegeEscalation, c.context.Capabilities = &c.no, &c.capabilities
	c.containers[0].Name, c.containers[0].SecurityContext = "c", &c.context
	c.whole.Spec.SecurityContext, c.whole.Spec.Containers = &c.security, c.containers[:]
	return &c.whole
}

func cleanPod() *pod { return new(cleanliness).pod() }

// spotless is a clean pod that nobody changes.
var spotless = sync.OnceValue(cleanPod)

// copier copies pods so far that a part's mend leaves the original alone. A copy
// takes the memory of the one before.
type copier struct {
	whole   pod
	volumes []corev1.Volume
	lists   [2][]corev1.Container
}

func (c *copier) copy(p *pod) *pod {
	c.whole = *p
	c.whole.Annotations = maps.Clone(p.Annotations)
	c.whole.Spec.SecurityContext = p.Spec.SecurityContext.DeepCopy()
	c.volumes = append(c.volumes[:0], p.Spec.Volumes...)
	c.whole.Spec.Volumes = c.volumes
	for i, list := range []*[]corev1.Container{&c.whole.Spec.InitContainers, &c.whole.Spec.Containers} {
		c.lists[i] = append(c.lists[i][:0], *list...)
		*list = c.lists[i]
		for j := range *list {
			(*list)[j].SecurityContext = (*list)[j].SecurityContext.DeepCopy()
			(*list)[j].Ports = slices.Clone((*list)[j].Ports)
		}
	}
	return &c.whole
}

func partsOf(p *pod) []part {
	parts := podParts(p)
	for _, list := range []struct {
		key        string
		containers []corev1.Container
	}{{"initContainers", p.Spec.InitContainers}, {"containers", p.Spec.Containers}} {
		for i := range list.containers {
			c := &list.containers[i]
			at := container{c.Name, fmt.Sprintf("%s[%s]", list.key, c.Name), func(p *pod) *corev1.Container {
				if list.key == "initContainers" {
					return &p.Spec.InitContainers[i]
				}
				return &p.Spec.Containers[i]
			}}
			parts = append(parts, at.parts(p, c)...)
		}
	}
	return parts
}

func podParts(p *pod) []part {
	var parts []part
	add := func(field, value string, graft, mend func(*pod)) {
		parts = append(parts, part{Cause{Field: field, Value: value}, graft, mend})
	}
	for _, namespace := range []struct {
		field string
		of    func(*corev1.PodSpec) *bool
	}{
		{"hostNetwork", func(s *corev1.PodSpec) *bool { return &s.HostNetwork }},
		{"hostPID", func(s *corev1.PodSpec) *bool { return &s.HostPID }},
		{"hostIPC", func(s *corev1.PodSpec) *bool { return &s.HostIPC }},
	} {
		if *namespace.of(&p.Spec) {
			add(namespace.field, "true",
				func(clean *pod) { *namespace.of(&clean.Spec) = true },
				func(whole *pod) { *namespace.of(&whole.Spec) = false })
		}
	}
	for _, v := range p.Spec.Volumes {
		add("volumes["+v.Name+"]", sourceOf(v),
			func(clean *pod) { clean.Spec.Volumes = []corev1.Volume{v} },
			func(whole *pod) {
				whole.Spec.Volumes = slices.DeleteFunc(whole.Spec.Volumes, func(other corev1.Volume) bool { return other.Name == v.Name })
			})
	}
	for key, value := range p.Annotations {
		if name, ok := strings.CutPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix); ok {
			parts = append(parts, part{
				Cause{Container: name, Field: "metadata.annotations[" + key + "]", Value: value},
				func(clean *pod) { clean.Annotations = map[string]string{key: value} },
				func(whole *pod) { delete(whole.Annotations, key) },
			})
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.Field, b.Field) })
	return append(parts, podSecurityParts(p.Spec.SecurityContext)...)
}

// podSecurityParts are the fields that only a pod has, and those that its
// containers inherit as far as the pod says them itself: for each container
// there is a part of the same field too.
func podSecurityParts(s *corev1.PodSecurityContext) []part {
	if s == nil {
		return nil
	}
	var parts []part
	add := func(field, value string, copy func(from, to *corev1.PodSecurityContext)) {
		parts = append(parts, part{
			Cause{Field: "securityContext." + field, Value: value},
			func(clean *pod) { copy(s, clean.Spec.SecurityContext) },
			func(whole *pod) { copy(spotless().Spec.SecurityContext, whole.Spec.SecurityContext) },
		})
	}
	for _, sysctl := range s.Sysctls {
		parts = append(parts, part{
			Cause{Field: "securityContext.sysctls[" + sysctl.Name + "]", Value: sysctl.Name},
			func(clean *pod) { clean.Spec.SecurityContext.Sysctls = []corev1.Sysctl{sysctl} },
			func(whole *pod) {
				whole.Spec.SecurityContext.Sysctls = slices.DeleteFunc(whole.Spec.SecurityContext.Sysctls, func(other corev1.Sysctl) bool { return other.Name == sysctl.Name })
			},
		})
	}
	type context = corev1.PodSecurityContext
	if s.SELinuxOptions != nil {
		add("seLinuxOptions", s.SELinuxOptions.Type, func(from, to *context) { to.SELinuxOptions = from.SELinuxOptions })
	}
	if s.AppArmorProfile != nil {
		add("appArmorProfile", string(s.AppArmorProfile.Type), func(from, to *context) { to.AppArmorProfile = from.AppArmorProfile })
	}
	if s.WindowsOptions != nil {
		add("windowsOptions", "", func(from, to *context) { to.WindowsOptions = from.WindowsOptions })
	}
	if s.SeccompProfile != nil {
		add("seccompProfile", string(s.SeccompProfile.Type), func(from, to *context) { to.SeccompProfile = from.SeccompProfile })
	}
	if s.RunAsUser != nil {
		add("runAsUser", number(s.RunAsUser), func(from, to *context) { to.RunAsUser = from.RunAsUser })
	}
	if s.RunAsNonRoot != nil {
		add("runAsNonRoot", truth(s.RunAsNonRoot), func(from, to *context) { to.RunAsNonRoot = from.RunAsNonRoot })
	}
	return parts
}

func sourceOf(v corev1.Volume) string {
	if v.HostPath != nil {
		return v.HostPath.Path
	}
	return ""
}

func number(n *int64) string {
	if n == nil {
		return unset
	}
	return strconv.FormatInt(*n, 10)
}

func truth(b *bool) string {
	if b == nil {
		return unset
	}
	return strconv.FormatBool(*b)
}

const unset = "(unset)"
