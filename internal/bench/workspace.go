package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// packages are the programs that are built to be measured, in the folder of the
// repository.
var packages = map[string]string{
	"datadog-harden": ".",
	"empty":          "./internal/bench/empty",
	"roundtrip":      "./internal/bench/roundtrip",
	"kyaml":          "./internal/bench/kyaml",
	"transform":      "./internal/bench/transform",
	"pss":            "./internal/bench/pss",
}

// workspace is a temporary folder with the programs and what they read.
type workspace struct {
	dir       string
	hyperfine string // the program
	runs      int    // of each command, in each round
	progress  io.Writer
}

func newWorkspace(runs int, progress io.Writer) (*workspace, error) {
	hyperfine, err := findHyperfine()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "datadog-harden-bench-")
	if err != nil {
		return nil, err
	}
	return &workspace{dir, hyperfine, runs, progress}, nil
}

func (w *workspace) remove() { os.RemoveAll(w.dir) }

func (w *workspace) path(name string) string { return filepath.Join(w.dir, name) }

func (w *workspace) say(format string, args ...any) {
	fmt.Fprintf(w.progress, format+"\n", args...)
}

// build builds programs into the folder, as a release is built.
func (w *workspace) build(ctx context.Context, names ...string) error {
	for _, name := range names {
		w.say("building %s", name)
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", w.path(name), packages[name])
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if _, err := output(build); err != nil {
			return fmt.Errorf("%s cannot be built: %w", name, err)
		}
	}
	return nil
}

// output runs a command for its standard output. Its error says what the
// command said on standard error.
func output(c *exec.Cmd) ([]byte, error) {
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", filepath.Base(c.Path), err, said.Bytes())
	}
	return out.Bytes(), nil
}
