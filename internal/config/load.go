package config

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/datadog-harden/datadog-harden/transform"
)

// Load gives the flags, parsed, what the environment and the settings document
// say, and returns the document's exceptions. The document is a file that
// --config names, or the first argument (which is how kustomize runs a legacy
// exec plugin), or inline: that of a KRM function, if it has one.
func Load(flags *pflag.FlagSet, environ []string, inline func() (*Document, error)) ([]transform.Exception, error) {
	doc, err := load(flags, environ, inline)
	if err != nil {
		return nil, err
	}
	if err := Apply(flags, environ, doc); err != nil || doc == nil {
		return nil, err
	}
	return doc.Exceptions, nil
}

func load(flags *pflag.FlagSet, environ []string, inline func() (*Document, error)) (*Document, error) {
	path, argument := Path(flags, environ), flags.Arg(0)
	if flags.NArg() > 1 {
		argument = flags.Arg(1)
	}
	var text []byte
	if argument != "" {
		read, err := os.ReadFile(argument)
		if err != nil || flags.NArg() > 1 || !Is(read) {
			return nil, fmt.Errorf("unexpected argument %q: manifests are read on standard input, settings from --%s (see datadog-harden --help)", argument, ConfigFlag)
		}
		text = read
	}
	doc, err := inline()
	if err != nil {
		return nil, err
	}
	switch {
	case path != "" && argument != "":
		return nil, fmt.Errorf("settings from two files, %s and %s: give one", path, argument)
	case doc != nil && path+argument != "":
		return nil, fmt.Errorf("settings from %s and from the functionConfig: give one", path+argument)
	case argument != "":
		return Parse(argument, text)
	case path != "":
		if text, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("--%s: %w", ConfigFlag, err)
		}
		return Parse(path, text)
	}
	return doc, nil
}
