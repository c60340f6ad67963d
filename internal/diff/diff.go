// Package diff shows how a stream of manifests was changed, with the values
// hidden that may be secrets.
package diff

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"sync"

	godiff "github.com/rogpeppe/go-internal/diff"

	"github.com/datadog-harden/datadog-harden/internal/stream"
)

// Shown says whether the program itself set the value of a variable of a
// container, so that it may be seen. The workload is kind/name.
type Shown func(workload, container, variable, value string) bool

// Unified returns a unified diff of two streams that have the same documents.
// Lines count from the beginning of the stream; each hunk's header ends with
// the document's source.
func Unified(name string, before, after []byte, shown Shown) []byte {
	var out bytes.Buffer
	were, are := stream.Split(before), stream.Split(after)
	for i := range min(len(were), len(are)) {
		if bytes.Equal(were[i].Text, are[i].Text) {
			continue
		}
		if out.Len() == 0 {
			fmt.Fprintf(&out, "--- %s\n+++ %s (hardened)\n", name, name)
		}
		hunks(&out, were[i], are[i], shown)
	}
	return out.Bytes()
}

func hunks(out *bytes.Buffer, before, after stream.Document, shown Shown) {
	source := before.Source()
	if source == "" {
		source = fmt.Sprintf("document %d", before.Index)
	}
	was, errWas := mask(before, nil)
	is, errIs := mask(after, shown)
	if errWas != nil || errIs != nil {
		fmt.Fprintf(out, "@@ -%d +%d @@ %s\n", before.Line, after.Line, source)
		fmt.Fprintln(out, " (the document was changed; it is of a form whose secrets cannot be told from the rest, so it is not shown)")
		return
	}
	text := godiff.Diff("a", was, "b", is)
	for line := range bytes.Lines(text) {
		if m := header().FindSubmatch(line); m != nil {
			fmt.Fprintf(out, "@@ -%s +%s @@ %s\n", moved(m[1], m[2], before.Line), moved(m[3], m[4], after.Line), source)
			continue
		}
		if c := line[0]; (c == ' ' || c == '-' || c == '+' || c == '\\') && !names().Match(line) {
			out.Write(line)
		}
	}
}

// The expressions are compiled when a diff is asked for, not at every start.
var (
	header = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@`) })
	names  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(--- a|\+\+\+ b)\n$`) })
)

// moved adds the lines before the document to a hunk's first line.
func moved(first, count []byte, line int) string {
	n, _ := strconv.Atoi(string(first))
	return strconv.Itoa(n+line-1) + string(count)
}
