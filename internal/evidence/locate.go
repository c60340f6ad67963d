package evidence

import (
	"iter"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// locate returns the line of a field, or of the deepest part of its path that
// is there. Items of lists are given in brackets, by name, by mount path or by
// index.
func locate(object *yaml.Node, field string) int {
	line := object.Line
	at := object
	for step := range steps(field) {
		if at.Kind == yaml.AliasNode {
			at = at.Alias
		}
		var key *yaml.Node
		if step.item {
			at = itemOf(at, step.name)
			key = at
		} else {
			key, at = entry(at, step.name)
		}
		if at == nil {
			break
		}
		if key.Line > 0 {
			line = key.Line
		}
	}
	return line
}

type step struct {
	name string
	item bool
}

// steps takes a path like spec.containers[agent].volumeMounts[/etc/x.d] apart.
func steps(field string) iter.Seq[step] {
	return func(yield func(step) bool) {
		for field != "" {
			end := strings.IndexAny(field, ".[")
			if end < 0 {
				yield(step{field, false})
				return
			}
			if end > 0 && !yield(step{field[:end], false}) {
				return
			}
			bracket := field[end] == '['
			if field = field[end+1:]; !bracket {
				continue
			}
			name, rest, _ := strings.Cut(field, "]")
			if !yield(step{name, true}) {
				return
			}
			field = rest
		}
	}
}

func entry(m *yaml.Node, key string) (k, v *yaml.Node) {
	if m.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}

// itemOf finds an item of a list, or the entry of a map that a path names in
// brackets since it has dots in it.
func itemOf(list *yaml.Node, name string) *yaml.Node {
	if list.Kind == yaml.MappingNode {
		k, _ := entry(list, name)
		return k
	}
	if list.Kind != yaml.SequenceNode {
		return nil
	}
	for _, key := range []string{"mountPath", "name", "value"} {
		for _, item := range list.Content {
			if item.Kind == yaml.AliasNode {
				item = item.Alias
			}
			if key == "value" && item.Kind == yaml.ScalarNode && item.Value == name {
				return item
			}
			if _, v := entry(item, key); v != nil && v.Value == name {
				return item
			}
		}
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(list.Content) {
		return list.Content[i]
	}
	return nil
}
