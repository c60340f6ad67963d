package manifest

import (
	"bytes"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/stream"
)

// Whole is a filter that wants all objects of a stream at once.
type Whole interface {
	Wants(kind string) bool
	Filter([]*yaml.RNode) ([]*yaml.RNode, error)
	Changed(*yaml.Node) bool
}

// Process is Stream for a stream in memory and a filter that wants all of it.
func Process(input []byte, filter Whole) (*Result, error) {
	return Stream(bytes.NewReader(input), whole{filter})
}

// whole lets every object wait for Last.
type whole struct{ filter Whole }

func (w whole) Wants(kind string) bool               { return w.filter.Wants(kind) }
func (w whole) Waits(string) bool                    { return false }
func (w whole) Filter([]*yaml.RNode) error           { return nil }
func (w whole) Pending(*yaml.Node) bool              { return true }
func (w whole) Changed(n *yaml.Node) bool            { return w.filter.Changed(n) }
func (w whole) Fork(bool) Filter                     { return w }
func (w whole) Join(Filter)                          {}
func (w whole) Witness(stream.Document) edit.Witness { return nil }
func (w whole) Last(n []*yaml.RNode) error           { _, err := w.filter.Filter(n); return err }
