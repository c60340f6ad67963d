package evidence

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	k8syaml "sigs.k8s.io/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/stream"
	"github.com/datadog-harden/datadog-harden/transform"
)

// odd has what is easily decoded otherwise than it is meant.
const odd = `apiVersion: v1
kind: Pod
metadata:
  name: x
  creationTimestamp: 2026-11-23T10:00:00Z
  generation: 12
  labels: {a: b, "c": "", yes: "y", 12: "12", 0x10: hex, 1.5: x, é: "ü \" \\ \n \u2028 <&>"}
  annotations:
    script: |
      echo "a	b"
    checksum: 01380af922de74289c160086a612a14af98e5a00ae30d3419e8f088c406a4b60
    date: 2026-11-23
    none:
    long: "LONG"
spec:
  hostPID: on
  hostIPC: ~
  nodeSelector: {}
  priority: 0o17
  terminationGracePeriodSeconds: -5
  activeDeadlineSeconds: 1e3
  serviceAccountName: null
  securityContext: {runAsUser: 4294967296, runAsGroup: 0x64, supplementalGroups: [1, 70000, 0, 255, 256]}
  unknown: {to: [us, 18446744073709551615, -0.5]}
  containers:
  - name: c
    command: [-c, "1", 1Gi, null, 'true', .1.]
    resources: {limits: {cpu: 250m, memory: 1Gi, a: 0.5, b: 2, c: ~}}
    livenessProbe: {httpGet: {port: 5555, path: /live}}
    readinessProbe: {httpGet: {port: http}}
    ports:
  volumes:
  - name: v
    configMap: {name: c, defaultMode: 0644, optional: no}
status: {phase: Running}
`

// asKubernetes decodes the pod template under a path with the libraries that
// Helm, kubectl and the API server use.
func asKubernetes(t *testing.T, text, path string) *corev1.PodTemplateSpec {
	t.Helper()
	converted, err := k8syaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Split(path, ".") {
		if key == "spec" && !strings.Contains(path, ".") {
			break // a Pod
		}
		var o map[string]json.RawMessage
		if err := json.Unmarshal(converted, &o); err != nil {
			t.Fatal(err)
		}
		converted = o[key]
		path = strings.TrimPrefix(path, key+".")
	}
	var pod corev1.PodTemplateSpec
	if err := json.Unmarshal(converted, &pod); err != nil {
		t.Fatal(err)
	}
	return &pod
}

// TestStringMaps keeps the table in step with the API.
func TestStringMaps(t *testing.T) {
	found := map[string]bool{}
	seen := map[reflect.Type]bool{}
	var walk func(of reflect.Type)
	walk = func(of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || seen[of] {
			return
		}
		seen[of] = true
		for field := range of.Fields() {
			if field.Type.Kind() == reflect.Map {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				found[name] = true
			}
			walk(field.Type)
		}
	}
	walk(reflect.TypeFor[corev1.PodTemplateSpec]())
	delete(found, "") // within a quantity
	if diff := cmp.Diff(stringMaps, slices.Sorted(maps.Keys(found))); diff != "" {
		t.Errorf("(-table +API)\n%s", diff)
	}
}

func TestDecode(t *testing.T) {
	texts := map[string]string{
		"calm":   strings.NewReplacer("    none:\n", "", ", c: ~", "", "LONG", strings.Repeat("x", 70000)).Replace(odd),
		"odd":    strings.Replace(odd, "LONG", strings.Repeat("x", 70000), 1),
		"sample": "../../testdata/sample.yaml",
	}
	renders, _ := filepath.Glob(filepath.Join(os.Getenv("DATADOG_HARDEN_CORPUS"), "*.yaml"))
	for _, file := range renders {
		texts[filepath.Base(file)] = file
	}
	pipeline, err := transform.New(transform.Settings{Profile: "compatible", HostDirs: transform.HostDirsInit, AllWorkloads: true})
	if err != nil {
		t.Fatal(err)
	}
	pods := 0
	for name, text := range texts {
		if content, err := os.ReadFile(text); err == nil {
			text = string(content)
		}
		for _, doc := range stream.Split([]byte(text)) {
			if kind, _ := doc.Kind(); !pipeline.Wants(kind) {
				continue
			}
			body := string(doc.Text[doc.Body:doc.End])
			tree, err := edit.Parse(body, 0)
			if err != nil {
				t.Fatal(err)
			}
			found, err := pipeline.Pods(tree.Content[0])
			if err != nil {
				t.Fatal(err)
			}
			for _, pod := range found {
				pods++
				got, err := decode(pod.Template)
				if err != nil {
					t.Fatalf("%s, document %d: %v", name, doc.Index, err)
				}
				if want := asKubernetes(t, body, pod.Path); !reflect.DeepEqual(got, want) {
					t.Errorf("%s, document %d (-Kubernetes +here)\n%s", name, doc.Index, cmp.Diff(want, got))
				}
			}
		}
	}
	if pods < 4 {
		t.Errorf("only %d pods", pods)
	}
}

// TestDecodeErrors names the field that the API server would not take.
func TestDecodeErrors(t *testing.T) {
	for text, want := range map[string]string{
		"containers: [{name: c, ports: [{containerPort: http}]}]":            "containerPort",
		"containers: [{name: c, resources: {limits: {cpu: lots}}}]":          "quantities must match",
		"containers: [{name: c, livenessProbe: {initialDelaySeconds: 1.5}}]": "initialDelaySeconds",
		"tolerations: {a: b}":                 "tolerations",
		"nodeSelector: {? [a] : b}":           "key",
		"priority: !!int high":                "!!int",
		"terminationGracePeriodSeconds: 1e30": "terminationGracePeriodSeconds",
	} {
		tree, err := edit.Parse("metadata: {name: x}\nspec: {"+text+"}\n", 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(tree.Content[0]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, should name %s", text, err, want)
		}
	}
}
