import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { configMap, configMaps, deployment, deployments, openApi, type TestApi } from './test-api.ts';

async function fill(api: TestApi, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const labels = { parity: index % 2 === 0 ? 'even' : 'odd' };
    await api.call('POST', configMaps, configMap(`c${index}`, { metadata: { name: `c${index}`, labels } }));
  }
}

const names = (list: JsonRecord): string[] =>
  (list.items as JsonRecord[]).map((item) => String((item.metadata as JsonRecord).name));
const metadata = (list: JsonRecord): JsonRecord => list.metadata as JsonRecord;

test('a paged list shows one state however much is written between the pages', async () => {
  await using api = await openApi();
  await fill(api, 5);
  const first = await api.call('GET', `${configMaps}?limit=2`);
  assert.deepEqual(names(first.body), ['c0', 'c1']);
  assert.equal(metadata(first.body).remainingItemCount, 3);
  await api.call('DELETE', `${configMaps}/c2`);
  await api.call('POST', configMaps, configMap('c9'));
  const second = await api.call('GET', `${configMaps}?limit=2&continue=${metadata(first.body).continue}`);
  assert.deepEqual(names(second.body), ['c2', 'c3']);
  assert.equal(metadata(second.body).resourceVersion, metadata(first.body).resourceVersion);
  const third = await api.call('GET', `${configMaps}?limit=2&continue=${metadata(second.body).continue}`);
  assert.deepEqual(names(third.body), ['c4']);
  assert.equal(metadata(third.body).continue, undefined);
});

test('a page whose snapshot is compacted is a 410 with a token to go on without it', async () => {
  await using api = await openApi();
  await fill(api, 3);
  const first = await api.call('GET', `${configMaps}?limit=1`);
  await api.call('POST', configMaps, configMap('later'));
  api.store.compact(api.store.revision);
  const second = await api.call('GET', `${configMaps}?limit=1&continue=${metadata(first.body).continue}`);
  assert.equal(second.status, 410);
  assert.equal(second.body.reason, 'Expired');
  const third = await api.call('GET', `${configMaps}?continue=${metadata(second.body).continue}`);
  assert.deepEqual(names(third.body), ['c1', 'c2', 'later']);
});

test('selectors filter lists, pages of filtered lists are full', async () => {
  await using api = await openApi();
  await fill(api, 6);
  const odd = await api.call('GET', `${configMaps}?labelSelector=parity%3Dodd&limit=2`);
  assert.deepEqual(names(odd.body), ['c1', 'c3']);
  const rest = await api.call(
    'GET',
    `${configMaps}?labelSelector=parity%3Dodd&limit=2&continue=${metadata(odd.body).continue}`,
  );
  assert.deepEqual(names(rest.body), ['c5']);
  const named = await api.call('GET', `${configMaps}?fieldSelector=metadata.name%3Dc4`);
  assert.deepEqual(names(named.body), ['c4']);
  const unknown = await api.call('GET', `${configMaps}?fieldSelector=spec.x%3Dy`);
  assert.equal(unknown.status, 400);
  assert.match(String(unknown.body.message), /field label not supported: spec.x/);
});

test('resource versions of a list: exact, not older than, too new', async () => {
  await using api = await openApi();
  await fill(api, 1);
  const { resourceVersion } = metadata((await api.call('GET', configMaps)).body);
  await api.call('POST', configMaps, configMap('second'));
  const exact = await api.call('GET', `${configMaps}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`);
  assert.deepEqual(names(exact.body), ['c0']);
  const newer = await api.call(
    'GET',
    `${configMaps}?resourceVersion=${resourceVersion}&resourceVersionMatch=NotOlderThan`,
  );
  assert.deepEqual(names(newer.body), ['c0', 'second']);
  const future = await api.call('GET', `${configMaps}?resourceVersion=999999`);
  assert.equal(future.status, 504);
  assert.deepEqual((future.body.details as JsonRecord).causes, [
    { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' },
  ]);
  const forbidden = await api.call('GET', `${configMaps}?resourceVersionMatch=Exact`);
  assert.equal(forbidden.status, 422);
});

test('a list can be a Table, or metadata only, and an unservable Accept is a 406', async () => {
  await using api = await openApi();
  await fill(api, 1);
  const table = await api.call('GET', configMaps, undefined, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  });
  assert.equal(table.body.kind, 'Table');
  const columns = (table.body.columnDefinitions as JsonRecord[]).map((column) => column.name);
  assert.deepEqual(columns, ['Name', 'Data', 'Age']);
  assert.deepEqual((table.body.rows as JsonRecord[])[0]?.cells, ['c0', 0, '0s']);
  const partial = await api.call('GET', configMaps, undefined, {
    accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  });
  assert.equal(partial.body.kind, 'PartialObjectMetadataList');
  const refused = await api.call('GET', configMaps, undefined, { accept: 'text/html' });
  assert.equal(refused.status, 406);
});

test('what does not exist is a 404 in Kubernetes words', async () => {
  await using api = await openApi();
  const missing = await api.call('GET', `${configMaps}/nope`);
  assert.deepEqual(missing.body, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'configmaps "nope" not found',
    reason: 'NotFound',
    details: { name: 'nope', kind: 'configmaps' },
    code: 404,
  });
  assert.equal((await api.call('GET', '/apis/nope.example.com/v1/things')).status, 404);
});

test('the scale of a deployment can be had as a Table', async () => {
  await using api = await openApi();
  await api.call('POST', deployments, deployment('web', { replicas: 3 }));
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const { body } = await api.call('GET', `${deployments}/web/scale`, undefined, { accept });
  assert.equal(body.kind, 'Table');
  assert.deepEqual(
    (body.columnDefinitions as JsonRecord[]).map(({ name }) => name),
    ['Name', 'Desired', 'Available', 'Age'],
  );
  const [row] = body.rows as { readonly cells: readonly unknown[] }[];
  assert.deepEqual(row?.cells.slice(0, 3), ['web', 3, 0]);
  const plain = await api.call('GET', `${deployments}/web/scale`);
  assert.equal(plain.body.kind, 'Scale');
});
