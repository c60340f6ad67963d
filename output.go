package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/datadog-harden/datadog-harden/internal/diff"
	"github.com/datadog-harden/datadog-harden/internal/evidence"
	"github.com/datadog-harden/datadog-harden/internal/krm"
	"github.com/datadog-harden/datadog-harden/internal/manifest"
	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/internal/report"
	"github.com/datadog-harden/datadog-harden/transform"
)

// outcome is a run that went well.
type outcome struct {
	input    []byte // for a diff
	result   *manifest.Result
	pipeline *transform.Pipeline
	summary  *report.Summary
	gatherer *evidence.Gatherer // nil if nobody asks for evidence
}

// checkError says why --check failed.
type checkError struct{ changes, unexplained int }

func (e *checkError) Error() string {
	var parts []string
	if e.changes > 0 {
		parts = append(parts, fmt.Sprintf("changes pending: %d", e.changes))
	}
	if e.unexplained > 0 {
		parts = append(parts, fmt.Sprintf("failures of the Pod Security Standards unexplained: %d", e.unexplained))
	}
	return "check failed: " + strings.Join(parts, "; ")
}

// validate refuses what makes no sense before anything is read.
func (o *options) validate() error {
	if o.report == "" && o.reportFile != "" {
		o.report = "text"
	}
	if o.report != "" {
		if _, err := report.New(o.report, report.Options{}); err != nil {
			return err
		}
	}
	if err := pss.CheckVersion(o.pssVersion); err != nil {
		return err
	}
	if o.list != nil && (o.check || o.diff) {
		return errors.New("check and diff write no manifests, and a KRM function has to: its results say what they would")
	}
	return nil
}

// write gives out what was asked for: manifests, or a diff, or neither; a
// report; the summary. Whatever can fail is made before anything is written to
// standard output.
func (o *options) write(run outcome, stdout, stderr io.Writer) error {
	var found *evidence.Evidence
	var err error
	if run.gatherer != nil {
		if found, err = run.gatherer.Evidence(); err != nil {
			return err
		}
	}
	primary, err := o.primary(run, found)
	if err != nil {
		return err
	}
	to, where := o.reportTo(stdout, stderr)
	rendered, err := o.render(found, to)
	if err != nil {
		return err
	}
	if o.reportFile != "" {
		if err := os.WriteFile(o.reportFile, rendered, 0o644); err != nil {
			return fmt.Errorf("report-file: %w", err)
		}
	}
	if _, err := primary.WriteTo(stdout); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	if o.reportFile == "" {
		if _, err := to.Write(rendered); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
	}
	if !o.quiet && !(o.report != "" && o.reportFile == "" && to == stderr) {
		run.summary.Write(stderr, found)
	}
	return o.verdict(found)
}

// evaluating says whether pods are evaluated, which takes as long as to harden
// them.
func (o *options) evaluating() bool { return o.report != "" || o.check || o.list != nil }

func (o *options) gatherer(pipeline *transform.Pipeline) (*evidence.Gatherer, error) {
	standards, err := pss.New(o.pssVersion)
	return &evidence.Gatherer{Pipeline: pipeline, Standards: standards, Version: versionString(), Name: o.inputName}, err
}

// primary is what standard output is for in this run.
func (o *options) primary(run outcome, found *evidence.Evidence) (io.WriterTo, error) {
	if o.check && !o.diff {
		return &bytes.Buffer{}, nil
	}
	if !o.diff && o.list == nil {
		return run.result, nil
	}
	var output bytes.Buffer
	if _, err := run.result.WriteTo(&output); err != nil {
		return nil, err
	}
	if o.diff {
		return bytes.NewReader(diff.Unified(o.inputName, run.input, output.Bytes(), run.pipeline.Log.Sets)), nil
	}
	list, err := krm.Write(output.Bytes(), krm.Findings(run.pipeline.Log, found))
	return bytes.NewReader(list), err
}

// reportTo is where a report goes that no file is named for: to standard
// output if that carries neither manifests nor a diff.
func (o *options) reportTo(stdout, stderr io.Writer) (io.Writer, string) {
	if o.check && !o.diff {
		return stdout, "standard output"
	}
	return stderr, "standard error"
}

func (o *options) render(found *evidence.Evidence, to io.Writer) ([]byte, error) {
	if o.report == "" {
		return nil, nil
	}
	format, err := report.New(o.report, report.Options{Colour: o.reportFile == "" && coloured(to)})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = format.Write(&out, found)
	return out.Bytes(), err
}

// coloured says whether a writer is a terminal that wants colours.
func coloured(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}

func (o *options) verdict(found *evidence.Evidence) error {
	if !o.check || found.Summary.Changes+found.Summary.Unexplained == 0 {
		return nil
	}
	return &checkError{found.Summary.Changes, found.Summary.Unexplained}
}

// explain answers from the tables.
func explain(args []string, stdout io.Writer) error {
	if len(args) > 1 {
		return fmt.Errorf("explain takes one name, not %d", len(args))
	}
	return report.Explain(stdout, strings.Join(args, ""))
}
