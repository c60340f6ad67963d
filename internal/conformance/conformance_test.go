package conformance

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// corpusVariable names a folder with more renders.
const corpusVariable = "DATADOG_HARDEN_CORPUS"

// TestChart runs every command line on every render of the chart in testdata.
func TestChart(t *testing.T) {
	for _, r := range renders {
		t.Run(r.name, func(t *testing.T) {
			manifests, err := r.manifests()
			if err != nil {
				t.Fatal(err)
			}
			conform(t, manifests)
		})
	}
}

// TestCorpus runs every command line on every file of the corpus, if there is one.
func TestCorpus(t *testing.T) {
	folder, set := os.LookupEnv(corpusVariable)
	if !set {
		t.Logf("%s is not set: the chart in testdata is all that is tested", corpusVariable)
		return
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("%s names a folder without manifests: %q", corpusVariable, folder)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			manifests, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			conform(t, manifests)
		})
	}
}

// TestDeterministic is section 4: the same input gives the same output, always.
func TestDeterministic(t *testing.T) {
	manifests, err := render{set: []string{"datadog.processAgent.enabled=true", "datadog.logs.enabled=true"}}.manifests()
	if err != nil {
		t.Fatal(err)
	}
	once := harden(t, manifests, nil)
	for range 20 {
		if other := harden(t, manifests, nil); !bytes.Equal(once.stdout, other.stdout) {
			t.Fatalf("two runs differ at byte %d", firstDifference(once.stdout, other.stdout))
		}
	}
}

// conform runs every command line on one stream.
func conform(t *testing.T, manifests []byte) {
	in, err := readStream(manifests)
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range commands {
		t.Run(cmd.name, func(t *testing.T) {
			o := harden(t, manifests, cmd.args)
			if needing := refused(in); cmd.removeHostPID && len(needing) > 0 {
				for _, what := range checkRefusal(needing, o) {
					t.Error(what)
				}
				return
			}
			if o.status != 0 {
				t.Fatalf("exit status %d: %s", o.status, o.stderr)
			}
			for _, f := range compareStreams(cmd, manifests, o.stdout) {
				t.Error(f)
			}
			again(t, cmd, o.stdout)
			logSize(t, in, o.stdout)
		})
	}
}

// again is section 4: hardening twice changes nothing.
func again(t *testing.T, cmd command, hardened []byte) {
	t.Helper()
	o := harden(t, hardened, cmd.args)
	if o.status != 0 {
		t.Errorf("hardening the output again: exit status %d: %s", o.status, o.stderr)
		return
	}
	if !bytes.Equal(hardened, o.stdout) {
		t.Errorf("hardening the output again changed it, at byte %d of %d", firstDifference(hardened, o.stdout), len(hardened))
	}
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func logSize(t *testing.T, in []document, hardened []byte) {
	t.Helper()
	if out, err := readStream(hardened); err == nil {
		t.Logf("the diff is %d lines", diffSize(in, out))
	}
}
