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

// BenchmarkStage/Evidence and /Report are what a report adds to a run.
func BenchmarkStage(b *testing.B) {
	in, err := os.ReadFile("../../testdata/sample.yaml")
	if err != nil {
		b.Fatal(err)
	}
	pipeline, err := transform.New(transform.Default())
	if err != nil {
		b.Fatal(err)
	}
	result, err := harden.Stream(bytes.NewReader(in), pipeline, nil)
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := result.WriteTo(&out); err != nil {
		b.Fatal(err)
	}
	gather := func(b *testing.B) *evidence.Evidence {
		standards, err := pss.New(pss.Latest)
		if err != nil {
			b.Fatal(err)
		}
		found, err := evidence.Gather(evidence.Run{Input: in, Output: out.Bytes(), Pipeline: pipeline, Standards: standards})
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
