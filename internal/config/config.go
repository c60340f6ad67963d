// Package config brings the settings of a run together: those of a file (or of
// the functionConfig of a KRM function, which is the same document), of the
// environment, and of flags. A flag wins over the environment, which wins over
// the file.
//
// The flags are the schema. A flag --remove-host-pid is the field
// spec.removeHostPID of the document and the variable
// DATADOG_HARDEN_REMOVE_HOST_PID, so a new flag is all it takes to have a
// setting. Only exceptions stand in the document alone: they are too much for a
// command line.
package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/datadog-harden/datadog-harden/internal/suggest"
)

// Choices is the annotation of a flag that lists the values it takes.
const Choices = "datadog-harden/choices"

// Choose says which values flags take.
func Choose(flags *pflag.FlagSet, choices map[string][]string) {
	for name, values := range choices {
		if f := flags.Lookup(name); f != nil {
			f.Annotations = map[string][]string{Choices: values}
		}
	}
}

// ConfigFlag names the flag for the file with the settings.
const ConfigFlag = "config"

// actions are the flags that are no settings: they make the program do
// something else.
var actions = []string{"help", "version"}

// names are the fields of the document whose names are not their flags' in
// camel case.
var names = map[string]string{
	"remove-host-pid":    "removeHostPID",
	"supplemental-group": "supplementalGroups",
}

// Field is the field of the document's spec that a flag is, or "".
func Field(flag *pflag.Flag) string {
	if flag.Name == ConfigFlag || slices.Contains(actions, flag.Name) {
		return ""
	}
	if name, ok := names[flag.Name]; ok {
		return name
	}
	words := strings.Split(flag.Name, "-")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

const prefix = "DATADOG_HARDEN_"

// Variable is the environment variable that a flag is, or "".
func Variable(flag *pflag.Flag) string {
	if slices.Contains(actions, flag.Name) {
		return ""
	}
	return prefix + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
}

// ParseFlags parses arguments. An unknown flag is an error that lists the
// known ones.
func ParseFlags(flags *pflag.FlagSet, args []string) error {
	err := flags.Parse(args)
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var known []string
	flags.VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
	near := ""
	if unknown.GetSpecifiedShortnames() == "" {
		near = suggest.Nearest("--"+unknown.GetSpecifiedName(), known)
	}
	if near != "" {
		near = "; did you mean " + near + "?"
	}
	return fmt.Errorf("%w: known are %s%s", err, strings.Join(known, ", "), near)
}

// Path is the file with the settings that a flag or the environment names.
func Path(flags *pflag.FlagSet, environ []string) string {
	f := flags.Lookup(ConfigFlag)
	if f == nil {
		return ""
	}
	if !f.Changed {
		return lookup(environ, Variable(f))
	}
	return f.Value.String()
}

// Apply gives each flag that was not given the value of the environment or,
// failing that, of the document, which may be nil. The error holds every one
// found (errors.Join), also in values that another wins over.
func Apply(flags *pflag.FlagSet, environ []string, doc *Document) error {
	errs := []error{nearMisses(flags, environ)}
	if doc != nil {
		errs = append(errs, doc.check(flags))
	}
	flags.VisitAll(func(f *pflag.Flag) {
		from := []source{flagSource(f), environSource(f, environ), doc.source(f)}
		for _, s := range from {
			errs = append(errs, s.check(f))
		}
		for _, s := range from {
			if s.given {
				errs = append(errs, s.set(f))
				return
			}
		}
	})
	return errors.Join(errs...)
}

// source is what one place says of a flag.
type source struct {
	given  bool
	where  string
	values []string
	apply  func() error // nil: it is set already
}

func flagSource(f *pflag.Flag) source {
	return source{given: f.Changed, where: "--" + f.Name, values: values(f)}
}

// environSource reads a variable. An empty one is one that is not set: that is
// how CI systems pass on what they do not have.
func environSource(f *pflag.Flag, environ []string) source {
	name := Variable(f)
	value := lookup(environ, name)
	if name == "" || value == "" {
		return source{}
	}
	s := source{given: true, where: name, values: []string{value}, apply: func() error { return f.Value.Set(value) }}
	if _, many := f.Value.(pflag.SliceValue); many {
		s.values = strings.Split(value, ",")
	}
	return s
}

// check compares what is said with the values that the flag takes.
func (s source) check(f *pflag.Flag) error {
	choices := f.Annotations[Choices]
	if !s.given || choices == nil {
		return nil
	}
	var errs []error
	for _, v := range s.values {
		if !slices.Contains(choices, v) {
			errs = append(errs, fmt.Errorf("%s: %w", s.where, suggest.Unknown(what(f), v, choices)))
		}
	}
	return errors.Join(errs...)
}

// what is named by a flag's values.
func what(f *pflag.Flag) string {
	switch f.Name {
	case "skip":
		return "transform"
	case "accept-degraded":
		return "feature"
	case "profile":
		return "profile"
	case "report":
		return "report"
	case "host-dirs":
		return "way to prepare host folders"
	}
	return "value"
}

func (s source) set(f *pflag.Flag) error {
	if s.apply == nil {
		return nil
	}
	if err := s.apply(); err != nil {
		return fmt.Errorf("%s: %w", s.where, err)
	}
	return nil
}

func values(f *pflag.Flag) []string {
	if many, ok := f.Value.(pflag.SliceValue); ok {
		return many.GetSlice()
	}
	return []string{f.Value.String()}
}

func lookup(environ []string, name string) string {
	for _, entry := range slices.Backward(environ) {
		if n, value, ok := strings.Cut(entry, "="); ok && n == name {
			return value
		}
	}
	return ""
}

// nearMisses refuses variables that are nearly one of those known: a slip must
// not switch a setting off in silence.
func nearMisses(flags *pflag.FlagSet, environ []string) error {
	var known []string
	flags.VisitAll(func(f *pflag.Flag) {
		if name := Variable(f); name != "" {
			known = append(known, name)
		}
	})
	var errs []error
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || slices.Contains(known, name) {
			continue
		}
		if suggest.Nearest(name, known) != "" {
			errs = append(errs, suggest.Unknown("environment variable", name, known))
		}
	}
	return errors.Join(errs...)
}
