/** Integers of 64 bits are what they were sent as, wherever they come out again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt } from '../kinds/json.ts';
import { openApi, type TestApi } from './test-api.ts';

const exact = 9007199254740993n;
const things = '/apis/example.com/v1/namespaces/default/things';

const definition = {
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    names: { plural: 'things', kind: 'Thing' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        additionalPrinterColumns: [{ name: 'Count', type: 'integer', jsonPath: '.spec.count' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  count: { type: 'integer', format: 'int64', minimum: 1 },
                  other: { type: 'integer', format: 'int64' },
                  share: { type: 'number' },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
                'x-kubernetes-validations': [{ rule: '!has(self.count) || self.count > 9007199254740991' }],
              },
            },
          },
        },
      },
    ],
  },
};

async function openWithThings(): Promise<TestApi> {
  const api = await openApi();
  const { status, text } = await api.call(
    'POST',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    definition,
  );
  assert.equal(status, 201, text);
  return api;
}

test('a custom resource: created, read, listed, watched, patched, applied, printed', async () => {
  await using api = await openWithThings();
  const watch = await api.watch(`${things}?watch=1`);
  const body = `{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"},"spec":{"count":${exact},"share":1.50,"free":{"x":[${exact}]}}}`;
  const created = await api.call('POST', things, body);
  assert.equal(created.status, 201, created.text);
  assert.match(created.text, /"count":9007199254740993,"share":1.5,"free":\{"x":\[9007199254740993\]\}/);
  for (const path of [`${things}/a`, things]) assert.match((await api.call('GET', path)).text, /9007199254740993/);
  assert.equal(recordAt((await watch.next()).object, 'spec').count, exact);
  const patches = [
    ['application/merge-patch+json', '{"spec":{"other":9223372036854775807}}'],
    [
      'application/json-patch+json',
      `[{"op":"test","path":"/spec/count","value":${exact}},{"op":"copy","from":"/spec/count","path":"/spec/other"}]`,
    ],
    ['application/apply-patch+yaml', `apiVersion: example.com/v1\nkind: Thing\nspec: {other: 9007199254740995}\n`],
  ] as const;
  for (const [type, patch] of patches) {
    const query = type.startsWith('application/apply') ? '?fieldManager=m&force=true' : '';
    const {
      status,
      text,
      body: after,
    } = await api.call('PATCH', `${things}/a${query}`, patch, { 'content-type': type });
    assert.equal(status, 200, text);
    assert.equal(recordAt(after, 'spec').count, exact);
  }
  const after = await api.call('GET', `${things}/a`);
  assert.equal(recordAt(after.body, 'spec').other, 9007199254740995n);
  const table = await api.call('GET', things, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  assert.match(table.text, /"cells":\["a",9007199254740993\]/);
  assert.match(
    (await api.call('GET', `${things}/a`, undefined, { accept: 'application/yaml' })).text,
    /count: 9007199254740993/,
  );
});

test('numbers that do not fit are refused', async () => {
  await using api = await openWithThings();
  const post = (spec: string) =>
    api.call('POST', things, `{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"b"},"spec":${spec}}`);
  assert.equal((await post('{"count":-9007199254740993}')).status, 422);
  const large = await post('{"other":9223372036854775808}');
  assert.match(large.text, /must be of type int64/);
  const built = await api.call(
    'POST',
    '/api/v1/namespaces/default/pods',
    '{"metadata":{"name":"p"},"spec":{"activeDeadlineSeconds":92233720368547758080}}',
  );
  assert.equal(built.status, 400);
  assert.match(
    built.text,
    /cannot unmarshal number .* into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64/,
  );
});

test('a built-in kind, through protobuf too', async () => {
  await using api = await openApi();
  const revisions = '/apis/apps/v1/namespaces/default/controllerrevisions';
  const made = await api.call(
    'POST',
    revisions,
    `{"metadata":{"name":"r"},"revision":${exact},"data":{"n":${exact}}}`,
    {
      accept: 'application/vnd.kubernetes.protobuf',
    },
  );
  assert.deepEqual([made.body.revision, made.body.data], [exact, { n: exact }]);
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  assert.match((await api.call('GET', revisions, undefined, { accept })).text, /"<none>",9007199254740993,/);
});
