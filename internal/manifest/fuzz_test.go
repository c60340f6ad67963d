package manifest_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"

	"github.com/datadog-harden/datadog-harden/internal/harden"
	"github.com/datadog-harden/datadog-harden/internal/manifest"
	"github.com/datadog-harden/datadog-harden/transform"
)

func hardened(in []byte) ([]byte, *manifest.Result, error) {
	settings := transform.Default()
	settings.RemoveHostPID = true
	settings.AcceptDegraded = transform.Features()
	pipeline, err := transform.New(settings)
	if err != nil {
		return nil, nil, err
	}
	result, err := harden.Stream(bytes.NewReader(in), pipeline, harden.Observer{})
	if err != nil {
		return nil, nil, err
	}
	defer result.Close()
	var out bytes.Buffer
	_, err = result.WriteTo(&out)
	return out.Bytes(), result, err
}

// FuzzHarden holds the whole program to what it promises, whatever the input:
// no panic; an error, or a stream that Kubernetes reads as hardened, that is
// the same stream if it is hardened again, and that has the same documents,
// those without a workload of Datadog's byte for byte.
func FuzzHarden(f *testing.F) {
	seeds, err := filepath.Glob("testdata/seeds/*")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range seeds {
		seed, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, _, err := hardened(in)
		if err != nil {
			return
		}
		again, _, err := hardened(out)
		if err != nil {
			t.Fatalf("the second time: %v\n%s", err, out)
		}
		if !bytes.Equal(again, out) {
			t.Fatalf("hardening again changes the stream\n%s\n----\n%s", out, again)
		}
		if onSeparator.Match(in) {
			return // readers of YAML disagree on where such a document begins
		}
		before, after := split(in), split(out)
		if len(before) != len(after) {
			t.Fatalf("%d documents became %d\n%s", len(before), len(after), out)
		}
		for i := range after {
			if pod := datadogPod(before[i]); pod != nil {
				checkHardened(t, before[i], after[i])
			}
		}
	})
}

// onSeparator finds content on the line of a separator.
var onSeparator = regexp.MustCompile(`(?m)^---[ \t\r]+[^#\s]`)

// split splits a stream as kubectl and Helm do, which pass over empty documents.
func split(in []byte) [][]byte {
	var docs [][]byte
	r := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(in)))
	for {
		doc, err := r.Read()
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			return append(docs, nil)
		}
		if converted, err := yaml.YAMLToJSON(doc); err != nil || string(converted) != "null" {
			docs = append(docs, doc)
		}
	}
}

// datadogPod returns the pod of a workload that says by its labels that it is
// Datadog's, as the API server reads it: the typed object, from JSON, from
// YAML 1.1. nil if the API server would refuse the document.
func datadogPod(doc []byte) *corev1.PodTemplateSpec {
	converted, err := yaml.YAMLToJSON(doc)
	if err != nil {
		return nil
	}
	return podFromJSON(converted)
}

func podFromJSON(converted []byte) *corev1.PodTemplateSpec {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if kjson.UnmarshalCaseSensitivePreserveInts(converted, &head) != nil {
		return nil
	}
	var object runtime.Object
	var template *corev1.PodTemplateSpec
	switch head.APIVersion + " " + head.Kind {
	case "apps/v1 Deployment":
		o := &appsv1.Deployment{}
		object, template = o, &o.Spec.Template
	case "apps/v1 DaemonSet":
		o := &appsv1.DaemonSet{}
		object, template = o, &o.Spec.Template
	case "batch/v1 CronJob":
		o := &batchv1.CronJob{}
		object, template = o, &o.Spec.JobTemplate.Spec.Template
	case "v1 Pod":
		o := &corev1.Pod{}
		if kjson.UnmarshalCaseSensitivePreserveInts(converted, o) != nil {
			return nil
		}
		template = &corev1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec}
	case "v1 List":
		o := &corev1.List{}
		if kjson.UnmarshalCaseSensitivePreserveInts(converted, o) != nil {
			return nil
		}
		for _, item := range o.Items {
			if pod := podFromJSON(item.Raw); pod != nil {
				return pod
			}
		}
		return nil
	default:
		return nil
	}
	if object != nil && kjson.UnmarshalCaseSensitivePreserveInts(converted, object) != nil {
		return nil
	}
	if template.Labels["agent.datadoghq.com/component"] == "" || windows(template) {
		return nil
	}
	return template
}

func windows(pod *corev1.PodTemplateSpec) bool {
	return pod.Spec.OS != nil && pod.Spec.OS.Name != "linux" || pod.Spec.NodeSelector["kubernetes.io/os"] == "windows" || pod.Spec.NodeSelector["beta.kubernetes.io/os"] == "windows"
}

// checkHardened checks the one thing that tells whether a pod was seen at all:
// no Agent is left root, unless a capability or its privileges ask for it.
func checkHardened(t *testing.T, in, doc []byte) {
	pod := datadogPod(doc)
	if pod == nil {
		t.Fatalf("a pod of Datadog's can no longer be read\n%s\n----\n%s", in, doc)
	}
	if pod.Spec.HostPID {
		t.Fatalf("hostPID is left\n%s", doc)
	}
	for _, c := range pod.Spec.Containers {
		sc := c.SecurityContext
		if c.Name != "agent" && c.Name != "trace-agent" && c.Name != "cluster-agent" {
			continue
		}
		if sc == nil {
			t.Fatalf("%s has no security context\n%s", c.Name, doc)
		}
		if sc.Privileged != nil && *sc.Privileged || sc.Capabilities != nil && len(sc.Capabilities.Add) > 0 {
			continue
		}
		user, podSC := sc.RunAsUser, pod.Spec.SecurityContext
		if user == nil && podSC != nil {
			user = podSC.RunAsUser
		}
		if user == nil || *user == 0 || sc.AllowPrivilegeEscalation == nil || *sc.AllowPrivilegeEscalation {
			t.Fatalf("%s is root or may become so\n%s", c.Name, doc)
		}
	}
	for _, v := range pod.Spec.Volumes {
		if v.HostPath != nil && v.HostPath.Path == "/etc/passwd" && mounts(pod, v.Name) && !rootOnly(pod) {
			t.Fatalf("the host's users are mounted\n%s", doc)
		}
	}
}

func mounts(pod *corev1.PodTemplateSpec, volume string) bool {
	for _, c := range append(pod.Spec.Containers, pod.Spec.InitContainers...) {
		for _, m := range c.VolumeMounts {
			if m.Name == volume && strings.Trim(m.SubPath, "/") == "" {
				return true
			}
		}
	}
	return false
}

// rootOnly says whether no container that this test knows runs without root.
func rootOnly(pod *corev1.PodTemplateSpec) bool {
	for _, c := range pod.Spec.Containers {
		user := pod.Spec.SecurityContext
		if sc := c.SecurityContext; sc != nil && sc.RunAsUser != nil && *sc.RunAsUser != 0 ||
			(sc == nil || sc.RunAsUser == nil) && user != nil && user.RunAsUser != nil && *user.RunAsUser != 0 {
			return false
		}
	}
	return true
}
