package evidence_test

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
	"github.com/datadog-harden/datadog-harden/internal/harden"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/internal/report"
	"github.com/datadog-harden/datadog-harden/transform"
)

// BenchmarkStage/Evidence is a run that gathers evidence, and /Report what JSON
// adds to it.
func BenchmarkStage(b *testing.B) {
	in, err := os.ReadFile("../../testdata/sample.yaml")
	if err != nil {
		b.Fatal(err)
	}
	standards, err := pss.New(pss.Latest)
	if err != nil {
		b.Fatal(err)
	}
	gather := func(b *testing.B) *evidence.Evidence {
		pipeline, err := transform.New(transform.Default())
		if err != nil {
			b.Fatal(err)
		}
		g := &evidence.Gatherer{Pipeline: pipeline, Standards: func() (*pss.Evaluator, error) { return standards, nil }}
		if _, err := harden.Stream(bytes.NewReader(in), pipeline, harden.Observer{Witness: g.Witness}); err != nil {
			b.Fatal(err)
		}
		found, err := g.Evidence()
		if err != nil {
			b.Fatal(err)
		}
		return found
	}
	b.Run("Evidence", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			gather(b)
		}
	})
	b.Run("Report", func(b *testing.B) {
		b.ReportAllocs()
		found := gather(b)
		for b.Loop() {
			if err := (report.JSON{}).Write(io.Discard, found); err != nil {
				b.Fatal(err)
			}
		}
	})
}
