{{- define "datadog.init-volume" -}}
- name: init-volume
  
  image: {{ include "datadog.agentImage" . }}
  imagePullPolicy: IfNotPresent
  command: ["bash", "-c"]
  args:
    - cp -r /etc/datadog-agent /opt
  volumeMounts:
    {{- include "datadog.mount" (list "config" "/opt/datadog-agent" "readOnly: false # Filled with the image's defaults") | nindent 4 }}
  resources:
    {}
{{- end -}}

{{- define "datadog.init-config" -}}
- name: init-config
  
  image: {{ include "datadog.agentImage" . }}
  imagePullPolicy: IfNotPresent
  command:
    - bash
    - -c
  args:
    - for script in $(find /etc/cont-init.d/ -name '*.sh' | sort) ; do bash $script ; done
  volumeMounts:
    {{- include "datadog.mount" (list "config" "/etc/datadog-agent" "readOnly: false # Written at start") | nindent 4 }}
{{- end -}}

{{- define "datadog.init-linux" -}}
{{ include "datadog.init-config" . }}
    {{- include "datadog.mount" (list "logdatadog" "/var/log/datadog" "readOnly: false # Logs are written here") | nindent 4 }}
    
{{ include "datadog.mount" (list "runtimesocketdir" "/host/var/run" "mountPropagation: None" "readOnly: true") | indent 4 }}
  env:
    {{- include "datadog.commonEnv" . | nindent 4 }}
  resources:
    {}
    
{{- if .Values.datadog.systemProbe.enabled }}
- name: seccomp-setup
  
  image: {{ include "datadog.agentImage" . }}
  command:
  - cp
  - /etc/config/system-probe-seccomp.json
  - /host/var/lib/kubelet/seccomp/system-probe
  volumeMounts:
  {{- include "datadog.mount" (list "datadog-agent-security" "/etc/config" "readOnly: true") | nindent 2 }}
  {{- include "datadog.mount" (list "seccomp-root" "/host/var/lib/kubelet/seccomp" "mountPropagation: None" "readOnly: false # The profile is copied here") | nindent 2 }}
  resources:
    {}
{{- end }}
{{- end -}}
