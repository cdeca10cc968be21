/** Values of custom resources against their schema: what is said, where, and what an update may leave as it was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../json.ts';
import { behaviourOf } from './behaviour.ts';
import { compileSchema } from './compile.ts';
import { decodeCustom } from './decode-custom.ts';
import { defaultProblems } from './default-rules.ts';
import { applySchemaDefaults } from './defaults.ts';
import { hasFormat, isRecognised } from './formats.ts';

const word = { type: 'string' };
const whole = { type: 'integer' };
const scale = { specReplicas: ['spec', 'n'], statusReplicas: ['status', 'n'], selector: ['status', 'chosen'] };

function behaviour(spec: JsonRecord, more: JsonRecord = {}, isScaled = false) {
  const openApi = { type: 'object', properties: { spec, ...more } };
  const paths = isScaled ? scale : undefined;
  const schema = compileSchema(openApi);
  return behaviourOf({ schema, storageSchema: schema, openApi, since: 0, conversion: undefined, scale: paths });
}

const object = (spec: unknown, more: JsonRecord = {}): JsonRecord => ({
  apiVersion: 'example.com/v1',
  kind: 'Cup',
  metadata: { name: 'a' },
  spec,
  ...more,
});

const said = (errors: readonly { field: string; message: string }[]): readonly string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);

/** A schema of spec, a value, and what is wrong with it. */
const cases: readonly (readonly [what: string, schema: JsonRecord, value: unknown, expected: readonly string[]])[] = [
  [
    'of a string the first thing wrong',
    { ...word, maxLength: 1, pattern: '^a$' },
    'bb',
    ['spec: Too long: may not be more than 1 byte'],
  ],
  [
    'a wrong type and a choice that is none',
    { ...word, enum: ['a'] },
    5,
    [
      'spec: Invalid value: "integer": spec in body must be of type string: "integer"',
      'spec: Unsupported value: 5: supported values: "a"',
    ],
  ],
  [
    'null where it may be, but not among the choices',
    { ...word, nullable: true, enum: ['a'] },
    null,
    ['spec: Unsupported value: null: supported values: "a"'],
  ],
  [
    'a whole number out of its format',
    { ...whole, format: 'int32' },
    2 ** 31,
    ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec'],
  ],
  ['a bound with a fraction, as whole numbers are compared', { type: 'number', minimum: 1.5 }, 1, []],
  [
    'none of several schemas: the one that fits best tells why',
    {
      ...{ type: 'object', properties: { a: word, b: word } },
      anyOf: [{ required: ['b'] }, { properties: { a: { minLength: 5 } } }],
    },
    { a: 'x' },
    [
      '<nil>: Invalid value: "": "spec" must validate at least one schema (anyOf)',
      'spec.a: Invalid value: "x": spec.a in body should be at least 5 chars long',
    ],
  ],
  [
    'more than one of several',
    { type: 'object', properties: { a: word, b: word }, oneOf: [{ required: ['a'] }, { required: ['b'] }] },
    { a: 'x', b: 'y' },
    ['<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
  ],
  [
    'not all',
    { type: 'object', properties: { a: word }, allOf: [{ required: ['a'] }, { maxProperties: 1 }] },
    {},
    ['spec.a: Required value', '<nil>: Invalid value: "": "spec" must validate all the schemas (allOf)'],
  ],
  [
    'an item that comes three times is told once',
    { type: 'array', 'x-kubernetes-list-type': 'set', items: word },
    ['a', 'a', 'a'],
    ['spec[1]: Duplicate value: "a"'],
  ],
  [
    'items of a set that say the same in another order',
    {
      ...{ type: 'array', 'x-kubernetes-list-type': 'set' },
      items: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: whole, b: whole } },
    },
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    ['spec[1]: Duplicate value: {"a":1,"b":2}'],
  ],
  [
    'a format is a matter of type',
    { ...word, format: 'date-time' },
    'now',
    ['spec: Invalid value: "now": spec in body must be of type date-time: "now"'],
  ],
  ['a format nobody knows', { ...word, format: 'colour' }, 'now', []],
];

for (const [what, schema, value, expected] of cases) {
  test(`a custom resource: ${what}`, () =>
    assert.deepEqual(said(behaviour(schema).validate(object(value), undefined, [])), expected));
}

test('rules are not run on a value that is none of the choices', () => {
  const rule = { rule: "self == 'a'" };
  const { validate } = behaviour({ ...word, enum: ['a'], 'x-kubernetes-validations': [rule] });
  const [choice, skipped, ...rest] = said(validate(object('b'), undefined, []));
  assert.match(choice ?? '', /Unsupported value/);
  assert.match(skipped ?? '', /some validation rules were not checked/);
  assert.deepEqual(rest, []);
});

test('what a schema says of the version is never old: it changes with the reader', () => {
  const { validate } = behaviour(word, { apiVersion: { ...word, pattern: '/v2$' } });
  assert.deepEqual(said(validate(object('x'), object('x'), [])), [
    `apiVersion: Invalid value: "example.com/v1": apiVersion in body should match '/v2$'`,
  ]);
});

test('a list that had a value twice may have another one twice', () => {
  const { validate } = behaviour({ type: 'array', 'x-kubernetes-list-type': 'set', items: word });
  assert.deepEqual(validate(object(['b', 'b']), object(['a', 'a']), []), []);
  assert.equal(validate(object(['b', 'b']), object(['a']), []).length, 1);
});

test('items of a map list in another order are the same list', () => {
  const item = { type: 'object', required: ['k'], properties: { k: word, v: whole } };
  const list = { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: item };
  const { validate } = behaviour({ type: 'object', properties: { list: { ...list, maxItems: 1 } } });
  const [one, two] = [{ k: 'a', v: 1 }, { k: 'b' }];
  const before = object({ list: [one, two] });
  assert.deepEqual(validate(object({ list: [two, one] }), before, []), []);
  assert.equal(validate(object({ list: [two, { ...one, v: 2 }] }), before, []).length, 1);
});

test('a write of the status is not asked about the rest, and told from the status on', () => {
  const status = { type: 'object', properties: { n: { ...whole, maximum: 5 } } };
  const either = { type: 'object', properties: { a: word }, allOf: [{ required: ['a'] }] };
  const { validate } = behaviour(either, { status });
  const wrong = object({}, { status: { n: 7 } });
  assert.deepEqual(said(validate(wrong, object({}), [], 'status')), [
    'status.n: Invalid value: 7: n in body should be less than or equal to 5',
  ]);
});

test('what scale reads has to be a number of replicas', () => {
  const preserving = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const { validate } = behaviour(preserving, { status: preserving }, true);
  assert.deepEqual(said(validate(object({ n: -1 }), undefined, [])), [
    '.spec.n: Invalid value: -1: should be a non-negative integer',
  ]);
  assert.deepEqual(said(validate(object({ n: 2 ** 31 }, { status: { n: 'x', chosen: 5 } }), undefined, [])), [
    '.spec.n: Invalid value: 2147483648: should be less than or equal to 2147483647',
    '.status.n: Invalid value: 0: .status.n accessor error: x is of the type string, expected int64',
    '.status.chosen: Invalid value: "": .status.chosen accessor error: 5 is of the type int64, expected string',
  ]);
  assert.deepEqual(said(validate(object({ n: -1 }), object({}), [], 'status')), []);
});

const embedded = {
  type: 'object',
  'x-kubernetes-embedded-resource': true,
  'x-kubernetes-preserve-unknown-fields': true,
};
const holder = compileSchema({ type: 'object', properties: { held: embedded } });

test('metadata of what is embedded are typed: unknown fields go, wrong types are refused', () => {
  const pod = (metadata: unknown): JsonRecord => ({ held: { apiVersion: 'v1', kind: 'Pod', metadata } });
  const decoded = decodeCustom(holder, pod({ name: 'a', colour: 'red', creationTimestamp: null }), 'Holder', 'v1');
  assert.deepEqual(decoded.unknownFields, ['held.metadata.colour']);
  assert.deepEqual(decoded.object, pod({ name: 'a' }));
  assert.throws(
    () => decodeCustom(holder, pod({ labels: { a: 1 } }), 'Holder', 'v1'),
    /^Error: Holder in version "v1" cannot be handled as a Holder: held\.metadata: Invalid value: \{"labels":\{"a":1\}\}: json: cannot unmarshal number into Go struct field ObjectMeta\.labels of type string|held\.metadata: Invalid value/,
  );
  assert.throws(
    () => decodeCustom(holder, { metadata: 'x' }, 'Holder', 'v1'),
    /cannot unmarshal string into Go value of type v1.ObjectMeta/,
  );
});

test('of stored metadata what does not fit is left out', () => {
  const openApi = { type: 'object', properties: { held: embedded } };
  const { renew } = behaviourOf({
    ...{ schema: holder, storageSchema: holder, openApi },
    ...{ since: 0, conversion: undefined, scale: undefined },
  });
  const stored = { metadata: { name: 'a' }, held: { apiVersion: 'v1', kind: 5, metadata: { name: 'b', labels: 'x' } } };
  assert.deepEqual(renew(stored), { metadata: { name: 'a' }, held: { apiVersion: 'v1', metadata: { name: 'b' } } });
});

test('a null that may not be one gets its default or goes, in lists and maps, too', () => {
  const withDefault = { ...word, default: 'd' };
  const schema = compileSchema({
    type: 'object',
    properties: {
      list: { type: 'array', items: withDefault },
      map: { type: 'object', additionalProperties: withDefault },
      plain: { type: 'object', additionalProperties: word },
      may: { ...withDefault, nullable: true },
    },
  });
  const value = { list: ['a', null], map: { a: null }, plain: { a: null }, may: null };
  applySchemaDefaults(schema, value);
  assert.deepEqual(value, { list: ['a', 'd'], map: { a: 'd' }, plain: {}, may: null });
});

test('additionalProperties: true names the fields of a map and nothing below', () => {
  const schema = compileSchema({ type: 'object', properties: { map: { type: 'object', additionalProperties: true } } });
  const { object: kept, unknownFields } = decodeCustom(
    schema,
    { map: { a: 1, b: { c: 1 }, d: [{ e: 1 }] } },
    'Cup',
    'v1',
  );
  assert.deepEqual(kept, { map: { a: 1, b: {}, d: [{}] } });
  assert.deepEqual(unknownFields, ['map.b.c', 'map.d[0].e']);
});

test('a default within metadata is judged as part of an object that has it', () => {
  const meta = (properties: JsonRecord): JsonRecord => ({
    type: 'object',
    properties: { held: { ...embedded, properties } },
  });
  const problems = (properties: JsonRecord): readonly string[] => said(defaultProblems(meta(properties), 'schema'));
  assert.deepEqual(problems({ metadata: { type: 'object', default: { name: 'a', colour: 'red' } } }), []);
  assert.deepEqual(problems({ apiVersion: { ...word, default: 'a/b/c' } }), [
    'schema.properties[held].properties[apiVersion].default: Invalid value: "a/b/c": must result in valid metadata: apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
  ]);
});

const formats: readonly (readonly [format: string, right: readonly string[], wrong: readonly string[]])[] = [
  [
    'date-time',
    ['2020-01-01T00:00:00Z', '2020-01-01t00:00:00.5+02:00'],
    ['2020-01-01 00:00:00', '2020-13-01T00:00:00Z'],
  ],
  ['date', ['2020-02-29'], ['2021-02-29', '2020-1-1']],
  ['duration', ['1h30m', '-1.5s', '3 weeks', '0'], ['now', '']],
  ['ipv4', ['10.0.0.1', '010.0.0.1'], ['10.0.0', '::1']],
  ['ipv6', ['::1'], ['10.0.0.1', '::g']],
  ['cidr', ['10.0.0.0/8', '2001:db8::/32'], ['10.0.0.0', '10.0.0.0/33']],
  ['email', ['a@b.c', 'Ann <a@b.c>'], ['a', 'a@']],
  ['hostname', ['example.com', 'a'], ['-a', 'a_b', 'example.com.']],
  ['uri', ['/a', 'https://a/b', 'urn:a'], ['a', '']],
  ['mac', ['00:11:22:33:44:55', '0011.2233.4455'], ['00:11', '00:11:22:33:44-55']],
  ['byte', ['aGVsbG8='], ['', 'a']],
  ['isbn', ['0321751043', '978-0321751041'], ['0321751044']],
  ['creditcard', ['4111111111111111'], ['4111111111111112']],
  ['rgbcolor', ['rgb(255, 0,1)'], ['rgb(256,0,0)']],
  ['k8s-short-name', ['a-b'], ['A', 'a.b']],
  ['k8s-long-name', ['a.b'], ['a..b']],
];

for (const [format, right, wrong] of formats) {
  test(`the format ${format}`, () => {
    for (const text of right) assert.equal(hasFormat(format, text), true, text);
    for (const text of wrong) assert.equal(hasFormat(format, text), false, text);
  });
}

test('a format means something for one type', () => {
  assert.deepEqual(
    [
      isRecognised('string', 'date-time'),
      isRecognised('integer', 'int32'),
      isRecognised('string', 'int32'),
      isRecognised('number', 'int32'),
    ],
    [true, true, false, false],
  );
});
