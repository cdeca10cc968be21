/** CustomResourceDefinitions: their life, their watches, what they publish and how their objects are converted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, type Body, itemsOf, nameOf, namesOf, suite } from './rig.ts';

const { api } = suite();

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

interface Given {
  readonly group?: string;
  readonly plural?: string;
  readonly kind?: string;
  readonly labels?: Record<string, string>;
  /** Name to schema; the first is stored. */
  readonly versions?: Readonly<Record<string, object>>;
}

let groups = 0;
const newGroup = (): string => `g${++groups}.e2e.example.com`;

function definition({ group = newGroup(), plural = 'foos', kind = 'Foo', labels = {}, versions }: Given = {}) {
  const names = Object.entries(versions ?? { v1: anything });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: names.map(([name, schema], index) => ({
        name,
        served: true,
        storage: index === 0,
        subresources: { status: {} },
        schema: { openAPIV3Schema: schema },
      })),
    },
  };
}

async function removed(name: string): Promise<void> {
  await api.delete(`${definitions}/${name}`);
  await api.waitForGone(definitions, name);
}

const isEstablished = (object: Body): boolean =>
  ((at(object, 'status.conditions') ?? []) as Body[]).some(
    ({ type, status }) => type === 'Established' && status === 'True',
  );

test('CustomResourceDefinition resources Simple CustomResourceDefinition creating/deleting custom resource definition objects works', async () => {
  const created = await api.create(definitions, definition());
  await api.waitFor(definitions, nameOf(created), isEstablished);
  await removed(nameOf(created));
});

test('CustomResourceDefinition resources Simple CustomResourceDefinition listing custom resource definition objects works', async () => {
  const labels = { 'e2e-list-test-uuid': 'one' };
  for (let index = 0; index < 10; index++) await api.create(definitions, definition({ labels }));
  const selected = `${definitions}?labelSelector=e2e-list-test-uuid%3Done`;
  const list = await api.get(selected);
  assert.equal(itemsOf(list).length, 10);
  await api.delete(selected);
  for (const name of namesOf(list)) await api.waitForGone(definitions, name);
});

test('CustomResourceDefinition resources Simple CustomResourceDefinition getting/updating/patching custom resource definition status sub-resource works', async () => {
  const name = nameOf(await api.create(definitions, definition()));
  const path = `${definitions}/${name}/status`;
  assert.equal(nameOf(await api.get(path)), name);
  const condition = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from an e2e test' };
  const updated = await api.change(path, (seen) => {
    const status = seen.status as { conditions: object[] };
    status.conditions.push(condition);
  });
  assert.equal(((at(updated, 'status.conditions') ?? []) as Body[]).at(-1)?.message, 'Set from an e2e test');
  const patched = await api.patch(path, { status: { conditions: [{ ...condition, type: 'StatusPatched' }] } });
  assert.ok(((at(patched, 'status.conditions') ?? []) as Body[]).some(({ type }) => type === 'StatusPatched'));
});

test('CustomResourceDefinition resources custom resource defaulting for requests and from storage works', async () => {
  const text = { type: 'string' };
  const schema = (a: object, b: object) => ({ type: 'object', properties: { a, b } });
  const made = definition({ versions: { v1: schema({ ...text, default: 'A' }, text) } });
  const name = nameOf(await api.create(definitions, made));
  const path = `/apis/${made.spec.group}/v1/namespaces/default/foos`;
  const kind = { apiVersion: `${made.spec.group}/v1`, kind: 'Foo' };
  const first = await api.create(path, { ...kind, metadata: { name: 'foo' } });
  assert.deepEqual([first.a, first.b], ['A', undefined]);
  await api.patch(
    `${definitions}/${name}`,
    [
      { op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema/properties/a', value: text },
      { op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema/properties/b', value: { ...text, default: 'B' } },
    ],
    'json',
  );
  const stored = await api.get(`${path}/foo`);
  assert.deepEqual([stored.a, stored.b], ['A', 'B']);
  const second = await api.create(path, { ...kind, metadata: { name: 'bar' } });
  assert.deepEqual([second.a, second.b], [undefined, 'B']);
});

test('CustomResourceDefinition resources should include custom resource definition resources in discovery documents', async () => {
  const groups = (await api.get('/apis')).groups as Body[];
  const group = groups.find(({ name }) => name === 'apiextensions.k8s.io');
  assert.ok(((group?.versions ?? []) as Body[]).some(({ groupVersion }) => groupVersion === 'apiextensions.k8s.io/v1'));
  const own = await api.get('/apis/apiextensions.k8s.io');
  assert.ok((own.versions as Body[]).some(({ version }) => version === 'v1'));
  const { resources } = await api.get('/apis/apiextensions.k8s.io/v1');
  assert.ok((resources as Body[]).some(({ name }) => name === 'customresourcedefinitions'));
});

test('CustomResourceDefinition Watch CustomResourceDefinition Watch watch on custom resource definition objects', async () => {
  const made = definition();
  await api.create(definitions, made);
  const path = `/apis/${made.spec.group}/v1/namespaces/default/foos`;
  const kind = { apiVersion: `${made.spec.group}/v1`, kind: 'Foo' };
  const named = (name: string) => api.watch(`${path}?fieldSelector=metadata.name%3D${name}`);
  const [a, b] = await Promise.all([named('name1'), named('name2')]);
  for (const [name, watch] of [
    ['name1', a],
    ['name2', b],
  ] as const) {
    await api.create(path, { ...kind, metadata: { name } });
    assert.equal(nameOf(await watch.until('ADDED')), name);
    await api.patch(`${path}/${name}`, { dummy: 'test' });
    assert.equal((await watch.until('MODIFIED')).dummy, 'test');
    await api.delete(`${path}/${name}`);
    assert.equal(nameOf(await watch.until('DELETED')), name);
    await watch.close();
  }
});

// ---- OpenAPI -------------------------------------------------------------------------------------------------------

/** The definitions of /openapi/v2 that are of this kind, by version. */
async function published(group: string, kind: string): Promise<Record<string, Body>> {
  const { definitions: all } = await api.get('/openapi/v2');
  const found: Record<string, Body> = {};
  for (const schema of Object.values(all as Record<string, Body>)) {
    for (const known of (schema['x-kubernetes-group-version-kind'] ?? []) as Body[])
      if (known.group === group && known.kind === kind) found[String(known.version)] = schema;
  }
  return found;
}

const withSpec = {
  type: 'object',
  description: 'Foo CRD for Testing',
  properties: {
    spec: {
      type: 'object',
      description: 'Specification of Foo',
      properties: {
        bars: {
          type: 'array',
          description: 'List of Bars and their specs.',
          items: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { type: 'string', description: 'Name of Bar.' },
              age: { type: 'string', description: 'Age of Bar.' },
              bazs: { type: 'array', description: 'List of Bazs.', items: { type: 'string' } },
            },
          },
        },
      },
    },
    status: { type: 'object', properties: { bars: { type: 'array', items: { type: 'object' } } } },
  },
};

test('CustomResourcePublishOpenAPI works for CRD with validation schema', async () => {
  const made = definition({ versions: { v1: withSpec } });
  await api.create(definitions, made);
  const { v1 } = await published(made.spec.group, 'Foo');
  assert.equal(v1?.description, 'Foo CRD for Testing');
  assert.deepEqual(at(v1, 'properties.spec.properties.bars.items.required'), ['name']);
  const path = `/apis/${made.spec.group}/v1/namespaces/default/foos`;
  const foo = (bar: object) => ({
    apiVersion: `${made.spec.group}/v1`,
    kind: 'Foo',
    metadata: { name: 'test-foo' },
    spec: { bars: [bar] },
  });
  await api.refused(400, 'POST', `${path}?fieldValidation=Strict`, foo({ name: 'a', unknown: 'x' }));
  await api.refused(422, 'POST', path, foo({ age: '10' }));
  await api.create(`${path}?fieldValidation=Strict`, foo({ name: 'test-bar' }));
});

test('CustomResourcePublishOpenAPI works for CRD without validation schema', async () => {
  const made = definition({ versions: { v1: anything } });
  await api.create(definitions, made);
  // Not even the fields every object has: a client that knows some refuses the others.
  const gvk = [{ group: made.spec.group, version: 'v1', kind: 'Foo' }];
  assert.deepEqual((await published(made.spec.group, 'Foo')).v1, {
    type: 'object',
    'x-kubernetes-group-version-kind': gvk,
  });
});

test('CustomResourcePublishOpenAPI works for CRD preserving unknown fields at the schema root', async () => {
  const made = definition({ versions: { v1: { ...anything, description: 'preserve at root' } } });
  await api.create(definitions, made);
  assert.equal((await published(made.spec.group, 'Foo')).v1?.type, 'object');
  const { components } = await api.get(`/openapi/v3/apis/${made.spec.group}/v1`);
  const [schema] = Object.values(at(components, 'schemas') as Record<string, Body>).filter(
    (each) => each.description === 'preserve at root',
  );
  assert.equal(schema?.['x-kubernetes-preserve-unknown-fields'], true);
  const path = `/apis/${made.spec.group}/v1/namespaces/default/foos?fieldValidation=Strict`;
  const kind = { apiVersion: `${made.spec.group}/v1`, kind: 'Foo', metadata: { name: 'test-cr' } };
  assert.deepEqual((await api.create(path, { ...kind, a: { b: [{ c: 1 }] } })).a, { b: [{ c: 1 }] });
});

test('CustomResourcePublishOpenAPI works for CRD preserving unknown fields in an embedded object', async () => {
  const spec = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, description: 'Specification of Waldo' };
  const made = definition({ versions: { v1: { type: 'object', properties: { spec } } } });
  await api.create(definitions, made);
  const { v1 } = await published(made.spec.group, 'Foo');
  assert.equal(at(v1, 'properties.spec.x-kubernetes-preserve-unknown-fields'), true);
  assert.equal(at(v1, 'properties.spec.description'), 'Specification of Waldo');
  const path = `/apis/${made.spec.group}/v1/namespaces/default/foos?fieldValidation=Strict`;
  const kind = { apiVersion: `${made.spec.group}/v1`, kind: 'Foo', metadata: { name: 'test-cr' } };
  assert.deepEqual(at(await api.create(path, { ...kind, spec: { b: [{ c: 1 }] } }), 'spec'), { b: [{ c: 1 }] });
});

test('CustomResourcePublishOpenAPI works for multiple CRDs of different groups', async () => {
  const made = [definition({ versions: { v1: withSpec } }), definition({ versions: { v1: withSpec } })];
  for (const each of made) await api.create(definitions, each);
  for (const each of made) assert.deepEqual(Object.keys(await published(each.spec.group, 'Foo')), ['v1']);
});

test('CustomResourcePublishOpenAPI works for multiple CRDs of same group but different versions', async () => {
  const both = definition({ versions: { v2: withSpec, v3: withSpec } });
  await api.create(definitions, both);
  assert.deepEqual(Object.keys(await published(both.spec.group, 'Foo')).sort(), ['v2', 'v3']);
  const group = newGroup();
  await api.create(definitions, definition({ group, plural: 'bars', kind: 'Bar', versions: { v4: withSpec } }));
  await api.create(definitions, definition({ group, plural: 'bazs', kind: 'Baz', versions: { v5: withSpec } }));
  assert.deepEqual(Object.keys(await published(group, 'Bar')), ['v4']);
  assert.deepEqual(Object.keys(await published(group, 'Baz')), ['v5']);
});

test('CustomResourcePublishOpenAPI works for multiple CRDs of same group and version but different kinds', async () => {
  const group = newGroup();
  await api.create(definitions, definition({ group, plural: 'bars', kind: 'Bar', versions: { v6: withSpec } }));
  await api.create(definitions, definition({ group, plural: 'bazs', kind: 'Baz', versions: { v6: withSpec } }));
  for (const kind of ['Bar', 'Baz']) assert.deepEqual(Object.keys(await published(group, kind)), ['v6']);
});

test('CustomResourcePublishOpenAPI updates the published spec when one version gets renamed', async () => {
  const made = definition({ versions: { v2: withSpec, v3: withSpec } });
  const name = nameOf(await api.create(definitions, made));
  await api.patch(`${definitions}/${name}`, [{ op: 'replace', path: '/spec/versions/1/name', value: 'v4' }], 'json');
  assert.deepEqual(Object.keys(await published(made.spec.group, 'Foo')).sort(), ['v2', 'v4']);
  const { paths } = await api.get('/openapi/v3');
  const own = Object.keys(paths as object).filter((path) => path.includes(made.spec.group));
  assert.deepEqual(own.sort(), [`apis/${made.spec.group}/v2`, `apis/${made.spec.group}/v4`]);
});

test('CustomResourcePublishOpenAPI removes definition from spec when one version gets changed to not be served', async () => {
  const made = definition({ versions: { v5: withSpec, v6alpha1: withSpec } });
  const name = nameOf(await api.create(definitions, made));
  assert.deepEqual(Object.keys(await published(made.spec.group, 'Foo')).sort(), ['v5', 'v6alpha1']);
  const before = (await published(made.spec.group, 'Foo')).v5;
  await api.patch(`${definitions}/${name}`, [{ op: 'replace', path: '/spec/versions/1/served', value: false }], 'json');
  const after = await published(made.spec.group, 'Foo');
  assert.deepEqual(Object.keys(after), ['v5']);
  assert.deepEqual(after.v5, before);
});
