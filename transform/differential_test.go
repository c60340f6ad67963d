package transform

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"
	k8syaml "sigs.k8s.io/yaml"
)

// generator writes random pod templates in random YAML: block and flow style,
// keys in any order and any quotes, scalars in every spelling of YAML 1.1.
type generator struct{ *rand.Rand }

func (w generator) pick(of ...string) string { return of[w.IntN(len(of))] }

// wrong is, now and then, a value of another type than is asked for.
func (w generator) wrong() (string, bool) {
	return w.pick(`"0"`, "zero", `"true"`, "1.5", "[]", "{}", "!!str 1", "0x", "1:30"), w.IntN(60) == 0
}

func (w generator) bool() string {
	if text, wrong := w.wrong(); wrong {
		return text
	}
	return w.pick("true", "false", "yes", "No", "ON", "off", "True", "y", "n", "!!bool yes", "null", "~")
}

func (w generator) int() string {
	if text, wrong := w.wrong(); wrong {
		return text
	}
	return w.pick("0", "0x0", "0o0", "00", "100", "0x64", "1_000", "0b1100100", "+7", "1000.0", "1e3", "!!int 5", `!!int "5"`, "null", "0144", "-0")
}

func (w generator) string(of ...string) string {
	s := w.pick(of...)
	switch w.IntN(5) {
	case 0:
		return `"` + s + `"`
	case 1:
		return "'" + s + "'"
	case 2:
		return fmt.Sprintf(`"\x%02x%s"`, s[0], s[1:])
	case 3:
		return "!!str " + s
	}
	return s
}

// tree is a map's entries; a value is text on one line, a tree or a list.
type tree map[string]any

func (w generator) maybe(o tree, key string, value func() any) {
	if w.IntN(2) == 0 {
		o[key] = value()
	}
}

func (w generator) security(pod bool) any {
	o := tree{}
	w.maybe(o, "runAsUser", func() any { return w.int() })
	w.maybe(o, "runAsGroup", func() any { return w.int() })
	w.maybe(o, "runAsNonRoot", func() any { return w.bool() })
	w.maybe(o, "seccompProfile", func() any {
		return tree{"type": w.string("RuntimeDefault", "Unconfined", "Localhost"), "localhostProfile": w.string("a", "b/c")}
	})
	if pod {
		return o
	}
	w.maybe(o, "privileged", func() any { return w.bool() })
	w.maybe(o, "allowPrivilegeEscalation", func() any { return w.bool() })
	w.maybe(o, "readOnlyRootFilesystem", func() any { return w.bool() })
	w.maybe(o, "capabilities", func() any {
		return tree{"add": []any{w.string("SYS_ADMIN", "NET_RAW")}, "drop": []any{w.string("ALL"), w.string("KILL")}}
	})
	return o
}

func (w generator) container(name string) any {
	o := tree{"name": name, "image": w.string("agent:7.81.1", "x@sha256:0")}
	w.maybe(o, "securityContext", func() any { return w.security(false) })
	w.maybe(o, "volumeMounts", func() any {
		m := tree{"name": w.string("host", "none"), "mountPath": w.string("/a", "/a/b/")}
		w.maybe(m, "readOnly", func() any { return w.bool() })
		w.maybe(m, "subPath", func() any { return w.string("c", "d/e") })
		return []any{m}
	})
	w.maybe(o, "env", func() any {
		return []any{tree{"name": "A", "value": w.string("one", "two")}, tree{"name": w.string("A", "B"), "value": w.string("three")}}
	})
	return o
}

func (w generator) workload() string {
	kind, apiVersion := "DaemonSet", "apps/v1"
	spec := tree{"containers": []any{w.container("agent"), w.container("trace-agent")}}
	w.maybe(spec, "securityContext", func() any { return w.security(true) })
	w.maybe(spec, "hostPID", func() any { return w.bool() })
	w.maybe(spec, "initContainers", func() any { return []any{w.container("init-volume")} })
	w.maybe(spec, "volumes", func() any {
		return []any{tree{"name": "host", "hostPath": tree{"path": w.string("/x", "/x//y/")}}, tree{"name": "none", "emptyDir": w.pick("{}", "null")}}
	})
	o := tree{"template": tree{"metadata": tree{"labels": tree{"a": "b"}}, "spec": spec}}
	switch w.IntN(3) {
	case 0:
		kind, apiVersion = "CronJob", "batch/v1"
		o = tree{"jobTemplate": tree{"spec": o}}
	case 1:
		kind = "Deployment"
	}
	return w.write(tree{"apiVersion": apiVersion, "kind": w.string(kind), "metadata": tree{"name": "x"}, "spec": o}, 0, false)
}

// write writes a value behind `key:` or `- `.
func (w generator) write(v any, indent int, flow bool) string {
	flow = flow || indent > 0 && w.IntN(8) == 0
	switch v := v.(type) {
	case tree:
		if len(v) == 0 {
			return " {}"
		}
		var parts []string
		keys := slices.Sorted(maps.Keys(v))
		w.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, key := range keys {
			value := v[key]
			if w.IntN(4) == 0 {
				key = w.string(key)
			}
			parts = append(parts, key+":"+w.write(value, indent+2, flow))
		}
		return w.join(parts, indent, flow, "{", "}", "")
	case []any:
		var parts []string
		for _, item := range v {
			text := w.write(item, indent+2, flow)
			if !flow {
				text = strings.TrimPrefix(text, "\n"+strings.Repeat(" ", indent+2))
			}
			parts = append(parts, text)
		}
		return w.join(parts, indent, flow, "[", "]", "- ")
	default:
		return " " + v.(string)
	}
}

func (w generator) join(parts []string, indent int, flow bool, open, closed, dash string) string {
	if flow {
		return " " + open + strings.Join(parts, ", ") + closed
	}
	var b strings.Builder
	for _, part := range parts {
		b.WriteString("\n" + strings.Repeat(" ", indent) + dash + strings.TrimPrefix(part, " "))
	}
	return b.String()
}

// podOfAPI is the pod as the API server reads it.
func podOfAPI(text string) (*corev1.PodSpec, error) {
	var head struct{ Kind string }
	if err := k8syaml.Unmarshal([]byte(text), &head); err != nil {
		return nil, err
	}
	// kubectl and Helm convert without knowing the types.
	converted, err := k8syaml.YAMLToJSON([]byte(text))
	if err != nil {
		return nil, err
	}
	switch head.Kind {
	case "CronJob":
		var o batchv1.CronJob
		err = json.Unmarshal(converted, &o)
		return &o.Spec.JobTemplate.Spec.Template.Spec, err
	case "Deployment":
		var o appsv1.Deployment
		err = json.Unmarshal(converted, &o)
		return &o.Spec.Template.Spec, err
	default:
		var o appsv1.DaemonSet
		err = json.Unmarshal(converted, &o)
		return &o.Spec.Template.Spec, err
	}
}

// seen is what both readings must agree on.
type seen struct {
	HostPID    bool
	Volumes    []string
	Containers []seenContainer
}

type seenContainer struct {
	Name, Image                                   string
	User, Group                                   *int64
	NonRoot, Privileged, Escalation, ReadOnlyRoot *bool
	Seccomp                                       string
	Add, Drop, Mounts                             []string
	A                                             string // the variable of that name that counts
}

func fromView(p *Pod) seen {
	s := seen{HostPID: p.HostPID}
	for _, v := range p.Volumes {
		s.Volumes = append(s.Volumes, v.Name+" "+v.HostPath)
	}
	for _, c := range p.Containers {
		sc := seenContainer{
			Name: c.Name, Image: c.Image,
			User:       effective(c.Security.RunAsUser, p.Security.RunAsUser),
			Group:      effective(c.Security.RunAsGroup, p.Security.RunAsGroup),
			NonRoot:    effective(c.Security.RunAsNonRoot, p.Security.RunAsNonRoot),
			Privileged: c.Security.Privileged, Escalation: c.Security.AllowPrivilegeEscalation, ReadOnlyRoot: c.Security.ReadOnlyRootFilesystem,
			Add: c.Security.Add, Drop: c.Security.Drop,
		}
		if profile := effective(c.Security.Seccomp, p.Security.Seccomp); profile != nil {
			sc.Seccomp = *profile
		}
		for _, m := range c.Mounts {
			sc.Mounts = append(sc.Mounts, fmt.Sprint(m.Name, " ", m.MountPath, " ", m.SubPath, " ", isTrue(m.ReadOnly)))
		}
		if a := c.env("A"); a != nil {
			sc.A = a.Value
		}
		s.Containers = append(s.Containers, sc)
	}
	return s
}

func fromAPI(p *corev1.PodSpec) seen {
	s := seen{HostPID: p.HostPID}
	for _, v := range p.Volumes {
		host := ""
		if v.HostPath != nil {
			host = path.Clean(v.HostPath.Path)
		}
		s.Volumes = append(s.Volumes, v.Name+" "+host)
	}
	pod := p.SecurityContext
	if pod == nil {
		pod = &corev1.PodSecurityContext{}
	}
	for _, c := range append(p.InitContainers[:len(p.InitContainers):len(p.InitContainers)], p.Containers...) {
		own := c.SecurityContext
		if own == nil {
			own = &corev1.SecurityContext{}
		}
		sc := seenContainer{
			Name: c.Name, Image: c.Image,
			User: effective(own.RunAsUser, pod.RunAsUser), Group: effective(own.RunAsGroup, pod.RunAsGroup), NonRoot: effective(own.RunAsNonRoot, pod.RunAsNonRoot),
			Privileged: own.Privileged, Escalation: own.AllowPrivilegeEscalation, ReadOnlyRoot: own.ReadOnlyRootFilesystem,
		}
		if caps := own.Capabilities; caps != nil {
			for _, name := range caps.Add {
				sc.Add = append(sc.Add, string(name))
			}
			for _, name := range caps.Drop {
				sc.Drop = append(sc.Drop, string(name))
			}
		}
		if profile := effective(own.SeccompProfile, pod.SeccompProfile); profile != nil {
			sc.Seccomp = string(profile.Type)
			if profile.LocalhostProfile != nil {
				sc.Seccomp += "/" + *profile.LocalhostProfile
			}
		}
		for _, m := range c.VolumeMounts {
			sc.Mounts = append(sc.Mounts, fmt.Sprint(m.Name, " ", path.Clean(m.MountPath), " ", m.SubPath, " ", m.ReadOnly))
		}
		for _, e := range c.Env {
			if e.Name == "A" {
				sc.A = e.Value
			}
		}
		s.Containers = append(s.Containers, sc)
	}
	return s
}

// TestDifferential compares the view of generated pods with the API's types
// read through sigs.k8s.io/yaml: where those can be read the view is the same,
// and where they cannot the view is an error.
func TestDifferential(t *testing.T) {
	agreed, refused := 0, 0
	for seed := range uint64(4000) {
		w := generator{rand.New(rand.NewPCG(seed, 1))}
		text := strings.TrimPrefix(w.workload(), "\n")
		want, wantErr := podOfAPI(text)
		rnode, err := yaml.Parse(text)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		got, gotErr := podOf(objects(rnode.YNode())[0], false)
		if (wantErr != nil) != (gotErr != nil) {
			t.Fatalf("seed %d: the API says %v, the view %v\n%s", seed, wantErr, gotErr, text)
		}
		if wantErr != nil {
			refused++
			continue
		}
		agreed++
		if diff := cmp.Diff(fromAPI(want), fromView(got)); diff != "" {
			t.Fatalf("seed %d (-API +view)\n%s\n%s", seed, diff, text)
		}
	}
	t.Logf("%d pods the same, %d refused by both", agreed, refused)
	if agreed < 1000 || refused < 100 {
		t.Errorf("%d pods the same, %d refused: the generator does not test what it should", agreed, refused)
	}
}
