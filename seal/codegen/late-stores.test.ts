/** A loop around a switch whose cases call: what each instruction of an interpreter costs beside its work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../decode/decode.ts';
import { buildFunction } from '../ir/build.ts';
import { simplify } from '../ir/simplify.ts';
import { assemble } from '../testing/assemble.ts';
import { assertSameResults } from '../testing/differential.ts';
import { type Allocation, allocate } from './allocate.ts';
import { checkAllocation } from './check-allocation.ts';
import { constraints } from './constraints.ts';
import { callerSaved } from './registers.ts';
import { locationAt, resolveMoves } from './resolve.ts';

const caseCount = 12;
const invariants = ['$a', '$b', '$c', '$d', '$e', '$f'];

/** Each case calls; one in two needs a value of before the loop. */
const source = `(module
  (memory 1)
  (data (i32.const 0) "\\03\\01\\07\\0a\\00\\02\\05\\09\\04\\06\\08\\0b\\ff")
  (func $work (param i32 i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const 31)) (local.get 1)))
  (func (export "f") (param $n i32) (result i32)
    (local $pc i32) (local $sum i32) (local $code i32)
    ${invariants.map((name) => `(local ${name} i32)`).join(' ')}
    ${invariants.map((name, at) => `(local.set ${name} (i32.mul (local.get $n) (i32.const ${at + 3})))`).join('\n')}
    (loop $next
      (local.set $code (i32.load8_u (local.get $pc)))
      (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
      ${cases()}
      (return (i32.add (local.get $sum) (local.get $pc))))
    (i32.const -1)))`;

function cases(): string {
  const labels = Array.from({ length: caseCount }, (_, at) => `$case${at}`);
  let text = `(br_table ${labels.join(' ')} $end (local.get $code))`;
  for (const [at, label] of labels.entries()) {
    const other = at % 2 === 0 ? (invariants[at / 2] ?? '$n') : '$code';
    text = `(block ${label} ${text})
      (local.set $sum (call $work (local.get $sum) (local.get ${other}))) (br $next)`;
  }
  return `(block $end ${text})`;
}

test('an interpreter gives what it gives elsewhere', () => {
  const invocations = [0n, 1n, 77n].map((value) => ({ name: 'f', arguments: [value] }));
  assertSameResults(assemble(source), invocations);
});

test('what only some cases need waits in its slot, and the loop itself stores nothing', () => {
  const module = decode(assemble(source));
  const [, defined] = module.functions;
  assert.ok(defined?.kind === 'defined');
  const fn = buildFunction(module, defined);
  simplify(fn);
  const rules = {
    instruction: ({ kind }: { readonly kind: string }) =>
      kind === 'call' ? constraints({ clobbers: callerSaved }) : constraints({ uses: ['register', 'register'] }),
    terminator: () => constraints({ uses: ['register'] }),
    parameterRegisters: () => [],
  };
  const allocation: Allocation = allocate(fn, rules);
  checkAllocation(fn, rules, allocation, resolveMoves(fn, allocation));
  const header = fn.blocks.find(({ terminator }) => terminator.kind === 'switch');
  assert.ok(header !== undefined);
  const { from = 0 } = allocation.live.spans.get(header) ?? {};
  const before = [...(allocation.live.liveIn.get(header) ?? [])].filter(({ id }) => allocation.slots.has(id));
  // Four registers survive calls.
  assert.ok(before.length >= invariants.length - 4);
  for (const value of before) assert.equal(locationAt(allocation, value, from).kind, 'slot');
  const made = [...header.parameters, ...header.instructions.flatMap(({ results }) => results)];
  for (const { id } of made.filter((value) => allocation.slots.has(value.id))) assert.ok(allocation.storedLate.has(id));
});
