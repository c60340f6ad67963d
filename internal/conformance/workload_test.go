package conformance

import (
	"regexp"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// workload is an object with a pod: as its type has it, and as plain JSON,
// which tells `readOnly: false` from no readOnly at all.
type workload struct {
	kind   string
	meta   metav1.ObjectMeta
	pod    corev1.PodTemplateSpec
	object map[string]any
	path   []string // from object to the pod's spec
}

func (w workload) String() string { return w.kind + "/" + w.meta.Name }

type podDecoder func(text []byte) (metav1.ObjectMeta, corev1.PodTemplateSpec, error)

type workloadKind struct {
	decode podDecoder
	path   []string
}

// decoder reads an object of type T strictly and finds the pod in it.
func decoder[T any](find func(*T) (metav1.ObjectMeta, corev1.PodTemplateSpec)) podDecoder {
	return func(text []byte) (metav1.ObjectMeta, corev1.PodTemplateSpec, error) {
		object := new(T)
		if err := yaml.UnmarshalStrict(text, object); err != nil {
			return metav1.ObjectMeta{}, corev1.PodTemplateSpec{}, err
		}
		meta, pod := find(object)
		return meta, pod, nil
	}
}

// extendedDaemonSet is what the tests need of Datadog's own kind.
type extendedDaemonSet struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Template corev1.PodTemplateSpec `json:"template"`
	} `json:"spec"`
}

var templatePath = []string{"spec", "template", "spec"}

var workloadKinds = map[string]workloadKind{
	"v1/Pod": {decoder(func(o *corev1.Pod) (metav1.ObjectMeta, corev1.PodTemplateSpec) {
		return o.ObjectMeta, corev1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec}
	}), []string{"spec"}},
	"v1/PodTemplate": {decoder(func(o *corev1.PodTemplate) (metav1.ObjectMeta, corev1.PodTemplateSpec) {
		return o.ObjectMeta, o.Template
	}), []string{"template", "spec"}},
	"v1/ReplicationController": {decoder(func(o *corev1.ReplicationController) (metav1.ObjectMeta, corev1.PodTemplateSpec) {
		return o.ObjectMeta, *o.Spec.Template
	}), templatePath},
	"apps/v1/Deployment": {decoder(func(o *appsv1.Deployment) (metav1.ObjectMeta, corev1.PodTemplateSpec) {
		return o.ObjectMeta, o.Spec.Template
	}), templatePath},
	"apps/v1/DaemonSet": {decoder(func(o *appsv1.DaemonSet) (metav1.ObjectMeta, corev1.PodTemplateSpec) {
		return o.ObjectMeta, o.Spec.Template
	}), templatePath},
	"apps/v1/StatefulSet": {decoder(func(o *appsv1.StatefulSet) (metav1.ObjectMeta, corev1.PodTemplateSpec) {
		return o.ObjectMeta, o.Spec.Template
	}), templatePath},
	"apps/v1/ReplicaSet": {decoder(func(o *appsv1.ReplicaSet) (metav1.ObjectMeta, corev1.PodTemplateSpec) {
		return o.ObjectMeta, o.Spec.Template
	}), templatePath},
	"datadoghq.com/v1alpha1/ExtendedDaemonSet": {decoder(func(o *extendedDaemonSet) (metav1.ObjectMeta, corev1.PodTemplateSpec) {
		return o.ObjectMeta, o.Spec.Template
	}), templatePath},
	"batch/v1/Job": {decoder(func(o *batchv1.Job) (metav1.ObjectMeta, corev1.PodTemplateSpec) {
		return o.ObjectMeta, o.Spec.Template
	}), templatePath},
	"batch/v1/CronJob": {decoder(func(o *batchv1.CronJob) (metav1.ObjectMeta, corev1.PodTemplateSpec) {
		return o.ObjectMeta, o.Spec.JobTemplate.Spec.Template
	}), []string{"spec", "jobTemplate", "spec", "template", "spec"}},
}

// readWorkloads reads the workload a document is, or those its list holds.
func readWorkloads(d document) ([]workload, error) {
	if d.apiVersion == "v1" && d.kind == "List" {
		return readItems(d.text)
	}
	kind, ok := workloadKinds[d.apiVersion+"/"+d.kind]
	if !ok {
		return nil, nil
	}
	meta, pod, err := kind.decode(d.text)
	if err != nil {
		return nil, err
	}
	w := workload{kind: d.kind, meta: meta, pod: pod, path: kind.path}
	if err := yaml.Unmarshal(d.text, &w.object); err != nil {
		return nil, err
	}
	return []workload{w}, nil
}

func readItems(text []byte) ([]workload, error) {
	var list struct {
		Items []map[string]any `json:"items"`
	}
	if err := yaml.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	var workloads []workload
	for _, item := range list.Items {
		text, err := yaml.Marshal(item)
		if err != nil {
			return nil, err
		}
		d, err := readDocument(text)
		if err != nil {
			return nil, err
		}
		workloads = append(workloads, d.workloads...)
	}
	return workloads, nil
}

var datadogChart = regexp.MustCompile(`^datadog(-[a-z][a-z-]*)?(-v?[0-9].*)?$`)

// datadogs follows section 2.1: by label, by chart, or by container and image.
func (w workload) datadogs() bool {
	for _, labels := range []map[string]string{w.meta.Labels, w.pod.Labels} {
		for key, value := range labels {
			domain, _, _ := strings.Cut(key, "/")
			if domain == "datadoghq.com" || strings.HasSuffix(domain, ".datadoghq.com") {
				return true
			}
			chart := key == "helm.sh/chart" || key == "chart" || key == "app.kubernetes.io/part-of"
			if chart && datadogChart.MatchString(value) {
				return true
			}
		}
	}
	return slices.ContainsFunc(w.containers(), func(c corev1.Container) bool {
		return needs[c.Name] != notInTable && slices.Contains(datadogImages, imageName(c.Image))
	})
}

// windows follows section 2.6.
func (w workload) windows() bool {
	os := w.pod.Spec.OS
	return w.pod.Spec.NodeSelector["kubernetes.io/os"] == "windows" || os != nil && os.Name == corev1.Windows
}

// autopilot follows section 2.6.
func (w workload) autopilot() bool {
	const key, value = "env.datadoghq.com/kind", "gke-autopilot"
	return w.meta.Labels[key] == value || w.pod.Labels[key] == value
}

// nodeAgent says whether the workload is one the profile compatible leaves root.
func (w workload) nodeAgent() bool { return w.kind != "Deployment" }

// containers are the init containers and then the containers.
func (w workload) containers() []corev1.Container {
	return slices.Concat(w.pod.Spec.InitContainers, w.pod.Spec.Containers)
}

func (w workload) container(name string) (corev1.Container, bool) {
	containers := w.containers()
	at := slices.IndexFunc(containers, func(c corev1.Container) bool { return c.Name == name })
	if at < 0 {
		return corev1.Container{}, false
	}
	return containers[at], true
}

func (w workload) volume(name string) corev1.Volume {
	for _, v := range w.pod.Spec.Volumes {
		if v.Name == name {
			return v
		}
	}
	return corev1.Volume{Name: name}
}

// spec is the pod's spec as plain JSON.
func (w workload) spec() map[string]any {
	at := w.object
	for _, key := range w.path {
		at, _ = at[key].(map[string]any)
	}
	return at
}

// saysWritable says whether a mount has `readOnly: false` in so many words.
func (w workload) saysWritable(container, mountPath string) bool {
	for _, c := range slices.Concat(objects(w.spec()["initContainers"]), objects(w.spec()["containers"])) {
		if c["name"] != container {
			continue
		}
		for _, m := range objects(c["volumeMounts"]) {
			if m["mountPath"] == mountPath {
				return m["readOnly"] == false
			}
		}
	}
	return false
}

// objects is a JSON list of objects, or nothing.
func objects(value any) []map[string]any {
	list, _ := value.([]any)
	found := make([]map[string]any, 0, len(list))
	for _, item := range list {
		if object, ok := item.(map[string]any); ok {
			found = append(found, object)
		}
	}
	return found
}

// env is the value of a container's environment variable, the last of that
// name. What comes from elsewhere is known to be set, and no more.
func env(c corev1.Container, name string) (value string, set bool) {
	for _, e := range c.Env {
		if e.Name == name {
			value, set = e.Value, true
		}
	}
	return value, set
}
