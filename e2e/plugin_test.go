package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/datadog-harden/datadog-harden/e2e/internal/tools"
)

// pluginName is what a Helm 4 user gives to --post-renderer.
const pluginName = "datadog-harden"

// clone makes a fresh clone of the repository as it is committed, which is all
// that a user who installs the plugin from it gets.
func clone(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), pluginName)
	cmd := exec.CommandContext(t.Context(), "git", "clone", "--quiet", "file://"+suite.root, dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git clone: %v\n%s", err, out)
	}
	return dir
}

// newHelm4 is a Helm 4 with the plugin installed from a clone.
func newHelm4(t *testing.T, namespace string) *helm {
	t.Helper()
	h := newHelm(t, tools.Helm4, namespace)
	h.ok(t, "plugin", "install", clone(t))
	return h
}

func TestHelm4PluginInstall(t *testing.T) {
	tests := []struct {
		name string
		args func(clone string) []string
		// updates tells whether Helm can update what it installed so.
		updates bool
	}{
		// Helm links to the folder.
		{"folder of a clone", func(clone string) []string { return []string{clone} }, false},
		// Helm makes its own clone. It verifies nothing but archives, and
		// refuses to install anything else from elsewhere while it should.
		{"address of a repository", func(clone string) []string { return []string{"--verify=false", "file://" + clone} }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHelm(t, tools.Helm4, "default")
			h.ok(t, append([]string{"plugin", "install"}, tt.args(clone(t))...)...)

			requirePlugin(t, h)
			if tt.updates {
				h.ok(t, "plugin", "update", pluginName)
			}
			rendered := []byte(h.ok(t, "template", "datadog", chartPath(t)))
			postRendered := []byte(h.ok(t, "template", "datadog", chartPath(t), "--post-renderer", pluginName))
			requireDifference(t, securityIn(t, rendered), securityIn(t, postRendered))
			requireSecurity(t, securityIn(t, harden(t, rendered)), securityIn(t, postRendered))

			h.ok(t, "plugin", "uninstall", pluginName)
			if list := h.ok(t, "plugin", "list"); strings.Contains(list, pluginName) {
				t.Errorf("uninstalled, the plugin is still there:\n%s", list)
			}
		})
	}
}

// TestHelm3BesideHelm4 asks what the plugin does to a Helm 3 that shares Helm 4's
// folders, which is how they are used on one machine: Helm 3 does not know such
// plugins, says so each time, and works.
func TestHelm3BesideHelm4(t *testing.T) {
	shared := newHelm4(t, "default")
	h := newHelm(t, tools.Helm3, "default")
	h.env = shared.env

	out := h.run(t, "template", "datadog", chartPath(t), "--post-renderer", hardenPath(t))

	if out.err != nil {
		t.Fatalf("%v\n%s", out.err, out.stderr)
	}
	requireText(t, "standard error", out.stderr, "failed to load plugins", `unknown field "apiVersion"`)
}

func requirePlugin(t *testing.T, h *helm) {
	t.Helper()
	const kind = "postrenderer/v1"
	for line := range strings.Lines(h.ok(t, "plugin", "list")) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[0] == pluginName && fields[2] == kind {
			return
		}
	}
	t.Fatalf("helm plugin list has no %s of type %s", pluginName, kind)
}
