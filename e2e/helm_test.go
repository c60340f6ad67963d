package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"github.com/datadog-harden/datadog-harden/e2e/internal/tools"
)

// A helm is one version of Helm with a home of its own, working in one
// namespace.
type helm struct {
	path string
	// home holds all that Helm, and what it runs, may write.
	home string
	env  []string
}

// An output is what a command said, and how it ended.
type output struct {
	stdout, stderr string
	err            error
}

// newHelm isolates a Helm: nothing the user has set for Helm or has installed
// in it counts, and nothing here is seen by the user's own.
func newHelm(t *testing.T, tool tools.Tool, namespace string) *helm {
	t.Helper()
	home := t.TempDir()
	h := &helm{path: toolPath(t, tool), home: home}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "HELM_") && !strings.HasPrefix(v, "KUBE") && !strings.HasPrefix(v, "DATADOG_HARDEN_") {
			h.env = append(h.env, v)
		}
	}
	h.env = append(h.env,
		"HELM_CACHE_HOME="+filepath.Join(home, "cache"),
		"HELM_CONFIG_HOME="+filepath.Join(home, "config"),
		"HELM_DATA_HOME="+filepath.Join(home, "data"),
		"HELM_NAMESPACE="+namespace,
		"KUBECONFIG="+must(suite.controlPlane())(t).Kubeconfig,
		// Plugins may build themselves when they are installed, which need not
		// begin with an empty cache.
		"GOCACHE="+goCache(t),
		"XDG_CACHE_HOME="+h.userCache(),
	)
	return h
}

// userCache is the user's cache folder, as the programs under test see it.
func (h *helm) userCache() string { return filepath.Join(h.home, "user-cache") }

// run runs Helm as a CI job would: without a terminal, and in a session of its
// own, so that whoever runs the tests in one is not written to.
func (h *helm) run(t *testing.T, args ...string) output {
	t.Helper()
	cmd := h.command(t, args)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	return output{stdout.String(), stderr.String(), err}
}

// ok runs Helm and ends the test when Helm fails.
func (h *helm) ok(t *testing.T, args ...string) string {
	t.Helper()
	out := h.run(t, args...)
	if out.err != nil {
		t.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), out.err, out.stderr)
	}
	return out.stdout
}

// onTerminal runs Helm as a person would, and returns what that person sees.
func (h *helm) onTerminal(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := h.command(t, args)
	// Start gives the command a session of its own with the terminal in
	// control of it.
	screen, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	var seen bytes.Buffer
	// The read ends in an error when the last program on the terminal is gone.
	_, _ = seen.ReadFrom(screen)
	return strings.ReplaceAll(seen.String(), "\r\n", "\n"), cmd.Wait()
}

func (h *helm) command(t *testing.T, args []string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), h.path, args...)
	cmd.Env = h.env
	cmd.Dir = h.home
	return cmd
}

func goCache(t *testing.T) string {
	t.Helper()
	out := must(exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output())(t)
	return strings.TrimSpace(string(out))
}
