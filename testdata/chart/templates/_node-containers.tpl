{{- define "datadog.container.agent" -}}
{{ include "datadog.container" (list . "agent" "agent" "run") }}
{{- if include "datadog.isLinux" . }}
  securityContext:
{{ toYaml .Values.agents.containers.agent.securityContext | indent 4 }}
{{- end }}
  ports:
  - containerPort: 8125
    name: dogstatsdport
    protocol: UDP
  env:
    {{- include "datadog.commonEnv" . | nindent 4 }}
    
    - name: DD_DOGSTATSD_PORT
      value: "8125"
    - name: DD_DOGSTATSD_NON_LOCAL_TRAFFIC
      value: "true"
    {{- if .Values.datadog.dogstatsd.originDetection }}
    - name: DD_DOGSTATSD_ORIGIN_DETECTION
      value:  "true"
    - name: DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT
      value:  "true"
    {{- end }}
    {{- if include "datadog.isLinux" . }}
    - name: DD_DOGSTATSD_SOCKET
      value: "/var/run/datadog/dsd.socket"
    {{- end }}
    {{- if .Values.datadog.dataPlane.enabled }}
    - name: DD_DATA_PLANE_ENABLED
      value: "true"
    # The data plane has the DogStatsD pipeline, so the core Agent must not listen.
    - name: DD_USE_DOGSTATSD
      value: "false"
    - name: DD_DATA_PLANE_DOGSTATSD_ENABLED
      value: "true"
    {{- end }}
    - name: DD_LOGS_ENABLED
      value: {{ .Values.datadog.logs.enabled | quote }}
    - name: DD_COMPLIANCE_CONFIG_ENABLED
      value: {{ .Values.datadog.securityAgent.compliance.enabled | quote }}
    {{- if .Values.datadog.sbom.enrichmentUsage }}
    - name: DD_SBOM_ENRICHMENT_USAGE_ENABLED
      value: "true"
    {{- end }}
    - name: DD_HEALTH_PORT
      value: "5555"        
  volumeMounts:
    {{- if include "datadog.isLinux" . }}
    {{- include "datadog.mount" (list "logdatadog" "/var/log/datadog" "readOnly: false # Logs are written here") | nindent 4 }}
    - name: installinfo
      subPath: install_info
      mountPath: /etc/datadog-agent/install_info
      readOnly: true
    {{- include "datadog.mount" (list "tmpdir" "/tmp" "readOnly: false # Scratch files") | nindent 4 }}
    {{- include "datadog.mount" (list "os-release-file" "/host/etc/os-release" "readOnly: true") | nindent 4 }}
    {{- include "datadog.mount" (list "config" "/etc/datadog-agent" "readOnly: false # Written at start") | nindent 4 }}
    {{- include "datadog.mount" (list "auth-token" "/etc/datadog-agent/auth" "readOnly: false # The token is made here") | nindent 4 }}
    
{{ include "datadog.mount" (list "runtimesocketdir" "/host/var/run" "mountPropagation: None" "readOnly: true") | indent 4 }}
    {{- include "datadog.mount" (list "dsdsocket" "/var/run/datadog" "readOnly: false") | nindent 4 }}
    {{- include "datadog.mount" (list "procdir" "/host/proc" "mountPropagation: None" "readOnly: true") | nindent 4 }}
    {{- include "datadog.mount" (list "cgroups" "/host/sys/fs/cgroup" "mountPropagation: None") | nindent 4 }}
    {{- include "datadog.mount" (list "passwd" "/etc/passwd" "readOnly: true") | nindent 4 }}
    {{- if or .Values.datadog.logs.enabled .Values.providers.gke.autopilot }}
    {{- include "datadog.mount" (list "pointerdir" "/opt/datadog-agent/run" "mountPropagation: None" "readOnly: false # Offsets of tailed logs") | nindent 4 }}
    {{- else }}
    - name: datadogrun
      mountPath: /opt/datadog-agent/run
    {{- end }}
    {{- if .Values.datadog.logs.enabled }}
    {{- include "datadog.mount" (list "logpodpath" "/var/log/pods" "mountPropagation: None" "readOnly: true") | nindent 4 }}
    {{- include "datadog.mount" (list "logscontainerspath" "/var/log/containers" "mountPropagation: None") | nindent 4 }}
    {{- end }}
    {{- with .Values.agents.volumeMounts }}
{{ toYaml . | indent 4 }}
    {{- end }}
    {{- else }}
    - name: config
      mountPath: C:/ProgramData/Datadog
      readOnly: false # Written at start
    - name: runtimesocket
      mountPath: \\.\pipe\docker_engine
    {{- end }}
  {{- include "datadog.livenessProbe" 5555 | nindent 2 }}
{{- end -}}

{{- define "datadog.container.trace-agent" -}}
{{ include "datadog.container" (list . "trace-agent" "trace-agent" "-config=/etc/datadog-agent/datadog.yaml") }}
  securityContext:
    readOnlyRootFilesystem: true
  ports:
  - containerPort: 8126
    name: traceport
    protocol: TCP
  env:
    {{- include "datadog.commonEnv" . | nindent 4 }}
    - name: DD_APM_RECEIVER_SOCKET
      value: {{ ternary "/var/run/datadog/apm.socket" "" .Values.datadog.apm.socketEnabled | quote }}
    - name: DD_DOGSTATSD_SOCKET
      value: "/var/run/datadog/dsd.socket"
  volumeMounts:
    {{- include "datadog.mounts" . | nindent 4 }}
    {{- include "datadog.mount" (list "auth-token" "/etc/datadog-agent/auth" "readOnly: true") | nindent 4 }}
    {{- include "datadog.mount" (list "dsdsocket" "/var/run/datadog" "readOnly: false # The trace socket is bound here") | nindent 4 }}
    
{{ include "datadog.mount" (list "runtimesocketdir" "/host/var/run" "mountPropagation: None" "readOnly: true") | indent 4 }}
    
{{ end -}}

{{- define "datadog.container.process-agent" -}}
{{ include "datadog.container" (list . "process-agent" "process-agent" "--cfgpath=/etc/datadog-agent/datadog.yaml") }}
  securityContext:
    readOnlyRootFilesystem: true
  env:
    {{- include "datadog.commonEnv" . | nindent 4 }}
  volumeMounts:
    {{- include "datadog.mounts" . | nindent 4 }}
    - name: dsdsocket
      mountPath: /var/run/datadog
    {{- include "datadog.mount" (list "passwd" "/etc/passwd" "readOnly: true") | nindent 4 }}
{{- end -}}

{{- define "datadog.container.agent-data-plane" -}}
{{ include "datadog.container" (list . "agent-data-plane" "agent-data-plane" "--config" "/etc/datadog-agent/datadog.yaml" "run") }}
  env:
    {{- include "datadog.commonEnv" . | nindent 4 }}
    - name: DD_DATA_PLANE_TELEMETRY_ENABLED
      value: "true"
  volumeMounts:
    {{- include "datadog.mount" (list "config" "/etc/datadog-agent" "readOnly: false # Configuration streamed from the core Agent") | nindent 4 }}
    {{- include "datadog.mount" (list "tmpdir" "/tmp" "readOnly: false # Scratch files") | nindent 4 }}
    {{- include "datadog.mount" (list "dsdsocket" "/var/run/datadog" "readOnly: false # The DogStatsD socket is bound here") | nindent 4 }}
    {{- include "datadog.mount" (list "procdir" "/host/proc" "mountPropagation: None" "readOnly: true") | nindent 4 }}
{{- end -}}
