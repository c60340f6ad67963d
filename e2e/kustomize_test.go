package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/datadog-harden/datadog-harden/e2e/internal/cluster"
	"github.com/datadog-harden/datadog-harden/e2e/internal/tools"
)

// A way is one of kustomize's to run an executable.
type way struct {
	name string
	// annotations of the settings, indented for their place in them.
	annotations func(program string) string
	// env tells kustomize where to find the program.
	env func(t *testing.T, program string) []string
}

var ways = []way{
	{
		name: "KRM exec function",
		annotations: func(program string) string {
			return "  annotations:\n    config.kubernetes.io/function: |\n      exec:\n        path: " + program + "\n"
		},
		env: func(*testing.T, string) []string { return nil },
	},
	{
		// The program is found by the settings' apiVersion and kind.
		name:        "legacy exec plugin",
		annotations: func(string) string { return "" },
		env: func(t *testing.T, program string) []string {
			home := t.TempDir()
			dir := filepath.Join(home, "datadog-harden", "v1", "datadoghardening")
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(program, filepath.Join(dir, "DatadogHardening")); err != nil {
				t.Fatal(err)
			}
			return []string{"KUSTOMIZE_PLUGIN_HOME=" + home}
		},
	},
}

// TestKustomize builds the chart's manifests with datadog-harden as a
// transformer, and compares with the filter on what kustomize builds without.
func TestKustomize(t *testing.T) {
	rendered := renderedChart(t, "")
	tests := []struct {
		name string
		spec string
		args []string
	}{
		{"no settings", "", nil},
		{"settings", "spec:\n  profile: compatible\n", []string{"--profile=compatible"}},
	}
	for _, way := range ways {
		for _, tt := range tests {
			t.Run(way.name+"/"+tt.name, func(t *testing.T) {
				plain := must(kustomize(t, way, rendered, "", nil))(t)
				want := objects(t, harden(t, plain, tt.args...))
				if cmp.Equal(objects(t, plain), want) {
					t.Fatal("the chart comes out of datadog-harden as it went in")
				}

				got := must(kustomize(t, way, rendered, tt.spec, transformers))(t)

				// Nothing else differs either: kustomize's own annotations are
				// gone, and the user's are there.
				if diff := cmp.Diff(want, objects(t, got)); diff != "" {
					t.Errorf("not as the filter writes it (-filter +kustomize):\n%s", diff)
				}
			})
		}
	}
}

// TestKustomizeRefusal asks that a user learns why a build fails.
func TestKustomizeRefusal(t *testing.T) {
	tests := []struct {
		name  string
		set   string
		spec  string
		wants []string
	}{
		{"a feature needs hostPID", "datadog.securityAgent.compliance.enabled=true", "spec:\n  removeHostPID: true\n", reasons},
		{"an unknown field", "", "spec:\n  profiel: compatible\n", []string{"profiel", "profile"}},
		{"an unknown profile", "", "spec:\n  profile: paranoid\n", []string{"paranoid", "recommended"}},
	}
	for _, way := range ways {
		for _, tt := range tests {
			t.Run(way.name+"/"+tt.name, func(t *testing.T) {
				out, err := kustomize(t, way, renderedChart(t, tt.set), tt.spec, transformers)
				if err == nil {
					t.Fatal("kustomize is content")
				}
				if len(out) > 0 {
					t.Errorf("manifests were written all the same:\n%s", out)
				}
				requireText(t, "standard error", err.Error(), tt.wants...)
			})
		}
	}
}

// transformers is what a kustomization says to use the settings beside it.
var transformers = []string{"transformers:", "- harden.yaml"}

// kustomize builds manifests the given way, with lines added to the
// kustomization. Its error carries standard error.
func kustomize(t *testing.T, way way, manifests []byte, spec string, lines []string) ([]byte, error) {
	t.Helper()
	program := hardenPath(t)
	dir := t.TempDir()
	files := map[string]string{
		"manifests.yaml":     string(manifests),
		"harden.yaml":        "apiVersion: datadog-harden/v1\nkind: DatadogHardening\nmetadata:\n  name: e2e\n" + way.annotations(program) + spec,
		"kustomization.yaml": strings.Join(append([]string{"resources:", "- manifests.yaml"}, lines...), "\n") + "\n",
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), toolPath(t, tools.Kustomize), "build", "--enable-alpha-plugins", "--enable-exec", dir)
	cmd.Env = append(os.Environ(), way.env(t, program)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.Bytes(), &failure{err, stderr.String()}
	}
	return stdout.Bytes(), nil
}

// failure is a command's error with what the command said.
type failure struct {
	err    error
	stderr string
}

func (f *failure) Error() string { return f.err.Error() + "\n" + f.stderr }

// renderedChart is the chart's manifests, without hooks, which kustomize knows
// nothing of.
func renderedChart(t *testing.T, set string) []byte {
	t.Helper()
	h := newHelm(t, tools.Helm3, "default")
	return []byte(h.ok(t, "template", "datadog", chartPath(t), "--no-hooks", "--set", set))
}

// objects are the objects among manifests, by kind and name.
func objects(t *testing.T, manifests []byte) map[string]any {
	t.Helper()
	found := map[string]any{}
	for _, doc := range must(cluster.Documents(manifests))(t) {
		found[doc.String()] = doc.Object.Object
	}
	return found
}
