package evidence

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/stream"
	"github.com/datadog-harden/datadog-harden/transform"
)

// object is an object of a document, as the transforms see it, and as the API
// server does.
type object struct {
	pod *transform.Pod // lines count from the beginning of the stream
	api *corev1.PodTemplateSpec
}

// reader reads documents one at a time.
type reader struct {
	pipeline *transform.Pipeline
	yaml     *edit.Reader
	buf      []byte
}

// read gives each the objects of a document, those of a List included, and nil
// for an object that the evidence is not about. They are good until the next
// document is read.
func (r *reader) read(doc stream.Document, each func(*object)) error {
	if kind, proven := doc.Kind(); doc.Empty() || proven && !r.pipeline.Wants(kind) {
		return nil
	}
	body := string(doc.Text[doc.Body:doc.End])
	parsed, err := r.yaml.Parse(body, doc.BodyLine()-1)
	if err != nil || parsed == nil || len(parsed.Content) == 0 || parsed.Content[0].Kind != yaml.MappingNode {
		return err
	}
	pods, err := r.pipeline.Pods(parsed.Content[0])
	if err != nil {
		return err
	}
	for _, pod := range pods {
		if pod == nil {
			each(nil)
			continue
		}
		o := &object{pod: pod}
		if o.api, r.buf, err = decode(pod.Template, slices.Grow(r.buf[:0], len(body))); err != nil {
			return fmt.Errorf("%s: not a pod to the API server: %w", pod.ID(), err)
		}
		each(o)
	}
	return nil
}
