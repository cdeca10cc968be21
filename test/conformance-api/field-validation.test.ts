/** FieldValidation, as the upstream tests of that name ask for it: strictly, of typed and of custom objects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, suite } from './rig.ts';

const { api } = suite();

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const strict = 'fieldManager=field_validation_mgr&fieldValidation=Strict';
const apply = 'application/apply-patch+yaml';

const text = { type: 'string' };
const ports = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
  items: {
    type: 'object',
    required: ['containerPort', 'protocol'],
    properties: {
      containerPort: { format: 'int32', type: 'integer' },
      hostIP: text,
      hostPort: { format: 'int32', type: 'integer' },
      name: text,
      protocol: text,
    },
  },
};
const cronSpec = { type: 'string', pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$' };
const specSchema = (spec: object) => ({ type: 'object', properties: { spec: { type: 'object', ...spec } } });
const validated = specSchema({ properties: { foo: text, cronSpec, ports } });
const preserving = specSchema({
  'x-kubernetes-preserve-unknown-fields': true,
  properties: { foo: text, cronSpec, ports },
});
const embedding = specSchema({
  'x-kubernetes-preserve-unknown-fields': true,
  properties: {
    template: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      properties: {
        metadata: { type: 'object', properties: { name: text } },
        spec: { type: 'object' },
      },
    },
    foo: text,
    cronSpec,
    ports,
  },
});
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

let count = 0;

/** A cluster-scoped kind with this schema; the path of its objects and how its YAML starts. */
async function defined(schema: object): Promise<{ readonly path: string; readonly head: string }> {
  const group = `noxu${++count}.example.com`;
  const version = (name: string, storage: boolean) => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: schema },
  });
  await api.create(definitions, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `noxus.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { plural: 'noxus', singular: 'noxu', kind: 'WishIHadChosenNoxu', listKind: 'NoxuItemList' },
      versions: [version('v1beta1', true), version('v1beta2', false)],
    },
  });
  return {
    path: `/apis/${group}/v1beta1/noxus`,
    head: `apiVersion: ${group}/v1beta1\nkind: WishIHadChosenNoxu\nmetadata:\n  name: mytest\n`,
  };
}

const portsYaml = '  cronSpec: "* * * * */5"\n  ports:\n  - name: x\n    containerPort: 80\n    protocol: TCP\n';

const deployment = (metadata: string, spec: string): string =>
  `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"my-dep",${metadata}"labels":{"app":"nginx"}},
    "spec":{${spec}"selector":{"matchLabels":{"app":"nginx"}},"template":{"metadata":{"labels":{"app":"nginx"}},
    "spec":{"containers":[{"name":"nginx","image":"nginx:latest"}]}}}}`;
const deployments = `/apis/apps/v1/namespaces/default/deployments?${strict}`;

test('FieldValidation should detect unknown and duplicate fields of a typed object', async () => {
  const body = deployment('', '"unknownField":"foo","replicas":2,"replicas":3,');
  const message = await api.refused(400, 'POST', deployments, body);
  assert.match(message, /strict decoding error: unknown field "spec\.unknownField", duplicate field "spec\.replicas"/);
});

test('FieldValidation should detect unknown metadata fields of a typed object', async () => {
  const message = await api.refused(400, 'POST', deployments, deployment('"unknownMeta":"foo",', ''));
  assert.match(message, /strict decoding error: unknown field "metadata\.unknownMeta"/);
});

test('FieldValidation should create/apply a valid CR for CRD with validation schema', async () => {
  const { path, head } = await defined(validated);
  const body = `${head}  finalizers:\n  - test-finalizer\nspec:\n  foo: foo1\n${portsYaml}`;
  const { status, body: made } = await api.send('PATCH', `${path}/mytest?${strict}`, body, { 'content-type': apply });
  assert.equal(status, 201);
  assert.deepEqual(at(made, 'spec.ports'), [{ name: 'x', containerPort: 80, protocol: 'TCP' }]);
});

test('FieldValidation should create/apply a CR with unknown fields for CRD with no validation schema', async () => {
  const { path, head } = await defined(anything);
  const body = `${head}  finalizers:\n  - test-finalizer\nspec:\n  unknown: uk1\n${portsYaml}`;
  const { status, body: made } = await api.send('PATCH', `${path}/mytest?${strict}`, body, { 'content-type': apply });
  assert.equal(status, 201);
  assert.equal(at(made, 'spec.unknown'), 'uk1');
});

test('FieldValidation should create/apply an invalid CR with extra properties for CRD with validation schema', async () => {
  const { path, head } = await defined(validated);
  const body = `${head}unknownField: unknown\nspec:\n  foo: foo1\n${portsYaml}`;
  const { status, text: answer } = await api.send('PATCH', `${path}/mytest?${strict}`, body, { 'content-type': apply });
  assert.ok(status >= 400);
  assert.match(answer, /\.unknownField: field not declared in schema/);
});

test('FieldValidation should detect unknown metadata fields in both the root and embedded object of a CR', async () => {
  const { path, head } = await defined(embedding);
  const body = `${head}  unknownMeta: unknown\nspec:\n  template:\n    apiVersion: foo/v1\n    kind: Sub\n    metadata:\n      unknownSubMeta: unknown\n      name: subobject\n      namespace: default\n  foo: foo1\n${portsYaml}`;
  for (const [method, at, type] of [
    ['PATCH', `${path}/mytest`, apply],
    ['POST', path, 'application/yaml'],
  ] as const) {
    const { status, text: answer } = await api.send(method, `${at}?${strict}`, body, { 'content-type': type });
    assert.ok(status >= 400, answer);
    for (const field of ['.metadata.unknownMeta', '.spec.template.metadata.unknownSubMeta']) {
      // Apply says `.metadata.unknownMeta: field not declared in schema`, create `unknown field "metadata.unknownMeta"`.
      assert.ok(answer.includes(field) || answer.includes(field.slice(1)), `${method}: ${field}: ${answer}`);
    }
  }
});

test('FieldValidation should detect duplicates in a CR when preserving unknown fields', async () => {
  const { path, head } = await defined(preserving);
  const body = `\n${head}  finalizers:\n  - test-finalizer\nspec:\n  unknown: uk1\n  foo: foo1\n  foo: foo2\n${portsYaml}`;
  const { status, text: answer } = await api.send('PATCH', `${path}/mytest?${strict}`, body, { 'content-type': apply });
  assert.equal(status, 400);
  assert.match(answer, /line 11: key \\"foo\\" already set in map/);
});
