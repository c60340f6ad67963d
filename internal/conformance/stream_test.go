package conformance

import (
	"bytes"
	"fmt"

	"sigs.k8s.io/yaml"
)

// document is one document of a stream. Its text begins with its separator.
type document struct {
	text       []byte
	apiVersion string
	kind       string
	name       string
	workloads  []workload
}

func (d document) String() string { return d.kind + "/" + d.name }

// datadogs says whether a workload in the document is Datadog's.
func (d document) datadogs() bool {
	for _, w := range d.workloads {
		if w.datadogs() {
			return true
		}
	}
	return false
}

// windows says whether all workloads in the document are for Windows.
func (d document) windows() bool {
	for _, w := range d.workloads {
		if !w.windows() {
			return false
		}
	}
	return len(d.workloads) > 0
}

// isPolicy says whether the document admits pods, and so may be tightened with them.
func (d document) isPolicy() bool {
	return d.kind == "PodSecurityPolicy" || d.kind == "SecurityContextConstraints"
}

// splitDocuments cuts a stream before each separator. A line in a block scalar
// is indented, so a line that begins with --- is always a separator.
func splitDocuments(stream []byte) [][]byte {
	var documents [][]byte
	start := 0
	for at := 0; at < len(stream); {
		if at > start && isSeparator(stream[at:]) {
			documents = append(documents, stream[start:at])
			start = at
		}
		line := bytes.IndexByte(stream[at:], '\n')
		if line < 0 {
			break
		}
		at += line + 1
	}
	return append(documents, stream[start:])
}

func isSeparator(rest []byte) bool {
	after, ok := bytes.CutPrefix(rest, []byte("---"))
	return ok && (len(after) == 0 || bytes.IndexByte([]byte(" \t\r\n"), after[0]) >= 0)
}

// readStream reads each document, and each workload in it as strictly as it can be read.
func readStream(stream []byte) ([]document, error) {
	var documents []document
	for place, text := range splitDocuments(stream) {
		d, err := readDocument(text)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", place+1, err)
		}
		documents = append(documents, d)
	}
	return documents, nil
}

func readDocument(text []byte) (document, error) {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	if err := yaml.Unmarshal(text, &head); err != nil {
		return document{}, err
	}
	d := document{text: text, apiVersion: head.APIVersion, kind: head.Kind, name: head.Metadata.Name}
	workloads, err := readWorkloads(d)
	if err != nil {
		return document{}, fmt.Errorf("%s: %w", d, err)
	}
	d.workloads = workloads
	return d, nil
}
