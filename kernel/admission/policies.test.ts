/** Policies: what their expressions can see, and what comes of what they say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonRecord, recordAt } from '../kinds/json.ts';
import { configMap, configMaps, openApi, pod, pods, type TestApi } from '../verbs/test-api.ts';

const group = '/apis/admissionregistration.k8s.io/v1';
const policies = `${group}/validatingadmissionpolicies`;
const bindings = `${group}/validatingadmissionpolicybindings`;
const merge = { 'content-type': 'application/merge-patch+json' };

const rule = (more: JsonRecord = {}): JsonRecord => ({
  operations: ['CREATE', 'UPDATE'],
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
  ...more,
});

const policy = (name: string, spec: JsonRecord): JsonRecord => ({
  metadata: { name },
  spec: { matchConstraints: { resourceRules: [rule()] }, ...spec },
});

const binding = (name: string, spec: JsonRecord = {}): JsonRecord => ({
  metadata: { name },
  spec: { policyName: name, validationActions: ['Deny'], ...spec },
});

async function enforce(api: TestApi, spec: JsonRecord, bound: JsonRecord = {}, name = 'p'): Promise<void> {
  for (const [path, object] of [
    [policies, policy(name, spec)],
    [bindings, binding(name, bound)],
  ] as const) {
    const { status, text } = await api.call('POST', path, object);
    assert.equal(status, 201, text);
  }
}

const create = (api: TestApi, name: string, data: JsonRecord = {}) =>
  api.call('POST', configMaps, configMap(name, { data }));

/** True for a configmap `a` with data x=1 that admin creates in `default`. */
const holds: readonly string[] = [
  "object.data.x == '1'",
  'oldObject == null',
  'has(object.metadata.namespace) && object.metadata.namespace == request.namespace',
  "request.operation == 'CREATE' && request.name == 'a' && request.kind.kind == 'ConfigMap'",
  "request.resource.resource == 'configmaps' && request.resource.group == '' && !has(request.subResource)",
  "request.userInfo.username == 'admin' && 'system:masters' in request.userInfo.groups",
  '!request.dryRun',
  "namespaceObject.metadata.name == 'default'",
  "authorizer.group('').resource('pods').namespace('default').check('create').allowed()",
  "authorizer.group('apps').resource('deployments').subresource('scale').name('x').check('update').allowed()",
  "authorizer.path('/healthz').check('get').allowed()",
  "authorizer.requestResource.check('create').allowed()",
  "!authorizer.serviceAccount('default', 'nobody').group('').resource('pods').check('get').errored()",
  "object.?spec.?nothing.orValue('none') == 'none'",
  "object.data.all(k, v, k.matches('^[a-z]$'))",
  "quantity('1Gi').isGreaterThan(quantity('1Mi'))",
  'params == null',
];

test('expressions see the object, the request, the namespace and the authorizer', async () => {
  await using api = await openApi();
  const validations = holds
    .filter((expression) => !expression.includes('params'))
    .map((expression) => ({ expression }));
  await enforce(api, { validations });
  const { status, text } = await create(api, 'a', { x: '1' });
  assert.equal(status, 201, text);
});

test('an object of a built-in kind has the parts that are never absent', async () => {
  await using api = await openApi();
  const validations = [
    { expression: 'object.spec.containers.all(c, has(c.resources) && !has(c.resources.limits))' },
    { expression: 'object.spec.containers.all(c, !has(c.ports))' },
  ];
  const matchConstraints = { resourceRules: [rule({ resources: ['pods'] })] };
  await enforce(api, { validations, matchConstraints });
  const { status, text } = await api.call('POST', pods, pod('p'));
  assert.equal(status, 201, text);
});

test('a denial has the message, reason and code of its validation', async () => {
  await using api = await openApi();
  const validations = [
    { expression: "object.data.x != 'reason'", message: 'because', reason: 'Forbidden' },
    { expression: "object.data.x != 'expression'", message: 'fixed', messageExpression: "'got ' + object.data.x" },
    { expression: "object.data.x != 'broken'", message: 'fixed', messageExpression: 'string(object.data.none)' },
    { expression: "object.data.x != 'bare'" },
    { expression: 'object.data.y == object.data.y' },
  ];
  await enforce(api, { validations });
  const denied = (why: string) =>
    `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: ${why}`;
  for (const [x, code, reason, why] of [
    ['reason', 403, 'Forbidden', 'because'],
    ['expression', 422, 'Invalid', 'got expression'],
    ['broken', 422, 'Invalid', 'fixed'],
    ['bare', 422, 'Invalid', "failed expression: object.data.x != 'bare'"],
    ['error', 422, 'Invalid', "expression 'object.data.y == object.data.y' resulted in error: no such key: y"],
  ] as const) {
    const { status, body } = await create(api, 'a', { x });
    assert.deepEqual([status, body.reason, body.message], [code, reason, denied(why)]);
  }
});

test('what cannot be evaluated is let through where the policy fails open', async () => {
  await using api = await openApi();
  await enforce(api, { failurePolicy: 'Ignore', validations: [{ expression: "object.data.none == 'x'" }] });
  assert.equal((await create(api, 'a', { x: '1' })).status, 201);
});

test('Warn warns, Audit lets pass, Deny denies', async () => {
  await using api = await openApi();
  await enforce(
    api,
    { validations: [{ expression: 'false', message: 'never' }] },
    { validationActions: ['Warn', 'Audit'] },
  );
  const warned = await create(api, 'a');
  assert.equal(warned.status, 201);
  assert.equal(
    warned.headers.warning,
    `299 - "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p': never"`,
  );
  await api.call('DELETE', bindings);
  await api.call('POST', bindings, binding('p', { validationActions: ['Audit'] }));
  assert.equal((await create(api, 'b')).headers.warning, undefined);
  assert.equal((await api.call('DELETE', policies)).status, 200);
  await api.call('DELETE', bindings);
  await api.call('POST', bindings, binding('p'));
  assert.equal((await create(api, 'c')).status, 201, 'a binding without its policy does nothing');
});

test('variables are evaluated when they are read, and their failures tell their names', async () => {
  await using api = await openApi();
  const variables = [
    { name: 'data', expression: 'object.?data.orValue({})' },
    { name: 'bad', expression: 'object.data.none' },
    { name: 'count', expression: 'variables.data.size()' },
  ];
  const validations = [
    { expression: "!('evil' in variables.data) || variables.bad == ''" },
    { expression: 'variables.count < 3', messageExpression: "'has ' + string(variables.count)" },
  ];
  await enforce(api, { variables, validations });
  assert.equal((await create(api, 'a', { x: '1' })).status, 201);
  const message = async (data: JsonRecord) => String((await create(api, 'b', data)).body.message);
  assert.match(await message({ a: '', b: '', c: '' }), /denied request: has 3$/);
  assert.match(
    await message({ evil: '' }),
    /resulted in error: composited variable "bad" fails to evaluate: no such key: none$/,
  );
});

test('conditions, exclusions, names and selectors narrow a policy and a binding', async () => {
  await using api = await openApi();
  const spec = {
    validations: [{ expression: 'false', message: 'never' }],
    matchConditions: [{ name: 'not-skipped', expression: "object.metadata.name != 'skipped'" }],
    matchConstraints: {
      resourceRules: [rule()],
      excludeResourceRules: [rule({ resourceNames: ['excluded'] })],
    },
  };
  await enforce(api, spec, { matchResources: { resourceRules: [rule({ operations: ['CREATE'] })] } });
  for (const [name, code] of [
    ['skipped', 201],
    ['excluded', 201],
    ['other', 422],
  ] as const)
    assert.equal((await create(api, name)).status, code, name);
  assert.equal((await api.call('PATCH', `${configMaps}/excluded`, { data: { x: 'y' } }, merge)).status, 200);
  await api.call('DELETE', bindings);
  const objectSelector = { matchLabels: { checked: 'yes' } };
  await api.call('POST', bindings, binding('p', { matchResources: { objectSelector } }));
  assert.equal((await create(api, 'other')).status, 201);
  const labelled = configMap('labelled', { metadata: { name: 'labelled', labels: { checked: 'yes' } } });
  assert.equal((await api.call('POST', configMaps, labelled)).status, 422);
});

const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
const limit = (name: string, most: string, labels: JsonRecord = {}): JsonRecord =>
  configMap(name, { metadata: { name, labels }, data: { most } });

test('parameters come by name and by selector, from the namespace named or the one of the request', async () => {
  await using api = await openApi();
  await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'limits' } });
  await api.call('POST', '/api/v1/namespaces/limits/configmaps', limit('one', '1', { use: 'yes' }));
  await api.call('POST', '/api/v1/namespaces/limits/configmaps', limit('two', '2', { use: 'yes' }));
  const spec = {
    paramKind,
    matchConditions: [{ name: 'is-pod', expression: "request.resource.resource == 'pods'" }],
    matchConstraints: { resourceRules: [rule({ resources: ['pods'] })] },
    validations: [
      {
        expression: 'object.spec.containers.size() <= int(params.data.most)',
        messageExpression: "params.metadata.name + ' allows ' + params.data.most",
      },
    ],
  };
  const two = pod('two', { containers: ['a', 'b'].map((name) => ({ name, image: 'example/x:1' })) });
  const outcomes: readonly (readonly [paramRef: JsonRecord, code: number, why: RegExp])[] = [
    [{ name: 'one', namespace: 'limits' }, 422, /one allows 1$/],
    [{ name: 'two', namespace: 'limits' }, 201, /^/],
    [{ selector: { matchLabels: { use: 'yes' } }, namespace: 'limits' }, 422, /one allows 1$/],
    [{ name: 'one' }, 422, /failed to configure binding: no params found for policy binding with `Deny`/],
    [{ name: 'one', parameterNotFoundAction: 'Allow' }, 201, /^/],
  ];
  await api.call('POST', policies, policy('p', spec));
  for (const [paramRef, code, why] of outcomes) {
    await api.call('POST', bindings, binding('p', { paramRef: { parameterNotFoundAction: 'Deny', ...paramRef } }));
    const { status, body, text } = await api.call('POST', `${pods}?dryRun=All`, two);
    assert.equal(status, code, text);
    assert.match(String(body.message ?? ''), why);
    await api.call('DELETE', bindings);
  }
  await api.call('POST', bindings, binding('p'));
  assert.match(
    String((await api.call('POST', `${pods}?dryRun=All`, two)).body.message),
    /expression 'object.spec.containers.size\(\) <= int\(params.data.most\)' resulted in error: no such (key|overload)/,
  );
});

test('an update sees both objects, a deletion the one that goes', async () => {
  await using api = await openApi();
  const matchConstraints = { resourceRules: [rule({ operations: ['UPDATE', 'DELETE'] })] };
  const validations = [
    { expression: "request.operation != 'UPDATE' || object.data.x == oldObject.data.x", message: 'x is fixed' },
    { expression: "request.operation != 'DELETE' || (object == null && oldObject.data.x != 'keep')", message: 'kept' },
  ];
  await enforce(api, { matchConstraints, validations });
  await create(api, 'a', { x: 'keep' });
  assert.match(
    String((await api.call('PATCH', `${configMaps}/a`, { data: { x: 'y' } }, merge)).body.message),
    /x is fixed$/,
  );
  assert.match(String((await api.call('DELETE', `${configMaps}/a`)).body.message), /kept$/);
  await create(api, 'b', { x: 'go' });
  assert.equal((await api.call('DELETE', `${configMaps}/b`)).status, 200);
});

test('an expression that costs too much is stopped, and says so', async () => {
  await using api = await openApi();
  const many = 'lists.range(2000)';
  const expression = `${many}.all(a, ${many}.all(b, ${many}.all(c, a + b + c >= 0)))`;
  await enforce(api, { validations: [{ expression, message: 'x' }] });
  const startedMs = performance.now();
  const { status, body } = await create(api, 'a');
  assert.equal(status, 422);
  assert.match(String(body.message), /resulted in error: operation cancelled: actual cost limit exceeded$/);
  assert.ok(performance.now() - startedMs < 5000);
});

const wrong: readonly (readonly [what: string, spec: JsonRecord, message: RegExp])[] = [
  [
    'no constraints',
    { matchConstraints: undefined, validations: [{ expression: 'true' }] },
    /spec.matchConstraints: Required value/,
  ],
  [
    'nothing to do',
    {},
    /spec.validations: Required value: validations or auditAnnotations must contain at least one item/,
  ],
  [
    'a syntax error',
    { validations: [{ expression: 'a b' }] },
    /spec.validations\[0\].expression: Invalid value: "a b": compilation failed: ERROR/,
  ],
  ['no boolean', { validations: [{ expression: '1' }] }, /must evaluate to bool but got int/],
  ['a dynamic result', { validations: [{ expression: 'object.spec' }] }, /must evaluate to bool but got dyn/],
  [
    'a message that is none',
    { validations: [{ expression: 'true', messageExpression: '1' }] },
    /messageExpression: Invalid value: "1": must evaluate to string but got int/,
  ],
  ['an unknown variable', { validations: [{ expression: 'variables.x == 1' }] }, /undeclared reference to 'variables'/],
  [
    'another unknown variable',
    { variables: [{ name: 'y', expression: '1' }], validations: [{ expression: 'variables.x == 1' }] },
    /undefined field 'x'/,
  ],
  [
    'a bad name of a variable',
    { variables: [{ name: 'in', expression: '1' }], validations: [{ expression: 'true' }] },
    /name is not a valid CEL identifier/,
  ],
  ['parameters it has not', { validations: [{ expression: 'params.x == 1' }] }, /undeclared reference to 'params'/],
  [
    'the authorizer in a message',
    { validations: [{ expression: 'true', messageExpression: "authorizer.path('/x').check('get').reason()" }] },
    /undeclared reference to 'authorizer'/,
  ],
  [
    'an unknown field of the request',
    { validations: [{ expression: "request.none == ''" }] },
    /undefined field 'none'/,
  ],
  [
    'a bad reason',
    { validations: [{ expression: 'true', reason: 'Because' }] },
    /reason: Unsupported value: "Because"/,
  ],
];

test('a policy that makes no sense is refused in the words of upstream', async () => {
  await using api = await openApi();
  for (const [what, spec, message] of wrong) {
    const { status, body } = await api.call('POST', policies, policy('p', spec));
    assert.equal(status, 422, what);
    assert.match(String(body.message), message, what);
  }
  for (const [spec, message] of [
    [{ validationActions: ['Deny', 'Warn'] }, /must not contain both Deny and Warn/],
    [{ validationActions: [] }, /at least one validation action is required/],
    [{ paramRef: {} }, /one of name or selector must be specified/],
  ] as const) {
    const { status, body } = await api.call('POST', bindings, binding('p', spec));
    assert.equal(status, 422);
    assert.match(String(body.message), message);
  }
});

test('custom resources are judged in the version the rule names', async () => {
  await using api = await openApi();
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const version = (name: string, storage: boolean) => ({ name, served: true, storage, schema });
  const definition = {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [version('v1', true), version('v2', false)],
    },
  };
  await api.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  const matchConstraints = {
    resourceRules: [rule({ apiGroups: ['example.com'], apiVersions: ['v1'], resources: ['things'] })],
  };
  const validations = [{ expression: "object.apiVersion == 'example.com/v1' && object.size == 1" }];
  await enforce(api, { matchConstraints, validations });
  const path = (version: string) => `/apis/example.com/${version}/namespaces/default/things`;
  const thing = (version: string, size: number) => ({
    apiVersion: `example.com/${version}`,
    kind: 'Thing',
    metadata: { generateName: 'x-' },
    size,
  });
  for (const name of ['v1', 'v2']) {
    const { status, text } = await api.call('POST', path(name), thing(name, 1));
    assert.equal(status, 201, text);
    assert.equal((await api.call('POST', path(name), thing(name, 2))).status, 422);
  }
  const [listed] = (await api.call('GET', path('v2'))).body.items as readonly JsonRecord[];
  assert.equal(recordAt(listed, 'metadata').generateName, 'x-');
});

const mutatingPolicies = `${group}/mutatingadmissionpolicies`;
const mutatingBindings = `${group}/mutatingadmissionpolicybindings`;

async function change(api: TestApi, spec: JsonRecord, bound: JsonRecord = {}, name = 'm'): Promise<void> {
  for (const [path, object] of [
    [mutatingPolicies, policy(name, spec)],
    [mutatingBindings, { metadata: { name }, spec: { policyName: name, ...bound } }],
  ] as const) {
    const { status, text } = await api.call('POST', path, object);
    assert.equal(status, 201, text);
  }
}

const applying = (expression: string): JsonRecord => ({
  patchType: 'ApplyConfiguration',
  applyConfiguration: { expression },
});
const patching = (expression: string): JsonRecord => ({ patchType: 'JSONPatch', jsonPatch: { expression } });

test('a policy lays a configuration over the object, lists by their keys', async () => {
  await using api = await openApi();
  const sidecar = `Object{
    metadata: Object.metadata{labels: {"injected": "yes"}},
    spec: Object.spec{containers: [Object.spec.containers{name: "sidecar", image: "example/s:1"}]}
  }`;
  const matchConstraints = { resourceRules: [rule({ resources: ['pods'] })] };
  await change(api, { matchConstraints, mutations: [applying(sidecar)] });
  const { status, body, text } = await api.call('POST', pods, pod('p'));
  assert.equal(status, 201, text);
  const containers = recordAt(body, 'spec').containers as readonly JsonRecord[];
  assert.deepEqual(
    containers.map(({ name, terminationMessagePolicy }) => [name, terminationMessagePolicy]),
    [
      ['main', 'File'],
      ['sidecar', 'File'],
    ],
  );
  assert.deepEqual(recordAt(body, 'metadata').labels, { injected: 'yes' });
});

test('a policy patches, one mutation after the other, with variables and parameters', async () => {
  await using api = await openApi();
  await api.call('POST', configMaps, configMap('params', { data: { value: 'from-params' } }));
  const spec = {
    paramKind,
    variables: [{ name: 'key', expression: "jsonpatch.escapeKey('a/b')" }],
    matchConditions: [{ name: 'not-itself', expression: "object.metadata.name != 'params'" }],
    mutations: [
      patching(`has(object.metadata.labels) ? [] : [JSONPatch{op: "add", path: "/metadata/labels", value: {}}]`),
      patching(
        `[JSONPatch{op: "add", path: "/metadata/labels/" + variables.key, value: params.data.value},
          JSONPatch{op: "add", path: "/data", value: {"labels": string(object.metadata.labels.size())}}]`,
      ),
      patching(`[JSONPatch{op: "test", path: "/data/labels", value: "9"}, JSONPatch{op: "remove", path: "/data"}]`),
    ],
  };
  await change(api, spec, { paramRef: { name: 'params', parameterNotFoundAction: 'Deny' } });
  const { status, body, text } = await create(api, 'a');
  assert.equal(status, 201, text);
  assert.deepEqual([recordAt(body, 'metadata').labels, body.data], [{ 'a/b': 'from-params' }, { labels: '0' }]);
});

test('a mutation that cannot be made refuses the request, or is left out where the policy fails open', async () => {
  await using api = await openApi();
  const denied = (why: string) => `policy 'm' with binding 'm' denied request: ${why}`;
  const cases: readonly (readonly [mutation: JsonRecord, message: string])[] = [
    [
      applying('Object{data: {"x": string(object.data.none)}}'),
      denied(`expression 'Object{data: {"x": string(object.data.none)}}' resulted in error: no such key: data`),
    ],
    [
      applying('Object{wrong: 1}'),
      denied(
        'error applying patch: failed to convert patch object to typed object: .wrong: field not declared in schema',
      ),
    ],
    [
      applying(
        'Object{metadata: Object.metadata{finalizers: ["a.b/c"], ownerReferences: [], managedFields: [Object.metadata.managedFields{manager: "x"}]}}',
      ),
      denied(
        'error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .metadata.managedFields',
      ),
    ],
    [
      patching('[JSONPatch{op: "remove", path: "/none"}]'),
      denied('JSONPath: remove operation does not apply: doc is missing path: /none: missing value'),
    ],
  ];
  for (const [mutation, message] of cases) {
    for (const failurePolicy of ['Fail', 'Ignore']) {
      await change(api, { failurePolicy, mutations: [mutation] });
      const { status, body, text } = await create(api, `a-${failurePolicy.toLowerCase()}`);
      if (failurePolicy === 'Fail') assert.deepEqual([status, body.message], [403, message]);
      else assert.equal(status, 201, text);
      for (const path of [mutatingBindings, mutatingPolicies, configMaps]) await api.call('DELETE', path);
    }
  }
});

test('expressions of mutations that make no sense are refused', async () => {
  await using api = await openApi();
  for (const [mutation, message] of [
    [applying('1'), /must evaluate to Object but got int/],
    [applying('Object.spec{}'), /must evaluate to Object but got Object.spec/],
    [applying('Object{spec: Object.wrong{}}'), /unexpected type name "Object.wrong", expected "Object.spec"/],
    [applying('Other{}'), /undeclared reference to 'Other'/],
    [patching('JSONPatch{op: "add"}'), /must evaluate to list\(JSONPatch\) but got JSONPatch/],
    [patching('[JSONPatch{none: "add"}]'), /undefined field 'none'/],
    [patching('[JSONPatch{op: 1}]'), /expected type of field 'op' is 'string' but provided type is 'int'/],
    [{ patchType: 'JSONPatch' }, /jsonPatch: Required value/],
    [{ patchType: 'Other' }, /patchType: Unsupported value: "Other"/],
  ] as const) {
    const { status, body } = await api.call('POST', mutatingPolicies, policy('m', { mutations: [mutation] }));
    assert.equal(status, 422);
    assert.match(String(body.message), message);
  }
  const { body } = await api.call(
    'POST',
    policies,
    policy('p', { validations: [{ expression: 'Object{} == object' }] }),
  );
  assert.match(String(body.message), /undeclared reference to 'Object'/);
});

test('webhook configurations are subject to policies, policies themselves are not', async () => {
  await using api = await openApi();
  const rules = [rule({ operations: ['*'], apiGroups: ['admissionregistration.k8s.io'], resources: ['*'] })];
  await enforce(api, { validations: [{ expression: 'false' }], matchConstraints: { resourceRules: rules } });
  const hooks = `${group}/validatingwebhookconfigurations`;
  const refused = await api.call('POST', hooks, { metadata: { name: 'w' }, webhooks: [] });
  assert.equal(refused.status, 422, refused.text);
  assert.equal((await api.call('DELETE', `${policies}/p`)).status, 200);
});
