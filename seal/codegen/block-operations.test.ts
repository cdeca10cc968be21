import { test } from 'node:test';
import { assemble } from '../testing/assemble.ts';
import { assertSameResults, type Invocation } from '../testing/differential.ts';

/** Lengths around every change of method: 2, 4, 8, 16, 32 and the string instructions. */
const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 100, 511, 512, 513, 1000];

const text = `(module (memory 1)
  (func $reset (local $i i32) (loop $l
    (i32.store8 (local.get $i) (i32.mul (local.get $i) (i32.const 37)))
    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4096)))))
  (func $sum (result i64) (local $i i32) (local $h i64) (loop $l
    (local.set $h (i64.mul (i64.xor (local.get $h) (i64.load8_u (local.get $i))) (i64.const 1099511628211)))
    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4096))))
    (local.get $h))
  (func (export "copy") (param i32 i32 i32) (result i64)
    (call $reset) (memory.copy (local.get 0) (local.get 1) (local.get 2)) (call $sum))
  (func (export "fill") (param i32 i32 i32) (result i64)
    (call $reset) (memory.fill (local.get 0) (local.get 1) (local.get 2)) (call $sum)))`;

const numbers = (name: string, ...values: readonly number[]): Invocation => ({ name, arguments: values.map(BigInt) });

test('copies of every length and overlap move what the engine moves', () => {
  const calls = lengths.flatMap((length) =>
    [-1000, -17, -16, -15, -1, 0, 1, 3, 8, 15, 16, 17, 33, 1000].map((distance) =>
      numbers('copy', 1501 + distance, 1501, length),
    ),
  );
  assertSameResults(assemble(text), calls);
});

test('fills of every length set exactly their bytes', () => {
  assertSameResults(
    assemble(text),
    lengths.flatMap((length) => [0, 1, 7].map((start) => numbers('fill', 1000 + start, 0x1c3, length))),
  );
});
