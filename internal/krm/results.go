package krm

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
	"github.com/datadog-harden/datadog-harden/internal/manifest"
	"github.com/datadog-harden/datadog-harden/transform"
)

// Severity is that of a result.
type Severity string

const (
	Error   Severity = "error"   // a refusal: nothing was done
	Warning Severity = "warning" // what is left, and what to know of it
	Info    Severity = "info"    // a change
)

// Finding is what becomes a result.
type Finding struct {
	Severity  Severity
	Message   string
	Workload  string // kind/name, "" if it is of none
	Namespace string
	Field     string
	Before    string
	After     string
}

// Findings are what a run changed, what it noted, and what the Pod Security
// Standards still forbid.
func Findings(log *transform.Log, found *evidence.Evidence) []Finding {
	all := changes(log)
	for _, w := range found.Workloads {
		for _, failure := range w.Failures {
			for _, c := range failure.Causes {
				if c.Status != evidence.Removed {
					all = append(all, Finding{Severity: Warning, Message: left(failure, c), Workload: w.ID, Namespace: w.Namespace, Field: c.Field})
				}
			}
		}
	}
	return all
}

// left says what is still forbidden, and why it is there.
func left(f evidence.Failure, c evidence.Cause) string {
	why := "nothing explains it"
	switch {
	case c.Need != nil:
		why = "it is needed: " + c.Need.For
	case c.Setting != "":
		why = "by a setting: " + c.Setting
	}
	return fmt.Sprintf("Pod Security Standards, %s: %s is left; %s", f.Check, c.Value, why)
}

func changes(log *transform.Log) []Finding {
	var all []Finding
	for _, c := range log.Changes {
		message := fmt.Sprintf("%s: %s -> %s: %s", c.Transform, c.Before, c.After, c.Why)
		if c.Know != "" {
			message += "; " + c.Know
		}
		all = append(all, Finding{Info, message, c.Workload, c.Namespace, c.Field, c.Before, c.After})
	}
	for _, n := range log.Notes {
		message := n.Text
		if n.Container != "" {
			message = n.Container + ": " + message
		}
		all = append(all, Finding{Severity: Warning, Message: message, Workload: n.Workload, Namespace: n.Namespace})
	}
	return all
}

// Failures are what an error says, one for each that was joined.
func Failures(err error) []Finding {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []Finding
		for _, err := range joined.Unwrap() {
			all = append(all, Failures(err)...)
		}
		return all
	}
	f := Finding{Severity: Error, Message: err.Error()}
	var placed *manifest.Error
	if errors.As(err, &placed) {
		f.Message = placed.Err.Error()
	}
	var field *transform.FieldError
	var refused *transform.RefusedError
	switch {
	case errors.As(err, &field):
		f.Message, f.Workload, f.Field = field.Message, field.Workload, field.Field
	case errors.As(err, &refused):
		f.Message, f.Workload = refused.Message, refused.Workload
	}
	return []Finding{f}
}

// addResults adds findings to a list's results, except those that are there.
func addResults(list *yaml.Node, findings []Finding) (changed bool, err error) {
	results := lookup(list, "results")
	if !isNull(results) && results.Kind != yaml.SequenceNode {
		return false, errors.New("results: expected a list")
	}
	var have []string
	if results != nil {
		for _, n := range results.Content {
			have = append(have, canonical(n))
		}
	}
	var added []*yaml.Node
	for _, f := range findings {
		n := f.node(list)
		if c := canonical(n); !slices.Contains(have, c) {
			have = append(have, c)
			added = append(added, n)
		}
	}
	switch {
	case len(added) == 0:
		return false, nil
	case results == nil:
		list.Content = append(list.Content, text("results"), sequence(added))
	case results.Kind != yaml.SequenceNode: // null
		put(list, "results", sequence(added))
	default:
		results.Content = append(results.Content, added...)
	}
	return true, nil
}

// node is the result that a finding makes in a list.
func (f Finding) node(list *yaml.Node) *yaml.Node {
	result := mapping("message", f.Message, "severity", string(f.Severity))
	item := find(list, f.Workload, f.Namespace)
	if kind, name, ok := strings.Cut(f.Workload, "/"); ok {
		namespace := f.Namespace
		if namespace == "" {
			namespace = str(lookup(item, "metadata"), "namespace")
		}
		add(result, "resourceRef", mapping("apiVersion", str(item, "apiVersion"), "kind", kind, "name", name, "namespace", namespace))
	}
	if f.Field != "" {
		add(result, "field", mapping("path", f.Field, "currentValue", shown(f.Before), "proposedValue", shown(f.After)))
	}
	if file := fileOf(item); file != nil {
		add(result, "file", file)
	}
	return result
}

// shown is a value, or "" for none: (none), (not shown).
func shown(value string) string {
	if strings.HasPrefix(value, "(") {
		return ""
	}
	return value
}

// find returns the item of a list that is a workload, or nil.
func find(list *yaml.Node, workload, namespace string) *yaml.Node {
	items := lookup(list, "items")
	if items == nil {
		return nil
	}
	for _, item := range items.Content {
		meta := lookup(item, "metadata")
		if str(item, "kind")+"/"+str(meta, "name") == workload && (namespace == "" || str(meta, "namespace") == namespace) {
			return item
		}
	}
	return nil
}

// fileOf is where an item comes from, by its annotations, or nil.
func fileOf(item *yaml.Node) *yaml.Node {
	annotations := lookup(item, "metadata", "annotations")
	for _, prefix := range []string{"internal.config.kubernetes.io/", "config.kubernetes.io/"} {
		path := str(annotations, prefix+"path")
		if path == "" {
			continue
		}
		file := mapping("path", path)
		index := str(annotations, prefix+"index")
		if _, err := strconv.Atoi(index); err == nil {
			add(file, "index", &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagInt, Value: index})
		}
		return file
	}
	return nil
}
