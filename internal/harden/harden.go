// Package harden passes a stream of manifests through a pipeline of transforms.
package harden

import (
	"io"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/manifest"
	"github.com/datadog-harden/datadog-harden/internal/stream"
	"github.com/datadog-harden/datadog-harden/transform"
)

// Observer follows a run. Its functions may be nil.
type Observer struct {
	// Each is given what was changed, a part at a time in the order of the
	// stream. The pipeline's log then does not grow with the stream: it has only
	// what is known at the end.
	Each func(*transform.Log)

	// Witness returns who sees what a document says before and after. The log
	// has what was changed in it. It is called by several goroutines.
	Witness func(stream.Document, *transform.Log) edit.Witness
}

// Stream hardens a stream. What was changed is in the pipeline's log.
func Stream(from io.Reader, pipeline *transform.Pipeline, observer Observer) (*manifest.Result, error) {
	result, err := manifest.Stream(from, filter{pipeline, observer})
	if err == nil {
		pipeline.Finish()
	}
	return result, err
}

// filter is a pipeline as package manifest wants it.
type filter struct {
	*transform.Pipeline
	observer Observer
}

func (f filter) Filter(nodes []*yaml.RNode) error {
	_, err := f.Pipeline.Filter(nodes)
	return err
}

func (f filter) Fork(tally bool) manifest.Filter { return filter{f.Pipeline.Fork(tally), f.observer} }

func (f filter) Join(part manifest.Filter) {
	fork := part.(filter).Pipeline
	if f.observer.Each != nil {
		f.observer.Each(fork.Log)
		fork.Log.Changes, fork.Log.Notes = nil, nil
	}
	f.Pipeline.Join(fork)
}

func (f filter) Witness(doc stream.Document) edit.Witness {
	if f.observer.Witness == nil {
		return nil
	}
	return f.observer.Witness(doc, f.Log)
}
