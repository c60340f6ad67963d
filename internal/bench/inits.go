package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

const (
	initRuns    = 21
	dearestRows = 10
)

// initCost is what the initialisation of a package takes.
type initCost struct {
	pkg   string
	clock time.Duration
	bytes int64
}

// inits returns, for each package of the whole program, the median of a few
// runs, dearest first.
func (w *workspace) inits(ctx context.Context) ([]initCost, error) {
	var runs [][]initCost
	for range initRuns {
		c := exec.CommandContext(ctx, w.path("datadog-harden"), "--version")
		c.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		var trace bytes.Buffer
		c.Stderr = &trace
		if err := c.Run(); err != nil {
			return nil, fmt.Errorf("GODEBUG=inittrace=1 datadog-harden --version: %w", err)
		}
		costs, err := parseInits(trace.String())
		if err != nil {
			return nil, err
		}
		runs = append(runs, costs)
	}
	return dearest(runs), nil
}

// parseInits reads the trace of a run, which has a line for each package:
//
//	init k8s.io/api/core/v1 @5.8 ms, 0.10 ms clock, 67272 bytes, 405 allocs
func parseInits(trace string) ([]initCost, error) {
	var costs []initCost
	for line := range strings.Lines(trace) {
		if !strings.HasPrefix(line, "init ") {
			continue
		}
		var c initCost
		var at, clock float64
		if _, err := fmt.Sscanf(line, "init %s @%f ms, %f ms clock, %d bytes", &c.pkg, &at, &clock, &c.bytes); err != nil {
			return nil, fmt.Errorf("%q in the trace of initialisation: %w", strings.TrimSpace(line), err)
		}
		c.clock = time.Duration(clock * float64(time.Millisecond))
		costs = append(costs, c)
	}
	return costs, nil
}

func dearest(runs [][]initCost) []initCost {
	clocks, sizes := map[string][]time.Duration{}, map[string][]int64{}
	for _, run := range runs {
		for _, c := range run {
			clocks[c.pkg] = append(clocks[c.pkg], c.clock)
			sizes[c.pkg] = append(sizes[c.pkg], c.bytes)
		}
	}
	var all []initCost
	for pkg := range maps.Keys(clocks) {
		all = append(all, initCost{pkg, median(clocks[pkg]), median(sizes[pkg])})
	}
	slices.SortFunc(all, func(a, b initCost) int {
		return cmp.Or(cmp.Compare(b.clock, a.clock), cmp.Compare(a.pkg, b.pkg))
	})
	return all
}

func initTable(all []initCost) *table {
	t := &table{
		title: fmt.Sprintf("The dearest of its packages to initialise (`GODEBUG=inittrace=1`), the median of %d runs:", initRuns),
		head:  []string{"package", "time", "bytes"},
	}
	var sum initCost
	for i, c := range all {
		if i < dearestRows {
			t.add("`"+c.pkg+"`", milliseconds(c.clock), thousands(c.bytes))
		}
		sum.clock += c.clock
		sum.bytes += c.bytes
	}
	t.add(fmt.Sprintf("all %d packages", len(all)), milliseconds(sum.clock), thousands(sum.bytes))
	return t
}

// milliseconds keeps the digits of times far below one.
func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.3f ms", float64(d)/float64(time.Millisecond))
}
