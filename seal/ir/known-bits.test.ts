/** Tags in the upper half of a value and switches over a byte, native against the engine. */
import { test } from 'node:test';
import { assemble } from '../testing/assemble.ts';
import { assertSameResults, type Invocation } from '../testing/differential.ts';

const halves = [0n, 1n, 4n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_fff7n, 0xffff_ffffn];

test('the upper half of a value is compared as with mask and constant', () => {
  const functions: string[] = [];
  const invocations: Invocation[] = [];
  for (const [at, half] of halves.entries()) {
    for (const op of ['eq', 'ne']) {
      const constant = `(i64.const ${BigInt.asIntN(64, half << 32n)})`;
      const masked = '(i64.and (local.get 0) (i64.const 0xffffffff00000000))';
      const name = `${op}${at}`;
      const [left, right] = at % 2 === 0 ? [masked, constant] : [constant, masked];
      functions.push(`(func (export "${name}") (param i64) (result i32) (i64.${op} ${left} ${right}))`);
      functions.push(
        `(func (export "if-${name}") (param i64) (result i32)
          (if (result i32) (i64.${op} ${left} ${right}) (then (i32.const 10)) (else (i32.wrap_i64 (local.get 0)))))`,
      );
      for (const other of halves) {
        for (const low of [0n, 1n, 0xffff_ffffn]) {
          invocations.push({ name, arguments: [(other << 32n) | low] });
          invocations.push({ name: `if-${name}`, arguments: [(other << 32n) | low] });
        }
      }
    }
  }
  assertSameResults(assemble(`(module ${functions.join('\n')})`), invocations);
});

for (const [name, caseCount, index] of [
  ['as it is', 120, '(local.get 0)'],
  ['less one', 250, '(i32.sub (local.get 0) (i32.const 1))'],
  ['plus a number', 200, '(i32.add (local.get 0) (i32.const 40))'],
  ['with all cases', 256, '(local.get 0)'],
  ['with more cases than it has values', 300, '(local.get 0)'],
] as const) {
  test(`a switch over a byte ${name} goes where it should for each of its values`, () => {
    const labels = Array.from({ length: caseCount }, (_, at) => `$l${at % 5}`);
    let text = `(br_table ${labels.join(' ')} $other ${index.replace('(local.get 0)', '(i32.load8_u (local.get 0))')})`;
    for (let at = 0; at < 5; at++) text = `(block $l${at} ${text}) (return (i32.const ${at + 1}))`;
    const source = `(module (memory 1)
      (func (export "f") (param i32) (result i32)
        (i32.store8 (local.get 0) (local.get 0))
        (block $other ${text})
        (i32.const 99)))`;
    const invocations = Array.from({ length: 256 }, (_, value) => ({ name: 'f', arguments: [BigInt(value)] }));
    assertSameResults(assemble(source), invocations);
  });
}
