// Package completion writes the scripts with which shells complete the
// program's flags and their values. The flags are all it knows.
package completion

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/template"

	"github.com/spf13/pflag"

	"github.com/datadog-harden/datadog-harden/internal/config"
	"github.com/datadog-harden/datadog-harden/internal/suggest"
)

// Command is a word that may stand where the flags begin.
type Command struct {
	Name   string
	Usage  string
	Values []string
}

// flag is a flag as the scripts see it.
type flag struct {
	Name, Short, Usage string
	Values             []string
	Takes              bool // a value
	File               bool // and that is a file
}

var shells = []struct{ name, script string }{
	{"bash", bash}, {"zsh", zsh}, {"fish", fish}, {"powershell", powershell},
}

// Shells lists the shells there is a script for.
func Shells() []string {
	var names []string
	for _, s := range shells {
		names = append(names, s.name)
	}
	return names
}

// Write writes the script for a shell. Errors: an unknown shell.
func Write(w io.Writer, args []string, flags *pflag.FlagSet, commands []Command) error {
	if len(args) != 1 {
		return errors.New("completion takes one shell: " + strings.Join(Shells(), ", "))
	}
	commands = append(commands, Command{"completion", "print a script that completes these flags in a shell", Shells()})
	for _, s := range shells {
		if s.name == args[0] {
			t := template.Must(template.New(s.name).Funcs(quoting).Parse(s.script))
			return t.Execute(w, map[string]any{"Flags": flagsOf(flags), "Commands": commands})
		}
	}
	return fmt.Errorf("completion: %w", suggest.Unknown("shell", args[0], Shells()))
}

// quoting are the scripts' functions. One quotes for bash, zsh and fish, two for
// PowerShell; in zsh's _arguments, brackets and colons mean something too.
var quoting = template.FuncMap{
	"join":   func(words []string) string { return strings.Join(words, " ") },
	"quote":  func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" },
	"double": func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" },
	"zsh": func(s string) string {
		return strings.NewReplacer("'", `'\''`, "[", `\[`, "]", `\]`, ":", `\:`).Replace(s)
	},
}

func flagsOf(flags *pflag.FlagSet) []flag {
	var all []flag
	flags.VisitAll(func(f *pflag.Flag) {
		all = append(all, flag{
			Name: f.Name, Short: f.Shorthand, Usage: f.Usage,
			Values: f.Annotations[config.Choices],
			Takes:  f.NoOptDefVal == "",
			File:   f.Name == config.ConfigFlag || strings.HasSuffix(f.Name, "-file"),
		})
	})
	return all
}

var (
	//go:embed bash.tmpl
	bash string
	//go:embed zsh.tmpl
	zsh string
	//go:embed fish.tmpl
	fish string
	//go:embed powershell.tmpl
	powershell string
)
