/** Bodies that are little but brackets: refused in every form, never the end of the stack. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { schemaOf } from '../kinds/type-table.ts';
import { encodeEnvelope } from '../wire/protobuf-encode.ts';
import { configMaps, openApi } from './test-api.ts';

const revisions = '/apis/apps/v1/namespaces/default/controllerrevisions';
const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const revision = (name: string, data: string): string => `{"metadata":{"name":"${name}"},"revision":1,"data":${data}}`;

for (const depth of [1200, 20_000, 500_000]) {
  test(`values ${depth} deep are a 400, as JSON, YAML and in a patch`, async () => {
    await using api = await openApi();
    await api.call('POST', revisions, revision('a', '{}'));
    const patch = `{"data":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;
    const answers = [
      await api.call('POST', revisions, revision('b', lists(depth))),
      await api.call('POST', revisions, revision('b', lists(Math.min(depth, 20_000))), {
        'content-type': 'application/yaml',
      }),
      await api.call('PATCH', `${revisions}/a`, patch, { 'content-type': 'application/merge-patch+json' }),
    ];
    for (const { status, text } of answers) assert.equal(status, 400, text.slice(0, 300));
  });
}

test('values that are as deep as they may be come out again in every form', async () => {
  await using api = await openApi();
  const made = await api.call('POST', revisions, revision('a', lists(400)));
  assert.equal(made.status, 201, made.text.slice(0, 300));
  for (const accept of ['application/json', 'application/vnd.kubernetes.protobuf', 'application/json;pretty=1']) {
    const { status, body } = await api.call('GET', `${revisions}/a`, undefined, { accept });
    assert.equal(status, 200);
    assert.equal(JSON.stringify(body.data), lists(400));
  }
});

test('a JSON patch cannot go deeper step by step', async () => {
  await using api = await openApi();
  await api.call('POST', revisions, revision('a', '{"a":{}}'));
  const copies = Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '/data/a', path: `/data/a/x${index}` }));
  const deeper = Array.from({ length: 1200 }, (_, index) => ({
    op: 'add',
    path: `/data${'/a'.repeat(index + 1)}`,
    value: {},
  }));
  for (const operations of [copies, deeper]) {
    const { status } = await api.call('PATCH', `${revisions}/a`, operations, {
      'content-type': 'application/json-patch+json',
    });
    assert.equal(status, 422);
  }
});

test('a schema in a schema in a schema, as protobuf', async () => {
  await using api = await openApi();
  let schema: JsonRecord = { type: 'object' };
  for (let depth = 0; depth < 700; depth++) schema = { not: schema };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'x.example.com' },
    spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema: schema } }] },
  };
  const { status, text } = await api.call(
    'POST',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    encodeEnvelope(schemaOf('apiextensions.v1.CustomResourceDefinition'), definition),
    { 'content-type': 'application/vnd.kubernetes.protobuf' },
  );
  assert.equal(status, 400, text.slice(0, 300));
});

test('a YAML body of nothing but opening brackets is refused at once, however long it is', async () => {
  await using api = await openApi();
  const started = performance.now();
  for (const brackets of ['['.repeat(3_000_000), '{a: '.repeat(700_000)]) {
    const { status } = await api.call('POST', configMaps, `values: ${brackets}`, {
      'content-type': 'application/yaml',
    });
    assert.equal(status, 400);
  }
  assert.ok(performance.now() - started < 10_000);
});
