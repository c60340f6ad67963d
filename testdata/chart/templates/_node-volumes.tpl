{{/* Arguments: name, path, and type if it has one. */}}
{{- define "datadog.hostPath" -}}
- hostPath:
    path: {{ index . 1 }}
    {{- if gt (len .) 2 }}
    type: {{ index . 2 }}
    {{- end }}
  name: {{ index . 0 }}
{{ end -}}

{{- define "datadog.volumes" -}}
{{- $autopilot := .Values.providers.gke.autopilot -}}
{{- $logs := .Values.datadog.logs.enabled -}}
{{- range list "auth-token" "config" "logdatadog" "tmpdir" "s6-run" "sysprobe-socket-dir" }}
{{- include "datadog.emptyDir" . }}
{{- end -}}
- name: installinfo
  configMap:
    name: {{ include "datadog.fullname" . }}-installinfo

{{ include "datadog.hostPath" (list "procdir" "/proc") }}
{{- include "datadog.hostPath" (list "cgroups" "/sys/fs/cgroup") }}
{{- include "datadog.hostPath" (list "os-release-file" "/etc/os-release") }}
{{- include "datadog.hostPath" (list "passwd" "/etc/passwd") }}
{{- include "datadog.hostPath" (list "runtimesocketdir" (ternary "/var/run/containerd" "/var/run" $autopilot)) }}
{{- if $autopilot }}
{{- include "datadog.emptyDir" "dsdsocket" }}
{{- include "datadog.hostPath" (list "pointerdir" "/var/autopilot/addon/datadog/logs") }}
{{- else }}
{{- include "datadog.hostPath" (list "dsdsocket" "/var/run/datadog" "DirectoryOrCreate") }}
{{- if $logs }}
{{- include "datadog.hostPath" (list "pointerdir" "\"/var/lib/datadog-agent/logs\"") }}
{{- else }}
{{- include "datadog.emptyDir" "datadogrun" }}
{{- end }}
{{- end }}
{{- if $logs }}
{{- include "datadog.hostPath" (list "logpodpath" "/var/log/pods") }}
{{- include "datadog.hostPath" (list "logscontainerspath" "/var/log/containers") }}
{{- end }}
{{- if .Values.datadog.securityAgent.compliance.enabled }}
{{- include "datadog.hostPath" (list "group" "/etc/group") }}
{{- include "datadog.hostPath" (list "hostroot" "/") }}
{{- end }}
{{- if .Values.datadog.systemProbe.enabled -}}
- name: sysprobe-config
  configMap:
    name: {{ include "datadog.fullname" . }}-system-probe-config
- name: datadog-agent-security
  configMap:
    name: {{ include "datadog.fullname" . }}-security
{{ range list (list "seccomp-root" "/var/lib/kubelet/seccomp") (list "debugfs" "/sys/kernel/debug") (list "modules" "/lib/modules")
  (list "src" "/usr/src") (list "apt-config-dir" "/etc/apt")
  (list "runtime-compiler-output-dir" "/var/tmp/datadog-agent/system-probe/build" "DirectoryOrCreate")
  (list "kernel-headers-download-dir" "/var/tmp/datadog-agent/system-probe/kernel-headers" "DirectoryOrCreate") }}
{{- include "datadog.hostPath" . }}
{{- end }}
{{- end }}
{{- with .Values.agents.volumes }}
{{- toYaml . }}
{{- end }}
{{- end -}}

{{- define "datadog.windowsVolumes" -}}
- name: config
  emptyDir: {}
# The container runtime is reached through a named pipe.
- hostPath:
    path: \\.\pipe\docker_engine
  name: runtimesocket
{{- end -}}
