/** A chart with a definition, an object of it, hooks and values, as files by their paths. */
export const chart: Readonly<Record<string, string>> = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: greeting\nversion: 0.1.0\nappVersion: "1"\n',
  'chart/values.yaml': 'replicas: 1\ntext: hello\n',
  'chart/crds/greetings.yaml': `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: greetings.tour.example.com}
spec:
  group: tour.example.com
  scope: Namespaced
  names: {plural: greetings, singular: greeting, kind: Greeting}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {text: {type: string}}}}
`,
  'chart/templates/greeting.yaml': `
apiVersion: tour.example.com/v1
kind: Greeting
metadata: {name: {{ .Release.Name }}}
spec: {text: {{ .Values.text | quote }}}
`,
  'chart/templates/web.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}, labels: {app: {{ .Release.Name }}}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: web, image: 'example/hello:1'}]}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {selector: {app: {{ .Release.Name }}}, ports: [{port: 80}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: {{ .Release.Name }}}
`,
  'chart/templates/hooks.yaml': `
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-before
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation}
data: {revision: '{{ .Release.Revision }}'}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-after
  annotations: {helm.sh/hook: post-install, helm.sh/hook-delete-policy: hook-succeeded}
`,
};
