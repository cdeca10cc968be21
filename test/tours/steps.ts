/** What a person does with kubectl in a day, command by command, and what is printed. */
import type { Step } from './shell.ts';

const web = (image: string, replicas = 2): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: '${image}', ports: [{containerPort: 80}]}]}
`;

const settings = (value: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: '${value}'}
`;

const pods = `
apiVersion: v1
kind: Pod
metadata: {name: placed, labels: {app: placed}}
spec: {nodeName: one, containers: [{name: main, image: 'example/hello:1'}]}
`;

const node = `
apiVersion: v1
kind: Node
metadata: {name: one}
`;

const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct]}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {cronSpec: {type: string}}}}
`;

const cronTab = (cronSpec: string): string => `
apiVersion: stable.example.com/v1
kind: CronTab
metadata: {name: mine}
spec: {cronSpec: '${cronSpec}'}
`;

const name = (command: string): string => `deployment.apps/web ${command}`;

/** An editor that needs no terminal. */
const editor = { KUBE_EDITOR: 'sed -i s/replicas:.5/replicas:\\ 6/' };

export const steps: readonly Step[] = [
  // documents
  { run: 'version', prints: /Server Version.*1\.35|Minor:"35"/s },
  { run: 'api-versions', prints: /^apps\/v1$[\s\S]*^v1$/m },
  { run: 'api-resources --api-group=apps -o name', prints: /^deployments\.apps$/m },
  { run: 'api-resources', prints: /^deployments\s+deploy\s+apps\/v1\s+true\s+Deployment$/m },
  { run: 'explain deployment.spec.replicas', prints: /replicas <integer>/ },
  { run: 'explain pod.spec --recursive', prints: /containers\s+<\[\]/ },
  { run: 'cluster-info', prints: /control plane.* is running at/ },
  { run: 'config view -o jsonpath={.kind}', prints: 'Config' },
  { run: 'config current-context', prints: /^\S+$/ },

  // client-side apply
  { run: 'apply -f -', input: web('example/hello:1'), prints: name('created') },
  { run: 'apply -f -', input: web('example/hello:1'), prints: name('unchanged') },
  { run: 'diff -f -', input: web('example/hello:1'), prints: '' },
  {
    run: 'diff -f -',
    input: web('example/hello:2'),
    code: 1,
    prints: /^\+\s+- image: example\/hello:2$|^\+\s+image: example\/hello:2$/m,
  },
  { run: 'apply -f -', input: web('example/hello:2'), prints: name('configured') },
  { run: 'apply --dry-run=server -f -', input: web('example/hello:3'), prints: name('configured (server dry run)') },
  { run: 'apply view-last-applied deploy/web', prints: /image: example\/hello:2/ },

  // get in all its forms
  { run: 'get deploy', prints: /^NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nweb\s+0\/2\s+0\s+0\s+\d+s$/ },
  { run: 'get deploy -o wide', prints: /web\s+example\/hello:2\s+app=web$/ },
  { run: 'get deploy --show-labels', prints: /\s+app=web$/ },
  { run: 'get deploy web -o name', prints: 'deployment.apps/web' },
  { run: 'get deploy web -o yaml', prints: /^apiVersion: apps\/v1\nkind: Deployment\n/m },
  { run: 'get deploy web -o json', prints: /"apiVersion": "apps\/v1",\n\s+"kind": "Deployment"/ },
  { run: `get deploy web -o 'jsonpath={.spec.replicas}'`, prints: '2' },
  { run: `get deploy web -o 'custom-columns=N:.metadata.name,R:.spec.replicas'`, prints: 'N     R\nweb   2' },
  { run: `get deploy web -o 'go-template={{.metadata.name}}'`, prints: 'web' },
  { run: 'get deploy -l app=other', prints: 'No resources found in default namespace.' },
  { run: 'get deploy --field-selector metadata.name=web -o name', prints: 'deployment.apps/web' },
  { run: 'get deploy -A --sort-by=.metadata.name --no-headers', prints: /^default\s+web\s/ },
  { run: 'get all -o name', prints: 'service/kubernetes\ndeployment.apps/web' },
  { run: 'get --raw /readyz', prints: 'ok' },
  { run: 'get deploy web --watch --request-timeout=1s', prints: /^NAME\s+READY[\s\S]*\nweb\s+0\/2/ },
  { run: 'describe deploy web', prints: /StrategyType:\s+RollingUpdate[\s\S]*Image:\s+example\/hello:2/ },

  // changes
  { run: 'scale deploy web --replicas=5', prints: name('scaled') },
  { run: 'edit deploy web', environment: editor, prints: name('edited') },
  { run: `get deploy web -o 'jsonpath={.spec.replicas}'`, prints: '6' },
  { run: 'set image deploy/web web=example/hello:3', prints: name('image updated') },
  { run: 'set env deploy/web A=b', prints: name('env updated') },
  { run: 'set resources deploy/web --limits=cpu=1', prints: name('resource requirements updated') },
  { run: 'label deploy web tier=front', prints: name('labeled') },
  { run: 'label deploy web tier-', prints: /deployment.apps\/web (labeled|unlabeled)/ },
  { run: 'annotate deploy web note=x', prints: name('annotated') },
  { run: `patch deploy web -p '{"spec":{"minReadySeconds":3}}'`, prints: name('patched') },
  { run: `patch deploy web --type=merge -p '{"spec":{"minReadySeconds":4}}'`, prints: name('patched') },
  {
    run: `patch deploy web --type=json -p '[{"op":"remove","path":"/spec/minReadySeconds"}]'`,
    prints: name('patched'),
  },
  { run: 'rollout restart deploy web', prints: name('restarted') },
  { run: 'rollout pause deploy web', prints: name('paused') },
  { run: 'rollout resume deploy web', prints: name('resumed') },
  { run: 'rollout status deploy web --watch=false', prints: /Waiting for deployment/ },
  {
    run: `wait '--for=condition=Available' deploy/web --timeout=1s`,
    code: 1,
    prints: /timed out waiting for the condition/,
  },
  // autoscaling/v1 until 1.31.
  {
    run: 'autoscale deploy web --max=3 --cpu-percent=60',
    prints: 'horizontalpodautoscaler.autoscaling/web autoscaled',
    until: 33,
  },
  {
    run: 'autoscale deploy web --max=3 --cpu=60%',
    prints: 'horizontalpodautoscaler.autoscaling/web autoscaled',
    since: 34,
  },
  { run: 'get hpa.v1.autoscaling', prints: /^web\s+Deployment\/web\s.*60%/m },
  { run: 'expose deploy web --port=80', prints: 'service/web exposed' },
  { run: 'replace -f -', input: web('example/hello:4'), prints: name('replaced') },
  { run: 'top nodes', code: 1, prints: /Metrics API not available/ },

  // generators
  { run: 'create namespace team', prints: 'namespace/team created' },
  { run: 'create deployment two --image=example/hello:1 --replicas=0 -n team', prints: 'deployment.apps/two created' },
  { run: 'create configmap plain --from-literal=a=b', prints: 'configmap/plain created' },
  { run: 'create secret generic keys --from-literal=a=b', prints: 'secret/keys created' },
  { run: 'create serviceaccount bob', prints: 'serviceaccount/bob created' },
  { run: 'create token bob', prints: /^ey[\w.-]+$/, since: 24 },
  { run: 'create role reader --verb=get --resource=pods', prints: 'role.rbac.authorization.k8s.io/reader created' },
  {
    run: 'create rolebinding reader --role=reader --user=eve',
    prints: 'rolebinding.rbac.authorization.k8s.io/reader created',
  },
  { run: 'create job once --image=example/hello:1', prints: 'job.batch/once created' },
  {
    run: `create cronjob hourly --image=example/hello:1 '--schedule=0 * * * *'`,
    prints: 'cronjob.batch/hourly created',
    since: 21,
  },
  { run: 'create quota q --hard=pods=3', prints: 'resourcequota/q created' },
  {
    run: 'create poddisruptionbudget keep --selector=app=web --min-available=1',
    prints: 'poddisruptionbudget.policy/keep created',
    since: 24,
  },
  { run: 'create priorityclass high --value=10', prints: 'priorityclass.scheduling.k8s.io/high created' },
  { run: `create ingress in '--rule=foo.com/*=web:80'`, prints: 'ingress.networking.k8s.io/in created' },
  { run: 'run solo --image=example/hello:1 --restart=Never --labels=app=solo', prints: 'pod/solo created' },
  { run: 'get pods', prints: /^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\nsolo\s+0\/1\s+Pending\s+0\s+\d+s$/ },
  { run: 'delete pod solo --force --grace-period=0', prints: /pod "solo" force deleted/ },

  // access
  { run: 'auth can-i get pods --as=eve', prints: 'yes' },
  { run: 'auth can-i delete pods --as=eve', code: 1, prints: /^no/ },
  { run: 'auth can-i --list --as=eve', prints: /^pods\s+\[\]\s+\[\]\s+\[get\]$/m },
  { run: 'auth whoami', prints: /^Username\s+\S+/m, since: 28 },
  {
    run: 'get pods --as=eve',
    code: 1,
    prints: /\(Forbidden\): pods is forbidden: User "eve" cannot list resource "pods"/,
  },

  // server-side apply
  { run: 'apply --server-side -f -', input: settings('1'), prints: 'configmap/settings serverside-applied' },
  {
    run: 'apply --server-side --field-manager=other -f -',
    input: settings('2'),
    code: 1,
    prints: /Apply failed with 1 conflict: conflict with "kubectl": \.data\.a/,
  },
  {
    run: 'apply --server-side --field-manager=other --force-conflicts -f -',
    input: settings('2'),
    prints: 'configmap/settings serverside-applied',
  },
  { run: 'diff --server-side --field-manager=other -f -', input: settings('2'), prints: '' },
  {
    run: 'get configmap settings -o yaml --show-managed-fields',
    prints: /manager: other\n\s+operation: Apply/,
    since: 21,
  },
  { run: 'get configmap settings -o yaml', prints: /^data:\n\s+a: "2"\nkind/m, since: 21 },
  {
    run: 'apply --server-side --force-conflicts -f -',
    input: web('example/hello:5'),
    prints: name('serverside-applied'),
  },
  { run: 'apply --server-side -f -', input: web('example/hello:6'), prints: name('serverside-applied') },

  // custom resources
  {
    run: 'apply -f -',
    input: crd,
    prints: 'customresourcedefinition.apiextensions.k8s.io/crontabs.stable.example.com created',
  },
  { run: 'wait --for=condition=Established crd/crontabs.stable.example.com --timeout=10s', prints: /condition met$/ },
  { run: 'apply -f -', input: cronTab('* * * * *'), prints: 'crontab.stable.example.com/mine created' },
  {
    run: 'apply --server-side --force-conflicts -f -',
    input: cronTab('1 * * * *'),
    prints: 'crontab.stable.example.com/mine serverside-applied',
  },
  { run: 'get ct mine -o jsonpath={.spec.cronSpec}', prints: '1 * * * *' },
  { run: 'explain ct.spec', prints: /cronSpec\s+<string>/ },
  {
    run: 'delete crd crontabs.stable.example.com',
    prints: /^customresourcedefinition.apiextensions.k8s.io "crontabs.stable.example.com" deleted$/,
  },

  // nodes
  { run: 'create -f -', input: node, prints: 'node/one created' },
  { run: 'cordon one', prints: 'node/one cordoned' },
  { run: 'create -f -', input: pods, prints: 'pod/placed created' },
  { run: 'drain one --force --timeout=2s', prints: /evicting pod default\/placed/, code: 1 },
  { run: 'uncordon one', prints: 'node/one uncordoned' },
  { run: 'taint node one a=b:NoSchedule', prints: 'node/one tainted' },

  // an end
  { run: 'delete deploy web --cascade=foreground --wait=false', prints: /^deployment.apps "web" deleted/ },
  { run: `get deploy web -o 'jsonpath={.metadata.finalizers}'`, prints: '["foregroundDeletion"]' },
  { run: 'delete configmap plain --cascade=orphan --wait=false', prints: /^configmap "plain" deleted/ },
  { run: 'delete configmap settings --cascade=background', prints: /^configmap "settings" deleted/ },
  { run: 'get configmap settings', code: 1, prints: 'Error from server (NotFound): configmaps "settings" not found' },
  { run: 'delete secret,serviceaccount --all', prints: /serviceaccount "bob" deleted/ },
  { run: 'get nopes', code: 1, prints: `error: the server doesn't have a resource type "nopes"` },
];
