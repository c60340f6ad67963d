package conformance

import (
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// checkPrivileges is the row `privileges` of section 3: escalation, capabilities, seccomp.
func checkPrivileges(c comparison) []string {
	var wrong []string
	for _, p := range c.pairs() {
		for _, what := range c.checkPrivilege(p) {
			wrong = append(wrong, p.in.Name+": "+what)
		}
	}
	return wrong
}

func (c comparison) checkPrivilege(p pair) []string {
	before, after := effectiveOf(c.in, p.in), effectiveOf(c.out, p.out)
	if !c.reaches() || p.need == notInTable || p.need == needsRoot {
		return samePrivileges(before, after)
	}
	wrong := noPrivileges(before, after)
	if p.need == needsRootOnly && len(after.Add) > 0 {
		wrong = append(wrong, fmt.Sprintf("adds %v", after.Add))
	}
	return wrong
}

// samePrivileges is for who must have exactly what it has.
func samePrivileges(before, after effective) []string {
	type privileges struct {
		Escalation, Privileged *bool
		Add, Drop              []corev1.Capability
		Seccomp                *corev1.SeccompProfile
		AppArmor               *corev1.AppArmorProfile
	}
	of := func(e effective) privileges {
		e = e.settled()
		return privileges{e.Escalation, e.Privileged, e.Add, e.Drop, e.Seccomp, e.AppArmor}
	}
	if diff := cmp.Diff(of(before), of(after)); diff != "" {
		return []string{"its privileges changed:\n" + diff}
	}
	return nil
}

// noPrivileges is for who needs none.
func noPrivileges(before, after effective) []string {
	var wrong []string
	if !is(after.Escalation, false) {
		wrong = append(wrong, "may escalate")
	}
	if !slices.Contains(after.Drop, "ALL") {
		wrong = append(wrong, "does not drop ALL")
	}
	if diff := cmp.Diff(before.Add, after.Add); diff != "" {
		wrong = append(wrong, "the added capabilities changed:\n"+diff)
	}
	if diff := cmp.Diff(before.AppArmor, after.AppArmor); diff != "" {
		wrong = append(wrong, "the AppArmor profile changed:\n"+diff)
	}
	want := before.Seccomp
	if want == nil || isUnconfined(want) && !isUnconfined(after.Seccomp) {
		want = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}
	if diff := cmp.Diff(want, after.Seccomp); diff != "" {
		wrong = append(wrong, "the seccomp profile is not right:\n"+diff)
	}
	return wrong
}

// isUnconfined says whether a profile is none. It may be replaced, as none is
// set, or kept, as it was set on purpose: the specification leaves it open.
func isUnconfined(profile *corev1.SeccompProfile) bool {
	return profile != nil && profile.Type == corev1.SeccompProfileTypeUnconfined
}

// checkKept is the last line of section 4: what was set stricter is kept.
func checkKept(c comparison) []string {
	var wrong []string
	for _, p := range c.pairs() {
		before, after := effectiveOf(c.in, p.in), effectiveOf(c.out, p.out)
		for _, what := range loosened(before, after) {
			wrong = append(wrong, p.in.Name+": "+what)
		}
		if own := p.in.SecurityContext; own != nil && own.RunAsUser != nil && *own.RunAsUser != 0 && !is(after.User, *own.RunAsUser) {
			wrong = append(wrong, fmt.Sprintf("%s: the user %d, set for it, is gone", p.in.Name, *own.RunAsUser))
		}
	}
	return wrong
}

func loosened(before, after effective) []string {
	var wrong []string
	if is(before.Escalation, false) && !is(after.Escalation, false) {
		wrong = append(wrong, "allowPrivilegeEscalation: false is gone")
	}
	if is(before.ReadOnlyRoot, true) && !is(after.ReadOnlyRoot, true) {
		wrong = append(wrong, "readOnlyRootFilesystem: true is gone")
	}
	if is(after.Privileged, true) && !is(before.Privileged, true) {
		wrong = append(wrong, "became privileged")
	}
	for _, name := range before.Drop {
		if !slices.Contains(after.Drop, name) && !slices.Contains(after.Drop, "ALL") {
			wrong = append(wrong, fmt.Sprintf("drops %s no more", name))
		}
	}
	for _, name := range after.Add {
		if !slices.Contains(before.Add, name) {
			wrong = append(wrong, fmt.Sprintf("adds %s", name))
		}
	}
	if before.Seccomp != nil && !isUnconfined(before.Seccomp) && !cmp.Equal(before.Seccomp, after.Seccomp) {
		wrong = append(wrong, "the seccomp profile it had is gone")
	}
	return wrong
}
