/** Our verdict on damaged modules is that of the engine the tests run in. SEAL_MUTATIONS=from-to tries other seeds. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { compile } from '../compile.ts';
import { assemble } from '../testing/assemble.ts';
import { mutate, randomFrom } from '../testing/mutate.ts';
import { randomBodyModule } from '../testing/random-body.ts';
import { decode } from './decode.ts';
import { ModuleError } from './error.ts';
import { validate } from './validate.ts';

/** Features the engine has and the compiler names and refuses: about modules with these nothing is compared. */
const refusedFeatures: readonly RegExp[] = [
  /SIMD/,
  /threads/,
  /exception handling/,
  /section tag/,
  /garbage collection/,
  /typed function references/,
  /memory64/,
  /wide arithmetic/,
  /^\d+ .*, at most \d+ are possible$/,
];

type Verdict = 'accepted' | 'refused' | 'not compared';

function verdictOf(bytes: Uint8Array, seed: string): Verdict {
  try {
    validate(decode(bytes));
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ModuleError)) throw new Error(`crash with ${seed}`, { cause: error });
    assert.ok(error.byteOffset >= 0 && error.byteOffset <= bytes.length, `${seed}: offset ${error.byteOffset}`);
    if (error.code !== 'unsupported') return 'refused';
    assert.ok(
      refusedFeatures.some((feature) => feature.test(error.reason)),
      `${seed}: ${error.message} names no feature`,
    );
    return 'not compared';
  }
}

/** Compares all seeds and says how many of the modules were accepted by both. */
function compare(seeds: readonly number[], make: (random: () => number) => Uint8Array<ArrayBuffer>): number {
  let accepted = 0;
  const differences: string[] = [];
  for (const seed of seeds) {
    const bytes = make(randomFrom(seed));
    const verdict = verdictOf(bytes, `seed ${seed}`);
    const engine = WebAssembly.validate(bytes) ? 'accepted' : 'refused';
    if (verdict === 'accepted') accepted += 1;
    if (verdict !== 'not compared' && verdict !== engine) {
      differences.push(`seed ${seed} (SEAL_MUTATIONS=${seed}-${seed}): ${verdict} here, ${engine} there`);
    }
  }
  assert.deepEqual(differences, []);
  return accepted;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const [from = 1, to = 4000] = (process.env.SEAL_MUTATIONS ?? '1-4000').split('-').map(Number);

/** One module with something of everything. */
const rich = `(module
  (type $binary (func (param i32 i32) (result i32)))
  (import "linux" "getpid" (func $getpid (result i64)))
  (memory $first 1 3) (memory $second 1)
  (table $functions 4 9 funcref) (table $hosts 2 externref)
  (global $counter (mut i32) (i32.const 1)) (global $big i64 (i64.const -5)) (global $pi f64 (f64.const 3.5))
  (elem (table $functions) (i32.const 1) func $add $fact) (elem $later func $add)
  (data (memory $first) (i32.const 8) "hello") (data $passive "bytes")
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $fact (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))
      (else (i64.mul (local.get 0) (call $fact (i64.sub (local.get 0) (i64.const 1)))))))
  (func $two (param i32) (result i32 i64) (local f32 f64 externref)
    (local.set 1 (f32.convert_i32_s (local.get 0)))
    (block $out (loop $again
      (br_if $out (i32.gt_u (local.get 0) (i32.const 10)))
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br $again)))
    (local.get 0) (i64.trunc_sat_f32_s (local.get 1)))
  (func $switch (param i32) (result i32)
    (block $a (block $b (br_table $a $b $a (local.get 0))) (return (i32.const 1)))
    (return_call $add (i32.const 2) (select (i32.const 3) (local.get 0) (i32.const 1))))
  (func $bulk (param i32)
    (memory.copy $first $second (i32.const 0) (local.get 0) (i32.const 3))
    (memory.init $first $passive (i32.const 0) (i32.const 0) (i32.const 2)) (data.drop $passive)
    (memory.fill $second (i32.const 0) (i32.const 1) (i32.const 9))
    (table.init $functions $later (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $later)
    (table.set $functions (i32.const 0) (ref.func $add))
    (drop (ref.is_null (table.get $hosts (i32.const 0))))
    (drop (table.grow $hosts (ref.null extern) (i32.const 1)))
    (drop (select (result funcref) (ref.null func) (ref.func $add) (i32.const 0)))
    (i64.store16 $second offset=4 align=1 (i32.const 0) (i64.extend8_s (global.get $big)))
    (global.set $counter (call_indirect $functions (type $binary) (i32.const 1) (i32.const 2) (i32.const 1))))
  (export "add" (func $add)) (export "two" (func $two)) (export "memory" (memory $second)) (start $begin)
  (func $begin (drop (call $getpid)) (call $bulk (i32.const 0))))`;

test('damaged modules get the verdict of the engine, and never crash the decoder', () => {
  const whole = assemble(rich);
  assert.equal(verdictOf(whole, 'the module itself'), 'accepted');
  const accepted = compare(range(from, to), (random) => mutate(whole, random));
  if (process.env.SEAL_MUTATIONS === undefined)
    assert.ok(accepted > (to - from) / 20, `only ${accepted} were accepted`);
});

test('functions of random instructions get the verdict of the engine', () => {
  const accepted = compare(range(from, to), randomBodyModule);
  if (process.env.SEAL_MUTATIONS === undefined) assert.ok(accepted > (to - from) / 5, `only ${accepted} were accepted`);
});

const program = createRequire(import.meta.url).resolve('@jitl/quickjs-ng-wasmfile-release-sync/wasm');

test('functions of random instructions that are valid compile', () => {
  for (const seed of range(from, Math.min(to, from + 999))) {
    const bytes = randomBodyModule(randomFrom(seed));
    if (verdictOf(bytes, `seed ${seed}`) !== 'accepted') continue;
    try {
      compile(bytes, { flavour: 'linux' });
    } catch (error) {
      throw new Error(`seed ${seed} (SEAL_MUTATIONS=${seed}-${seed})`, { cause: error });
    }
  }
});

test('a damaged interpreter of half a megabyte gets the verdict of the engine', () => {
  const whole = readFileSync(program);
  compare(range(from, Math.min(to, from + 19)), (random) => mutate(whole, random));
});

test('a program of half a megabyte is validated in well under 150 ms', () => {
  const module = decode(readFileSync(program));
  const times = range(1, 3).map(() => {
    const start = performance.now();
    validate(module);
    return performance.now() - start;
  });
  assert.ok(Math.min(...times) < 150, `${times.map(Math.round).join(', ')} ms`);
});
