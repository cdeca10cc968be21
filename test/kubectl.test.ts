/** The real kubectl and helm against a kernel without servers: what they print is what they print on Kubernetes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startKernel } from './kernel.ts';
import { helm, kubectl, needsKubectl, type Outcome } from './kubectl.ts';

interface Shell extends AsyncDisposable {
  run(command: string, input?: string): Promise<Outcome>;
  helm(command: string): Promise<Outcome>;
  /** Runs the command and compares all it prints; a RegExp may match a part. */
  expect(command: string, output: string | RegExp, input?: string): Promise<void>;
  readonly home: string;
}

const words = (command: string): string[] =>
  (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'|'$/g, ''));

async function startShell(): Promise<Shell> {
  const cell = await startKernel();
  const home = mkdtempSync(join(tmpdir(), 'diatom-kubectl-'));
  const access = { kubeconfig: cell.kernel.kubeconfigPath, home };
  const run = (command: string, input?: string) =>
    kubectl(words(command), { ...access, ...(input === undefined ? {} : { input }) });
  return {
    home,
    run,
    helm: (command) => helm(words(command), access),
    expect: async (command, output, input) => {
      const { stdout, stderr } = await run(command, input);
      const printed = (stdout + stderr).trimEnd();
      if (typeof output === 'string') assert.equal(printed, output, command);
      else assert.match(printed, output, command);
    },
    [Symbol.asyncDispose]: async () => {
      await cell[Symbol.asyncDispose]();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'example/hello:1', ports: [{containerPort: 80}]}]}
`;

test('apply, change, look at and delete a deployment', needsKubectl, async () => {
  await using shell = await startShell();
  await shell.expect('apply -f -', 'deployment.apps/web created', deployment);
  await shell.expect('apply -f -', 'deployment.apps/web unchanged', deployment);
  await shell.expect('apply -f -', 'deployment.apps/web configured', deployment.replace('hello:1', 'hello:2'));
  await shell.expect('diff -f -', '', deployment.replace('hello:1', 'hello:2'));
  await shell.expect('get deploy', /^NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nweb\s+0\/2\s+0\s+0\s+\d+s$/);
  await shell.expect('get deploy -o wide', /CONTAINERS\s+IMAGES\s+SELECTOR\n.*web\s+example\/hello:2\s+app=web$/);
  await shell.expect('get deploy web -o name', 'deployment.apps/web');
  await shell.expect('get all -l app=web -o name', 'deployment.apps/web');
  await shell.expect('scale deploy web --replicas=5', 'deployment.apps/web scaled');
  await shell.expect('set image deploy/web web=example/hello:3', 'deployment.apps/web image updated');
  await shell.expect('label deploy web tier=front', 'deployment.apps/web labeled');
  await shell.expect('annotate deploy web note=x', 'deployment.apps/web annotated');
  await shell.expect(`patch deploy web -p '{"spec":{"minReadySeconds":3}}'`, 'deployment.apps/web patched');
  await shell.expect(
    `patch deploy web --type=merge -p '{"spec":{"minReadySeconds":4}}'`,
    'deployment.apps/web patched',
  );
  await shell.expect(
    `patch deploy web --type=json -p '[{"op":"test","path":"/spec/minReadySeconds","value":4},{"op":"remove","path":"/spec/minReadySeconds"}]'`,
    'deployment.apps/web patched',
  );
  await shell.expect(
    `get deploy web -o 'jsonpath={.spec.replicas} {.metadata.generation} {.metadata.labels.tier}'`,
    '5 7 front',
  );
  await shell.expect('describe deploy web', /StrategyType:\s+RollingUpdate[\s\S]*Image:\s+example\/hello:3/);
  await shell.expect('rollout restart deploy web', 'deployment.apps/web restarted');
  await shell.expect('delete deploy web', 'deployment.apps "web" deleted from default namespace');
  await shell.expect('get deploy', 'No resources found in default namespace.');
});

test('typed clients: create and expose, in protobuf', needsKubectl, async () => {
  await using shell = await startShell();
  await shell.expect('create namespace team', 'namespace/team created');
  await shell.expect(
    'create deployment web --image=example/hello:1 --replicas=0 -n team',
    'deployment.apps/web created',
  );
  await shell.expect(`get deploy web -n team -o 'jsonpath={.spec.replicas}'`, '0');
  await shell.expect('create configmap settings --from-literal=a=b', 'configmap/settings created');
  await shell.expect('create secret generic keys --from-literal=a=b', 'secret/keys created');
  await shell.expect(`get secret keys -o 'jsonpath={.type} {.data.a}'`, 'Opaque Yg==');
  await shell.expect('create serviceaccount bob', 'serviceaccount/bob created');
  await shell.expect('create token bob', /^ey[\w.-]+$/);
  await shell.expect('create role reader --verb=get --resource=pods', 'role.rbac.authorization.k8s.io/reader created');
  await shell.expect(
    'create rolebinding reader --role=reader --user=eve',
    'rolebinding.rbac.authorization.k8s.io/reader created',
  );
  await shell.expect('auth can-i get pods --as=eve', 'yes');
  await shell.expect('auth can-i delete pods --as=eve', 'no');
  await shell.expect('auth whoami', /^ATTRIBUTE\s+VALUE\nUsername\s+\S+/);
  await shell.expect('expose deploy web -n team --port=80', 'service/web exposed');
  await shell.expect(
    'get svc -n team',
    /^NAME\s+TYPE\s+CLUSTER-IP\s+EXTERNAL-IP\s+PORT\(S\)\s+AGE\nweb\s+ClusterIP\s+10\.0\.0\.\d+\s+<none>\s+80\/TCP/,
  );
  await shell.expect('run one --image=example/hello:1 --restart=Never', 'pod/one created');
  await shell.expect('get pods', /^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\none\s+0\/1\s+Pending\s+0\s+\d+s$/);
  await shell.expect('get pods --field-selector status.phase=Running', 'No resources found in default namespace.');
});

const wrong = (spec: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: bad}
spec: ${spec}
`;

test('mistakes are answered in the words of Kubernetes', needsKubectl, async () => {
  await using shell = await startShell();
  await shell.expect('get pod nope', 'Error from server (NotFound): pods "nope" not found');
  await shell.expect('get nopes', `error: the server doesn't have a resource type "nopes"`);
  await shell.expect(
    'create namespace default',
    'Error from server (AlreadyExists): namespaces "default" already exists',
  );
  await shell.expect(
    'get pods --as=eve',
    'Error from server (Forbidden): pods is forbidden: User "eve" cannot list resource "pods" in API group "" in the namespace "default"',
  );
  await shell.expect(
    'create -f -',
    'Error from server (BadRequest): error when creating "STDIN": Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replicaz"',
    wrong('{replicaz: 1}'),
  );
  await shell.expect(
    'create -f -',
    'Error from server (BadRequest): error when creating "STDIN": Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    wrong('{replicas: "two"}'),
  );
  await shell.expect(
    'create -f -',
    [
      'The Deployment "bad" is invalid: ',
      '* spec.template.metadata.labels: Invalid value: {"app":"b"}: `selector` does not match template `labels`',
      '* spec.template.spec.containers[1].name: Duplicate value: "a"',
      '* spec.template.spec.containers[1].image: Required value',
    ].join('\n'),
    wrong(
      '{selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: b}}, spec: {containers: [{name: a, image: x}, {name: a}]}}}',
    ),
  );
  await shell.expect(
    'create --validate=warn -f -',
    /^configmap\/c created\nWarning: unknown field "dataz"$/,
    '{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, dataz: {}}',
  );
});

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, kind: CronTab, shortNames: [ct]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns: [{name: Spec, type: string, jsonPath: .spec.cronSpec}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              cronSpec: {type: string}
              replicas: {type: integer, minimum: 1}
`;

const cronTab = (spec: string): string => `
apiVersion: stable.example.com/v1
kind: CronTab
metadata: {name: mine}
spec: ${spec}
`;

test('a definition and then its objects, with schema validation', needsKubectl, async () => {
  await using shell = await startShell();
  await shell.expect(
    'apply -f -',
    'customresourcedefinition.apiextensions.k8s.io/crontabs.stable.example.com created',
    definition,
  );
  await shell.expect(
    'wait --for=condition=Established crd --all --timeout=10s',
    'customresourcedefinition.apiextensions.k8s.io/crontabs.stable.example.com condition met',
  );
  await shell.expect('apply -f -', 'crontab.stable.example.com/mine created', cronTab(`{cronSpec: '* * * * *'}`));
  await shell.expect('get ct', 'NAME   SPEC\nmine   * * * * *');
  await shell.expect('explain ct.spec.replicas', /FIELD: replicas <integer>/);
  await shell.expect('apply -f -', /strict decoding error: unknown field "spec.other"$/, cronTab('{other: 1}'));
  await shell.expect(
    'apply -f -',
    /The CronTab "mine" is invalid: spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1/,
    cronTab('{replicas: 0}'),
  );
  await shell.expect(
    'delete crd crontabs.stable.example.com',
    'customresourcedefinition.apiextensions.k8s.io "crontabs.stable.example.com" deleted',
  );
});

test('server-side apply and its conflicts', needsKubectl, async () => {
  await using shell = await startShell();
  await shell.expect('apply --server-side -f -', 'deployment.apps/web serverside-applied', deployment);
  await shell.expect('scale deploy web --replicas=7', 'deployment.apps/web scaled');
  await shell.expect(
    'apply --server-side -f -',
    /^error: Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps\/v1 at \S+: \.spec\.replicas/,
    deployment,
  );
  await shell.expect(
    'apply --server-side --force-conflicts -f -',
    'deployment.apps/web serverside-applied',
    deployment,
  );
  await shell.expect(`get deploy web -o 'jsonpath={.spec.replicas}'`, '2');
});

test('wait sees deletions and changes', needsKubectl, async () => {
  await using shell = await startShell();
  await shell.run('create configmap one');
  await shell.run('create configmap two --from-literal=a=x');
  // Each holds whether kubectl asks before or after the change.
  const waits = [
    shell.run('wait --for=delete configmap/one --timeout=20s'),
    shell.run(`wait '--for=jsonpath={.data.a}=b' configmap/two --timeout=20s`),
  ];
  await shell.run(`patch configmap two -p '{"data":{"a":"b"}}'`);
  await shell.run('delete configmap one');
  for (const { code, stderr } of await Promise.all(waits)) assert.equal(code, 0, stderr);
});

test('helm 4 installs, upgrades, rolls back and uninstalls a chart', needsKubectl, async () => {
  await using shell = await startShell();
  const chart = join(shell.home, 'chart');
  assert.equal((await shell.helm(`create ${chart}`)).code, 0);
  for (const command of [
    `install one ${chart}`,
    `upgrade one ${chart} --set replicaCount=2`,
    'rollback one 1',
    'uninstall one',
  ]) {
    const { code, stderr } = await shell.helm(command);
    assert.equal(code, 0, `${command}: ${stderr}`);
  }
  await shell.expect('get deploy', 'No resources found in default namespace.');
});

test('documents: explain, api-resources, version', needsKubectl, async () => {
  await using shell = await startShell();
  await shell.expect(
    'explain deployment.spec.strategy.type',
    /KIND:\s+Deployment\nVERSION:\s+v1\n\nFIELD: type <string>/,
  );
  await shell.expect(
    'api-resources --namespaced=false --categories=api-extensions -o name',
    /^customresourcedefinitions\.apiextensions\.k8s\.io\napiservices\.apiregistration\.k8s\.io$/m,
  );
  await shell.expect('version', /Server Version: v1\.35\./);
});
