package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The chart with compliance on, whose hostPID is to go all the same: what
// datadog-harden refuses.
var refused = []string{"--set", "datadog.securityAgent.compliance.enabled=true", "--post-renderer-args", "--remove-host-pid"}

// reasons are what a user must be able to read about it: what is in the way,
// and the way out.
var reasons = []string{"hostPID cannot be removed", "compliance", "--accept-degraded=compliance"}

// TestRefusal asks what a user learns when a chart is refused, and that
// nothing is installed then.
func TestRefusal(t *testing.T) {
	for _, host := range hosts {
		t.Run(host.name, func(t *testing.T) {
			release := host.namespace + "-refusal"
			client := newClient(t)
			newNamespace(t, client, release, nil)
			h, postRenderer := host.new(t, release)
			install := append([]string{"install", release, chartPath(t), "--post-renderer", postRenderer}, refused...)

			t.Run("on a terminal", func(t *testing.T) {
				screen, err := h.onTerminal(t, install...)
				requireFailure(t, err)
				requireText(t, "the terminal", screen, append([]string{"INSTALLATION FAILED"}, reasons...)...)
				requireNothing(t, client, release)
			})

			t.Run("without a terminal", func(t *testing.T) {
				out := h.run(t, install...)
				requireFailure(t, out.err)
				requireText(t, "standard error", out.stderr, "INSTALLATION FAILED")
				where, text := whereReasonsAre(t, h, host, out)
				requireText(t, where, text, reasons...)
				requireNothing(t, client, release)
			})
		})
	}
}

// TestRefusedUpgrade asks that a refusal leaves what runs as it is.
func TestRefusedUpgrade(t *testing.T) {
	for _, host := range hosts {
		t.Run(host.name, func(t *testing.T) {
			release := host.namespace + "-refused-upgrade"
			client := newClient(t)
			newNamespace(t, client, release, nil)
			h, postRenderer := host.new(t, release)
			h.ok(t, "install", release, chartPath(t), "--post-renderer", postRenderer)
			before := securityInCluster(t, client, release)

			out := h.run(t, append([]string{"upgrade", release, chartPath(t), "--post-renderer", postRenderer}, refused...)...)

			requireFailure(t, out.err)
			requireSecurity(t, before, securityInCluster(t, client, release))
		})
	}
}

// whereReasonsAre finds what a CI job can show its user. Helm 3 hands on what a
// post-renderer writes to standard error. Helm 4 throws that away, and without
// a terminal a file is what is left.
func whereReasonsAre(t *testing.T, h *helm, host host, out output) (where, text string) {
	t.Helper()
	if !host.swallows {
		return "standard error", out.stderr
	}
	path := filepath.Join(h.userCache(), "datadog-harden", "last-error.txt")
	return path, string(must(os.ReadFile(path))(t))
}

func requireFailure(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("helm is content")
	}
}

func requireText(t *testing.T, where, text string, parts ...string) {
	t.Helper()
	t.Logf("%s:\n%s", where, text)
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s does not say %q", where, part)
		}
	}
}
