package conformance

import (
	"slices"
	"strings"
	"testing"
)

// edit replaces one occurrence of a text, which must be there.
type edit struct{ old, new string }

func apply(t *testing.T, stream string, edits []edit) string {
	t.Helper()
	for _, e := range edits {
		if !strings.Contains(stream, e.old) {
			t.Fatalf("the fixture has no %q", e.old)
		}
		stream = strings.Replace(stream, e.old, e.new, 1)
	}
	return stream
}

// mutation is the fixture with something wrong in it.
type mutation struct {
	name    string
	command string
	both    []edit // of the input and of the output
	in, out []edit
	check   string // that must object; none, if the pair is sound
}

func commandNamed(t *testing.T, name string) command {
	t.Helper()
	if name == "" {
		return commands[0]
	}
	at := slices.IndexFunc(commands, func(c command) bool { return c.name == name })
	if at < 0 {
		t.Fatalf("no command line is named %q", name)
	}
	return commands[at]
}

func (m mutation) findings(t *testing.T) []finding {
	t.Helper()
	in := apply(t, apply(t, fixtureInput, m.both), m.in)
	out := apply(t, apply(t, fixtureOutput, m.both), m.out)
	return compareStreams(commandNamed(t, m.command), []byte(in), []byte(out))
}

// hostPIDRemoved makes the fixture's output one of --remove-host-pid.
var hostPIDRemoved = []edit{
	{"      hostPID: true\n      containers", "      containers"},
	{"DETECTION\n            value: \"true\"", "DETECTION\n            value: \"false\""},
}

// notPrepared takes the added init container away.
var notPrepared = []edit{{between(fixtureOutput, "      - name: prepare\n", "      - name: seccomp-setup\n"), ""}}

// onAutopilot labels the workload.
var onAutopilot = []edit{{"    agent.datadoghq.com/component: agent\n", "    agent.datadoghq.com/component: agent\n    env.datadoghq.com/kind: gke-autopilot\n"}}

// foldersEmptied is what Autopilot leaves of the host folders an Agent writes to.
var foldersEmptied = []edit{
	{"      - hostPath:\n          path: /var/run/datadog\n", "      - emptyDir: {}\n"},
	{"      - hostPath:\n          path: /var/lib/datadog-agent/logs\n", "      - emptyDir: {}\n"},
}

// between is the part of a text from one mark up to another.
func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	part, _, _ := strings.Cut(rest, to)
	return from + part
}

// TestSound sees that no check objects to what is right.
func TestSound(t *testing.T) {
	sound := []mutation{
		{name: "default"},
		{name: "remove-host-pid", command: "remove-host-pid", out: hostPIDRemoved},
		{name: "prepared", command: "prepared", out: notPrepared},
		{name: "autopilot", both: onAutopilot, out: slices.Concat(notPrepared, foldersEmptied)},
		{name: "old Agent", both: []edit{{"agent:7.81.1", "agent:7.46.0"}},
			out: []edit{{"      - name: prepare\n        image: \"registry.example.com/agent:7.81.1\"", "      - name: prepare\n        image: \"registry.example.com/agent:7.46.0\""}, {"          runAsNonRoot: true # of agent", "          runAsNonRoot: true\n          runAsUser: 101"}, {"\"100:0\"", "\"101:0\""}}},
		{name: "author's user", both: []edit{{"        runAsUser: 0\n", "        runAsUser: 1000\n"}},
			out: []edit{{"        runAsUser: 100\n", "        runAsUser: 1000\n"}, {"runAsUser: 0 # of forwarder", "runAsUser: 1000"}, {"100:0", "1000:0"}}},
	}
	for _, m := range sound {
		t.Run(m.name, func(t *testing.T) {
			if m.name == "author's user" {
				m.both, m.in = nil, m.both
			}
			for _, f := range m.findings(t) {
				t.Error(f)
			}
		})
	}
}

// TestTeeth sees that each check objects to what is wrong.
func TestTeeth(t *testing.T) {
	for _, m := range slices.Concat(documentMutations, userMutations, privilegeMutations, mountMutations, hostMutations) {
		t.Run(m.check+"/"+m.name, func(t *testing.T) {
			findings := m.findings(t)
			if !slices.ContainsFunc(findings, func(f finding) bool { return f.check == m.check }) {
				t.Errorf("the check %q does not object; all findings: %v", m.check, findings)
			}
		})
	}
}

// TestTeethCoverEveryCheck sees that no check was left out of the table.
func TestTeethCoverEveryCheck(t *testing.T) {
	all := slices.Concat(documentMutations, userMutations, privilegeMutations, mountMutations, hostMutations)
	for _, c := range checks {
		if !slices.ContainsFunc(all, func(m mutation) bool { return m.check == c.name }) {
			t.Errorf("no mutation is for the check %q", c.name)
		}
	}
}
