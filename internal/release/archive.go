package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// member is a file of an archive.
type member struct {
	name string // in the plugin's folder
	from string
	mode int64
}

// archive packs the plugin for a platform.
func (r *release) archive(ctx context.Context, p platform, binary, out string) error {
	members := []member{
		{"LICENSE", filepath.Join(r.source, "LICENSE"), 0o644},
		{"README.md", filepath.Join(r.source, "README.md"), 0o644},
		{"bin/" + p.executable(), binary, 0o755},
		{"plugin.yaml", filepath.Join(r.source, "plugin.yaml"), 0o644},
	}
	packed, err := pack(members, r.time(ctx))
	if err != nil {
		return err
	}
	return os.WriteFile(out, packed, 0o644)
}

// time is that of the commit, or of SOURCE_DATE_EPOCH, or none.
func (r *release) time(ctx context.Context) time.Time {
	said := os.Getenv("SOURCE_DATE_EPOCH")
	if said == "" {
		out, err := command(ctx, r.source, nil, "git", "log", "-1", "--format=%ct")
		if err == nil {
			said = strings.TrimSpace(string(out))
		}
	}
	seconds, err := strconv.ParseInt(said, 10, 64)
	if err != nil {
		seconds = 0
	}
	return time.Unix(seconds, 0).UTC()
}

// pack makes an archive with nothing in it but names, modes, one time and the
// files.
func pack(members []member, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	files := tar.NewWriter(zip)
	for _, m := range members {
		text, err := os.ReadFile(m.from)
		if err != nil {
			return nil, err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: path.Join(program, m.name), Size: int64(len(text)), Mode: m.mode, ModTime: at, Format: tar.FormatUSTAR}
		if err := files.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := files.Write(text); err != nil {
			return nil, err
		}
	}
	if err := files.Close(); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// checksums writes what `sha256sum --check` reads, of all files of a folder.
func checksums(dir, name string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(text), e.Name())
	}
	return os.WriteFile(filepath.Join(dir, name), []byte(sums.String()), 0o644)
}
