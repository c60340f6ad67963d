package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/datadog-harden/datadog-harden/internal/diff"
	"github.com/datadog-harden/datadog-harden/internal/evidence"
	process "github.com/datadog-harden/datadog-harden/internal/harden"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/transform"
)

// secret is planted wherever the program must not show what it finds.
const secret = "hunter2-planted"

// planted are workloads of every kind of finding: changes, needs, a setting's
// doing, an unexplained container, notes, a policy, a secret in every corner.
const planted = `---
# Source: datadog/templates/daemonset.yaml
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: dd|<b>*_
  namespace: monitoring
  labels: {agent.datadoghq.com/component: agent}
  annotations: {note: hunter2-planted}
spec:
  template:
    metadata:
      labels: {agent.datadoghq.com/component: agent}
      annotations:
        ad.datadoghq.com/x.instances: '[{"password": "hunter2-planted"}]'
    spec:
      hostPID: true
      containers:
      - name: agent
        image: registry.example.com/agent:7.81.1
        args: [--api-key=hunter2-planted]
        env:
        - name: DD_DOGSTATSD_ORIGIN_DETECTION
          value: hunter2-planted
        - name: DD_API_KEY
          value: hunter2-planted
        - name: DD_DOGSTATSD_ORIGIN_DETECTION
          value: "hunter2-planted"
        livenessProbe:
          httpGet: {port: 1, httpHeaders: [{name: A, value: hunter2-planted}]}
        volumeMounts:
        - {name: dsdsocket, mountPath: /var/run/datadog}
        - name: procdir
          mountPath: /host/proc
        - {name: other, mountPath: /other, readOnly: false}
      - name: sidecar
        image: example.com/sidecar:1
        command: [sh, -c, "echo hunter2-planted"]
        securityContext: {privileged: true}
      volumes:
      - {name: dsdsocket, hostPath: {path: /var/run/datadog}}
      - {name: procdir, hostPath: {path: /proc}}
      - {name: other, hostPath: {path: /etc/kubernetes}}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: s}
  stringData:
    a: hunter2-planted
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: c}
  data:
    a: |
      hunter2-planted
- apiVersion: v1
  kind: Pod
  metadata:
    name: cluster-agent
    labels: {agent.datadoghq.com/component: cluster-agent}
  spec:
    containers:
    - name: cluster-agent
      image: registry.example.com/cluster-agent:7.81.1
      env:
      - name: TOKEN
        value: |-
          one
          hunter2-planted
---
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: psp, labels: {helm.sh/chart: datadog-3.1.0}}
spec: {hostPID: true, runAsUser: {rule: RunAsAny}}
`

type run struct {
	evidence      *evidence.Evidence
	input, output []byte
	log           *transform.Log
}

func harden(t *testing.T, input []byte) run {
	t.Helper()
	settings := transform.Default()
	settings.RemoveHostPID = true
	settings.AcceptDegraded = transform.Features()
	pipeline, err := transform.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	standards, err := pss.New(pss.Latest)
	if err != nil {
		t.Fatal(err)
	}
	g := &evidence.Gatherer{
		Pipeline: pipeline, Standards: standards, Version: "1.2.3", Name: "dir/a file.yaml",
	}
	result, err := process.Stream(bytes.NewReader(input), pipeline, process.Observer{Witness: g.Witness})
	if err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	if _, err := result.WriteTo(&output); err != nil {
		t.Fatal(err)
	}
	e, err := g.Evidence()
	if err != nil {
		t.Fatal(err)
	}
	return run{e, input, output.Bytes(), pipeline.Log}
}

func render(t *testing.T, name string, e *evidence.Evidence) []byte {
	t.Helper()
	format, err := New(name, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := format.Write(&out, e); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// inputs are the manifests that every format is tried with.
func inputs(t *testing.T) map[string][]byte {
	sample, err := os.ReadFile(filepath.Join("..", "..", "testdata", "sample.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{"planted": []byte(planted), "sample": sample, "nothing": []byte("kind: ConfigMap\napiVersion: v1\n")}
	corpus, _ := filepath.Glob(filepath.Join(os.Getenv("DATADOG_HARDEN_CORPUS"), "*kubeconform*.yaml"))
	if os.Getenv("DATADOG_HARDEN_CORPUS") != "" {
		for _, file := range corpus {
			if all[filepath.Base(file)], err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}

// TestNoSecret looks for a planted secret in everything that is written.
func TestNoSecret(t *testing.T) {
	r := harden(t, []byte(planted))
	if r.evidence.Summary.Changes == 0 || r.evidence.Summary.Unexplained == 0 || len(r.evidence.Workloads) != 3 {
		t.Fatalf("the fixture says too little: %+v", r.evidence.Summary)
	}
	var summary bytes.Buffer
	told := NewSummary()
	told.Add(r.log)
	told.Write(&summary, r.evidence)
	written := map[string][]byte{
		"diff":    diff.Unified("in.yaml", r.input, r.output, r.log.Sets),
		"summary": summary.Bytes(),
	}
	for _, name := range Formats() {
		written[name] = render(t, name, r.evidence)
	}
	for name, text := range written {
		if len(text) == 0 {
			t.Errorf("%s: nothing was written", name)
		}
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%s shows the secret:\n%s", name, text)
		}
	}
	if !bytes.Contains(written["diff"], []byte(`value: "false"`)) {
		t.Errorf("the diff does not show what the program set:\n%s", written["diff"])
	}
}

// TestSameAgain renders the evidence of two runs.
func TestSameAgain(t *testing.T) {
	for name, input := range inputs(t) {
		one, two := harden(t, input), harden(t, input)
		for _, format := range Formats() {
			if !bytes.Equal(render(t, format, one.evidence), render(t, format, two.evidence)) {
				t.Errorf("%s as %s differs between two runs", name, format)
			}
		}
	}
}

func TestJSONSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("evidence.v1.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, input := range inputs(t) {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(render(t, "json", harden(t, input).evidence)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		document.(map[string]any)["schema"] = "v0"
		if schema.Validate(document) == nil {
			t.Error("the schema takes anything")
		}
	}
}

// TestSARIFSchema validates with the schema that OASIS publishes.
func TestSARIFSchema(t *testing.T) {
	schema := publishedSARIF(t)
	for name, input := range inputs(t) {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(render(t, "sarif", harden(t, input).evidence)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		document.(map[string]any)["unknown"] = true
		if schema.Validate(document) == nil {
			t.Error("the schema takes anything")
		}
	}
}

// publishedSARIF compiles the schema of SARIF 2.1.0 (errata 01) as the module
// go-sarif carries it: in a constant that it does not export.
func publishedSARIF(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", reflect.TypeFor[sarif.Report]().PkgPath()).Output()
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(strings.TrimSpace(string(dir)), "schema.go")
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	literal := file.Scope.Lookup("schema").Decl.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value
	text, err := strconv.Unquote(literal)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(sarifSchema, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(sarifSchema)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSARIFPlaces says that each result has a file, a line, a rule with a help
// text, and that the unexplained ones are errors.
func TestSARIFPlaces(t *testing.T) {
	r := harden(t, []byte(planted))
	var log sarifLog
	if err := json.Unmarshal(render(t, "sarif", r.evidence), &log); err != nil {
		t.Fatal(err)
	}
	levels := map[string]int{}
	for _, result := range log.Runs[0].Results {
		levels[result.Level]++
		rule := log.Runs[0].Tool.Driver.Rules[result.RuleIndex]
		at := result.Locations[0].Physical
		switch {
		case rule.ID != result.RuleID, rule.Help.Text == "", rule.ShortDescription.Text == "":
			t.Errorf("rule %+v for %+v", rule, result)
		case at.Artifact.URI != "dir/a%20file.yaml", at.Region.StartLine < 1, at.Region.StartLine > strings.Count(planted, "\n"):
			t.Errorf("place %+v", at)
		case result.Level == "note" && (len(result.Suppressions) != 1 || result.Suppressions[0].Justification == ""):
			t.Errorf("needed, without a reason: %+v", result)
		}
	}
	if levels["error"] != r.evidence.Summary.Unexplained || levels["note"] != r.evidence.Summary.Needed || levels["warning"] != r.evidence.Summary.Changes {
		t.Errorf("%v for %+v", levels, r.evidence.Summary)
	}
}

func TestText(t *testing.T) {
	for name, input := range inputs(t) {
		e := harden(t, input).evidence
		text := string(render(t, "text", e))
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\n")
			if words := strings.Fields(line); utf8.RuneCountInString(line) > 80 && len(words) > 2 {
				t.Errorf("%s: wider than 80 columns: %q", name, line)
			}
		}
		if strings.Contains(text, "\x1b") {
			t.Errorf("%s: colours that nobody asked for", name)
		}
		var coloured bytes.Buffer
		if err := (Text{Colour: true}).Write(&coloured, e); err != nil {
			t.Fatal(err)
		}
		plain := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(coloured.String(), "")
		if diff := cmp.Diff(text, plain); diff != "" {
			t.Errorf("%s: colours change the text\n%s", name, diff)
		}
	}
}

// TestHTMLStandsAlone fetches nothing, runs nothing, and takes no name of a
// workload for markup.
func TestHTMLStandsAlone(t *testing.T) {
	for name, input := range inputs(t) {
		page := string(render(t, "html", harden(t, input).evidence))
		for _, bad := range []string{"<script", "http:", "https:", "src=", "url(", "@import", "<link", "<b>*_"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: %s", name, bad)
			}
		}
	}
}

func TestMarkdownTables(t *testing.T) {
	text := string(render(t, "markdown", harden(t, []byte(planted)).evidence))
	columns := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(strings.ReplaceAll(line, "\\|", ""), "|")
		if columns != 0 && n != columns {
			t.Errorf("%d columns, not %d: %s", n, columns, line)
		}
		columns = n
	}
	if outside := regexp.MustCompile("`[^`]*`").ReplaceAllString(text, ""); strings.Contains(outside, "<b>") {
		t.Error("a workload's name became markup")
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := New("xml", Options{}); err == nil || !strings.Contains(err.Error(), "known are text, json, sarif, markdown, html") {
		t.Errorf("got %v", err)
	}
}

func TestExplain(t *testing.T) {
	for name, want := range map[string]string{
		"":                 "transform  readonly-mounts, nonroot",
		"nonroot":          "runAsUser",
		"system-probe":     "capabilities.add[SYS_ADMIN]",
		"etc-lsb-release":  "volume os-release-file, etc-*-release",
		"hostPathVolumes":  "volumes that show folders of the host",
		"compliance":       "--accept-degraded=compliance",
		"hostPID":          "datadog.useHostPID",
		"init-host-dirs":   "CHOWN",
		"csi-node-driver":  "privileged",
		"runtimesocketdir": "datadog.containerRuntimeSupport.enabled",
	} {
		var out bytes.Buffer
		if err := Explain(&out, name); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("explain %s: %v\n%s", name, err, out.String())
		}
	}
	if err := Explain(&bytes.Buffer{}, "nonsense"); err == nil {
		t.Error("nonsense was explained")
	}
}

// TestEveryNameIsExplained asks for each name that the list gives.
func TestEveryNameIsExplained(t *testing.T) {
	for _, f := range append(transform.Facts(), factsOfChecks()...) {
		if len(f.Fields) == 0 {
			t.Errorf("%s %v: nothing is said of it", f.Kind, f.Names)
		}
		for _, name := range f.Names {
			if !f.Is(name) {
				t.Errorf("%s is not found by its name", name)
			}
		}
	}
}

// TestSummaryFitsAScreen sees that what is not told in detail is counted, and
// that a log in parts gives the same as a whole one.
func TestSummaryFitsAScreen(t *testing.T) {
	var logs []*transform.Log
	whole := &transform.Log{}
	for i := range 25 {
		log := &transform.Log{
			Changes: []transform.Change{
				{Workload: fmt.Sprintf("Deployment/w%d", i), Transform: "nonroot", Container: "c", Know: "mind"},
				{Workload: fmt.Sprintf("Deployment/w%d", i), Transform: "nonroot", Container: "c", Know: "mind"},
			},
			Notes: []transform.Note{{Workload: "Deployment/noted", Text: "mind this"}},
		}
		logs = append(logs, log)
		whole.Changes = append(whole.Changes, log.Changes...)
		whole.Notes = log.Notes
	}
	inParts, atOnce := NewSummary(), NewSummary()
	for _, log := range append(logs, &transform.Log{}) {
		inParts.Add(log)
	}
	atOnce.Add(whole)
	lines := func(s *Summary) []string {
		var text strings.Builder
		s.Write(&text, nil)
		return strings.Split(strings.TrimSpace(text.String()), "\n")
	}
	got := lines(inParts)
	if want := "datadog-harden: and 6 more (--report tells all): nonroot 12"; got[len(got)-1] != want || len(got) != 2*20+1 {
		t.Errorf("%d lines, the last %q, want %d and %q", len(got), got[len(got)-1], 2*20+1, want)
	}
	if got[0] != "datadog-harden: Deployment/w0: nonroot 2" || got[1] != "  - c: mind" || got[2] != "datadog-harden: Deployment/noted: unchanged" {
		t.Errorf("it begins %q", got[:3])
	}
	if whole := lines(atOnce); len(whole) != 2*20+1 {
		t.Errorf("at once it has %d lines", len(whole))
	}
}
