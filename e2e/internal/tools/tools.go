// Package tools builds the programs the end-to-end tests run, from the same Go
// modules their makers release them from: no downloaded executable, and no
// version but the one named here.
//
// A build is kept in the user's cache folder under the tool's name and version
// and is made again only when it is missing, so raising a version here is all
// it takes to test against it. The Kubernetes programs take some minutes once.
package tools

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// The versions under test.
const (
	Helm3Version      = "v3.22.0"
	Helm4Version      = "v4.3.1"
	KustomizeVersion  = "v5.8.2"
	KubernetesVersion = "v1.37.2"
)

// A Tool is one program at one version.
type Tool struct {
	// Name is the program's file name.
	Name string
	// Version is its module's version.
	Version string
	// build writes the program to the file at out.
	build func(ctx context.Context, t Tool, out string) error
	// pkg is the Go package of the program.
	pkg string
}

// The programs that host datadog-harden, and the control plane that reads what
// they send.
var (
	Helm3                 = Tool{"helm", Helm3Version, installed, "helm.sh/helm/v3/cmd/helm"}
	Helm4                 = Tool{"helm", Helm4Version, installed, "helm.sh/helm/v4/cmd/helm"}
	Kustomize             = Tool{"kustomize", KustomizeVersion, installed, "sigs.k8s.io/kustomize/kustomize/v5"}
	KubeAPIServer         = Tool{"kube-apiserver", KubernetesVersion, kubernetes, "k8s.io/kubernetes/cmd/kube-apiserver"}
	KubeControllerManager = Tool{"kube-controller-manager", KubernetesVersion, kubernetes, "k8s.io/kubernetes/cmd/kube-controller-manager"}
)

// Path returns the path of the built tool, building it first when the cache
// does not have it. The error names the tool and carries the build's output.
func (t Tool) Path(ctx context.Context) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, t.Name+"-"+t.Version)
	path := filepath.Join(dir, executable(t.Name))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "building %s %s (once)\n", t.Name, t.Version)
	if err := t.buildInto(ctx, dir, path); err != nil {
		return "", fmt.Errorf("%s %s cannot be built: %w", t.Name, t.Version, err)
	}
	return path, nil
}

// buildInto builds beside path and renames, so that a build cut short, or
// another run building at the same time, never leaves half a program behind.
func (t Tool) buildInto(ctx context.Context, dir, path string) error {
	scratch, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	out := filepath.Join(scratch, filepath.Base(path))
	if err := t.build(ctx, t, out); err != nil {
		return err
	}
	return os.Rename(out, path)
}

// Build builds the program in the folder dir into the file out. It is never
// cached: this is for what is being tested.
func Build(ctx context.Context, dir, out string) error {
	if _, err := run(ctx, dir, nil, "go", "build", "-trimpath", "-o", out, "."); err != nil {
		return fmt.Errorf("%s cannot be built: %w", filepath.Base(out), err)
	}
	return nil
}

// Etcd finds etcd, the one program that comes from the system's packages.
func Etcd() (string, error) {
	path, err := exec.LookPath("etcd")
	if err != nil {
		return "", fmt.Errorf("etcd is not installed (Debian and Ubuntu: apt-get install etcd-server): %w", err)
	}
	return path, nil
}

// installed builds a program whose module can be installed by its version.
func installed(ctx context.Context, t Tool, out string) error {
	_, err := run(ctx, filepath.Dir(out), []string{"GOBIN=" + filepath.Dir(out)},
		"go", "install", "-trimpath", t.pkg+"@"+t.Version)
	return err
}

func cacheDir() (string, error) {
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "datadog-harden-e2e"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".cache", "datadog-harden-e2e"), nil
}

func executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// run runs a command and returns its standard output; its error carries what
// the command said.
func run(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	// A go.work above the cache is none of these builds' business.
	cmd.Env = append(append(os.Environ(), "GOWORK=off"), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		// Asked for JSON, go says what is wrong on standard output.
		return nil, fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, stderr.String(), stdout.String())
	}
	return stdout.Bytes(), nil
}
