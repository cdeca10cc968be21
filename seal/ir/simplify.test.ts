/** What the passes leave out or turn round must not be missed: each row against the engine. */
import { test } from 'node:test';
import { assemble } from '../testing/assemble.ts';
import { assertSameResults } from '../testing/differential.ts';

const rows: readonly (readonly [what: string, text: string, cases: readonly (readonly bigint[])[]])[] = [
  [
    'a load sees stores that overlap it, of any index',
    `(memory 1) (func (export "f") (param i32 i32) (result i32) (local i32)
      (i32.store offset=4 (local.get 0) (i32.const 0x11223344))
      (local.set 2 (i32.load offset=4 (local.get 0)))
      (i32.store8 offset=5 (local.get 0) (i32.const 0xff))
      (local.set 2 (i32.add (local.get 2) (i32.load offset=4 (local.get 0))))
      (i32.store offset=8 (local.get 0) (i32.const 77))
      (local.set 2 (i32.mul (local.get 2) (i32.load offset=4 (local.get 0))))
      (i32.store16 (local.get 1) (i32.const 0xabcd))
      (i32.xor (local.get 2) (i32.load offset=4 (local.get 0))))`,
    [
      [0n, 4n],
      [0n, 6n],
      [0n, 7n],
      [0n, 100n],
      [8n, 13n],
    ],
  ],
  [
    'a narrow store is not read back as it was written',
    `(memory 1) (func (export "f") (param i32 i64) (result i64)
      (i32.store8 (i32.const 8) (local.get 0)) (i64.store32 (i32.const 16) (local.get 1))
      (i64.add (i64.extend_i32_s (i32.load8_s (i32.const 8))) (i64.load (i32.const 16))))`,
    [
      [0x1ffn, 0xffff_ffff_8000_0000n],
      [0x80n, 1n],
    ],
  ],
  [
    'what is written as one type is read as another',
    `(memory 1) (func (export "f") (param f64 f32) (result i64)
      (f64.store (i32.const 8) (local.get 0)) (f32.store (i32.const 16) (local.get 1))
      (i64.add (i64.load (i32.const 8)) (i64.add (i64.load32_u (i32.const 16)) (i64.load32_u offset=4 (i32.const 8)))))`,
    [[0x4009_21fb_5444_2d18n, 0x3f80_0000n]],
  ],
  [
    'globals and memory change in calls and bulk operations',
    `(memory 1) (global $g (mut i32) (i32.const 5))
      (func $change (global.set $g (i32.add (global.get $g) (i32.const 1))) (i32.store (i32.const 8) (global.get $g)))
      (func (export "f") (param i32) (result i32) (local i32)
        (local.set 1 (i32.add (global.get $g) (i32.load (i32.const 8))))
        (call $change)
        (local.set 1 (i32.mul (local.get 1) (i32.add (global.get $g) (i32.load (i32.const 8)))))
        (memory.fill (i32.const 8) (local.get 0) (i32.const 4))
        (i32.add (local.get 1) (i32.load (i32.const 8))))`,
    [[1n], [0xffn]],
  ],
  [
    'a loop changes what was known before it, on the way round and in loops inside',
    `(memory 1) (global $g (mut i32) (i32.const 0)) (global $h (mut i32) (i32.const 3))
      (func (export "f") (param i32) (result i32) (local i32 i32)
        (global.set $g (local.get 0)) (i32.store (i32.const 4) (local.get 0))
        (local.set 1 (i32.add (global.get $g) (i32.load (i32.const 4))))
        (loop $outer
          (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 31)) (i32.add (global.get $g) (global.get $h))))
          (local.set 1 (i32.xor (local.get 1) (i32.load (i32.const 4))))
          (local.set 2 (i32.const 0))
          (loop $inner
            (local.set 1 (i32.add (local.get 1) (i32.load (i32.const 4))))
            (if (i32.and (local.get 2) (i32.const 1)) (then
              (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (local.get 2)))))
            (local.set 2 (i32.add (local.get 2) (i32.const 1)))
            (br_if $inner (i32.lt_u (local.get 2) (i32.const 3))))
          (global.set $g (i32.sub (global.get $g) (i32.const 1)))
          (br_if $outer (global.get $g)))
        (local.get 1))`,
    [[1n], [2n], [9n]],
  ],
  [
    'one side of a branch changes what both had known',
    `(memory 1) (global $g (mut i32) (i32.const 9))
      (func (export "f") (param i32) (result i32) (local i32)
        (local.set 1 (i32.add (global.get $g) (i32.load (i32.const 0))))
        (if (local.get 0) (then (global.set $g (i32.const 1)) (i32.store (i32.const 0) (i32.const 50))))
        (i32.add (local.get 1) (i32.add (i32.mul (global.get $g) (i32.const 100)) (i32.load (i32.const 0)))))`,
    [[0n], [1n]],
  ],
  [
    'conditions joined from constants and comparisons',
    `(func (export "f") (param i32 i32) (result i32) (local i32)
      (if (if (result i32) (i32.gt_s (local.get 0) (i32.const 3)) (then (i32.lt_s (local.get 1) (i32.const 5))) (else (i32.const 0)))
        (then (local.set 2 (i32.const 1))) (else (local.set 2 (i32.const 2))))
      (loop $again
        (if (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else (i32.and (local.get 1) (i32.const 4))))
          (then (local.set 2 (i32.add (local.get 2) (i32.const 100)))))
        (local.set 0 (i32.shr_u (local.get 0) (i32.const 1)))
        (local.set 1 (i32.sub (local.get 1) (i32.const 1)))
        (br_if $again (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.gt_s (local.get 1) (i32.const 0))))))
      (local.get 2))`,
    [
      [0n, 0n],
      [4n, 4n],
      [4n, 6n],
      [3n, 3n],
      [100n, 9n],
    ],
  ],
  [
    'branches on masks',
    `(func (export "f") (param i32 i64) (result i32) (local i32)
      (if (i32.and (local.get 0) (i32.const 0x80)) (then (local.set 2 (i32.const 1))))
      (if (i32.eqz (i32.and (local.get 0) (i32.const 0x100))) (then (local.set 2 (i32.or (local.get 2) (i32.const 2)))))
      (if (i32.and (i32.const -8) (local.get 0)) (then (local.set 2 (i32.or (local.get 2) (i32.const 4)))))
      (if (i64.eqz (i64.and (local.get 1) (i64.const 0x80))) (then (local.set 2 (i32.or (local.get 2) (i32.const 8)))))
      (if (i64.eqz (i64.and (i64.const 0x8000000000) (local.get 1))) (then (local.set 2 (i32.or (local.get 2) (i32.const 16)))))
      (if (i32.eqz (i64.eqz (i64.and (local.get 1) (i64.const -2)))) (then (local.set 2 (i32.or (local.get 2) (i32.const 32)))))
      (if (i32.and (local.get 0) (i32.wrap_i64 (local.get 1))) (then (local.set 2 (i32.or (local.get 2) (i32.const 64)))))
      (i32.add (local.get 2) (select (i32.const 1000) (i32.const 0) (i32.and (local.get 0) (i32.const 1)))))`,
    [
      [0n, 0n],
      [0x80n, 0x80n],
      [0x181n, 0x80_0000_0000n],
      [0xffff_fff8n, 1n],
      [7n, 0xffff_ffff_ffff_ffffn],
    ],
  ],
];

for (const [what, text, cases] of rows) {
  test(what, () =>
    assertSameResults(
      assemble(`(module ${text})`),
      cases.map((values) => ({ name: 'f', arguments: values })),
    ),
  );
}
