package transform_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/kio"

	"github.com/datadog-harden/datadog-harden/transform"
)

var (
	_ kio.Filter = transform.ReadOnlyMounts{}
	_ kio.Filter = transform.NonRoot{}
	_ kio.Filter = transform.Privileges{}
	_ kio.Filter = transform.ReadOnlyRootFS{}
	_ kio.Filter = transform.HostPID{}
	_ kio.Filter = (*transform.Pipeline)(nil)
)

func apply(filter kio.Filter, in string) {
	err := kio.Pipeline{
		Inputs:  []kio.Reader{&kio.ByteReader{Reader: strings.NewReader(in), OmitReaderAnnotations: true}},
		Filters: []kio.Filter{filter},
		Outputs: []kio.Writer{kio.ByteWriter{Writer: os.Stdout}},
	}.Execute()
	if err != nil {
		fmt.Println(err)
	}
}

func ExampleReadOnlyMounts() {
	apply(transform.ReadOnlyMounts{}, `
apiVersion: v1
kind: Pod
metadata:
  name: datadog
  labels:
    agent.datadoghq.com/component: agent
spec:
  containers:
  - name: agent
    volumeMounts:
    - name: dsdsocket
      mountPath: /var/run/datadog
    - name: procdir
      mountPath: /host/proc
  - name: process-agent
    volumeMounts:
    - name: dsdsocket
      mountPath: /var/run/datadog
      readOnly: false
    - name: config
      mountPath: /etc/datadog-agent
  volumes:
  - name: dsdsocket
    hostPath:
      path: /var/run/datadog
  - name: procdir
    hostPath:
      path: /proc
  - name: config
    emptyDir: {}
`)
	// Output:
	// apiVersion: v1
	// kind: Pod
	// metadata:
	//   name: datadog
	//   labels:
	//     agent.datadoghq.com/component: agent
	// spec:
	//   containers:
	//   - name: agent
	//     volumeMounts:
	//     - name: dsdsocket
	//       mountPath: /var/run/datadog
	//     - name: procdir
	//       mountPath: /host/proc
	//       readOnly: true
	//   - name: process-agent
	//     volumeMounts:
	//     - name: dsdsocket
	//       mountPath: /var/run/datadog
	//       readOnly: true
	//     - name: config
	//       mountPath: /etc/datadog-agent
	//   volumes:
	//   - name: dsdsocket
	//     hostPath:
	//       path: /var/run/datadog
	//   - name: procdir
	//     hostPath:
	//       path: /proc
	//   - name: config
	//     emptyDir: {}
}

func ExampleNonRoot() {
	apply(transform.NonRoot{HostDirs: transform.HostDirsInit}, `
apiVersion: v1
kind: Pod
metadata:
  name: datadog
  labels:
    agent.datadoghq.com/component: agent
spec:
  securityContext:
    runAsUser: 0
  containers:
  - name: agent
    image: registry.example.com/agent:7.46.0
    volumeMounts:
    - name: dsdsocket
      mountPath: /var/run/datadog
    - name: passwd
      mountPath: /etc/passwd
  - name: system-probe
    image: registry.example.com/agent:7.46.0
    securityContext:
      capabilities:
        add: [SYS_ADMIN]
  volumes:
  - name: dsdsocket
    hostPath:
      path: /var/run/datadog
  - name: passwd
    hostPath:
      path: /etc/passwd
`)
	// Output:
	// apiVersion: v1
	// kind: Pod
	// metadata:
	//   name: datadog
	//   labels:
	//     agent.datadoghq.com/component: agent
	// spec:
	//   securityContext:
	//     runAsUser: 101
	//     runAsGroup: 0
	//     runAsNonRoot: true
	//   containers:
	//   - name: agent
	//     image: registry.example.com/agent:7.46.0
	//     volumeMounts:
	//     - name: dsdsocket
	//       mountPath: /var/run/datadog
	//   - name: system-probe
	//     image: registry.example.com/agent:7.46.0
	//     securityContext:
	//       capabilities:
	//         add: [SYS_ADMIN]
	//       runAsUser: 0
	//       runAsNonRoot: false
	//   volumes:
	//   - name: dsdsocket
	//     hostPath:
	//       path: /var/run/datadog
	//   initContainers:
	//   - name: init-host-dirs
	//     image: registry.example.com/agent:7.46.0
	//     command:
	//     - chown
	//     - "101:0"
	//     - /host/var/run/datadog
	//     securityContext:
	//       runAsUser: 0
	//       runAsGroup: 0
	//       runAsNonRoot: false
	//       allowPrivilegeEscalation: false
	//       readOnlyRootFilesystem: true
	//       capabilities:
	//         drop:
	//         - ALL
	//         add:
	//         - CHOWN
	//       seccompProfile:
	//         type: RuntimeDefault
	//     volumeMounts:
	//     - name: dsdsocket
	//       mountPath: /host/var/run/datadog
}

func ExamplePrivileges() {
	apply(transform.Privileges{}, `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: datadog-cluster-agent
  labels:
    agent.datadoghq.com/component: cluster-agent
spec:
  template:
    spec:
      containers:
      - name: cluster-agent
        securityContext:
          allowPrivilegeEscalation: true
          capabilities:
            drop: [NET_RAW]
      - name: someone-elses
`)
	// Output:
	// apiVersion: apps/v1
	// kind: Deployment
	// metadata:
	//   name: datadog-cluster-agent
	//   labels:
	//     agent.datadoghq.com/component: cluster-agent
	// spec:
	//   template:
	//     spec:
	//       containers:
	//       - name: cluster-agent
	//         securityContext:
	//           allowPrivilegeEscalation: false
	//           capabilities:
	//             drop: [NET_RAW, ALL]
	//           seccompProfile:
	//             type: RuntimeDefault
	//       - name: someone-elses
}

func ExampleReadOnlyRootFS() {
	apply(transform.ReadOnlyRootFS{}, `
apiVersion: v1
kind: Pod
metadata:
  name: datadog
  labels:
    agent.datadoghq.com/component: clusterchecks-agent
spec:
  containers:
  - name: agent
    volumeMounts:
    - name: config
      mountPath: /etc/datadog-agent
    - name: tmpdir
      mountPath: /tmp
  initContainers:
  - name: init-volume
  volumes:
  - name: config
    emptyDir: {}
  - name: tmpdir
    emptyDir: {}
`)
	// Output:
	// apiVersion: v1
	// kind: Pod
	// metadata:
	//   name: datadog
	//   labels:
	//     agent.datadoghq.com/component: clusterchecks-agent
	// spec:
	//   containers:
	//   - name: agent
	//     volumeMounts:
	//     - name: config
	//       mountPath: /etc/datadog-agent
	//     - name: tmpdir
	//       mountPath: /tmp
	//     - name: harden-log
	//       mountPath: /var/log/datadog
	//     - name: harden-run
	//       mountPath: /opt/datadog-agent/run
	//     securityContext:
	//       readOnlyRootFilesystem: true
	//   initContainers:
	//   - name: init-volume
	//   volumes:
	//   - name: config
	//     emptyDir: {}
	//   - name: tmpdir
	//     emptyDir: {}
	//   - name: harden-log
	//     emptyDir: {}
	//   - name: harden-run
	//     emptyDir: {}
}

func ExampleHostPID() {
	apply(transform.HostPID{}, `
apiVersion: v1
kind: Pod
metadata:
  name: datadog
  labels:
    agent.datadoghq.com/component: agent
spec:
  hostPID: on
  containers:
  - name: agent
    env:
    - name: DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT
      value: "true"
  - name: trace-agent
`)
	// Output:
	// apiVersion: v1
	// kind: Pod
	// metadata:
	//   name: datadog
	//   labels:
	//     agent.datadoghq.com/component: agent
	// spec:
	//   containers:
	//   - name: agent
	//     env:
	//     - name: DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT
	//       value: "true"
	//     - name: DD_DOGSTATSD_ORIGIN_DETECTION
	//       value: "false"
	//   - name: trace-agent
}

// The whole pipeline, with the evidence of what it did.
func ExamplePipeline() {
	pipeline, err := transform.New(transform.Settings{Profile: "compatible", HostDirs: transform.HostDirsPrepared})
	if err != nil {
		fmt.Println(err)
		return
	}
	var out bytes.Buffer
	err = kio.Pipeline{
		Inputs: []kio.Reader{&kio.ByteReader{Reader: strings.NewReader(`
apiVersion: apps/v1
kind: Deployment
metadata:
  name: datadog-datadog-operator
  labels:
    helm.sh/chart: datadog-operator-2.26.0
spec:
  template:
    spec:
      containers:
      - name: datadog-operator
        image: registry.example.com/operator:1.30.0
`)}},
		Filters: []kio.Filter{pipeline},
		Outputs: []kio.Writer{kio.ByteWriter{Writer: &out}},
	}.Execute()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range pipeline.Log.Changes {
		fmt.Printf("%s: %s: %s -> %s\n", c.Transform, c.Field, c.Before, c.After)
	}
	// Output:
	// nonroot: spec.template.spec.securityContext.runAsNonRoot: (none) -> true
	// privileges: spec.template.spec.containers[datadog-operator].securityContext.allowPrivilegeEscalation: (none) -> false
	// privileges: spec.template.spec.containers[datadog-operator].securityContext.capabilities.drop: (none) -> [ALL]
	// privileges: spec.template.spec.securityContext.seccompProfile: (none) -> {type: RuntimeDefault}
}
