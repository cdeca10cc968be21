/** Code of functions kept from one compilation and used in another: every byte as without. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CodeCache, type CompiledImage, type CompileOptions, compile } from '../../compile.ts';
import { assemble } from '../../testing/assemble.ts';
import { quickjsProgram } from '../../testing/programs/quickjs.ts';

class Memory implements CodeCache {
  readonly kept = new Map<string, Uint8Array>();
  found = 0;
  missed = 0;

  get(key: string): Uint8Array | undefined {
    const value = this.kept.get(key);
    if (value === undefined) this.missed += 1;
    else this.found += 1;
    return value;
  }

  put(key: string, value: Uint8Array): void {
    this.kept.set(key, value);
  }
}

const sameImage = (actual: CompiledImage, expected: CompiledImage) => {
  assert.ok(Buffer.from(actual.elf).equals(Buffer.from(expected.elf)), 'the images differ');
  assert.deepEqual(actual.functions, expected.functions);
  assert.deepEqual(actual.systemCalls, expected.systemCalls);
};

/** Compiles without cache and with it, compares, and says how many functions were found. */
function foundIn(cache: Memory, wasm: Uint8Array, flavour: CompileOptions['flavour'] = 'linux'): number {
  const before = cache.found;
  sameImage(compile(wasm, { flavour, cache }), compile(wasm, { flavour }));
  return cache.found - before;
}

/** `extra` moves the index of everything: types, functions, globals, tables, segments. */
const program = (imports = '', extra = '', body = '(i32.const 1)') => `(module
  ${imports}
  (import "linux" "write" (func $write (param i64 i64 i64) (result i64)))
  (type $unary (func (param i32) (result i32)))
  ${extra}
  (memory $m 1 4) (memory $n 1)
  (table $t 4 8 funcref)
  (global $g (mut i32) (i32.const 5)) (global $c i64 (i64.const 9)) (global $f (mut f64) (f64.const 0.5))
  (elem (table $t) (i32.const 0) func $double $recursive)
  (elem $passive func $double)
  (data $bytes "some bytes")
  (data (memory $m) (i32.const 8) "text")
  (func $changing (result i32) ${body})
  (func $double (param i32) (result i32) (i32.add (local.get 0) (local.get 0)))
  (func $recursive (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
      (else (i32.add (local.get 0) (call $recursive (i32.sub (local.get 0) (i32.const 1)))))))
  (func $floats (param f64 f32) (result f64)
    (f64.add (f64.abs (f64.mul (local.get 0) (f64.const 1.25))) (f64.promote_f32 (f32.neg (f32.add (local.get 1) (f32.const 3))))))
  (func $conversion (param f64) (result i64) (i64.trunc_sat_f64_u (local.get 0)))
  (func $switch (param i32) (result i32)
    (block $a (block $b (block $c (block $d (block $e
      (br_table $a $b $c $d $e (local.get 0))) (return (call $double (i32.const 5)))) (return (i32.const 4)))
      (return (i32.const 3))) (return (i32.const 2))) (i32.const 1))
  (func $bulk (param i32 i32 i32)
    (memory.copy (local.get 0) (local.get 1) (local.get 2))
    (memory.fill (local.get 0) (local.get 1) (local.get 2))
    (memory.init $n $bytes (local.get 0) (local.get 1) (local.get 2))
    (data.drop $bytes)
    (table.init $t $passive (local.get 0) (local.get 1) (local.get 2))
    (drop (memory.grow $m (local.get 0))))
  (func $indirect (param i32 i32) (result i32) (call_indirect $t (type $unary) (local.get 0) (local.get 1)))
  (func $tail (param i32) (result i32) (return_call $double (local.get 0)))
  (func $tail-self (param i32) (result i32)
    (if (result i32) (local.get 0) (then (return_call $tail-self (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 7))))
  (func $globals (result i64)
    (global.set $g (i32.add (global.get $g) (i32.const 1)))
    (i64.add (global.get $c) (i64.extend_i32_u (i32.load $n (global.get $g)))))
  (func $vectors (param v128) (result v128) (i8x16.shuffle 0 9 1 8 2 7 3 6 4 5 5 4 6 3 7 2 (v128.const i64x2 1 2) (i8x16.popcnt (local.get 0))))
  (func $reference (result funcref) (ref.func $double))
  (func (export "_start")
    (drop (call $changing)) (drop (call $recursive (i32.const 3))) (drop (call $switch (i32.const 2)))
    (drop (call $floats (f64.const 2) (f32.const 1))) (drop (call $conversion (f64.const 1e300)))
    (call $bulk (i32.const 0) (i32.const 0) (i32.const 1))
    (drop (call $indirect (i32.const 1) (i32.const 1))) (drop (call $tail (i32.const 1)))
    (drop (call $tail-self (i32.const 1))) (drop (call $globals)) (drop (call $vectors (v128.const i64x2 0 0)))
    (drop (call $reference))
    (drop (call $write (i64.const 1) (i64.const 0) (i64.const 0)))))`;

const functionCount = 14;

test('compiled again, a program is the same and all its functions are found', () => {
  const cache = new Memory();
  const wasm = assemble(program());
  assert.equal(foundIn(cache, wasm), 0);
  assert.equal(cache.kept.size, functionCount);
  assert.equal(foundIn(cache, wasm), functionCount);
});

test('a function that changes is the only one compiled', () => {
  const cache = new Memory();
  foundIn(cache, assemble(program()));
  assert.equal(
    foundIn(cache, assemble(program('', '', '(i32.mul (i32.const 3) (call $double (i32.const 1)))'))),
    functionCount - 1,
  );
});

test('functions are found when all indices move', () => {
  const cache = new Memory();
  foundIn(cache, assemble(program()));
  const moved = assemble(
    program(
      `(type $first (func (param f32 f32 i64)))
      (import "linux" "close" (func $close (param i64) (result i64)))`,
      `(func $new (type $first) (drop (f32.abs (f32.add (local.get 0) (f32.const 7.5)))))
      (func $newer (export "newer") (call $new (f32.const 1) (f32.const 2) (i64.const 3)) (drop (call $close (i64.const 9))))`,
    ),
  );
  // Only what names a type by its id is different: an indirect call.
  assert.equal(foundIn(cache, moved), functionCount - 1);
});

test('code is not taken where a name means something else', () => {
  const text = program();
  const changes: readonly (readonly [string, string])[] = [
    ['(global $c i64 (i64.const 9))', '(global $c i64 (i64.const 10))'],
    ['(global $g (mut i32) (i32.const 5))', '(global $h (mut i64) (i64.const 0)) (global $g (mut i32) (i32.const 5))'],
    ['(table $t 4 8 funcref)', '(table $u 3 3 funcref) (table $t 4 8 funcref)'],
    ['(memory $m 1 4)', '(memory $m 1 4) (memory $between 1)'],
    ['(data $bytes "some bytes")', '(data $other "x") (data $bytes "other bytes")'],
    ['(elem $passive func $double)', '(elem $other func $recursive) (elem $passive func $recursive $double)'],
  ];
  for (const [from, to] of changes) {
    assert.ok(text.includes(from));
    const cache = new Memory();
    foundIn(cache, assemble(text));
    const found = foundIn(cache, assemble(text.replace(from, to)));
    assert.ok(found < functionCount, `${to} changes nothing`);
  }
});

test('an image of one target finds what another one left', () => {
  const cache = new Memory();
  const wasm = assemble(
    program()
      .replace(/\(import "linux" "write".*/, '')
      .replace(/\(drop \(call \$write \(i64.const 1\).*?0\)\)\)/, ''),
  );
  foundIn(cache, wasm, 'process');
  assert.equal(foundIn(cache, wasm, 'hvt'), functionCount);
});

test('QuickJS is the same bytes cold, warm and without', async () => {
  const cache = new Memory();
  const wasm = await quickjsProgram('1 + 1');
  const expected = compile(wasm, { flavour: 'linux' });
  sameImage(compile(wasm, { flavour: 'linux', cache }), expected);
  cache.missed = 0;
  sameImage(compile(wasm, { flavour: 'linux', cache }), expected);
  assert.equal(cache.missed, 0);
});
