package transform_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/postrender"

	"github.com/datadog-harden/datadog-harden/transform"
)

var _ postrender.PostRenderer = (*transform.PostRenderer)(nil)

// clusterAgent is a chart with one workload.
var clusterAgent = &chart.Chart{
	Metadata: &chart.Metadata{APIVersion: "v2", Name: "datadog", Version: "1.0.0"},
	Templates: []*chart.File{{Name: "templates/cluster-agent.yaml", Data: []byte(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-cluster-agent
  labels:
    agent.datadoghq.com/component: cluster-agent
spec:
  template:
    spec:
      containers:
      - name: cluster-agent
        image: "registry.example.com/cluster-agent:7.81.1"   # mirrored
`)}},
}

// In a program that installs charts with Helm's SDK.
func ExamplePostRenderer() {
	harden := &transform.PostRenderer{Settings: transform.Default()}

	install := action.NewInstall(new(action.Configuration))
	install.ReleaseName = "dd"
	install.Namespace = "monitoring"
	install.ClientOnly, install.DryRun = true, true // this example has no cluster
	install.PostRenderer = harden
	release, err := install.Run(clusterAgent, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(release.Manifest)
	for _, change := range harden.Log.Changes[:1] {
		fmt.Println(change.Workload, change.Field, change.After, "because", change.Why)
	}
	// Output:
	// ---
	// # Source: datadog/templates/cluster-agent.yaml
	// apiVersion: apps/v1
	// kind: Deployment
	// metadata:
	//   name: dd-cluster-agent
	//   labels:
	//     agent.datadoghq.com/component: cluster-agent
	// spec:
	//   template:
	//     spec:
	//       containers:
	//       - name: cluster-agent
	//         image: "registry.example.com/cluster-agent:7.81.1"   # mirrored
	//         securityContext:
	//           allowPrivilegeEscalation: false
	//           capabilities:
	//             drop:
	//             - ALL
	//       securityContext:
	//         runAsUser: 100
	//         runAsGroup: 0
	//         runAsNonRoot: true
	//         seccompProfile:
	//           type: RuntimeDefault
	// Deployment/dd-cluster-agent spec.template.spec.securityContext.runAsUser 100 because the pod's default is dd-agent's; a container that differs says so itself
}

func TestPostRendererErrors(t *testing.T) {
	lax := transform.Default()
	lax.Profile = "lax"
	tests := []struct {
		name     string
		settings transform.Settings
		in       string
		want     string
	}{
		{"settings", lax, "", `unknown profile "lax"`},
		{"a manifest", transform.Default(), "kind: Pod\napiVersion: v1\nspec: []\n", "document 1, line 3, column 7: Pod/: spec: expected a map, found a list"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &transform.PostRenderer{Settings: tt.settings}
			out, err := r.Run(bytes.NewBufferString(tt.in))
			if err == nil || out != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v, want %s", out, err, tt.want)
			}
		})
	}
}

func TestPostRendererRefusal(t *testing.T) {
	settings := transform.Default()
	settings.RemoveHostPID = true
	r := &transform.PostRenderer{Settings: settings}
	_, err := r.Run(bytes.NewBufferString(`apiVersion: v1
kind: Pod
metadata: {name: dd, labels: {agent.datadoghq.com/component: agent}}
spec:
  hostPID: true
  containers:
  - {name: agent, env: [{name: DD_COMPLIANCE_CONFIG_ENABLED, value: "true"}]}
`))
	var refused *transform.RefusedError
	if !errors.As(err, &refused) || refused.Feature != "compliance" {
		t.Errorf("got %v, want a refusal for compliance", err)
	}
}
