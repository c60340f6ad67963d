package diff

import (
	"bytes"
	"encoding/json"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// asJSON writes a document that is JSON one value a line: often all of it
// stands on one, and a diff of that would show nothing.
func (m *masker) asJSON(root *yaml.Node) ([]byte, error) {
	var b, indented bytes.Buffer
	if err := m.writeJSON(&b, root); err != nil {
		return nil, err
	}
	if err := json.Indent(&indented, b.Bytes(), "", "  "); err != nil {
		return nil, err
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}

func (m *masker) writeJSON(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.DocumentNode:
		return m.writeJSON(b, n.Content[0])
	case yaml.MappingNode, yaml.SequenceNode:
		open, shut := "[", "]"
		if n.Kind == yaml.MappingNode {
			open, shut = "{", "}"
		}
		b.WriteString(open)
		for i, child := range n.Content {
			switch {
			case i > 0 && n.Kind == yaml.MappingNode && i%2 == 1:
				b.WriteByte(':')
			case i > 0:
				b.WriteByte(',')
			}
			if err := m.writeJSON(b, child); err != nil {
				return err
			}
		}
		b.WriteString(shut)
		return nil
	}
	value := n.Value
	if m.hide[n] {
		value = hidden
	} else if n.Style != yaml.DoubleQuotedStyle {
		b.WriteString(value) // a number, true, false or null
		return nil
	}
	text, err := json.Marshal(value)
	b.Write(text)
	return err
}
