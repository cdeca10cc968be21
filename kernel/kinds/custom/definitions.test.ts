/** What a definition makes of itself: columns and warnings of its versions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../json.ts';
import { definitionsOf } from './definitions.ts';
import { compareVersions } from './version-order.ts';

const nowMs = Date.parse('2026-01-01T00:10:00Z');

function kindsOf(versions: readonly JsonRecord[]) {
  const names = { plural: 'cups', singular: 'cup', kind: 'Cup', listKind: 'CupList' };
  const schema = { openAPIV3Schema: { type: 'object' } };
  const all = versions.map((version) => ({ served: true, storage: version.name === 'v1', schema, ...version }));
  const definition = {
    metadata: { name: 'cups.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names, versions: all },
    status: { acceptedNames: names, conditions: [{ type: 'Established', status: 'True' }] },
  };
  return definitionsOf(definition, () => 0);
}

const columns = (...additionalPrinterColumns: readonly JsonRecord[]) =>
  kindsOf([{ name: 'v1', additionalPrinterColumns }])[0]?.columns ?? [];

test('without columns of its own a kind shows the age of its objects', () => {
  const [age, ...rest] = columns();
  assert.deepEqual([age?.name, age?.type, rest.length], ['Age', 'date', 0]);
  assert.equal(age?.cell({ metadata: { creationTimestamp: '2026-01-01T00:05:00Z' } }, nowMs), '5m');
});

test('a column without a description tells its path', () => {
  const [colour] = columns({ name: 'Colour', type: 'string', jsonPath: '.spec.colour' });
  assert.equal(colour?.description, 'Custom resource definition column (in JSONPath format): .spec.colour');
});

test('columns from one on whose path cannot be read are left out', () => {
  const readable = { name: 'A', type: 'string', jsonPath: '.a' };
  const found = columns(readable, { name: 'B', type: 'string', jsonPath: '.b[' }, { ...readable, name: 'C' });
  assert.deepEqual(
    found.map(({ name }) => name),
    ['A'],
  );
});

const cells: readonly (readonly [type: string, value: unknown, shown: unknown])[] = [
  ['string', 'a', 'a'],
  ['string', ['a'], '["a"]'],
  ['string', null, '<no value>'],
  ['integer', 1.5, 1],
  ['integer', '1', null],
  ['number', 1.5, 1.5],
  ['boolean', true, true],
  ['boolean', 'true', null],
  ['date', '2026-01-01T00:00:00Z', '10m'],
  ['date', 'yesterday', '<invalid>'],
  ['date', 5, null],
];

for (const [type, value, shown] of cells) {
  test(`a column of type ${type} shows ${JSON.stringify(value)} as ${JSON.stringify(shown)}`, () => {
    const [column] = columns({ name: 'A', type, jsonPath: '.a' });
    assert.equal(column?.cell({ a: value }, nowMs), shown);
  });
}

test('a deprecated version names the best one to move to', () => {
  const deprecated = { deprecated: true };
  const kinds = kindsOf([
    { name: 'v1alpha1', ...deprecated },
    { name: 'v1beta1' },
    { name: 'v1' },
    { name: 'v2', served: false },
    { name: 'v3', ...deprecated },
    { name: 'v0', ...deprecated, deprecationWarning: 'use a mug' },
  ]);
  const warnings = kinds.map(({ version, deprecationWarning }) => [version, deprecationWarning]);
  assert.deepEqual(warnings, [
    ['v1alpha1', 'example.com/v1alpha1 Cup is deprecated; use example.com/v1 Cup'],
    ['v1beta1', undefined],
    ['v1', undefined],
    ['v3', 'example.com/v3 Cup is deprecated'],
    ['v0', 'use a mug'],
  ]);
});

test('versions in order of preference', () => {
  const versions = ['v1alpha1', 'foo', 'v10', 'v2', 'v1beta2', 'v1beta1'];
  assert.deepEqual(versions.toSorted(compareVersions), ['v10', 'v2', 'v1beta2', 'v1beta1', 'v1alpha1', 'foo']);
});
