/** What the upstream conformance tests of AdmissionWebhook check of the API, each under its name there. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Transport } from '@diatom/sdk';
import { type Answer, call, configMap, startKernel, type TestKernel } from '../kernel.ts';
import { type Json, type ReviewRequest, serveWebhooks, type Verdict, type WebhookServer } from '../webhook-server.ts';

const group = '/apis/admissionregistration.k8s.io/v1';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const namespace = 'webhooks';
const inNamespace = (resource: string): string => `/api/v1/namespaces/${namespace}/${resource}`;
const crontabs = (version = 'v1'): string => `/apis/stable.example.com/${version}/namespaces/${namespace}/crontabs`;
const mergePatch = { 'content-type': 'application/merge-patch+json' };
const jsonPatch = { 'content-type': 'application/json-patch+json' };

let kernel: TestKernel;
let api: Transport;
let server: WebhookServer;

const deny = (message: string): Verdict => ({ allowed: false, status: { message } });
const allowed: Verdict = { allowed: true };

const dataOf = (object: Json | null): Readonly<Record<string, string>> =>
  (object?.data ?? {}) as Readonly<Record<string, string>>;

/** A stage of a mutation adds its own key once the one before has. */
function addStages({ object }: ReviewRequest): Verdict {
  const data = dataOf(object);
  const add = (name: string): object => ({ op: 'add', path: `/data/${name}`, value: 'yes' });
  if (data['mutation-start'] === 'yes' && data['mutation-stage-1'] === undefined)
    return { allowed: true, patch: [add('mutation-stage-1')] };
  if (data['mutation-stage-1'] === 'yes' && data['mutation-stage-2'] === undefined)
    return { allowed: true, patch: [add('mutation-stage-2')] };
  return allowed;
}

function judgeData({ object, oldObject, operation }: ReviewRequest): Verdict {
  const subject = operation === 'DELETE' ? oldObject : object;
  const isWrong = Object.values(dataOf(subject)).includes('webhook-disallow');
  return isWrong ? deny('the custom resource contains unwanted data') : allowed;
}

/** The slow webhook is one that answers when the test says so. */
const arrived = Promise.withResolvers<void>();
const released = Promise.withResolvers<void>();

const answerers = {
  '/pods': ({ object }: ReviewRequest): Verdict => {
    const { containers = [] } = (object?.spec ?? {}) as { containers?: readonly { name: string }[] };
    const why: string[] = [];
    if (containers.some(({ name }) => name.includes('webhook-disallow')))
      why.push('the pod contains unwanted container name');
    const labels = (object?.metadata?.labels ?? {}) as Readonly<Record<string, string>>;
    if (labels['webhook-e2e-test'] === 'webhook-disallow') why.push('the pod contains unwanted label');
    return why.length === 0 ? allowed : deny(why.join('; '));
  },
  '/pods/attach': ({ name }: ReviewRequest): Verdict => deny(`attaching to pod '${name}' is not allowed`),
  '/configmaps': ({ object }: ReviewRequest): Verdict =>
    Object.values(dataOf(object)).includes('webhook-disallow')
      ? deny('the configmap contains unwanted key and value')
      : allowed,
  '/mutating': addStages,
  '/mutating-pods': (): Verdict => ({
    allowed: true,
    patch: [{ op: 'add', path: '/spec/initContainers', value: [{ name: 'webhook-added', image: 'example/x:1' }] }],
  }),
  '/custom': judgeData,
  '/always-deny': (): Verdict => deny('this webhook denies all requests'),
  '/slow': async (request: ReviewRequest): Promise<Verdict> => {
    if (request.name === 'slow') arrived.resolve();
    await released.promise;
    return allowed;
  },
  '/label': (): Verdict => ({
    allowed: true,
    patch: [{ op: 'add', path: '/metadata/labels', value: { 'mutated-by': 'webhook' } }],
  }),
};

before(async () => {
  kernel = await startKernel();
  api = kernel.port();
  server = await serveWebhooks(answerers, [`hook.${namespace}.svc`]);
  await call(api, 'POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  const ports = [{ port: server.port }];
  const service = { metadata: { name: 'hook' }, spec: { ports } };
  assert.equal((await call(api, 'POST', inNamespace('services'), service)).status, 201);
  const endpoints = { metadata: { name: 'hook' }, subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports }] };
  assert.equal((await call(api, 'POST', inNamespace('endpoints'), endpoints)).status, 201);
});

after(async () => {
  await server[Symbol.asyncDispose]();
  await kernel[Symbol.asyncDispose]();
});

afterEach(async () => {
  for (const resource of ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'])
    await call(api, 'DELETE', `${group}/${resource}`);
});

interface Rule {
  readonly operations: readonly string[];
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
}

const rule = (operations: string, resources: string, apiGroup = ''): Rule => ({
  operations: operations.split(' '),
  apiGroups: [apiGroup],
  apiVersions: ['v1'],
  resources: resources.split(' '),
});

const atService = (path: string): object => ({
  service: { namespace, name: 'hook', path, port: server.port },
  caBundle: server.caBundle,
});

const webhook = (path: string, rules: readonly Rule[], more: object = {}): object => ({
  name: `${path.slice(1).replaceAll('/', '-')}.k8s.io`.replace(/^/, 'hook.'),
  clientConfig: atService(path),
  rules,
  sideEffects: 'None',
  admissionReviewVersions: ['v1', 'v1beta1'],
  ...more,
});

type Configuration = 'mutating' | 'validating';

const collection = (type: Configuration): string => `${group}/${type}webhookconfigurations`;

async function configure(type: Configuration, name: string, webhooks: readonly object[]): Promise<Answer> {
  const answer = await call(api, 'POST', collection(type), { metadata: { name, labels: { e2e: 'yes' } }, webhooks });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer;
}

const pod = (name: string, container = 'example', labels: object = {}): object => ({
  metadata: { name, labels },
  spec: { containers: [{ name: container, image: 'example/x:1' }] },
});

test('AdmissionWebhook should include webhook resources in discovery documents', async () => {
  const { body } = await call<{ groups: readonly { name: string; versions: readonly { version: string }[] }[] }>(
    api,
    'GET',
    '/apis',
  );
  const found = body.groups.find(({ name }) => name === 'admissionregistration.k8s.io');
  assert.deepEqual(
    found?.versions.map(({ version }) => version),
    ['v1'],
  );
  const list = await call<{ resources: readonly { name: string }[] }>(api, 'GET', group);
  const names = list.body.resources.map(({ name }) => name);
  for (const name of ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'])
    assert.ok(names.includes(name), name);
});

test('AdmissionWebhook should be able to deny pod and configmap creation', async () => {
  const skip = { matchExpressions: [{ key: 'skip-webhook-admission', operator: 'NotIn', values: ['yes'] }] };
  await configure('validating', 'deny', [
    webhook('/pods', [rule('CREATE', 'pods')]),
    webhook('/configmaps', [rule('CREATE UPDATE DELETE', 'configmaps')], { namespaceSelector: skip }),
    webhook('/nowhere', [rule('CREATE', 'configmaps')], { failurePolicy: 'Ignore' }),
  ]);
  const wrong = pod('disallowed-pod', 'webhook-disallow', { 'webhook-e2e-test': 'webhook-disallow' });
  const refused = await call(api, 'POST', inNamespace('pods'), wrong);
  assert.deepEqual(
    [refused.status, refused.body.message],
    [
      400,
      'admission webhook "hook.pods.k8s.io" denied the request: the pod contains unwanted container name; the pod contains unwanted label',
    ],
  );
  const path = inNamespace('configmaps');
  const disallowed = { data: { 'webhook-e2e-test': 'webhook-disallow' } };
  const message =
    'admission webhook "hook.configmaps.k8s.io" denied the request: the configmap contains unwanted key and value';
  const created = await call(api, 'POST', path, { ...configMap('no'), ...disallowed });
  assert.deepEqual([created.status, created.body.message], [400, message]);
  assert.equal((await call(api, 'POST', path, configMap('yes', { admit: 'this' }))).status, 201);
  const put = await call(api, 'PUT', `${path}/yes`, { ...configMap('yes'), ...disallowed });
  assert.deepEqual([put.status, put.body.message], [400, message]);
  const patched = await call(api, 'PATCH', `${path}/yes`, disallowed, mergePatch);
  assert.deepEqual([patched.status, patched.body.message], [400, message]);
  const skipped = { metadata: { name: 'exempted', labels: { 'skip-webhook-admission': 'yes' } } };
  await call(api, 'POST', '/api/v1/namespaces', skipped);
  const inSkipped = await call(api, 'POST', '/api/v1/namespaces/exempted/configmaps', {
    ...configMap('no'),
    ...disallowed,
  });
  assert.equal(inSkipped.status, 201);
});

test('AdmissionWebhook should be able to deny attaching pod', async () => {
  await configure('validating', 'attaching', [webhook('/pods/attach', [rule('CONNECT', 'pods/attach')])]);
  assert.equal((await call(api, 'POST', inNamespace('pods'), pod('to-be-attached-pod'))).status, 201);
  const attached = await call(api, 'POST', `${inNamespace('pods')}/to-be-attached-pod/attach?stdout=true`);
  assert.equal(attached.status, 400);
  assert.match(String(attached.body.message), /attaching to pod 'to-be-attached-pod' is not allowed/);
});

const crontab = (name: string, data: Readonly<Record<string, string>>): object => ({
  apiVersion: 'stable.example.com/v1',
  kind: 'CronTab',
  metadata: { name },
  data,
});

/** A definition of crontabs for as long as the test uses it. */
async function withCronTabs(
  use: () => Promise<void>,
  more: object = {},
  versions: readonly object[] = [version('v1')],
) {
  const definition = {
    metadata: { name: 'crontabs.stable.example.com' },
    spec: {
      group: 'stable.example.com',
      scope: 'Namespaced',
      names: { plural: 'crontabs', kind: 'CronTab' },
      versions,
      ...more,
    },
  };
  const made = await call(api, 'POST', definitions, definition);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  try {
    await use();
  } finally {
    for (const type of ['mutating', 'validating'] as const) await call(api, 'DELETE', collection(type));
    await call(api, 'DELETE', crontabs());
    await call(api, 'DELETE', `${definitions}/crontabs.stable.example.com`);
    while ((await call(api, 'GET', `${definitions}/crontabs.stable.example.com`)).status !== 404) await turn();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const version = (name: string, data: object = { 'x-kubernetes-preserve-unknown-fields': true }, storage = true) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: 'object', properties: { data: { type: 'object', ...data } } } },
});

test('AdmissionWebhook should be able to deny custom resource creation, update and deletion', () =>
  withCronTabs(async () => {
    const rules = [rule('CREATE UPDATE DELETE', 'crontabs', 'stable.example.com')];
    await configure('validating', 'custom', [webhook('/custom', rules)]);
    const refused = await call(api, 'POST', crontabs(), crontab('wrong', { key: 'webhook-disallow' }));
    assert.match(String(refused.body.message), /the custom resource contains unwanted data/);
    await call(api, 'DELETE', collection('validating'));
    assert.equal((await call(api, 'POST', crontabs(), crontab('wrong', { key: 'webhook-disallow' }))).status, 201);
    assert.equal((await call(api, 'POST', crontabs(), crontab('right', { key: 'fine' }))).status, 201);
    await configure('validating', 'custom', [webhook('/custom', rules)]);
    const patched = await call(api, 'PATCH', `${crontabs()}/right`, { data: { key: 'webhook-disallow' } }, mergePatch);
    assert.match(String(patched.body.message), /the custom resource contains unwanted data/);
    const deleted = await call(api, 'DELETE', `${crontabs()}/wrong`);
    assert.match(String(deleted.body.message), /the custom resource contains unwanted data/);
    assert.equal((await call(api, 'PATCH', `${crontabs()}/wrong`, { data: { key: 'ok' } }, mergePatch)).status, 200);
    assert.equal((await call(api, 'DELETE', `${crontabs()}/wrong`)).status, 200);
  }));

test('AdmissionWebhook should unconditionally reject operations on fail closed webhook', async () => {
  await configure('validating', 'closed', [
    webhook('/configmaps', [rule('CREATE', 'configmaps')], {
      clientConfig: { service: { namespace, name: 'hook', path: '/configmaps', port: server.port } },
      namespaceSelector: { matchLabels: { 'fail-closed': 'yes' } },
    }),
  ]);
  const failing = { metadata: { name: 'failing', labels: { 'fail-closed': 'yes' } } };
  await call(api, 'POST', '/api/v1/namespaces', failing);
  const { status, body } = await call(api, 'POST', '/api/v1/namespaces/failing/configmaps', configMap('foo'));
  assert.deepEqual([status, body.reason], [500, 'InternalError']);
  const url = `https://hook.${namespace}.svc:${server.port}/configmaps?timeout=10s`;
  assert.equal(
    body.message,
    `Internal error occurred: failed calling webhook "hook.configmaps.k8s.io": failed to call webhook: Post "${url}": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  );
});

test('AdmissionWebhook should mutate configmap', async () => {
  await configure('mutating', 'stages', [
    webhook('/mutating', [rule('CREATE', 'configmaps')], { name: 'adding-configmap-data-stage-1.k8s.io' }),
    webhook('/mutating', [rule('CREATE', 'configmaps')], { name: 'adding-configmap-data-stage-2.k8s.io' }),
  ]);
  const created = await call(api, 'POST', inNamespace('configmaps'), configMap('stages', { 'mutation-start': 'yes' }));
  assert.deepEqual(created.body.data, {
    'mutation-start': 'yes',
    'mutation-stage-1': 'yes',
    'mutation-stage-2': 'yes',
  });
});

test('AdmissionWebhook should mutate pod and apply defaults after mutation', async () => {
  await configure('mutating', 'pods', [webhook('/mutating-pods', [rule('CREATE', 'pods')])]);
  const { body } = await call<{ spec: { initContainers: readonly Json[] } }>(
    api,
    'POST',
    inNamespace('pods'),
    pod('webhook-to-be-mutated'),
  );
  assert.deepEqual(
    body.spec.initContainers.map(({ name, terminationMessagePolicy }) => [name, terminationMessagePolicy]),
    [['webhook-added', 'File']],
  );
});

test('AdmissionWebhook should not be able to mutate or prevent deletion of webhook configuration objects', async () => {
  const everything = [rule('*', '*', '*')].map((one) => ({ ...one, apiVersions: ['*'] }));
  await configure('validating', 'deny-all', [webhook('/always-deny', everything)]);
  await configure('mutating', 'label-all', [webhook('/label', everything)]);
  const dummy = [webhook('/configmaps', [rule('CREATE', 'invalid')])];
  for (const type of ['mutating', 'validating'] as const) {
    const { body } = await configure(type, 'dummy', dummy);
    assert.deepEqual((body.metadata as { labels: object }).labels, { e2e: 'yes' });
    assert.equal((await call(api, 'DELETE', `${collection(type)}/dummy`)).status, 200);
  }
  assert.equal((await call(api, 'POST', inNamespace('configmaps'), configMap('denied'))).status, 400);
});

test('AdmissionWebhook should mutate custom resource', () =>
  withCronTabs(async () => {
    await configure('mutating', 'custom', [
      webhook('/mutating', [rule('CREATE UPDATE', 'crontabs', 'stable.example.com')], { name: 'a.mutate.k8s.io' }),
      webhook('/mutating', [rule('CREATE UPDATE', 'crontabs', 'stable.example.com')], { name: 'b.mutate.k8s.io' }),
    ]);
    const created = await call(api, 'POST', crontabs(), crontab('a', { 'mutation-start': 'yes' }));
    const wanted = { 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' };
    assert.deepEqual(created.body.data, wanted);
  }));

test('AdmissionWebhook should mutate custom resource with pruning', () => {
  const text = { type: 'string' };
  const known = { properties: { 'mutation-start': text, 'mutation-stage-1': text } };
  return withCronTabs(
    async () => {
      const rules = [rule('CREATE', 'crontabs', 'stable.example.com')];
      await configure('mutating', 'custom', [
        webhook('/mutating', rules, { name: 'a.mutate.k8s.io' }),
        webhook('/mutating', rules, { name: 'b.mutate.k8s.io' }),
      ]);
      const created = await call(api, 'POST', crontabs(), crontab('a', { 'mutation-start': 'yes' }));
      assert.deepEqual(created.body.data, { 'mutation-start': 'yes', 'mutation-stage-1': 'yes' });
    },
    {},
    [version('v1', known)],
  );
});

test('AdmissionWebhook should mutate custom resource with different stored version', () => {
  const open = { 'x-kubernetes-preserve-unknown-fields': true };
  return withCronTabs(
    async () => {
      const rules = [rule('CREATE UPDATE', 'crontabs', 'stable.example.com')];
      await configure('mutating', 'custom', [
        webhook('/mutating', rules, { name: 'a.mutate.k8s.io' }),
        webhook('/mutating', rules, { name: 'b.mutate.k8s.io' }),
      ]);
      await call(api, 'POST', crontabs(), crontab('a', { 'mutation-start': 'yes' }));
      const versions = [version('v1', open, false), version('v2', open, true)];
      const path = `${definitions}/crontabs.stable.example.com`;
      assert.equal((await call(api, 'PATCH', path, { spec: { versions } }, mergePatch)).status, 200);
      const label = { metadata: { labels: { a: 'b' } }, data: { 'mutation-stage-1': null } };
      const patched = await call(api, 'PATCH', `${crontabs('v2')}/a`, label, mergePatch);
      assert.deepEqual(patched.body.data, {
        'mutation-start': 'yes',
        'mutation-stage-1': 'yes',
        'mutation-stage-2': 'yes',
      });
      assert.equal(patched.body.apiVersion, 'stable.example.com/v2');
      const { kind, requestKind, object } = server.seen.at(-1) ?? assert.fail();
      assert.deepEqual([kind.version, requestKind.version, object?.apiVersion], ['v1', 'v2', 'stable.example.com/v1']);
    },
    {},
    [version('v1', open), version('v2', open, false)],
  );
});

test('AdmissionWebhook should deny crd creation', async () => {
  await configure('validating', 'crd', [
    webhook('/always-deny', [rule('CREATE', 'customresourcedefinitions', 'apiextensions.k8s.io')]),
  ]);
  const definition = {
    metadata: { name: 'denied.stable.example.com' },
    spec: {
      group: 'stable.example.com',
      scope: 'Namespaced',
      names: { plural: 'denied', kind: 'Denied' },
      versions: [version('v1')],
    },
  };
  const { body } = await call(api, 'POST', definitions, definition);
  assert.match(String(body.message), /this webhook denies all requests/);
});

test('AdmissionWebhook should honor timeout', async () => {
  const slow = (more: object) => [webhook('/slow', [rule('CREATE', 'configmaps')], more)];
  await configure('validating', 'slow', slow({ timeoutSeconds: 1 }));
  const late = await call(api, 'POST', inNamespace('configmaps'), configMap('late'));
  assert.equal(late.status, 500);
  assert.match(String(late.body.message), /\/slow\?timeout=1s": context deadline exceeded/);
  await call(api, 'DELETE', collection('validating'));
  await configure('validating', 'slow', slow({ timeoutSeconds: 1, failurePolicy: 'Ignore' }));
  assert.equal((await call(api, 'POST', inNamespace('configmaps'), configMap('ignored'))).status, 201);
  await call(api, 'DELETE', collection('validating'));
  const { body } = await configure('validating', 'slow', slow({}));
  assert.equal((body.webhooks as readonly Json[])[0]?.timeoutSeconds, 10);
  const waiting = call(api, 'POST', inNamespace('configmaps'), configMap('slow'));
  await arrived.promise;
  released.resolve();
  assert.equal((await waiting).status, 201);
});

for (const type of ['validating', 'mutating'] as const) {
  const path = type === 'validating' ? '/configmaps' : '/mutating';
  const data = type === 'validating' ? { 'webhook-e2e-test': 'webhook-disallow' } : { 'mutation-start': 'yes' };
  let count = 0;
  /** Whether the webhook has a say about a new configmap. */
  const acts = async (): Promise<boolean> => {
    const { status, body } = await call(api, 'POST', inNamespace('configmaps'), configMap(`${type}-${count++}`, data));
    return status !== 201 || (body.data as Readonly<Record<string, string>>)['mutation-stage-1'] === 'yes';
  };

  test(`AdmissionWebhook patching/updating a ${type} webhook should work`, async () => {
    const { body } = await configure(type, 'changing', [webhook(path, [rule('CREATE', 'configmaps')])]);
    assert.equal(await acts(), true);
    const [hook] = body.webhooks as readonly { rules: readonly Rule[] }[];
    const rules = hook?.rules.map((one) => ({ ...one, operations: ['UPDATE'] }));
    const put = { ...body, webhooks: [{ ...hook, rules }] };
    assert.equal((await call(api, 'PUT', `${collection(type)}/changing`, put)).status, 200);
    assert.equal(await acts(), false);
    const operations = [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CREATE'] }];
    assert.equal((await call(api, 'PATCH', `${collection(type)}/changing`, operations, jsonPatch)).status, 200);
    assert.equal(await acts(), true);
  });

  test(`AdmissionWebhook listing ${type} webhooks should work`, async () => {
    for (const name of ['one', 'two']) await configure(type, name, [webhook(path, [rule('CREATE', 'configmaps')])]);
    const selected = `${collection(type)}?labelSelector=e2e%3Dyes`;
    const { body } = await call<{ items: readonly object[] }>(api, 'GET', selected);
    assert.equal(body.items.length, 2);
    assert.equal(await acts(), true);
    assert.equal((await call(api, 'DELETE', selected)).status, 200);
    assert.equal(await acts(), false);
  });

  test(`AdmissionWebhook should be able to create and update ${type} webhook configurations with match conditions`, async () => {
    const matchConditions = [{ name: 'expression-1', expression: "object.metadata.namespace == 'production'" }];
    const hook = webhook(path, [rule('CREATE', 'configmaps')], { matchConditions });
    const { body } = await configure(type, 'conditions', [hook]);
    const [made] = body.webhooks as readonly { matchConditions: readonly object[] }[];
    assert.deepEqual(made?.matchConditions, matchConditions);
    assert.equal(await acts(), false);
    const changed = [{ name: 'expression-1', expression: "request.namespace == 'webhooks'" }];
    const put = { ...body, webhooks: [{ ...made, matchConditions: changed }] };
    const updated = await call(api, 'PUT', `${collection(type)}/conditions`, put);
    assert.equal(updated.status, 200, JSON.stringify(updated.body));
    assert.equal(await acts(), true);
  });

  test(`AdmissionWebhook should reject ${type} webhook configurations with invalid match conditions`, async () => {
    const matchConditions = [{ name: 'invalid-expression-1', expression: '... [] bad expression' }];
    const webhooks = [webhook(path, [rule('CREATE', 'configmaps')], { matchConditions })];
    const { status, body } = await call(api, 'POST', collection(type), { metadata: { name: 'bad' }, webhooks });
    assert.equal(status, 422);
    assert.match(String(body.message), /webhooks\[0\]\.matchConditions\[0\]\.expression: .*compilation failed/);
  });
}

test("AdmissionWebhook should mutate everything except 'skip-me' configmaps", async () => {
  const matchConditions = [{ name: 'skip-me', expression: "object.metadata.name != 'skip-me'" }];
  const hook = webhook('/mutating', [rule('CREATE', 'configmaps')], { matchConditions });
  await configure('mutating', 'skipping', [hook]);
  const make = (name: string) =>
    call(api, 'POST', inNamespace('configmaps'), configMap(name, { 'mutation-start': 'yes' }));
  assert.deepEqual((await make('skip-me')).body.data, { 'mutation-start': 'yes' });
  assert.deepEqual((await make('dont-skip-me')).body.data, { 'mutation-start': 'yes', 'mutation-stage-1': 'yes' });
});
