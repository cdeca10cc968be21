import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { configMap, configMaps, deployment, deployments, openApi, pod, pods, type TestApi } from './test-api.ts';

const yaml = { 'content-type': 'application/apply-patch+yaml' };
const mergePatch = { 'content-type': 'application/merge-patch+json' };

const applyTo = (api: TestApi, path: string, manager: string, object: JsonRecord, query = '') =>
  api.call('PATCH', `${path}?fieldManager=${manager}${query}`, object, yaml);
const entriesOf = (object: JsonRecord): readonly JsonRecord[] =>
  ((object.metadata as JsonRecord).managedFields ?? []) as JsonRecord[];
const fieldsOf = (object: JsonRecord, manager: string, subresource?: string): unknown =>
  entriesOf(object).find((entry) => entry.manager === manager && entry.subresource === subresource)?.fieldsV1;

const podSpecOf = (object: JsonRecord): JsonRecord =>
  ((object.spec as JsonRecord).template as JsonRecord).spec as JsonRecord;
const namesOf = (items: unknown): readonly unknown[] => (items as JsonRecord[]).map(({ name }) => name);

const withContainers = (...containers: readonly JsonRecord[]): JsonRecord => {
  const object = deployment('web');
  podSpecOf(object).containers = containers;
  return object;
};

test('an item that is no longer applied goes whole, though others have set fields in it', async () => {
  await using api = await openApi();
  const path = `${deployments}/web`;
  await applyTo(api, path, 'one', withContainers({ name: 'a', image: 'a:1' }));
  const change = { spec: { template: { spec: { containers: [{ name: 'a', workingDir: '/tmp' }] } } } };
  const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
  await api.call('PATCH', `${path}?fieldManager=hand`, change, strategic);
  const { status, body } = await applyTo(api, path, 'one', withContainers({ name: 'b', image: 'b:1' }));
  assert.deepEqual([status, namesOf(podSpecOf(body).containers)], [200, ['b']]);
  assert.equal(fieldsOf(body, 'hand'), undefined);
});

test('an item whose key another applier holds stays with what nobody lets go of', async () => {
  await using api = await openApi();
  const path = `${deployments}/web`;
  await applyTo(api, path, 'one', withContainers({ name: 'a', image: 'a:1', tty: true }, { name: 'b', image: 'b:1' }));
  const shared = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } };
  const container = { name: 'a', image: 'a:1', stdin: true };
  await applyTo(api, path, 'two', { ...shared, spec: { template: { spec: { containers: [container] } } } });
  const { body } = await applyTo(api, path, 'one', withContainers({ name: 'b', image: 'b:1' }));
  const [a, b] = podSpecOf(body).containers as JsonRecord[];
  assert.deepEqual([a?.name, a?.image, a?.stdin, a?.tty, b?.name], ['a', 'a:1', true, undefined, 'b']);
});

test('items that both sides have come in the applied order, the others stay where they were', async () => {
  await using api = await openApi();
  const path = `${deployments}/web`;
  const env = (...names: readonly string[]): JsonRecord =>
    withContainers({ name: 'a', image: 'a:1', env: names.map((name) => ({ name, value: 'x' })) });
  const order = (object: JsonRecord) => namesOf((podSpecOf(object).containers as JsonRecord[])[0]?.env);
  await applyTo(api, path, 'one', env('A', 'B', 'C', 'D'));
  const turned = await applyTo(api, path, 'two', env('D', 'A'));
  assert.deepEqual(order(turned.body), ['B', 'C', 'D', 'A']);
  const between = await applyTo(api, path, 'two', env('B', 'new', 'C', 'D', 'A'));
  assert.deepEqual(order(between.body), ['B', 'new', 'C', 'D', 'A']);
});

test('items that name the same thing twice, or nothing, cannot be applied', async () => {
  await using api = await openApi();
  const env = [
    { name: 'PATH', value: 'a' },
    { name: 'PATH', value: 'b' },
  ];
  const twice = await applyTo(api, `${deployments}/web`, 'one', withContainers({ name: 'a', image: 'a:1', env }));
  assert.equal(twice.status, 400);
  assert.match(
    String(twice.body.message),
    /\.spec\.template\.spec\.containers\[name="a"\]\.env: duplicate entries for key \[name="PATH"\]/,
  );
  const unnamed = await applyTo(api, `${deployments}/web`, 'one', withContainers({ image: 'a:1' }));
  assert.match(String(unnamed.body.message), /element 0: associative list with keys .* omits key field "name"/);
});

test('items that were stored twice become the applied one', async () => {
  await using api = await openApi();
  const env = [
    { name: 'PATH', value: 'a' },
    { name: 'PATH', value: 'b' },
  ];
  await api.call('POST', deployments, withContainers({ name: 'a', image: 'a:1', env }));
  const one = withContainers({ name: 'a', image: 'a:1', env: [{ name: 'PATH', value: 'c' }] });
  const { body } = await applyTo(api, `${deployments}/web`, 'one', one, '&force=true');
  assert.deepEqual((podSpecOf(body).containers as JsonRecord[])[0]?.env, [{ name: 'PATH', value: 'c' }]);
});

test('a field applied as null is taken from its owner by force and gets its default', async () => {
  await using api = await openApi();
  const path = `${deployments}/web`;
  await applyTo(api, path, 'one', deployment('web', { replicas: 3 }));
  const empty = deployment('web', { replicas: null });
  const refused = await applyTo(api, path, 'two', empty);
  assert.equal(refused.body.message, 'Apply failed with 1 conflict: conflict with "one": .spec.replicas');
  const { body } = await applyTo(api, path, 'two', empty, '&force=true');
  assert.equal((body.spec as JsonRecord).replicas, 1);
  const owned = fieldsOf(body, 'two') as { 'f:spec': JsonRecord };
  assert.deepEqual(owned['f:spec']['f:replicas'], {});
});

test('a field that was one value once has owners of its parts now', async () => {
  await using api = await openApi();
  const path = '/api/v1/persistentvolumes';
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'v' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: '/tmp' },
      claimRef: { name: 'c', namespace: 'default', uid: '1' },
    },
  };
  await api.call('POST', path, volume);
  const entry = { apiVersion: 'v1', fieldsType: 'FieldsV1', manager: 'controller', operation: 'Update' };
  const managedFields = [{ ...entry, fieldsV1: { 'f:spec': { 'f:claimRef': {} } } }];
  await api.call('PATCH', `${path}/v`, { metadata: { managedFields } }, mergePatch);
  const { status, body } = await applyTo(api, `${path}/v`, 'one', {
    ...volume,
    spec: { ...volume.spec, claimRef: { name: 'c', namespace: 'default' } },
  });
  assert.equal(status, 200, String(body.message));
  assert.equal(((body.spec as JsonRecord).claimRef as JsonRecord).uid, '1');
});

test('entries that a client gives one manager are one, the last', async () => {
  await using api = await openApi();
  const path = `${configMaps}/a`;
  await applyTo(api, path, 'one', configMap('a', { data: { x: '1' } }));
  const { body } = await applyTo(api, path, 'two', configMap('a', { data: { y: '1' } }));
  for (const entry of entriesOf(body)) entry.manager = 'both';
  const renamed = await api.call('PUT', path, body);
  assert.deepEqual(
    entriesOf(renamed.body).map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
    [['both', { 'f:data': { 'f:y': {} } }]],
  );
});

test('who applies nothing but a name manages nothing', async () => {
  await using api = await openApi();
  await applyTo(api, `${configMaps}/a`, 'one', configMap('a'));
  const { body } = await applyTo(api, `${configMaps}/a`, 'one', configMap('a'));
  assert.equal((body.metadata as JsonRecord).managedFields, undefined);
});

test('an apply that names a uid creates nothing', async () => {
  await using api = await openApi();
  const uid = '88e00824-7f0e-11e8-94a1-c8d3ffb15800';
  const { status, body } = await applyTo(
    api,
    `${configMaps}/a`,
    'one',
    configMap('a', { metadata: { name: 'a', uid } }),
  );
  assert.equal(status, 409);
  assert.match(String(body.message), /uid mismatch: the provided object specified uid 88e00824.*no existing object/);
});

test('an apply to the status of a pod writes its labels, too', async () => {
  await using api = await openApi();
  await applyTo(api, `${pods}/p`, 'one', pod('p'));
  const labels = { a: 'b' };
  const { body } = await applyTo(api, `${pods}/p/status`, 'two', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', labels },
    status: { message: 'm' },
  });
  assert.deepEqual((body.metadata as JsonRecord).labels, labels);
  assert.deepEqual(fieldsOf(body, 'two', 'status'), {
    'f:metadata': { 'f:labels': { 'f:a': {} } },
    'f:status': { 'f:message': {} },
  });
});
