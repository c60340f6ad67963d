package conformance

import (
	"bytes"
	"errors"
	"fmt"
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
