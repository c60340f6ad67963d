package krm

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/manifest"
	"github.com/datadog-harden/datadog-harden/transform"
)

const list = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: dd
    namespace: mon
    annotations:
      internal.config.kubernetes.io/path: base/dd.yaml
      internal.config.kubernetes.io/index: '2'
  spec: {} # kept
`

func TestSniff(t *testing.T) {
	long := "# " + strings.Repeat("x", headSizes[1]) + "\n"
	tests := []struct {
		name   string
		in     string
		isList bool
		stream bool // the stream is not read into memory
	}{
		{"a list", list, true, false},
		{"a list in JSON", `{"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": []}`, true, false},
		{"the kind below the items", "items: []\nkind: ResourceList\napiVersion: config.kubernetes.io/v1beta1\n", true, false},
		{"behind comments and empty documents", "# c\n---\n---\n" + list, true, false},
		{"a long list", list + long, true, false},
		{"behind a long comment", long + list, true, false},
		{"a list of another group", strings.Replace(list, "config.kubernetes.io/v1", "v1", 1), false, false},
		{"the second document", "kind: Pod\n---\n" + list, false, true},
		{"something else", "kind: Pod\n", false, true},
		{"something else that is long", "kind: ConfigMap\ndata:\n  " + long, false, true},
		{"something else, as its last line says", "data:\n  # " + strings.Repeat("x", headSizes[0]) + "\nkind: ConfigMap\n", false, true},
		{"a list, as its last line says", "apiVersion: config.kubernetes.io/v1\nitems: []\n# " + strings.Repeat("x", headSizes[0]) + "\nkind: ResourceList\n", true, false},
		{"no YAML", "[", false, false},
		{"a scalar", "ResourceList", false, false},
		{"nothing", "", false, true},
		{"comments", "# ResourceList\n", false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, text, again, err := Sniff(iotest.HalfReader(strings.NewReader(tt.in)))
			if err != nil {
				t.Fatal(err)
			}
			if got != nil != tt.isList || text == nil != tt.stream {
				t.Errorf("list: %v, in memory: %v", got != nil, text != nil)
			}
			if all, err := io.ReadAll(again); err != nil || string(all) != tt.in {
				t.Errorf("the stream is not what it was: %v", err)
			}
		})
	}
	broken := errors.New("broken")
	if _, _, _, err := Sniff(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v, want broken", err)
	}
}

func TestSettings(t *testing.T) {
	const config = "functionConfig: {apiVersion: datadog-harden/v1, kind: DatadogHardening"
	tests := []struct {
		name, in string
		want     string // of the error
		none     bool
	}{
		{"none", list, "", true},
		{"null", list + "functionConfig:\n", "", true},
		{"good", list + config + "}\n", "", false},
		{"bad", list + config + ", sepc: {}}\n", `functionConfig, line 13: unknown field "sepc"`, true},
		{"of another kind", list + "functionConfig: {apiVersion: v1, kind: ConfigMap}\n", "functionConfig, line 13: kind: expected DatadogHardening, found ConfigMap", true},
		{"no map", list + "functionConfig: []\n", "functionConfig, line 13: expected a DatadogHardening", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := Read([]byte(tt.in)).Settings()
			if doc == nil != tt.none {
				t.Errorf("settings: %v", doc)
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if doc, err := (*List)(nil).Settings(); doc != nil || err != nil {
		t.Errorf("of no list: %v, %v", doc, err)
	}
}

// results reads a list's results as kyaml's framework does, strictly.
func results(t *testing.T, text []byte) framework.Results {
	t.Helper()
	var doc struct {
		Results framework.Results `yaml:"results"`
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader([]byte(yaml.MustParse(string(text)).Field("results").Value.MustString())))
	d.KnownFields(true)
	var strict framework.Results
	if err := d.Decode(&strict); err != nil {
		t.Fatal(err)
	}
	return doc.Results
}

func TestWrite(t *testing.T) {
	findings := []Finding{
		{Info, "nonroot: (none) -> 100: why", "Pod/dd", "mon", "spec.securityContext.runAsUser", "(none)", "100"},
		{Severity: Warning, Message: "a note: with a colon", Workload: "Pod/dd"},
		{Severity: Warning, Message: "of something that is not there", Workload: "Pod/other", Namespace: "x"},
		{Severity: Warning, Message: "a note: with a colon", Workload: "Pod/dd"},
	}
	ref := &yaml.ResourceIdentifier{TypeMeta: yaml.TypeMeta{APIVersion: "v1", Kind: "Pod"}, NameMeta: yaml.NameMeta{Name: "dd", Namespace: "mon"}}
	file := &framework.File{Path: "base/dd.yaml", Index: 2}
	want := framework.Results{
		{Message: findings[0].Message, Severity: framework.Info, ResourceRef: ref, File: file,
			Field: &framework.Field{Path: "spec.securityContext.runAsUser", ProposedValue: "100"}},
		{Message: "a note: with a colon", Severity: framework.Warning, ResourceRef: ref, File: file},
		{Message: "of something that is not there", Severity: framework.Warning,
			ResourceRef: &yaml.ResourceIdentifier{TypeMeta: yaml.TypeMeta{Kind: "Pod"}, NameMeta: yaml.NameMeta{Name: "other", Namespace: "x"}}},
	}
	for name, in := range map[string]string{"no results": list, "null": list + "results:\n", "empty": list + "results: []\n"} {
		t.Run(name, func(t *testing.T) {
			out, err := Write([]byte(in), findings)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(out), list) {
				t.Errorf("more than the results changed:\n%s", out)
			}
			if diff := cmp.Diff(want, results(t, out)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again, err := Write(out, findings)
			if err != nil || string(again) != string(out) {
				t.Errorf("findings that are there are added again: %v\n%s", err, again)
			}
		})
	}
	t.Run("nothing found", func(t *testing.T) {
		if out, err := Write([]byte(list), nil); err != nil || string(out) != list {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("someone else's results stay", func(t *testing.T) {
		out, err := Write([]byte(list+"results:\n- message: theirs\n"), findings[:1])
		if got := results(t, out); err != nil || len(got) != 2 || got[0].Message != "theirs" {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("results that are no list", func(t *testing.T) {
		if _, err := Write([]byte(list+"results: {}\n"), findings); err == nil {
			t.Error("no error")
		}
	})
}

func TestFail(t *testing.T) {
	field := &transform.FieldError{Workload: "Pod/dd", Field: "spec.containers", Line: 9, Message: "expected a list"}
	refused := &transform.RefusedError{Workload: "Pod/dd", Feature: "compliance", Message: "hostPID cannot be removed"}
	err := errors.Join(
		errors.Join(&manifest.Error{Document: 1, Line: 9, Err: field}, &manifest.Error{Document: 1, Err: refused}),
		errors.New("something else"))
	var out bytes.Buffer
	got := Fail(&out, []byte(list), err)
	var failed *Failed
	if !errors.As(got, &failed) || !errors.Is(got, err) {
		t.Errorf("got %v, want a Failed of the error", got)
	}
	ref := &yaml.ResourceIdentifier{TypeMeta: yaml.TypeMeta{APIVersion: "v1", Kind: "Pod"}, NameMeta: yaml.NameMeta{Name: "dd", Namespace: "mon"}}
	file := &framework.File{Path: "base/dd.yaml", Index: 2}
	want := framework.Results{
		{Message: "expected a list", Severity: framework.Error, ResourceRef: ref, File: file, Field: &framework.Field{Path: "spec.containers"}},
		{Message: "hostPID cannot be removed", Severity: framework.Error, ResourceRef: ref, File: file},
		{Message: "something else", Severity: framework.Error},
	}
	if diff := cmp.Diff(want, results(t, out.Bytes())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if Fail(io.Discard, []byte(list), nil) != nil {
		t.Error("no error has become one")
	}
}
