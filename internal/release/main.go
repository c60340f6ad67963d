// Release builds what a release of datadog-harden consists of, for each
// platform: the executable, static and trimmed; an archive of it that `helm
// plugin install` takes; a bill of its materials (CycloneDX). Then checksums of
// all, and, with a key, the provenance of each archive that Helm verifies.
//
//	go run ./internal/release -out dist
//
// The same commit gives the same bytes, wherever and whenever it is built with
// the same Go: no path, no time of building and no name of a machine is in them.
// The time of the files in an archive is the commit's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const program = "datadog-harden"

// platforms are those that a release is built for.
var platforms = []platform{
	{"linux", "amd64"}, {"linux", "arm64"},
	{"darwin", "amd64"}, {"darwin", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"},
}

type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "/" + p.arch }

// executable is the file name of the program there.
func (p platform) executable() string {
	if p.os == "windows" {
		return program + ".exe"
	}
	return program
}

// release is one run.
type release struct {
	source  string // the folder of the repository
	out     string
	version string
	bom     bool
	signer  *signer // nil: no provenance
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	source := flags.String("source", ".", "the folder of the repository")
	out := flags.String("out", "dist", "the folder to write to; what it holds is removed")
	only := flags.String("platforms", "", "only these, as in linux/amd64,darwin/arm64")
	bom := flags.Bool("bom", true, "write a bill of materials for each executable")
	key := flags.String("key", "", "a file with an armoured private PGP key without a passphrase, to sign the archives")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	r := &release{source: *source, out: *out, bom: *bom}
	if r.version, err = versionOf(*source); err != nil {
		return err
	}
	if *key != "" {
		if r.signer, err = newSigner(*key); err != nil {
			return err
		}
	}
	return r.make(ctx, chosen)
}

func choose(only string) ([]platform, error) {
	if only == "" {
		return platforms, nil
	}
	var chosen []platform
	for _, name := range strings.Split(only, ",") {
		i := slices.IndexFunc(platforms, func(p platform) bool { return p.String() == name })
		if i < 0 {
			return nil, fmt.Errorf("unknown platform %q: known are %v", name, platforms)
		}
		chosen = append(chosen, platforms[i])
	}
	return chosen, nil
}

var versionLine = regexp.MustCompile(`(?m)^version: (\S+)$`)

// versionOf is the version that plugin.yaml says.
func versionOf(source string) (string, error) {
	text, err := os.ReadFile(filepath.Join(source, "plugin.yaml"))
	if err != nil {
		return "", err
	}
	m := versionLine.FindSubmatch(text)
	if m == nil {
		return "", errors.New("plugin.yaml says no version")
	}
	return string(m[1]), nil
}

func (r *release) make(ctx context.Context, chosen []platform) error {
	if err := os.RemoveAll(r.out); err != nil {
		return err
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	for _, p := range chosen {
		if err := r.platform(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return checksums(r.out, "checksums.txt")
}

// platform makes what belongs to a platform. All names begin with the plugin's
// and the version, by which Helm finds the plugin's folder in an archive.
func (r *release) platform(ctx context.Context, p platform) error {
	name := filepath.Join(r.out, fmt.Sprintf("%s-%s-%s-%s", program, r.version, p.os, p.arch))
	binary := name + filepath.Ext(p.executable())
	if err := r.build(ctx, p, binary); err != nil {
		return err
	}
	if err := r.archive(ctx, p, binary, name+".tgz"); err != nil {
		return err
	}
	if r.bom {
		if err := r.bill(ctx, binary, name+".cdx.json"); err != nil {
			return err
		}
	}
	if r.signer != nil {
		return r.signer.provenance(filepath.Join(r.source, "plugin.yaml"), name+".tgz")
	}
	return nil
}
