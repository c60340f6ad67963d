package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
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

func TestWithoutToolHashes(t *testing.T) {
	for _, tt := range []struct{ name, bill, want, err string }{
		{
			"the tool's go, the program's stay",
			`{"metadata":{"tools":[{"name":"x","hashes":[{"alg":"MD5","content":"0"}]}],"component":{"purl":"a?b&c","hashes":[1]}}}`,
			`{"metadata":{"component":{"hashes":[1],"purl":"a?b&c"},"tools":[{"name":"x"}]}}`, "",
		},
		{"no tools", `{"metadata":{}}`, "", "metadata.tools"},
		{"tools of another form", `{"metadata":{"tools":{"components":[]}}}`, "", "metadata.tools"},
		{"not JSON", `<bom/>`, "", "invalid character"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := withoutToolHashes([]byte(tt.bill))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, want an error with %q", err, tt.err)
				}
				return
			}
			var got bytes.Buffer
			if err := errors.Join(err, json.Compact(&got, out)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
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
