package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const kubernetesModule = "k8s.io/kubernetes"

// kubernetes builds one of Kubernetes' own programs. Their module cannot be
// installed by version, since it replaces its k8s.io/* modules with folders of
// its repository; a scratch module that replaces each by its release builds the
// same code.
func kubernetes(ctx context.Context, t Tool, out string) error {
	module := filepath.Join(filepath.Dir(out), "module")
	if err := os.Mkdir(module, 0o755); err != nil {
		return err
	}
	staging, err := stagingModules(ctx, module, t.Version)
	if err != nil {
		return err
	}
	goMod := scratchModule(t.Version, staging)
	if err := os.WriteFile(filepath.Join(module, "go.mod"), []byte(goMod), 0o644); err != nil {
		return err
	}
	_, err = run(ctx, module, nil, "go", "build", "-mod=mod", "-trimpath",
		"-ldflags", "-s -w "+versionFlags(t.Version), "-o", out, t.pkg)
	return err
}

// stagingModules lists the modules that Kubernetes' go.mod replaces with
// folders.
func stagingModules(ctx context.Context, dir, version string) ([]string, error) {
	downloaded, err := run(ctx, dir, nil, "go", "mod", "download", "-json", kubernetesModule+"@"+version)
	if err != nil {
		return nil, err
	}
	var download struct{ GoMod string }
	if err := json.Unmarshal(downloaded, &download); err != nil {
		return nil, err
	}
	edited, err := run(ctx, dir, nil, "go", "mod", "edit", "-json", download.GoMod)
	if err != nil {
		return nil, err
	}
	var file struct {
		Replace []struct{ Old, New struct{ Path string } }
	}
	if err := json.Unmarshal(edited, &file); err != nil {
		return nil, err
	}
	var modules []string
	for _, r := range file.Replace {
		if strings.HasPrefix(r.New.Path, "./staging/") {
			modules = append(modules, r.Old.Path)
		}
	}
	return modules, nil
}

func scratchModule(version string, staging []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "module scratch\n\ngo 1.26.0\n\nrequire %s %s\n\nreplace (\n", kubernetesModule, version)
	for _, m := range staging {
		fmt.Fprintf(&b, "\t%s => %s %s\n", m, m, stagingVersion(version))
	}
	b.WriteString(")\n")
	return b.String()
}

// stagingVersion is the version under which Kubernetes v1.x.y releases its
// modules: v0.x.y.
func stagingVersion(version string) string {
	return "v0" + strings.TrimPrefix(version, "v1")
}

// versionFlags tells the program its version, which otherwise only a build from
// the repository knows.
func versionFlags(version string) string {
	const pkg = "k8s.io/component-base/version."
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	return fmt.Sprintf("-X %sgitVersion=%s -X %sgitMajor=%s -X %sgitMinor=%s", pkg, version, pkg, parts[0], pkg, parts[1])
}
