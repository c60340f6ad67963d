package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/transform"
)

// Explain writes what the tables know of a transform, container, volume,
// feature, field of the pod, or check. Without a name it lists what there is
// to ask for. Errors: nothing of that name.
func Explain(w io.Writer, name string) error {
	out := &textWriter{Writer: bufio.NewWriter(w)}
	facts := append(transform.Facts(), factsOfChecks()...)
	if name == "" {
		out.topics(facts)
		return out.Flush()
	}
	found := false
	for _, f := range facts {
		if f.Is(name) {
			found = true
			out.fact(f)
		}
	}
	if !found {
		return fmt.Errorf("nothing is known of %q: `datadog-harden explain` lists what there is to ask for", name)
	}
	out.sources()
	return out.Flush()
}

// Topics lists what there is to ask for.
func Topics() []string {
	var names []string
	for _, f := range append(transform.Facts(), factsOfChecks()...) {
		for _, name := range f.Names {
			if !slices.Contains(names, name) && !strings.ContainsAny(name, " '*") {
				names = append(names, name)
			}
		}
	}
	return names
}

func factsOfChecks() []transform.Fact {
	var all []transform.Fact
	for _, c := range pss.Checks() {
		all = append(all, transform.Fact{Kind: "check", Names: []string{c.ID}, Fields: []transform.Field{
			{Name: "level", Text: c.Level},
			{Name: "forbids", Text: c.Forbids},
			{Name: "this program", Text: c.Mends},
			{Name: "source", Text: "Kubernetes, \"Pod Security Standards\""},
		}})
	}
	return all
}

// topics lists the names by kind.
func (t *textWriter) topics(facts []transform.Fact) {
	fmt.Fprintln(t, "datadog-harden explain NAME, where NAME is one of")
	kind := ""
	var names []string
	flush := func() {
		if kind != "" {
			t.para(fmt.Sprintf("  %-10s ", kind), strings.Join(names, ", "))
		}
		names = nil
	}
	for _, f := range facts {
		if f.Kind != kind {
			flush()
			kind = f.Kind
		}
		names = append(names, f.Names...)
	}
	flush()
}

func (t *textWriter) fact(f transform.Fact) {
	fmt.Fprintf(t, "%s %s\n", f.Kind, strings.Join(f.Names, ", "))
	for _, field := range f.Fields {
		t.para(fmt.Sprintf("  %-15s ", field.Name), field.Text)
	}
	fmt.Fprintln(t)
}

func (t *textWriter) sources() {
	for _, s := range transform.Sources() {
		fmt.Fprintf(t, "%-10s %s\n", "["+s.Key+"]", s.Title)
	}
}
