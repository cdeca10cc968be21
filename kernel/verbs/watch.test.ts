import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { configMap, configMaps, openApi } from './test-api.ts';

const named = (event: { type: string; object: JsonRecord }): string =>
  `${event.type} ${String((event.object.metadata as JsonRecord).name ?? '')}`.trim();
const labelled = (name: string, labels: JsonRecord) => configMap(name, { metadata: { name, labels } });

test('a watch without a version starts with the present state and follows', async () => {
  await using api = await openApi();
  await api.call('POST', configMaps, configMap('a'));
  const watch = await api.watch(`${configMaps}?watch=true`);
  assert.equal(named(await watch.next()), 'ADDED a');
  await api.call('PUT', `${configMaps}/a`, configMap('a', { data: { x: '1' } }));
  await api.call('DELETE', `${configMaps}/a`);
  assert.equal(named(await watch.next()), 'MODIFIED a');
  const deleted = await watch.next();
  assert.equal(named(deleted), 'DELETED a');
  assert.equal((deleted.object.metadata as JsonRecord).resourceVersion, String(api.store.revision));
});

test('a watch from a version sees exactly what came after it', async () => {
  await using api = await openApi();
  const first = await api.call('POST', configMaps, configMap('a'));
  await api.call('POST', configMaps, configMap('b'));
  const { resourceVersion } = first.body.metadata as JsonRecord;
  const watch = await api.watch(`${configMaps}?watch=true&resourceVersion=${resourceVersion}`);
  assert.equal(named(await watch.next()), 'ADDED b');
});

test('an object that comes into the selection is ADDED, one that leaves it DELETED', async () => {
  await using api = await openApi();
  await api.call('POST', configMaps, labelled('a', { on: 'no' }));
  const watch = await api.watch(
    `${configMaps}?watch=true&labelSelector=on%3Dyes&resourceVersion=${api.store.revision}`,
  );
  await api.call('PUT', `${configMaps}/a`, labelled('a', { on: 'yes' }));
  await api.call('PUT', `${configMaps}/a`, labelled('a', { on: 'yes', more: '1' }));
  await api.call('PUT', `${configMaps}/a`, labelled('a', { on: 'no' }));
  assert.equal(named(await watch.next()), 'ADDED a');
  assert.equal(named(await watch.next()), 'MODIFIED a');
  const left = await watch.next();
  assert.equal(named(left), 'DELETED a');
  assert.deepEqual((left.object.metadata as JsonRecord).labels, { on: 'yes', more: '1' });
});

test('the WatchList protocol ends the initial events with a marked bookmark', async () => {
  await using api = await openApi();
  await api.call('POST', configMaps, configMap('a'));
  const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const watch = await api.watch(`${configMaps}?${query}`);
  assert.equal(named(await watch.next()), 'ADDED a');
  const { type, object } = await watch.next();
  assert.equal(type, 'BOOKMARK');
  assert.equal(object.kind, 'ConfigMap');
  assert.deepEqual(object.metadata, {
    resourceVersion: String(api.store.revision),
    annotations: { 'k8s.io/initial-events-end': 'true' },
  });
  const refused = await api.call('GET', `${configMaps}?watch=true&sendInitialEvents=true`);
  assert.equal(refused.status, 422);
});

test('a watch resumed after compaction gets 410', async () => {
  await using api = await openApi();
  for (const name of ['a', 'b', 'c']) await api.call('POST', configMaps, configMap(name));
  api.store.compact(api.store.revision);
  const answer = await api.call('GET', `${configMaps}?watch=true&resourceVersion=1`);
  assert.equal(answer.status, 410);
  assert.equal(answer.body.reason, 'Expired');
  assert.match(String(answer.body.message), /^too old resource version: 1 \(\d+\)$/);
});

test('a watch can send Table rows', async () => {
  await using api = await openApi();
  await api.call('POST', configMaps, configMap('a'));
  const watch = await api.watch(`${configMaps}?watch=true`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  const { object } = await watch.next();
  assert.equal(object.kind, 'Table');
  assert.equal((object.rows as JsonRecord[]).length, 1);
});

test('a watch of Tables that begins with the state tells the columns once', async () => {
  await using api = await openApi();
  for (const name of ['a', 'b', 'c']) await api.call('POST', configMaps, configMap(name));
  const watch = await api.watch(`${configMaps}?watch=true`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  const tables = [await watch.next(), await watch.next(), await watch.next()].map(({ object }) => object);
  assert.deepEqual(
    tables.map(({ columnDefinitions }) => Array.isArray(columnDefinitions)),
    [true, false, false],
  );
  assert.deepEqual(
    tables.map(({ rows }) => (rows as JsonRecord[]).length),
    [1, 1, 1],
  );
});

test('a watch of Tables that begins with a change tells the columns with the first one', async () => {
  await using api = await openApi();
  const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
  const from = `${configMaps}?watch=true&resourceVersion=${api.store.revision}`;
  const first = await api.watch(from, table);
  await api.call('POST', configMaps, configMap('a'));
  await api.call('POST', configMaps, configMap('b'));
  const early = [await first.next(), await first.next()];
  const second = await api.watch(`${configMaps}?watch=true&resourceVersion=${api.store.revision}`, table);
  await api.call('POST', configMaps, configMap('c'));
  await api.call('POST', configMaps, configMap('d'));
  const late = [await first.next(), await second.next(), await second.next()];
  const hasColumns = ({ object }: { readonly object: JsonRecord }) => Array.isArray(object.columnDefinitions);
  assert.deepEqual(
    [early.map(hasColumns), late.map(hasColumns)],
    [
      [true, false],
      [false, true, false],
    ],
  );
});

test('a watch from a revision that is still to come waits for what comes after it', async () => {
  await using api = await openApi();
  const watch = await api.watch(`${configMaps}?watch=true&resourceVersion=${api.store.revision + 2}`);
  for (const name of ['a', 'b', 'c']) await api.call('POST', configMaps, configMap(name));
  const { type, object } = await watch.next();
  assert.deepEqual([type, (object.metadata as JsonRecord).name], ['ADDED', 'c']);
  const state = `${configMaps}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=999`;
  assert.equal((await api.call('GET', state)).status, 504);
});
