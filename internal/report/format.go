package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
)

// Format renders evidence.
type Format interface {
	Write(w io.Writer, e *evidence.Evidence) error
}

// named is a row of formats.
type named struct {
	name   string
	format func(Options) Format
}

// formats are the formats by name, in the order in which they are listed.
var formats = []named{
	{"text", func(o Options) Format { return Text{o.Colour} }},
	{"json", func(Options) Format { return JSON{} }},
	{"sarif", func(Options) Format { return SARIF{} }},
	{"markdown", func(Options) Format { return Markdown{} }},
	{"html", func(Options) Format { return HTML{} }},
}

// Options are what a format may want to know of where it is written.
type Options struct {
	Colour bool // a terminal that shows colours
}

// Formats lists the names of the formats.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// New returns the format of a name. Errors: there is none.
func New(name string, o Options) (Format, error) {
	i := slices.IndexFunc(formats, func(f named) bool { return f.name == name })
	if i < 0 {
		return nil, fmt.Errorf("unknown report %q: known are %s", name, strings.Join(Formats(), ", "))
	}
	return formats[i].format(o), nil
}
