package conformance

import (
	"bytes"
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// finding is a place where the output is not what the specification says.
type finding struct {
	check string
	what  string
}

func (f finding) String() string { return f.check + ": " + f.what }

// comparison is one workload of Datadog's before and after.
type comparison struct {
	command
	in, out workload
}

// pair is one container before and after.
type pair struct {
	in, out corev1.Container
	init    bool
	need    need
}

// pairs are the containers both sides have.
func (c comparison) pairs() []pair {
	var pairs []pair
	for at, in := range c.in.containers() {
		if out, ok := c.out.container(in.Name); ok {
			pairs = append(pairs, pair{in, out, at < len(c.in.pod.Spec.InitContainers), needOf(in)})
		}
	}
	return pairs
}

// added are the init containers that only the output has.
func (c comparison) added() []corev1.Container {
	var added []corev1.Container
	for _, out := range c.out.containers() {
		if _, ok := c.in.container(out.Name); !ok {
			added = append(added, out)
		}
	}
	return added
}

// reaches says whether the profile hardens the workload's privileges.
func (c comparison) reaches() bool { return c.nodeAgent || !c.in.nodeAgent() }

// dropsRoot says whether the command line makes the workload's Agents non-root.
func (c comparison) dropsRoot() bool { return c.nonroot && c.reaches() }

// check is one statement of the specification about a workload.
type check struct {
	name string
	run  func(comparison) []string
}

var checks = []check{
	{"rest", checkRest},
	{"user", checkUsers},
	{"privileges", checkPrivileges},
	{"kept", checkKept},
	{"read-only root", checkReadOnlyRoot},
	{"mounts", checkMounts},
	{"passwd", checkPasswd},
	{"host folders", checkHostFolders},
	{"hostPID", checkHostPID},
	{"validity", checkValidity},
	{"pod security standards", checkRestricted},
}

// compareWorkloads runs every check on a workload.
func compareWorkloads(c comparison) []finding {
	var findings []finding
	for _, check := range checks {
		for _, what := range check.run(c) {
			findings = append(findings, finding{check.name, fmt.Sprintf("%s: %s", c.in, what)})
		}
	}
	return findings
}

// compareStreams compares all that came out with all that went in.
func compareStreams(cmd command, input, output []byte) []finding {
	in, err := readStream(input)
	if err != nil {
		return []finding{{"input", err.Error()}}
	}
	out, err := readStream(output)
	if err != nil {
		return []finding{{"decodes strictly", err.Error()}}
	}
	if len(in) != len(out) {
		return []finding{{"documents", fmt.Sprintf("%d documents became %d", len(in), len(out))}}
	}
	var findings []finding
	for place := range in {
		findings = append(findings, compareDocuments(cmd, in[place], out[place])...)
	}
	return append(findings, comparePolicies(cmd, in, out)...)
}

// compareDocuments compares one document before and after.
func compareDocuments(cmd command, in, out document) []finding {
	if in.apiVersion != out.apiVersion || in.kind != out.kind || in.name != out.name || len(in.workloads) != len(out.workloads) {
		return []finding{{"documents", fmt.Sprintf("%s became %s", in, out)}}
	}
	same := bytes.Equal(in.text, out.text)
	if !in.datadogs() || in.windows() {
		if same || in.isPolicy() {
			return nil
		}
		return []finding{{"untouched", fmt.Sprintf("%s has no workload to harden, and differs", in)}}
	}
	var findings []finding
	if !same {
		findings = compareTexts(in, out)
	}
	for at := range in.workloads {
		findings = append(findings, compareWorkloads(comparison{cmd, in.workloads[at], out.workloads[at]})...)
	}
	return findings
}
