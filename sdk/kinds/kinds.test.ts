import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSelector, type LabelSelector, matchesSelector } from './label-selector.ts';
import { parseQuantity } from './quantity.ts';

for (const [text, amount] of [
  ['1', 1],
  ['250m', 0.25],
  ['0.1', 0.1],
  ['64Mi', 64 * 2 ** 20],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['2k', 2000],
  ['1e3', 1000],
  ['5E', 5e18],
  ['-1', -1],
  [3, 3],
] as const) {
  test(`the quantity ${text} is ${amount}`, () => assert.equal(parseQuantity(text), amount));
}

for (const text of ['', 'm', '1 Gi', '1gi', '0x10', '1e']) {
  test(`${JSON.stringify(text)} is no quantity`, () => assert.throws(() => parseQuantity(text), /not a quantity/));
}

const labels = { app: 'web', tier: 'front' };

const selectors: readonly (readonly [LabelSelector | undefined, boolean, string])[] = [
  [undefined, false, ''],
  [{}, true, ''],
  [{ matchLabels: { app: 'web' } }, true, 'app=web'],
  [{ matchLabels: { app: 'web', tier: 'back' } }, false, 'app=web,tier=back'],
  [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'api'] }] }, true, 'app in (web,api)'],
  [{ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, true, 'zone notin (a)'],
  [{ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, false, 'zone'],
  [{ matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, true, '!zone'],
  [{ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, false, 'constructor'],
];

for (const [selector, matches, text] of selectors) {
  test(`the selector ${JSON.stringify(selector)} ${matches ? 'matches' : 'does not match'} and is written "${text}"`, () => {
    assert.equal(matchesSelector(selector, labels), matches);
    if (selector !== undefined) assert.equal(formatSelector(selector), text);
  });
}
