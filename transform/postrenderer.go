package transform

import (
	"bytes"

	"github.com/datadog-harden/datadog-harden/internal/manifest"
)

// PostRenderer is a pipeline as Helm's SDKs take one: it satisfies
// postrender.PostRenderer of helm.sh/helm/v3/pkg/postrender and
// PostRenderer of helm.sh/helm/v4/pkg/postrenderer.
//
// Unlike the filters alone it works on text: documents that no transform
// changes come out byte for byte, and of the others only the lines that
// changed differ.
type PostRenderer struct {
	Settings Settings

	// Log is what the last Run did. It is nil before the first.
	Log *Log
}

// Run hardens rendered manifests. On an error it returns no manifests. Errors:
// those of New; every document that cannot be read as the API server would,
// with its place; a RefusedError for each request that would break a feature
// in use.
func (r *PostRenderer) Run(rendered *bytes.Buffer) (*bytes.Buffer, error) {
	pipeline, err := New(r.Settings)
	if err != nil {
		return nil, err
	}
	result, err := manifest.Process(rendered.Bytes(), pipeline)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	pipeline.Finish()
	r.Log = pipeline.Log
	hardened := &bytes.Buffer{}
	if _, err := result.WriteTo(hardened); err != nil {
		return nil, err
	}
	return hardened, nil
}
