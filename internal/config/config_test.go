package config

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/datadog-harden/datadog-harden/transform"
)

// got is what the flags of a test end up with.
type got struct {
	Profile string
	PID     bool
	Group   int64
	Groups  []int64
	Skip    []string
}

func testFlags(t *testing.T, g *got) *pflag.FlagSet {
	t.Helper()
	f := pflag.NewFlagSet("test", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	f.StringVar(&g.Profile, "profile", "recommended", "")
	f.BoolVar(&g.PID, "remove-host-pid", false, "")
	f.Int64Var(&g.Group, "run-as-group", 0, "")
	f.Int64SliceVar(&g.Groups, "supplemental-group", nil, "")
	f.StringSliceVar(&g.Skip, "skip", nil, "")
	f.String(ConfigFlag, "", "")
	f.BoolP("help", "h", false, "")
	f.Bool("version", false, "")
	choices := map[string][]string{"profile": {"compatible", "recommended"}, "skip": {"nonroot", "privileges"}}
	for name, values := range choices {
		if err := f.SetAnnotation(name, Choices, values); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

const head = "apiVersion: datadog-harden/v1\nkind: DatadogHardening\n"

func apply(t *testing.T, args []string, environ []string, text string) (got, *Document, error) {
	t.Helper()
	var g got
	flags := testFlags(t, &g)
	if err := ParseFlags(flags, args); err != nil {
		return g, nil, err
	}
	var doc *Document
	if text != "" {
		var err error
		if doc, err = Parse("harden.yaml", []byte(text)); err != nil {
			return g, nil, err
		}
	}
	return g, doc, Apply(flags, environ, doc)
}

func TestPrecedence(t *testing.T) {
	file := head + `metadata: {name: production}
spec:
  profile: compatible
  removeHostPID: yes
  runAsGroup: 0x10
  supplementalGroups: [1, 2]
  skip:
  - nonroot
`
	environ := []string{"DATADOG_HARDEN_RUN_AS_GROUP=7", "DATADOG_HARDEN_SUPPLEMENTAL_GROUP=3,4", "DATADOG_HARDEN_SKIP=", "OTHER=x"}
	tests := []struct {
		name    string
		args    []string
		environ []string
		file    string
		want    got
	}{
		{"nothing", nil, nil, "", got{Profile: "recommended"}},
		{"a document without settings", nil, nil, head, got{Profile: "recommended"}},
		{"null is not set", nil, nil, head + "spec: {profile: null, skip: }\n", got{Profile: "recommended"}},
		{"the file", nil, nil, file, got{"compatible", true, 16, []int64{1, 2}, []string{"nonroot"}}},
		{"the environment", nil, environ, "", got{"recommended", false, 7, []int64{3, 4}, nil}},
		{"the environment wins over the file", nil, environ, file, got{"compatible", true, 7, []int64{3, 4}, []string{"nonroot"}}},
		{"flags win over both", []string{"--run-as-group=9", "--supplemental-group=5", "--skip=privileges", "--remove-host-pid=false", "--profile=recommended"}, environ, file,
			got{"recommended", false, 9, []int64{5}, []string{"privileges"}}},
		{"the last of two variables", nil, []string{"DATADOG_HARDEN_RUN_AS_GROUP=1", "DATADOG_HARDEN_RUN_AS_GROUP=2"}, "", got{Profile: "recommended", Group: 2}},
		{"JSON", nil, nil, `{"apiVersion":"datadog-harden/v1","kind":"DatadogHardening","spec":{"removeHostPID":true}}`, got{Profile: "recommended", PID: true}},
		{"anchors", nil, nil, head + "metadata: {annotations: {a: &p compatible}}\nspec: {profile: *p}\n", got{Profile: "compatible"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, _, err := apply(t, tt.args, tt.environ, tt.file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, g); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		name    string
		args    []string
		environ []string
		file    string
		want    []string
	}{
		{"unknown flag", []string{"--remove-hostpid"}, nil, "", []string{"unknown flag: --remove-hostpid", "known are ", "--profile", "did you mean --remove-host-pid?"}},
		{"unknown short flag", []string{"-x"}, nil, "", []string{"unknown shorthand flag: 'x'", "known are --config"}},
		{"unknown value of a flag", []string{"--profile=recomended"}, nil, "", []string{`--profile: unknown profile "recomended": known are compatible, recommended; did you mean recommended?`}},
		{"unknown value in the environment", nil, []string{"DATADOG_HARDEN_SKIP=nonroot,privilege"}, "", []string{`DATADOG_HARDEN_SKIP: unknown transform "privilege"`, "did you mean privileges?"}},
		{"no boolean in the environment", nil, []string{"DATADOG_HARDEN_REMOVE_HOST_PID=maybe"}, "", []string{`DATADOG_HARDEN_REMOVE_HOST_PID: `, "maybe"}},
		{"a slip in the environment", nil, []string{"DATADOG_HARDEN_REMOVE_HOSTPID=true"}, "", []string{`unknown environment variable "DATADOG_HARDEN_REMOVE_HOSTPID"`, "did you mean DATADOG_HARDEN_REMOVE_HOST_PID?"}},
		{"unknown value in the file", nil, nil, head + "spec:\n  profile: paranoid\n", []string{`harden.yaml, line 4: spec.profile: unknown profile "paranoid": known are compatible, recommended`}},
		{"even if a flag wins over it", []string{"--profile=compatible"}, nil, head + "spec:\n  profile: paranoid\n", []string{`unknown profile "paranoid"`}},
		{"unknown field", nil, nil, head + "spec:\n  removeHostPid: true\n", []string{`harden.yaml, line 4: unknown field in spec: "removeHostPid": known are exceptions, profile, removeHostPID, runAsGroup, skip, supplementalGroups; did you mean removeHostPID?`}},
		{"a flag that is no setting", nil, nil, head + "spec:\n  config: x\n  version: true\n", []string{`line 4: unknown field in spec: "config"`, `line 5: unknown field in spec: "version"`}},
		{"unknown field at the top", nil, nil, head + "sepc: {}\n", []string{`harden.yaml, line 3: unknown field "sepc"`, "did you mean spec?"}},
		{"a number for a boolean", nil, nil, head + "spec:\n  removeHostPID: 1\n", []string{"harden.yaml, line 4: spec.removeHostPID: expected true or false"}},
		{"a string for a boolean", nil, nil, head + "spec:\n  removeHostPID: \"true\"\n", []string{"expected true or false"}},
		{"a string for a number", nil, nil, head + "spec: {runAsGroup: \"7\"}\n", []string{"harden.yaml, line 3: spec.runAsGroup: expected a number"}},
		{"a fraction", nil, nil, head + "spec: {runAsGroup: 1.5}\n", []string{"harden.yaml, line 3: spec.runAsGroup: "}},
		{"a scalar for a list", nil, nil, head + "spec:\n  skip: nonroot\n", []string{"harden.yaml, line 4: spec.skip: expected a list, each a string"}},
		{"numbers for strings", nil, nil, head + "spec:\n  skip: [1]\n", []string{"expected a list, each a string"}},
		{"a list for the spec", nil, nil, head + "spec: []\n", []string{"harden.yaml, line 3: spec: expected a map"}},
		{"repeated", nil, nil, head + "spec:\n  skip: []\n  skip: []\n", []string{"harden.yaml, line 5: spec.skip: the key is repeated: first on line 4"}},
		{"another type", nil, nil, "apiVersion: datadog-harden/v2\nkind: Hardening\n", []string{"line 1: apiVersion: expected datadog-harden/v1, found datadog-harden/v2", "line 2: kind: expected DatadogHardening, found Hardening"}},
		{"no type", nil, nil, "spec: {}\n", []string{"apiVersion: expected datadog-harden/v1, found none"}},
		{"no map", nil, nil, "- x\n", []string{"harden.yaml, line 1: expected a DatadogHardening"}},
		{"empty", nil, nil, "# nothing\n", []string{"expected a DatadogHardening, found nothing"}},
		{"two documents", nil, nil, head + "---\n" + head, []string{"harden.yaml: "}},
		{"no YAML", nil, nil, "a: [\n", []string{"harden.yaml: line "}},
		{"exceptions are a list", nil, nil, head + "spec:\n  exceptions: {}\n", []string{"line 4: spec.exceptions: expected a list"}},
		{"an exception is a map", nil, nil, head + "spec:\n  exceptions:\n  - x\n", []string{"line 5: spec.exceptions[0]: expected a map"}},
		{"an exception's fields", nil, nil, head + "spec:\n  exceptions:\n  - workload: 7\n    transfrom: nonroot\n", []string{"line 5: spec.exceptions[0].workload: expected a string", `line 6: unknown field in spec.exceptions[0]: "transfrom": known are workload, container, transform, reason; did you mean transform?`}},
		{"an exception's values", nil, nil, head + "spec:\n  exceptions:\n  - workload: datadog\n    transform: non-root\n", []string{"line 5: spec.exceptions[0]: workload \"datadog\": expected kind/name", "line 5: spec.exceptions[0]: unknown transform", "line 5: spec.exceptions[0]: no reason is given"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := apply(t, tt.args, tt.environ, tt.file)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			}
		})
	}
}

func TestExceptions(t *testing.T) {
	_, doc, err := apply(t, nil, nil, head+`spec:
  exceptions:
  - workload: DaemonSet/datadog*
    container: agent
    transform: nonroot
    reason: our nodes cannot be prepared before March
  - {workload: "*/x", transform: privileges, reason: r}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []transform.Exception{
		{Workload: "DaemonSet/datadog*", Container: "agent", Transform: "nonroot", Reason: "our nodes cannot be prepared before March"},
		{Workload: "*/x", Transform: "privileges", Reason: "r"},
	}
	if diff := cmp.Diff(want, doc.Exceptions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPath(t *testing.T) {
	environ := []string{"DATADOG_HARDEN_CONFIG=env.yaml"}
	for _, tt := range []struct {
		args, environ []string
		want          string
	}{
		{nil, nil, ""},
		{nil, environ, "env.yaml"},
		{[]string{"--config=flag.yaml"}, environ, "flag.yaml"},
		{[]string{"--config="}, environ, ""},
	} {
		flags := testFlags(t, &got{})
		if err := ParseFlags(flags, tt.args); err != nil {
			t.Fatal(err)
		}
		if got := Path(flags, tt.environ); got != tt.want {
			t.Errorf("Path(%v, %v) = %q, want %q", tt.args, tt.environ, got, tt.want)
		}
	}
}

func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		head:                          true,
		"kind: DatadogHardening\n":    true,
		"kind: ConfigMap\n":           false,
		"":                            false,
		"[":                           false,
		"DatadogHardening":            false,
		`{"kind":"DatadogHardening"}`: true,
	} {
		if got := Is([]byte(text)); got != want {
			t.Errorf("Is(%q) = %v", text, got)
		}
	}
}
