package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// built is the program under test, or the reason there is none.
var built struct {
	path string
	err  error
}

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	folder, err := os.MkdirTemp("", "conformance")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	built.path = filepath.Join(folder, "datadog-harden")
	if output, err := exec.Command("go", "build", "-o", built.path, "../..").CombinedOutput(); err != nil {
		built.err = fmt.Errorf("building the program: %w\n%s", err, output)
	}
	return m.Run()
}

// TestSources opens every file that the program is built from. The go command
// remembers which files a test opens, and runs the tests again when one has
// changed: it cannot know what a command run by a test reads.
func TestSources(t *testing.T) {
	err := filepath.WalkDir("../..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if entry != nil && entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "e2e" || entry.Name() == "bin") {
				return filepath.SkipDir
			}
			return err
		}
		if ext := filepath.Ext(name); ext != ".go" && ext != ".html" && ext != ".mod" {
			return nil
		}
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		return file.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// outcome is what one run of the program left behind.
type outcome struct {
	stdout, stderr []byte
	status         int
}

// harden runs the program on a stream of manifests.
func harden(t *testing.T, input []byte, args []string) outcome {
	t.Helper()
	if built.err != nil {
		t.Fatal(built.err)
	}
	var stdout, stderr bytes.Buffer
	program := exec.Command(built.path, args...)
	program.Stdin, program.Stdout, program.Stderr = bytes.NewReader(input), &stdout, &stderr
	err := program.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{stdout.Bytes(), stderr.Bytes(), program.ProcessState.ExitCode()}
}
