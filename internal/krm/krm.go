// Package krm is the program as a KRM function: a ResourceList comes in, with
// the settings under functionConfig, and goes out with its items hardened and
// with what was found under results.
//
// The list is a document of the stream like any other: its items are objects
// of it, and only the lines that change differ. So the order of the items,
// their comments and the annotations that kustomize keeps its books with
// survive. kyaml's fn/framework would read and write it anew, and costs every
// run of the program, KRM or not, as much to start as all of kyaml's YAML does.
//
// Source: the KRM Functions Specification, config.kubernetes.io/v1.
package krm

import (
	"bytes"
	"io"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/config"
	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/manifest"
	"github.com/datadog-harden/datadog-harden/internal/stream"
)

const (
	kind  = "ResourceList"
	group = "config.kubernetes.io/"
)

// List is a ResourceList.
type List struct {
	text []byte // of its document
	root *yaml.Node
}

// Read returns the list that the input's first document is, or nil if it is
// something else.
func Read(input []byte) *List {
	for _, doc := range stream.Split(input) {
		if doc.Empty() {
			continue
		}
		if k, proven := doc.Kind(); proven && k != kind {
			return nil
		}
		text := doc.Text[doc.Body:doc.End]
		parsed, err := edit.Parse(string(text), doc.BodyLine()-1)
		if err != nil || parsed == nil || len(parsed.Content) == 0 || !isList(parsed.Content[0]) {
			return nil
		}
		return &List{text, parsed.Content[0]}
	}
	return nil
}

func isList(n *yaml.Node) bool {
	return str(n, "kind") == kind && strings.HasPrefix(str(n, "apiVersion"), group)
}

// Settings are the list's functionConfig, or nil if it has none or is nil.
func (l *List) Settings() (*config.Document, error) {
	if l == nil {
		return nil, nil
	}
	n := lookup(l.root, "functionConfig")
	if isNull(n) {
		return nil, nil
	}
	value, err := config.Decode(l.text)
	if err != nil {
		return nil, err
	}
	list, _ := value.(map[string]any)
	return config.FromNode("functionConfig", n, list["functionConfig"])
}

// Failed is an error that is in the results of the list that was written all
// the same: a function says there why it fails.
type Failed struct{ Err error }

func (f *Failed) Error() string { return f.Err.Error() }

func (f *Failed) Unwrap() error { return f.Err }

// Write returns the stream that begins with a list, with findings added to the
// list's results.
func Write(stream []byte, findings []Finding) ([]byte, error) {
	result, err := manifest.Process(stream, &writer{findings: findings})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = result.WriteTo(&out)
	return out.Bytes(), err
}

// Fail writes the stream as it came, with an error in its list's results, and
// returns a *Failed; nil if there is no error. Where not even that can be
// written, it returns the error itself.
func Fail(w io.Writer, stream []byte, err error) error {
	if err == nil {
		return nil
	}
	failed, writeErr := Write(stream, Failures(err))
	if writeErr != nil {
		return err
	}
	if _, writeErr := w.Write(failed); writeErr != nil {
		return err
	}
	return &Failed{err}
}

// writer is the manifest.Filter that adds the results.
type writer struct {
	findings []Finding
	changed  *yaml.Node
}

func (w *writer) Wants(k string) bool { return k == kind }

func (w *writer) Changed(n *yaml.Node) bool { return n == w.changed }

func (w *writer) Filter(nodes []*yaml.RNode) ([]*yaml.RNode, error) {
	if len(nodes) == 0 || !isList(nodes[0].YNode()) {
		return nodes, nil
	}
	list := nodes[0].YNode()
	changed, err := addResults(list, w.findings)
	if changed {
		w.changed = list
	}
	return nodes, err
}
