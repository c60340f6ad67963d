package transform

import (
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// lookup returns the key and the value of a map's entry, or nils. A key is
// compared by what it says, not by how it is quoted.
func lookup(m *yaml.Node, key string) (k, v *yaml.Node) {
	if m == nil || m.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Kind == yaml.ScalarNode && m.Content[i].Value == key {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}

func get(m *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		_, m = lookup(m, key)
	}
	return m
}

// put sets a key of a map. An existing value keeps its place in the document
// (its position, by which the writer finds it, and its comments).
func put(m *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Kind == yaml.ScalarNode && m.Content[i].Value == key {
			old := m.Content[i+1]
			value.Line, value.Column = old.Line, old.Column
			value.HeadComment, value.LineComment, value.FootComment = old.HeadComment, old.LineComment, old.FootComment
			m.Content[i+1] = value
			return
		}
	}
	m.Content = append(m.Content, str(key), value)
}

func remove(m *yaml.Node, key string) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Kind == yaml.ScalarNode && m.Content[i].Value == key {
			m.Content = append(m.Content[:i:i], m.Content[i+2:]...)
			return
		}
	}
}

// removeItem takes an item out of the list under key, and the key as well
// when the list is then empty: an empty list and none are the same to the API.
func removeItem(m *yaml.Node, key string, item *yaml.Node) {
	list := get(m, key)
	for i, n := range list.Content {
		if n == item {
			list.Content = append(list.Content[:i:i], list.Content[i+1:]...)
			break
		}
	}
	if len(list.Content) == 0 {
		remove(m, key)
	}
}

// ensure returns the map or list under key, made if it is absent or null.
func ensure(m *yaml.Node, key string, kind yaml.Kind) *yaml.Node {
	n := get(m, key)
	if !isNull(n) {
		return n
	}
	n = &yaml.Node{Kind: kind, Tag: map[yaml.Kind]string{yaml.MappingNode: yaml.NodeTagMap, yaml.SequenceNode: yaml.NodeTagSeq}[kind]}
	put(m, key, n)
	return get(m, key)
}

// str makes a string, quoted if a reader of YAML 1.1 or 1.2 could take it for
// something else.
func str(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: s}
	if plainString(s) && !strings.ContainsAny(s, ":#\n") {
		return n
	}
	if v, err := resolve(n, false); err != nil || v != any(s) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// quoted makes a string in quotes, as manifests write numbers that are strings.
func quoted(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: s, Style: yaml.DoubleQuotedStyle}
}

func boolean(b bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagBool, Value: strconv.FormatBool(b)}
}

func integer(i int64) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagInt, Value: strconv.FormatInt(i, 10)}
}

// mapping makes a map of alternating keys and values.
func mapping(entries ...any) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap}
	for i := 0; i+1 < len(entries); i += 2 {
		m.Content = append(m.Content, str(entries[i].(string)), entries[i+1].(*yaml.Node))
	}
	return m
}

// emptyMap makes a map that is written {}.
func emptyMap() *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap, Style: yaml.FlowStyle}
}

func list(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: items}
}
