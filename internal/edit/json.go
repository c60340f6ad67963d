package edit

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

var firstIndent = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*\{\r?\n([ \t]+)"`) })

// isJSON says whether a text is a JSON object. Kubernetes reads such a document
// as JSON, whose escapes YAML does not all know.
func isJSON(text string) bool {
	trimmed := strings.TrimLeft(text, " \t\r\n")
	return strings.HasPrefix(trimmed, "{") && utf8.ValidString(text) && json.Valid([]byte(text))
}

// jsonReader builds the tree of a JSON text.
type jsonReader struct {
	*json.Decoder
	text   string
	line   int // of the text, at offset
	offset int
}

func parseJSON(text string) (*yaml.Node, error) {
	r := &jsonReader{Decoder: json.NewDecoder(strings.NewReader(text)), text: text, line: 1}
	r.UseNumber()
	root, err := r.value()
	if err != nil {
		return nil, err
	}
	return &yaml.Node{Kind: yaml.DocumentNode, Line: 1, Column: 1, Content: []*yaml.Node{root}}, nil
}

func (r *jsonReader) value() (*yaml.Node, error) {
	token, err := r.Token()
	if err != nil {
		return nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode}
	r.place(n)
	switch token := token.(type) {
	case json.Delim:
		n.Kind, n.Tag, n.Style = yaml.SequenceNode, yaml.NodeTagSeq, yaml.FlowStyle
		if token == '{' {
			n.Kind, n.Tag = yaml.MappingNode, yaml.NodeTagMap
		}
		for r.More() {
			child, err := r.value()
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, child)
		}
		_, err = r.Token()
	case string:
		n.Tag, n.Value, n.Style = yaml.NodeTagString, token, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = yaml.NodeTagInt, token.String()
		if _, err := token.Int64(); err != nil {
			n.Tag = yaml.NodeTagFloat
		}
	case bool:
		n.Tag, n.Value = yaml.NodeTagBool, strconv.FormatBool(token)
	default:
		n.Tag, n.Value = yaml.NodeTagNull, "null"
	}
	return n, err
}

// place gives a node the place where its last token, the one just read, ends.
func (r *jsonReader) place(n *yaml.Node) {
	at := int(r.InputOffset())
	r.line += strings.Count(r.text[r.offset:at], "\n")
	r.offset = at
	n.Line, n.Column = r.line, at-strings.LastIndexByte(r.text[:at], '\n')-1
}

// asJSON writes a document as JSON, which it was before, on one line or
// indented as it was.
func asJSON(text string, n *yaml.Node) (string, error) {
	var compact bytes.Buffer
	if err := writeJSON(&compact, n); err != nil {
		return "", err
	}
	out := compact
	if m := firstIndent().FindStringSubmatch(text); m != nil {
		out = bytes.Buffer{}
		if err := json.Indent(&out, compact.Bytes(), "", m[1]); err != nil {
			return "", err
		}
	}
	trimmed := strings.TrimRight(text, " \t\r\n")
	return out.String() + text[len(trimmed):], nil
}

// writeJSON writes a value of a document that was JSON. New strings take the
// quotes that JSON asks for, in the tree as well.
func writeJSON(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.MappingNode, yaml.SequenceNode:
		pairs := n.Kind == yaml.MappingNode
		b.WriteByte("[{"[map[bool]int{true: 1}[pairs]])
		for i, child := range n.Content {
			switch {
			case i == 0:
			case pairs && i%2 == 1:
				b.WriteByte(':')
			default:
				b.WriteByte(',')
			}
			if err := writeJSON(b, child); err != nil {
				return err
			}
		}
		b.WriteByte("]}"[map[bool]int{true: 1}[pairs]])
		return nil
	default:
		if n.ShortTag() != yaml.NodeTagString {
			b.WriteString(n.Value)
			return nil
		}
		n.Style = yaml.DoubleQuotedStyle
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		if err := e.Encode(n.Value); err != nil {
			return err
		}
		b.Truncate(b.Len() - 1) // the line break of Encode
		return nil
	}
}
