/** Versions of custom resources: conversion by a webhook, defaults for objects stored before, names and conditions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallWebhook } from '../http/webhooks.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt } from '../kinds/json.ts';
import { openApi, type TestApi } from './test-api.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const at = (version: string): string => `/apis/stable.example.com/${version}/namespaces/default/crontabs`;
const merge = { 'content-type': 'application/merge-patch+json' };

const version = (name: string, storage: boolean, properties: JsonRecord): JsonRecord => ({
  name,
  served: true,
  storage,
  schema: {
    openAPIV3Schema: { type: 'object', properties: { ...properties, spec: { type: 'object', properties } } },
  },
  subresources: { status: {} },
});

const text = { type: 'string' };
const webhook = {
  strategy: 'Webhook',
  webhook: {
    clientConfig: { service: { namespace: 'default', name: 'converter', path: '/convert' } },
    conversionReviewVersions: ['v1', 'v1beta1'],
  },
};

const definition = (conversion: JsonRecord = webhook): JsonRecord => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'crontabs.stable.example.com' },
  spec: {
    group: 'stable.example.com',
    scope: 'Namespaced',
    names: { plural: 'crontabs', kind: 'CronTab' },
    conversion,
    versions: [version('v1', true, { hostPort: text }), version('v2', false, { host: text, port: text })],
  },
});

/** v1 has hostPort, v2 host and port. */
function converted(object: JsonRecord, apiVersion: string): JsonRecord {
  const { hostPort, host, port, ...rest } = object;
  if (apiVersion.endsWith('/v2')) {
    const [first = '', second = ''] = String(hostPort).split(':');
    return { ...rest, apiVersion, host: first, port: second };
  }
  return { ...rest, apiVersion, hostPort: `${String(host)}:${String(port)}` };
}

interface Converter {
  readonly call: CallWebhook;
  readonly batches: number[];
  answer: (request: JsonRecord) => JsonRecord;
}

function converter(): Converter {
  const made: Converter = {
    batches: [],
    answer: (request) => ({
      uid: request.uid,
      result: { status: 'Success' },
      convertedObjects: recordsAt(request, 'objects').map((object) =>
        converted(object, String(request.desiredAPIVersion)),
      ),
    }),
    call: (client, review) => {
      assert.deepEqual(client.target, {
        service: { namespace: 'default', name: 'converter', port: 443, path: '/convert' },
      });
      const request = recordAt(review, 'request');
      made.batches.push(recordsAt(request, 'objects').length);
      const { apiVersion, kind } = review;
      return Promise.resolve({ apiVersion, kind, response: made.answer(request) });
    },
  };
  return made;
}

async function withCronTabs(hook: Converter, conversion?: JsonRecord): Promise<TestApi> {
  const api = await openApi([], undefined, hook.call);
  const created = await api.call('POST', definitions, definition(conversion));
  if (created.status === 201) return api;
  await api[Symbol.asyncDispose]();
  throw new assert.AssertionError({ message: created.text });
}

const first = (name: string): JsonRecord => ({
  apiVersion: 'stable.example.com/v1',
  kind: 'CronTab',
  metadata: { name, labels: { a: 'b' } },
  hostPort: 'localhost:8080',
});
const second = (name: string): JsonRecord => ({
  apiVersion: 'stable.example.com/v2',
  kind: 'CronTab',
  metadata: { name },
  host: 'example.com',
  port: '80',
});

test('CustomResourceConversionWebhook should be able to convert from CR v1 to CR v2', async () => {
  const hook = converter();
  await using api = await withCronTabs(hook);
  assert.equal((await api.call('POST', at('v1'), first('a'))).status, 201);
  assert.deepEqual(hook.batches, []);
  const read = await api.call('GET', `${at('v2')}/a`);
  assert.deepEqual(
    [read.status, read.body.apiVersion, read.body.host, read.body.port],
    [200, 'stable.example.com/v2', 'localhost', '8080'],
  );
  const made = await api.call('POST', at('v2'), second('b'));
  assert.deepEqual([made.status, made.body.host], [201, 'example.com']);
  const back = await api.call('GET', `${at('v1')}/b`);
  assert.deepEqual(
    [back.body.apiVersion, back.body.hostPort, back.body.host],
    ['stable.example.com/v1', 'example.com:80', undefined],
  );
});

test('CustomResourceConversionWebhook should be able to convert a non homogeneous list of CRs', async () => {
  const hook = converter();
  await using api = await withCronTabs(hook);
  await api.call('POST', at('v1'), first('a'));
  const current = (await api.call('GET', `${definitions}/crontabs.stable.example.com`)).body;
  const versions = recordsAt(current, 'spec', 'versions').map((item) => ({ ...item, storage: item.name === 'v2' }));
  const switched = await api.call('PATCH', `${definitions}/crontabs.stable.example.com`, { spec: { versions } }, merge);
  assert.deepEqual(recordAt(switched.body, 'status').storedVersions, ['v1', 'v2']);
  await api.call('POST', at('v2'), second('b'));
  hook.batches.length = 0;
  for (const [name, field, values] of [
    ['v1', 'hostPort', ['localhost:8080', 'example.com:80']],
    ['v2', 'host', ['localhost', 'example.com']],
  ] as const) {
    const list = recordsAt((await api.call('GET', at(name))).body, 'items');
    assert.deepEqual(
      list.map((item) => item[field]),
      values,
    );
  }
  assert.deepEqual(hook.batches, [1, 1]);
});

test('updates, patches, status and deletes work in a version that is not stored', async () => {
  await using api = await withCronTabs(converter());
  await api.call('POST', at('v1'), first('a'));
  const patched = await api.call('PATCH', `${at('v2')}/a`, { port: '90' }, merge);
  assert.deepEqual(
    [patched.status, patched.body.port, recordAt(patched.body, 'metadata').generation],
    [200, '90', 2],
    patched.text,
  );
  const same = await api.call('PATCH', `${at('v2')}/a`, { port: '90' }, merge);
  assert.equal(recordAt(same.body, 'metadata').resourceVersion, recordAt(patched.body, 'metadata').resourceVersion);
  const put = await api.call('PUT', `${at('v2')}/a`, { ...patched.body, host: 'other' });
  assert.equal(put.status, 200, put.text);
  const stored = await api.call('GET', `${at('v1')}/a`);
  assert.equal(stored.body.hostPort, 'other:90');
  assert.equal((await api.call('DELETE', `${at('v2')}/a`)).status, 200);
  assert.equal((await api.call('GET', `${at('v1')}/a`)).status, 404);
});

test('a watch gets its events converted and in order', async () => {
  await using api = await withCronTabs(converter());
  const watch = await api.watch(`${at('v2')}?watch=true&resourceVersion=${api.store.revision}`);
  await api.call('POST', at('v1'), first('a'));
  await api.call('PATCH', `${at('v1')}/a`, { hostPort: 'x:1' }, merge);
  await api.call('DELETE', `${at('v1')}/a`);
  const seen: unknown[] = [];
  for (let count = 0; count < 3; count++) {
    const { type, object } = await watch.next();
    seen.push([type, object.apiVersion, object.host]);
  }
  assert.deepEqual(seen, [
    ['ADDED', 'stable.example.com/v2', 'localhost'],
    ['MODIFIED', 'stable.example.com/v2', 'x'],
    ['DELETED', 'stable.example.com/v2', 'x'],
  ]);
});

const wrongAnswers: readonly (readonly [what: string, change: (object: JsonRecord) => JsonRecord, message: RegExp])[] =
  [
    [
      'another name',
      (object) => ({ ...object, metadata: { ...recordAt(object, 'metadata'), name: 'z' } }),
      /must have the same name: a != z/,
    ],
    [
      'another UID',
      (object) => ({ ...object, metadata: { ...recordAt(object, 'metadata'), uid: 'z' } }),
      /must have the same UID/,
    ],
    [
      'the old version',
      (object) => ({ ...object, apiVersion: 'stable.example.com/v1' }),
      /invalid groupVersion \(expected stable.example.com\/v2, received stable.example.com\/v1\)/,
    ],
    ['no metadata', ({ metadata: _metadata, ...object }) => object, /missing metadata in converted object/],
  ];

for (const [what, change, message] of wrongAnswers) {
  test(`a webhook that answers with ${what} is not believed`, async () => {
    const hook = converter();
    await using api = await withCronTabs(hook);
    await api.call('POST', at('v1'), first('a'));
    const { answer } = hook;
    hook.answer = (request) => {
      const right = answer(request);
      return { ...right, convertedObjects: recordsAt(right, 'convertedObjects').map(change) };
    };
    const read = await api.call('GET', `${at('v2')}/a`);
    assert.equal(read.status, 500);
    assert.match(
      String(read.body.message),
      /^conversion webhook for stable.example.com\/v1, Kind=CronTab returned invalid/,
    );
    assert.match(String(read.body.message), message);
  });
}

test('only labels and annotations of a conversion are kept, and a failure says why', async () => {
  const hook = converter();
  await using api = await withCronTabs(hook);
  await api.call('POST', at('v1'), first('a'));
  const { answer } = hook;
  hook.answer = (request) => {
    const right = answer(request);
    const objects = recordsAt(right, 'convertedObjects').map((object) => ({
      ...object,
      metadata: { ...recordAt(object, 'metadata'), labels: { c: 'd' }, finalizers: ['x.y/z'] },
    }));
    return { ...right, convertedObjects: objects };
  };
  const { metadata } = (await api.call('GET', `${at('v2')}/a`)).body;
  assert.ok(isRecord(metadata));
  assert.deepEqual([metadata.labels, metadata.finalizers], [{ c: 'd' }, undefined]);
  hook.answer = (request) => ({ uid: request.uid, result: { status: 'Failure', message: 'not today' } });
  const failed = await api.call('GET', at('v2'));
  assert.deepEqual(
    [failed.status, failed.body.message],
    [500, 'conversion webhook for stable.example.com/v1, Kind=CronTab failed: not today'],
  );
});

test('custom resource defaulting for requests and from storage works', async () => {
  await using api = await withCronTabs(converter(), { strategy: 'None' });
  await api.call('POST', at('v1'), first('a'));
  const versions = [
    version('v1', true, { hostPort: text, mode: { type: 'string', default: 'plain' } }),
    version('v2', false, { hostPort: text, mode: { type: 'string', default: 'second' } }),
  ];
  await api.call('PATCH', `${definitions}/crontabs.stable.example.com`, { spec: { versions } }, merge);
  assert.equal((await api.call('GET', `${at('v1')}/a`)).body.mode, 'plain');
  // What is read has the defaults of the version it is stored in, what is written those of its own version first.
  assert.equal((await api.call('GET', `${at('v2')}/a`)).body.mode, 'plain');
  const made = { ...first('c'), apiVersion: 'stable.example.com/v2' };
  assert.equal((await api.call('POST', at('v2'), made)).body.mode, 'second');
  assert.equal(recordsAt((await api.call('GET', at('v1'))).body, 'items')[0]?.mode, 'plain');
  assert.equal((await api.call('POST', at('v1'), first('b'))).body.mode, 'plain');
});

test('a write of the status gives nothing else its defaults', async () => {
  await using api = await openApi();
  const versionOf = (part: JsonRecord): JsonRecord => {
    const properties = { spec: { type: 'object', properties: part }, status: { type: 'object', properties: part } };
    return { ...version('v1', true, properties), subresources: { status: {} } };
  };
  const made = definition({ strategy: 'None' });
  const spec = { ...recordAt(made, 'spec'), versions: [versionOf({ a: text })] };
  await api.call('POST', definitions, { ...made, spec });
  await api.call('POST', at('v1'), { ...first('a'), spec: {} });
  const versions = [
    { ...versionOf({ a: text, c: { type: 'string', default: 'C' } }), storage: false },
    { ...versionOf({ a: text, c: text }), name: 'v2' },
  ];
  const path = `${definitions}/crontabs.stable.example.com`;
  assert.equal((await api.call('PATCH', path, { spec: { versions } }, merge)).status, 200);
  const put = await api.call('PATCH', `${at('v1')}/a/status`, { status: {} }, merge);
  assert.deepEqual([put.body.spec, put.body.status], [{}, { c: 'C' }], put.text);
  const emptied = await api.call('PUT', `${at('v1')}/a/status`, { ...put.body, status: null });
  assert.deepEqual([emptied.status, emptied.body.status], [200, undefined], emptied.text);
});

test('a name that another definition has is not accepted until it is free', async () => {
  await using api = await withCronTabs(converter(), { strategy: 'None' });
  const other = definition({ strategy: 'None' });
  other.metadata = { name: 'others.stable.example.com' };
  other.spec = { ...recordAt(other, 'spec'), names: { plural: 'others', kind: 'CronTab' } };
  const conflict = recordAt((await api.call('POST', definitions, other)).body, 'status');
  assert.deepEqual(
    recordsAt(conflict, 'conditions').map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ['NamesAccepted', 'False', 'ListKindConflict', '"CronTabList" is already in use'],
      ['Established', 'False', 'NotAccepted', 'not all names are accepted'],
    ],
  );
  assert.equal((await api.call('GET', '/apis/stable.example.com/v1/namespaces/default/others')).status, 404);
  const watch = await api.watch(
    `${definitions}?watch=true&resourceVersion=${api.store.revision}&fieldSelector=metadata.name=others.stable.example.com`,
  );
  await api.call('DELETE', `${definitions}/crontabs.stable.example.com`);
  const { object } = await watch.next();
  assert.deepEqual(
    recordsAt(object, 'status', 'conditions').map(({ status }) => status),
    ['True', 'True'],
  );
  assert.equal((await api.call('GET', '/apis/stable.example.com/v1/namespaces/default/others')).status, 200);
});

test('a stored version has to stay in the definition', async () => {
  await using api = await withCronTabs(converter(), { strategy: 'None' });
  const versions = [version('v2', true, { host: text })];
  const answer = await api.call('PATCH', `${definitions}/crontabs.stable.example.com`, { spec: { versions } }, merge);
  assert.equal(answer.status, 422);
  assert.match(
    String(answer.body.message),
    /status.storedVersions\[0\]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version/,
  );
});
