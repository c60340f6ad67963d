package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"

	"github.com/datadog-harden/datadog-harden/e2e/internal/tools"
)

// keys are a throw-away PGP key, in the forms that are asked for.
type keys struct {
	armoured string // for the release
	secret   string // a keyring, for `helm plugin package --sign`
	public   string // a keyring, for `helm plugin install`
}

const signer = "datadog-harden e2e"

func newKeys(t *testing.T) keys {
	t.Helper()
	entity := must(openpgp.NewEntity(signer, "", "e2e@example.com", nil))(t)
	var armoured, secret, public bytes.Buffer
	w := must(armor.Encode(&armoured, openpgp.PrivateKeyType, nil))(t)
	err := errors.Join(entity.SerializePrivate(w, nil), w.Close(), entity.SerializePrivate(&secret, nil), entity.Serialize(&public))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	k := keys{filepath.Join(dir, "key.asc"), filepath.Join(dir, "secring.gpg"), filepath.Join(dir, "pubring.gpg")}
	for name, text := range map[string][]byte{k.armoured: armoured.Bytes(), k.secret: secret.Bytes(), k.public: public.Bytes()} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// newRelease makes a release of the sources in a folder for this machine, and
// returns the folder and the plugin's archive in it.
func newRelease(t *testing.T, source string, args ...string) (dir, archive string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "dist")
	args = append([]string{"run", "./internal/release", "-out", dir, "-bom=false", "-platforms", runtime.GOOS + "/" + runtime.GOARCH}, args...)
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = source
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	found := must(filepath.Glob(filepath.Join(dir, "*.tgz")))(t)
	if len(found) != 1 {
		t.Fatalf("archives: %v", found)
	}
	return dir, found[0]
}

// TestReleaseInstall installs the archive of a release as users do, with the
// verification that Helm 4 does unless told otherwise.
func TestReleaseInstall(t *testing.T) {
	k := newKeys(t)
	_, archive := newRelease(t, suite.root, "-key", k.armoured)

	t.Run("verified", func(t *testing.T) {
		h := newHelm(t, tools.Helm4, "default")
		requireText(t, "helm", h.ok(t, "plugin", "install", "--keyring", k.public, archive), "Signed by: "+signer, "Plugin Hash Verified")
		requirePostRenderer(t, h)
	})
	t.Run("packaged by Helm", func(t *testing.T) {
		h := newHelm(t, tools.Helm4, "default")
		dir, out := unpack(t, archive), t.TempDir()
		h.ok(t, "plugin", "package", "--sign", "--key", signer, "--keyring", k.secret, "--destination", out, dir)
		packaged := must(filepath.Glob(filepath.Join(out, "*.tgz")))(t)
		requireText(t, "helm", h.ok(t, "plugin", "install", "--keyring", k.public, packaged[0]), "Signed by: "+signer)
		requirePostRenderer(t, h)
	})
	t.Run("signed by someone else", func(t *testing.T) {
		requireNoInstall(t, "--keyring", newKeys(t).public, archive)
	})
	t.Run("tampered with", func(t *testing.T) {
		other := filepath.Join(t.TempDir(), filepath.Base(archive))
		for _, suffix := range []string{"", ".prov"} {
			text := must(os.ReadFile(archive + suffix))(t)
			if suffix == "" {
				text = append(text, 0)
			}
			if err := os.WriteFile(other+suffix, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		requireNoInstall(t, "--keyring", k.public, other)
	})
}

// TestReleaseReproducible makes a release of the same commit twice, in two
// places and with two settings of Go, as machines differ.
func TestReleaseReproducible(t *testing.T) {
	first, _ := newRelease(t, clone(t), "-bom")
	t.Setenv("CGO_ENABLED", "0")
	t.Setenv("GOAMD64", "v2")
	t.Setenv("GOARM64", "v8.1")
	second, _ := newRelease(t, clone(t), "-bom")
	entries := must(os.ReadDir(first))(t)
	if len(entries) != 4 {
		t.Errorf("expected an executable, an archive, a bill of materials and checksums, found %v", entries)
	}
	for _, e := range entries {
		if !bytes.Equal(must(os.ReadFile(filepath.Join(first, e.Name())))(t), must(os.ReadFile(filepath.Join(second, e.Name())))(t)) {
			t.Errorf("%s is not the same the second time", e.Name())
		}
	}
}

// requirePostRenderer asks that the installed plugin delivers what the filter
// writes.
func requirePostRenderer(t *testing.T, h *helm) {
	t.Helper()
	requirePlugin(t, h)
	rendered := []byte(h.ok(t, "template", "datadog", chartPath(t)))
	postRendered := []byte(h.ok(t, "template", "datadog", chartPath(t), "--post-renderer", pluginName))
	requireDifference(t, securityIn(t, rendered), securityIn(t, postRendered))
	requireSecurity(t, securityIn(t, harden(t, rendered)), securityIn(t, postRendered))
}

func requireNoInstall(t *testing.T, args ...string) {
	t.Helper()
	h := newHelm(t, tools.Helm4, "default")
	out := h.run(t, append([]string{"plugin", "install"}, args...)...)
	requireFailure(t, out.err)
	requireText(t, "standard error", out.stderr, "verification failed")
	if list := h.ok(t, "plugin", "list"); strings.Contains(list, pluginName) {
		t.Errorf("installed all the same:\n%s", list)
	}
}

// unpack returns the plugin's folder out of an archive.
func unpack(t *testing.T, archive string) string {
	t.Helper()
	zip := must(gzip.NewReader(bytes.NewReader(must(os.ReadFile(archive))(t))))(t)
	dir := t.TempDir()
	for files := tar.NewReader(zip); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return filepath.Join(dir, pluginName)
		}
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, filepath.FromSlash(header.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, must(io.ReadAll(files))(t), os.FileMode(header.Mode)); err != nil {
			t.Fatal(err)
		}
	}
}
