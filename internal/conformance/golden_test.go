package conformance

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files and the bundled sample anew")

const (
	goldenDir  = "../../testdata/golden"
	sampleFile = "../../testdata/sample.yaml"
)

// golden are the renders whose hardened form is kept, for a person to read.
var golden = []struct {
	render string
	args   []string
}{
	{"default", nil},
	{"default", []string{"--remove-host-pid"}},
	{"agent-7.46", nil},
	{"logs", nil},
	{"windows", nil},
	{"autopilot-logs", nil},
	{"data-plane", []string{"--remove-host-pid"}},
	{"pod-security-policy", []string{"--remove-host-pid"}},
	{"sidecar", nil},
}

func renderNamed(t *testing.T, name string) []byte {
	t.Helper()
	i := slices.IndexFunc(renders, func(r render) bool { return r.name == name })
	if i < 0 {
		t.Fatalf("no render is called %s", name)
	}
	manifests, err := renders[i].manifests()
	if err != nil {
		t.Fatal(err)
	}
	return manifests
}

func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; go test -update writes it anew)\n%s", name, diff)
	}
}

// TestGolden compares what comes out with what a person has read.
func TestGolden(t *testing.T) {
	for _, g := range golden {
		name := g.render
		for _, arg := range g.args {
			name += arg
		}
		t.Run(name, func(t *testing.T) {
			out := harden(t, renderNamed(t, g.render), g.args)
			if out.status != 0 {
				t.Fatalf("exit status %d: %s", out.status, out.stderr)
			}
			compareGolden(t, filepath.Join(goldenDir, name+".yaml"), out.stdout)
		})
	}
}

// TestSample sees that the bundled sample is the chart as it is.
func TestSample(t *testing.T) {
	compareGolden(t, sampleFile, renderNamed(t, "default"))
}
