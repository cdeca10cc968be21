/** Watches of custom resources, when what they show is defined anew. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonRecord, recordAt } from '../kinds/json.ts';
import { openApi, type TestApi, type TestWatch } from './test-api.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const cups = '/apis/example.com/v1/namespaces/default/cups';
const merge = { 'content-type': 'application/merge-patch+json' };
const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
const version = (name: string): JsonRecord => ({ name, served: true, storage: name === 'v1', schema });

const definition: JsonRecord = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'cups.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'cups', kind: 'Cup' },
    versions: [version('v1')],
  },
};

const cup = (name: string): JsonRecord => ({ apiVersion: 'example.com/v1', kind: 'Cup', metadata: { name } });

async function watching(api: TestApi): Promise<TestWatch> {
  assert.equal((await api.call('POST', definitions, definition)).status, 201);
  const watch = await api.watch(`${cups}?watch=true&timeoutSeconds=60`);
  assert.equal((await api.call('POST', cups, cup('a'))).status, 201);
  assert.equal((await watch.next()).type, 'ADDED');
  return watch;
}

const ended = (watch: TestWatch): Promise<void> => assert.rejects(watch.next(), /the watch has ended/);

test('a watch ends when the definition of its kind gets another version', async () => {
  await using api = await openApi();
  const watch = await watching(api);
  await api.call('PATCH', `${definitions}/cups.example.com`, { metadata: { labels: { a: 'b' } } }, merge);
  await api.call('POST', cups, cup('b'));
  assert.equal(recordAt((await watch.next()).object, 'metadata').name, 'b');
  await api.call(
    'PATCH',
    `${definitions}/cups.example.com`,
    { spec: { versions: [version('v1'), version('v2')] } },
    merge,
  );
  await ended(watch);
});

test('a watch ends when the definition of its kind is gone, after it has told of the last objects', async () => {
  await using api = await openApi();
  const watch = await watching(api);
  await api.call('DELETE', `${definitions}/cups.example.com`);
  assert.equal((await watch.next()).type, 'DELETED');
  await ended(watch);
});

test('a watch of another kind goes on', async () => {
  await using api = await openApi();
  const other = await api.watch('/api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=60');
  await ended(
    await watching(api).then(async (watch) => {
      await api.call(
        'PATCH',
        `${definitions}/cups.example.com`,
        { spec: { versions: [version('v1'), version('v2')] } },
        merge,
      );
      return watch;
    }),
  );
  await api.call('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'a' } });
  assert.equal((await other.next()).type, 'ADDED');
});

test('a watch from before a default shows it', async () => {
  await using api = await openApi();
  await watching(api);
  const from = api.store.revision;
  assert.equal((await api.call('POST', cups, cup('b'))).status, 201);
  const size = { type: 'integer', default: 5 };
  const properties = { openAPIV3Schema: { type: 'object', properties: { size } } };
  const versions = [{ ...version('v1'), schema: properties }];
  await api.call('PATCH', `${definitions}/cups.example.com`, { spec: { versions } }, merge);
  const later = await api.watch(`${cups}?watch=true&timeoutSeconds=60&resourceVersion=${from}`);
  assert.equal((await later.next()).object.size, 5);
});
