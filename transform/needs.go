package transform

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Need is a declared need: why a workload of Datadog's has something that the
// Pod Security Standards forbid. It is a row of the tables.
type Need struct {
	Row     string `json:"row"` // what of the tables: a volume, a container
	For     string `json:"for"`
	Without string `json:"without"`         // what is lost without it
	Value   string `json:"value,omitempty"` // the chart value that takes it away
	Source  string `json:"source"`
}

// Need explains a field of the pod by the tables, or returns nil if they know
// no reason for it. The field is a path within the pod's spec; container names
// the container that it belongs to, if any.
func (p *Pod) Need(container, field, value string) *Need {
	if name, ok := Item(field, "volumes"); ok {
		return p.needOfVolume(name)
	}
	if strings.HasPrefix(field, "metadata.annotations[container.apparmor.") {
		field = "appArmorProfile"
	}
	if container == "" {
		if rest, ok := strings.CutPrefix(field, "securityContext."); ok {
			return p.needOfPodField(rest, value)
		}
		return p.needOf(nil, field, value)
	}
	c := p.container(container)
	if c == nil || !p.known(c) {
		return nil
	}
	field = strings.TrimPrefix(field, c.Path+".")
	return p.needOf(c, strings.TrimPrefix(field, "securityContext."), value)
}

// needOf finds the row of privilegeFacts for a field of a container, or of the
// pod if c is nil.
func (p *Pod) needOf(c *Container, field, value string) *Need {
	if p.Windows && c != nil && windowsNeed.covers(field, value) {
		return windowsNeed.need("Windows")
	}
	for i := range privilegeFacts {
		f := &privilegeFacts[i]
		switch {
		case !f.covers(field, value), f.when != nil && !f.when(p, c):
		case c == nil && f.containers == nil:
			return f.need(field)
		case c != nil && slices.Contains(f.containers, c.Name):
			return f.need(c.Name)
		}
	}
	return nil
}

func (f *privilegeFact) covers(field, value string) bool {
	if f.unset && value != "(unset)" {
		return false
	}
	return slices.ContainsFunc(f.fields, func(pattern string) bool { return matches(pattern, field) })
}

// matches compares a field with a pattern in which * stands for any text.
func matches(pattern, field string) bool {
	head, tail, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == field
	}
	return len(field) >= len(head)+len(tail) && strings.HasPrefix(field, head) && strings.HasSuffix(field, tail)
}

func (f *privilegeFact) need(row string) *Need {
	return &Need{Row: row, For: f.what, Without: f.without, Value: f.value, Source: f.source}
}

// needOfPodField explains a field of the pod's security context by the
// containers that inherit it: each of them must have the need.
func (p *Pod) needOfPodField(field, value string) *Need {
	var need *Need
	for _, c := range p.Containers {
		if !isNull(get(c.Node, "securityContext", field)) {
			continue
		}
		if need = p.Need(c.Name, field, value); need == nil {
			return nil
		}
	}
	return need
}

// needOfVolume explains a volume by its row, if it shows what the row says and
// only containers known here mount it.
func (p *Pod) needOfVolume(name string) *Need {
	i := slices.IndexFunc(p.Volumes, func(v *Volume) bool { return v.Name == name })
	if i < 0 || p.Volumes[i].HostPath == "" {
		return nil
	}
	fact := factOfMount(&Mount{Name: name})
	if !fact.shows(p.Volumes[i].HostPath) {
		return nil
	}
	for _, c := range p.Containers {
		if c.mounts(name) && !p.known(c) {
			return nil
		}
	}
	return &Need{Row: "volume " + name, For: fact.what, Without: fact.without, Value: fact.value, Source: fact.source}
}

// known says whether the tables may speak for a container: it is Datadog's, or
// came with a workload of Datadog's under a name that privilegeFacts has.
func (p *Pod) known(c *Container) bool {
	if c.fact != nil || p.prepares(c) {
		return true
	}
	return p.Ours() && slices.Contains(companions, c.Name)
}

// companions are the containers that come with Datadog's charts beside those
// of containerFacts. No transform touches them. Source: [chart], [csi].
var companions = []string{"csi-node-driver", "csi-node-driver-registrar", "fips-proxy"}

// csiDriver says whether the pod is Datadog's CSI driver, which no label
// marks. Source: [csi].
func (p *Pod) csiDriver() bool {
	c := p.container("csi-node-driver")
	return c != nil && parseImage(c.Image).base() == "csi-driver"
}

// Mounters names the containers that mount a volume.
func (p *Pod) Mounters(volume string) []string {
	var names []string
	for _, c := range p.Containers {
		if c.mounts(volume) && !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// Item returns the name in `list[name]`.
func Item(field, list string) (string, bool) {
	rest, ok := strings.CutPrefix(field, list+"[")
	return strings.TrimSuffix(rest, "]"), ok && strings.HasSuffix(rest, "]")
}

// on says whether a variable turns a feature on. A value that comes from
// elsewhere counts as on: it may be.
func on(v *EnvVar) bool {
	if v == nil {
		return false
	}
	value, err := strconv.ParseBool(v.Value)
	return v.From || err == nil && value
}

// Pods returns the pods of an object or of a List, in order, that the evidence
// is about: Datadog's, and every other if the settings take them in. The
// others are nil, so that two versions of an object can be compared by index.
// The object is one that a pipeline has filtered, or has been read back since:
// it is not looked through for repeated keys again.
//
// Errors: an object that cannot be read as the API server would read it.
func (p *Pipeline) Pods(node *yaml.Node) ([]*Pod, error) {
	if err := Expand(node); err != nil {
		return nil, err
	}
	var pods []*Pod
	for _, o := range objects(node) {
		pod, err := podOf(o, true)
		if err != nil {
			return nil, err
		}
		if pod != nil && (pod.Spec == nil || !p.scope.All && !pod.Ours()) {
			pod = nil
		}
		pods = append(pods, pod)
	}
	return pods, nil
}

// mendedBy says which transform mends a field of a container.
var mendedBy = map[string]string{
	"runAsUser":                "nonroot",
	"runAsNonRoot":             "nonroot",
	"allowPrivilegeEscalation": "privileges",
	"capabilities.drop":        "privileges",
	"seccompProfile":           "privileges",
}

// Settings returns what the pipeline was made with.
func (p *Pipeline) Settings() Settings { return p.settings }

// Ours says whether the evidence takes the workload for one of Datadog's:
// those that transforms work on, and Datadog's CSI driver.
func (p *Pod) Ours() bool { return p.Datadog() || p.csiDriver() }

// Settled says which setting leaves a field of a container that a transform
// would have mended, or "".
func (p *Pipeline) Settled(pod *Pod, container, field string) string {
	if container == "" {
		return p.settledOnPod(pod, strings.TrimPrefix(field, "securityContext."))
	}
	c := pod.container(container)
	if c == nil || pod.Windows {
		return ""
	}
	field = strings.TrimPrefix(strings.TrimPrefix(field, c.Path+"."), "securityContext.")
	id := mendedBy[field]
	as, _ := pod.runsAs(c)
	if id == "" || as == rootUser || as == stranger || as == setupUser && id == "nonroot" {
		return ""
	}
	return p.absent(id, pod, c)
}

// settledOnPod is Settled for a field that containers inherit: each of them
// must be settled or have a need.
func (p *Pipeline) settledOnPod(pod *Pod, field string) string {
	reason := ""
	for _, c := range pod.Containers {
		if !isNull(get(c.Node, "securityContext", field)) {
			continue
		}
		why := p.Settled(pod, c.Name, field)
		if why == "" && pod.Need(c.Name, field, "") == nil {
			return ""
		}
		reason = cmp.Or(reason, why)
	}
	return reason
}

// absent says why a transform did not work on a container, or "" if it did.
func (p *Pipeline) absent(id string, pod *Pod, c *Container) string {
	if slices.Contains(p.settings.Skip, id) {
		return "--skip=" + id
	}
	for _, e := range p.settings.Exceptions {
		if e.Transform == id && glob(e.Workload, pod.ID()) && (e.Container == "" || glob(e.Container, c.Name)) {
			return "an exception: " + e.Reason
		}
	}
	i := slices.IndexFunc(transforms, func(t transformRow) bool { return t.id == id })
	switch reach := transforms[i].profiles[p.settings.Profile]; {
	case reach == nowhere, reach == notOnNodes && pod.nodeAgent():
		return "--profile=" + p.settings.Profile
	}
	return ""
}
