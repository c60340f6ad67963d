package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// build builds the program. What the repository's history would add to it
// (-buildvcs) says nothing that the version does not, and a source archive has
// none.
func (r *release) build(ctx context.Context, p platform, binary string) error {
	out, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	env := []string{"CGO_ENABLED=0", "GOOS=" + p.os, "GOARCH=" + p.arch, "GOFLAGS=-mod=readonly", "GOWORK=off", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT="}
	_, err = command(ctx, r.source, env, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -buildid= -X main.version="+r.version, "-o", out, ".")
	return err
}

// bomTool writes bills of materials from what Go records in an executable.
const bomTool = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"

func (r *release) bill(ctx context.Context, binary, out string) error {
	bill, err := command(ctx, "", []string{"GOFLAGS="}, "go", "run", "-trimpath", bomTool, "bin", "-json", "-std",
		"-noserial", "-notimestamp", "-version", "v"+r.version, binary)
	if err != nil {
		return err
	}
	if bill, err = withoutToolHashes(bill); err != nil {
		return fmt.Errorf("bill of materials: %w", err)
	}
	return os.WriteFile(out, bill, 0o644)
}

// withoutToolHashes takes from a bill of materials the hashes of the executable
// of the tool that wrote it, which is not the same on each machine: with a C
// compiler and without, for one processor and for another.
func withoutToolHashes(bill []byte) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(bill, &document); err != nil {
		return nil, err
	}
	metadata, _ := document["metadata"].(map[string]any)
	tools, ok := metadata["tools"].([]any)
	if !ok {
		return nil, errors.New("metadata.tools is no list")
	}
	for _, tool := range tools {
		if tool, ok := tool.(map[string]any); ok {
			delete(tool, "hashes")
		}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(document)
	return out.Bytes(), err
}

// command runs a command and returns its standard output; its error carries
// what the command said.
func command(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %v: %w\n%s", name, args, err, stderr.String())
	}
	return stdout.Bytes(), nil
}
