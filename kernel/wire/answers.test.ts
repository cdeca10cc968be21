/** What a client gets for what it says it accepts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiStream } from '@diatom/sdk/api';
import { widgetDefinition } from '../fuzz/custom-target.ts';
import type { JsonRecord } from '../kinds/json.ts';
import { admin, openApi, type TestApi } from '../verbs/test-api.ts';
import { decodeEnvelope, decodeMessage, entriesOf } from './protobuf.ts';
import { messageOf } from './protobuf-types.ts';

const protobuf = 'application/vnd.kubernetes.protobuf';
const as = (kind: string, version = 'v1'): string => `;as=${kind};g=meta.k8s.io;v=${version}`;

function decoded(bytes: Uint8Array): JsonRecord {
  const { apiVersion, kind, raw } = decodeEnvelope(bytes);
  const message = messageOf(apiVersion, kind);
  assert.ok(message, `${apiVersion} ${kind}`);
  return { apiVersion, kind, ...decodeMessage(message, raw) };
}

interface Got {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
  readonly object: JsonRecord;
}

async function ask(api: TestApi, method: string, path: string, accept: string, body?: unknown): Promise<Got> {
  const bytes = new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body));
  const response = await api.handle({ method, path, headers: { accept }, body: bytes }, admin);
  const { status, headers, body: answer } = response;
  const type = headers['content-type'];
  if (answer instanceof Uint8Array) return { status, type, text: '', object: decoded(answer) };
  assert.equal(typeof answer, 'string');
  const text = String(answer);
  return { status, type, text, object: text.startsWith('{') ? (JSON.parse(text) as JsonRecord) : {} };
}

const configMaps = '/api/v1/namespaces/default/configmaps';
const widgets = '/apis/example.com/v1/namespaces/default/widgets';

async function openWithObjects(): Promise<TestApi> {
  const api = await openApi();
  await api.call('POST', configMaps, { metadata: { name: 'a' }, data: { x: 'y' } });
  await api.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', widgetDefinition);
  return api;
}

test('objects, lists, errors and deletions of built-in kinds come as protobuf', async () => {
  await using api = await openWithObjects();
  const created = await ask(api, 'POST', configMaps, protobuf, { metadata: { name: 'b' } });
  assert.deepEqual([created.status, created.type, created.object.kind], [201, protobuf, 'ConfigMap']);
  const got = await ask(api, 'GET', `${configMaps}/a`, `${protobuf},application/json`);
  assert.deepEqual(got.object, (await api.call('GET', `${configMaps}/a`)).body);
  const list = await ask(api, 'GET', configMaps, protobuf);
  assert.deepEqual([list.object.apiVersion, list.object.kind], ['v1', 'ConfigMapList']);
  assert.equal((list.object.items as readonly unknown[]).length, 2);
  const missing = await ask(api, 'GET', `${configMaps}/none`, protobuf);
  assert.deepEqual([missing.status, missing.object.kind, missing.object.code], [404, 'Status', 404]);
  const patched = await api.handle(
    {
      method: 'PATCH',
      path: `${configMaps}/a`,
      headers: { accept: protobuf, 'content-type': 'application/merge-patch+json' },
      body: new TextEncoder().encode('{"data":{"x":"z"}}'),
    },
    admin,
  );
  assert.deepEqual(decoded(patched.body as Uint8Array).data, { x: 'z' });
  const collection = await ask(api, 'DELETE', configMaps, protobuf);
  assert.equal(collection.object.kind, 'ConfigMapList');
});

test('metadata alone comes as protobuf, of custom resources too', async () => {
  await using api = await openWithObjects();
  const one = await ask(api, 'GET', `${configMaps}/a`, protobuf + as('PartialObjectMetadata'));
  assert.deepEqual([one.object.apiVersion, one.object.kind], ['meta.k8s.io/v1', 'PartialObjectMetadata']);
  for (const version of ['v1', 'v1beta1']) {
    const list = await ask(api, 'GET', configMaps, protobuf + as('PartialObjectMetadataList', version));
    assert.equal((list.object.items as readonly unknown[]).length, 1);
    assert.notEqual((list.object.metadata as JsonRecord).resourceVersion, undefined);
  }
  const custom = await ask(api, 'GET', widgets, protobuf + as('PartialObjectMetadataList'));
  assert.deepEqual([custom.status, custom.type], [200, protobuf]);
});

test('what cannot be made is a 406 that names what can, and nothing is written', async () => {
  await using api = await openWithObjects();
  const all = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['GET', `${configMaps}/a`, 'application/cbor', `only the following media types are accepted: ${all}`],
    ['GET', configMaps, `${protobuf}${as('Table')}`, `only the following media types are accepted: ${all}`],
    ['GET', widgets, protobuf, `only the following media types are accepted: ${all}`],
    ['POST', configMaps, 'text/html', `only the following media types are accepted: ${all}`],
    [
      'GET',
      `${configMaps}?watch=1`,
      'application/yaml',
      'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
    ],
    [
      'GET',
      configMaps,
      `application/json${as('PartialObjectMetadata')}`,
      'you requested PartialObjectMetadata, but the requested object is a list (ConfigMapList)',
    ],
  ];
  for (const [method, path, accept, message] of cases) {
    const { status, object, type, text } = await ask(api, method, path, accept, { metadata: { name: 'never' } });
    assert.equal(status, 406, accept);
    if (type === 'application/json' || type === protobuf) assert.equal(object.message, message);
    else assert.ok(text.includes(message), text);
  }
  assert.equal((await api.call('GET', `${configMaps}/never`)).status, 404);
});

test('of several types the best one that can be made is taken', async () => {
  await using api = await openWithObjects();
  const cases: readonly (readonly [string, string, string])[] = [
    [configMaps, `application/json;q=0.5,${protobuf}`, protobuf],
    [configMaps, `${protobuf};q=0.1,application/yaml;q=0.2`, 'application/yaml'],
    [configMaps, '*/*', 'application/json'],
    [configMaps, `application/*,${protobuf}`, protobuf],
    [configMaps, 'application/cbor,application/json', 'application/json'],
    [widgets, `${protobuf},application/json`, 'application/json'],
    [configMaps, `application/json${as('Table', 'v9')},application/yaml`, 'application/yaml'],
    [configMaps, 'application/json;stream=watch', 'application/json'],
    [configMaps, '', 'application/json'],
  ];
  for (const [path, accept, type] of cases) assert.equal((await ask(api, 'GET', path, accept)).type, type, accept);
});

test('YAML is answered to whoever asks for it: objects, tables, errors, discovery', async () => {
  await using api = await openWithObjects();
  const yaml = 'application/yaml';
  for (const path of [configMaps, `${configMaps}/none`, widgets, '/api', '/apis', '/apis/apps', '/apis/apps/v1']) {
    const { type, text } = await ask(api, 'GET', path, yaml);
    assert.equal(type, yaml, path);
    assert.match(text, /^(apiVersion: (example\.com\/)?v1|groupVersion|kind: APIVersions)/);
  }
  assert.match((await ask(api, 'GET', configMaps, `${yaml}${as('Table')}`)).text, /^kind: Table$/m);
});

test('an answer for people has line breaks', async () => {
  await using api = await openWithObjects();
  assert.match((await ask(api, 'GET', `${configMaps}/a`, 'application/json;pretty=1')).text, /^\{\n {2}"apiVersion"/);
  assert.match((await ask(api, 'GET', `${configMaps}/a?pretty=true`, '')).text, /^\{\n {2}"apiVersion"/);
});

test('programs people read get line breaks unasked: objects, lists, errors and discovery', async () => {
  await using api = await openWithObjects();
  const get = async (path: string, agent: string) =>
    String(
      (await api.handle({ method: 'GET', path, headers: { 'user-agent': agent }, body: new Uint8Array() }, admin)).body,
    );
  for (const path of [`${configMaps}/a`, configMaps, `${configMaps}/none`, '/apis/apps/v1']) {
    for (const agent of ['curl/8.5.0', 'Wget/1.21', 'Mozilla/5.0 (X11; Linux x86_64)'])
      assert.match(await get(path, agent), /^\{\n {2}"/, `${agent} ${path}`);
    assert.doesNotMatch(await get(path, 'kubectl/v1.35.0 (linux/amd64)'), /\n./, path);
    assert.doesNotMatch(await get(`${path}?pretty=false`, 'curl/8.5.0'), /\n./, path);
  }
});

async function frames(stream: ApiStream, count: number): Promise<readonly (readonly [string, JsonRecord])[]> {
  const found: [string, JsonRecord][] = [];
  let rest = Buffer.alloc(0);
  for await (const chunk of stream.chunks) {
    assert.ok(chunk instanceof Uint8Array);
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const length = rest.readUInt32BE(0);
      const event = new Map(entriesOf(rest.subarray(4, 4 + length)).map((entry) => [entry.number, entry.value]));
      const [object] = entriesOf(event.get(2) as Uint8Array);
      found.push([Buffer.from(event.get(1) as Uint8Array).toString(), decoded(object?.value as Uint8Array)]);
      rest = rest.subarray(4 + length);
    }
    if (found.length >= count) break;
  }
  return found;
}

for (const [what, path, accept, kind] of [
  ['objects', configMaps, protobuf, 'ConfigMap'],
  ['metadata', configMaps, protobuf + as('PartialObjectMetadata'), 'PartialObjectMetadata'],
  ['events under their other names', '/apis/events.k8s.io/v1/namespaces/default/events', protobuf, 'Event'],
] as const) {
  test(`a watch of ${what} comes as frames of protobuf`, async () => {
    await using api = await openWithObjects();
    const query = '?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const headers = { accept: `${accept};stream=watch` };
    const body = new Uint8Array();
    const response = await api.handle({ method: 'GET', path: path + query, headers, body }, admin);
    assert.equal(response.headers['content-type'], `${protobuf};stream=watch`);
    const event = { regarding: { namespace: 'default', kind: 'Pod', name: 'p' }, reason: 'R', action: 'A' };
    const more = { type: 'Normal', eventTime: '2026-01-01T00:00:00.000000Z', note: 'hello' };
    const reporter = { reportingController: 'x.example.com/c', reportingInstance: 'i' };
    await api.call('POST', path, {
      metadata: { name: 'z' },
      ...(kind === 'Event' ? { ...event, ...more, ...reporter } : {}),
    });
    const seen = await frames(response.body as ApiStream, kind === 'Event' ? 2 : 3);
    assert.deepEqual(
      seen.map(([type, object]) => [type, object.kind]),
      [...(kind === 'Event' ? [] : [['ADDED', kind]]), ['BOOKMARK', kind], ['ADDED', kind]],
    );
    if (kind === 'Event') assert.equal(seen[1]?.[1].note, 'hello');
  });
}
