package pss

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
)

// container is where a container stands in a pod.
type container struct {
	name string
	path string
	in   func(*pod) *corev1.Container
}

// parts are the parts of a container. A field that it inherits from the pod
// is a part of the container as well, since it is the container that uses it.
func (at container) parts(p *pod, c *corev1.Container) []part {
	own := c.SecurityContext
	if own == nil {
		own = &corev1.SecurityContext{}
	}
	onPod := p.Spec.SecurityContext
	if onPod == nil {
		onPod = &corev1.PodSecurityContext{}
	}
	parts := at.ownParts(own)
	parts = append(parts, at.inheritedParts(own, onPod)...)
	parts = append(parts, at.capabilities(own)...)
	parts = append(parts, at.ports(c)...)
	return append(parts, at.handlers(c)...)
}

type context = corev1.SecurityContext

// field makes the part of a field of the container's security context.
func (at container) field(own *context, field, value string, copy func(from, to *context)) part {
	return part{
		Cause{Container: at.name, Field: at.path + ".securityContext." + field, Value: value},
		func(clean *pod) { copy(own, clean.Spec.Containers[0].SecurityContext) },
		func(whole *pod) { copy(spotless().Spec.Containers[0].SecurityContext, at.context(whole)) },
	}
}

func (at container) context(p *pod) *context {
	c := at.in(p)
	if c.SecurityContext == nil {
		c.SecurityContext = &context{}
	}
	return c.SecurityContext
}

// ownParts are the fields that a pod does not have.
func (at container) ownParts(own *context) []part {
	parts := []part{
		at.field(own, "allowPrivilegeEscalation", truth(own.AllowPrivilegeEscalation), func(from, to *context) { to.AllowPrivilegeEscalation = from.AllowPrivilegeEscalation }),
		at.field(own, "privileged", truth(own.Privileged), func(from, to *context) { to.Privileged = from.Privileged }),
	}
	if own.ProcMount != nil {
		parts = append(parts, at.field(own, "procMount", string(*own.ProcMount), func(from, to *context) { to.ProcMount = from.ProcMount }))
	}
	if own.SELinuxOptions != nil {
		parts = append(parts, at.field(own, "seLinuxOptions", own.SELinuxOptions.Type, func(from, to *context) { to.SELinuxOptions = from.SELinuxOptions }))
	}
	if own.AppArmorProfile != nil {
		parts = append(parts, at.field(own, "appArmorProfile", string(own.AppArmorProfile.Type), func(from, to *context) { to.AppArmorProfile = from.AppArmorProfile }))
	}
	if own.WindowsOptions != nil {
		parts = append(parts, at.field(own, "windowsOptions", "", func(from, to *context) { to.WindowsOptions = from.WindowsOptions }))
	}
	return parts
}

// inheritedParts are the fields that count for the container: its own, else
// the pod's.
func (at container) inheritedParts(own *context, onPod *corev1.PodSecurityContext) []part {
	user, nonRoot, seccomp := own.RunAsUser, own.RunAsNonRoot, own.SeccompProfile
	if user == nil {
		user = onPod.RunAsUser
	}
	if nonRoot == nil {
		nonRoot = onPod.RunAsNonRoot
	}
	if seccomp == nil {
		seccomp = onPod.SeccompProfile
	}
	profile := unset
	if seccomp != nil {
		profile = string(seccomp.Type)
	}
	// The clean pod has a value that the container would inherit, so the pod
	// itself loses it.
	parts := []part{
		at.field(own, "runAsUser", number(user), func(_, to *context) { to.RunAsUser = user }),
		at.field(own, "runAsNonRoot", truth(nonRoot), func(_, to *context) { to.RunAsNonRoot = nonRoot }),
		at.field(own, "seccompProfile", profile, func(_, to *context) { to.SeccompProfile = seccomp }),
	}
	clean := spotless().Spec.SecurityContext
	onPodLost := []func(*corev1.PodSecurityContext){
		func(*corev1.PodSecurityContext) {},
		func(s *corev1.PodSecurityContext) { s.RunAsNonRoot = nil },
		func(s *corev1.PodSecurityContext) { s.SeccompProfile = nil },
	}
	mends := []func(*context){
		func(s *context) { s.RunAsUser = nil },
		func(s *context) { s.RunAsNonRoot = clean.RunAsNonRoot },
		func(s *context) { s.SeccompProfile = clean.SeccompProfile },
	}
	for i := range parts {
		graft := parts[i].graft
		parts[i].graft = func(p *pod) {
			onPodLost[i](p.Spec.SecurityContext)
			graft(p)
		}
		parts[i].mend = func(whole *pod) { mends[i](at.context(whole)) }
	}
	return parts
}

// capabilities are each one that is added, and the list of those dropped.
func (at container) capabilities(own *context) []part {
	caps := own.Capabilities
	if caps == nil {
		caps = &corev1.Capabilities{}
	}
	inContext := func(p *pod) *corev1.Capabilities {
		s := at.context(p)
		if s.Capabilities == nil {
			s.Capabilities = &corev1.Capabilities{}
		}
		return s.Capabilities
	}
	dropped := ""
	for i, name := range caps.Drop {
		if i > 0 {
			dropped += ", "
		}
		dropped += string(name)
	}
	parts := []part{{
		Cause{Container: at.name, Field: at.path + ".securityContext.capabilities.drop", Value: "[" + dropped + "]"},
		func(clean *pod) { clean.Spec.Containers[0].SecurityContext.Capabilities.Drop = caps.Drop },
		func(whole *pod) { inContext(whole).Drop = []corev1.Capability{"ALL"} },
	}}
	for _, name := range caps.Add {
		parts = append(parts, part{
			Cause{Container: at.name, Field: at.path + ".securityContext.capabilities.add[" + string(name) + "]", Value: string(name)},
			func(clean *pod) {
				clean.Spec.Containers[0].SecurityContext.Capabilities.Add = []corev1.Capability{name}
			},
			func(whole *pod) {
				have := inContext(whole)
				have.Add = slices.DeleteFunc(have.Add, func(other corev1.Capability) bool { return other == name })
			},
		})
	}
	return parts
}

func (at container) ports(c *corev1.Container) []part {
	var parts []part
	for i, port := range c.Ports {
		if port.HostPort == 0 {
			continue
		}
		name := port.Name
		if name == "" {
			name = strconv.Itoa(i)
		}
		parts = append(parts, part{
			Cause{Container: at.name, Field: at.path + ".ports[" + name + "].hostPort", Value: strconv.Itoa(int(port.HostPort))},
			func(clean *pod) { clean.Spec.Containers[0].Ports = []corev1.ContainerPort{port} },
			func(whole *pod) { at.in(whole).Ports[i].HostPort = 0 },
		})
	}
	return parts
}

// handlers are the probes and hooks, which may ask a host other than the pod.
func (at container) handlers(c *corev1.Container) []part {
	var parts []part
	for _, probe := range []struct {
		field string
		of    func(*corev1.Container) **corev1.Probe
	}{
		{"livenessProbe", func(c *corev1.Container) **corev1.Probe { return &c.LivenessProbe }},
		{"readinessProbe", func(c *corev1.Container) **corev1.Probe { return &c.ReadinessProbe }},
		{"startupProbe", func(c *corev1.Container) **corev1.Probe { return &c.StartupProbe }},
	} {
		if value := *probe.of(c); value != nil {
			parts = append(parts, part{
				Cause{Container: at.name, Field: at.path + "." + probe.field},
				func(clean *pod) { *probe.of(&clean.Spec.Containers[0]) = value },
				func(whole *pod) { *probe.of(at.in(whole)) = nil },
			})
		}
	}
	if c.Lifecycle != nil {
		parts = append(parts, part{
			Cause{Container: at.name, Field: at.path + ".lifecycle"},
			func(clean *pod) { clean.Spec.Containers[0].Lifecycle = c.Lifecycle },
			func(whole *pod) { at.in(whole).Lifecycle = nil },
		})
	}
	return parts
}
