package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

const rounds = 5

func findHyperfine() (string, error) {
	path, err := exec.LookPath("hyperfine")
	if err != nil {
		return "", fmt.Errorf("hyperfine is not installed (Debian and Ubuntu: apt-get install hyperfine): %w", err)
	}
	return filepath.Abs(path)
}

// medians runs commands with hyperfine, in the workspace's folder, and returns
// the median time of each. Commands are the shell's, whose own time hyperfine
// takes off: the hyperfine of Debian cannot give a command its input otherwise.
func (w *workspace) medians(ctx context.Context, commands []string) ([]time.Duration, error) {
	return w.measured(ctx, nil, commands)
}

// startUps does the same without a shell, for commands that read nothing.
func (w *workspace) startUps(ctx context.Context, commands []string) ([]time.Duration, error) {
	return w.measured(ctx, []string{"--shell", "none"}, commands)
}

// measured takes the median over all rounds. In each of them every command has
// its turn, so that what else the machine does for a while meets all of them.
func (w *workspace) measured(ctx context.Context, options, commands []string) ([]time.Duration, error) {
	all := make([][]time.Duration, len(commands))
	for range rounds {
		times, err := w.round(ctx, options, commands)
		if err != nil {
			return nil, err
		}
		for i := range all {
			all[i] = append(all[i], times[i]...)
		}
	}
	var medians []time.Duration
	for _, times := range all {
		medians = append(medians, median(times))
	}
	return medians, nil
}

// round is one run of hyperfine.
func (w *workspace) round(ctx context.Context, options, commands []string) ([][]time.Duration, error) {
	export := w.path("hyperfine.json")
	args := []string{"--style", "none", "--warmup", "10", "--runs", strconv.Itoa(w.runs), "--export-json", export}
	args = append(append(args, options...), commands...)
	c := exec.CommandContext(ctx, w.hyperfine, args...)
	c.Dir = w.dir
	if _, err := output(c); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(export)
	if err != nil {
		return nil, err
	}
	return parseTimes(text, commands)
}

// parseTimes reads what hyperfine exports of commands: the times of each.
func parseTimes(text []byte, commands []string) ([][]time.Duration, error) {
	var export struct {
		Results []struct {
			Command string
			Times   []float64 // in seconds
		}
	}
	if err := json.Unmarshal(text, &export); err != nil {
		return nil, fmt.Errorf("hyperfine's export: %w", err)
	}
	if len(export.Results) != len(commands) {
		return nil, fmt.Errorf("hyperfine's export has %d results for %d commands", len(export.Results), len(commands))
	}
	all := make([][]time.Duration, len(commands))
	for i, r := range export.Results {
		if r.Command != commands[i] {
			return nil, fmt.Errorf("hyperfine's export has %q for the command %q", r.Command, commands[i])
		}
		if len(r.Times) == 0 {
			return nil, fmt.Errorf("hyperfine's export has no times for the command %q", r.Command)
		}
		for _, s := range r.Times {
			all[i] = append(all[i], time.Duration(s*float64(time.Second)))
		}
	}
	return all, nil
}
