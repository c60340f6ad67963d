package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/transform"
)

// exceptionFields are the fields of an exception.
var exceptionFields = []struct {
	name string
	of   func(*transform.Exception) *string
}{
	{"workload", func(e *transform.Exception) *string { return &e.Workload }},
	{"container", func(e *transform.Exception) *string { return &e.Container }},
	{"transform", func(e *transform.Exception) *string { return &e.Transform }},
	{"reason", func(e *transform.Exception) *string { return &e.Reason }},
}

func (d *Document) readExceptions() error {
	value := d.spec["exceptions"]
	if value == nil {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		return d.fail(lookupNode(d.node, "exceptions"), "spec.exceptions: expected a list")
	}
	var errs []error
	at := make([]*yaml.Node, len(list))
	for i, item := range list {
		at[i] = itemNode(lookupNode(d.node, "exceptions"), i)
		e, err := d.exception(at[i], i, item)
		errs = append(errs, err)
		d.Exceptions = append(d.Exceptions, e)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for i, err := range transform.CheckExceptions(d.Exceptions) {
		for _, err := range each(err) {
			errs = append(errs, d.fail(at[i], "spec.exceptions[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// each returns the errors that were joined, so that each gets its place.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, err := range joined.Unwrap() {
			all = append(all, each(err)...)
		}
		return all
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

func (d *Document) exception(at *yaml.Node, i int, value any) (e transform.Exception, err error) {
	path := fmt.Sprintf("spec.exceptions[%d]", i)
	fields, ok := value.(map[string]any)
	if !ok {
		return e, d.fail(at, "%s: expected a map", path)
	}
	var known []string
	var errs []error
	for _, field := range exceptionFields {
		known = append(known, field.name)
		value, given := fields[field.name]
		if !given || value == nil {
			continue
		}
		if *field.of(&e), ok = value.(string); !ok {
			errs = append(errs, d.fail(lookupNode(at, field.name), "%s.%s: expected a string", path, field.name))
		}
	}
	errs = append(errs, d.repeated(at, path+"."), d.unknown(at, "field in "+path+":", fields, known))
	return e, errors.Join(errs...)
}

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

func keyNode(m *yaml.Node, key string) *yaml.Node {
	k, _ := entry(m, key)
	return k
}

func lookupNode(m *yaml.Node, key string) *yaml.Node {
	_, v := entry(m, key)
	return v
}

func entry(m *yaml.Node, key string) (k, v *yaml.Node) {
	if m == nil || m.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}

func itemNode(list *yaml.Node, i int) *yaml.Node {
	if list == nil || list.Kind != yaml.SequenceNode || i >= len(list.Content) {
		return nil
	}
	return list.Content[i]
}

func scalar(m *yaml.Node, key string) string {
	if v := lookupNode(m, key); v != nil && v.Kind == yaml.ScalarNode {
		return v.Value
	}
	return ""
}
