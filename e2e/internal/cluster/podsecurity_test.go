package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestViolations(t *testing.T) {
	tests := []struct {
		name    string
		finding string
		want    []string
	}{
		{
			name:    "warning",
			finding: `would violate PodSecurity "restricted:latest": host namespaces (hostPID=true), runAsUser=0 (pod must not set runAsUser=0)`,
			want:    []string{"host namespaces (hostPID=true)", "runAsUser=0 (pod must not set runAsUser=0)"},
		},
		{
			name:    "refusal, with commas in a check",
			finding: `Error creating: pods "a-b" is forbidden: violates PodSecurity "baseline:v1.37": hostPath volumes (volumes "procdir", "cgroups")`,
			want:    []string{`hostPath volumes (volumes "procdir", "cgroups")`},
		},
		{
			name:    "refusal of another kind",
			finding: `Error creating: pods "a-b" is forbidden: exceeded quota: pods`,
		},
		{name: "nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Violations(tt.finding)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
