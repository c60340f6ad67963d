package conformance

import (
	"fmt"
	"regexp"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

const originDetection = "DD_DOGSTATSD_ORIGIN_DETECTION"

// feature is something that needs the host's process IDs, by section 2.5.
type feature struct {
	named *regexp.Regexp // in the refusal
	on    func(workload) bool
}

var features = []feature{
	{regexp.MustCompile(`(?i)compliance`), func(w workload) bool { return w.on("DD_COMPLIANCE_CONFIG_ENABLED") }},
	{regexp.MustCompile(`(?i)host[- _]?profiler`), func(w workload) bool { _, ok := w.container("host-profiler"); return ok }},
	{regexp.MustCompile(`(?i)sbom`), func(w workload) bool { return w.on("DD_SBOM_ENRICHMENT_USAGE_ENABLED") }},
}

// refused are the features for which the removal of hostPID must be refused.
func refused(documents []document) []feature {
	var found []feature
	for _, f := range features {
		for _, d := range documents {
			for _, w := range d.workloads {
				if w.datadogs() && !w.windows() && w.pod.Spec.HostPID && f.on(w) {
					found = append(found, f)
				}
			}
		}
	}
	return found
}

// checkRefusal is section 2.5 on a removal that costs too much, and section 6 on its status.
func checkRefusal(needing []feature, o outcome) []string {
	var wrong []string
	if o.status != 2 {
		wrong = append(wrong, fmt.Sprintf("exit status %d, and a refusal is 2", o.status))
	}
	if len(o.stdout) > 0 {
		wrong = append(wrong, fmt.Sprintf("a refusal with %d bytes on stdout", len(o.stdout)))
	}
	for _, f := range needing {
		if !f.named.Match(o.stderr) {
			wrong = append(wrong, fmt.Sprintf("the refusal does not name %s: %s", f.named, o.stderr))
		}
	}
	return wrong
}

// checkHostPID is section 2.5 on a removal that is done, and on none.
func checkHostPID(c comparison) []string {
	before, after := c.in.pod.Spec.HostPID, c.out.pod.Spec.HostPID
	if !c.removeHostPID || !before {
		if before != after {
			return []string{fmt.Sprintf("hostPID went from %t to %t, unasked", before, after)}
		}
		return sameOriginDetection(c)
	}
	var wrong []string
	if after {
		wrong = append(wrong, "hostPID is still there")
	}
	server := c.in.dogStatsDServer()
	if container, ok := c.out.container(server); ok {
		wrong = append(wrong, prefixed(server, originDetectionOff(container))...)
	}
	return wrong
}

func originDetections(c corev1.Container) []corev1.EnvVar {
	var found []corev1.EnvVar
	for _, e := range c.Env {
		if e.Name == originDetection {
			found = append(found, e)
		}
	}
	return found
}

func originDetectionOff(c corev1.Container) []string {
	want := []corev1.EnvVar{{Name: originDetection, Value: "false"}}
	if diff := cmp.Diff(want, originDetections(c)); diff != "" {
		return []string{"origin detection is not off:\n" + diff}
	}
	return nil
}

func sameOriginDetection(c comparison) []string {
	var wrong []string
	for _, p := range c.pairs() {
		if diff := cmp.Diff(originDetections(p.in), originDetections(p.out)); diff != "" {
			wrong = append(wrong, p.in.Name+": origin detection changed, unasked:\n"+diff)
		}
	}
	return wrong
}
