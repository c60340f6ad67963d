package conformance

import (
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// writtenFolders are what a container of Datadog's writes to, by section 2.6.
var writtenFolders = []string{"/tmp", "/var/log/datadog", "/opt/datadog-agent/run"}

const configFolder = "/etc/datadog-agent"

// checkReadOnlyRoot is the last trap of section 2.6.
func checkReadOnlyRoot(c comparison) []string {
	var wrong []string
	for _, p := range c.pairs() {
		before, after := is(effectiveOf(c.in, p.in).ReadOnlyRoot, true), is(effectiveOf(c.out, p.out).ReadOnlyRoot, true)
		switch {
		case after && !before:
			wrong = append(wrong, c.badReadOnlyRoot(p)...)
		case !after && c.wantsReadOnlyRoot(p):
			wrong = append(wrong, p.in.Name+": everything it writes can be a mount, and its root filesystem is writable")
		}
	}
	return wrong
}

// badReadOnlyRoot objects to a field that was added where something is written to the image.
func (c comparison) badReadOnlyRoot(p pair) []string {
	if !c.nodeAgent {
		return []string{p.in.Name + ": the profile has no read-only root filesystem"}
	}
	if p.need == notInTable {
		return []string{p.in.Name + ": a container not in the table became read-only"}
	}
	var wrong []string
	folders := writtenFolders
	if p.need == needsNothing {
		folders = append(slices.Clone(folders), configFolder)
	}
	for _, folder := range folders {
		if !hasWritable(p.out, folder) {
			wrong = append(wrong, fmt.Sprintf("%s: read-only, and %s is not a writable mount", p.in.Name, folder))
		}
	}
	return wrong
}

// wantsReadOnlyRoot says whether the transform must set the field: for an Agent
// whose author did not decide, where the configuration is a writable mount and
// the other folders are or can become one.
func (c comparison) wantsReadOnlyRoot(p pair) bool {
	sc := p.in.SecurityContext
	undecided := sc == nil || sc.ReadOnlyRootFilesystem == nil
	return undecided && c.nodeAgent && p.need == needsNothing && !p.init && !c.in.autopilot() && hasWritable(p.in, configFolder)
}

// hasWritable says whether a folder is in a writable mount: in the innermost of those it lies in.
func hasWritable(c corev1.Container, folder string) bool {
	innermost, writable := "", false
	for _, m := range c.VolumeMounts {
		at := path.Clean(m.MountPath)
		if (at == folder || strings.HasPrefix(folder, at+"/")) && len(at) > len(innermost) {
			innermost, writable = at, !m.ReadOnly
		}
	}
	return writable
}
