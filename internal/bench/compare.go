package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/datadog-harden/datadog-harden/internal/stream"
)

// rival is a program that is run on the render, as the shell runs it in the
// workspace's folder.
type rival struct{ what, command string }

// The rows that the others are compared with.
const (
	emptyProgram = iota
	_
	defaultRun
)

var rivals = []rival{
	{"an empty Go program", "./empty < render.yaml"},
	{"`datadog-harden --version`", "./datadog-harden --version"},
	{"`datadog-harden`", "./datadog-harden -q < render.yaml"},
	{"`datadog-harden --report json`", "./datadog-harden -q --report json --report-file /dev/null < render.yaml"},
	{"kyaml, read and written", "./roundtrip < render.yaml"},
	{"`kustomize build`, one patch", "./kustomize build patched"},
}

// compare measures whole processes on one render.
func (w *workspace) compare(ctx context.Context, render string, out io.Writer) error {
	text, err := os.ReadFile(render)
	if err != nil {
		return err
	}
	if err := os.WriteFile(w.path("render.yaml"), text, 0o644); err != nil {
		return err
	}
	if err := w.kustomize(ctx, text); err != nil {
		return err
	}
	var commands []string
	for _, r := range rivals {
		commands = append(commands, r.command)
	}
	w.say("comparing on %s, %d runs each", render, rounds*w.runs)
	medians, err := w.medians(ctx, commands)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("One render of %d KB, %d documents; the median of %d runs of the whole process:",
		(len(text)+500)/1000, documents(text), rounds*w.runs)
	return comparison(title, medians).write(out)
}

// documents counts those with anything in them.
func documents(text []byte) int {
	n := 0
	for _, d := range stream.Split(text) {
		if !d.Empty() {
			n++
		}
	}
	return n
}

// comparison is the table of the rivals' times.
func comparison(title string, medians []time.Duration) *table {
	t := &table{title: title, head: []string{"run", "time", "beside `datadog-harden`", "beside the empty program"}}
	for i, r := range rivals {
		t.add(r.what, seconds(medians[i]), times(medians[i], medians[defaultRun]), times(medians[i], medians[emptyProgram]))
	}
	return t
}
