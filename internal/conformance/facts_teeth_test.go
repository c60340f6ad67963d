package conformance

import (
	"regexp"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestAgentUsers states dd-agent's user for images by hand.
func TestAgentUsers(t *testing.T) {
	const digest = "@sha256:9b4be18f644bd35dad2387f37d9859674080889642b970c0e924d027c4182f6d"
	for image, want := range map[string][]int64{
		"registry.example.com/agent:7.81.1":   {100},
		"registry.example.com:5000/agent":     {100},
		"agent:7":                             {100},
		"agent:latest":                        {100},
		"agent:7.47.0":                        {101},
		"agent:7.47.0-rc.1-jmx":               {101},
		"agent:7.47.1":                        {100},
		"agent:7.47":                          {100, 101},
		"agent:7.48.0-rc.1":                   {100},
		"agent:6.46.0-full":                   {101},
		"agent:6.48.0":                        {100},
		"cluster-agent:1.22.0":                {101},
		"cluster-agent:7.46.0":                {101},
		"registry.example.com/agent" + digest: {100},
		"registry.example.com/agent:7.46.0-fips" + digest:  {101, 100},
		"registry.example.com:5000/a/cluster-agent:7.81.1": {100},
	} {
		if got := agentUsers(image); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", image, got, want)
		}
	}
}

// TestNeeds states the rows of section 2.2 that depend on more than a name.
func TestNeeds(t *testing.T) {
	adds := func(name string, capability corev1.Capability) corev1.Container {
		return corev1.Container{Name: name, SecurityContext: &corev1.SecurityContext{
			Capabilities: &corev1.Capabilities{Add: []corev1.Capability{capability}}}}
	}
	hostroot := corev1.Container{Name: "security-agent", VolumeMounts: []corev1.VolumeMount{{Name: "hostroot"}}}
	privileged := corev1.Container{Name: "mine", SecurityContext: &corev1.SecurityContext{Privileged: orElse(nil, true)}}
	for _, row := range []struct {
		name      string
		container corev1.Container
		want      need
	}{
		{"security-agent", corev1.Container{Name: "security-agent"}, needsNothing},
		{"security-agent that audits", adds("security-agent", "AUDIT_READ"), needsRoot},
		{"security-agent that reads the host", hostroot, needsRoot},
		{"agent that makes nodes", adds("agent", "MKNOD"), needsRoot},
		{"agent that binds a port", adds("agent", "NET_BIND_SERVICE"), needsNothing},
		{"privileged", privileged, needsRoot},
		{"someone else's", corev1.Container{Name: "mine"}, notInTable},
	} {
		if got := needOf(row.container); got != row.want {
			t.Errorf("%s: got %d, want %d", row.name, got, row.want)
		}
	}
}

// TestSplitDocuments sees that no byte is lost, and that text is no separator.
func TestSplitDocuments(t *testing.T) {
	stream := "# first\n--- # a comment\na: |\n  ---\n  b\n---\r\n\n---text\n---"
	got := splitDocuments([]byte(stream))
	want := []string{"# first\n", "--- # a comment\na: |\n  ---\n  b\n", "---\r\n\n---text\n", "---"}
	if len(got) != len(want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i := range want {
		if string(got[i]) != want[i] {
			t.Errorf("document %d: got %q, want %q", i, got[i], want[i])
		}
	}
}

// TestRefusalTeeth sees that a refusal is held to its three promises.
func TestRefusalTeeth(t *testing.T) {
	needing := []feature{{named: regexp.MustCompile("compliance")}}
	for _, row := range []struct {
		name    string
		outcome outcome
		sound   bool
	}{
		{"sound", outcome{stderr: []byte("compliance needs hostPID"), status: 2}, true},
		{"another status", outcome{stderr: []byte("compliance needs hostPID"), status: 1}, false},
		{"something on stdout", outcome{stdout: []byte("a: b\n"), stderr: []byte("compliance"), status: 2}, false},
		{"no feature named", outcome{stderr: []byte("refused"), status: 2}, false},
	} {
		if got := len(checkRefusal(needing, row.outcome)) == 0; got != row.sound {
			t.Errorf("%s: sound is %t", row.name, got)
		}
	}
}

// TestRefused sees which features are found, and only beside hostPID.
func TestRefused(t *testing.T) {
	on := []edit{{"DD_LOGS_ENABLED", "DD_COMPLIANCE_CONFIG_ENABLED"}}
	for _, row := range []struct {
		name  string
		edits []edit
		want  int
	}{
		{"nothing", nil, 0},
		{"compliance", on, 1},
		{"SBOM usage", []edit{{"DD_LOGS_ENABLED", "DD_SBOM_ENRICHMENT_USAGE_ENABLED"}}, 1},
		{"host profiler", []edit{{"name: forwarder", "name: host-profiler"}}, 1},
		{"compliance without hostPID", append(on, edit{"      hostPID: true\n      containers", "      containers"}), 0},
	} {
		in, err := readStream([]byte(apply(t, fixtureInput, row.edits)))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(refused(in)); got != row.want {
			t.Errorf("%s: got %d features, want %d", row.name, got, row.want)
		}
	}
}

const fixturePolicy = `---
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata:
  name: node
spec:
  hostPID: true
  allowedCapabilities: [SYS_ADMIN, CHOWN]
  volumes: [emptyDir, hostPath]
  runAsUser: {rule: RunAsAny}
`

// TestPolicyTeeth sees that a policy must follow its pods and still admit them.
func TestPolicyTeeth(t *testing.T) {
	tightened := edit{"  hostPID: true\n", "  hostPID: false\n"}
	for _, row := range []struct {
		name    string
		command string
		in, out []edit // of the policy
		sound   bool
	}{
		{"as it was", "default", nil, nil, true},
		{"tightened", "remove-host-pid", nil, []edit{tightened}, true},
		{"not tightened", "remove-host-pid", nil, nil, false},
		{"tightened too far", "default", nil, []edit{tightened}, false},
		{"loosened", "remove-host-pid", []edit{tightened}, nil, false},
		{"refuses the init container", "default", nil, []edit{{"[SYS_ADMIN, CHOWN]", "[SYS_ADMIN]"}}, false},
		{"refuses a volume", "default", nil, []edit{{"[emptyDir, hostPath]", "[hostPath]"}}, false},
		{"refuses root", "default", nil, []edit{{"RunAsAny", "MustRunAsNonRoot"}}, false},
		{"another name", "default", nil, []edit{{"name: node", "name: nodes"}}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			cmd := commandNamed(t, row.command)
			output := fixtureOutput
			if cmd.removeHostPID {
				output = apply(t, output, hostPIDRemoved)
			}
			in := apply(t, fixturePolicy, row.in) + fixtureInput
			out := apply(t, fixturePolicy, row.out) + output
			findings := compareStreams(cmd, []byte(in), []byte(out))
			if got := len(findings) == 0; got != row.sound {
				t.Errorf("sound is %t: %v", got, findings)
			}
		})
	}
}
