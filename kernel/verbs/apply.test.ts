import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { configMap, configMaps, deployment, deployments, openApi, type TestApi } from './test-api.ts';

const yaml = { 'content-type': 'application/apply-patch+yaml' };
const mergePatch = { 'content-type': 'application/merge-patch+json' };

const applyTo = (api: TestApi, path: string, manager: string, object: JsonRecord, query = '') =>
  api.call('PATCH', `${path}?fieldManager=${manager}${query}`, object, yaml);
const managers = (object: JsonRecord): string[] =>
  ((object.metadata as JsonRecord).managedFields as JsonRecord[]).map((entry) => `${entry.manager} ${entry.operation}`);
const withData = (data: JsonRecord): JsonRecord => configMap('a', { data });

test('the first apply creates, the same again changes nothing, less takes out', async () => {
  await using api = await openApi();
  const path = `${configMaps}/a`;
  const created = await applyTo(api, path, 'one', withData({ x: '1', y: '2' }));
  assert.deepEqual([created.status, managers(created.body)], [201, ['one Apply']]);
  api.clock.nowMs += 5000;
  const again = await applyTo(api, path, 'one', withData({ x: '1', y: '2' }));
  assert.equal(
    (again.body.metadata as JsonRecord).resourceVersion,
    (created.body.metadata as JsonRecord).resourceVersion,
  );
  const less = await applyTo(api, path, 'one', withData({ y: '2' }));
  assert.deepEqual(less.body.data, { y: '2' });
  const nothing = await applyTo(api, path, 'one', configMap('a'));
  assert.deepEqual([nothing.status, nothing.body.data], [200, undefined]);
});

test('two managers share an object; what one lets go of stays while the other holds it', async () => {
  await using api = await openApi();
  const path = `${configMaps}/a`;
  await applyTo(api, path, 'one', withData({ x: '1', shared: 's' }));
  const both = await applyTo(api, path, 'two', withData({ y: '2', shared: 's' }));
  assert.deepEqual(both.body.data, { x: '1', shared: 's', y: '2' });
  const left = await applyTo(api, path, 'one', configMap('a'));
  assert.deepEqual(left.body.data, { shared: 's', y: '2' });
});

test('another value for a field somebody else manages is a conflict, unless forced', async () => {
  await using api = await openApi();
  const path = `${configMaps}/a`;
  await applyTo(api, path, 'one', withData({ x: '1' }));
  const conflict = await applyTo(api, path, 'two', withData({ x: '2' }));
  assert.equal(conflict.status, 409);
  assert.equal(conflict.body.message, 'Apply failed with 1 conflict: conflict with "one": .data.x');
  assert.deepEqual((conflict.body.details as JsonRecord).causes, [
    { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.x' },
  ]);
  const forced = await applyTo(api, path, 'two', withData({ x: '2' }), '&force=true');
  assert.deepEqual([forced.status, forced.body.data, managers(forced.body)], [200, { x: '2' }, ['two Apply']]);
});

test('an update takes the fields it changes away from whoever applied them', async () => {
  await using api = await openApi();
  const path = `${configMaps}/a`;
  await applyTo(api, path, 'one', withData({ x: '1', y: '1' }));
  const updated = await api.call('PATCH', `${path}?fieldManager=hand`, { data: { x: '9' } }, mergePatch);
  assert.deepEqual(managers(updated.body), ['one Apply', 'hand Update']);
  const conflict = await applyTo(api, path, 'one', withData({ x: '1', y: '1' }));
  assert.match(String(conflict.body.message), /conflict with "hand" using v1 at 2026-01-01T00:00:00Z: .data.x/);
});

test('an object that nobody is noted down for belongs to before-first-apply', async () => {
  await using api = await openApi();
  await api.call('POST', configMaps, withData({ x: '1' }));
  await api.call('PATCH', `${configMaps}/a`, { metadata: { managedFields: [] } }, mergePatch);
  const applied = await applyTo(api, `${configMaps}/a`, 'one', withData({ y: '2' }));
  assert.deepEqual(managers(applied.body), ['one Apply', 'before-first-apply Update']);
  assert.deepEqual(applied.body.data, { x: '1', y: '2' });
});

test('lists merge by their keys, defaults of the server belong to nobody', async () => {
  await using api = await openApi();
  const path = `${deployments}/web`;
  const container = (name: string, image: string) => ({ name, image });
  const withContainers = (...containers: JsonRecord[]): JsonRecord => {
    const object = deployment('web');
    ((object.spec as JsonRecord).template as JsonRecord).spec = { containers };
    return object;
  };
  await applyTo(api, path, 'one', withContainers(container('a', 'a:1'), container('b', 'b:1')));
  const changed = await applyTo(api, path, 'one', withContainers(container('b', 'b:2')));
  const containers = (((changed.body.spec as JsonRecord).template as JsonRecord).spec as JsonRecord)
    .containers as JsonRecord[];
  assert.deepEqual(
    containers.map(({ name, image, imagePullPolicy }) => [name, image, imagePullPolicy]),
    [['b', 'b:2', 'IfNotPresent']],
  );
  assert.deepEqual((changed.body.metadata as JsonRecord).generation, 2);
});

test('an apply needs a manager and no managedFields', async () => {
  await using api = await openApi();
  const unnamed = await api.call('PATCH', `${configMaps}/a`, configMap('a'), yaml);
  assert.deepEqual(
    [unnamed.status, unnamed.body.message],
    [422, 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'],
  );
  const managed = configMap('a', { metadata: { name: 'a', managedFields: [{ manager: 'x' }] } });
  assert.equal((await applyTo(api, `${configMaps}/a`, 'one', managed)).status, 400);
});

test('kubectl goes on server-side with what it applied client-side, but not with what was changed since', async () => {
  await using api = await openApi();
  const applied = withData({ x: '1', y: '1' });
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(applied) };
  await api.call('POST', configMaps, { ...applied, metadata: { ...(applied.metadata as JsonRecord), annotations } });
  const path = `${configMaps}/a`;
  await api.call('PATCH', path, { data: { y: 'edited' } }, mergePatch);
  const stranger = await applyTo(api, path, 'somebody', withData({ x: '2' }));
  assert.equal(stranger.status, 409);
  const changed = await applyTo(api, path, 'kubectl', withData({ x: '2', y: '2' }));
  assert.equal(changed.status, 409);
  assert.deepEqual(
    ((changed.body.details as JsonRecord).causes as JsonRecord[]).map(({ field }) => field),
    ['.data.y'],
  );
  const taken = await applyTo(api, path, 'kubectl', withData({ x: '2', y: 'edited' }));
  assert.deepEqual([taken.status, taken.body.data], [200, { x: '2', y: 'edited' }]);
});

test('two managers of 20,000 list items and 20,000 keys each, and one that lets go of them, take seconds at most', async () => {
  await using api = await openApi();
  const path = `${configMaps}/a`;
  const many = (name: string): JsonRecord => ({
    ...withData(Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`${name}${index}`, '']))),
    metadata: { name: 'a', finalizers: Array.from({ length: 20_000 }, (_, index) => `x.io/${name}${index}`) },
  });
  const started = performance.now();
  for (const [manager, object] of [
    ['one', many('a')],
    ['two', many('b')],
    ['one', configMap('a')],
  ] as const) {
    const { status, text } = await applyTo(api, path, manager, object);
    assert.ok(status < 300, text.slice(0, 300));
  }
  const seconds = (performance.now() - started) / 1000;
  // Each with each took minutes; a busy machine takes a few seconds.
  assert.ok(seconds < 30, `${seconds} s`);
});

test('an object whose applied metadata is its name alone keeps it when the last of the other metadata goes', async () => {
  await using api = await openApi();
  const path = `${configMaps}/a`;
  const withFinalizer = { ...withData({}), metadata: { name: 'a', finalizers: ['x.io/f'] } };
  assert.equal((await applyTo(api, path, 'one', withFinalizer)).status, 201);
  const { status, body, text } = await applyTo(api, path, 'one', configMap('a'));
  assert.equal(status, 200, text);
  const { name, namespace, finalizers } = body.metadata as JsonRecord;
  assert.deepEqual([name, namespace, finalizers], ['a', 'default', undefined]);
});
