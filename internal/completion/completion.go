// Package completion writes the scripts with which shells complete the
// program's flags and their values. The flags are all it knows.
//
// The scripts are put together by hand: text/template calls methods by name,
// which keeps the linker from leaving out what nobody calls, in the whole
// program.
package completion

import (
	"errors"
	"fmt"
	"io"
	"strings"

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
	name, short, usage string
	values             []string
	takes              bool // a value
	file               bool // and that is a file
}

// shells are the scripts, by shell.
var shells = []struct {
	name   string
	script func(*script)
}{
	{"bash", (*script).bash}, {"zsh", (*script).zsh}, {"fish", (*script).fish}, {"powershell", (*script).powershell},
}

// Shells lists the shells there is a script for.
func Shells() []string {
	var names []string
	for _, s := range shells {
		names = append(names, s.name)
	}
	return names
}

// Write writes the script for the shell that args name. Errors: no shell, or
// an unknown one.
func Write(w io.Writer, args []string, flags *pflag.FlagSet, commands []Command) error {
	names := Shells()
	if len(args) != 1 {
		return errors.New("completion takes one shell: " + strings.Join(names, ", "))
	}
	for _, s := range shells {
		if s.name == args[0] {
			out := &script{flags: flagsOf(flags), commands: append(commands, Command{"completion", "print a script that completes these flags in a shell", names})}
			s.script(out)
			_, err := io.WriteString(w, out.String())
			return err
		}
	}
	return fmt.Errorf("completion: %w", suggest.Unknown("shell", args[0], names))
}

func flagsOf(flags *pflag.FlagSet) []flag {
	var all []flag
	flags.VisitAll(func(f *pflag.Flag) {
		all = append(all, flag{
			name: f.Name, short: f.Shorthand, usage: f.Usage,
			values: f.Annotations[config.Choices],
			takes:  f.NoOptDefVal == "",
			file:   f.Name == config.ConfigFlag || strings.HasSuffix(f.Name, "-file"),
		})
	})
	return all
}
