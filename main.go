// Datadog-harden hardens the Datadog workloads among Kubernetes manifests.
//
// It reads manifests on standard input and writes them to standard output, as
// a filter and as a post-renderer of Helm. See README.md.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/pflag"

	"github.com/datadog-harden/datadog-harden/internal/completion"
	"github.com/datadog-harden/datadog-harden/internal/config"
	"github.com/datadog-harden/datadog-harden/internal/harden"
	"github.com/datadog-harden/datadog-harden/internal/krm"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/internal/report"
	"github.com/datadog-harden/datadog-harden/transform"
)

// version is set by the build; a plain `go install` takes the module's.
var version string

// The exit statuses.
const (
	exitDone   = 0
	exitFailed = 1 // the check failed; a KRM function says why in its results
	exitBad    = 2 // the input or the arguments were no good
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
	if errors.As(err, new(*checkError)) || errors.As(err, new(*krm.Failed)) {
		return exitFailed
	}
	return exitBad
}

// options are the flags that are not the pipeline's.
type options struct {
	quiet, version, help bool

	check, diff bool
	report      string // a format, or "" for none
	reportFile  string
	pssVersion  string
	inputName   string

	list *krm.List // the input, if it is that of a KRM function
}

func filter(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "explain" {
		return explain(args[1:], stdout)
	}
	settings := transform.Default()
	flags, opts := flagSet(&settings)
	if len(args) > 0 && args[0] == "completion" {
		return completion.Write(stdout, args[1:], flags, []completion.Command{
			{Name: "explain", Usage: "say what is known of a transform, container, volume or check", Values: report.Topics()},
		})
	}
	if err := config.ParseFlags(flags, args); err != nil {
		return fmt.Errorf("%w (see datadog-harden --help)", err)
	}
	switch {
	case opts.help:
		_, err := fmt.Fprint(stdout, usage, flags.FlagUsagesWrapped(80))
		return err
	case opts.version:
		_, err := fmt.Fprintln(stdout, "datadog-harden", versionString())
		return err
	}
	list, text, stdin, err := krm.Sniff(stdin)
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	opts.list = list
	settings.Exceptions, err = config.Load(flags, os.Environ(), list.Settings)
	if err == nil {
		err = opts.process(stdin, settings, stdout, stderr)
	}
	if list != nil {
		return krm.Fail(stdout, text, err)
	}
	return err
}

func (o *options) process(stdin io.Reader, settings transform.Settings, stdout, stderr io.Writer) error {
	if err := o.validate(); err != nil {
		return err
	}
	pipeline, err := transform.New(settings)
	if err != nil {
		return err
	}
	run := outcome{pipeline: pipeline, summary: report.NewSummary()}
	observer := harden.Observer{Each: run.summary.Add}
	switch {
	case o.evaluating():
		if run.gatherer, err = o.gatherer(pipeline); err != nil {
			return err
		}
		observer = harden.Observer{Witness: run.gatherer.Witness} // and the whole log
		debug.SetGCPercent(200)
	case o.diff:
		observer = harden.Observer{}
	default:
		debug.SetMemoryLimit(128 << 20) // what a stream of any length needs
	}
	if o.diff {
		if run.input, err = io.ReadAll(stdin); err != nil {
			return fmt.Errorf("standard input: %w", err)
		}
		stdin = bytes.NewReader(run.input)
	}
	if run.result, err = harden.Stream(stdin, pipeline, observer); err != nil {
		return err
	}
	defer run.result.Close()
	run.summary.Add(pipeline.Log)
	return o.write(run, stdout, stderr)
}

const usage = `Hardens the Datadog workloads among Kubernetes manifests.

Usage:
  helm template … | datadog-harden [flags] > hardened.yaml
  helm upgrade --install … --post-renderer datadog-harden [--post-renderer-args FLAG …]
  helm template … | datadog-harden --check [--report FORMAT]
  datadog-harden explain [transform|container|volume|check]
  datadog-harden completion bash|zsh|fish|powershell

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
	f.StringVar(&opts.report, "report", "", "write the evidence, to standard error unless --report-file or --check says otherwise: "+strings.Join(report.Formats(), ", "))
	f.StringVar(&opts.reportFile, "report-file", "", "the file that the report is written to, as text if --report does not say otherwise")
	f.BoolVar(&opts.check, "check", false, "write no manifests; exit status 1 if a change is pending or a failure is unexplained")
	f.BoolVar(&opts.diff, "diff", false, "write a unified diff instead of manifests, without values that may be secrets")
	f.StringVar(&opts.pssVersion, "pss-version", pss.Latest, "version of the Pod Security Standards for reports and --check: v1.X, latest")
	f.StringVar(&opts.inputName, "input-name", "stdin", "what reports and diffs call the manifests: their file, for code scanning")
	f.String(config.ConfigFlag, "", "a file with settings, and with exceptions: a "+config.Kind)
	f.BoolVarP(&opts.quiet, "quiet", "q", false, "no summary on standard error")
	f.BoolVar(&opts.version, "version", false, "print the version")
	f.BoolVarP(&opts.help, "help", "h", false, "print this help")
	config.Choose(f, map[string][]string{
		"profile":         transform.Profiles(),
		"host-dirs":       transform.HostDirsChoices(),
		"skip":            transform.Transforms(),
		"accept-degraded": transform.Features(),
		"report":          report.Formats(),
	})
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
