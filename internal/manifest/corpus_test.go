package manifest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/datadog-harden/datadog-harden/internal/manifest"
)

// TestCorpus sees that no document of the renders of real charts has to be
// serialized anew: each is edited in place. The renders are those of the folder
// that DATADOG_HARDEN_CORPUS names; the project's own sample is always one.
func TestCorpus(t *testing.T) {
	files := []string{"../../testdata/sample.yaml"}
	if dir := os.Getenv("DATADOG_HARDEN_CORPUS"); dir != "" {
		more, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil || len(more) == 0 {
			t.Fatalf("no renders in %s: %v", dir, err)
		}
		files = append(files, more...)
	}
	var total manifest.Stats
	for _, name := range files {
		in, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, result, err := hardened(in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		total.Documents += result.Stats.Documents
		total.Parsed += result.Stats.Parsed
		total.Changed += result.Stats.Changed
		if result.Stats.Reserialized > 0 {
			t.Errorf("%s: %d documents were serialized anew", name, result.Stats.Reserialized)
		}
	}
	t.Logf("%d renders: %d documents, %d parsed, %d changed, none serialized anew", len(files), total.Documents, total.Parsed, total.Changed)
	if total.Changed == 0 {
		t.Error("nothing was changed: the counter counts nothing")
	}
}

// TestReserialized sees that the counter counts.
func TestReserialized(t *testing.T) {
	const flow = "apiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: {datadoghq.com/x: y}}\nspec: {hostPID: true, containers: [{name: agent}]}\n"
	_, result, err := hardened([]byte(flow))
	if err != nil || result.Stats != (manifest.Stats{Documents: 1, Parsed: 1, Changed: 1, Reserialized: 1}) {
		t.Errorf("error %v, %+v", err, result.Stats)
	}
}
