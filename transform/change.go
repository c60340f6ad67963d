package transform

import (
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Change is one field that a transform changed. It is a line of the evidence.
type Change struct {
	Workload  string `json:"workload"` // kind/name
	Namespace string `json:"namespace,omitempty"`
	Container string `json:"container,omitempty"`
	Field     string `json:"field"` // path within the object
	Before    string `json:"before"`
	After     string `json:"after"`
	Transform string `json:"transform"`
	Why       string `json:"why"`
	Know      string `json:"know,omitempty"` // what is lost, or what the host must provide

	Line int `json:"line,omitempty"` // of the object, in the stream

	object *yaml.Node // see Pipeline.Changed
}

// Note is what a reader should know of a workload although nothing, or nothing
// more, was changed: what was left, what the host must provide.
type Note struct {
	Workload  string `json:"workload"`
	Namespace string `json:"namespace,omitempty"`
	Container string `json:"container,omitempty"`
	Transform string `json:"transform"`
	Text      string `json:"text"`
}

// Log is what the transforms of one run did and found.
type Log struct {
	Changes []Change
	Notes   []Note

	noted map[Note]bool
	used  []Exception
}

// Sets says whether a run set a variable of a workload's container to a value,
// or, with no variable, whether it added the container.
func (l *Log) Sets(workload, container, variable, value string) bool {
	field := ".initContainers[" + container + "]"
	if variable != "" {
		field = ".env[" + variable + "]"
	}
	return slices.ContainsFunc(l.Changes, func(c Change) bool {
		if c.Workload != workload || !strings.HasSuffix(c.Field, field) {
			return false
		}
		return variable == "" && c.Container == "" || variable != "" && c.Container == container && c.After == value
	})
}

// absent is the Before of an added field and the After of a removed one.
const absent = "(none)"

// hidden stands for a value that may be a secret.
const hidden = "(not shown)"

// session is one transform at work on one pod. Everything it writes goes
// through here, so nothing is changed without a record.
type session struct {
	*Pod
	transform string
	scope     Scope
}

func (s *session) log() *Log { return s.scope.Log }

func (s *session) record(c *Container, field, before, after, why, know string) {
	change := Change{
		Workload: s.ID(), Namespace: s.Namespace, Field: join(s.Path, field),
		Before: before, After: after, Transform: s.transform, Why: why, Know: know, Line: s.Node.Line, object: s.Node,
	}
	if c != nil {
		change.Container = c.Name
		change.Field = s.Path + "." + c.Path
		if field != "" {
			change.Field += "." + field
		}
	}
	s.log().Changes = append(s.log().Changes, change)
}

func (s *session) note(c *Container, text string) {
	n := Note{Workload: s.ID(), Namespace: s.Namespace, Transform: s.transform, Text: text}
	if c != nil {
		n.Container = c.Name
	}
	s.log().note(n)
}

// note adds a note that is not there yet.
func (l *Log) note(n Note) {
	if l.noted[n] {
		return
	}
	if l.noted == nil {
		l.noted = map[Note]bool{}
	}
	l.noted[n] = true
	l.Notes = append(l.Notes, n)
}

// holder is the node that has the fields of a container, or of the pod's spec
// if c is nil.
func (s *session) holder(c *Container) *yaml.Node {
	if c == nil {
		return s.Spec
	}
	return c.Node
}

// secure sets a field of a container's security context, or of the pod's.
func (s *session) secure(c *Container, field string, value *yaml.Node, why, know string) {
	context := ensure(s.holder(c), "securityContext", yaml.MappingNode)
	keys := strings.Split(field, ".")
	for _, key := range keys[:len(keys)-1] {
		context = ensure(context, key, yaml.MappingNode)
	}
	key := keys[len(keys)-1]
	before := show(get(context, key))
	put(context, key, value)
	s.record(c, "securityContext."+field, before, show(value), why, know)
}

// show prints a value on one line. It is called for fields that cannot hold
// secrets only.
func show(n *yaml.Node) string {
	switch {
	case isNull(n):
		return absent
	case n.Kind == yaml.ScalarNode:
		return n.Value
	case n.Kind == yaml.SequenceNode:
		parts := make([]string, len(n.Content))
		for i, item := range n.Content {
			parts[i] = show(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		var parts []string
		for i := 0; i+1 < len(n.Content); i += 2 {
			parts = append(parts, n.Content[i].Value+": "+show(n.Content[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
}

func itoa(i int64) string { return strconv.FormatInt(i, 10) }
