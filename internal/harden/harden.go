// Package harden passes a stream of manifests through a pipeline of transforms.
package harden

import (
	"io"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/manifest"
	"github.com/datadog-harden/datadog-harden/transform"
)

// Stream hardens a stream. What was changed is in the pipeline's log.
//
// With each, the log does not grow with the stream: each is given what was
// changed, a part at a time in the order of the stream, and the log has only
// what is known at the end.
func Stream(from io.Reader, pipeline *transform.Pipeline, each func(*transform.Log)) (*manifest.Result, error) {
	result, err := manifest.Stream(from, filter{pipeline, each})
	if err == nil {
		pipeline.Finish()
	}
	return result, err
}

// filter is a pipeline as package manifest wants it.
type filter struct {
	*transform.Pipeline
	each func(*transform.Log)
}

func (f filter) Filter(nodes []*yaml.RNode) error {
	_, err := f.Pipeline.Filter(nodes)
	return err
}

func (f filter) Fork(tally bool) manifest.Filter { return filter{f.Pipeline.Fork(tally), nil} }

func (f filter) Join(part manifest.Filter) {
	fork := part.(filter).Pipeline
	if f.each != nil {
		f.each(fork.Log)
		fork.Log.Changes, fork.Log.Notes = nil, nil
	}
	f.Pipeline.Join(fork)
}
