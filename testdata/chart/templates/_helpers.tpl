{{- define "datadog.fullname" -}}
{{ .Release.Name }}
{{- end -}}

{{- define "datadog.agentImage" -}}
{{ printf "%s/agent:%s" .Values.registry (toString .Values.agents.image.tag) | quote }}
{{- end -}}

{{- define "datadog.clusterAgentImage" -}}
{{ printf "%s/cluster-agent:%s" .Values.registry (toString .Values.clusterAgent.image.tag) | quote }}
{{- end -}}

{{/* Arguments: root, component. */}}
{{- define "datadog.labels" -}}
helm.sh/chart: '{{ .root.Chart.Name }}-{{ .root.Chart.Version }}'
{{ include "datadog.podLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end -}}

{{- define "datadog.podLabels" -}}
app.kubernetes.io/name: "{{ include "datadog.fullname" .root }}"
app.kubernetes.io/instance: {{ printf "%s-%s" (include "datadog.fullname" .root) .component | quote }}
app.kubernetes.io/part-of: {{ .root.Release.Namespace }}-{{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
agent.datadoghq.com/component: {{ .component }}
{{- if .root.Values.providers.gke.autopilot }}
env.datadoghq.com/kind: gke-autopilot
{{- end }}
{{- end -}}

{{- define "datadog.isLinux" -}}
{{- if eq .Values.targetSystem "linux" }}true{{ end -}}
{{- end -}}

{{/* A security Agent is wanted by compliance or by runtime security. */}}
{{- define "datadog.securityAgent" -}}
{{- if or .Values.datadog.securityAgent.compliance.enabled .Values.datadog.securityAgent.runtime.enabled }}true{{ end -}}
{{- end -}}

{{- define "datadog.commonEnv" -}}
- name: DD_API_KEY
  valueFrom:
    secretKeyRef:
      name: "{{ include "datadog.fullname" . }}-secret"
      key: api-key
- name: KUBERNETES
  value: "yes"
- name: DD_KUBERNETES_KUBELET_HOST
  valueFrom:
    fieldRef:
      fieldPath: status.hostIP
- name: DD_CLUSTER_AGENT_AUTH_TOKEN
  valueFrom:
    secretKeyRef:
        name: {{ include "datadog.fullname" . }}-cluster-agent
        key: token
{{- end -}}

{{- define "datadog.livenessProbe" -}}
livenessProbe:
  failureThreshold: 6
  httpGet:
    path: /live
    port: {{ . }}
    scheme: HTTP
  periodSeconds: 15
{{- end -}}

{{/* Arguments: name, path, further lines. */}}
{{- define "datadog.mount" -}}
- name: {{ index . 0 }}
  mountPath: {{ index . 1 }}
  {{- range slice . 2 }}
  {{ . }}
  {{- end }}
{{- end -}}

{{/* What every container beside the Agent mounts. */}}
{{- define "datadog.mounts" -}}
- name: config
  mountPath: /etc/datadog-agent
  readOnly: true
- name: logdatadog
  mountPath: /var/log/datadog
  readOnly: false # Logs are written here
- name: tmpdir
  mountPath: /tmp
  readOnly: false # Scratch files
- name: procdir
  mountPath: /host/proc
  mountPropagation: None
  readOnly: true
{{- end -}}

{{/* The first lines of an Agent container. Arguments: root, name, command. */}}
{{- define "datadog.container" -}}
- name: {{ index . 1 }}
  image: {{ include "datadog.agentImage" (index . 0) }}
  imagePullPolicy: IfNotPresent
  command: [{{ range $i, $word := slice . 2 }}{{ if $i }}, {{ end }}{{ $word | quote }}{{ end }}]
  resources:
    {}
{{- end -}}

{{- define "datadog.emptyDir" -}}
- name: {{ . }}
  emptyDir: {}
{{ end -}}

{{/* What the Agents that are Deployments write to. */}}
{{- define "datadog.deploymentMounts" -}}
- name: datadogrun
  mountPath: /opt/datadog-agent/run
  readOnly: false
- name: varlog
  mountPath: /var/log/datadog
- name: tmpdir
  mountPath: /tmp
- name: config
  mountPath: /etc/datadog-agent
  readOnly: false # Written at start
{{- end -}}

{{- define "datadog.deploymentVolumes" -}}
{{- range list "datadogrun" "varlog" "tmpdir" "config" }}
{{- include "datadog.emptyDir" . }}
{{- end }}
{{- end -}}
