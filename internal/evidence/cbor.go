package evidence

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync"

	"github.com/fxamacker/cbor/v2"
	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/transform"
)

// The API server takes an object as JSON or as CBOR (RFC 8949), which say the
// same. CBOR is decoded in a third of the time: the JSON decoder prepares itself
// for every type that a pod could hold before it reads the first.

// buffers are for CBOR.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// decode decodes a pod template as the API server does.
func decode(template *yaml.Node) (*corev1.PodTemplateSpec, error) {
	memory := buffers.Get().(*[]byte)
	defer buffers.Put(memory)
	buf, err := appendCBOR((*memory)[:0], onlyPod(template))
	*memory = buf
	if err != nil {
		return nil, err
	}
	mode, err := cbor.DecOptions{
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		DefaultMapType:    reflect.TypeFor[map[string]any](),
	}.DecMode()
	if err != nil {
		return nil, err
	}
	var pod corev1.PodTemplateSpec
	if nullInStringMap(template) || mode.Unmarshal(buf, &pod) != nil {
		pod, err = fromJSON(mode, buf)
	}
	return &pod, err
}

// stringMaps are the fields of a pod template that are maps with keys of the
// user's. A null in one is an empty value in JSON, where the CBOR library leaves
// the value of the entry before.
var stringMaps = []string{
	"annotations", "labels", "limits", "matchLabels", "nodeSelector", "options", "overhead", "requests",
	"userAnnotations", "volumeAttributes",
}

func nullInStringMap(n *yaml.Node) bool {
	for i, child := range n.Content {
		isMap := n.Kind == yaml.MappingNode && i%2 == 1 && slices.Contains(stringMaps, n.Content[i-1].Value)
		if isMap && hasNull(child) || nullInStringMap(child) {
			return true
		}
	}
	return false
}

func hasNull(m *yaml.Node) bool {
	return slices.ContainsFunc(m.Content, func(n *yaml.Node) bool {
		v, err := transform.Meaning(n)
		return err == nil && v == nil
	})
}

// fromJSON decodes as JSON, for what CBOR does otherwise, and because JSON's
// decoder knows better which field it is that cannot be decoded.
func fromJSON(mode cbor.DecMode, asCBOR []byte) (pod corev1.PodTemplateSpec, err error) {
	var value map[string]any
	if err := mode.Unmarshal(asCBOR, &value); err != nil {
		return pod, err
	}
	asJSON, err := json.Marshal(value)
	if err != nil {
		return pod, err
	}
	return pod, kjson.UnmarshalCaseSensitivePreserveInts(asJSON, &pod)
}

// onlyPod is a map of a template's metadata and spec. A Pod has more.
func onlyPod(template *yaml.Node) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(template.Content); i += 2 {
		if key := template.Content[i].Value; key == "metadata" || key == "spec" {
			m.Content = append(m.Content, template.Content[i:i+2]...)
		}
	}
	return m
}

// The major types of CBOR.
const (
	unsigned = iota << 5
	negative
	_
	text
	array
	pairs
	_
	simple
)

// appendCBOR appends a node that has no aliases to b.
func appendCBOR(b []byte, n *yaml.Node) ([]byte, error) {
	switch n.Kind {
	case yaml.MappingNode:
		b = appendHead(b, pairs, uint64(len(n.Content)/2))
	case yaml.SequenceNode:
		b = appendHead(b, array, uint64(len(n.Content)))
	default:
		v, err := transform.Meaning(n)
		if err != nil {
			return b, fmt.Errorf("line %d: %w", n.Line, err)
		}
		return appendScalar(b, v), nil
	}
	for i, child := range n.Content {
		var err error
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			b, err = appendKey(b, child)
		} else {
			b, err = appendCBOR(b, child)
		}
		if err != nil {
			return b, err
		}
	}
	return b, nil
}

// appendKey appends a key as the string that it is in JSON.
func appendKey(b []byte, n *yaml.Node) ([]byte, error) {
	v, err := transform.Meaning(n)
	if err != nil || v == nil {
		return b, fmt.Errorf("line %d: a key that JSON cannot have", n.Line)
	}
	if _, isString := v.(string); !isString {
		v = fmt.Sprint(v)
	}
	return appendScalar(b, v), nil
}

func appendScalar(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(appendHead(b, text, uint64(len(v))), v...)
	case int64:
		if v < 0 {
			return appendHead(b, negative, uint64(-1-v))
		}
		return appendHead(b, unsigned, uint64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(b, simple|27), math.Float64bits(v))
	case bool:
		if v {
			return append(b, simple|21)
		}
		return append(b, simple|20)
	default:
		return append(b, simple|22) // null
	}
}

// appendHead appends a major type and its number in the shortest form.
func appendHead(b []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, major|27), n)
	}
}
