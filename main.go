// Datadog-harden hardens the Datadog workloads among Kubernetes manifests.
//
// It reads manifests on standard input and writes them to standard output, as
// a filter and as a post-renderer of Helm. See README.md.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/pflag"

	"github.com/datadog-harden/datadog-harden/internal/harden"
	"github.com/datadog-harden/datadog-harden/internal/report"
	"github.com/datadog-harden/datadog-harden/transform"
)

// version is set by the build; a plain `go install` takes the module's.
var version string

// The exit statuses.
const (
	exitDone = 0
	exitBad  = 2 // the input or the arguments were no good
)

func main() {
	debug.SetGCPercent(400) // a short life: memory is cheaper than time
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	err := filter(args, stdin, stdout, stderr)
	if err == nil {
		return exitDone
	}
	report.Failure(stderr, err)
	if report.SwallowedStderr() {
		if aside, openErr := report.Aside(); openErr == nil {
			report.Failure(aside, err)
			aside.Close()
		}
	}
	return exitBad
}

// options are the flags that are not the pipeline's.
type options struct {
	quiet, version, help bool
}

func filter(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	settings := transform.Default()
	flags, opts := flagSet(&settings)
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w (see datadog-harden --help)", err)
	}
	switch {
	case opts.help:
		_, err := fmt.Fprint(stdout, usage, flags.FlagUsagesWrapped(80))
		return err
	case opts.version:
		_, err := fmt.Fprintln(stdout, "datadog-harden", versionString())
		return err
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q: manifests are read on standard input (see datadog-harden --help)", flags.Arg(0))
	}
	pipeline, err := transform.New(settings)
	if err != nil {
		return err
	}
	result, err := harden.Stream(stdin, pipeline)
	if err != nil {
		return err
	}
	defer result.Close()
	if _, err := result.WriteTo(stdout); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	if !opts.quiet {
		report.Summary(stderr, pipeline.Log)
	}
	return nil
}

const usage = `Hardens the Datadog workloads among Kubernetes manifests.

Usage:
  helm template … | datadog-harden [flags] > hardened.yaml
  helm upgrade --install … --post-renderer datadog-harden [--post-renderer-args FLAG …]

Flags:
`

func flagSet(s *transform.Settings) (*pflag.FlagSet, *options) {
	opts := &options{}
	f := pflag.NewFlagSet("datadog-harden", pflag.ContinueOnError)
	f.SortFlags = false
	f.Usage = func() {}
	f.SetOutput(io.Discard)
	f.StringVar(&s.Profile, "profile", s.Profile, "how far to go: "+strings.Join(transform.Profiles(), ", "))
	f.BoolVar(&s.RemoveHostPID, "remove-host-pid", false, "leave the host's PID namespace, and switch DogStatsD's origin detection off")
	f.Var(&userID{&s.RunAsUser}, "run-as-user", "UID instead of dd-agent's, which is 100 (101 up to Agent 7.47.0)")
	f.Int64Var(&s.RunAsGroup, "run-as-group", s.RunAsGroup, "primary group of dd-agent")
	f.Int64SliceVar(&s.SupplementalGroups, "supplemental-group", nil, "a further group, for sockets that belong to it (repeatable)")
	f.StringVar((*string)(&s.HostDirs), "host-dirs", string(s.HostDirs), "who makes the Agent's host folders writable for it: init (an init container), prepared (you)")
	f.StringSliceVar(&s.Skip, "skip", nil, "transforms to leave out: "+strings.Join(transform.Transforms(), ", "))
	f.StringSliceVar(&s.AcceptDegraded, "accept-degraded", nil, "features that may stop working without hostPID: "+strings.Join(transform.Features(), ", "))
	f.BoolVar(&s.AllWorkloads, "all-workloads", false, "also do to other workloads what is safe without knowing them")
	f.BoolVarP(&opts.quiet, "quiet", "q", false, "no summary on standard error")
	f.BoolVar(&opts.version, "version", false, "print the version")
	f.BoolVarP(&opts.help, "help", "h", false, "print this help")
	return f, opts
}

// userID is a flag that takes any UID but root's.
type userID struct{ to *int64 }

func (u *userID) Type() string { return "int" }

func (u *userID) String() string {
	if u.to == nil || *u.to == 0 {
		return ""
	}
	return fmt.Sprint(*u.to)
}

func (u *userID) Set(s string) error {
	if _, err := fmt.Sscanf(s, "%d", u.to); err != nil || fmt.Sprint(*u.to) != s || *u.to == 0 {
		return errors.New("expected the number of a user that is not root")
	}
	return nil
}

func versionString() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
