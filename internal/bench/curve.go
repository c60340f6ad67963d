package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/datadog-harden/datadog-harden/internal/stream"
)

const (
	megabyte    = 1_000_000
	curveRuns   = 3
	roundTripTo = 10 // MB: beyond that the round trip takes minutes
)

// usage is what a process took.
type usage struct {
	wall, cpu time.Duration
	memory    int64 // bytes, at the peak
}

// point is one size of the curve.
type point struct {
	megabytes int
	bytes     int64
	harden    usage
	roundTrip time.Duration // 0: not measured
}

// curve measures streams of several sizes, in MB.
func (w *workspace) curve(ctx context.Context, renders []string, sizes []int, out io.Writer) error {
	var points []point
	for _, size := range sizes {
		w.say("measuring a stream of %d MB, %d runs", size, curveRuns)
		p, err := w.point(ctx, renders, size)
		if err != nil {
			return fmt.Errorf("a stream of %d MB: %w", size, err)
		}
		points = append(points, p)
	}
	return curveTable(points).write(out)
}

func (w *workspace) point(ctx context.Context, renders []string, megabytes int) (p point, err error) {
	p.megabytes = megabytes
	input := w.path("stream.yaml")
	defer os.Remove(input)
	if p.bytes, err = repeatInto(input, renders, int64(megabytes)*megabyte); err != nil {
		return p, err
	}
	if p.harden, err = w.usage(ctx, input, "datadog-harden", "-q"); err != nil {
		return p, err
	}
	if megabytes <= roundTripTo {
		u, err := w.usage(ctx, input, "roundtrip")
		if err != nil {
			return p, err
		}
		p.roundTrip = u.wall
	}
	return p, nil
}

// usage runs a program on a file a few times: median times, and the most
// memory that it took.
func (w *workspace) usage(ctx context.Context, input, program string, args ...string) (usage, error) {
	var all []usage
	for range curveRuns {
		u, err := once(exec.CommandContext(ctx, w.path(program), args...), input)
		if err != nil {
			return u, err
		}
		all = append(all, u)
	}
	return summarize(all), nil
}

func summarize(all []usage) usage {
	var sum usage
	var wall, cpu []time.Duration
	for _, u := range all {
		wall, cpu = append(wall, u.wall), append(cpu, u.cpu)
		sum.memory = max(sum.memory, u.memory)
	}
	sum.wall, sum.cpu = median(wall), median(cpu)
	return sum
}

// once runs a command on a file. What it writes goes nowhere.
func once(c *exec.Cmd, input string) (usage, error) {
	file, err := os.Open(input)
	if err != nil {
		return usage{}, err
	}
	defer file.Close()
	var said bytes.Buffer
	c.Stdin, c.Stderr = file, &said
	start := time.Now()
	if err := c.Run(); err != nil {
		return usage{}, fmt.Errorf("%w\n%s", err, said.Bytes())
	}
	wall := time.Since(start)
	return usage{wall, c.ProcessState.UserTime() + c.ProcessState.SystemTime(), peakMemory(c.ProcessState)}, nil
}

// repeatInto writes a stream of a size into a file, and returns how long it has
// become.
func repeatInto(path string, renders []string, size int64) (int64, error) {
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	to := bufio.NewWriter(file)
	written, err := repeat(to, renders, size)
	return written, errors.Join(err, to.Flush(), file.Close())
}

// repeat writes the documents of renders, over and over, up to the one with
// which the size is reached. It holds one render in memory at a time: the
// kernel counts what a process held when it started another as a part of the
// other's peak.
func repeat(to io.Writer, renders []string, size int64) (written int64, err error) {
	for written < size {
		before := written
		for _, render := range renders {
			text, err := os.ReadFile(render)
			if err != nil {
				return written, err
			}
			n, err := writeDocuments(to, text, size-written)
			written += n
			if err != nil {
				return written, err
			}
		}
		if written == before {
			return written, errors.New("the renders are empty")
		}
	}
	return written, nil
}

// writeDocuments writes documents up to the one with which the size is reached.
func writeDocuments(to io.Writer, text []byte, size int64) (written int64, err error) {
	for _, d := range stream.Split(text) {
		if written >= size {
			break
		}
		if d.Empty() {
			continue
		}
		doc := d.Text
		if d.Index == 1 && !bytes.HasPrefix(doc, []byte("---")) {
			doc = slices.Concat([]byte("---\n"), doc)
		}
		if !bytes.HasSuffix(doc, []byte("\n")) {
			doc = append(slices.Clip(doc), '\n')
		}
		n, err := to.Write(doc)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

func curveTable(points []point) *table {
	t := &table{
		title: fmt.Sprintf("Streams of such renders, one after the other; the median of %d runs:", curveRuns),
		head:  []string{"input", "time", "a second", "processor time", "peak memory", "kyaml, read and written"},
	}
	for _, p := range points {
		roundTrip := none
		if p.roundTrip > 0 {
			roundTrip = times(p.roundTrip, p.harden.wall)
		}
		t.add(
			thousands(int64(p.megabytes))+" MB",
			seconds(p.harden.wall),
			fmt.Sprintf("%.0f MB", float64(p.bytes)/megabyte/p.harden.wall.Seconds()),
			seconds(p.harden.cpu),
			fmt.Sprintf("%.0f MB", float64(p.harden.memory)/megabyte),
			roundTrip,
		)
	}
	return t
}
