{{- define "datadog.container.system-probe" -}}
{{ include "datadog.container" (list . "system-probe" "system-probe" "--config=/etc/datadog-agent/system-probe.yaml") }}
  securityContext:
    capabilities:
      add:
      - SYS_ADMIN
      - SYS_RESOURCE
      - SYS_PTRACE
      - NET_ADMIN
      - IPC_LOCK
      - CHOWN
      - DAC_READ_SEARCH
    privileged: false
    readOnlyRootFilesystem: true
    seccompProfile:
      type: Localhost
      localhostProfile: system-probe
  env:
    {{- include "datadog.commonEnv" . | nindent 4 }}
  volumeMounts:
    {{- include "datadog.mounts" . | nindent 4 }}
    {{- include "datadog.mount" (list "debugfs" "/sys/kernel/debug" "mountPropagation: None" "readOnly: false # Probes are registered here") | nindent 4 }}
    {{- include "datadog.mount" (list "sysprobe-config" "/etc/datadog-agent/system-probe.yaml" "subPath: system-probe.yaml" "readOnly: true") | nindent 4 }}
    {{- include "datadog.mount" (list "sysprobe-socket-dir" "/var/run/sysprobe" "readOnly: false # The system-probe socket is bound here") | nindent 4 }}
    {{- include "datadog.mount" (list "cgroups" "/host/sys/fs/cgroup" "mountPropagation: None" "readOnly: true") | nindent 4 }}
    
{{ include "datadog.mount" (list "os-release-file" "/host/etc/os-release" "readOnly: true") | indent 4 }}
    {{- include "datadog.mount" (list "modules" "/lib/modules" "mountPropagation: None") | nindent 4 }}
    {{- include "datadog.mount" (list "src" "/usr/src" "mountPropagation: None" "readOnly: true") | nindent 4 }}
    {{- include "datadog.mount" (list "runtime-compiler-output-dir" "/var/tmp/datadog-agent/system-probe/build" "mountPropagation: None" "readOnly: false") | nindent 4 }}
    - name: kernel-headers-download-dir
      mountPath: /var/tmp/datadog-agent/system-probe/kernel-headers
    {{- include "datadog.mount" (list "apt-config-dir" "/host/etc/apt" "readOnly: true") | nindent 4 }}
{{- end -}}

{{- define "datadog.container.security-agent" -}}
{{- $compliance := .Values.datadog.securityAgent.compliance.enabled -}}
{{ include "datadog.container" (list . "security-agent" "security-agent" "start" "-c=/etc/datadog-agent/datadog.yaml") }}
  securityContext:
    {{- if $compliance }}
    capabilities:
      add:
      - AUDIT_CONTROL
      - AUDIT_READ
    {{- end }}
    readOnlyRootFilesystem: true
  env:
    {{- include "datadog.commonEnv" . | nindent 4 }}
    - name: DD_COMPLIANCE_CONFIG_ENABLED
      value: {{ $compliance | quote }}
    - name: DD_RUNTIME_SECURITY_CONFIG_ENABLED
      value: {{ .Values.datadog.securityAgent.runtime.enabled | quote }}
  volumeMounts:
    {{- include "datadog.mounts" . | nindent 4 }}
    {{- include "datadog.mount" (list "dsdsocket" "/var/run/datadog" "readOnly: false # Metrics are sent through the socket") | nindent 4 }}
    {{- include "datadog.mount" (list "sysprobe-socket-dir" "/var/run/sysprobe" "readOnly: false") | nindent 4 }}
    {{- if $compliance }}
    {{- include "datadog.mount" (list "passwd" "/etc/passwd" "readOnly: true") | nindent 4 }}
    {{- include "datadog.mount" (list "group" "/etc/group" "readOnly: true") | nindent 4 }}
    {{- include "datadog.mount" (list "hostroot" "/host/root" "readOnly: true") | nindent 4 }}
    {{- end }}
{{- end -}}
