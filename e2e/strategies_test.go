package e2e

import (
	"maps"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPostRenderStrategies gives the plugin the hooks in each way Helm 4 has.
// Where they come alone, the stream may have nothing to harden in it, which is
// no error.
func TestPostRenderStrategies(t *testing.T) {
	charts := []struct {
		name string
		path string
	}{
		{"hooks to harden", chartPath(t)},
		{"hooks of no concern", filepath.Join(suite.root, "testdata", "chart")},
	}
	strategies := []struct {
		name  string
		hooks bool
	}{
		{"combined", true},
		{"separate", true},
		{"nohooks", false},
	}
	h := newHelm4(t, "default")
	for _, chart := range charts {
		rendered := []byte(h.ok(t, "template", "datadog", chart.path))
		before, after := securityIn(t, rendered), securityIn(t, harden(t, rendered))
		requireDifference(t, before, after)
		for _, strategy := range strategies {
			t.Run(chart.name+"/"+strategy.name, func(t *testing.T) {
				want := maps.Clone(after)
				if !strategy.hooks {
					maps.Copy(want, jobsIn(t, rendered))
				}
				requireSecurity(t, want, securityIn(t, withStrategy(t, h, strategy.name, chart.path)))
			})
		}
	}
}

// withStrategy renders a chart as Helm 4 does with a strategy.
func withStrategy(t *testing.T, h *helm, strategy, chart string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), must(suite.strategies())(t), strategy, chart, "datadog", pluginName)
	cmd.Env = h.env
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	return []byte(stdout.String())
}
