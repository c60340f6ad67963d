package diff

import (
	"strings"
	"testing"

	"github.com/datadog-harden/datadog-harden/internal/stream"
)

// TestMask plants a secret in every form that YAML has for it.
func TestMask(t *testing.T) {
	const container = "kind: Pod\napiVersion: v1\nmetadata: {name: p}\nspec:\n  containers:\n  - name: a\n"
	tests := map[string]string{
		"plain":                  container + "    env:\n    - name: A\n      value: hunter2\n    - name: B\n      value: keep\n",
		"comment behind it":      container + "    env:\n    - name: A\n      value: x # hunter2\n    image: shown\n",
		"value first":            container + "    env:\n    - value: hunter2\n      name: A\n",
		"quoted over lines":      container + "    env:\n    - name: A\n      value: \"one\n        hunter2\n        two\"\n    image: shown\n",
		"plain over lines":       container + "    env:\n    - name: A\n      value: one\n        hunter2\n    image: shown\n",
		"literal":                container + "    env:\n    - name: A\n      value: |-\n        one\n        # hunter2\n\n        hunter2\n    image: shown\n",
		"folded at the end":      container + "    env:\n    - name: A\n      value: >\n        hunter2\n",
		"flow":                   container + "    env: [{name: A, value: hunter2}, {value: 'hunter2', name: B}]\n    image: shown\n",
		"flow over lines":        container + "    env: [{name: A, value: \"x\n      hunter2\", }, {name: B, value: y}]\n    image: shown\n",
		"behind wide characters": container + "    env: [{name: ÄÖ日本, value: hunter2, x: shown}]\n",
		"anchored":               "pw: &pw hunter2\n" + container + "    env:\n    - name: A\n      value: *pw\n    image: shown\n",
		"merged":                 "base: &b {value: hunter2}\n" + container + "    env:\n    - <<: *b\n      name: A\n    image: shown\n",
		"anchor at the value":    container + "    env:\n    - name: A\n      value: &x hunter2\n    - name: B\n      value: *x\n",
		"tagged":                 container + "    env:\n    - name: A\n      value: !!str hunter2\n    image: shown\n",
		"secret":                 "kind: Secret\napiVersion: v1\nstringData:\n  a: hunter2\n  b: |\n    hunter2\ndata: {c: hunter2}\ntype: shown\n",
		"secret in a list":       "kind: List\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Secret\n  data:\n    a: hunter2\n- kind: ConfigMap\n  apiVersion: v1\n  data: {a: hunter2}\n  x: shown\n",
		"annotation":             "kind: Pod\napiVersion: v1\nmetadata:\n  annotations:\n    ad.datadoghq.com/x: '{\"password\": \"hunter2\"}'\n  name: shown\n",
		"arguments":              container + "    args:\n    - --api-key=hunter2\n    command: [sh, -c, 'echo hunter2']\n    image: shown\n",
		"probe's header":         container + "    livenessProbe:\n      httpGet:\n        httpHeaders:\n        - name: A\n          value: hunter2\n      exec: {command: [hunter2]}\n    image: shown\n",
		"custom resource":        "kind: DatadogAgent\napiVersion: datadoghq.com/v2alpha1\nspec:\n  global:\n    credentials:\n      apiKey: hunter2\n    x: shown\n",
		"JSON":                   "{\"kind\": \"Pod\", \"apiVersion\": \"v1\", \"spec\": {\"containers\": [{\"name\": \"a\", \"env\": [{\"name\": \"A\", \"value\": \"hunter2\"}], \"image\": \"shown\"}]}}\n",
		"JSON over lines":        "{\n\t\"kind\": \"Pod\", \"apiVersion\": \"v1\",\n\t\"spec\": {\"containers\": [{\n\t\t\"name\": \"日\",\n\t\t\"env\": [{\"name\": \"日\", \"value\": \"hunter2\"}, {\"name\": \"B\",\n\t\t\"value\": \"hunter2\"}],\n\t\t\"image\": \"shown\"}]}}\n",
		"carriage returns":       strings.ReplaceAll(container+"    env:\n    - name: A\n      value: hunter2\n    image: shown\n", "\n", "\r\n"),
		"behind a separator":     "---\n# Source: x\n" + container + "    env:\n    - name: A\n      value: hunter2\n    image: shown\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			doc := stream.Split([]byte(text))[0]
			masked, err := mask(doc, nil)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(masked), "hunter2") {
				t.Errorf("the secret is there:\n%s", masked)
			}
			if strings.Contains(text, "shown") && !strings.Contains(strings.ReplaceAll(string(masked), hidden, ""), "shown") {
				t.Errorf("what is no secret is hidden too:\n%s", masked)
			}
			if got, want := strings.Count(string(masked), "\n"), strings.Count(text, "\n"); got != want && !strings.HasPrefix(text, "{") {
				t.Errorf("%d lines, want %d", got, want)
			}
		})
	}
}

// TestMaskRefuses does not guess where lines end.
func TestMaskRefuses(t *testing.T) {
	for _, text := range []string{"a: b\rc: d\n", "a: b\u2028c: d\n", "a: b\u0085c: d\n"} {
		if _, err := mask(stream.Split([]byte(text))[0], nil); err == nil {
			t.Errorf("%q was masked", text)
		}
	}
}

func TestUnified(t *testing.T) {
	before := "---\n# Source: c/x.yaml\nkind: A\napiVersion: v1\na: 1\n---\n# Source: c/y.yaml\nkind: Pod\napiVersion: v1\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: a\n    env:\n    - name: SECRET\n      value: hunter2\n    - name: OURS\n      value: before\n"
	after := strings.Replace(before, "before", "ours", 1)
	shown := func(workload, container, variable, value string) bool {
		return workload == "Pod/p" && container == "a" && variable == "OURS" && value == "ours"
	}
	want := `--- in.yaml
+++ in.yaml (hardened)
@@ -16,4 +16,4 @@ c/y.yaml
     - name: SECRET
       value: (not shown)
     - name: OURS
-      value: (not shown)
+      value: ours
`
	if got := string(Unified("in.yaml", []byte(before), []byte(after), shown)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
