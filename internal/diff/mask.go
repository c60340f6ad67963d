package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/stream"
)

// hidden stands for a value that may be a secret.
const hidden = "(not shown)"

// mask returns a document's text with the values hidden that may be secrets:
// environment variables, data of Secrets and ConfigMaps, annotations, commands
// and their arguments, headers, and what is called a password, key or token.
// What the program set itself is shown.
func mask(doc stream.Document, shown Shown) ([]byte, error) {
	text := doc.Text
	if bytes.ContainsAny(bytes.ReplaceAll(text, []byte("\r\n"), nil), "\r\u0085\u2028\u2029") {
		return nil, errors.New("line breaks that not every program takes for such")
	}
	root, err := edit.Parse(string(text[doc.Body:doc.End]), 0)
	if err != nil {
		return nil, err
	}
	if root == nil {
		return text, nil
	}
	m := masker{shown: shown, hide: map[*yaml.Node]bool{}}
	m.walk(root, place{})
	if json.Valid(text[doc.Body:doc.End]) {
		return m.asJSON(root)
	}
	return m.apply(text, root, bytes.Count(text[:doc.Body], []byte("\n"))), nil
}

type masker struct {
	shown Shown
	hide  map[*yaml.Node]bool // scalars
}

// place is where a node stands.
type place struct {
	kind, name string // of the object
	container  string
	under      string // the key whose value it is, or an item of it
}

// dataKeys are the keys of an object all of whose values are hidden.
var dataKeys = map[string][]string{
	"Secret":    {"data", "stringData"},
	"ConfigMap": {"data", "binaryData"},
}

// secretName is how keys end whose values are secrets in so many words.
var secretName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(password|passwd|token|api_?key|app_?key|secret)$`)
})

func (m *masker) walk(n *yaml.Node, at place) {
	switch n.Kind {
	case yaml.DocumentNode, yaml.SequenceNode:
		for _, c := range n.Content {
			m.walk(c, at)
		}
	case yaml.AliasNode:
		m.walk(n.Alias, at)
	case yaml.MappingNode:
		at = at.enter(n)
		for i := 0; i+1 < len(n.Content); i += 2 {
			m.entry(n, n.Content[i].Value, n.Content[i+1], at)
		}
	}
}

// enter notes the object or the container that a map is.
func (at place) enter(n *yaml.Node) place {
	if kind := textOf(n, "kind"); kind != "" && textOf(n, "apiVersion") != "" {
		at.kind, at.container = kind, ""
		at.name = textOf(valueOf(n, "metadata"), "name")
	}
	if strings.HasSuffix(strings.ToLower(at.under), "containers") {
		at.container = textOf(n, "name")
	}
	return at
}

// entry hides the value of a key, or goes on below it.
func (m *masker) entry(holder *yaml.Node, key string, value *yaml.Node, at place) {
	switch {
	case key == "<<": // what is merged stands where the map does
	case key == "annotations", slices.Contains(dataKeys[at.kind], key) && at.container == "":
		m.all(value)
		return
	case key == "args", key == "command":
		if !m.ours(at, "", "") {
			m.all(value)
		}
		return
	case key == "value" && at.under == "env":
		if !m.ours(at, textOf(holder, "name"), value.Value) {
			m.all(value)
		}
		return
	case key == "value" && at.under == "httpHeaders", secretName().MatchString(key) && value.Value != "true" && value.Value != "false":
		m.all(value)
		return
	default:
		at.under = key
	}
	m.walk(value, at)
}

// ours says whether the program itself set a variable, or the command of a
// container that it added.
func (m *masker) ours(at place, variable, value string) bool {
	return m.shown != nil && m.shown(at.kind+"/"+at.name, at.container, variable, value)
}

// all hides every scalar of a value. What an alias stands for is hidden where
// it is written.
func (m *masker) all(n *yaml.Node) {
	switch n.Kind {
	case yaml.AliasNode:
		m.all(n.Alias)
	case yaml.ScalarNode:
		m.hide[n] = true
	case yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			m.all(n.Content[i])
		}
	default:
		for _, c := range n.Content {
			m.all(c)
		}
	}
}

func valueOf(n *yaml.Node, key string) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func textOf(n *yaml.Node, key string) string {
	if v := valueOf(n, key); v != nil {
		if v.Kind == yaml.AliasNode {
			v = v.Alias
		}
		return v.Value
	}
	return ""
}

// apply writes the text with the hidden scalars replaced. A scalar is taken to
// reach to the node behind it, comments included: its own end is not known.
func (m *masker) apply(text []byte, root *yaml.Node, head int) []byte {
	nodes := inOrder(root)
	lines := strings.SplitAfter(string(text), "\n")
	for i := len(nodes) - 1; i >= 0; i-- { // from behind, so that columns stay
		if n := nodes[i]; m.hide[n] {
			var next *yaml.Node
			if i+1 < len(nodes) {
				next = nodes[i+1]
			}
			blank(lines[head:], n, next)
		}
	}
	return []byte(strings.Join(lines, ""))
}

// inOrder lists the nodes of a tree as they stand in the text.
func inOrder(n *yaml.Node) []*yaml.Node {
	all := []*yaml.Node{n}
	for _, c := range n.Content {
		all = append(all, inOrder(c)...)
	}
	return all
}

// blank hides what stands from one node to the next.
func blank(lines []string, n, next *yaml.Node) {
	first, column := n.Line-1, n.Column-1
	last, until := len(lines)-1, -1
	if next != nil {
		last, until = next.Line-1, next.Column-1
	}
	start := []rune(lines[first])
	if last == first && until >= 0 {
		lines[first] = string(start[:column]) + hidden + " " + string(start[until:])
		return
	}
	lines[first] = string(start[:column]) + hidden + lineBreak(lines[first])
	for i := first + 1; i <= last; i++ {
		line := []rune(lines[i])
		if i == last && until >= 0 {
			if strings.Trim(string(line[:until]), " \t-?") != "" {
				lines[i] = indentOf(lines[i]) + hidden + " " + string(line[until:])
			}
			continue
		}
		if strings.TrimSpace(lines[i]) != "" {
			lines[i] = indentOf(lines[i]) + hidden + lineBreak(lines[i])
		}
	}
}

func indentOf(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " \t"))] }

func lineBreak(line string) string { return line[len(strings.TrimRight(line, "\r\n")):] }
