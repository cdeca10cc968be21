/** Division and multiplication by constants, native against the engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from '../fuzz/random.ts';
import { assemble } from '../testing/assemble.ts';
import { assertSameResults } from '../testing/differential.ts';

const edges = [
  0n,
  1n,
  2n,
  3n,
  5n,
  6n,
  7n,
  9n,
  10n,
  11n,
  25n,
  60n,
  100n,
  127n,
  128n,
  255n,
  625n,
  641n,
  1000n,
  65_536n,
  1_000_000n,
];

for (const [type, width] of [
  ['i32', 32],
  ['i64', 64],
] as const) {
  test(`${type} by constants`, () => {
    const random = randomFrom(width);
    const top = 1n << BigInt(width - 1);
    const word = () => BigInt(random()) * BigInt(random()) * BigInt(random());
    const wrap = (value: bigint) => BigInt.asUintN(width, value);
    const divisors = new Set(
      [...edges, top, top - 1n, top + 1n, ...Array.from({ length: 60 }, () => word() >> BigInt(random() % 60))]
        .flatMap((value) => [value, -value])
        .map(wrap),
    );
    divisors.delete(0n);
    const operators = ['div_u', 'div_s', 'rem_u', 'rem_s', 'mul'];
    const functions = [...divisors].flatMap((divisor) =>
      operators.map((operator) => {
        const constant = BigInt.asIntN(width, divisor);
        const code = `(${type}.${operator} (local.get 0) (${type}.const ${constant}))`;
        return { name: `${operator} ${constant}`, divisor, code };
      }),
    );
    const exported = functions.map(
      ({ name, code }) => `(func (export "${name}") (param ${type}) (result ${type}) ${code})`,
    );
    const calls = functions.flatMap(({ name, divisor }) => {
      const multiple = word() * divisor;
      const near = [multiple, multiple - 1n, multiple + 1n, divisor, divisor - 1n, divisor * 2n];
      const values = [0n, 1n, -1n, top, top - 1n, top + 1n, ...near, word()].map(wrap);
      // -1 traps for the lowest number, which the numeric tests cover.
      const usable = values.filter((value) => !(divisor === wrap(-1n) && value === top));
      return usable.map((value) => ({ name, arguments: [value] }));
    });
    assert.ok(calls.length > 5000);
    assertSameResults(assemble(`(module ${exported.join('\n')})`), calls);
  });
}
