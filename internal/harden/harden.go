// Package harden passes a stream of manifests through a pipeline of transforms.
package harden

import (
	"io"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/manifest"
	"github.com/datadog-harden/datadog-harden/transform"
)

// Stream hardens a stream. What was changed is in the pipeline's log.
func Stream(from io.Reader, pipeline *transform.Pipeline) (*manifest.Result, error) {
	result, err := manifest.Stream(from, filter{pipeline})
	if err == nil {
		pipeline.Finish()
	}
	return result, err
}

// filter is a pipeline as package manifest wants it.
type filter struct{ *transform.Pipeline }

func (f filter) Filter(nodes []*yaml.RNode) error {
	_, err := f.Pipeline.Filter(nodes)
	return err
}

func (f filter) Fork(tally bool) manifest.Filter { return filter{f.Pipeline.Fork(tally)} }

func (f filter) Join(part manifest.Filter) { f.Pipeline.Join(part.(filter).Pipeline) }
