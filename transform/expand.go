package transform

import (
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// expansionLimit bounds the values that the aliases of one document may expand
// to. The API server refuses an object long before it is that large.
const expansionLimit = 400_000

// Aliased says whether a document uses anchors, aliases or merge keys.
func Aliased(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || n.Anchor != "" || n.Tag == mergeTag || slices.ContainsFunc(n.Content, Aliased)
}

// mergeTag is the tag of a merge key, a plain `<<`.
const mergeTag = "!!merge"

// Expand replaces aliases by copies of what they stand for, applies merge keys
// and drops the anchors, as the YAML library of the API server does when it
// reads. An edit then reaches the place it is meant for and no other.
//
// It returns an error for an alias within its own anchor, for a merge key that
// readers of YAML disagree on, and for a document that grows beyond any object
// the API server would take.
func Expand(doc *yaml.Node) error {
	if !Aliased(doc) {
		return nil
	}
	e := &expander{open: map[*yaml.Node]bool{}}
	expanded, err := e.copy(doc)
	if err == nil {
		*doc = *expanded
	}
	return err
}

type expander struct {
	open  map[*yaml.Node]bool // anchored nodes that are being copied
	nodes int
}

func (e *expander) copy(n *yaml.Node) (*yaml.Node, error) {
	if e.nodes++; e.nodes > expansionLimit {
		return nil, placeError(n, "the document's aliases expand to more than %d values", expansionLimit)
	}
	if n.Kind == yaml.AliasNode {
		if e.open[n.Alias] {
			return nil, placeError(n, "the alias *%s stands within its own anchor", n.Value)
		}
		c, err := e.copy(n.Alias)
		if err != nil {
			return nil, err
		}
		c.Line, c.Column = n.Line, n.Column
		c.HeadComment, c.LineComment, c.FootComment = n.HeadComment, n.LineComment, n.FootComment
		return c, nil
	}
	if n.Anchor != "" {
		e.open[n] = true
		defer delete(e.open, n)
	}
	c := *n
	c.Anchor = ""
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		var err error
		if c.Content[i], err = e.copy(child); err != nil {
			return nil, err
		}
	}
	if c.Kind == yaml.MappingNode {
		return &c, merge(&c)
	}
	return &c, nil
}

// merge applies the merge keys of a map: entries that the map does not have
// itself come from the maps named, the first of them first.
func merge(m *yaml.Node) error {
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, value := m.Content[i], m.Content[i+1]
		if key.Tag != mergeTag {
			continue
		}
		sources := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			sources = value.Content
		}
		var merged []*yaml.Node
		for _, source := range sources {
			if source.Kind != yaml.MappingNode {
				return placeError(value, "a merge key takes a map or a list of maps, found %s", kindName(source))
			}
			for j := 0; j+1 < len(source.Content); j += 2 {
				name := source.Content[j].Value
				if hasKey(m.Content[:i], name) {
					return placeError(key, "the merge key sets %s again, which stands before it: readers of YAML disagree on which of the two counts; put the merge key first", name)
				}
				if !hasKey(m.Content[i+2:], name) && !hasKey(merged, name) {
					merged = append(merged, source.Content[j], source.Content[j+1])
				}
			}
		}
		m.Content = slices.Concat(m.Content[:i], merged, m.Content[i+2:])
		i += len(merged) - 2
	}
	return nil
}

func hasKey(entries []*yaml.Node, name string) bool {
	for i := 0; i+1 < len(entries); i += 2 {
		if entries[i].Value == name {
			return true
		}
	}
	return false
}

func placeError(n *yaml.Node, format string, args ...any) *FieldError {
	return &FieldError{Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, args...)}
}
