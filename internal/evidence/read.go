package evidence

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/kyaml/yaml"
	apiyaml "sigs.k8s.io/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/stream"
	"github.com/datadog-harden/datadog-harden/transform"
)

// object is an object of a document, as it is written, as the transforms see
// it, and as the API server does.
type object struct {
	node *yaml.Node     // lines count from the beginning of the stream
	pod  *transform.Pod // nil if the evidence is not about it
	api  *corev1.PodTemplateSpec
}

// read returns the objects of a document, those of a List included.
func read(doc stream.Document, pipeline *transform.Pipeline) ([]object, error) {
	if kind, proven := doc.Kind(); doc.Empty() || proven && !pipeline.Wants(kind) {
		return nil, nil
	}
	body := doc.Text[doc.Body:doc.End]
	parsed, err := edit.Parse(string(body), doc.BodyLine()-1)
	if err != nil || parsed == nil || len(parsed.Content) == 0 || parsed.Content[0].Kind != yaml.MappingNode {
		return nil, err
	}
	pods, err := pipeline.Pods(parsed.Content[0])
	if err != nil {
		return nil, err
	}
	objects := make([]object, len(pods))
	if !slices.ContainsFunc(pods, func(p *transform.Pod) bool { return p != nil }) {
		return objects, nil
	}
	trees, err := apiObjects(body)
	if err != nil {
		return nil, err
	}
	if len(trees) != len(pods) {
		return nil, fmt.Errorf("%d objects, but %d to the API server", len(pods), len(trees))
	}
	for i, pod := range pods {
		if pod == nil {
			continue
		}
		objects[i] = object{node: pod.Node, pod: pod}
		if objects[i].api, err = template(trees[i], pod.Path); err != nil {
			return nil, fmt.Errorf("%s: %w", pod.ID(), err)
		}
	}
	return objects, nil
}

// apiObjects reads a document as kubectl, Helm and the API server do.
func apiObjects(body []byte) ([]map[string]any, error) {
	if !json.Valid(body) {
		converted, err := apiyaml.YAMLToJSON(body)
		if err != nil {
			return nil, err
		}
		body = converted
	}
	var root map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(body, &root); err != nil {
		return nil, err
	}
	return flatten(root), nil
}

// flatten returns the object, or those of the List that it is, in the order in
// which transform.Pipeline.Pods does.
func flatten(o map[string]any) []map[string]any {
	kind, _ := o["kind"].(string)
	items, isList := o["items"].([]any)
	if !strings.HasSuffix(kind, "List") || !isList {
		if kind == "" {
			return nil
		}
		return []map[string]any{o}
	}
	var all []map[string]any
	for _, item := range items {
		if o, ok := item.(map[string]any); ok {
			all = append(all, flatten(o)...)
		}
	}
	return all
}

// template decodes the pod template whose spec is at a path.
func template(o map[string]any, specPath string) (*corev1.PodTemplateSpec, error) {
	path := strings.Split(specPath, ".")
	for _, key := range path[:len(path)-1] {
		o, _ = o[key].(map[string]any)
	}
	text, err := json.Marshal(map[string]any{"metadata": o["metadata"], "spec": o["spec"]})
	if err != nil {
		return nil, err
	}
	var pod corev1.PodTemplateSpec
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &pod); err != nil {
		return nil, fmt.Errorf("not a pod to the API server: %w", err)
	}
	return &pod, nil
}
