package edit

import (
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// What is new in a document is small: a few maps, lists and short scalars. It is
// written here, which takes a tenth of what setting up an encoder takes. What is
// out of the ordinary goes to kyaml's encoder. Either way the text is parsed
// again and compared.

// render writes a scalar, or an empty map or list.
func render(n *yaml.Node) (string, error) {
	if text, ok := simple(n); ok {
		return text, nil
	}
	c := *n
	c.HeadComment, c.LineComment, c.FootComment = "", "", ""
	out, err := yaml.Marshal(&c)
	return strings.TrimRight(string(out), "\n"), err
}

// simple writes what can be written without a second thought.
func simple(n *yaml.Node) (string, bool) {
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) == 0:
		return "{}", true
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		return "[]", true
	case n.Kind != yaml.ScalarNode || n.Anchor != "" || !ordinary(n.Value):
		return "", false
	case n.Style == 0 && n.Value != "":
		return n.Value, true
	case n.Style == yaml.DoubleQuotedStyle:
		return strconv.Quote(n.Value), true
	}
	return "", false
}

// ordinary says whether a text needs no escape in quotes and no quotes for the
// sake of a character in it. What it means without quotes is its tag's affair.
func ordinary(text string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '/', c == '_', c == '.':
		case i > 0 && (c == '-' || c == '@' || c == ':' && i+1 < len(text)):
		default:
			return false
		}
	}
	return true
}

// renderBlock writes a mapping or a sequence as whole lines at a column.
func renderBlock(n *yaml.Node, column int) (string, error) {
	var b strings.Builder
	if writeBlock(&b, n, column, column) {
		return b.String(), nil
	}
	out, err := yaml.Marshal(n)
	if err != nil {
		return "", err
	}
	b.Reset()
	for line := range strings.Lines(string(out)) {
		if strings.TrimSpace(line) != "" {
			b.WriteString(strings.Repeat(" ", column))
		}
		b.WriteString(line)
	}
	return b.String(), nil
}

// writeBlock writes a block at a column, its first line with first spaces before
// it. It says whether it could.
func writeBlock(b *strings.Builder, n *yaml.Node, column, first int) bool {
	if n.HeadComment+n.LineComment+n.FootComment+n.Anchor != "" || n.Style != 0 {
		return false
	}
	step := 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	for i := 0; i+step-1 < len(n.Content); i += step {
		b.WriteString(strings.Repeat(" ", first))
		first = column
		if n.Kind == yaml.SequenceNode {
			b.WriteString("- ")
			if !writeItem(b, n.Content[i], column) {
				return false
			}
			continue
		}
		key, ok := simple(n.Content[i])
		if !ok {
			return false
		}
		b.WriteString(key + ":")
		if !writeValue(b, n.Content[i+1], column) {
			return false
		}
	}
	return n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode
}

// writeItem writes what stands behind a dash.
func writeItem(b *strings.Builder, n *yaml.Node, column int) bool {
	if len(n.Content) > 0 {
		return writeBlock(b, n, column+2, 0)
	}
	text, ok := simple(n)
	b.WriteString(text + "\n")
	return ok
}

// writeValue writes what stands behind a key: a list at the key's column, a map
// two further in.
func writeValue(b *strings.Builder, n *yaml.Node, column int) bool {
	if len(n.Content) == 0 {
		text, ok := simple(n)
		b.WriteString(" " + text + "\n")
		return ok
	}
	b.WriteByte('\n')
	if n.Kind == yaml.MappingNode {
		column += 2
	}
	return writeBlock(b, n, column, column)
}
