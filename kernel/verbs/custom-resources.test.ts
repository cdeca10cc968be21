import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { openApi, type TestApi } from './test-api.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const widgets = '/apis/example.com/v1/namespaces/default/widgets';
const mergePatch = { 'content-type': 'application/merge-patch+json' };

const specSchema: JsonRecord = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
    code: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
    limit: { 'x-kubernetes-int-or-string': true },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    tags: { type: 'object', additionalProperties: { type: 'string' } },
    parts: {
      type: 'array',
      maxItems: 2,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, count: { type: 'integer', default: 1 } },
      },
    },
    note: { type: 'string', nullable: true },
  },
};

function definition(change: (version: JsonRecord) => void = () => {}): JsonRecord {
  const version: JsonRecord = {
    name: 'v1',
    served: true,
    storage: true,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        description: 'A widget is a thing.',
        properties: { spec: specSchema, status: { type: 'object', properties: { done: { type: 'boolean' } } } },
      },
    },
    subresources: { status: {} },
    additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
  };
  change(version);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
      versions: [version],
    },
  };
}

const widget = (spec: JsonRecord, name = 'w'): JsonRecord => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
});

async function withWidgets(): Promise<TestApi> {
  const api = await openApi();
  const created = await api.call('POST', definitions, definition());
  assert.equal(created.status, 201, created.text);
  return api;
}

test('a definition is established at once and its kind is discovered and documented', async () => {
  await using api = await withWidgets();
  const stored = await api.call('GET', `${definitions}/widgets.example.com`);
  const { conditions, storedVersions } = stored.body.status as { conditions: JsonRecord[]; storedVersions: string[] };
  assert.deepEqual(
    conditions.map(({ type, status }) => `${type}=${status}`),
    ['NamesAccepted=True', 'Established=True'],
  );
  assert.deepEqual(storedVersions, ['v1']);
  const resources = (await api.call('GET', '/apis/example.com/v1')).body.resources as JsonRecord[];
  assert.deepEqual(
    resources.map(({ name }) => name),
    ['widgets', 'widgets/status'],
  );
  const { components } = (await api.call('GET', '/openapi/v3/apis/example.com/v1')).body as {
    components: { schemas: Record<string, JsonRecord> };
  };
  assert.equal(components.schemas['com.example.v1.Widget']?.description, 'A widget is a thing.');
});

test('objects are defaulted, pruned and stored', async () => {
  await using api = await withWidgets();
  const answer = await api.call('POST', widgets, {
    ...widget({ size: 2, extra: 1, free: { any: [1] }, tags: { a: 'b' }, parts: [{ name: 'x', other: 1 }] }),
    status: { done: true },
  });
  assert.equal(answer.status, 201, answer.text);
  assert.deepEqual(answer.body.spec, {
    size: 2,
    free: { any: [1] },
    tags: { a: 'b' },
    parts: [{ name: 'x', count: 1 }],
    color: 'red',
  });
  assert.equal(answer.body.status, undefined);
  assert.equal(
    answer.headers.warning,
    '299 - "unknown field \\"spec.extra\\"", 299 - "unknown field \\"spec.parts[0].other\\""',
  );
  const strict = await api.call('POST', `${widgets}?fieldValidation=Strict`, widget({ size: 2, extra: 1 }, 'v'));
  assert.deepEqual(
    [strict.status, strict.body.message],
    [400, 'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.extra"'],
  );
});

const wrong: readonly (readonly [JsonRecord, string])[] = [
  [{}, 'spec.size: Required value'],
  [{ size: 'big' }, 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'],
  [{ size: 0 }, 'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1'],
  [{ size: 11 }, 'spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10'],
  [{ size: 1, color: 'green' }, 'spec.color: Unsupported value: "green": supported values: "red", "blue"'],
  [{ size: 1, code: 'A' }, `spec.code: Invalid value: "A": spec.code in body should match '^[a-z]+$'`],
  [{ size: 1, code: 'abcdef' }, 'spec.code: Too long: may not be more than 5 bytes'],
  [
    { size: 1, limit: true },
    'spec.limit: Invalid value: "boolean": spec.limit in body must be of type integer,string: "boolean"',
  ],
  [
    { size: 1, parts: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
    'spec.parts: Too many: 3: must have at most 2 items',
  ],
  [{ size: 1, parts: [{ name: 'a' }, { name: 'a' }] }, 'spec.parts[1]: Duplicate value: {"name":"a"}'],
  [
    { size: 1, tags: { a: 1 } },
    'spec.tags.a: Invalid value: "integer": spec.tags.a in body must be of type string: "integer"',
  ],
];

test('wrong objects are a 422 with the words of Kubernetes', async () => {
  await using api = await withWidgets();
  for (const [spec, message] of wrong) {
    const answer = await api.call('POST', widgets, widget(spec));
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.body.message, `Widget.example.com "w" is invalid: ${message}`);
  }
});

test('patches validate too, and strategic merge is not for custom resources', async () => {
  await using api = await withWidgets();
  await api.call('POST', widgets, widget({ size: 1, note: null }));
  const bad = await api.call('PATCH', `${widgets}/w`, { spec: { size: 50 } }, mergePatch);
  assert.equal(bad.status, 422);
  const good = await api.call('PATCH', `${widgets}/w`, { spec: { size: 5 } }, mergePatch);
  assert.deepEqual([(good.body.spec as JsonRecord).size, (good.body.metadata as JsonRecord).generation], [5, 2]);
  const status = await api.call(
    'PATCH',
    `${widgets}/w/status`,
    { spec: { size: 6 }, status: { done: true } },
    mergePatch,
  );
  assert.deepEqual([status.body.status, (status.body.spec as JsonRecord).size], [{ done: true }, 5]);
  const strategic = await api.call(
    'PATCH',
    `${widgets}/w`,
    {},
    { 'content-type': 'application/strategic-merge-patch+json' },
  );
  assert.equal(strategic.status, 415);
});

test('a second version is served from the same objects', async () => {
  await using api = await withWidgets();
  await api.call('POST', widgets, widget({ size: 1 }));
  const current = (await api.call('GET', `${definitions}/widgets.example.com`)).body;
  const versions = (current.spec as JsonRecord).versions as JsonRecord[];
  const second = { ...structuredClone(versions[0]), name: 'v2', storage: false, deprecated: true };
  const updated = await api.call('PUT', `${definitions}/widgets.example.com`, {
    ...current,
    spec: { ...(current.spec as JsonRecord), versions: [...versions, second] },
  });
  assert.equal(updated.status, 200, updated.text);
  const asSecond = await api.call('GET', widgets.replace('/v1/', '/v2/').concat('/w'));
  assert.deepEqual([asSecond.body.apiVersion, asSecond.body.kind], ['example.com/v2', 'Widget']);
  assert.equal(asSecond.headers.warning, '299 - "example.com/v2 Widget is deprecated"');
});

test('deleting a definition deletes its objects, and waits for those that finalizers hold', async () => {
  await using api = await withWidgets();
  await api.call('POST', widgets, widget({ size: 1 }, 'free'));
  await api.call('POST', widgets, {
    ...widget({ size: 1 }, 'held'),
    metadata: { name: 'held', finalizers: ['example.com/hold'] },
  });
  const watch = await api.watch(`${definitions}?watch=true&resourceVersion=${api.store.revision}`);
  await api.call('DELETE', `${definitions}/widgets.example.com`);
  assert.equal((await watch.next()).type, 'MODIFIED');
  const refused = await api.call('POST', widgets, widget({ size: 1 }, 'late'));
  assert.equal(refused.status, 405);
  await api.call('PATCH', `${widgets}/held`, { metadata: { finalizers: null } }, mergePatch);
  assert.equal((await watch.next()).type, 'DELETED');
  assert.equal((await api.call('GET', widgets)).status, 404);
});

test('a definition cannot take the place of a built-in kind', async () => {
  await using api = await openApi();
  const object = definition();
  const refused = await api.call('POST', definitions, {
    ...object,
    metadata: { name: 'things.example.k8s.io' },
    spec: { ...(object.spec as JsonRecord), group: 'example.k8s.io', names: { plural: 'things', kind: 'Thing' } },
  });
  assert.match(String(refused.body.message), /protected groups must have approval annotation/);
  const annotations = { 'api-approved.kubernetes.io': 'unapproved, a test' };
  object.metadata = { name: 'leases.coordination.k8s.io', annotations };
  object.spec = {
    ...(object.spec as JsonRecord),
    group: 'coordination.k8s.io',
    names: { plural: 'leases', kind: 'Lease' },
  };
  assert.equal((await api.call('POST', definitions, object)).status, 201);
  const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
  const lease = await api.call('POST', leases, { metadata: { name: 'a' }, spec: { holderIdentity: 'me' } });
  assert.deepEqual([lease.status, lease.body.spec], [201, { holderIdentity: 'me' }]);
});

const refusedDefinitions: readonly (readonly [string, (version: JsonRecord) => void, RegExp])[] = [
  ['no schema', (version) => delete version.schema, /versions\[0\].schema.openAPIV3Schema: Required value$/],
  [
    'no storage version',
    (version) => Object.assign(version, { storage: false }),
    /must have exactly one version marked as storage version/,
  ],
  [
    'a field without a type',
    (version) => Object.assign(version, { schema: { openAPIV3Schema: { type: 'object', properties: { spec: {} } } } }),
    /properties\[spec\].type: Required value: must not be empty for specified object fields/,
  ],
  [
    'a rule that does not compile',
    (version) =>
      Object.assign(version, {
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', 'x-kubernetes-validations': [{ rule: 'self.size > 1' }] } },
          },
        },
      }),
    /properties\[spec\].x-kubernetes-validations\[0\].rule: Invalid value: .*compilation failed: ERROR: <input>:1:5: undefined field 'size'\n \| self.size > 1\n \| ....\^/,
  ],
  [
    'a default that does not fit',
    (version) =>
      Object.assign(version, {
        schema: { openAPIV3Schema: { type: 'object', properties: { a: { type: 'integer', default: 'x' } } } },
      }),
    /properties\[a\].default: Invalid value/,
  ],
];

for (const [what, change, message] of refusedDefinitions) {
  test(`a definition with ${what} is refused`, async () => {
    await using api = await openApi();
    const answer = await api.call('POST', definitions, definition(change));
    assert.equal(answer.status, 422);
    assert.match(String(answer.body.message), message);
  });
}

test('what is embedded is an object like any other: its type and its metadata are checked', async () => {
  await using api = await openApi();
  const schema = {
    type: 'object',
    properties: {
      template: {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-preserve-unknown-fields': true,
      },
    },
  };
  await api.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'holders.example.com' },
    spec: {
      group: 'example.com',
      names: { plural: 'holders', kind: 'Holder' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  });
  const post = (template: JsonRecord) =>
    api.call('POST', '/apis/example.com/v1/namespaces/default/holders', {
      apiVersion: 'example.com/v1',
      kind: 'Holder',
      metadata: { generateName: 'h-' },
      template,
    });
  const good = { apiVersion: 'v1', kind: 'ConfigMap' };
  assert.equal((await post({ ...good, metadata: { labels: { a: 'b' } } })).status, 201);
  const cases: readonly (readonly [JsonRecord, RegExp])[] = [
    [{ kind: 'ConfigMap' }, /template\.apiVersion: Required value/],
    [{ apiVersion: 'a/b/c', kind: 'X' }, /template\.apiVersion: Invalid value: \\"a\/b\/c\\": unexpected GroupVersion/],
    [{ apiVersion: 'v1', kind: 'no_kind' }, /template\.kind: Invalid value: .*may have mixed case/],
    [{ ...good, metadata: { labels: { 'a b': 'c' } } }, /template\.metadata\.labels: Invalid value/],
  ];
  for (const [template, expected] of cases) {
    const { status, text } = await post(template);
    assert.equal(status, 422, text);
    assert.match(text, expected);
  }
  const untyped = await post({ ...good, metadata: { labels: 5 } });
  assert.equal(untyped.status, 400);
  assert.match(untyped.text, /template\.metadata: Invalid value/);
});
