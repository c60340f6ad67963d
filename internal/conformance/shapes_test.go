package conformance

import (
	"bytes"
	"maps"
	"testing"

	"sigs.k8s.io/yaml"
)

// shape is another way to write a stream, or another kind around its pods.
type shape struct {
	name    string
	reshape func(t *testing.T, stream []byte) []byte
	// reserialized is true where the text is of a form that is not edited in place.
	reserialized bool
}

var shapes = []shape{
	{name: "CRLF", reshape: func(_ *testing.T, stream []byte) []byte {
		return bytes.ReplaceAll(stream, []byte("\n"), []byte("\r\n"))
	}},
	{name: "no last newline", reshape: func(_ *testing.T, stream []byte) []byte { return bytes.TrimRight(stream, "\n") }},
	{name: "byte-order mark", reshape: func(_ *testing.T, stream []byte) []byte { return append([]byte("\xef\xbb\xbf"), stream...) }},
	{name: "Helm 4", reshape: eachPod(asHelm4)},
	{name: "JSON", reshape: eachPod(asJSON), reserialized: true},
	{name: "flow", reshape: eachPod(asFlow), reserialized: true},
	{name: "List", reshape: eachPod(asList)},
	{name: "ExtendedDaemonSet", reshape: eachPod(asKind("datadoghq.com/v1alpha1", "ExtendedDaemonSet", "spec", "template"))},
	{name: "StatefulSet", reshape: eachPod(asKind("apps/v1", "StatefulSet", "spec", "template"))},
	{name: "ReplicaSet", reshape: eachPod(asKind("apps/v1", "ReplicaSet", "spec", "template"))},
	{name: "ReplicationController", reshape: eachPod(asKind("v1", "ReplicationController", "spec", "template"))},
	{name: "Job", reshape: eachPod(asKind("batch/v1", "Job", "spec", "template"))},
	{name: "CronJob", reshape: eachPod(asKind("batch/v1", "CronJob", "spec", "jobTemplate", "spec", "template"))},
	{name: "PodTemplate", reshape: eachPod(asKind("v1", "PodTemplate", "template"))},
	{name: "Pod", reshape: eachPod(asPod)},
}

// eachPod rewrites the DaemonSets of a stream and leaves the rest of it.
func eachPod(write func(t *testing.T, object map[string]any) []byte) func(*testing.T, []byte) []byte {
	return func(t *testing.T, stream []byte) []byte {
		t.Helper()
		var reshaped bytes.Buffer
		for _, text := range splitDocuments(stream) {
			var object map[string]any
			if err := yaml.Unmarshal(text, &object); err != nil {
				t.Fatal(err)
			}
			if object["kind"] == "DaemonSet" {
				text = append([]byte("---\n"), write(t, object)...)
			}
			reshaped.Write(text)
		}
		return reshaped.Bytes()
	}
}

func asYAML(t *testing.T, object any) []byte {
	t.Helper()
	text, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// asHelm4 writes the object as Helm 4 does before it calls a post-renderer.
func asHelm4(t *testing.T, object map[string]any) []byte {
	t.Helper()
	metadata := object["metadata"].(map[string]any)
	metadata["annotations"] = map[string]any{"postrenderer.helm.sh/postrender-filename": "datadog/templates/daemonset.yaml"}
	return asYAML(t, object)
}

func asJSON(t *testing.T, object map[string]any) []byte {
	t.Helper()
	text, err := yaml.YAMLToJSON(asYAML(t, object))
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// asFlow writes the spec as one line in a block mapping.
func asFlow(t *testing.T, object map[string]any) []byte {
	t.Helper()
	spec := asJSON(t, object["spec"].(map[string]any))
	rest := maps.Clone(object)
	delete(rest, "spec")
	return append(append(asYAML(t, rest), "spec: "...), spec...)
}

func asList(t *testing.T, object map[string]any) []byte {
	t.Helper()
	other := map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "other"}}
	return asYAML(t, map[string]any{"apiVersion": "v1", "kind": "List", "items": []any{other, object}})
}

// asKind writes another kind around the pod template, at the path it has there.
func asKind(apiVersion, kind string, path ...string) func(*testing.T, map[string]any) []byte {
	return func(t *testing.T, object map[string]any) []byte {
		t.Helper()
		wrapped := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": object["metadata"]}
		parent := wrapped
		for _, key := range path[:len(path)-1] {
			child := map[string]any{}
			parent[key], parent = child, child
		}
		parent[path[len(path)-1]] = at(object, []string{"spec", "template"})
		return asYAML(t, wrapped)
	}
}

func asPod(t *testing.T, object map[string]any) []byte {
	t.Helper()
	template := at(object, []string{"spec", "template"})
	return asYAML(t, map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": template["metadata"], "spec": template["spec"]})
}

// TestShapes runs the command lines that reach a node Agent of any kind on
// other forms of one render.
func TestShapes(t *testing.T) {
	manifests, err := render{set: []string{"datadog.logs.enabled=true", "datadog.securityAgent.runtime.enabled=true"}}.manifests()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			reshaped := s.reshape(t, manifests)
			for _, cmd := range commands {
				if cmd.nodeAgent {
					t.Run(cmd.name, func(t *testing.T) { conformShape(t, s, cmd, reshaped) })
				}
			}
		})
	}
}

func conformShape(t *testing.T, s shape, cmd command, stream []byte) {
	t.Helper()
	o := harden(t, stream, cmd.args)
	if o.status != 0 {
		t.Fatalf("exit status %d: %s", o.status, o.stderr)
	}
	if bytes.Equal(stream, o.stdout) {
		t.Error("nothing was hardened")
	}
	for _, f := range compareStreams(cmd, stream, o.stdout) {
		if f.check != "text" || !s.reserialized {
			t.Error(f)
		}
	}
	again(t, cmd, o.stdout)
}
