/** What the upstream conformance tests of api-machinery check of the API alone, each under its name there. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Transport } from '@diatom/sdk';
import { type Answer, call, configMap, startKernel, type TestKernel, watchEvents } from '../kernel.ts';

let kernel: TestKernel;
let api: Transport;

before(async () => {
  kernel = await startKernel();
  api = kernel.port();
});

after(() => kernel[Symbol.asyncDispose]());

interface Item {
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string; readonly resourceVersion: string };
}
interface List {
  readonly items: readonly Item[];
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
}

/** A namespace of the test's own; the path of its configmaps. */
async function configMapsIn(namespace: string): Promise<string> {
  await call(api, 'POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  return `/api/v1/namespaces/${namespace}/configmaps`;
}

const mergePatch = { 'content-type': 'application/merge-patch+json' };
const create = (path: string, name: string, labels: Record<string, string> = {}): Promise<Answer<Item>> =>
  call(api, 'POST', path, { ...configMap(name), metadata: { name, labels } });

/** The next events of a watch, as type and name. */
async function take(path: string, count: number): Promise<string[]> {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { type, object } of watchEvents(api, path, stop.signal)) {
    seen.push(`${type} ${object.metadata.name}`);
    if (seen.length === count) break;
  }
  stop.abort();
  return seen;
}

test('server version should find the server version', async () => {
  const { body } = await call<Record<string, string>>(api, 'GET', '/version');
  assert.match(`${body.major}.${body.minor}`, /^\d+\.\d+$/);
});

test('Discovery should validate PreferredVersion for each APIGroup', async () => {
  interface Group {
    readonly name: string;
    readonly preferredVersion: { readonly version: string };
    readonly versions: readonly { readonly version: string; readonly groupVersion: string }[];
  }
  const { body } = await call<{ groups: readonly Group[] }>(api, 'GET', '/apis');
  assert.ok(body.groups.length > 5);
  for (const { name, preferredVersion, versions } of body.groups) {
    assert.ok(
      versions.some(({ version }) => version === preferredVersion.version),
      name,
    );
    for (const { groupVersion } of versions) {
      const { status } = await call(api, 'GET', `/apis/${groupVersion}`);
      assert.equal(status, 200, groupVersion);
    }
  }
});

test('Servers with support for API chunking should return chunks of results for list calls', async () => {
  const path = await configMapsIn('chunks');
  for (let index = 0; index < 7; index++) await create(path, `c${index}`);
  const names: string[] = [];
  let next = '';
  let revision: string | undefined;
  do {
    const { body } = await call<List>(api, 'GET', `${path}?limit=3${next === '' ? '' : `&continue=${next}`}`);
    names.push(...body.items.map((item) => item.metadata.name));
    assert.equal(body.metadata.remainingItemCount ?? 0, 7 - names.length);
    revision ??= body.metadata.resourceVersion;
    assert.equal(body.metadata.resourceVersion, revision);
    next = body.metadata.continue ?? '';
  } while (next !== '');
  assert.deepEqual(names, ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6']);
});

test('Servers with support for Table transformation should return a 406 for a backend which does not implement metadata', async () => {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
  };
  const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  assert.equal((await call(api, 'POST', path, review, accept)).status, 406);
});

test('Watchers should observe add, update, and delete watch notifications on configmaps', async () => {
  const path = await configMapsIn('watched');
  await create(path, 'a', { watch: 'yes' });
  const from = (await call<List>(api, 'GET', path)).body.metadata.resourceVersion;
  await create(path, 'b', { watch: 'yes' });
  await create(path, 'other', { watch: 'no' });
  await call(api, 'PATCH', `${path}/b`, { data: { x: '1' } }, mergePatch);
  await call(api, 'DELETE', `${path}/b`);
  assert.deepEqual(await take(`${path}?watch=true&resourceVersion=${from}&labelSelector=watch%3Dyes`, 3), [
    'ADDED b',
    'MODIFIED b',
    'DELETED b',
  ]);
});

test('Watchers should be able to start watching from a specific resource version', async () => {
  const path = await configMapsIn('from');
  await create(path, 'a');
  const { body } = await call<Item>(api, 'PATCH', `${path}/a`, { data: { x: '1' } }, mergePatch);
  await call(api, 'PATCH', `${path}/a`, { data: { x: '2' } }, mergePatch);
  await call(api, 'DELETE', `${path}/a`);
  const from = body.metadata.resourceVersion;
  assert.deepEqual(await take(`${path}?watch=true&resourceVersion=${from}`, 2), ['MODIFIED a', 'DELETED a']);
});

test('Watchers should observe an object deletion if it stops meeting the requirements of the selector', async () => {
  const path = await configMapsIn('leaving');
  const { body } = await create(path, 'a', { in: 'yes' });
  await call(api, 'PATCH', `${path}/a`, { metadata: { labels: { in: 'no' } } }, mergePatch);
  await call(api, 'PATCH', `${path}/a`, { data: { x: '1' } }, mergePatch);
  await call(api, 'PATCH', `${path}/a`, { metadata: { labels: { in: 'yes' } } }, mergePatch);
  const from = body.metadata.resourceVersion;
  assert.deepEqual(await take(`${path}?watch=true&resourceVersion=${from}&labelSelector=in%3Dyes`, 2), [
    'DELETED a',
    'ADDED a',
  ]);
});

test('Watchers should receive events on concurrent watches in same order', async () => {
  const path = await configMapsIn('order');
  const from = (await call<List>(api, 'GET', path)).body.metadata.resourceVersion;
  const writes = Array.from({ length: 30 }, (_, index) => create(path, `c${index}`));
  const watches = Array.from({ length: 5 }, () => take(`${path}?watch=true&resourceVersion=${from}`, 30));
  await Promise.all(writes);
  const [first, ...others] = await Promise.all(watches);
  for (const other of others) assert.deepEqual(other, first);
});

test('Secrets should fail to create secret due to empty secret key', async () => {
  await configMapsIn('secrets');
  const secret = { metadata: { name: 'a' }, data: { '': 'dmFsdWU=' } };
  const { status, body } = await call(api, 'POST', '/api/v1/namespaces/secrets/secrets', secret);
  assert.deepEqual([status, body.reason], [422, 'Invalid']);
});

test('Namespaces should patch a Namespace', async () => {
  await configMapsIn('patched');
  const change = { metadata: { labels: { testLabel: 'testValue' } } };
  await call(api, 'PATCH', '/api/v1/namespaces/patched', change, mergePatch);
  const { body } = await call<Item>(api, 'GET', '/api/v1/namespaces/patched');
  assert.equal((body.metadata.labels as Record<string, string>).testLabel, 'testValue');
});

test('Namespaces should apply a finalizer to a Namespace', async () => {
  await configMapsIn('held');
  const path = '/api/v1/namespaces/held';
  const { body } = await call<Item & { spec: { finalizers: string[] } }>(api, 'GET', path);
  const finalizers = [...body.spec.finalizers, 'e2e.example.com/fakeFinalizer'];
  const updated = await call<typeof body>(api, 'PUT', `${path}/finalize`, { ...body, spec: { finalizers } });
  assert.deepEqual([updated.status, updated.body.spec.finalizers], [200, finalizers]);
});

const deployment = (spec: object) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'invalid' },
  spec: {
    selector: { matchLabels: { app: 'a' } },
    template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } },
    ...spec,
  },
});

test('FieldValidation should detect unknown and duplicate fields of a typed object', async () => {
  const path = '/apis/apps/v1/namespaces/default/deployments?fieldValidation=Strict';
  const { status, body } = await call(api, 'POST', path, deployment({ unknown: 1 }));
  assert.equal(status, 400);
  assert.match(String(body.message), /strict decoding error: unknown field "spec\.unknown"/);
  const text = '{"metadata":{"name":"twice"},"data":{"a":"1"},"data":{"a":"2"}}';
  const answer = await api.send({
    method: 'POST',
    path: '/api/v1/namespaces/default/configmaps?fieldValidation=Strict',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    stream: false,
    body: text,
  });
  assert.ok(answer.kind === 'complete');
  assert.equal(answer.status, 400);
  assert.match(answer.body, /duplicate field \\"data\\"/);
});

test('ResourceQuota should be able to update and delete ResourceQuota', async () => {
  await configMapsIn('quotas');
  const path = '/api/v1/namespaces/quotas/resourcequotas';
  await call(api, 'POST', path, { metadata: { name: 'q' }, spec: { hard: { cpu: '1', memory: '500Mi' } } });
  const { body } = await call<Item & { spec: object }>(api, 'GET', `${path}/q`);
  const wanted = { hard: { cpu: '2', memory: '1Gi' } };
  const updated = await call<typeof body>(api, 'PUT', `${path}/q`, { ...body, spec: wanted });
  assert.deepEqual(updated.body.spec, wanted);
  assert.equal((await call(api, 'DELETE', `${path}/q`)).status, 200);
  assert.equal((await call(api, 'GET', `${path}/q`)).status, 404);
});

test('Events should delete a collection of events', async () => {
  await configMapsIn('events');
  const path = '/api/v1/namespaces/events/events';
  for (const name of ['test-event-1', 'test-event-2', 'test-event-3']) {
    const involvedObject = { namespace: 'events', kind: 'Pod', name: 'x' };
    const event = { metadata: { name, labels: { testevent: 'true' } }, involvedObject, reason: 'Test', type: 'Normal' };
    assert.equal((await call(api, 'POST', path, event)).status, 201);
  }
  await call(api, 'DELETE', `${path}?labelSelector=testevent%3Dtrue`);
  assert.deepEqual((await call<List>(api, 'GET', path)).body.items, []);
});
