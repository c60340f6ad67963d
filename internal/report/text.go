package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
)

// Text is the report for a person at a terminal, 80 columns wide.
type Text struct {
	Colour bool
}

const (
	textWidth   = 80
	checkWidth  = 30
	cellWidth   = 10
	cellsPerRow = (textWidth - checkWidth) / cellWidth
)

// Write implements Format.
func (t Text) Write(w io.Writer, e *evidence.Evidence) error {
	out := &textWriter{Writer: bufio.NewWriter(w), colour: t.Colour}
	out.head(e)
	out.matrix(e)
	out.leftovers(e)
	out.know(e)
	out.host(e)
	out.less(e)
	return out.Flush()
}

type textWriter struct {
	*bufio.Writer
	colour bool
}

// The colours, by what they say.
const (
	bold  = "1"
	good  = "32"
	bad   = "31"
	faint = "2"
)

func (t *textWriter) paint(style, text string) string {
	if !t.colour {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

func (t *textWriter) title(text string) { fmt.Fprintf(t, "\n%s\n", t.paint(bold, text)) }

// para writes text wrapped to the width, its first line after lead and the
// others indented as much.
func (t *textWriter) para(lead, text string) {
	for i, line := range wrap(text, textWidth-utf8.RuneCountInString(lead)) {
		if i > 0 {
			lead = strings.Repeat(" ", utf8.RuneCountInString(lead))
		}
		fmt.Fprintln(t, lead+line)
	}
}

// wrap breaks text between words. A word that is longer than a line is left
// whole: it is a path, and is copied.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

func (t *textWriter) head(e *evidence.Evidence) {
	t.para("", fmt.Sprintf("%s %s: profile %s, Pod Security Standards %s", e.Tool.Name, e.Tool.Version, e.Settings.Profile, e.Settings.PSSVersion))
	t.para("", verdict(e))
}

// matrix writes the checks by workload, some workloads at a time.
func (t *textWriter) matrix(e *evidence.Evidence) {
	all := evaluated(e)
	if len(all) == 0 {
		t.title("No workload of Datadog's")
		return
	}
	t.title("Causes of failures, before → after")
	for first := 0; first < len(all); first += cellsPerRow {
		some := all[first:min(first+cellsPerRow, len(all))]
		fmt.Fprint(t, strings.Repeat(" ", checkWidth))
		for i := range some {
			fmt.Fprintf(t, "%*s", cellWidth, fmt.Sprintf("[%d]", first+i+1))
		}
		fmt.Fprintln(t)
		for _, g := range groups(e) {
			fmt.Fprintln(t, t.paint(faint, g.level))
			for _, check := range g.checks {
				fmt.Fprintf(t, "  %-*s", checkWidth-2, check)
				for _, w := range some {
					t.cell(w, check)
				}
				fmt.Fprintln(t)
			}
		}
	}
	for i, w := range all {
		t.para(fmt.Sprintf("[%d] ", i+1), fmt.Sprintf("%s (%s): %s", w.ID, place(w), byTransform(w, transformIDs())))
	}
}

func (t *textWriter) cell(w *evidence.Workload, check string) {
	before, after, forbidden := cell(w, check)
	text, style := "·", faint
	switch {
	case forbidden && after == 0:
		text, style = fmt.Sprintf("%d → 0", before), good
	case forbidden:
		text, style = fmt.Sprintf("%d → %d", before, after), ""
		if unexplained(w, check) {
			text, style = text+"!", bad
		}
	}
	pad := strings.Repeat(" ", max(0, cellWidth-utf8.RuneCountInString(text)))
	if style != "" {
		text = t.paint(style, text)
	}
	fmt.Fprint(t, pad+text)
}

func (t *textWriter) leftovers(e *evidence.Evidence) {
	var status evidence.Status
	for _, l := range leftovers(e) {
		if l.status != status {
			status = l.status
			t.title(titles[status])
		}
		style := bold
		if status == evidence.Unexplained {
			style = bad
		}
		for _, line := range wrap(l.row(), textWidth-2) {
			fmt.Fprintf(t, "  %s\n", t.paint(style, line))
		}
		if status == evidence.Unexplained {
			t.para("    ", strings.Join(l.workloads, ", "))
		}
		if status != evidence.Unexplained {
			t.para("    ", l.why)
		}
		t.para("    fails ", strings.Join(l.checks, ", "))
		if status != evidence.Needed {
			t.para("    for ", strings.Join(l.fields, ", "))
		}
		if l.without != "" {
			t.para("    without it: ", l.without)
		}
	}
}

func (t *textWriter) know(e *evidence.Evidence) {
	titled := false
	for i := range e.Workloads {
		texts := know(&e.Workloads[i])
		if len(texts) > 0 && !titled {
			t.title("What to know")
			titled = true
		}
		for _, text := range texts {
			t.para("  - ", e.Workloads[i].ID+": "+text)
		}
	}
}

func (t *textWriter) host(e *evidence.Evidence) {
	if len(e.Host) == 0 {
		return
	}
	t.title("What the nodes must have")
	for _, n := range e.Host {
		t.para("  - ", hostText(n))
	}
	if lines := tmpfiles(e); len(lines) > 0 {
		fmt.Fprintln(t, "  The folders as tmpfiles.d lines:")
		for _, line := range lines {
			fmt.Fprintln(t, "    "+line)
		}
	}
}

func (t *textWriter) less(e *evidence.Evidence) {
	if len(e.Less) == 0 {
		return
	}
	t.title("To need less, set in the chart's values")
	for _, l := range e.Less {
		t.para("  - ", fmt.Sprintf("%s (%s less): %s", l.Value, plural(l.Causes, "cause"), strings.Join(l.Without, "; ")))
	}
}
