/** Vectors where values travel: calls, results, blocks, loops, selects, globals, tables, more of them than registers. */
import { test } from 'node:test';
import { assemble } from '../testing/assemble.ts';
import { assertSameResults } from '../testing/differential.ts';

const count = (length: number) => Array.from({ length }, (_, index) => index);
const types = (length: number, type: (index: number) => string) => count(length).map(type).join(' ');
const lanes = (index: number) => `(v128.const i32x4 ${index} ${index * 1000 + 7} -${index + 1} ${index * 77})`;

const fold = `
  (func $fold (param i64 v128) (result i64)
    (i64.add (i64.mul (i64.rotl (local.get 0) (i64.const 9)) (i64.const 0x5851f42d4c957f2d))
      (i64.add (i64x2.extract_lane 0 (local.get 1)) (i64.mul (i64x2.extract_lane 1 (local.get 1)) (i64.const 31)))))`;
const folded = (values: readonly string[]) =>
  values.reduce((hash, value) => `(call $fold ${hash} ${value})`, '(i64.const 1)');

const programs: Readonly<Record<string, string>> = {
  'more arguments than registers, mixed with numbers': `
    (func $many (param ${types(24, (index) => (index % 3 === 2 ? 'i64' : index % 3 === 1 ? 'f32' : 'v128'))}) (result i64)
      ${folded(
        count(24).map((index) =>
          index % 3 === 2
            ? `(i64x2.splat (local.get ${index}))`
            : index % 3 === 1
              ? `(f32x4.splat (local.get ${index}))`
              : `(local.get ${index})`,
        ),
      )})
    (func (export "run") (param $x i32) (result i64)
      (call $many ${types(24, (index) =>
        index % 3 === 2
          ? `(i64.const ${index})`
          : index % 3 === 1
            ? `(f32.convert_i32_s (i32.add (local.get $x) (i32.const ${index})))`
            : `(i32x4.add (i32x4.splat (local.get $x)) ${lanes(index)})`,
      )}))`,
  'more results than registers': `
    (func $many (param $x i32) (result ${types(20, (index) => (index % 4 === 3 ? 'i64' : 'v128'))})
      ${types(20, (index) =>
        index % 4 === 3 ? `(i64.const ${index})` : `(i32x4.add (i32x4.splat (local.get $x)) ${lanes(index)})`,
      )})
    (func (export "run") (param $x i32) (result i64) ${types(20, (index) => `(local $r${index} ${index % 4 === 3 ? 'i64' : 'v128'})`)}
      (call $many (local.get $x))
      ${count(20)
        .reverse()
        .map((index) => `local.set $r${index}`)
        .join(' ')}
      ${folded(count(20).map((index) => (index % 4 === 3 ? `(i64x2.splat (local.get $r${index}))` : `(local.get $r${index})`)))})`,
  'tail calls with vectors on the stack': `
    (func $turn (param $n i32) (param ${types(12, () => 'v128')}) (param i64) (result i64)
      (if (i32.eqz (local.get $n)) (then (return ${folded([...count(12).map((index) => `(local.get ${index + 1})`), '(i64x2.splat (local.get 13))'])})))
      (return_call $turn (i32.sub (local.get $n) (i32.const 1))
        ${types(12, (index) => `(local.get ${((index + 5) % 12) + 1})`)} (i64.add (local.get 13) (i64.const 3))))
    (func (export "run") (param $x i32) (result i64)
      (call $turn (i32.and (local.get $x) (i32.const 31)) ${types(12, lanes)} (i64.const 5)))`,
  'calls through a table': `
    (type $binary (func (param v128 v128) (result v128)))
    (table funcref (elem $add $subtract $exchange))
    (func $add (type $binary) (i32x4.add (local.get 0) (local.get 1)))
    (func $subtract (type $binary) (i16x8.sub (local.get 0) (local.get 1)))
    (func $exchange (type $binary) (local.get 1))
    (func (export "run") (param $x i32) (result i64)
      (call $fold (i64.const 3) (call_indirect (type $binary) (i32x4.splat (local.get $x)) ${lanes(5)}
        (i32.rem_u (local.get $x) (i32.const 4)))))`,
  'a loop that turns vectors round': `
    (func (export "run") (param $x i32) (result i64) ${types(18, (index) => `(local $v${index} v128)`)} (local $t v128)
      ${types(18, (index) => `(local.set $v${index} (i32x4.mul (i32x4.splat (local.get $x)) ${lanes(index)}))`)}
      (local.set $x (i32.and (local.get $x) (i32.const 15)))
      (block $out (loop $again
        (br_if $out (i32.eqz (local.get $x)))
        (local.set $x (i32.sub (local.get $x) (i32.const 1)))
        (local.set $t (local.get $v0))
        ${types(17, (index) => `(local.set $v${index} (local.get $v${index + 1}))`)}
        (local.set $v17 (local.get $t))
        (local.set $v3 (i8x16.add (local.get $v3) (local.get $v9)))
        (br $again)))
      ${folded(count(18).map((index) => `(local.get $v${index})`))})`,
  'selects, blocks with results and switches': `
    (func (export "run") (param $x i32) (result i64) (local $v v128)
      (local.set $v (select ${lanes(1)} (i8x16.splat (local.get $x)) (i32.gt_s (local.get $x) (i32.const 7))))
      (local.set $v (i8x16.add (local.get $v) (block $a (result v128) (block $b (result v128) (block $c (result v128)
        (local.get $v) (br_table $a $b $c (local.get $x)))
        (i16x8.neg)) (i32x4.abs))))
      (local.set $v (select (result v128) (local.get $v) (v128.not (local.get $v)) (f32.lt (f32x4.extract_lane 2 (local.get $v)) (f32.const nan))))
      (if (v128.any_true (local.get $v)) (then (local.set $v (i64x2.add (local.get $v) ${lanes(9)}))))
      (if (i8x16.all_true (local.get $v)) (then (local.set $v (i64x2.sub (local.get $v) ${lanes(4)}))))
      ${folded(['(local.get $v)', `(select (local.get $v) ${lanes(8)} (i32x4.all_true (local.get $v)))`])})`,
  'globals and constants': `
    (global $fixed v128 ${lanes(3)})
    (global $before (mut i32) (i32.const 5))
    (global $changed (mut v128) (v128.const i64x2 -1 0x123456789abcdef))
    (global $behind (mut i64) (i64.const 9))
    (func (export "run") (param $x i32) (result i64)
      (global.set $changed (i16x8.add (global.get $changed) (i16x8.splat (local.get $x))))
      ${folded(['(global.get $changed)', '(global.get $fixed)', '(i64x2.splat (global.get $behind))', '(i32x4.splat (global.get $before))', '(v128.const i64x2 0 0)', '(v128.const i64x2 -1 -1)'])})`,
  'splats of constants and zeros': `
    (func (export "run") (param $x i32) (result i64) (local $zero v128)
      ${folded([
        '(i8x16.splat (i32.const 0x1ff))',
        '(i16x8.splat (i32.const -3))',
        '(i32x4.splat (i32.const 77))',
        '(i64x2.splat (i64.const -9))',
        '(f32x4.splat (f32.const -0))',
        '(f64x2.splat (f64.const 1.5))',
        '(i32x4.shl (i32x4.splat (i32.const 3)) (i32.const 2))',
        '(i32x4.add (i32x4.splat (local.get $x)) (i32x4.shl (i32x4.splat (local.get $x)) (i32.const 2)))',
        '(local.get $zero)',
        '(i32x4.replace_lane 2 (local.get $zero) (local.get $x))',
      ])})`,
  'loads around stores that touch parts of them': `
    (memory 1)
    (func (export "run") (param $x i32) (result i64) (local $v v128)
      (local.set $x (i32.and (local.get $x) (i32.const 255)))
      (v128.store offset=8 (local.get $x) ${lanes(6)})
      (local.set $v (v128.load8x8_s offset=8 (local.get $x)))
      (i32.store8 offset=15 (local.get $x) (i32.const 99))
      (local.set $v (i16x8.add (local.get $v) (v128.load8x8_s offset=8 (local.get $x))))
      (v128.store64_lane offset=20 1 (local.get $x) (local.get $v))
      ${folded([
        '(local.get $v)',
        '(v128.load offset=8 (local.get $x))',
        '(v128.load8_lane offset=8 0 (local.get $x) (local.get $v))',
        `(v128.load8_lane offset=8 0 (local.get $x) ${lanes(2)})`,
        `(v128.load8_lane offset=8 7 (local.get $x) ${lanes(2)})`,
        '(i32x4.splat (i16x8.extract_lane_s 3 (v128.load offset=8 (local.get $x))))',
        '(i32x4.splat (i16x8.extract_lane_s 4 (v128.load offset=8 (local.get $x))))',
      ])})`,
  'a vector at the end of memory': `
    (memory 1 1)
    (func (export "run") (param $x i32) (result i64)
      (v128.store (local.get $x) ${lanes(6)})
      (call $fold (i64.const 1) (v128.load (local.get $x))))`,
};

const arguments_ = [0n, 1n, 2n, 3n, 7n, 100n, 0xffff_ffffn, 0x8000_0000n, 65_519n, 65_520n, 65_521n, 65_535n, 65_536n];

for (const [what, text] of Object.entries(programs)) {
  test(what, () => {
    assertSameResults(
      assemble(`(module ${fold} ${text})`),
      arguments_.map((value) => ({ name: 'run', arguments: [value] })),
    );
  });
}
