package transform

import (
	"errors"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// podKinds says where the pod template of each kind stands. Kinds are matched
// with their API group, since `Deployment` in someone else's group is someone
// else's type.
//
// Source: the Kubernetes API reference (workloads), and the ExtendedDaemonSet
// API (datadoghq.com/v1alpha1).
var podKinds = []struct {
	kind, group string
	pod         []string // path of the object that holds metadata and spec of the pod
}{
	{"Pod", "", nil},
	{"PodTemplate", "", []string{"template"}},
	{"ReplicationController", "", []string{"spec", "template"}},
	{"Deployment", "apps", []string{"spec", "template"}},
	{"DaemonSet", "apps", []string{"spec", "template"}},
	{"StatefulSet", "apps", []string{"spec", "template"}},
	{"ReplicaSet", "apps", []string{"spec", "template"}},
	{"Deployment", "extensions", []string{"spec", "template"}},
	{"DaemonSet", "extensions", []string{"spec", "template"}},
	{"ReplicaSet", "extensions", []string{"spec", "template"}},
	{"Job", "batch", []string{"spec", "template"}},
	{"CronJob", "batch", []string{"spec", "jobTemplate", "spec", "template"}},
	{"ExtendedDaemonSet", "datadoghq.com", []string{"spec", "template"}},
}

// Object is a Kubernetes object of the stream: a document, or an item of a List.
type Object struct {
	Node       *yaml.Node // the map itself
	APIVersion string
	Kind       string
	Name       string
	Namespace  string
}

// ID names the object as kubectl does.
func (o *Object) ID() string { return o.Kind + "/" + o.Name }

func (o *Object) group() string {
	if g, _, ok := strings.Cut(o.APIVersion, "/"); ok {
		return g
	}
	return ""
}

// objects returns the object that node is, or those of the List that it is,
// Lists within Lists included. A node that says no kind is no object.
func objects(node *yaml.Node) []*Object {
	if node != nil && node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	o := &Object{
		Node:       node,
		APIVersion: text(get(node, "apiVersion")),
		Kind:       text(get(node, "kind")),
		Name:       text(get(node, "metadata", "name")),
		Namespace:  text(get(node, "metadata", "namespace")),
	}
	if o.Name == "" {
		o.Name = text(get(node, "metadata", "generateName"))
	}
	items := get(node, "items")
	if !strings.HasSuffix(o.Kind, "List") || items == nil || items.Kind != yaml.SequenceNode {
		if o.Kind == "" {
			return nil
		}
		return []*Object{o}
	}
	var found []*Object
	for _, item := range items.Content {
		found = append(found, objects(item)...)
	}
	return found
}

// mayMatter says whether an object of this kind can be changed by a transform
// or hold an object that can. Lists of any kind can.
func mayMatter(kind string) bool {
	if strings.HasSuffix(kind, "List") {
		return true
	}
	for _, k := range podKinds {
		if k.kind == kind {
			return true
		}
	}
	for _, p := range policyKinds {
		if p.kind == kind {
			return true
		}
	}
	return false
}

// text is a string's value, or "" for anything else.
func text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	if certainString(n) {
		return n.Value
	}
	v, _ := Meaning(n)
	s, _ := v.(string)
	return s
}

// podOf returns the pod that a workload's controller makes, or nil if the
// object is no workload. A checked object has no repeated keys.
func podOf(o *Object, checked bool) (*Pod, error) {
	for _, k := range podKinds {
		if k.kind != o.Kind || k.group != o.group() {
			continue
		}
		r := &reader{workload: o.ID()}
		if !checked {
			r.checkKeys(o.Node, nil)
			if len(r.errs) > 0 {
				return nil, errors.Join(r.errs...)
			}
		}
		at := o.Node
		var path *where
		for _, key := range k.pod {
			at = r.child(at, path, key, yaml.MappingNode)
			path = path.field(key)
		}
		p := r.pod(o, at, path)
		return p, errors.Join(r.errs...)
	}
	return nil, nil
}

// where is the path of a field within an object. It is put into words only
// when there is something to say of the field.
type where struct {
	in    *where
	key   string
	index int // of an item, if key is ""
}

func (w *where) field(key string) *where { return &where{in: w, key: key} }

func (w *where) item(i int) *where { return &where{in: w, index: i} }

func (w *where) String() string {
	switch {
	case w == nil:
		return ""
	case w.key == "":
		return w.in.String() + "[" + strconv.Itoa(w.index) + "]"
	default:
		return join(w.in.String(), w.key)
	}
}

// reader reads typed fields and collects what is wrong with them.
type reader struct {
	workload string
	errs     []error
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (r *reader) fail(n *yaml.Node, field *where, format string, args ...any) {
	r.errs = append(r.errs, fieldError(r.workload, field.String(), n, format, args...))
}

// checkKeys refuses repeated keys anywhere in a workload: the API server would
// take the last one, a person reads the first.
func (r *reader) checkKeys(n *yaml.Node, path *where) {
	switch n.Kind {
	case yaml.MappingNode:
		r.checkMap(n, path)
		for i := 0; i+1 < len(n.Content); i += 2 {
			if len(n.Content[i+1].Content) > 0 {
				r.checkKeys(n.Content[i+1], path.field(n.Content[i].Value))
			}
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			if len(item.Content) > 0 {
				r.checkKeys(item, path.item(i))
			}
		}
	}
}

func (r *reader) checkMap(n *yaml.Node, path *where) {
	const few = 64 // keys, up to which each is compared with each
	var seen map[any]*yaml.Node
	if len(n.Content) > 2*few {
		seen = make(map[any]*yaml.Node, len(n.Content))
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if first := repeated(n.Content[:i], seen, key); first != nil {
			r.fail(key, path.field(key.Value), "the key is repeated: first on line %d, again on line %d", first.Line, key.Line)
		}
	}
}

// repeated returns the key among the entries that is the same as key, if there
// is one. With seen, which holds the entries' keys by their text and by what they
// mean, it looks there instead, and adds the key.
func repeated(entries []*yaml.Node, seen map[any]*yaml.Node, key *yaml.Node) *yaml.Node {
	if seen == nil {
		for j := 0; j < len(entries); j += 2 {
			if sameKey(entries[j], key) {
				return entries[j]
			}
		}
		return nil
	}
	type meant struct{ value any } // apart from texts: `1` means 1
	names := []any{key.Value}
	if v, err := Meaning(key); err == nil {
		names = append(names, meant{v})
	}
	for _, name := range names {
		if first := seen[name]; first != nil {
			return first
		}
	}
	for _, name := range names {
		seen[name] = key
	}
	return nil
}

// checkObjects refuses repeated keys where they would hide what an object is:
// at the top of a document and of the items of a List. Workloads are checked
// through and through when they are read.
func checkObjects(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	r := &reader{}
	r.checkMap(n, nil)
	if items := get(n, "items"); items != nil {
		for _, item := range items.Content {
			r.errs = append(r.errs, checkObjects(item))
		}
	}
	return errors.Join(r.errs...)
}

// checkMaps refuses what would hide a key from a look at its text: a key with
// a tag, such as !!binary, that gives it another text, and a key that is no
// scalar, which JSON does not have.
func checkMaps(n *yaml.Node) error {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if child.Kind != yaml.ScalarNode && child.Kind != yaml.AliasNode {
				return placeError(child, "expected a string for a key, found %s", kindName(child))
			}
			if child.Style&yaml.TaggedStyle != 0 && child.ShortTag() != yaml.NodeTagString {
				return placeError(child, "a key with the tag %s: write it as a plain string", child.Tag)
			}
		}
		if err := checkMaps(child); err != nil {
			return err
		}
	}
	return nil
}

// sameKey compares keys as JSON will: by their text, once YAML has said what
// they mean (`yes` and `true` are one key).
func sameKey(a, b *yaml.Node) bool {
	if a.Value == b.Value {
		return true
	}
	if plainString(a.Value) && plainString(b.Value) {
		return false
	}
	va, errA := Meaning(a)
	vb, errB := Meaning(b)
	return errA == nil && errB == nil && va == vb
}

// child returns the value of a key that must be of one kind. Absent and null
// are nil.
func (r *reader) child(m *yaml.Node, path *where, key string, kind yaml.Kind) *yaml.Node {
	n := get(m, key)
	if isNull(n) {
		return nil
	}
	if n.Kind != kind {
		want := map[yaml.Kind]string{yaml.MappingNode: "a map", yaml.SequenceNode: "a list"}[kind]
		r.fail(n, path.field(key), "expected %s, found %s", want, kindName(n))
		return nil
	}
	return n
}

// typed reads a field that must be of the type that want names. Absent and null
// are the zero value.
func typed[T any](r *reader, m *yaml.Node, path *where, key, want string) (value T, ok bool) {
	n := get(m, key)
	if isNull(n) {
		return value, false
	}
	found := kindName(n)
	if n.Kind == yaml.ScalarNode {
		v, err := Meaning(n)
		if err != nil {
			r.fail(n, path.field(key), "%v", err)
			return value, false
		}
		if value, ok = v.(T); ok {
			return value, true
		}
		found = typeName(v)
	}
	r.fail(n, path.field(key), "expected %s, found %s", want, found)
	return value, false
}

func (r *reader) str(m *yaml.Node, path *where, key string) string {
	if n := get(m, key); n != nil && certainString(n) {
		return n.Value
	}
	s, _ := typed[string](r, m, path, key, "a string")
	return s
}

func (r *reader) boolean(m *yaml.Node, path *where, key string) *bool {
	if b, ok := typed[bool](r, m, path, key, "true or false"); ok {
		return &b
	}
	return nil
}

func (r *reader) integer(m *yaml.Node, path *where, key string) *int64 {
	if i, ok := typed[int64](r, m, path, key, "an integer"); ok {
		return &i
	}
	return nil
}

func (r *reader) strings(m *yaml.Node, path *where, key string) []string {
	list := r.child(m, path, key, yaml.SequenceNode)
	if list == nil {
		return nil
	}
	var all []string
	for i, n := range list.Content {
		if v, err := Meaning(n); err != nil {
			r.fail(n, path.field(key).item(i), "%v", err)
		} else if s, ok := v.(string); !ok {
			r.fail(n, path.field(key).item(i), "expected a string, found %s", typeName(v))
		} else {
			all = append(all, s)
		}
	}
	return all
}

// items reads a list of maps.
func (r *reader) items(m *yaml.Node, path *where, key string, each func(n *yaml.Node, path *where)) {
	list := r.child(m, path, key, yaml.SequenceNode)
	if list == nil {
		return
	}
	path = path.field(key)
	for i, n := range list.Content {
		if n.Kind != yaml.MappingNode {
			r.fail(n, path.item(i), "expected a map, found %s", kindName(n))
			continue
		}
		each(n, path.item(i))
	}
}
