package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPack(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "from")
	if err := os.WriteFile(from, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1700000000, 0).UTC()
	members := []member{{"LICENSE", from, 0o644}, {"bin/x", from, 0o755}}
	packed, err := pack(members, at)
	if err != nil {
		t.Fatal(err)
	}

	// The file's own time and mode are not in it.
	if err := errors.Join(os.Chtimes(from, time.Now(), time.Now().Add(time.Hour)), os.Chmod(from, 0o640)); err != nil {
		t.Fatal(err)
	}
	if again, err := pack(members, at); err != nil || !bytes.Equal(packed, again) {
		t.Errorf("packed again, the archive is another: %v", err)
	}

	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for files := tar.NewReader(zip); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !h.ModTime.Equal(at) || h.Uid != 0 || h.Uname != "" {
			t.Errorf("%s has %v, %d, %q", h.Name, h.ModTime, h.Uid, h.Uname)
		}
		got = append(got, h.FileInfo().Mode().String()+" "+h.Name)
	}
	want := []string{"-rw-r--r-- datadog-harden/LICENSE", "-rwxr-xr-x datadog-harden/bin/x"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestChoose(t *testing.T) {
	if got, err := choose(""); err != nil || len(got) != len(platforms) {
		t.Errorf("all: %v, %v", got, err)
	}
	got, err := choose("windows/arm64,linux/amd64")
	if want := []platform{{"windows", "arm64"}, {"linux", "amd64"}}; err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := choose("plan9/386"); err == nil || !strings.Contains(err.Error(), "linux/amd64") {
		t.Errorf("unknown: %v", err)
	}
}

// TestVersion sees that the release finds the repository's own version.
func TestVersion(t *testing.T) {
	if v, err := versionOf("../.."); err != nil || v == "" {
		t.Errorf("got %q, %v", v, err)
	}
	if _, err := versionOf(t.TempDir()); err == nil {
		t.Error("a version of nothing")
	}
}
