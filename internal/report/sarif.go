package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/transform"
)

// SARIF is the Static Analysis Results Interchange Format 2.1.0, which code
// scanning reads. A pending change is a warning, an unexplained failure an
// error; a needed one is a note, suppressed with its need as the reason.
type SARIF struct{}

const (
	sarifVersion = "2.1.0"
	sarifSchema  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	projectURI   = "https://github.com/datadog-harden/datadog-harden"
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string    `json:"id"`
	Name             string    `json:"name"`
	ShortDescription sarifText `json:"shortDescription"`
	FullDescription  sarifText `json:"fullDescription"`
	Help             sarifText `json:"help"`
	Default          struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    int                `json:"ruleIndex"`
	Level        string             `json:"level"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations"`
	Fingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region struct {
			StartLine int `json:"startLine"`
		} `json:"region"`
	} `json:"physicalLocation"`
	Logical []sarifLogical `json:"logicalLocations"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification"`
}

// Write implements Format.
func (SARIF) Write(w io.Writer, e *evidence.Evidence) error {
	b := sarifBuilder{evidence: e, index: map[string]int{}, results: []sarifResult{}}
	b.allRules()
	for i := range e.Workloads {
		b.workload(&e.Workloads[i])
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(sarifLog{
		Schema: sarifSchema, Version: sarifVersion,
		Runs: []sarifRun{{
			Tool:       sarifTool{sarifDriver{e.Tool.Name, e.Tool.Version, projectURI, b.rules}},
			ColumnKind: "utf16CodeUnits",
			Results:    b.results,
		}},
	})
}

type sarifBuilder struct {
	evidence *evidence.Evidence
	rules    []sarifRule
	index    map[string]int
	results  []sarifResult
}

// allRules lists every rule, found or not, so that a rule keeps its index.
func (b *sarifBuilder) allRules() {
	for _, t := range transform.TransformFacts() {
		b.rule("transform/"+t.ID, "warning", "Pending: "+t.What, "Run datadog-harden over the manifests; it writes: "+t.Fields+".", t.Source)
	}
	for _, c := range pss.Checks() {
		b.rule("pss/"+c.ID, "error", "PSS "+c.Level+" forbids "+c.Forbids,
			"The namespace refuses the pod at this level. What this program does about it: "+c.Mends+". What is left is a declared need, or unexplained: a field that no table of this program knows a reason for.",
			"Kubernetes, Pod Security Standards")
	}
}

func (b *sarifBuilder) rule(id, level, short, help, source string) {
	r := sarifRule{ID: id, Name: id[strings.IndexByte(id, '/')+1:]}
	r.ShortDescription.Text = short
	r.FullDescription.Text = short + ". " + help
	r.Help.Text = help + " Source: " + source + "."
	r.Help.Markdown = help + "\n\n`datadog-harden explain " + r.Name + "` says more.\n\nSource: " + source + "."
	r.Default.Level = level
	b.index[id] = len(b.rules)
	b.rules = append(b.rules, r)
}

func (b *sarifBuilder) workload(w *evidence.Workload) {
	for _, c := range w.Changes {
		text := fmt.Sprintf("%s: %s: %s → %s: %s", name(w, c.Container), short(c.Field), c.Before, c.After, c.Why)
		if c.Know != "" {
			text += ". To know: " + c.Know
		}
		b.result(w, "transform/"+c.Transform, "warning", text, c.Field, c.Line, nil)
	}
	for _, f := range w.Failures {
		for _, c := range f.Causes {
			if c.Status == evidence.Removed {
				continue
			}
			text := fmt.Sprintf("%s: %s: %s", name(w, c.Container), short(c.Field), f.Reason)
			line := c.Line
			if line == 0 {
				line = w.Line // the program put it there
			}
			level, suppressed := "error", []sarifSuppression(nil)
			switch c.Status {
			case evidence.Needed:
				level = "note"
				text += ". Needed: " + c.Need.For
				suppressed = []sarifSuppression{{"external", "accepted", c.Need.For + "; without it: " + c.Need.Without + " (" + c.Need.Source + ")"}}
			case evidence.Settled:
				level = "warning"
				text += ". Left by " + c.Setting
			default:
				text += ". Unexplained: no declared need explains it"
			}
			b.result(w, "pss/"+f.Check, level, text, c.Field, line, suppressed)
		}
	}
}

func name(w *evidence.Workload, container string) string {
	if container == "" {
		return w.ID
	}
	return w.ID + ", container " + container
}

func (b *sarifBuilder) result(w *evidence.Workload, rule, level, text, field string, line int, suppressed []sarifSuppression) {
	var at sarifLocation
	at.Physical.Artifact.URI = (&url.URL{Path: b.evidence.Settings.Input}).String()
	at.Physical.Region.StartLine = max(line, 1)
	full := w.ID + "." + field
	if w.Namespace != "" {
		full = w.Namespace + "/" + full
	}
	at.Logical = []sarifLogical{{full, "member"}}
	sum := sha256.Sum256([]byte(rule + "\n" + full))
	b.results = append(b.results, sarifResult{
		RuleID: rule, RuleIndex: b.index[rule], Level: level, Message: sarifText{Text: text},
		Locations:    []sarifLocation{at},
		Fingerprints: map[string]string{"datadogHarden/v1": hex.EncodeToString(sum[:16])},
		Suppressions: suppressed,
	})
}
