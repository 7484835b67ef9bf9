{{/* Name of the objects. */}}
{{- define "ephemera.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "ephemera.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "ephemera.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "ephemera.selectorLabels" . }}
app.kubernetes.io/part-of: ephemera
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "ephemera.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "ephemera.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name must be set when serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* An image's reference: a list of its values and the tag to fall back on. */}}
{{- define "ephemera.image" -}}
{{- $image := index . 0 }}
{{- $tag := index . 1 }}
{{- if $image.digest }}
{{- printf "%s@%s" $image.repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $image.repository (default $tag $image.tag) }}
{{- end }}
{{- end }}

{{/* The resource that brings /dev/kvm into a pod; empty: there is none. */}}
{{- define "ephemera.kvmResource" -}}
{{- default (ternary "ephemera.dev/kvm" "" .Values.kvmDevicePlugin.enabled) .Values.runner.kvmResource }}
{{- end }}

{{/* Labels of what is not the operator: a list of the context and the component's name. */}}
{{- define "ephemera.componentSelectorLabels" -}}
{{- include "ephemera.selectorLabels" (index . 0) | replace "component: operator" (printf "component: %s" (index . 1)) }}
{{- end }}
{{- define "ephemera.componentLabels" -}}
{{- include "ephemera.labels" (index . 0) | replace "component: operator" (printf "component: %s" (index . 1)) }}
{{- end }}
