import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiStream } from '@diatom/sdk/api';
import { isRecord, type JsonRecord, stringAt } from '../kinds/json.ts';
import { admin, configMap, configMaps, openApi, type TestApi } from './test-api.ts';

const objects = 400;
const value = 'x'.repeat(2000);

async function filled(): Promise<TestApi> {
  const api = await openApi();
  await Promise.all(
    Array.from({ length: objects }, (_, index) =>
      api.call('POST', configMaps, configMap(`object-${index}`, { data: { value } })),
    ),
  );
  return api;
}

const namesOf = (list: JsonRecord): readonly string[] =>
  (list.items as readonly unknown[]).filter(isRecord).map((item) => stringAt(item, 'metadata', 'name'));

async function open(api: TestApi, path: string): Promise<ApiStream> {
  const { body } = await api.handle({ method: 'GET', path, headers: {}, body: new Uint8Array() }, admin);
  assert.ok(typeof body === 'object' && 'chunks' in body, 'a long list is a stream');
  return body;
}

test('a long list comes in pieces that are what its pages are', async () => {
  await using api = await filled();
  const { chunks } = await open(api, configMaps);
  const pieces: string[] = [];
  for await (const chunk of chunks) pieces.push(Buffer.from(chunk).toString());
  assert.ok(pieces.length > 4, `${pieces.length} pieces`);
  const list = JSON.parse(pieces.join('')) as JsonRecord;
  const page = (await api.call('GET', `${configMaps}?limit=${objects}`)).body;
  assert.deepEqual(list, page);
});

test('a long list stays as it was when it began, whatever is written meanwhile', async () => {
  await using api = await filled();
  const before = (await api.call('GET', `${configMaps}?limit=${objects}`)).body;
  const pieces: string[] = [];
  let turn = 0;
  for await (const chunk of (await open(api, configMaps)).chunks) {
    pieces.push(Buffer.from(chunk).toString());
    // The last object of the list goes, one in the middle changes, one comes; then something else is written.
    if (turn === 0) {
      await api.call('DELETE', `${configMaps}/object-99`);
      await api.call('PUT', `${configMaps}/object-50`, configMap('object-50', { data: { value: 'new' } }));
      await api.call('POST', configMaps, configMap('object-999'));
    }
    if (turn++ === 1) await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'other' } });
  }
  assert.deepEqual(JSON.parse(pieces.join('')), before);
  const after = namesOf((await api.call('GET', configMaps)).body);
  assert.ok(after.includes('object-999') && !after.includes('object-99'));
});

test('a past state is listed in pieces, too, and one that is gone is refused before the first', async () => {
  await using api = await filled();
  const then = api.store.revision;
  const before = (await api.call('GET', configMaps)).body;
  for (let index = 0; index < objects; index += 3) await api.call('DELETE', `${configMaps}/object-${index}`);
  const exact = `${configMaps}?resourceVersion=${then}&resourceVersionMatch=Exact`;
  assert.deepEqual((await api.call('GET', exact)).body, before);
  api.store.compact(api.store.revision);
  assert.equal((await api.call('GET', exact)).status, 410);
});

test('who goes away in the middle of a list is not read for any more', async () => {
  await using api = await filled();
  const stream = await open(api, configMaps);
  const chunks = stream.chunks[Symbol.asyncIterator]();
  for (let count = 0; count < 3; count++) await chunks.next();
  stream.cancel();
  let rest = 0;
  while (!(await chunks.next()).done) rest++;
  assert.ok(rest <= 1, `${rest} more pieces`);
});
