{{- define "taskqueue.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "taskqueue.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "taskqueue.labels" -}}
{{ include "taskqueue.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- /* The image of a program: include "taskqueue.image" (list . "api") */ -}}
{{- define "taskqueue.image" -}}
{{- $ := index . 0 -}}
{{- if and (not $.Values.image.tag) (eq $.Chart.AppVersion "dev") -}}
{{- fail "this chart is of no release, so there are no images of its version: set image.tag" -}}
{{- end -}}
{{- printf "%s/taskqueue-%s:%s" $.Values.image.registry (index . 1) ($.Values.image.tag | default $.Chart.AppVersion) -}}
{{- end -}}

{{- define "taskqueue.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "taskqueue.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- /* A pool with what workerDefaults say: include "taskqueue.pool" (list . $pool) | fromYaml */ -}}
{{- define "taskqueue.pool" -}}
{{- $ := index . 0 -}}
{{- mergeOverwrite (deepCopy $.Values.workerDefaults) (index . 1 | default dict) | toYaml -}}
{{- end -}}

{{- /* The programs' configuration file. */ -}}
{{- define "taskqueue.config" -}}
{{- $api := dict "listen" "0.0.0.0:8080" -}}
{{- with .Values.api.keysSecret -}}
{{- $_ := set $api "auth" (dict "keysFile" "/etc/taskqueue/keys/keys.yaml") -}}
{{- end -}}
{{- with .Values.api.tlsSecret -}}
{{- $_ := set $api "tls" (dict "certFile" "/etc/taskqueue/tls/tls.crt" "keyFile" "/etc/taskqueue/tls/tls.key") -}}
{{- end -}}
{{- $ours := dict "api" $api "metrics" (dict "listen" "0.0.0.0:9090") "logging" (dict "format" "json") -}}
{{- mergeOverwrite $ours (deepCopy .Values.config) | toYaml -}}
{{- end -}}

{{- define "taskqueue.configChecksum" -}}
{{- include "taskqueue.config" . | sha256sum -}}
{{- end -}}

{{- define "taskqueue.environment" -}}
- name: TEMPORAL_ADDRESS
  value: {{ .Values.temporal.address | quote }}
- name: TEMPORAL_NAMESPACE
  value: {{ .Values.temporal.namespace | quote }}
{{- with .Values.temporal.apiKeySecret }}
{{- if .name }}
- name: TEMPORAL_API_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .key }}
{{- end }}
{{- end }}
{{- if .Values.temporal.tlsSecret }}
{{- if not (or .Values.temporal.tlsClient .Values.temporal.tlsCA) }}
{{- fail "temporal.tlsSecret has nothing that is used: set temporal.tlsClient, temporal.tlsCA or both" }}
{{- end }}
{{- if .Values.temporal.tlsClient }}
- name: TEMPORAL_TLS_CLIENT_CERT_PATH
  value: /etc/temporal/tls/tls.crt
- name: TEMPORAL_TLS_CLIENT_KEY_PATH
  value: /etc/temporal/tls/tls.key
{{- end }}
{{- if .Values.temporal.tlsCA }}
- name: TEMPORAL_TLS_SERVER_CA_CERT_PATH
  value: /etc/temporal/tls/ca.crt
{{- end }}
{{- end }}
{{- with .Values.environment }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "taskqueue.mounts" -}}
- name: config
  mountPath: /etc/taskqueue/config
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- if .Values.temporal.tlsSecret }}
- name: temporal-tls
  mountPath: /etc/temporal/tls
  readOnly: true
{{- end }}
{{- end -}}

{{- define "taskqueue.volumes" -}}
- name: tmp
  emptyDir: {}
{{- with .Values.temporal.tlsSecret }}
- name: temporal-tls
  secret:
    secretName: {{ . }}
{{- end }}
{{- end -}}

{{- /*
What all pods have in common: include "taskqueue.pod" (list . $account). Links to services are off because their variables begin with the names of
services: those of a release whose name begins with taskqueue would be taken for keys of the configuration.
*/ -}}
{{- define "taskqueue.pod" -}}
{{- $ := index . 0 -}}
serviceAccountName: {{ index . 1 }}
automountServiceAccountToken: {{ $.Values.serviceAccount.automountToken }}
enableServiceLinks: false
securityContext:
  {{- toYaml $.Values.podSecurityContext | nindent 2 }}
{{- with $.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* The probes of a program that serves its health beside its metrics. */ -}}
{{- define "taskqueue.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 6
{{- end -}}

{{- /* Where pods go: include "taskqueue.scheduling" (list . $values "component") */ -}}
{{- define "taskqueue.scheduling" -}}
{{- $ := index . 0 -}}
{{- $of := index . 1 -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "taskqueue.selector" $ | nindent 8 }}
        app.kubernetes.io/component: {{ index . 2 }}
{{- with $of.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $of.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $of.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
