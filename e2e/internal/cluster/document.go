package cluster

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// A Document is one document of a stream of manifests.
type Document struct {
	// Raw is the document as it stands in the stream. It is what the API
	// server is sent, since what is strict about strict validation is lost by
	// decoding.
	Raw []byte
	// Object is the document as Kubernetes reads it.
	Object *unstructured.Unstructured
}

// Documents splits a stream of manifests, leaving out documents without an
// object.
func Documents(stream []byte) ([]Document, error) {
	var docs []Document
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	for {
		raw, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, err
		}
		var content map[string]any
		if err := yaml.Unmarshal(raw, &content); err != nil {
			return nil, fmt.Errorf("document %d: %w", len(docs)+1, err)
		}
		if len(content) > 0 {
			docs = append(docs, Document{Raw: raw, Object: &unstructured.Unstructured{Object: content}})
		}
	}
}

// String names the document's object.
func (d Document) String() string {
	return d.Object.GetKind() + "/" + d.Object.GetName()
}

func (d Document) kind() schema.GroupVersionKind { return d.Object.GroupVersionKind() }
