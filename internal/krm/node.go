package krm

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func lookup(m *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		if m == nil || m.Kind != yaml.MappingNode {
			return nil
		}
		var found *yaml.Node
		for i := 0; i+1 < len(m.Content); i += 2 {
			if m.Content[i].Value == key {
				found = m.Content[i+1]
			}
		}
		m = found
	}
	return m
}

func str(m *yaml.Node, key string) string {
	if v := lookup(m, key); v != nil && v.Kind == yaml.ScalarNode {
		return v.Value
	}
	return ""
}

func isNull(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == yaml.NodeTagNull
}

// text makes a string, in quotes where it could be taken for something else.
func text(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: s}
}

// mapping makes a map of alternating keys and strings, those that are empty
// left out.
func mapping(entries ...string) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap}
	for i := 0; i+1 < len(entries); i += 2 {
		if entries[i+1] != "" {
			add(m, entries[i], text(entries[i+1]))
		}
	}
	return m
}

func add(m *yaml.Node, key string, value *yaml.Node) {
	m.Content = append(m.Content, text(key), value)
}

func put(m *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			value.Line, value.Column = m.Content[i+1].Line, m.Content[i+1].Column
			m.Content[i+1] = value
		}
	}
}

func sequence(items []*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: items}
}

// canonical is a text that two nodes share if they say the same.
func canonical(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return n.ShortTag() + " " + n.Value
	}
	var parts []string
	for _, child := range n.Content {
		parts = append(parts, canonical(child))
	}
	return "(" + strings.Join(parts, "\x00") + ")"
}
