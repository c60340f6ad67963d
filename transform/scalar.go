package transform

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml2 "go.yaml.in/yaml/v2"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Meaning returns what a scalar is to the API server: nil, bool, int64,
// float64 or string. It is the one place that decides so.
//
// Helm and kubectl turn YAML 1.1 into JSON with sigs.k8s.io/yaml, so `yes`,
// `On` and `0x0` are a boolean and an integer there, while kyaml's own reading
// (YAML 1.2 for the most part) takes some of them for strings. Whatever is not
// spelled in the plainest way is therefore resolved by the very library that
// sigs.k8s.io/yaml uses.
func Meaning(n *yaml.Node) (any, error) {
	if n.Kind != yaml.ScalarNode {
		return nil, fmt.Errorf("expected a scalar, found %s", kindName(n))
	}
	if certainString(n) {
		return n.Value, nil
	}
	tagged := n.Style&yaml.TaggedStyle != 0
	if !tagged {
		if v, ok := plainMeaning(n.Value); ok {
			return v, nil
		}
	}
	return resolve(n, tagged)
}

// certainString says whether a node is a string without a doubt: it is a scalar
// in quotes, a block of text, or a plain string.
func certainString(n *yaml.Node) bool {
	quotes := yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	return n.Kind == yaml.ScalarNode && n.Style&yaml.TaggedStyle == 0 && (n.Style&quotes != 0 || plainString(n.Value))
}

// plainString says whether a scalar without quotes is a string to YAML 1.1 at
// the first glance: it begins with a letter or a slash, and is none of the
// words for booleans and null, in any case of letters; it is an option like
// `-c`; or it begins with a digit and has a letter that no number has there.
func plainString(s string) bool {
	switch {
	case s == "":
		return false
	case s[0] == '-':
		return len(s) > 1 && isLetter(s[1])
	case s[0] >= '0' && s[0] <= '9':
		// 0x1F, 0o17 and 0b1 have letters, and 1e3 has one.
		return len(s) > 1 && strings.IndexByte("xXoObB_", s[1]) < 0 && strings.IndexFunc(s, notOfNumbers) > 0
	case s[0] != '/' && !isLetter(s[0]):
		return false
	case len(s) <= len("false"):
		switch strings.ToLower(s) {
		case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func notOfNumbers(r rune) bool {
	return r < utf8.RuneSelf && isLetter(byte(r)) && r != 'e' && r != 'E'
}

// plainMeaning knows the spellings on which every version of YAML agrees.
func plainMeaning(s string) (any, bool) {
	switch s {
	case "true":
		return true, true
	case "false":
		return false, true
	case "":
		return nil, true
	}
	if len(s) > 18 || s[0] == '0' && len(s) > 1 {
		return nil, false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return nil, false
		}
	}
	i, err := strconv.ParseInt(s, 10, 64)
	return i, err == nil
}

func resolve(n *yaml.Node, tagged bool) (any, error) {
	text := []byte(n.Value)
	if tagged {
		text = []byte(n.Tag + " " + strconv.Quote(n.Value))
	}
	var v any
	if err := yaml2.Unmarshal(text, &v); err != nil {
		// The library's message quotes the value, which may be a secret.
		return nil, fmt.Errorf("the value is not what its tag %s says", n.Tag)
	}
	switch v := v.(type) {
	case nil, bool, string:
		return v, nil
	case int:
		return int64(v), nil
	case int64:
		return v, nil
	case float64:
		// JSON has one kind of number: 100.0 reaches the API server as 100.
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v), nil
		}
		return v, nil
	case uint64:
		return float64(v), nil
	default:
		// A plain scalar that holds `: ` or a flow character was a string to
		// the parser that had its context.
		return n.Value, nil
	}
}

// typeName names a meaning in the words of an API error.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case int64, float64:
		return "a number"
	default:
		return "a string"
	}
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	default:
		v, err := Meaning(n)
		if err != nil {
			return "a scalar"
		}
		return typeName(v)
	}
}

// isNull says whether a node stands for nothing: absent, null, ~ or empty.
func isNull(n *yaml.Node) bool {
	if n == nil {
		return true
	}
	if n.Kind != yaml.ScalarNode {
		return false
	}
	v, err := Meaning(n)
	return err == nil && v == nil
}
