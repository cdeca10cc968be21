/** What rules are estimated to cost is what decides whether a definition is taken: upstream's figures, to the unit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { celTypeOf } from '../custom/cel-type.ts';
import { compile } from './compile.ts';
import { type Type, types } from './index.ts';

const text = (maxLength: number) => ({ type: 'string', maxLength });
const self = celTypeOf(
  {
    type: 'object',
    properties: {
      name: text(10),
      count: { type: 'integer' },
      names: { type: 'array', maxItems: 5, items: text(10) },
      labels: { type: 'object', maxProperties: 4, additionalProperties: text(10) },
      parts: { type: 'array', maxItems: 3, items: { type: 'object', properties: { name: text(10) } } },
    },
  },
  false,
) as Type;

function costOf(rule: string, type = self): number {
  const compiled = compile(rule, new Map([['self', type]]));
  if ('issues' in compiled) throw new Error(compiled.issues);
  return compiled.program.estimate();
}

const costs: readonly (readonly [rule: string, cost: number, why: string])[] = [
  ['has(self.name)', 1, 'presence itself is free'],
  ['self.count == 3', 2, 'integers of a schema have no size to compare'],
  ['self.name == "abc"', 3, 'the shorter one is compared'],
  ['self.name.matches("abcdefgh")', 12, 'characters of up to four bytes times the length of the pattern'],
  ['matches(self.name, "abcdefgh")', 3, 'the same as a function of two is thought to look at nothing'],
  ['self.labels.all(key, key.matches("abcdefgh"))', 27, 'keys of a map have no length'],
  ['self.labels.all(key, self.labels[key].size() > 1)', 39, 'values have the length of the schema'],
  ['self.parts.filter(part, has(part.name)).size() > 1', 57, 'a list filtered is as long as it was'],
  ['self.names.sort().size() > 1', 68, 'each text is compared with each other'],
  ['self.names.slice(0, 2).size() > 1', 17, 'a slice is as long as it is written'],
  ['self.names.indexOf("a") > 1', 28, 'each text is compared'],
  ['[self.name, "b"].all(x, x.startsWith("a"))', 23, 'what is written down has its own size'],
];

for (const [rule, cost, why] of costs) {
  test(`${rule} costs ${cost}: ${why}`, () => assert.equal(costOf(rule), cost));
}

test('what is found in a computed list is thought as large as the value the rule stands at', () => {
  const short = { ...types.string, maxElements: 40 };
  assert.equal(costOf('self.split("@")[1].matches("abcd")', short), 15);
  assert.equal(costOf('self.split("@").all(part, part.matches("abcd"))', short), 370);
});
