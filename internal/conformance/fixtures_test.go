package conformance

// fixtureInput and fixtureOutput are a stream and what the specification makes
// of it, both written by hand: what the checks accept, and what the mutations
// of it are that they object to.
const fixtureInput = `---
# Source: datadog/templates/configmap.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: notes
data:
  text: |
    ---
    hostPID: true
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: node
  labels:
    agent.datadoghq.com/component: agent
    
spec:
  selector: {matchLabels: {app: node}}
  template:
    metadata:
      labels: {app: node}
      annotations:
        container.apparmor.security.beta.kubernetes.io/system-probe: unconfined
    spec:
      securityContext:
        runAsUser: 0
      hostPID: true
      containers:
      - name: agent
        image: "registry.example.com/agent:7.81.1"
        resources:
          {}
        env:
          - name: DD_LOGS_ENABLED
            value: "true"
          - name: DD_DOGSTATSD_ORIGIN_DETECTION
            value: "true"
        volumeMounts:
          - name: tmpdir
            mountPath: /tmp
          - name: config
            mountPath: /etc/datadog-agent
          - name: logdatadog
            mountPath: /var/log/datadog
          
          - name: procdir
            mountPath: /host/proc
          - name: dsdsocket
            mountPath: /var/run/datadog
            readOnly: false # bound here
          - name: pointerdir
            mountPath: /opt/datadog-agent/run
            readOnly: false
          - name: spool
            mountPath: /spool
            readOnly: false # on purpose
          - name: passwd
            mountPath: /etc/passwd
            readOnly: true
      - name: trace-agent
        image: "registry.example.com/agent:7.81.1"
        securityContext:
          readOnlyRootFilesystem: true
        env:
          - name: DD_APM_RECEIVER_SOCKET
            value: /var/run/datadog/apm.socket
        volumeMounts:
          - name: dsdsocket
            mountPath: /var/run/datadog
      - name: process-agent
        image: "registry.example.com/agent:7.81.1"
        volumeMounts:
          - name: dsdsocket
            mountPath: /var/run/datadog
            readOnly: false # a client
      - name: system-probe
        image: "registry.example.com/agent:7.81.1"
        securityContext:
          capabilities:
            add: [SYS_ADMIN]
          seccompProfile:
            type: Localhost
            localhostProfile: system-probe
        volumeMounts:
          - name: debugfs
            mountPath: /sys/kernel/debug
      - name: forwarder
        image: registry.example.com/forwarder:1
      initContainers:
      - name: seccomp-setup
        image: "registry.example.com/agent:7.81.1"
        volumeMounts:
          - name: seccomp-root
            mountPath: /host/var/lib/kubelet/seccomp
            readOnly: false
      volumes:
      - name: tmpdir
        emptyDir: {}
      - name: config
        emptyDir: {}
      - name: logdatadog
        emptyDir: {}
      - hostPath:
          path: /proc
        name: procdir
      - hostPath:
          path: /var/run/datadog
        name: dsdsocket
      - hostPath:
          path: /var/lib/datadog-agent/logs
        name: pointerdir
      - hostPath:
          path: /var/spool/app
        name: spool
      - hostPath:
          path: /etc/passwd
        name: passwd
      - hostPath:
          path: /sys/kernel/debug
        name: debugfs
      - hostPath:
          path: /var/lib/kubelet/seccomp
        name: seccomp-root
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: operator
  labels:
    helm.sh/chart: datadog-operator-2.1.0
spec:
  selector: {matchLabels: {app: operator}}
  template:
    metadata:
      labels: {app: operator}
    spec:
      containers:
      - name: datadog-operator
        image: registry.example.com/operator:1.30.0
        volumeMounts:
`

const fixtureOutput = `---
# Source: datadog/templates/configmap.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: notes
data:
  text: |
    ---
    hostPID: true
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: node
  labels:
    agent.datadoghq.com/component: agent
    
spec:
  selector: {matchLabels: {app: node}}
  template:
    metadata:
      labels: {app: node}
      annotations:
        container.apparmor.security.beta.kubernetes.io/system-probe: unconfined
    spec:
      securityContext:
        runAsUser: 100
      hostPID: true
      containers:
      - name: agent
        image: "registry.example.com/agent:7.81.1"
        resources:
          {}
        env:
          - name: DD_LOGS_ENABLED
            value: "true"
          - name: DD_DOGSTATSD_ORIGIN_DETECTION
            value: "true"
        volumeMounts:
          - name: tmpdir
            mountPath: /tmp
          - name: config
            mountPath: /etc/datadog-agent
          - name: logdatadog
            mountPath: /var/log/datadog
          
          - name: procdir
            mountPath: /host/proc
            readOnly: true
          - name: dsdsocket
            mountPath: /var/run/datadog
            readOnly: false # bound here
          - name: pointerdir
            mountPath: /opt/datadog-agent/run
            readOnly: false
          - name: spool
            mountPath: /spool
            readOnly: false # on purpose
        securityContext:
          runAsNonRoot: true # of agent
          runAsGroup: 0 # of agent
          allowPrivilegeEscalation: false # of agent
          capabilities: {drop: [ALL]} # of agent
          seccompProfile: {type: RuntimeDefault} # of agent
          readOnlyRootFilesystem: true # of agent
      - name: trace-agent
        image: "registry.example.com/agent:7.81.1"
        securityContext:
          readOnlyRootFilesystem: true
          runAsNonRoot: true
          runAsGroup: 0
          allowPrivilegeEscalation: false
          capabilities: {drop: [ALL]}
          seccompProfile: {type: RuntimeDefault}
        env:
          - name: DD_APM_RECEIVER_SOCKET
            value: /var/run/datadog/apm.socket
        volumeMounts:
          - name: dsdsocket
            mountPath: /var/run/datadog
      - name: process-agent
        image: "registry.example.com/agent:7.81.1"
        volumeMounts:
          - name: dsdsocket
            mountPath: /var/run/datadog
            readOnly: true # a client
        securityContext:
          runAsNonRoot: true
          runAsGroup: 0
          allowPrivilegeEscalation: false
          capabilities: {drop: [ALL]}
          seccompProfile: {type: RuntimeDefault}
      - name: system-probe
        image: "registry.example.com/agent:7.81.1"
        securityContext:
          runAsUser: 0 # of system-probe
          runAsNonRoot: false # of system-probe
          capabilities:
            add: [SYS_ADMIN]
          seccompProfile:
            type: Localhost
            localhostProfile: system-probe
        volumeMounts:
          - name: debugfs
            mountPath: /sys/kernel/debug
      - name: forwarder
        image: registry.example.com/forwarder:1
        securityContext:
          runAsUser: 0 # of forwarder
      initContainers:
      - name: prepare
        image: "registry.example.com/agent:7.81.1"
        command: [chown, "100:0", /host/datadog, /host/logs]
        securityContext:
          runAsUser: 0
          runAsNonRoot: false
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true # of prepare
          capabilities: {drop: [ALL], add: [CHOWN]}
          seccompProfile: {type: RuntimeDefault} # of prepare
        volumeMounts:
        - {name: dsdsocket, mountPath: /host/datadog}
        - {name: pointerdir, mountPath: /host/logs}
      - name: seccomp-setup
        image: "registry.example.com/agent:7.81.1"
        volumeMounts:
          - name: seccomp-root
            mountPath: /host/var/lib/kubelet/seccomp
            readOnly: false
        securityContext:
          runAsUser: 0 # of seccomp-setup
          runAsNonRoot: false
          allowPrivilegeEscalation: false # of seccomp-setup
          capabilities: {drop: [ALL]} # of seccomp-setup
          seccompProfile: {type: RuntimeDefault}
      volumes:
      - name: tmpdir
        emptyDir: {}
      - name: config
        emptyDir: {}
      - name: logdatadog
        emptyDir: {}
      - hostPath:
          path: /proc
        name: procdir
      - hostPath:
          path: /var/run/datadog
        name: dsdsocket
      - hostPath:
          path: /var/lib/datadog-agent/logs
        name: pointerdir
      - hostPath:
          path: /var/spool/app
        name: spool
      - hostPath:
          path: /sys/kernel/debug
        name: debugfs
      - hostPath:
          path: /var/lib/kubelet/seccomp
        name: seccomp-root
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: operator
  labels:
    helm.sh/chart: datadog-operator-2.1.0
spec:
  selector: {matchLabels: {app: operator}}
  template:
    metadata:
      labels: {app: operator}
    spec:
      containers:
      - name: datadog-operator
        image: registry.example.com/operator:1.30.0
        volumeMounts:
        securityContext:
          runAsNonRoot: true # of operator
          allowPrivilegeEscalation: false
          capabilities: {drop: [ALL]}
          seccompProfile: {type: RuntimeDefault} # of operator
`
