package completion

import (
	"fmt"
	"strings"
)

// script is a script in the making.
type script struct {
	strings.Builder
	flags    []flag
	commands []Command
}

func (s *script) line(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }

func (s *script) commandNames() string {
	var names []string
	for _, c := range s.commands {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

func words(values []string) string { return strings.Join(values, " ") }

// quote quotes for bash, zsh and fish.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (s *script) bash() {
	s.line(`# datadog-harden: completion for bash
# source <(datadog-harden completion bash)
_datadog_harden() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes --flag=value for three words
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD-2]}
  fi
  case $prev in`)
	var names []string
	for _, f := range s.flags {
		names = append(names, "--"+f.name)
		switch {
		case f.values != nil:
			s.line(`  --%s) COMPREPLY=($(compgen -W '%s' -- "$cur")); return ;;`, f.name, words(f.values))
		case f.file:
			s.line(`  --%s) COMPREPLY=($(compgen -f -- "$cur")); return ;;`, f.name)
		case f.takes:
			s.line(`  --%s) return ;;`, f.name)
		}
	}
	for _, c := range s.commands {
		s.line(`  %s) COMPREPLY=($(compgen -W '%s' -- "$cur")); return ;;`, c.Name, words(c.Values))
	}
	s.line(`  esac
  local words='%s'
  if [[ $COMP_CWORD == 1 && $cur != -* ]]; then
    words='%s'
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _datadog_harden datadog-harden`, words(names), s.commandNames())
}

// inSpec escapes what means something within a specification of _arguments.
var inSpec = strings.NewReplacer("'", `'\''`, "[", `\[`, "]", `\]`, ":", `\:`)

func (s *script) zsh() {
	s.line(`#compdef datadog-harden
# datadog-harden: completion for zsh
# datadog-harden completion zsh > "${fpath[1]}/_datadog-harden"
_datadog_harden() {
  case $words[2] in`)
	for _, c := range s.commands {
		s.line(`  %s) _arguments '1: :' '2: :(%s)'; return ;;`, c.Name, words(c.Values))
	}
	s.line(`  esac
  _arguments \`)
	for _, f := range s.flags {
		equals, action := "=", ":"+f.name+": "
		switch {
		case f.values != nil:
			action = ":" + f.name + ":(" + words(f.values) + ")"
		case f.file:
			action = ":" + f.name + ":_files"
		case !f.takes:
			equals, action = "", ""
		}
		s.line(`    '*--%s%s[%s]%s' \`, f.name, equals, inSpec.Replace(f.usage), action)
	}
	s.line(`    '1:command:(%s)'
}
if [[ $funcstack[1] == _datadog-harden ]]; then
  _datadog_harden "$@"
else
  compdef _datadog_harden datadog-harden
fi`, s.commandNames())
}

func (s *script) fish() {
	s.line(`# datadog-harden: completion for fish
# datadog-harden completion fish > ~/.config/fish/completions/datadog-harden.fish
complete -c datadog-harden -f`)
	for _, c := range s.commands {
		s.line("complete -c datadog-harden -n __fish_use_subcommand -a %s -d %s", c.Name, quote(c.Usage))
		s.line("complete -c datadog-harden -n '__fish_seen_subcommand_from %s' -a '%s'", c.Name, words(c.Values))
	}
	for _, f := range s.flags {
		short, value := "", ""
		if f.short != "" {
			short = " -s " + f.short
		}
		switch {
		case f.values != nil:
			value = " -x -a '" + words(f.values) + "'"
		case f.file:
			value = " -r -F"
		case f.takes:
			value = " -x"
		}
		s.line("complete -c datadog-harden -l %s%s%s -d %s", f.name, short, value, quote(f.usage))
	}
}

func (s *script) powershell() {
	s.line(`# datadog-harden: completion for PowerShell
# datadog-harden completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName datadog-harden -ScriptBlock {
  param($word, $ast, $position)
  $values = @{`)
	for _, f := range s.flags {
		if f.values != nil {
			s.line("    '--%s' = '%s'", f.name, strings.Join(f.values, "', '"))
		}
	}
	for _, c := range s.commands {
		s.line("    '%s' = '%s'", c.Name, strings.Join(c.Values, "', '"))
	}
	s.line("  }\n  $flags = [ordered]@{")
	for _, f := range s.flags {
		s.line("    '--%s' = '%s'", f.name, strings.ReplaceAll(f.usage, "'", "''"))
	}
	s.line(`  }
  $head = ''
  $name = ($ast.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } | Select-Object -Last 1).ToString()
  if ($word -match '^(--[a-z-]+)=') { $name = $Matches[1]; $head = $Matches[0] }
  if ($values.ContainsKey($name)) {
    $values[$name] | Where-Object { "$head$_" -like "$word*" } | ForEach-Object {
      [System.Management.Automation.CompletionResult]::new("$head$_", $_, 'ParameterValue', $_)
    }
    return
  }
  $flags.GetEnumerator() | Where-Object { $_.Key -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterName', $_.Value)
  }
}`)
}
