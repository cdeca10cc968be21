import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalQuantity, compareQuantities } from './quantity.ts';

test('quantities get their canonical spelling', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['1', '1'],
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['1024Ki', '1Mi'],
    ['1.5Gi', '1536Mi'],
    ['0', '0'],
    ['1000', '1k'],
    ['1e3', '1e3'],
    ['12E', '12E'],
    ['-5', '-5'],
    ['.5', '500m'],
    ['100Mi', '100Mi'],
    ['0.1n', '1n'],
    ['abc', undefined],
    ['1x', undefined],
    ['', undefined],
    ['1 Gi', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(canonicalQuantity(text), expected, text);
});

test('quantities compare by value across their forms', () => {
  assert.equal(compareQuantities('1', '1000m'), 0);
  assert.equal(compareQuantities('1Gi', '1G'), 1);
  assert.equal(compareQuantities('100m', '1'), -1);
});
