package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"sigs.k8s.io/kustomize/kyaml/yaml"
	k8syaml "sigs.k8s.io/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/suggest"
	"github.com/datadog-harden/datadog-harden/transform"
)

// The document's type.
const (
	APIVersion = "datadog-harden/v1"
	Kind       = "DatadogHardening"
)

// topFields are the fields of the document. The last two are kustomize's: from
// them it takes further arguments for a legacy plugin.
var topFields = []string{"apiVersion", "kind", "metadata", "spec", "argsOneLiner", "argsFromFile"}

// Document is the settings of a file or of a functionConfig.
type Document struct {
	Exceptions []transform.Exception

	name string // what errors call it
	spec map[string]any
	node *yaml.Node // of the spec; for the lines
}

// Parse reads the one document of a file.
func Parse(name string, text []byte) (*Document, error) {
	doc, err := edit.Parse(string(text), 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if doc == nil || len(doc.Content) == 0 {
		return nil, fmt.Errorf("%s: expected a %s, found nothing", name, Kind)
	}
	value, err := Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return FromNode(name, doc.Content[0], value)
}

// Is says whether text is a document of settings. It need not be a good one.
func Is(text []byte) bool {
	doc, err := edit.Parse(string(text), 0)
	if err != nil || doc == nil || len(doc.Content) == 0 {
		return false
	}
	return scalar(doc.Content[0], "kind") == Kind
}

// FromNode reads a document that may stand within another, given as a node and
// as what Decode reads there. The error holds every one found.
func FromNode(name string, n *yaml.Node, value any) (*Document, error) {
	top, isMap := value.(map[string]any)
	if !isMap {
		return nil, fmt.Errorf("%s, line %d: expected a %s, found something else", name, n.Line, Kind)
	}
	d := &Document{name: name, node: lookupNode(n, "spec")}
	errs := []error{
		d.repeated(n, ""), d.repeated(d.node, "spec."),
		d.must(n, top, "apiVersion", APIVersion), d.must(n, top, "kind", Kind),
		d.unknown(n, "field", top, topFields),
	}
	switch spec := top["spec"].(type) {
	case nil:
	case map[string]any:
		d.spec = spec
		errs = append(errs, d.readExceptions())
	default:
		errs = append(errs, d.fail(d.node, "spec: expected a map"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return d, nil
}

// Decode reads a document as Kubernetes does, YAML 1.1 included. Numbers are
// json.Number.
func Decode(text []byte) (any, error) {
	asJSON, err := k8syaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(asJSON))
	d.UseNumber()
	var value any
	return value, d.Decode(&value)
}

func (d *Document) fail(at *yaml.Node, format string, args ...any) error {
	return d.wrap(at, fmt.Errorf(format, args...))
}

func (d *Document) wrap(at *yaml.Node, err error) error {
	if at == nil || at.Line == 0 {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	return fmt.Errorf("%s, line %d: %w", d.name, at.Line, err)
}

func (d *Document) must(n *yaml.Node, top map[string]any, key, want string) error {
	if got := top[key]; got != any(want) {
		if got == nil {
			got = "none"
		}
		return d.fail(lookupNode(n, key), "%s: expected %s, found %v", key, want, got)
	}
	return nil
}

// unknown refuses the fields of a map that are not among those known.
func (d *Document) unknown(n *yaml.Node, what string, fields map[string]any, known []string) error {
	var errs []error
	for _, name := range sorted(fields) {
		if !slices.Contains(known, name) {
			errs = append(errs, d.wrap(keyNode(n, name), suggest.Unknown(what, name, known)))
		}
	}
	return errors.Join(errs...)
}

// repeated refuses keys that a map has twice.
func (d *Document) repeated(n *yaml.Node, path string) error {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var errs []error
	for i := 0; i+1 < len(n.Content); i += 2 {
		if first := keyNode(n, n.Content[i].Value); first != n.Content[i] {
			errs = append(errs, d.fail(n.Content[i], "%s%s: the key is repeated: first on line %d", path, first.Value, first.Line))
		}
	}
	return errors.Join(errs...)
}

// check refuses fields of the spec that are no flag, and values of the wrong
// type.
func (d *Document) check(flags *pflag.FlagSet) error {
	known := []string{"exceptions"}
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := Field(f)
		if name == "" {
			return
		}
		known = append(known, name)
		if value := d.spec[name]; value != nil {
			if _, want, ok := texts(f, value); !ok {
				errs = append(errs, d.fail(lookupNode(d.node, name), "spec.%s: expected %s", name, want))
			}
		}
	})
	slices.Sort(known)
	return errors.Join(append(errs, d.unknown(d.node, "field in spec:", d.spec, known))...)
}

// source is what the document says of a flag.
func (d *Document) source(f *pflag.Flag) source {
	name := Field(f)
	if d == nil || name == "" || d.spec[name] == nil {
		return source{}
	}
	values, _, ok := texts(f, d.spec[name])
	if !ok {
		return source{} // check has said so
	}
	s := source{given: true, where: d.at(name), values: values}
	s.apply = func() error {
		if many, ok := f.Value.(pflag.SliceValue); ok {
			return many.Replace(values)
		}
		return f.Value.Set(values[0])
	}
	return s
}

func (d *Document) at(field string) string {
	if n := lookupNode(d.node, field); n != nil && n.Line > 0 {
		return fmt.Sprintf("%s, line %d: spec.%s", d.name, n.Line, field)
	}
	return d.name + ": spec." + field
}

// texts returns a value of the document as a flag takes it on a command line,
// and what was expected if it is of another type.
func texts(f *pflag.Flag, value any) (values []string, want string, ok bool) {
	item, want := itemType(f.Value.Type())
	if _, many := f.Value.(pflag.SliceValue); many {
		list, isList := value.([]any)
		for _, v := range list {
			text, isItem := item(v)
			isList = isList && isItem
			values = append(values, text)
		}
		return values, "a list, each " + want, isList
	}
	text, ok := item(value)
	return []string{text}, want, ok
}

// itemType says how values of a flag's type are written in JSON.
func itemType(flagType string) (read func(any) (string, bool), want string) {
	switch {
	case flagType == "bool":
		return func(v any) (string, bool) { b, ok := v.(bool); return fmt.Sprint(b), ok }, "true or false"
	case strings.HasPrefix(flagType, "int"):
		return func(v any) (string, bool) { n, ok := v.(json.Number); return n.String(), ok }, "a number"
	default:
		return func(v any) (string, bool) { s, ok := v.(string); return s, ok }, "a string"
	}
}
