// Bench measures datadog-harden as its user meets it, as a process, and prints
// what it finds as the tables of the README, in Markdown:
//
//   - one render, beside an empty program, a kyaml round trip and kustomize
//     (compare.go);
//   - time and memory of streams from a megabyte upwards (curve.go);
//   - what its dependencies cost in bytes and at start-up (dependencies.go,
//     inits.go).
//
// In the folder of the repository:
//
//	go run ./internal/bench -render FILE -curve 1,10,100,1000 -renders DIR -dependencies
//
// It needs hyperfine, and kustomize, which it builds once if it has to. What it
// does meanwhile is on standard error.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are what is measured.
type settings struct {
	render       string   // the file with one render
	renders      []string // the files that streams are made of
	curve        []int    // the sizes of streams, in MB
	dependencies bool
	runs         int // of each command that hyperfine measures, in each round
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	w, err := newWorkspace(s.runs, stderr)
	if err != nil {
		return err
	}
	defer w.remove()
	out := bufio.NewWriter(stdout)
	if err := s.measure(ctx, w, out); err != nil {
		return err
	}
	return out.Flush()
}

func (s settings) measure(ctx context.Context, w *workspace, out io.Writer) error {
	if err := w.build(ctx, "datadog-harden", "empty", "roundtrip"); err != nil {
		return err
	}
	if err := w.compare(ctx, s.render, out); err != nil {
		return err
	}
	if len(s.curve) > 0 {
		if err := w.curve(ctx, s.renders, s.curve, out); err != nil {
			return err
		}
	}
	if s.dependencies {
		return w.dependencies(ctx, out)
	}
	return nil
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.render, "render", "testdata/sample.yaml", "the render that programs are compared on")
	renders := flags.String("renders", "", "the folder of the renders (*.yaml) that streams are made of; the render itself if there is none")
	curve := flags.String("curve", "", "the sizes of streams to measure, in MB, as in 1,10,100,1000")
	flags.BoolVar(&s.dependencies, "dependencies", false, "measure what dependencies cost")
	flags.IntVar(&s.runs, "runs", 20, fmt.Sprintf("how often hyperfine runs each command in each of %d rounds", rounds))
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	var err error
	if s.curve, err = sizes(*curve); err != nil {
		return s, err
	}
	s.renders, err = files(*renders, s.render)
	if s.runs < 1 {
		return s, fmt.Errorf("-runs: %d is too few", s.runs)
	}
	return s, err
}

func sizes(list string) ([]int, error) {
	if list == "" {
		return nil, nil
	}
	var all []int
	for _, item := range strings.Split(list, ",") {
		size, err := strconv.Atoi(item)
		if err != nil || size < 1 {
			return nil, fmt.Errorf("-curve: %q is no number of megabytes", item)
		}
		all = append(all, size)
	}
	return all, nil
}

// files are the renders in a folder, or the one render if no folder is named.
func files(dir, render string) ([]string, error) {
	if dir == "" {
		return []string{render}, nil
	}
	all, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("-renders: no *.yaml in %s", dir)
	}
	return all, nil
}
