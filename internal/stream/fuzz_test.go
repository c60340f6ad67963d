package stream

import (
	"encoding/json"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// FuzzKind holds the quick look to its proof: whatever the text, the kind that
// it says is proven is the one that Kubernetes reads, or Kubernetes reads none.
func FuzzKind(f *testing.F) {
	for _, seed := range []string{
		"---\n# Source: x\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n",
		"kind: Role\n\"\\x6bind\": Deployment\n",
		"a: \"\nkind: Role\n\"\n\"kind\": Deployment\n",
		"a: {\nkind: Role\n}\nkind: Deployment\n",
		"? kind\n: Deployment\nkind: Role\n",
		"kind: Role\na: b\rkind: Deployment\n",
		"kind: Role\n<<: {kind: Deployment}\n",
		"kind: Role\n- a\n- b\n",
		"kind: |\n  Deployment\nb: 1\n",
		"kind: Role # c\n!!binary a2luZA==: Deployment\n",
		"  kind: Role\nkind: Deployment\n",
		"kind: Role\n  Deployment\n",
		"\"a\nkind: Role\n\": b\n\"kind\": Deployment",
		"a:\n- b\nkind: Role\n'kind': Deployment\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, d := range Split(in) {
			kind, proven := d.Kind()
			if !proven {
				continue
			}
			converted, err := yaml.YAMLToJSON(d.Text)
			if err != nil {
				continue // Kubernetes refuses it
			}
			var object struct {
				Kind any `json:"kind"`
			}
			if json.Unmarshal(converted, &object) != nil {
				continue
			}
			text, ok := object.Kind.(string)
			if !ok || strings.ContainsAny(text, " \t\n") {
				continue // `kind: Y`, or a value that goes on on the next line: no kind at all
			}
			if text != kind {
				t.Fatalf("proven %q, read %v\n%s", kind, object.Kind, d.Text)
			}
		}
	})
}
