package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
)

// Markdown is the report for a pull request.
type Markdown struct{}

// Write implements Format.
func (Markdown) Write(w io.Writer, e *evidence.Evidence) error {
	m := markdown{bufio.NewWriter(w)}
	m.printf("## datadog-harden\n\nProfile `%s`, Pod Security Standards `%s`. %s\n", e.Settings.Profile, e.Settings.PSSVersion, esc(verdict(e)))
	m.matrix(e)
	m.leftovers(e)
	m.know(e)
	m.host(e)
	m.less(e)
	m.changes(e)
	return m.Flush()
}

type markdown struct{ *bufio.Writer }

func (m markdown) printf(format string, args ...any) { fmt.Fprintf(m, format, args...) }

var markdownEscapes = strings.NewReplacer("\\", "\\\\", "|", "\\|", "*", "\\*", "_", "\\_", "<", "&lt;", ">", "&gt;", "](", "]\\(", "`", "\\`", "\n", " ")

// esc makes text that Markdown takes as it is.
func esc(text string) string { return markdownEscapes.Replace(text) }

// code puts text in backquotes within a table.
func code(text string) string {
	return "`" + strings.NewReplacer("`", "'", "|", "\\|", "\n", " ").Replace(text) + "`"
}

func codes(texts []string) string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = code(text)
	}
	return strings.Join(all, ", ")
}

func (m markdown) matrix(e *evidence.Evidence) {
	all := evaluated(e)
	if len(all) == 0 {
		m.printf("\nNo workload of Datadog's.\n")
		return
	}
	m.printf("\n### Causes of failures, before → after\n\n| level | check |")
	for _, w := range all {
		m.printf(" %s |", esc(w.ID))
	}
	m.printf("\n| --- | --- |%s\n", strings.Repeat(" --- |", len(all)))
	for _, g := range groups(e) {
		for _, check := range g.checks {
			m.printf("| %s | %s |", g.level, code(check))
			for _, w := range all {
				m.printf(" %s |", markdownCell(w, check))
			}
			m.printf("\n")
		}
	}
}

func markdownCell(w *evidence.Workload, check string) string {
	before, after, forbidden := cell(w, check)
	switch {
	case !forbidden:
		return ""
	case after == 0:
		return fmt.Sprintf("%d → **0**", before)
	}
	if unexplained(w, check) {
		return fmt.Sprintf("%d → %d **unexplained**", before, after)
	}
	return fmt.Sprintf("%d → %d", before, after)
}

func (m markdown) leftovers(e *evidence.Evidence) {
	var status evidence.Status
	for _, l := range leftovers(e) {
		if l.status != status {
			status = l.status
			m.printf("\n### %s\n\n| what | for | fails | without it |\n| --- | --- | --- | --- |\n", titles[status])
		}
		why := esc(l.why)
		if status == evidence.Unexplained {
			why = codes(l.workloads) + ": " + codes(l.fields)
		}
		m.printf("| %s | %s | %s | %s |\n", code(l.row()), why, codes(l.checks), esc(l.without))
	}
}

func (m markdown) know(e *evidence.Evidence) {
	titled := false
	for i := range e.Workloads {
		for _, text := range know(&e.Workloads[i]) {
			if !titled {
				m.printf("\n### What to know\n\n")
				titled = true
			}
			m.printf("- %s: %s\n", code(e.Workloads[i].ID), esc(text))
		}
	}
}

func (m markdown) host(e *evidence.Evidence) {
	if len(e.Host) == 0 {
		return
	}
	m.printf("\n### What the nodes must have\n\n")
	for _, n := range e.Host {
		m.printf("- %s\n", esc(hostText(n)))
	}
	if lines := tmpfiles(e); len(lines) > 0 {
		m.printf("\nThe folders as `tmpfiles.d` lines:\n\n```\n%s\n```\n", strings.Join(lines, "\n"))
	}
}

func (m markdown) less(e *evidence.Evidence) {
	if len(e.Less) == 0 {
		return
	}
	m.printf("\n### To need less\n\n| chart value | causes | what is lost |\n| --- | --- | --- |\n")
	for _, l := range e.Less {
		m.printf("| %s | %d | %s |\n", code(l.Value), l.Causes, esc(strings.Join(l.Without, "; ")))
	}
}

func (m markdown) changes(e *evidence.Evidence) {
	for i := range e.Workloads {
		w := &e.Workloads[i]
		if len(w.Changes) == 0 {
			continue
		}
		m.printf("\n<details><summary>%s: %s</summary>\n\n| line | field | before | after | why |\n| --- | --- | --- | --- | --- |\n", esc(w.ID), plural(len(w.Changes), "change"))
		for _, c := range w.Changes {
			m.printf("| %d | %s | %s | %s | %s (%s) |\n", c.Line, code(short(c.Field)), code(c.Before), code(c.After), esc(c.Why), code(c.Transform))
		}
		m.printf("\n</details>\n")
	}
}
