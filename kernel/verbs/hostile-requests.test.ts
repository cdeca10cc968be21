/** Whatever a client sends, the answer is its mistake (4xx) and never ours (500). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInDefinitions } from '../kinds/built-in-definitions.ts';
import type { JsonRecord } from '../kinds/json.ts';
import type { KindDefinition } from '../kinds/registry.ts';
import type { Schema } from '../kinds/schema.ts';
import { openApi, type TestApi } from './test-api.ts';

const seed = Number(process.env.SEED ?? 20260101);

function generator(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const odd: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e300,
  '',
  'x',
  'A b',
  '\u0000',
  '../..',
  [],
  {},
  [null],
  [[]],
  { a: null },
  { __proto__: 1 },
  '9'.repeat(300),
];

/** A value that mostly fits the schema, and here and there does not at all. */
function invent(schema: Schema | undefined, random: (below: number) => number, depth: number): unknown {
  if (random(12) === 0 || schema === undefined || depth > 7) return odd[random(odd.length)];
  switch (schema.type) {
    case 'object': {
      const result: JsonRecord = {};
      for (const [name, field] of schema.fields ?? []) {
        if (name === 'apiVersion' || name === 'kind' || random(3) > 0) continue;
        result[name] = invent(field.schema, random, depth + 1);
      }
      return result;
    }
    case 'map':
      return { [random(2) === 0 ? 'key' : 'a/b/c']: invent(schema.values, random, depth + 1) };
    case 'array':
      return Array.from({ length: random(3) }, () => invent(schema.items, random, depth + 1));
    case 'integer':
      return random(3) - 1;
    case 'number':
      return random(100) / 7;
    case 'boolean':
      return random(2) === 0;
    case 'int-or-string':
      return random(2) === 0 ? 5 : '50%';
    case 'string':
      return schema.format === 'quantity'
        ? '1Gi'
        : schema.format === 'date-time'
          ? '2026-01-01T00:00:00Z'
          : ['name', 'x.y', 'Always', 'TCP'][random(4)];
    case 'any':
      return odd[random(odd.length)];
  }
}

function pathOf({ group, version, resource, namespaced }: KindDefinition): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}${namespaced ? '/namespaces/default' : ''}/${resource}`;
}

async function refuses500(
  api: TestApi,
  method: string,
  path: string,
  body: unknown,
  type = 'application/json',
): Promise<number> {
  const answer = await api.call(method, path, body, { 'content-type': type });
  assert.ok(
    answer.status < 500 || answer.status === 504,
    `SEED=${seed}: ${method} ${path} ${JSON.stringify(body)}: ${answer.text}`,
  );
  return answer.status;
}

const stored = builtInDefinitions().filter((kind) => kind.review === undefined && kind.resource !== 'namespaces');

test(`invented objects of every kind are stored or refused (seed ${seed})`, async () => {
  await using api = await openApi();
  const random = generator(seed);
  let storedCount = 0;
  for (const kind of stored) {
    for (let round = 0; round < 25; round++) {
      const object = invent(kind.schema, random, 0);
      const body =
        typeof object === 'object' && object !== null && !Array.isArray(object)
          ? { ...object, metadata: { name: `n${round}` } }
          : object;
      const path = pathOf(kind);
      const status = await refuses500(
        api,
        'POST',
        `${path}?fieldValidation=${random(2) === 0 ? 'Ignore' : 'Warn'}`,
        body,
      );
      if (status !== 201) continue;
      storedCount++;
      await refuses500(api, 'PUT', `${path}/n${round}`, {
        ...(body as JsonRecord),
        ...(invent(kind.schema, random, 0) as JsonRecord),
        metadata: { name: `n${round}` },
      });
      for (const type of ['merge-patch', 'strategic-merge-patch', 'json-patch', 'apply-patch']) {
        const patch =
          type === 'json-patch'
            ? [{ op: 'add', path: '/spec', value: invent(kind.schema, random, 2) }]
            : invent(kind.schema, random, 0);
        await refuses500(
          api,
          'PATCH',
          `${path}/n${round}?fieldManager=m&force=true`.replace(type === 'apply-patch' ? '' : '&force=true', ''),
          patch,
          `application/${type}${type === 'apply-patch' ? '+yaml' : '+json'}`,
        );
      }
      await api.call('GET', path, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
      await refuses500(api, 'DELETE', `${path}/n${round}`, { gracePeriodSeconds: 0 });
    }
  }
  // Otherwise the bodies are so odd that nothing behind decoding is tried.
  assert.ok(storedCount > 200, `only ${storedCount} objects were stored`);
});

test(`invented protobuf, paths and queries are refused (seed ${seed})`, async () => {
  await using api = await openApi();
  const random = generator(seed + 1);
  for (let round = 0; round < 300; round++) {
    const bytes = Uint8Array.from({ length: random(80) }, () => random(256));
    const body = Uint8Array.from([0x6b, 0x38, 0x73, 0, ...bytes]);
    await refuses500(
      api,
      'POST',
      pathOf(stored[random(stored.length)] as KindDefinition),
      body,
      'application/vnd.kubernetes.protobuf',
    );
  }
  const queries = [
    'limit=x',
    'limit=-1',
    'continue=abc',
    'continue=e30',
    'labelSelector=%00',
    'fieldSelector=a',
    'resourceVersion=-1',
    'resourceVersion=1e9',
    'resourceVersionMatch=Near',
    'watch=true&resourceVersion=99999999',
    'includeObject=All',
    'dryRun=x',
  ];
  for (const query of queries) await refuses500(api, 'GET', `/api/v1/pods?${query}`, undefined);
  for (const path of [
    '/',
    '//',
    '/api',
    '/api/',
    '/api/v1/',
    '/api/v2/pods',
    '/apis//v1/x',
    '/api/v1/namespaces//pods',
    '/api/v1/namespaces/default/pods/a/b/c/d',
    '/api/v1/%',
    '/api/v1/pods/%2e%2e',
    '/openapi/v3/x',
  ]) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'BREW'])
      await refuses500(api, method, path, {});
  }
});

test('a body full of unknown and duplicate fields is warned about in a header that clients take', async () => {
  await using api = await openApi();
  const unknown = Array.from({ length: 150_000 }, (_, index) => `"k${index}":0`);
  const data = Array.from({ length: 10_000 }, (_, index) => `"d${index}":"","d${index}":""`);
  const body = `{"kind":"ConfigMap","metadata":{"name":"many"},"data":{${data}},${unknown}}`;
  const answer = await api.call('POST', '/api/v1/namespaces/default/configmaps', body);
  assert.equal(answer.status, 201);
  assert.ok((answer.headers.warning?.length ?? 0) < 8192);
});

test('a grace period that no clock can hold ends within one that can, and one that is no number is refused', async () => {
  await using api = await openApi();
  const path = '/api/v1/namespaces/default/pods';
  const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }], terminationGracePeriodSeconds: 1e15 };
  await api.call('POST', path, { kind: 'Pod', metadata: { name: 'p' }, spec });
  assert.equal((await api.call('DELETE', `${path}/p?gracePeriodSeconds=soon`)).status, 400);
  const answer = await api.call('DELETE', `${path}/p`);
  assert.equal(answer.status, 200);
  assert.match(JSON.stringify(answer.body.metadata), /"deletionTimestamp":"20\d\d-/);
});
