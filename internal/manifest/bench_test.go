package manifest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/evidence"
	"github.com/datadog-harden/datadog-harden/internal/harden"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/internal/report"
	"github.com/datadog-harden/datadog-harden/internal/stream"
	"github.com/datadog-harden/datadog-harden/transform"
)

const (
	sample       = "../../testdata/sample.yaml"
	baselineFile = "testdata/baseline.json"
)

var updateBaseline = flag.Bool("update", false, "record the allocations of the benchmarks anew")

// stages are the parts of a run, each on all documents of the bundled sample.
// They return how many documents they worked on.
var stages = map[string]func(b *testing.B, in []byte) int{
	"Split": func(b *testing.B, in []byte) int {
		n := 0
		for b.Loop() {
			n = len(stream.Split(in))
		}
		return n
	},
	"Look": func(b *testing.B, in []byte) int {
		docs := stream.Split(in)
		for b.Loop() {
			for _, d := range docs {
				d.Kind()
			}
		}
		return len(docs)
	},
	"Parse": func(b *testing.B, in []byte) int {
		docs := workloads(in)
		for b.Loop() {
			parseAll(b, docs)
		}
		return len(docs)
	},
	"Filter": func(b *testing.B, in []byte) int {
		docs := workloads(in)
		for b.Loop() {
			b.StopTimer()
			trees := parseAll(b, docs)
			b.StartTimer()
			filter(b, trees)
		}
		return len(docs)
	},
	"Edit": func(b *testing.B, in []byte) int {
		docs := workloads(in)
		trees := parseAll(b, docs)
		filter(b, trees)
		w := edit.NewWriter()
		for b.Loop() {
			for i, text := range docs {
				if _, _, err := w.Document(text, 0, trees[i], nil); err != nil {
					b.Fatal(err)
				}
			}
		}
		return len(docs)
	},
	"Whole": func(b *testing.B, in []byte) int {
		for b.Loop() {
			pipeline, err := transform.New(transform.Default())
			if err != nil {
				b.Fatal(err)
			}
			result, err := harden.Stream(bytes.NewReader(in), pipeline, harden.Observer{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := result.WriteTo(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
		return len(stream.Split(in))
	},
	"Evidence": func(b *testing.B, in []byte) int {
		for b.Loop() {
			gather(b, in)
		}
		return len(workloads(in))
	},
	"Report": func(b *testing.B, in []byte) int {
		found := gather(b, in)
		for b.Loop() {
			if err := (report.JSON{}).Write(io.Discard, found); err != nil {
				b.Fatal(err)
			}
		}
		return len(workloads(in))
	},
}

// gather hardens a stream and gathers the evidence.
func gather(b *testing.B, in []byte) *evidence.Evidence {
	pipeline, err := transform.New(transform.Default())
	if err != nil {
		b.Fatal(err)
	}
	standards, err := pss.New(pss.Latest)
	if err != nil {
		b.Fatal(err)
	}
	g := &evidence.Gatherer{Pipeline: pipeline, Standards: standards}
	if _, err := harden.Stream(bytes.NewReader(in), pipeline, harden.Observer{Witness: g.Witness}); err != nil {
		b.Fatal(err)
	}
	found, err := g.Evidence()
	if err != nil {
		b.Fatal(err)
	}
	return found
}

func workloads(in []byte) []string {
	var docs []string
	for _, d := range stream.Split(in) {
		if kind, _ := d.Kind(); kind == "DaemonSet" || kind == "Deployment" {
			docs = append(docs, string(d.Text[d.Body:d.End]))
		}
	}
	return docs
}

func parseAll(b *testing.B, docs []string) []*yaml.Node {
	var trees []*yaml.Node
	for _, text := range docs {
		tree, err := edit.Parse(text, 0)
		if err != nil {
			b.Fatal(err)
		}
		trees = append(trees, tree)
	}
	return trees
}

// filter hardens trees.
func filter(b *testing.B, trees []*yaml.Node) {
	pipeline, err := transform.New(transform.Default())
	if err != nil {
		b.Fatal(err)
	}
	var nodes []*yaml.RNode
	for _, tree := range trees {
		nodes = append(nodes, yaml.NewRNode(tree.Content[0]))
	}
	if _, err := pipeline.Filter(nodes); err != nil {
		b.Fatal(err)
	}
}

func benchmark(name string, in []byte) func(b *testing.B) {
	return func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(in)))
		docs := stages[name](b, in)
		b.ReportMetric(float64(docs), "docs")
	}
}

func BenchmarkStage(b *testing.B) {
	in, err := os.ReadFile(sample)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"Split", "Look", "Parse", "Filter", "Edit", "Whole", "Evidence", "Report"} {
		b.Run(name, benchmark(name, in))
	}
}

// cost is what a stage allocates for each document.
type cost struct{ Allocs, Bytes int64 }

// TestBaseline compares what each stage allocates with what was recorded. It
// is a guard that does not depend on the clock: half as much again is an error,
// and so is less than half, since the record is then of no use.
func TestBaseline(t *testing.T) {
	in, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	now := map[string]cost{}
	for name := range stages {
		r := testing.Benchmark(benchmark(name, in))
		docs := int64(r.Extra["docs"])
		now[name] = cost{r.AllocsPerOp() / docs, r.AllocedBytesPerOp() / docs}
	}
	if *updateBaseline {
		text, err := json.MarshalIndent(now, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(baselineFile, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(baselineFile)
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]cost{}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	for name, c := range now {
		check := func(what string, got, want int64) {
			const slack = 16 // for stages that allocate next to nothing
			if got > want*3/2+slack || got < want/2-slack {
				t.Errorf("%s: %d %s for each document, recorded are %d (go test -update records anew)", name, got, what, want)
			}
		}
		check("allocations", c.Allocs, recorded[name].Allocs)
		check("bytes", c.Bytes, recorded[name].Bytes)
	}
}
