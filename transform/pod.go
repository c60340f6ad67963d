package transform

import (
	"path"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Pod is a view of a pod template: what the transforms need to know of it,
// read once and typed as the API server types it. The nodes stay the document.
type Pod struct {
	*Object
	Path       string // of the pod's spec within the object
	Spec       *yaml.Node
	Labels     map[string]string // of the object and of the template; the template wins
	Security   SecurityContext
	Containers []*Container // init containers first, as they run
	Volumes    []*Volume
	HostPID    bool
	Windows    bool
	Template   *yaml.Node // holds metadata and spec of the pod
}

// Container is a container or an init container of a pod.
type Container struct {
	Node     *yaml.Node
	Path     string // initContainers[init-volume]
	Name     string
	Image    string
	Init     bool
	Security SecurityContext
	Mounts   []*Mount
	Env      []*EnvVar

	fact *containerFact // nil for a container that facts.go does not know
}

// SecurityContext holds the fields of a pod's or a container's security
// context that the transforms read. nil is unset.
type SecurityContext struct {
	Node                     *yaml.Node
	RunAsUser                *int64
	RunAsGroup               *int64
	RunAsNonRoot             *bool
	Privileged               *bool
	AllowPrivilegeEscalation *bool
	ReadOnlyRootFilesystem   *bool
	Add, Drop                []string
	Seccomp                  *string // type, or type/localhostProfile
}

// Volume is a volume of the pod.
type Volume struct {
	Node     *yaml.Node
	Name     string
	HostPath string // cleaned; "" if it is no hostPath
	EmptyDir bool
}

// Mount is a volumeMount of a container.
type Mount struct {
	Node        *yaml.Node
	Name        string
	MountPath   string // cleaned
	SubPath     string
	ReadOnly    *bool
	Propagation string
	Volume      *Volume // nil if the pod declares none of that name
}

// EnvVar is an environment variable of a container. Of several with one name
// the last counts.
type EnvVar struct {
	Node  *yaml.Node
	Name  string
	Value string
	From  bool // set by valueFrom, so its value is not known here
}

// hostFile is the path on the host that the mount shows, or "".
func (m *Mount) hostFile() string {
	if m.Volume == nil || m.Volume.HostPath == "" {
		return ""
	}
	return path.Join(m.Volume.HostPath, m.SubPath)
}

func (m *Mount) writable() bool { return m.ReadOnly == nil || !*m.ReadOnly }

// env returns the variable that counts, or nil.
func (c *Container) env(name string) *EnvVar {
	for i := len(c.Env) - 1; i >= 0; i-- {
		if c.Env[i].Name == name {
			return c.Env[i]
		}
	}
	return nil
}

func (p *Pod) container(name string) *Container {
	for _, c := range p.Containers {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// effective is what counts for a container: its own field, else the pod's.
func effective[T any](own, pod *T) *T {
	if own != nil {
		return own
	}
	return pod
}

func (r *reader) pod(o *Object, template *yaml.Node, at *where) *Pod {
	spec := at.field("spec")
	p := &Pod{Object: o, Path: spec.String(), Labels: map[string]string{}, Template: template}
	for _, holder := range []struct {
		node *yaml.Node
		path *where
	}{{o.Node, nil}, {template, at}} {
		meta := r.child(holder.node, holder.path, "metadata", yaml.MappingNode)
		labels := r.child(meta, holder.path.field("metadata"), "labels", yaml.MappingNode)
		for i := 0; labels != nil && i+1 < len(labels.Content); i += 2 {
			p.Labels[labels.Content[i].Value] = text(labels.Content[i+1])
		}
	}
	p.Spec = r.child(template, at, "spec", yaml.MappingNode)
	if p.Spec == nil {
		return p
	}
	p.Security = r.security(p.Spec, spec)
	r.items(p.Spec, spec, "volumes", func(n *yaml.Node, at *where) {
		p.Volumes = append(p.Volumes, r.volume(n, at))
	})
	for _, key := range []string{"initContainers", "containers"} {
		r.items(p.Spec, spec, key, func(n *yaml.Node, at *where) {
			p.Containers = append(p.Containers, r.container(p, n, at, key))
		})
	}
	if b := r.boolean(p.Spec, spec, "hostPID"); b != nil {
		p.HostPID = *b
	}
	selector := r.child(p.Spec, spec, "nodeSelector", yaml.MappingNode)
	osName := r.str(r.child(p.Spec, spec, "os", yaml.MappingNode), spec.field("os"), "name")
	p.Windows = osName == "windows"
	for _, key := range []string{"kubernetes.io/os", "beta.kubernetes.io/os"} {
		p.Windows = p.Windows || osName == "" && text(get(selector, key)) == "windows"
	}
	p.recognise()
	return p
}

func (r *reader) security(m *yaml.Node, at *where) SecurityContext {
	n := r.child(m, at, "securityContext", yaml.MappingNode)
	if n == nil {
		return SecurityContext{}
	}
	at = at.field("securityContext")
	s := SecurityContext{
		Node:                     n,
		RunAsUser:                r.integer(n, at, "runAsUser"),
		RunAsGroup:               r.integer(n, at, "runAsGroup"),
		RunAsNonRoot:             r.boolean(n, at, "runAsNonRoot"),
		Privileged:               r.boolean(n, at, "privileged"),
		AllowPrivilegeEscalation: r.boolean(n, at, "allowPrivilegeEscalation"),
		ReadOnlyRootFilesystem:   r.boolean(n, at, "readOnlyRootFilesystem"),
	}
	if caps := r.child(n, at, "capabilities", yaml.MappingNode); caps != nil {
		s.Add = r.strings(caps, at.field("capabilities"), "add")
		s.Drop = r.strings(caps, at.field("capabilities"), "drop")
	}
	if prof := r.child(n, at, "seccompProfile", yaml.MappingNode); prof != nil {
		name := r.str(prof, at.field("seccompProfile"), "type")
		if local := r.str(prof, at.field("seccompProfile"), "localhostProfile"); local != "" {
			name += "/" + local
		}
		s.Seccomp = &name
	}
	return s
}

func (r *reader) volume(n *yaml.Node, at *where) *Volume {
	v := &Volume{Node: n, Name: r.str(n, at, "name")}
	if host := r.child(n, at, "hostPath", yaml.MappingNode); host != nil {
		v.HostPath = path.Clean(r.str(host, at.field("hostPath"), "path"))
	}
	// `emptyDir:` with nothing behind it is no source at all to the API
	// server, and a volume without a source is an emptyDir.
	v.EmptyDir = r.child(n, at, "emptyDir", yaml.MappingNode) != nil
	return v
}

func (r *reader) container(p *Pod, n *yaml.Node, at *where, key string) *Container {
	c := &Container{
		Node:     n,
		Name:     r.str(n, at, "name"),
		Image:    r.str(n, at, "image"),
		Init:     key == "initContainers",
		Security: r.security(n, at),
	}
	c.Path = key + "[" + c.Name + "]"
	r.items(n, at, "volumeMounts", func(n *yaml.Node, at *where) {
		m := &Mount{
			Node:        n,
			Name:        r.str(n, at, "name"),
			MountPath:   path.Clean(r.str(n, at, "mountPath")),
			SubPath:     r.str(n, at, "subPath"),
			ReadOnly:    r.boolean(n, at, "readOnly"),
			Propagation: r.str(n, at, "mountPropagation"),
		}
		for _, v := range p.Volumes {
			if v.Name == m.Name {
				m.Volume = v
			}
		}
		c.Mounts = append(c.Mounts, m)
	})
	r.items(n, at, "env", func(n *yaml.Node, at *where) {
		c.Env = append(c.Env, &EnvVar{
			Node:  n,
			Name:  r.str(n, at, "name"),
			Value: r.str(n, at, "value"),
			From:  r.child(n, at, "valueFrom", yaml.MappingNode) != nil,
		})
	})
	return c
}
