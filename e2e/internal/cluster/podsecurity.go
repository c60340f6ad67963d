package cluster

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
)

// The labels by which a namespace chooses its Pod Security levels.
const (
	EnforceLabel = "pod-security.kubernetes.io/enforce"
	AuditLabel   = "pod-security.kubernetes.io/audit"
	WarnLabel    = "pod-security.kubernetes.io/warn"
)

// auditAnnotation is where Pod Security admission's audit mode writes.
const auditAnnotation = "pod-security.kubernetes.io/audit-violations"

// level stands in every finding of Pod Security admission, before the level and
// its version, after which come the checks:
//
//	would violate PodSecurity "restricted:latest": host namespaces (hostPID=true), hostPath volumes (volume "procdir")
const level = ` PodSecurity "`

// Violations lists the checks that a finding of Pod Security admission (a
// warning, an audit annotation, a refusal) says a pod fails. It is empty for
// any other text.
func Violations(finding string) []string {
	_, list, _ := strings.Cut(finding, level)
	_, list, found := strings.Cut(list, `": `)
	if !found {
		return nil
	}
	var checks []string
	depth, start := 0, 0
	for i, r := range list {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				checks = append(checks, strings.TrimSpace(list[start:i]))
				start = i + 1
			}
		}
	}
	return append(checks, strings.TrimSpace(list[start:]))
}

// AuditViolations reads what Pod Security admission's audit mode wrote to the
// API server's log about a namespace, one finding a request.
func (c *Client) AuditViolations(namespace string) ([]string, error) {
	log, err := os.ReadFile(c.cp.AuditLog)
	if err != nil {
		return nil, err
	}
	var findings []string
	for line := range bytes.Lines(log) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // being written, about something later
		}
		var event struct {
			ObjectRef   struct{ Namespace string }
			Annotations map[string]string
		}
		if err := json.Unmarshal(line, &event); err != nil {
			return nil, err
		}
		if finding := event.Annotations[auditAnnotation]; finding != "" && event.ObjectRef.Namespace == namespace {
			findings = append(findings, finding)
		}
	}
	return findings, nil
}
