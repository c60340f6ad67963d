package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	kustomizeVersion = "v5.8.2"
	kustomizePackage = "sigs.k8s.io/kustomize/kustomize/v5"
	kept             = "bin/bench" // where what was built is kept for the next run
)

// kustomization patches every DaemonSet. A patch of this form is the quicker of
// the two that kustomize has: a strategic merge looks fields up in the schema
// of the Kubernetes API.
const kustomization = `resources: [render.yaml]
patches:
- target: {kind: DaemonSet}
  patch: |-
    - op: add
      path: /spec/template/spec/priorityClassName
      value: system-node-critical
`

// kustomize puts kustomize into the workspace, from the PATH or from an earlier
// run, or else by building it; and a kustomization of the render.
func (w *workspace) kustomize(ctx context.Context, render []byte) error {
	program, err := w.findKustomize(ctx)
	if err != nil {
		return fmt.Errorf("kustomize %s: %w", kustomizeVersion, err)
	}
	if err := os.Symlink(program, w.path("kustomize")); err != nil {
		return err
	}
	if err := os.Mkdir(w.path("patched"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(w.path("patched/render.yaml"), render, 0o644); err != nil {
		return err
	}
	return os.WriteFile(w.path("patched/kustomization.yaml"), []byte(kustomization), 0o644)
}

func (w *workspace) findKustomize(ctx context.Context) (string, error) {
	dir, err := filepath.Abs(kept)
	if err != nil {
		return "", err
	}
	built := filepath.Join(dir, "kustomize")
	for _, name := range []string{"kustomize", built} {
		path, err := exec.LookPath(name)
		if err == nil && isKustomize(ctx, path) {
			return filepath.Abs(path)
		}
	}
	w.say("building kustomize %s (once)", kustomizeVersion)
	install := exec.CommandContext(ctx, "go", "install", "-trimpath", kustomizePackage+"@"+kustomizeVersion)
	install.Env = append(os.Environ(), "GOBIN="+dir, "CGO_ENABLED=0")
	if _, err := output(install); err != nil {
		return "", err
	}
	return built, nil
}

// isKustomize says whether a program is kustomize in the version to compare with.
func isKustomize(ctx context.Context, path string) bool {
	version, err := output(exec.CommandContext(ctx, path, "version"))
	return err == nil && strings.TrimSpace(string(version)) == kustomizeVersion
}
