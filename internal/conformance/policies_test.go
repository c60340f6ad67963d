package conformance

import (
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// podSecurityPolicy is the part of a PodSecurityPolicy that the hardening meets.
type podSecurityPolicy struct {
	Kind     string         `json:"kind"`
	Metadata map[string]any `json:"metadata"`
	Spec     struct {
		HostPID             bool     `json:"hostPID"`
		AllowedCapabilities []string `json:"allowedCapabilities"`
		Volumes             []string `json:"volumes"`
		RunAsUser           struct {
			Rule string `json:"rule"`
		} `json:"runAsUser"`
	} `json:"spec"`
}

// comparePolicies is section 2.6 on policies: they are tightened with the pods,
// and still admit them.
func comparePolicies(cmd command, in, out []document) []finding {
	var findings []finding
	for place := range in {
		if in[place].kind != "PodSecurityPolicy" {
			continue
		}
		for _, what := range comparePolicy(cmd, in, out, place) {
			findings = append(findings, finding{"policy", fmt.Sprintf("%s: %s", in[place], what)})
		}
	}
	return findings
}

func comparePolicy(cmd command, in, out []document, place int) []string {
	var before, after podSecurityPolicy
	if err := yaml.Unmarshal(in[place].text, &before); err != nil {
		return []string{err.Error()}
	}
	if err := yaml.Unmarshal(out[place].text, &after); err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	if diff := cmp.Diff(before.Metadata, after.Metadata); diff != "" {
		wrong = append(wrong, "its metadata changed:\n"+diff)
	}
	if after.Spec.HostPID && !before.Spec.HostPID {
		wrong = append(wrong, "it allows hostPID now")
	}
	used, uses := usesHostPID(in), usesHostPID(out)
	if cmd.removeHostPID && used && !uses && after.Spec.HostPID {
		wrong = append(wrong, "no pod uses hostPID any more, and it is allowed")
	}
	refused := refusals(before, in)
	for _, what := range refusals(after, out) {
		if !slices.Contains(refused, what) {
			wrong = append(wrong, what)
		}
	}
	return wrong
}

func usesHostPID(documents []document) bool {
	return slices.ContainsFunc(documents, func(d document) bool {
		return slices.ContainsFunc(d.workloads, func(w workload) bool { return w.datadogs() && w.pod.Spec.HostPID })
	})
}

// refusals are what a policy refuses of the node Agents of a stream.
func refusals(p podSecurityPolicy, documents []document) []string {
	var wrong []string
	for _, d := range documents {
		for _, w := range d.workloads {
			if w.datadogs() && !w.windows() && w.kind == "DaemonSet" {
				wrong = append(wrong, p.refuses(w)...)
			}
		}
	}
	return wrong
}

func (p podSecurityPolicy) refuses(w workload) []string {
	var wrong []string
	if w.pod.Spec.HostPID && !p.Spec.HostPID {
		wrong = append(wrong, fmt.Sprintf("it refuses %s its hostPID", w))
	}
	for _, v := range w.pod.Spec.Volumes {
		if v.EmptyDir != nil && !slices.Contains(p.Spec.Volumes, "emptyDir") && !slices.Contains(p.Spec.Volumes, "*") {
			wrong = append(wrong, fmt.Sprintf("it refuses %s the volume %s", w, v.Name))
		}
	}
	for _, c := range w.containers() {
		e := effectiveOf(w, c)
		for _, name := range e.Add {
			if !slices.Contains(p.Spec.AllowedCapabilities, string(name)) && !slices.Contains(p.Spec.AllowedCapabilities, "*") {
				wrong = append(wrong, fmt.Sprintf("it refuses %s in %s the capability %s", c.Name, w, name))
			}
		}
		if e.isRoot() && p.Spec.RunAsUser.Rule == "MustRunAsNonRoot" {
			wrong = append(wrong, fmt.Sprintf("it refuses %s in %s to be root", c.Name, w))
		}
	}
	return wrong
}
