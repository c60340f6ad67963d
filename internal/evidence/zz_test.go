package evidence_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
	"github.com/datadog-harden/datadog-harden/internal/harden"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/internal/report"
	"github.com/datadog-harden/datadog-harden/transform"
)

func BenchmarkZZ(b *testing.B) {
	in, _ := os.ReadFile("/work/shared/corpus/chart-default_all.yaml")
	pipeline, _ := transform.New(transform.Default())
	result, err := harden.Stream(bytes.NewReader(in), pipeline)
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	result.WriteTo(&out)
	b.ReportAllocs()
	f, _ := report.New("json", report.Options{})
	for b.Loop() {
		std, _ := pss.New("latest")
		e, err := evidence.Gather(evidence.Run{Input: in, Output: out.Bytes(), Pipeline: pipeline, Standards: std, Version: "x", Name: "y"})
		if err != nil {
			b.Fatal(err)
		}
		var w bytes.Buffer
		f.Write(&w, e)
	}
}
