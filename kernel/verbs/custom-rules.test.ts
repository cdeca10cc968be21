/** x-kubernetes-validations: rules in CEL, transition rules, budgets and ratcheting, in the words of Kubernetes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { openApi, type TestApi } from './test-api.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const gates = '/apis/example.com/v1/namespaces/default/gates';
const merge = { 'content-type': 'application/merge-patch+json' };

const definition = (spec: JsonRecord, root: JsonRecord = {}): JsonRecord => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gates.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'gates', kind: 'Gate' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', ...spec } }, ...root } },
      },
    ],
  },
});

const gate = (spec: JsonRecord, name = 'g'): JsonRecord => ({
  apiVersion: 'example.com/v1',
  kind: 'Gate',
  metadata: { name },
  spec,
});

async function withGates(spec: JsonRecord, root: JsonRecord = {}): Promise<TestApi> {
  const api = await openApi();
  const created = await api.call('POST', definitions, definition(spec, root));
  if (created.status === 201) return api;
  await api[Symbol.asyncDispose]();
  throw new assert.AssertionError({ message: created.text });
}

const string = { type: 'string', maxLength: 64 };
const integer = { type: 'integer' };
const strings = { type: 'array', maxItems: 16, items: string };
const rules = (...texts: readonly (string | JsonRecord)[]): JsonRecord => ({
  'x-kubernetes-validations': texts.map((text) => (typeof text === 'string' ? { rule: text } : text)),
});

/** Schema of spec with rules; a spec that fits; one that does not, and what is said of it. */
const cases: readonly (readonly [
  what: string,
  schema: JsonRecord,
  right: JsonRecord,
  wrong: JsonRecord,
  message: string,
])[] = [
  [
    'two fields compared',
    { properties: { min: integer, max: integer }, ...rules('self.min <= self.max') },
    { min: 1, max: 2 },
    { min: 3, max: 2 },
    'spec: Invalid value: failed rule: self.min <= self.max',
  ],
  [
    'a message',
    { properties: { a: integer }, ...rules({ rule: 'self.a > 0', message: 'a must be positive' }) },
    { a: 1 },
    { a: 0 },
    'spec: Invalid value: a must be positive',
  ],
  [
    'a rule on a scalar, which is shown',
    { properties: { a: { ...integer, ...rules('self > 0') } } },
    { a: 1 },
    { a: 0 },
    'spec.a: Invalid value: 0: failed rule: self > 0',
  ],
  [
    'a messageExpression',
    {
      properties: { a: integer },
      ...rules({ rule: 'self.a < 5', messageExpression: "'%d is over %d'.format([self.a, 4])" }),
    },
    { a: 1 },
    { a: 7 },
    'spec: Invalid value: 7 is over 4',
  ],
  [
    'reason and fieldPath',
    {
      properties: { a: integer },
      ...rules({ rule: 'self.a < 5', message: 'no', reason: 'FieldValueForbidden', fieldPath: '.a' }),
    },
    { a: 1 },
    { a: 7 },
    'spec.a: Forbidden: no',
  ],
  [
    'an optional field that is not there',
    { properties: { a: string }, ...rules("has(self.a) ? self.a.startsWith('x') : true") },
    {},
    { a: 'y' },
    "spec: Invalid value: failed rule: has(self.a) ? self.a.startsWith('x') : true",
  ],
  [
    'reading a field that is not there',
    { properties: { a: string }, ...rules("self.a == 'x'") },
    { a: 'x' },
    {},
    `spec: Invalid value: "object": no such key: a evaluating rule: self.a == 'x'`,
  ],
  [
    'optional selection',
    { properties: { a: string }, ...rules("self.?a.orValue('x') == 'x'") },
    {},
    { a: 'z' },
    "spec: Invalid value: failed rule: self.?a.orValue('x') == 'x'",
  ],
  [
    'macros over lists',
    { properties: { l: strings }, ...rules("self.l.all(x, x.size() > 1) && self.l.exists_one(x, x == 'aa')") },
    { l: ['aa', 'bb'] },
    { l: ['aa', 'aa'] },
    "spec: Invalid value: failed rule: self.l.all(x, x.size() > 1) && self.l.exists_one(x, x == 'aa')",
  ],
  [
    'names that are no identifiers',
    {
      properties: { 'a-b': integer, namespace: integer, 'x.y': integer },
      ...rules('self.a__dash__b + self.__namespace__ == self.x__dot__y'),
    },
    { 'a-b': 1, namespace: 1, 'x.y': 2 },
    { 'a-b': 1, namespace: 1, 'x.y': 3 },
    'spec: Invalid value: failed rule: self.a__dash__b + self.__namespace__ == self.x__dot__y',
  ],
  [
    'int-or-string',
    {
      properties: { p: { 'x-kubernetes-int-or-string': true } },
      ...rules("type(self.p) == int ? self.p > 0 : self.p.endsWith('%')"),
    },
    { p: '5%' },
    { p: 'five' },
    "spec: Invalid value: failed rule: type(self.p) == int ? self.p > 0 : self.p.endsWith('%')",
  ],
  [
    'an operator that does not take an int-or-string of this type',
    { properties: { p: { 'x-kubernetes-int-or-string': true } }, ...rules('self.p > 0') },
    { p: 5 },
    { p: 'five' },
    `spec: Invalid value: "object": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self.p > 0`,
  ],
  [
    'times',
    {
      properties: { at: { type: 'string', format: 'date-time' }, for: { type: 'string', format: 'duration' } },
      ...rules("self.at >= timestamp('2024-01-01T00:00:00Z') && self.__for__ <= duration('1h')"),
    },
    { at: '2024-05-01T00:00:00Z', for: '30m' },
    { at: '2024-05-01T00:00:00Z', for: '2h' },
    "spec: Invalid value: failed rule: self.at >= timestamp('2024-01-01T00:00:00Z') && self.__for__ <= duration('1h')",
  ],
  [
    'maps',
    {
      properties: { m: { type: 'object', maxProperties: 8, additionalProperties: string } },
      ...rules("self.m.all(k, k.matches('^[a-z]+$')) && self.m['a'] == 'x'"),
    },
    { m: { a: 'x' } },
    { m: { a: 'x', B: 'y' } },
    "spec: Invalid value: failed rule: self.m.all(k, k.matches('^[a-z]+$')) && self.m['a'] == 'x'",
  ],
  [
    'sets whose order does not matter',
    { properties: { a: { ...strings, 'x-kubernetes-list-type': 'set' }, b: strings }, ...rules('self.a == self.b') },
    { a: ['x', 'y'], b: ['y', 'x'] },
    { a: ['x', 'y'], b: ['y', 'z'] },
    'spec: Invalid value: failed rule: self.a == self.b',
  ],
  [
    'quantities, addresses and URLs',
    {
      properties: { q: string, ip: string, u: string },
      ...rules(
        "quantity(self.q).isLessThan(quantity('1Gi'))",
        "cidr('10.0.0.0/8').containsIP(self.ip)",
        "url(self.u).getScheme() == 'https'",
      ),
    },
    { q: '500Mi', ip: '10.1.2.3', u: 'https://example.com' },
    { q: '500Mi', ip: '11.1.2.3', u: 'https://example.com' },
    "spec: Invalid value: failed rule: cidr('10.0.0.0/8').containsIP(self.ip)",
  ],
  [
    'rules in items and values',
    { properties: { l: { type: 'array', maxItems: 4, items: { ...integer, ...rules('self % 2 == 0') } } } },
    { l: [2, 4] },
    { l: [2, 3] },
    'spec.l[1]: Invalid value: 3: failed rule: self % 2 == 0',
  ],
];

for (const [what, schema, right, wrong, message] of cases) {
  test(`a rule in CEL: ${what}`, async () => {
    await using api = await withGates(schema);
    const good = await api.call('POST', gates, gate(right));
    assert.equal(good.status, 201, good.text);
    const bad = await api.call('POST', gates, gate(wrong, 'other'));
    assert.equal(bad.status, 422, bad.text);
    assert.equal(bad.body.message, `Gate.example.com "other" is invalid: ${message}`);
  });
}

test('a rule at the root sees the name', async () => {
  await using api = await withGates({}, rules({ rule: "self.metadata.name.startsWith('g')", message: 'name it g' }));
  assert.equal((await api.call('POST', gates, gate({}))).status, 201);
  const bad = await api.call('POST', gates, gate({}, 'x'));
  assert.deepEqual((bad.body.details as JsonRecord).causes, [
    { reason: 'FieldValueInvalid', message: 'Invalid value: name it g', field: '<nil>' },
  ]);
});

test('transition rules run on updates only, and only where there was a value before', async () => {
  await using api = await withGates({
    properties: { a: { ...integer, ...rules({ rule: 'self == oldSelf', message: 'a stays' }) }, b: integer },
  });
  assert.equal((await api.call('POST', gates, gate({ b: 1 }))).status, 201);
  assert.equal((await api.call('PATCH', `${gates}/g`, { spec: { a: 1 } }, merge)).status, 200);
  assert.equal((await api.call('PATCH', `${gates}/g`, { spec: { b: 2 } }, merge)).status, 200);
  const bad = await api.call('PATCH', `${gates}/g`, { spec: { a: 2 } }, merge);
  assert.equal(bad.body.message, 'Gate.example.com "g" is invalid: spec.a: Invalid value: 2: a stays');
});

test('optionalOldSelf lets a transition rule see that there was nothing', async () => {
  const rule = { rule: 'oldSelf.hasValue() || self == 1', message: 'starts at 1', optionalOldSelf: true };
  await using api = await withGates({ properties: { a: { ...integer, ...rules(rule) } } });
  const bad = await api.call('POST', gates, gate({ a: 2 }));
  assert.equal(bad.status, 422, bad.text);
  assert.equal((await api.call('POST', gates, gate({ a: 1 }))).status, 201);
  assert.equal((await api.call('PATCH', `${gates}/g`, { spec: { a: 7 } }, merge)).status, 200);
});

test('items of a map list are compared with those of the same key', async () => {
  const items = {
    type: 'object',
    required: ['name'],
    properties: { name: string, size: { ...integer, ...rules({ rule: 'self >= oldSelf', message: 'only grows' }) } },
  };
  const list = {
    type: 'array',
    maxItems: 8,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items,
  };
  await using api = await withGates({ properties: { l: list } });
  await api.call(
    'POST',
    gates,
    gate({
      l: [
        { name: 'a', size: 5 },
        { name: 'b', size: 1 },
      ],
    }),
  );
  const swapped = await api.call(
    'PATCH',
    `${gates}/g`,
    {
      spec: {
        l: [
          { name: 'b', size: 1 },
          { name: 'a', size: 5 },
        ],
      },
    },
    merge,
  );
  assert.equal(swapped.status, 200, swapped.text);
  const bad = await api.call(
    'PATCH',
    `${gates}/g`,
    {
      spec: {
        l: [
          { name: 'b', size: 1 },
          { name: 'a', size: 4 },
        ],
      },
    },
    merge,
  );
  assert.equal(bad.body.message, 'Gate.example.com "g" is invalid: spec.l[1].size: Invalid value: 4: only grows');
});

test('values that were wrong before may stay as they are', async () => {
  const loose = { properties: { a: string, b: integer, c: string } };
  const strict = {
    properties: { a: { ...string, maxLength: 2, ...rules("self.matches('^[a-z]*$')") }, b: integer, c: string },
  };
  await using api = await withGates(loose);
  await api.call('POST', gates, gate({ a: 'LONG', b: 1 }));
  const current = (await api.call('GET', `${definitions}/gates.example.com`)).body;
  const next = definition(strict);
  next.metadata = current.metadata;
  assert.equal((await api.call('PUT', `${definitions}/gates.example.com`, next)).status, 200);
  const other = await api.call('PATCH', `${gates}/g`, { spec: { b: 2 } }, merge);
  assert.equal(other.status, 200, other.text);
  const same = await api.call('PATCH', `${gates}/g`, { spec: { a: 'LONGER' } }, merge);
  assert.equal(same.status, 422, same.text);
});

test('rules are not run on an object of the wrong shape, and it is said', async () => {
  await using api = await withGates({ properties: { a: integer }, ...rules('self.a > 0') });
  const bad = await api.call('POST', gates, gate({ a: 'x' }));
  assert.match(String(bad.body.message), /must be of type integer.*some validation rules were not checked/);
});

const big = Array.from({ length: 3000 }, (_, index) => index);

test('a rule that costs too much at run time ends the validation', async () => {
  // Within the limits of the definition by its bounds, far over the budget of one call by what it does.
  const list = { type: 'array', maxItems: 3000, items: integer };
  const nested = 'self.l.all(x, self.l.exists(y, y == x + 1) || true)';
  const api = await openApi();
  await using _ = api;
  const refused = await api.call('POST', definitions, definition({ properties: { l: list }, ...rules(nested) }));
  assert.match(
    String(refused.body.message),
    /estimated rule cost exceeds budget by factor of .* \(try simplifying the rule, or adding maxItems/,
  );
  const small = { type: 'array', maxItems: 700, items: integer };
  const accepted = await api.call('POST', definitions, definition({ properties: { l: small }, ...rules(nested) }));
  assert.equal(accepted.status, 201, accepted.text);
  const bad = await api.call('POST', gates, gate({ l: big.slice(0, 700) }));
  assert.match(
    String(bad.body.message),
    /operation cancelled: actual cost limit exceeded.*no further validation rules will be run/,
  );
});

const refusedRules: readonly (readonly [what: string, spec: JsonRecord, message: RegExp])[] = [
  ['is no bool', { properties: { a: integer }, ...rules('self.a') }, /cel expression must evaluate to a bool/],
  [
    'is not CEL',
    { properties: { a: integer }, ...rules('self.a >') },
    /compilation failed: ERROR: <input>:1:9: Syntax error/,
  ],
  [
    'names no variable',
    { properties: { a: integer }, ...rules('a > 1') },
    /undeclared reference to 'a' \(in container ''\)/,
  ],
  [
    'mixes types',
    { properties: { a: integer }, ...rules("self.a == 'x'") },
    /found no matching overload for '_==_' applied to '\(int, string\)'/,
  ],
  ['is empty', rules('  '), /x-kubernetes-validations\[0\].rule: Required value: rule is not specified/],
  [
    'spans lines without a message',
    { properties: { a: integer }, ...rules('self.a\n> 1') },
    /message must be specified if rule contains line breaks/,
  ],
  [
    'has a fieldPath that leads nowhere',
    { properties: { a: integer }, ...rules({ rule: 'true', fieldPath: '.b' }) },
    /fieldPath: Invalid value: ".b": must be a valid path/,
  ],
  [
    'has an unknown reason',
    { properties: { a: integer }, ...rules({ rule: 'true', reason: 'Bad' }) },
    /reason: Unsupported value: "Bad"/,
  ],
  [
    'has a messageExpression that is no string',
    { properties: { a: integer }, ...rules({ rule: 'true', messageExpression: '1' }) },
    /messageExpression must evaluate to a string/,
  ],
  [
    'uses oldSelf where items cannot be told apart',
    { properties: { l: { type: 'array', maxItems: 3, items: { ...integer, ...rules('self == oldSelf') } } } },
    /oldSelf cannot be used on the uncorrelatable portion of the schema/,
  ],
  [
    'has a pattern that could match for ever',
    { properties: { l: { type: 'array', items: { type: 'string', ...rules("self.matches('(a+)+b')") } } } },
    /estimated rule cost exceeds budget/,
  ],
];

for (const [what, spec, message] of refusedRules) {
  test(`a definition whose rule ${what} is refused`, async () => {
    await using api = await openApi();
    const answer = await api.call('POST', definitions, definition(spec));
    assert.equal(answer.status, 422, answer.text);
    assert.match(String(answer.body.message), message);
  });
}

test('a pattern with nested repetition is answered at once', async () => {
  await using api = await withGates({ properties: { a: { type: 'string', pattern: '^(a+)+$' } } });
  const bad = await api.call('POST', gates, gate({ a: `${'a'.repeat(2000)}!` }));
  assert.equal(bad.status, 422);
});
