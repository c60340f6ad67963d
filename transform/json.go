package transform

import (
	"encoding/json"
	"fmt"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// AppendJSON appends the metadata and the spec of the pod to b as the API server
// is sent them: Helm and kubectl turn YAML into JSON (see meaning).
//
// Errors: a scalar that is not what its tag says, a key that JSON cannot have.
func (p *Pod) AppendJSON(b []byte) ([]byte, error) {
	m := mapping()
	for _, key := range []string{"metadata", "spec"} {
		if k, v := lookup(p.template, key); k != nil {
			m.Content = append(m.Content, k, v)
		}
	}
	return appendJSON(b, m)
}

// appendJSON appends a node that has no aliases to b.
func appendJSON(b []byte, n *yaml.Node) ([]byte, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return appendMap(b, n)
	case yaml.SequenceNode:
		b = append(b, '[')
		for i, item := range n.Content {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendJSON(b, item); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}
	if certainString(n) {
		return appendString(b, n.Value)
	}
	v, err := meaning(n)
	if err != nil {
		return nil, placeError(n, "%v", err)
	}
	return appendValue(b, v)
}

func appendMap(b []byte, n *yaml.Node) ([]byte, error) {
	b = append(b, '{')
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, err := jsonKey(n.Content[i])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendString(b, key); err != nil {
			return nil, err
		}
		if b, err = appendJSON(append(b, ':'), n.Content[i+1]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func jsonKey(n *yaml.Node) (string, error) {
	if certainString(n) {
		return n.Value, nil
	}
	v, err := meaning(n)
	if err != nil || v == nil {
		return "", placeError(n, "a key that JSON cannot have")
	}
	return fmt.Sprint(v), nil
}

func appendString(b []byte, s string) ([]byte, error) {
	if simpleString(s) {
		return append(append(append(b, '"'), s...), '"'), nil
	}
	text, err := json.Marshal(s)
	return append(b, text...), err
}

func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return appendString(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	}
	text, err := json.Marshal(v)
	return append(b, text...), err
}

// simpleString says whether a string stands in JSON as it is.
func simpleString(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c > '~' {
			return false
		}
	}
	return true
}
