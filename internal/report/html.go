package report

import (
	"bufio"
	_ "embed"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/transform"
)

// HTML is the report as one page for an auditor: no script, nothing fetched,
// light and dark, for paper too. It is written by hand: package html/template
// would add a third to the size of the program.
type HTML struct{}

//go:embed report.css
var htmlStyle string

// Write implements Format.
func (HTML) Write(w io.Writer, e *evidence.Evidence) error {
	p := page{bufio.NewWriter(w)}
	p.head(e)
	p.matrix(e)
	p.leftovers(e)
	p.host(e)
	p.less(e)
	p.workloads(e)
	p.sources()
	p.put("</main>\n</body>\n</html>\n")
	return p.Flush()
}

type page struct{ *bufio.Writer }

// put writes markup. The format is markup, a constant; what it is given is
// text, and is escaped.
func (p page) put(markup string, texts ...any) {
	for i, text := range texts {
		texts[i] = html.EscapeString(fmt.Sprint(text))
	}
	fmt.Fprintf(p, markup, texts...)
}

func (p page) head(e *evidence.Evidence) {
	p.put(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>datadog-harden: %s</title>
`, e.Settings.Input)
	p.WriteString("<style>\n" + htmlStyle + "</style>\n</head>\n<body>\n<header>\n<h1>Datadog workloads, hardened</h1>\n")
	p.put(`<p class="soft">%s %s · input <code>%s</code> · profile <code>%s</code>`, e.Tool.Name, e.Tool.Version, e.Settings.Input, e.Settings.Profile)
	if e.Settings.RemoveHostPID {
		p.put(" · <code>--remove-host-pid</code>")
	}
	for _, id := range e.Settings.Skip {
		p.put(" · <code>--skip=%s</code>", id)
	}
	p.put(" · Pod Security Standards <code>%s</code></p>\n", e.Settings.PSSVersion)
	s := e.Summary
	p.put("<ul class=\"figures\">\n<li><b>%v</b> fields changed</li>\n", s.Changes)
	p.put("<li><b>%v → %v</b> checks that forbid a workload</li>\n", s.Failures.Before, s.Failures.After)
	p.put("<li><b>%v → %v</b> causes</li>\n", s.Causes.Before, s.Causes.After)
	class := "clean"
	if s.Unexplained > 0 {
		class = "bad"
	}
	p.put("<li class=\"%s\"><b>%v</b> unexplained</li>\n</ul>\n</header>\n<main>\n", class, s.Unexplained)
}

func (p page) matrix(e *evidence.Evidence) {
	all := evaluated(e)
	if len(all) == 0 {
		p.put("<p>No workload of Datadog's.</p>\n")
		return
	}
	p.put(`<section>
<h2>What the Pod Security Standards forbid</h2>
<p>Causes before → after: the containers, volumes and fields for which a check forbids the workload.</p>
<div class="wide"><table class="matrix">
<thead><tr><th scope="col">check</th>`)
	for i, w := range all {
		p.put(`<th scope="col"><span class="full">%s<br>%s</span><span class="number" aria-hidden="true">%v</span></th>`, w.Kind(), strings.TrimPrefix(w.ID, w.Kind()+"/"), i+1)
	}
	p.put("</tr></thead>\n<tbody>\n")
	for _, g := range groups(e) {
		p.put("<tr class=\"level\"><th scope=\"colgroup\" colspan=\"%v\">%s</th></tr>\n", len(all)+1, g.level)
		for _, check := range g.checks {
			p.put(`<tr><th scope="row"><code>%s</code> <span class="soft">%s</span></th>`, check, aboutCheck(check))
			for _, w := range all {
				p.cell(w, check)
			}
			p.put("</tr>\n")
		}
	}
	p.put("</tbody>\n</table></div>\n<ol class=\"legend\">")
	for _, w := range all {
		p.put("<li>%s</li>", w.ID)
	}
	p.put("</ol>\n<p class=\"key\"><span class=\"clean\">none left</span><span class=\"left\">left, with a reason</span><span class=\"bad\">left, unexplained</span></p>\n</section>\n")
}

func (p page) cell(w *evidence.Workload, check string) {
	before, after, forbidden := cell(w, check)
	switch {
	case !forbidden:
		p.put(`<td class="none">·</td>`)
	case after == 0:
		p.put(`<td class="clean">%v → 0</td>`, before)
	case unexplained(w, check):
		p.put(`<td class="bad">%v → %v</td>`, before, after)
	default:
		p.put(`<td class="left">%v → %v</td>`, before, after)
	}
}

func aboutCheck(id string) string {
	for _, c := range pss.Checks() {
		if c.ID == id {
			return "forbids " + c.Forbids
		}
	}
	return ""
}

func (p page) leftovers(e *evidence.Evidence) {
	var status evidence.Status
	for _, l := range leftovers(e) {
		if l.status != status {
			if status != "" {
				p.endTable()
			}
			status = l.status
			p.put("<section class=\"%s\">\n<h2>%s</h2>\n", string(status), titles[status])
			p.table("what", "for", "fails", "without it")
		}
		p.leftover(l)
	}
	if status != "" {
		p.endTable()
	}
}

func (p page) leftover(l left) {
	p.put("<tr><td><code>%s</code></td><td>%s", l.row(), l.why)
	if l.status != evidence.Needed {
		p.put(": %s<ul>", strings.Join(l.workloads, ", "))
		for _, field := range l.fields {
			p.put("<li><code>%s</code></li>", field)
		}
		p.put("</ul>")
	}
	p.put(` <span class="soft">%s</span></td><td data-of="fails">`, l.source)
	for i, check := range l.checks {
		if i > 0 {
			p.put(", ")
		}
		p.put("<code>%s</code>", check)
	}
	p.put("</td>")
	if l.without == "" {
		p.put("<td></td></tr>\n")
		return
	}
	p.put("<td data-of=\"without it:\">%s</td></tr>\n", l.without)
}

// table begins a table that becomes a list where there is no room.
func (p page) table(heads ...string) {
	p.put("<div class=\"wide\"><table class=\"stack\">\n<thead><tr>")
	for _, head := range heads {
		p.put("<th>%s</th>", head)
	}
	p.put("</tr></thead>\n<tbody>\n")
}

func (p page) endTable() { p.put("</tbody>\n</table></div>\n</section>\n") }

func (p page) list(texts []string) {
	p.put("<ul>\n")
	for _, text := range texts {
		p.put("<li>%s</li>\n", text)
	}
	p.put("</ul>\n")
}

func (p page) host(e *evidence.Evidence) {
	if len(e.Host) == 0 {
		return
	}
	p.put("<section>\n<h2>What the nodes must have</h2>\n")
	var texts []string
	for _, n := range e.Host {
		texts = append(texts, hostText(n))
	}
	p.list(texts)
	if lines := tmpfiles(e); len(lines) > 0 {
		p.put("<p>The folders as <code>tmpfiles.d</code> lines:</p>\n<pre><code>%s</code></pre>\n", strings.Join(lines, "\n"))
	}
	p.put("</section>\n")
}

func (p page) less(e *evidence.Evidence) {
	if len(e.Less) == 0 {
		return
	}
	p.put("<section>\n<h2>To need less</h2>\n")
	p.table("chart value", "causes", "what is lost")
	for _, l := range e.Less {
		p.put("<tr><td><code>%s</code></td><td data-of=\"causes:\">%v</td><td data-of=\"lost:\">%s</td></tr>\n", l.Value, l.Causes, strings.Join(l.Without, "; "))
	}
	p.endTable()
}

func (p page) workloads(e *evidence.Evidence) {
	p.put("<section>\n<h2>Each workload</h2>\n")
	for i := range e.Workloads {
		w := &e.Workloads[i]
		p.put("<details open>\n<summary><b>%s</b>: %s <span class=\"soft\">%s</span></summary>\n<div>\n", w.ID, plural(len(w.Changes), "change"), place(w))
		if texts := know(w); len(texts) > 0 {
			p.put("<h3>What to know</h3>\n")
			p.list(texts)
		}
		p.changes(w.Changes)
		p.put("</div>\n</details>\n")
	}
	p.put("</section>\n")
}

func (p page) changes(changes []evidence.Change) {
	if len(changes) == 0 {
		return
	}
	p.put("<section>\n<h3>Changes</h3>\n")
	p.table("field", "before", "after", "why")
	for _, c := range changes {
		p.put(`<tr><td><code>%s</code> <span class="soft">line %v</span></td>`, short(c.Field), c.Line)
		p.put(`<td data-of="before"><code>%s</code></td><td data-of="after"><code>%s</code></td>`, c.Before, c.After)
		p.put("<td>%s <span class=\"soft\">%s</span></td></tr>\n", c.Why, c.Transform)
	}
	p.endTable()
}

func (p page) sources() {
	p.put("<section>\n<h2>Sources</h2>\n<ul>\n")
	for _, s := range transform.Sources() {
		p.put("<li><code>[%s]</code> %s</li>\n", s.Key, s.Title)
	}
	p.put("</ul>\n</section>\n")
}
