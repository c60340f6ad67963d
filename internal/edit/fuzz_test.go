package edit

import (
	"bytes"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
	k8syaml "sigs.k8s.io/yaml"
)

// FuzzDocument makes changes to documents, one for each byte of a script, and
// sees that the text that comes out is read by Kubernetes as what was meant:
// the same object as kyaml's own writing of the changed tree.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		"a: 1\nb:\n- c: x # y\n  d: |\n    z\n- e\nf: {}\ng:\n",
		"l:\n  - \"q\\\"\": 'it''s'\n    m: [1, {x: y}]\n  -\n    n: null\n",
		"a: one\n  two\n\n  three\nb: >-\n  folded\n  text\n\n# end\n",
		"{\"a\": {\"b\": [1, 2]}}\n",
		"a: &x {b: 1}\r\nc: *x\r\nd: !!str 1\r\n",
	} {
		f.Add([]byte(seed), []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	}
	writer := NewWriter()
	f.Fuzz(func(t *testing.T, text, script []byte) {
		asRead, err := k8syaml.YAMLToJSONStrict(text)
		if err != nil {
			return // Kubernetes refuses it
		}
		meant, err := Parse(string(text), 5)
		if err != nil || meant == nil || meant.Content[0].Kind != yaml.MappingNode {
			return
		}
		if !bytes.Equal(asRead, kyamlJSON(meant)) {
			return // kyaml's own writing is no measure here
		}
		for i, op := range script {
			if i < 8 {
				mutate(meant.Content[0], op)
			}
		}
		out, _, err := writer.Document(string(text), 5, meant, nil)
		if err != nil {
			return // nothing is written
		}
		wantJSON := kyamlJSON(meant)
		if wantJSON == nil {
			return
		}
		gotJSON, err := k8syaml.YAMLToJSON([]byte(out))
		if err != nil {
			t.Fatalf("Kubernetes cannot read it: %v\n%s\n----\n%s", err, text, out)
		}
		if !bytes.Equal(gotJSON, wantJSON) && definite([]byte(out)) && definite(text) {
			t.Fatalf("want %s\ngot  %s\n%s\n----\n%s", wantJSON, gotJSON, text, out)
		}
	})
}

// definite says whether Kubernetes reads a text in one way: of two keys that
// become the same in JSON (`1` and `"1"`), now one counts and now the other.
func definite(text []byte) bool {
	first, _ := k8syaml.YAMLToJSON(text)
	for range 64 {
		if again, _ := k8syaml.YAMLToJSON(text); !bytes.Equal(first, again) {
			return false
		}
	}
	return true
}

// kyamlJSON is what Kubernetes reads in kyaml's writing of a tree, or nil.
func kyamlJSON(n *yaml.Node) []byte {
	text, err := yaml.Marshal(n)
	if err != nil {
		return nil
	}
	converted, err := k8syaml.YAMLToJSON(text)
	if err != nil {
		return nil
	}
	return converted
}

// mutate makes the change that a byte stands for, at the place it stands for.
func mutate(n *yaml.Node, op byte) {
	for depth := op >> 4; depth > 0 && len(n.Content) > 0; depth-- {
		child := n.Content[len(n.Content)-1]
		if depth%3 == 1 {
			child = n.Content[min(1, len(n.Content)-1)]
		}
		if child.Kind != yaml.MappingNode && child.Kind != yaml.SequenceNode {
			break
		}
		n = child
	}
	switch pairs := n.Kind == yaml.MappingNode; {
	case op%5 == 0 && pairs:
		set(n, "zz", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: "7"})
	case op%5 == 1 && pairs:
		set(n, "zy", &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{
			{Kind: yaml.ScalarNode, Tag: "!!str", Value: "k"}, {Kind: yaml.ScalarNode, Tag: "!!str", Value: "v"},
		}})
	case op%5 == 2 && pairs && len(n.Content) > 2:
		at := int(op) % (len(n.Content) / 2) * 2
		drop(n, at, at+2)
	case op%5 == 3 && pairs && len(n.Content) >= 2:
		set(n, n.Content[0].Value, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"})
	case op%5 <= 1 && !pairs:
		at := int(op) % (len(n.Content) + 1)
		n.Content = append(n.Content[:at:at], append([]*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: "new"}}, n.Content[at:]...)...)
	case !pairs && len(n.Content) > 1:
		at := int(op) % len(n.Content)
		drop(n, at, at+1)
	}
}
