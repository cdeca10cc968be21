/** The way from a difference to a regression test, with a compiler that is wrong on purpose. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBody } from '../decode/body.ts';
import type { DecodedModule } from '../decode/module.ts';
import { assemble } from '../testing/assemble.ts';
import { runCases } from '../testing/native-run.ts';
import { compareCalls, type Native, randomCalls } from './compare.ts';
import { examine, keepFinding } from './findings.ts';
import { stateExport, withStateFunction } from './generate.ts';
import { takeApart } from './module-parts.ts';
import { randomFrom } from './random.ts';
import { readRegression } from './regression.ts';

const [add, subtract, rotate] = [0x6a, 0x6b, 0x77] as const;

/** Takes i32.add for i32.sub. */
const wrongNative: Native = (module, cases, state) => {
  const sum = module.exports.find(({ name }) => name === stateExport)?.index;
  const functions = module.functions.map((fn, index): DecodedModule['functions'][number] => {
    if (fn.kind === 'imported' || index === sum) return fn;
    const bytes = fn.bytes.slice();
    for (const { opcode, byteOffset } of readBody(fn, module.types))
      if (opcode.code === add) bytes[byteOffset] = subtract;
    return { ...fn, bytes };
  });
  return runCases({ ...module, functions }, cases, state);
};

const brokenNative: Native = (module, cases, state) => {
  const uses = (code: number) =>
    module.functions.some(
      (fn) => fn.kind === 'defined' && readBody(fn, module.types).some(({ opcode }) => opcode.code === code),
    );
  if (uses(rotate)) throw new Error('register 17 does not exist');
  return runCases(module, cases, state);
};

/** One sum among things that have nothing to do with it. */
const haystack = withStateFunction(
  assemble(`(module (memory 1) (global $count (mut i32) (i32.const 3)) (table 2 funcref) (elem (i32.const 0) $first $second)
    (func $first (export "first") (param i32 f64) (result i32)
      (i32.store (i32.and (local.get 0) (i32.const 0xff)) (i32.const 7))
      (i32.xor (i32.rotl (local.get 0) (i32.const 3)) (i32.trunc_sat_f64_s (local.get 1))))
    (func $second (export "second") (param i32) (result i32) (local $i i32)
      (loop $again
        (global.set $count (i32.mul (global.get $count) (i32.const 3)))
        (local.set $i (i32.or (i32.shl (local.get $i) (i32.const 1)) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 100))))
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 5))
        (then (i32.mul (local.get $i) (i32.const 3)))
        (else (i32.sub (i32.add (i32.mul (local.get 0) (i32.const 5)) (i32.clz (local.get $i))) (global.get $count)))))
    (func (export "third") (param i32 i32) (result i32)
      (drop (call $first (i32.const 1) (f64.const 2)))
      (call $second (i32.or (local.get 0) (i32.const 64)))))`),
);

for (const [what, native, kind] of [
  ['a wrong result', wrongNative, 'differs'],
  ['a compiler that fails', brokenNative, 'fails'],
] as const) {
  test(`${what} becomes a small regression case that shows it until it is mended`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'diatom-reduce-'));
    try {
      const wasm = haystack;
      const finding = examine(wasm, randomCalls(wasm, randomFrom(1)), native);
      assert.ok(finding.kind === kind);
      const kept = keepFinding(wasm, finding, join(directory, 'case'), native, {
        mostComparisons: 60,
        mostSteps: 6000,
      });
      assert.deepEqual(readFileSync(kept.module), Buffer.from(wasm));
      const regression = readRegression(kept.regression);
      const { functions, positionOf } = takeApart(regression.wasm);
      const sum = positionOf(stateExport);
      const rest = functions.filter((_, index) => index !== sum);
      assert.equal(rest.length, 1);
      assert.ok((rest[0]?.instructions.length ?? 0) <= 10, readFileSync(kept.regression, 'utf8'));
      assert.equal(examine(regression.wasm, regression.calls, native).kind, kind);
      assert.deepEqual(compareCalls(regression.wasm, regression.calls).differences, []);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}
