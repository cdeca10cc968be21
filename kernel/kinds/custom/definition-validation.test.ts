/** What is said of a wrong CustomResourceDefinition, and where: paths and words as kubectl users know them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../json.ts';
import { bundleProblem } from './conversion-spec.ts';
import { customResourceDefinitionRules } from './definition-rules.ts';
import { definitionProblems, definitionUpdateProblems, statusProblems } from './definition-validation.ts';
import { parseFieldPath } from './field-path.ts';

const word = { type: 'string' };
const schemaOf = (spec: JsonRecord): JsonRecord => ({ openAPIV3Schema: { type: 'object', properties: { spec } } });
const plain = schemaOf({ type: 'object', properties: { color: word, size: { type: 'integer' } } });

const version = (name: string, more: JsonRecord = {}): JsonRecord => ({
  name,
  served: true,
  storage: name === 'v1',
  schema: plain,
  ...more,
});

function definition(versions: readonly JsonRecord[], more: JsonRecord = {}): JsonRecord {
  const names = { plural: 'cups', singular: 'cup', kind: 'Cup', listKind: 'CupList' };
  const stored = versions.filter(({ storage }) => storage === true).map(({ name }) => name);
  return {
    metadata: { name: 'cups.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names, versions, conversion: { strategy: 'None' }, ...more },
    status: { storedVersions: stored },
  };
}

const said = (object: JsonRecord): readonly string[] =>
  definitionProblems(object).map(({ field, message }) => `${field}: ${message}`);

const badColumn = { additionalPrinterColumns: [{ name: 'Color', type: 'string', jsonPath: 'spec.color' }] };
const status = { subresources: { status: {} } };
const columnProblem = 'Invalid value: "spec.color": must be a simple json path starting with .';

const cases: readonly (readonly [what: string, object: JsonRecord, expected: readonly string[]])[] = [
  ['nothing is wrong', definition([version('v1')]), []],
  [
    'a wrong schema all versions share is told once, at the top',
    definition([
      version('v1', { schema: schemaOf({ type: 'strin' }) }),
      version('v2', { schema: schemaOf({ type: 'strin' }) }),
    ]),
    [
      'spec.validation.openAPIV3Schema.properties[spec].type: Unsupported value: "strin": supported values: "array", "boolean", "integer", "number", "object", "string"',
    ],
  ],
  [
    'a wrong schema of one version is told at that version',
    definition([version('v1'), version('v2', { schema: schemaOf({}) })]),
    [
      'spec.versions[1].schema.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields',
    ],
  ],
  [
    'columns of the only version',
    definition([version('v1', badColumn)]),
    [`spec.additionalPrinterColumns[0].JSONPath: ${columnProblem}`],
  ],
  [
    'columns of one of two versions',
    definition([version('v1'), version('v2', badColumn)]),
    [`spec.versions[1].additionalPrinterColumns[0].JSONPath: ${columnProblem}`],
  ],
  [
    'selectable fields that differ where the schema does not',
    definition([version('v1'), version('v2', { selectableFields: [{ jsonPath: '.spec.color' }] })]),
    [
      'spec.versions[1].selectableFields: Invalid value: "": may only be set when `version.schema.openAPIV3Schema` is not included',
    ],
  ],
  [
    'a list index in a selectable field',
    definition([version('v1', { selectableFields: [{ jsonPath: '.spec.color[0]' }] })]),
    [
      'spec.selectableFields[0].jsonPath: Invalid value: ".spec.color[0]": is an invalid path: array notation is not allowed',
    ],
  ],
  [
    'a root type that is no object beside a status',
    definition([version('v1', { ...status, schema: { openAPIV3Schema: { type: 'array', items: word } } })]),
    [
      'spec.validation.openAPIV3Schema.type: Invalid value: "array": only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      'spec.validation.openAPIV3Schema.type: Invalid value: "array": must be object at the root',
    ],
  ],
  [
    'two versions to store in',
    definition([version('v1'), version('v2', { storage: true })], {}),
    ['spec.versions: Invalid value: ["v1","v2"]: must have exactly one version marked as storage version'],
  ],
  [
    'a conversion without a strategy',
    definition([version('v1')], { conversion: {} }),
    ['spec.conversion.strategy: Required value'],
  ],
  [
    'a warning with a space that cannot be printed, counted in bytes',
    definition([version('v1', { deprecated: true, deprecationWarning: 'ä\u00a0' })]),
    [
      'spec.versions[0].deprecationWarning: Invalid value: "ä\u00a0": must only contain printable UTF-8 characters; non-printable character found at index 2',
    ],
  ],
  [
    'parts of an address a webhook must not have are shown themselves',
    definition([version('v1')], {
      conversion: {
        strategy: 'Webhook',
        webhook: { clientConfig: { url: 'http://me:pw@host/?q=1' }, conversionReviewVersions: ['v1'] },
      },
    }),
    [
      `spec.conversion.webhookClientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'spec.conversion.webhookClientConfig.url: Invalid value: "me:pw": user information is not permitted in the URL',
      'spec.conversion.webhookClientConfig.url: Invalid value: "q=1": query parameters are not permitted in the URL',
    ],
  ],
];

for (const [what, object, expected] of cases)
  test(`a definition: ${what}`, () => assert.deepEqual(said(object), expected));

test('beside a status nothing but properties may be said at the root', () => {
  const schema = { openAPIV3Schema: { type: 'object', maxProperties: 5, properties: { spec: { type: 'object' } } } };
  const [problem, ...rest] = definitionProblems(definition([version('v1', { ...status, schema })]));
  assert.deepEqual(rest, []);
  assert.match(problem?.message ?? '', /only \[Description Type .* XValidations\] fields are allowed at the root/);
});

test('a storage version has to be among those stored in', () => {
  const object = definition([version('v1')]);
  assert.deepEqual(
    said({ ...object, status: { storedVersions: ['v0'] } }).map((text) => text.split(';')[0]),
    [
      'status.storedVersions: Invalid value: ["v0"]: must have the storage version v1',
      'status.storedVersions[0]: Invalid value: "v0": missing from spec.versions',
    ],
  );
});

test('a format that means nothing is warned of when it comes', () => {
  const odd = {
    type: 'object',
    properties: { a: { ...word, format: 'colour' }, b: { type: 'array', items: { type: 'integer', format: 'uuid' } } },
  };
  const object = definition([version('v1', { schema: schemaOf(odd) })]);
  const { warnings } = customResourceDefinitionRules;
  assert.deepEqual(warnings?.(object, undefined), ['unrecognized format "colour"', 'unrecognized format "uuid"']);
  assert.deepEqual(warnings?.(object, definition([version('v1')])), [
    'unrecognized format "colour"',
    'unrecognized format "uuid"',
  ]);
  assert.deepEqual(warnings?.(object, object), []);
});

test('names a status claims are checked', () => {
  const problems = statusProblems({ status: { acceptedNames: { plural: 'Cups', kind: 'Cup', listKind: 'Cup' } } });
  assert.deepEqual(
    problems.map(({ field }) => field),
    ['status.acceptedNames.plural', 'status.acceptedNames.listKind'],
  );
});

const encoded = (text: string): string => Buffer.from(text).toString('base64');
const webhook = (caBundle: string): JsonRecord => ({
  conversion: {
    strategy: 'Webhook',
    webhook: { clientConfig: { url: 'https://host', caBundle }, conversionReviewVersions: ['v1'] },
  },
});

test('a bundle of authorities nobody can read keeps a new definition from being established', () => {
  const object = definition([version('v1')], webhook(encoded('no certificate')));
  assert.deepEqual(said(object), []);
  customResourceDefinitionRules.prepareCreate?.(object, { nowMs: 0 });
  const conditions = (object.status as JsonRecord).conditions as readonly JsonRecord[];
  assert.deepEqual(
    conditions.map(({ type, status: state, reason }) => [type, state, reason]),
    [
      ['NamesAccepted', 'True', 'NoConflicts'],
      ['Established', 'False', 'InvalidCABundle'],
    ],
  );
});

test('an established definition takes no such bundle, unless it had one', () => {
  const established = { conditions: [{ type: 'Established', status: 'True' }], storedVersions: ['v1'] };
  const before = { ...definition([version('v1')]), status: established };
  const wrong = { ...definition([version('v1')], webhook(encoded('wrong'))), status: established };
  assert.deepEqual(
    definitionUpdateProblems(wrong, before).map(({ field, message }) => `${field}: ${message}`),
    [
      'spec.conversion.webhookClientConfig.caBundle: Invalid value: "d3Jvbmc=": unable to load root certificates: unable to parse bytes as PEM block',
    ],
  );
  assert.deepEqual(definitionUpdateProblems(wrong, wrong), []);
});

test('a bundle with a block that is no certificate', () => {
  const block = '-----BEGIN THING-----\naGk=\n-----END THING-----\n';
  assert.equal(
    bundleProblem(encoded(block)),
    'unable to load root certificates: no valid certificate authority data seen',
  );
});

const root = { properties: { a: { properties: { "it's": word, 'x.y': word } }, m: { additionalProperties: word } } };
const paths: readonly (readonly [path: string, found: string])[] = [
  ['.a', 'a'],
  [".a['x.y']", 'a.x.y'],
  [".a['it\\'s']", "a.it's"],
  ['.m.key', 'm[key]'],
  ['a', 'expected [ or . but got: a'],
  ['.a.', 'unexpected end of JSON path'],
  ['.a[0]', 'expected single quoted string but got 0'],
  [".a['x.y'", 'unexpected end of JSON path'],
  ['.b', 'does not refer to a valid field'],
];

for (const [path, found] of paths) {
  test(`the path ${path} is ${found}`, () => {
    const result = parseFieldPath(path, root);
    assert.equal(typeof result === 'string' ? result : result.text, found);
  });
}
