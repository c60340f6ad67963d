package transform

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// policyKind is a row of policyKinds.
type policyKind struct {
	kind, group string
	spec        []string // where the fields of policyFacts are
}

// policyKinds are the kinds of admission policy that a chart can bring for
// its own pods.
var policyKinds = []policyKind{
	{"PodSecurityPolicy", "policy", []string{"spec"}},
	{"PodSecurityPolicy", "extensions", []string{"spec"}},
	{"SecurityContextConstraints", "security.openshift.io", nil},
	{"SecurityContextConstraints", "", nil},
}

// policyFact is something that a pod uses and a policy allows.
type policyFact struct {
	uses     func(*Pod) bool
	psp, scc []string          // the field in either kind of policy
	value    func() *yaml.Node // which allows it no longer
}

func no() *yaml.Node  { return boolean(false) }
func yes() *yaml.Node { return boolean(true) }

// policyFacts are the fields of policies that a transform can make needless.
// Source: the PodSecurityPolicy API (policy/v1beta1) and OpenShift's
// SecurityContextConstraints API (security.openshift.io/v1).
var policyFacts = [4]policyFact{
	{
		uses: func(p *Pod) bool { return p.HostPID },
		psp:  []string{"hostPID"}, scc: []string{"allowHostPID"}, value: no,
	},
	{
		uses: anyContainer(func(p *Pod, c *Container) bool { return !isTrue(c.Security.ReadOnlyRootFilesystem) }),
		psp:  []string{"readOnlyRootFilesystem"}, scc: []string{"readOnlyRootFilesystem"}, value: yes,
	},
	{
		uses: anyContainer(func(p *Pod, c *Container) bool {
			return c.Security.AllowPrivilegeEscalation == nil || *c.Security.AllowPrivilegeEscalation
		}),
		psp: []string{"allowPrivilegeEscalation"}, scc: []string{"allowPrivilegeEscalation"}, value: no,
	},
	{
		uses: anyContainer(func(p *Pod, c *Container) bool {
			return !isTrue(effective(c.Security.RunAsNonRoot, p.Security.RunAsNonRoot))
		}),
		psp: []string{"runAsUser", "rule"}, scc: []string{"runAsUser", "type"},
		value: func() *yaml.Node { return str("MustRunAsNonRoot") },
	},
}

func anyContainer(uses func(*Pod, *Container) bool) func(*Pod) bool {
	return func(p *Pod) bool {
		return slices.ContainsFunc(p.Containers, func(c *Container) bool { return uses(p, c) })
	}
}

// usage is what the pods of a stream use, by the row of policyFacts, and the
// capabilities that their containers add.
type usage struct {
	rows [4]bool
	caps []string
}

func usageOf(nodes []*yaml.RNode) usage {
	var u usage
	for _, node := range nodes {
		for _, o := range objects(node.YNode()) {
			p, err := podOf(o, true)
			if err != nil || p == nil || p.Windows || !p.Datadog() {
				continue
			}
			for i, fact := range policyFacts {
				u.rows[i] = u.rows[i] || fact.uses(p)
			}
			for _, c := range p.Containers {
				u.join(usage{caps: c.Security.Add})
			}
		}
	}
	return u
}

func (u *usage) join(v usage) {
	for i := range u.rows {
		u.rows[i] = u.rows[i] || v.rows[i]
	}
	for _, added := range v.caps {
		if !slices.Contains(u.caps, added) {
			u.caps = append(u.caps, added)
		}
	}
}

// isPolicy returns where the object's policy is, or nil if it is no policy of
// Datadog's.
func isPolicy(o *Object) *yaml.Node {
	for _, k := range policyKinds {
		if k.kind == o.Kind && k.group == o.group() && datadogLabels(labelsOf(o.Node)) {
			return get(o.Node, k.spec...)
		}
	}
	return nil
}

// policies tightens the PodSecurityPolicy and the SecurityContextConstraints
// of Datadog's charts to what the stream's pods use now that they are
// hardened. A field is written only if a pod used what it allows before and
// none does now: what nobody used before is not this program's doing. A
// capability that the pods did not add before is allowed, since the policy
// would refuse the pod otherwise.
//
// Written: the fields of policyFacts, allowedCapabilities.
type policies struct {
	Scope
	before, after usage
}

func (t policies) Filter(nodes []*yaml.RNode) ([]*yaml.RNode, error) {
	for _, node := range nodes {
		for _, o := range objects(node.YNode()) {
			if spec := isPolicy(o); spec != nil && spec.Kind == yaml.MappingNode {
				s := &session{Pod: &Pod{Object: o}, transform: "policies", scope: t.Scope}
				if spec != o.Node {
					s.Path = "spec"
				}
				t.tighten(s, spec)
			}
		}
	}
	return nodes, nil
}

func labelsOf(o *yaml.Node) map[string]string {
	all := map[string]string{}
	if labels := get(o, "metadata", "labels"); labels != nil {
		for i := 0; i+1 < len(labels.Content); i += 2 {
			all[labels.Content[i].Value] = text(labels.Content[i+1])
		}
	}
	return all
}

func (t policies) tighten(s *session, spec *yaml.Node) {
	for i, fact := range policyFacts {
		if !t.before.rows[i] || t.after.rows[i] {
			continue
		}
		field, value := fact.psp, fact.value()
		if s.Kind == "SecurityContextConstraints" {
			field = fact.scc
		}
		holder := spec
		for _, key := range field[:len(field)-1] {
			holder = ensure(holder, key, yaml.MappingNode)
		}
		key := field[len(field)-1]
		if old := get(holder, key); old == nil || !sameValue(old, value) {
			before := show(old)
			put(holder, key, value)
			s.record(nil, strings.Join(field, "."), before, show(value), "no pod of the release uses it any more", "")
		}
	}
	for _, added := range t.after.caps {
		if slices.Contains(t.before.caps, added) {
			continue
		}
		allowed := ensure(spec, "allowedCapabilities", yaml.SequenceNode)
		if slices.ContainsFunc(allowed.Content, func(n *yaml.Node) bool { v := text(n); return v == added || v == "*" }) {
			continue
		}
		before := show(allowed)
		allowed.Content = append(allowed.Content, str(added))
		s.record(nil, "allowedCapabilities", before, show(allowed), "the init container that owns host folders over to dd-agent adds it", "")
	}
}
