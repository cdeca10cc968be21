/** What is published of custom resources in discovery and OpenAPI, as the upstream conformance tests of that name expect. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonRecord, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import { openApi, type TestApi } from './test-api.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const merge = { 'content-type': 'application/merge-patch+json' };

interface Named {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly versions: readonly JsonRecord[];
}

const definition = ({ group, plural, kind, versions }: Named): JsonRecord => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: { group, scope: 'Namespaced', names: { plural, kind }, versions },
});

const version = (name: string, schema: JsonRecord, more: JsonRecord = {}): JsonRecord => ({
  name,
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  ...more,
});

const described = {
  description: 'Foo is a thing',
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      description: 'its wish',
      properties: { bars: { type: 'array', items: { type: 'string' } } },
    },
  },
};
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

async function schemasOf(api: TestApi, group: string, name: string): Promise<JsonRecord> {
  const answer = await api.call('GET', `/openapi/v3/apis/${group}/${name}`);
  return recordAt(answer.body, 'components', 'schemas');
}

async function publish(api: TestApi, named: Named): Promise<void> {
  const answer = await api.call('POST', definitions, definition(named));
  assert.equal(answer.status, 201, answer.text);
}

test('CustomResourcePublishOpenAPI works for CRD with validation schema', async () => {
  await using api = await openApi();
  await publish(api, { group: 'a.example.com', plural: 'foos', kind: 'Foo', versions: [version('v1', described)] });
  const foo = recordAt(await schemasOf(api, 'a.example.com', 'v1'), 'com.example.a.v1.Foo');
  assert.equal(foo.description, 'Foo is a thing');
  assert.equal(stringAt(foo, 'properties', 'spec', 'description'), 'its wish');
  assert.match(stringAt(foo, 'properties', 'apiVersion', 'description'), /^APIVersion defines/);
  assert.match(stringAt(foo, 'properties', 'metadata', 'description'), /^Standard object's metadata/);
  assert.deepEqual(foo['x-kubernetes-group-version-kind'], [{ group: 'a.example.com', kind: 'Foo', version: 'v1' }]);
  const second = recordAt((await api.call('GET', '/openapi/v2')).body, 'definitions', 'com.example.a.v1.Foo');
  assert.equal(second.description, 'Foo is a thing');
});

test('a kind that takes any field is whole in OpenAPI v3 and without fields in v2', async () => {
  await using api = await openApi();
  const versions = [version('v1', anything)];
  await publish(api, { group: 'open.example.com', plural: 'opens', kind: 'Open', versions });
  const whole = (await schemasOf(api, 'open.example.com', 'v1'))['com.example.open.v1.Open'] as JsonRecord;
  assert.deepEqual(
    [whole.description, whole['x-kubernetes-preserve-unknown-fields'], typeof whole.properties],
    [undefined, true, 'object'],
  );
  const { definitions: told } = (await api.call('GET', '/openapi/v2')).body as { definitions: JsonRecord };
  const gvk = [{ group: 'open.example.com', version: 'v1', kind: 'Open' }];
  assert.deepEqual(told['com.example.open.v1.Open'], { type: 'object', 'x-kubernetes-group-version-kind': gvk });
});

test('fields objects can be selected by are published with their kind', async () => {
  await using api = await openApi();
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { color: { type: 'string' } } } },
  };
  const selecting = { ...version('v1', schema), selectableFields: [{ jsonPath: '.spec.color' }] };
  await publish(api, { group: 'a.example.com', plural: 'foos', kind: 'Foo', versions: [selecting] });
  const expected = [{ fieldPath: 'spec.color' }];
  const third = recordAt(await schemasOf(api, 'a.example.com', 'v1'), 'com.example.a.v1.Foo');
  assert.deepEqual(third['x-kubernetes-selectable-fields'], expected);
  const second = recordAt((await api.call('GET', '/openapi/v2')).body, 'definitions', 'com.example.a.v1.Foo');
  assert.deepEqual(second['x-kubernetes-selectable-fields'], expected);
});

for (const [what, schema] of [
  ['CRD preserving unknown fields at the schema root', anything],
  ['CRD preserving unknown fields in an embedded object', { type: 'object', properties: { spec: anything } }],
  ['CRD without validation schema', anything],
] as const) {
  test(`CustomResourcePublishOpenAPI works for ${what}`, async () => {
    await using api = await openApi();
    await publish(api, { group: 'a.example.com', plural: 'foos', kind: 'Foo', versions: [version('v1', schema)] });
    const foo = recordAt(await schemasOf(api, 'a.example.com', 'v1'), 'com.example.a.v1.Foo');
    assert.equal(foo.type, 'object');
    const object = { apiVersion: 'a.example.com/v1', kind: 'Foo', metadata: { name: 'x' }, spec: { any: [1] } };
    const made = await api.call(
      'POST',
      '/apis/a.example.com/v1/namespaces/default/foos?fieldValidation=Strict',
      object,
    );
    assert.deepEqual([made.status, made.body.spec], [201, { any: [1] }], made.text);
  });
}

test('CustomResourcePublishOpenAPI works for multiple CRDs of different groups, of the same group and version', async () => {
  await using api = await openApi();
  const versions = [version('v1', described)];
  await publish(api, { group: 'a.example.com', plural: 'foos', kind: 'Foo', versions });
  await publish(api, { group: 'a.example.com', plural: 'bars', kind: 'Bar', versions });
  await publish(api, { group: 'b.example.com', plural: 'foos', kind: 'Foo', versions });
  const names = Object.keys(await schemasOf(api, 'a.example.com', 'v1'));
  assert.ok(names.includes('com.example.a.v1.Foo') && names.includes('com.example.a.v1.Bar'));
  assert.ok(Object.hasOwn(await schemasOf(api, 'b.example.com', 'v1'), 'com.example.b.v1.Foo'));
});

test('CustomResourcePublishOpenAPI updates the published spec when one version gets renamed or is not served any more', async () => {
  await using api = await openApi();
  const versions = [version('v2', described), version('v3', described, { storage: false })];
  await publish(api, { group: 'a.example.com', plural: 'foos', kind: 'Foo', versions });
  const patch = (next: readonly JsonRecord[]) =>
    api.call('PATCH', `${definitions}/foos.a.example.com`, { spec: { versions: next } }, merge);
  assert.equal((await patch([version('v2', described), version('v4', described, { storage: false })])).status, 200);
  assert.ok(Object.hasOwn(await schemasOf(api, 'a.example.com', 'v4'), 'com.example.a.v4.Foo'));
  assert.equal((await api.call('GET', '/openapi/v3/apis/a.example.com/v3')).status, 404);
  const unserved = version('v4', described, { storage: false, served: false });
  assert.equal((await patch([version('v2', described), unserved])).status, 200);
  assert.equal((await api.call('GET', '/openapi/v3/apis/a.example.com/v4')).status, 404);
  assert.equal((await api.call('GET', '/apis/a.example.com/v4/namespaces/default/foos')).status, 404);
});

test('CustomResourceDefinition resources should include custom resource definition resources in discovery documents', async () => {
  await using api = await openApi();
  const names = recordsAt((await api.call('GET', '/apis/apiextensions.k8s.io/v1')).body, 'resources').map(
    ({ name }) => name,
  );
  assert.ok(names.includes('customresourcedefinitions'));
});

test('Simple CustomResourceDefinition getting/updating/patching custom resource definition status sub-resource works', async () => {
  await using api = await openApi();
  await publish(api, { group: 'a.example.com', plural: 'foos', kind: 'Foo', versions: [version('v1', described)] });
  const path = `${definitions}/foos.a.example.com/status`;
  const current = (await api.call('GET', path)).body;
  const condition = {
    type: 'StatusUpdate',
    status: 'True',
    reason: 'E2E',
    message: 'Set from an e2e test',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const conditions = [...recordsAt(current, 'status', 'conditions'), condition];
  const put = await api.call('PUT', path, { ...current, status: { ...recordAt(current, 'status'), conditions } });
  assert.deepEqual(
    [put.status, recordsAt(put.body, 'status', 'conditions').at(-1)?.type],
    [200, 'StatusUpdate'],
    put.text,
  );
  const patched = await api.call(
    'PATCH',
    path,
    { status: { conditions: recordsAt(current, 'status', 'conditions') } },
    merge,
  );
  assert.equal(recordsAt(patched.body, 'status', 'conditions').length, 2);
});

const columns = [
  { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
  { name: 'Share', type: 'number', jsonPath: '.spec.share' },
  { name: 'On', type: 'boolean', jsonPath: '.spec.on' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

test('printer columns of all types, scale with its selector, selectable fields, short names and categories', async () => {
  await using api = await openApi();
  const schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          size: { type: 'integer' },
          share: { type: 'number' },
          on: { type: 'boolean' },
          color: { type: 'string' },
        },
      },
      status: {
        type: 'object',
        properties: {
          size: { type: 'integer' },
          selector: { type: 'string' },
          conditions: { type: 'array', items: anything },
        },
      },
    },
  };
  const scale = {
    specReplicasPath: '.spec.size',
    statusReplicasPath: '.status.size',
    labelSelectorPath: '.status.selector',
  };
  const more = {
    additionalPrinterColumns: columns,
    selectableFields: [{ jsonPath: '.spec.color' }],
    subresources: { status: {}, scale },
  };
  const made = definition({
    group: 'a.example.com',
    plural: 'foos',
    kind: 'Foo',
    versions: [version('v1', schema, more)],
  });
  const names = { plural: 'foos', kind: 'Foo', shortNames: ['fo'], categories: ['all'] };
  assert.equal(
    (await api.call('POST', definitions, { ...made, spec: { ...recordAt(made, 'spec'), names } })).status,
    201,
  );
  const foos = '/apis/a.example.com/v1/namespaces/default/foos';
  const foo = (name: string, color: string): JsonRecord => ({
    apiVersion: 'a.example.com/v1',
    kind: 'Foo',
    metadata: { name },
    spec: { size: 3, share: 0.5, on: true, color },
  });
  await api.call('POST', foos, foo('a', 'red'));
  await api.call('POST', foos, foo('b', 'blue'));
  const status = { size: 2, selector: 'app=a', conditions: [{ type: 'Ready', status: 'True' }] };
  await api.call('PATCH', `${foos}/a/status`, { status }, merge);
  const table = (
    await api.call('GET', `${foos}?fieldSelector=spec.color%3Dred`, undefined, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    })
  ).body;
  assert.deepEqual(
    recordsAt(table, 'rows').map(({ cells }) => cells),
    [['a', 3, 0.5, true, 'True', '0s']],
  );
  assert.deepEqual(
    recordsAt(table, 'columnDefinitions').map(({ name, priority }) => [name, priority]),
    [
      ['Name', 0],
      ['Size', 0],
      ['Share', 0],
      ['On', 0],
      ['Ready', 1],
      ['Age', 0],
    ],
  );
  const scaled = (await api.call('GET', `${foos}/a/scale`)).body;
  assert.deepEqual([scaled.spec, scaled.status], [{ replicas: 3 }, { replicas: 2, selector: 'app=a' }]);
  const put = await api.call('PUT', `${foos}/a/scale`, { ...scaled, spec: { replicas: 5 } });
  assert.deepEqual(put.body.spec, { replicas: 5 }, put.text);
  assert.equal(recordAt((await api.call('GET', `${foos}/a`)).body, 'spec').size, 5);
  const [resource] = recordsAt((await api.call('GET', '/apis/a.example.com/v1')).body, 'resources');
  assert.deepEqual([resource?.shortNames, resource?.categories], [['fo'], ['all']]);
});
