package report

import (
	_ "embed"
	"html/template"
	"io"
	"strings"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/transform"
)

// HTML is the report as one page for an auditor: no script, nothing fetched,
// light and dark, for paper too.
type HTML struct{}

//go:embed report.html
var htmlPage string

// Write implements Format.
func (HTML) Write(w io.Writer, e *evidence.Evidence) error {
	page, err := template.New("report").Funcs(template.FuncMap{
		"short":     short,
		"place":     place,
		"know":      know,
		"hostText":  hostText,
		"plural":    plural,
		"transform": func(w *evidence.Workload) string { return byTransform(w, transformIDs()) },
		"cell":      htmlCellOf,
		"about":     aboutCheck,
		"inc":       func(i int) int { return i + 1 },
		"kind":      func(w *evidence.Workload) string { return w.Kind() },
		"objectName": func(w *evidence.Workload) string {
			return strings.TrimPrefix(w.ID, w.Kind()+"/")
		},
		"ptr": func(w evidence.Workload) *evidence.Workload { return &w },
	}).Parse(htmlPage)
	if err != nil {
		return err
	}
	return page.Execute(w, struct {
		*evidence.Evidence
		Columns  int
		Verdict  string
		Matrix   []*evidence.Workload
		Groups   []group
		Left     []htmlLeft
		Tmpfiles []string
		Sources  []transform.Source
	}{e, len(evaluated(e)) + 1, verdict(e), evaluated(e), groups(e), htmlLeftovers(e), tmpfiles(e), transform.Sources()})
}

// Level and Checks are for the page.
func (g group) Level() string    { return g.level }
func (g group) Checks() []string { return g.checks }

type htmlCell struct {
	Before, After int
	Class         string // none, clean, left or bad
}

func htmlCellOf(w *evidence.Workload, check string) htmlCell {
	before, after, forbidden := cell(w, check)
	c := htmlCell{before, after, "left"}
	switch {
	case !forbidden:
		c.Class = "none"
	case after == 0:
		c.Class = "clean"
	default:
		for _, cause := range w.Failure(check).Causes {
			if cause.Status == evidence.Unexplained {
				c.Class = "bad"
			}
		}
	}
	return c
}

func aboutCheck(id string) string {
	for _, c := range pss.Checks() {
		if c.ID == id {
			return "forbids " + c.Forbids
		}
	}
	return ""
}

type htmlLeft struct {
	Title  string
	Class  string
	Detail bool // the fields and workloads are shown
	Rows   []htmlRow
}

type htmlRow struct {
	Row, Why, Without, Value, Source string
	Checks, Workloads, Fields        []string
}

func htmlLeftovers(e *evidence.Evidence) []htmlLeft {
	var all []htmlLeft
	titles := map[evidence.Status]string{
		evidence.Unexplained: "Unexplained",
		evidence.Settled:     "Left by a setting",
		evidence.Needed:      "Left, and needed",
	}
	for _, l := range leftovers(e) {
		if len(all) == 0 || all[len(all)-1].Title != titles[l.status] {
			all = append(all, htmlLeft{Title: titles[l.status], Class: string(l.status), Detail: l.status != evidence.Needed})
		}
		last := &all[len(all)-1]
		last.Rows = append(last.Rows, htmlRow{l.row(), l.why, l.without, l.value, l.source, l.checks, l.workloads, l.fields})
	}
	return all
}
