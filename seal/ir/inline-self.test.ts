/** Recursion with some of its turns inlined gives what the engine gives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../decode/decode.ts';
import { assemble } from '../testing/assemble.ts';
import { assertSameResults } from '../testing/differential.ts';
import { buildFunction } from './build.ts';
import { inlineSelf } from './inline-self.ts';
import { simplify } from './simplify.ts';
import { verifyFunction } from './verify.ts';

const functions: readonly (readonly [name: string, text: string, calls: readonly (readonly bigint[])[]])[] = [
  [
    'fib',
    `(param i32) (result i32) (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 2)))))))`,
    [[0n], [1n], [2n], [3n], [4n], [9n], [20n]],
  ],
  [
    'ackermann',
    `(param i32 i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.add (local.get 1) (i32.const 1)))))
      (if (i32.eqz (local.get 1)) (then (return (call $f (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))))
      (call $f (i32.sub (local.get 0) (i32.const 1)) (call $f (local.get 0) (i32.sub (local.get 1) (i32.const 1)))))`,
    [
      [0n, 5n],
      [1n, 3n],
      [2n, 3n],
      [2n, 7n],
      [3n, 3n],
    ],
  ],
  [
    'a loop, memory and two results',
    `(param i32 i64) (result i64 i32) (local i32)
      (if (i32.eqz (local.get 0)) (then (return (i64.mul (local.get 1) (i64.const 3)) (i32.load (i32.const 8)))))
      (loop $again
        (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (local.get 0)))
        (call $f (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.extend_i32_u (local.get 2))))
        (local.set 2 (i32.add (local.get 2) (i32.const 1)))
        (drop) (local.set 1)
        (br_if $again (i32.lt_u (local.get 2) (i32.const 2))))
      (local.get 1) (local.get 2))`,
    [
      [0n, 1n],
      [1n, 5n],
      [3n, 7n],
      [6n, 0xffff_ffff_ffffn],
    ],
  ],
  [
    'a trap in the depth',
    '(param i32) (result i32) (i32.div_s (i32.const 100) (local.get 0)) (call $f (i32.sub (local.get 0) (i32.const 1))) (i32.add))',
    [[3n], [0n]],
  ],
];

for (const [name, text, calls] of functions) {
  test(name, () => {
    const wasm = assemble(`(module (memory 1) (func $f (export "f") ${text})`);
    assertSameResults(
      wasm,
      calls.map((values) => ({ name: 'f', arguments: values })),
    );
    const module = decode(wasm);
    const [fn] = module.functions;
    assert.equal(fn?.kind, 'defined');
    const ir = buildFunction(module, fn);
    const size = () => ir.blocks.reduce((sum, { instructions }) => sum + instructions.length, 0);
    const before = size();
    inlineSelf(ir, 0);
    assert.ok(size() > before, 'nothing was inlined');
    simplify(ir);
    verifyFunction(ir, 'simplify');
  });
}
