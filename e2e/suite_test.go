package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/datadog-harden/datadog-harden/e2e/internal/cluster"
	"github.com/datadog-harden/datadog-harden/e2e/internal/controlplane"
	"github.com/datadog-harden/datadog-harden/e2e/internal/tools"
)

// suite is what all tests share: the part that is dear is made once, when a
// test first asks.
var suite struct {
	// dir is a temporary folder that lasts as long as the tests.
	dir string
	// root is the repository.
	root string

	harden       func() (string, error)
	strategies   func() (string, error)
	chart        func() (string, error)
	controlPlane func() (*controlplane.ControlPlane, error)
	running      atomic.Pointer[controlplane.ControlPlane]
}

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("skipped: to build and to run Kubernetes is not short")
		return
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	var err error
	if suite.root, err = filepath.Abs(".."); err != nil {
		return 0, err
	}
	if suite.dir, err = os.MkdirTemp("", "datadog-harden-e2e-"); err != nil {
		return 0, err
	}
	// All temporary files, the tests' own and the programs', go the same way.
	if err := os.Setenv("TMPDIR", suite.dir); err != nil {
		return 0, err
	}
	suite.harden = sync.OnceValues(built("datadog-harden", suite.root))
	suite.strategies = sync.OnceValues(built("strategies", "strategies"))
	suite.chart = sync.OnceValues(copyChart)
	suite.controlPlane = sync.OnceValues(startControlPlane)

	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-interrupted
		_ = cleanUp()
		os.Exit(1)
	}()
	code := m.Run()
	return code, cleanUp()
}

// cleanUp leaves nothing behind: no process and no file.
func cleanUp() error {
	if cp := suite.running.Swap(nil); cp != nil {
		cp.Stop()
	}
	return os.RemoveAll(suite.dir)
}

// built builds the program in a folder.
func built(name, dir string) func() (string, error) {
	return func() (string, error) {
		out := filepath.Join(suite.dir, "bin", name)
		return out, tools.Build(context.Background(), dir, out)
	}
}

// copyChart adds to the project's chart a hook that has something to harden.
func copyChart() (string, error) {
	chart := filepath.Join(suite.dir, "chart")
	if err := os.CopyFS(chart, os.DirFS(filepath.Join(suite.root, "testdata", "chart"))); err != nil {
		return "", err
	}
	hook, err := os.ReadFile(filepath.Join("testdata", "hook.yaml"))
	if err != nil {
		return "", err
	}
	return chart, os.WriteFile(filepath.Join(chart, hookTemplate), hook, 0o644)
}

func startControlPlane() (*controlplane.ControlPlane, error) {
	ctx := context.Background()
	etcd, etcdErr := tools.Etcd()
	apiServer, apiServerErr := tools.KubeAPIServer.Path(ctx)
	manager, managerErr := tools.KubeControllerManager.Path(ctx)
	if err := errors.Join(etcdErr, apiServerErr, managerErr); err != nil {
		return nil, err
	}
	dir := filepath.Join(suite.dir, "control-plane")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	cp, err := controlplane.Start(ctx, dir, controlplane.Programs{Etcd: etcd, APIServer: apiServer, ControllerManager: manager})
	suite.running.Store(cp)
	return cp, err
}

// must returns what it is given unless that comes with an error, which ends the
// test.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// hardenPath is the path of the program under test.
func hardenPath(t *testing.T) string {
	t.Helper()
	return must(suite.harden())(t)
}

func toolPath(t *testing.T, tool tools.Tool) string {
	t.Helper()
	return must(tool.Path(t.Context()))(t)
}

// newClient returns a client of the control plane that all tests share.
func newClient(t *testing.T) *cluster.Client {
	t.Helper()
	return must(cluster.NewClient(must(suite.controlPlane())(t)))(t)
}

// chartPath is the path of the chart that the tests install: the project's own,
// in the shape of Datadog's, with one more hook.
func chartPath(t *testing.T) string {
	t.Helper()
	return must(suite.chart())(t)
}

// harden runs datadog-harden as a filter.
func harden(t *testing.T, manifests []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), hardenPath(t), args...)
	cmd.Stdin = strings.NewReader(string(manifests))
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("datadog-harden %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return []byte(stdout.String())
}
