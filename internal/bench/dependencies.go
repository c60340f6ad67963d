package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// step is a program that has more in it than the one before it.
type step struct{ what, program, args string }

var steps = []step{
	{"an empty Go program", "empty", ""},
	{"and `kyaml/yaml`", "kyaml", ""},
	{"and `transform`", "transform", ""},
	{"and the Pod Security Standards, with `k8s.io/api`", "pss", ""},
	{"`datadog-harden --version`", "datadog-harden", " --version"},
}

// cost is what a step takes to keep and to start.
type cost struct {
	size  int64
	start time.Duration
}

// dependencies measures what each step adds, and which packages' initialisation
// the whole program takes longest with.
func (w *workspace) dependencies(ctx context.Context, out io.Writer) error {
	costs, err := w.costs(ctx)
	if err != nil {
		return err
	}
	if err := costTable(costs, rounds*w.runs).write(out); err != nil {
		return err
	}
	w.say("reading what initialisation takes, %d runs", initRuns)
	inits, err := w.inits(ctx)
	if err != nil {
		return err
	}
	return initTable(inits).write(out)
}

func (w *workspace) costs(ctx context.Context) ([]cost, error) {
	if err := w.build(ctx, "kyaml", "transform", "pss"); err != nil {
		return nil, err
	}
	var costs []cost
	var commands []string
	for _, s := range steps {
		file, err := os.Stat(w.path(s.program))
		if err != nil {
			return nil, err
		}
		costs = append(costs, cost{size: file.Size()})
		commands = append(commands, "./"+s.program+s.args)
	}
	w.say("measuring start-up, %d runs each", rounds*w.runs)
	medians, err := w.startUps(ctx, commands)
	if err != nil {
		return nil, err
	}
	for i := range costs {
		costs[i].start = medians[i]
	}
	return costs, nil
}

func costTable(costs []cost, runs int) *table {
	t := &table{
		title: fmt.Sprintf("What each dependency costs: the executable, stripped, and its start, the median of %d runs:", runs),
		head:  []string{"program", "bytes", "more", "start", "more"},
	}
	for i, c := range costs {
		moreBytes, moreTime := none, none
		if i > 0 {
			moreBytes = thousands(c.size - costs[i-1].size)
			moreTime = seconds(c.start - costs[i-1].start)
		}
		t.add(steps[i].what, thousands(c.size), moreBytes, seconds(c.start), moreTime)
	}
	return t
}
