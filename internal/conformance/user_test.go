package conformance

import (
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"
)

// checkUsers is section 2.2: who is dd-agent, who stays root, who is left alone.
func checkUsers(c comparison) []string {
	var wrong []string
	for _, p := range c.pairs() {
		for _, what := range c.checkUser(p) {
			wrong = append(wrong, p.in.Name+": "+what)
		}
	}
	return wrong
}

func (c comparison) checkUser(p pair) []string {
	if !c.dropsRoot() || p.need == notInTable {
		return c.sameUser(p)
	}
	switch p.need {
	case needsNothing:
		return c.isAgentUser(p)
	case needsItsImagesUser:
		return c.isImagesUser(p)
	}
	return c.isStillRoot(p)
}

// sameUser is for who must have the user it has now.
func (c comparison) sameUser(p pair) []string {
	before, after := effectiveOf(c.in, p.in), effectiveOf(c.out, p.out)
	if p.need == notInTable {
		before, after = before.settled(), after.settled()
	} else {
		before, after = before.settledAsRoot(), after.settledAsRoot()
	}
	type user struct {
		User, Group *int64
		NonRoot     *bool
	}
	diff := cmp.Diff(user{before.User, before.Group, before.NonRoot}, user{after.User, after.Group, after.NonRoot})
	if diff != "" {
		return []string{"the user is not the one it had:\n" + diff}
	}
	return nil
}

func (c comparison) isAgentUser(p pair) []string {
	before, after := effectiveOf(c.in, p.in), effectiveOf(c.out, p.out)
	var wrong []string
	if after.isRoot() {
		wrong = append(wrong, "dd-agent is left root")
	} else if users := c.rightUsers(p); !slices.Contains(users, *after.User) {
		wrong = append(wrong, fmt.Sprintf("runs as %d, not as %v", *after.User, users))
	}
	if !is(after.NonRoot, true) {
		wrong = append(wrong, "runAsNonRoot is not true")
	}
	return append(wrong, wrongGroup(before, after)...)
}

// rightUsers are the users a container may run as: the one its author chose,
// else dd-agent's in its image, or that of a container it shares files with:
// what init containers write others read, and the sockets of a pod may lie in
// one folder of the host, which has one owner.
func (c comparison) rightUsers(p pair) []int64 {
	if before := effectiveOf(c.in, p.in); !before.isRoot() {
		return []int64{*before.User}
	}
	users := agentUsers(p.in.Image)
	for _, other := range c.pairs() {
		if other.need != needsNothing {
			continue
		}
		before, after := effectiveOf(c.in, other.in), effectiveOf(c.out, other.out)
		if !before.isRoot() || p.init && !other.init && !after.isRoot() {
			users = append(users, *orElse(after.User, 0))
		}
	}
	return users
}

// wrongGroup objects to a primary group other than root's, unless it was chosen.
func wrongGroup(before, after effective) []string {
	switch {
	case is(after.Group, 0):
		return nil
	case before.Group != nil && *before.Group != 0 && is(after.Group, *before.Group):
		return nil
	case !before.isRoot() && before.Group == nil && after.Group == nil:
		return nil
	}
	return []string{"the primary group is not 0"}
}

// isImagesUser is for the operator, whose image has a numeric user.
func (c comparison) isImagesUser(p pair) []string {
	before, after := effectiveOf(c.in, p.in), effectiveOf(c.out, p.out)
	var wrong []string
	if diff := cmp.Diff(before.User, after.User); diff != "" {
		wrong = append(wrong, "the image's user is overridden:\n"+diff)
	}
	if diff := cmp.Diff(before.Group, after.Group); diff != "" {
		wrong = append(wrong, "the image's group is overridden:\n"+diff)
	}
	if !is(after.NonRoot, true) {
		wrong = append(wrong, "runAsNonRoot is not true")
	}
	return wrong
}

// isStillRoot is for who needs root. A user chosen for the container itself is
// kept; one it has from the pod may be kept or put right.
func (c comparison) isStillRoot(p pair) []string {
	before, after := effectiveOf(c.in, p.in), effectiveOf(c.out, p.out)
	if !before.isRoot() && is(after.User, *before.User) {
		return nil
	}
	own := p.in.SecurityContext
	if own != nil && own.RunAsUser != nil && *own.RunAsUser != 0 {
		return []string{fmt.Sprintf("the user %d, chosen for it, is gone", *own.RunAsUser)}
	}
	if !after.isRoot() {
		return []string{fmt.Sprintf("runs as %d, and needs root", *after.User)}
	}
	var wrong []string
	if is(after.NonRoot, true) {
		wrong = append(wrong, "is root, with runAsNonRoot: true")
	}
	if c.podIsNonRoot() {
		sc := p.out.SecurityContext
		if sc == nil || !is(sc.RunAsUser, 0) || !is(sc.RunAsNonRoot, false) {
			wrong = append(wrong, "root is not explicit beside a pod that is non-root")
		}
	}
	if before.Group != nil && !is(after.Group, *before.Group) || before.Group == nil && after.Group != nil && *after.Group != 0 {
		wrong = append(wrong, "the group is not the one it had")
	}
	return wrong
}

func (c comparison) podIsNonRoot() bool {
	sc := c.out.pod.Spec.SecurityContext
	return sc != nil && (is(sc.RunAsNonRoot, true) || sc.RunAsUser != nil && *sc.RunAsUser != 0)
}
