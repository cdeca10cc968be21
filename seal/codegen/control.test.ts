/** Control flow, calls, memory and tables against the engine. Modules are text, assembled by binaryen. */
import { test } from 'node:test';
import { assemble } from '../testing/assemble.ts';
import { assertSameResults, type Invocation } from '../testing/differential.ts';

const invocations = (name: string, ...cases: readonly (readonly (number | bigint)[])[]): readonly Invocation[] =>
  cases.map((values) => ({ name, arguments: values.map((value) => BigInt.asUintN(64, BigInt(value))) }));

const rows: readonly (readonly [string, string, readonly Invocation[]])[] = [
  [
    'a loop carries several values, two of which change places',
    `(module (func (export "f") (param $n i32) (result i32) (local $a i32) (local $b i32) (local $t i32)
       (local.set $b (i32.const 1))
       (loop $again
         (local.set $t (local.get $a))
         (local.set $a (local.get $b))
         (local.set $b (i32.add (local.get $t) (local.get $b)))
         (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
       (i32.sub (local.get $a) (i32.mul (local.get $b) (i32.const 1000)))))`,
    invocations('f', [1], [2], [10], [40]),
  ],
  [
    'three float values rotate through a loop',
    `(module (func (export "f") (param $n i32) (result f64) (local $a f64) (local $b f64) (local $c f64) (local $t f64)
       (local.set $a (f64.const 1)) (local.set $b (f64.const 20)) (local.set $c (f64.const 300))
       (loop $again
         (local.set $t (local.get $a)) (local.set $a (local.get $b)) (local.set $b (local.get $c)) (local.set $c (local.get $t))
         (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
       (f64.sub (local.get $a) (f64.mul (local.get $b) (local.get $c)))))`,
    invocations('f', [1], [2], [3], [4]),
  ],
  [
    'a jump table with values on the stack, in range and beyond',
    `(module (func (export "f") (param i32) (result i32) (local $x i32)
       (local.set $x (block $d (result i32)
         (local.set $x (block $c (result i32)
           (local.set $x (block $b (result i32)
             (local.set $x (block $a (result i32)
               (br_table $a $b $a $c $b $c $d (i32.const 7) (local.get 0))))
             (return (i32.add (i32.const 100) (local.get $x)))))
           (return (i32.add (i32.const 200) (local.get $x)))))
         (return (i32.add (i32.const 300) (local.get $x)))))
       (i32.add (i32.const 400) (local.get $x))))`,
    invocations('f', [0], [1], [2], [3], [4], [5], [6], [7], [0xffff_ffff]),
  ],
  [
    'unreachable code behind every kind of jump is left out',
    `(module (func (export "f") (param i32) (result i32)
       (block $out
         (if (local.get 0) (then (br $out) (loop $l (br $l))) (else (return (i32.const 1)) (unreachable)))
         (unreachable))
       (i32.const 2)))`,
    invocations('f', [0], [1]),
  ],
  [
    'a loop that does nothing is still a loop, and a branch around it is taken',
    `(module (func (export "f") (param i32) (result i32)
       (if (local.get 0) (then (loop $a (loop $b (br $a)))))
       (i32.const 5)))`,
    invocations('f', [0]),
  ],
];

for (const [what, text, calls] of rows) {
  test(what, () => assertSameResults(assemble(text), calls));
}

test('a value stays alive through a loop whose way back is an exit of an inner loop', () => {
  const text = `(module
    (global $g (mut i32) (i32.const 5))
    (func $h (param i32 i32 i32 i32) (result i32)
      (global.set $g (i32.add (i32.mul (global.get $g) (i32.const 31)) (local.get 0)))
      (i32.add (i32.xor (local.get 1) (global.get $g)) (i32.sub (local.get 2) (local.get 3))))
    (func (export "f") (param $n i32) (result i32) (local $i i32) (local $k i32) (local $sum i32) (local $v i32)
      (local.set $v (i32.mul (local.get $n) (i32.const 77)))
      (loop $outer
        (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) (i32.xor (local.get $v) (local.get $i))))
        (local.set $k (i32.const 0))
        (loop $inner
          (if (i32.ge_u (local.get $k) (i32.const 3))
            (then
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $outer (i32.lt_u (local.get $i) (local.get $n)))
              (return (local.get $sum))))
          (local.set $sum (i32.add (local.get $sum)
            (call $h (local.get $k) (i32.const 1) (local.get $sum) (i32.const 3))))
          (local.set $k (i32.add (local.get $k) (i32.const 1)))
          (br $inner)))
      (unreachable)))`;
  assertSameResults(assemble(text), invocations('f', [1], [2], [5]));
});

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

test('thirty values stay alive across calls and divisions, integers and floats', () => {
  const names = range(30);
  const text = `(module
    (func $h (param i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const 7)) (i32.const 3)))
    (func $g (param f64) (result f64) (f64.add (local.get 0) (f64.const 0.5)))
    (func (export "f") (param $n i32) (param $x f64) (result f64)
      ${names.map((i) => `(local $i${i} i32) (local $f${i} f64)`).join(' ')}
      ${names
        .map(
          (i) => `(local.set $i${i} (call $h (i32.add (local.get $n) (i32.const ${i}))))
        (local.set $f${i} (call $g (f64.mul (local.get $x) (f64.const ${i}))))`,
        )
        .join('\n')}
      (loop $again
        ${names
          .map(
            (
              i,
            ) => `(local.set $i${i} (i32.add (local.get $i${i}) (i32.div_s (local.get $i${(i + 7) % 30}) (i32.or (local.get $i${(i + 3) % 30}) (i32.const 1)))))
        (local.set $i${i} (i32.shl (local.get $i${i}) (i32.and (local.get $i${(i + 11) % 30}) (i32.const 1))))
        (local.set $f${i} (f64.sub (local.get $f${(i + 5) % 30}) (f64.mul (local.get $f${i}) (f64.const 0.25))))`,
          )
          .join('\n')}
        (drop (call $h (local.get $n)))
        (br_if $again (i32.gt_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))
      (f64.add
        ${names.reduce((sum, i) => `(f64.add ${sum} (f64.mul (local.get $f${i}) (f64.const ${i + 1})))`, '(f64.const 0)')}
        (f64.convert_i32_s ${names.reduce((sum, i) => `(i32.xor (i32.mul ${sum} (i32.const 3)) (local.get $i${i}))`, '(i32.const 0)')}))))`;
  const calls = [0n, 1n, 5n, 12n].flatMap((n) =>
    [0x3ff0_0000_0000_0000n, 0xc008_0000_0000_0000n].map((x) => ({ name: 'f', arguments: [n, x] })),
  );
  assertSameResults(assemble(text), calls);
});

test('arguments and results beyond the registers pass through the stack, directly and through a table', () => {
  const count = 14;
  const types = range(count).flatMap((i) =>
    i % 3 === 0 ? ['i32', 'f64'] : i % 3 === 1 ? ['i64', 'f32'] : ['f64', 'i64'],
  );
  const signature = `(param ${types.join(' ')}) (result ${[...types].reverse().join(' ')})`;
  const gets = types.map((_, index) => `(local.get ${index})`);
  const text = `(module
    (type $t (func ${signature}))
    (table 1 funcref) (elem (i32.const 0) $reverse)
    (func $reverse (type $t) (tuple.make ${types.length} ${[...gets].reverse().join(' ')}))
    (func (export "direct") (type $t) (call $reverse ${gets.join(' ')}))
    (func (export "indirect") (type $t) (call_indirect (type $t) ${gets.join(' ')} (i32.const 0))))`;
  const values = types.map((type, index) =>
    type === 'f32'
      ? 0x3f80_0000n + BigInt(index)
      : type === 'f64'
        ? 0x3ff0_0000_0000_0000n + BigInt(index)
        : BigInt(index * 1001 + 1),
  );
  assertSameResults(assemble(text), [
    { name: 'direct', arguments: values },
    { name: 'indirect', arguments: values },
  ]);
});

test('memories are apart, grow to their maximum and not beyond, and copy across each other', () => {
  const text = `(module
    (memory $a 1 2) (memory $b 1) (memory $c 1 3)
    (data $a (i32.const 10) "abcdefgh") (data $c (i32.const 65530) "zyxwvu") (data $passive "0123456789")
    (func (export "copy") (param i32 i32 i32) (memory.copy $b $a (local.get 0) (local.get 1) (local.get 2)))
    (func (export "within") (param i32 i32 i32) (memory.copy $a $a (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param i32 i32 i32) (memory.init $c $passive (local.get 0) (local.get 1) (local.get 2)))
    (func (export "drop") (data.drop $passive))
    (func (export "fill") (param i32 i32 i32) (memory.fill $c (local.get 0) (local.get 1) (local.get 2)))
    (func (export "a") (param i32) (result i64) (i64.load $a (local.get 0)))
    (func (export "b") (param i32) (result i64) (i64.load $b (local.get 0)))
    (func (export "c") (param i32) (result i64) (i64.load $c (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow $a (local.get 0)))
    (func (export "growc") (param i32) (result i32) (memory.grow $c (local.get 0)))
    (func (export "size") (result i32) (i32.add (memory.size $a) (i32.shl (memory.size $c) (i32.const 8))))
    (func (export "far") (param i32) (result i32) (i32.load8_u $a offset=4294967295 (local.get 0)))
    (func (export "wide") (param i32) (result i32) (i32.load8_u $c offset=2147483648 (local.get 0)))
    (func (export "store") (param i32 i64) (i64.store $c offset=3 (local.get 0) (local.get 1))))`;
  assertSameResults(assemble(text), [
    ...invocations('copy', [0, 10, 8], [100, 12, 3], [65530, 0, 7], [0, 65530, 7], [65536, 65536, 0], [65537, 0, 0]),
    ...invocations('b', [0], [96], [65528], [65529], [0xffff_ffff]),
    ...invocations('within', [12, 10, 8], [8, 10, 8], [10, 10, 8], [20, 10, 3], [0, 65535, 2]),
    ...invocations('a', [8], [16], [24]),
    ...invocations('init', [5, 2, 8], [0, 3, 8], [65535, 0, 2], [0, 0, 0xffff_ffff]),
    ...invocations('c', [5], [65528]),
    ...invocations('drop', []),
    ...invocations('init', [5, 0, 1], [5, 0, 0]),
    ...invocations('fill', [3, 0x1ab, 9], [65536, 1, 0], [65535, 1, 2], [0xffff_ffff, 1, 0xffff_ffff]),
    ...invocations('c', [0], [8]),
    ...invocations('size', []),
    ...invocations('grow', [0], [1], [1], [0xffff_ffff]),
    ...invocations('growc', [3], [2], [1]),
    ...invocations('size', []),
    ...invocations('a', [65536], [131064], [131065]),
    ...invocations('store', [131000, 0x1122_3344_5566_7788n], [196608 - 10, 1]),
    ...invocations('c', [131003]),
    ...invocations('far', [0], [0xffff_ffff]),
    ...invocations('wide', [0]),
  ]);
});

test('calls through tables check bounds, null and type; tables can be changed', () => {
  const text = `(module
    (type $i (func (result i32))) (type $same (func (result i32))) (type $l (func (result i64)))
    (table $t 4 10 funcref) (table $u 3 funcref)
    (elem (table $t) (i32.const 1) func $one $long) (elem $passive func $two $one)
    (func $one (type $i) (i32.const 1)) (func $two (type $same) (i32.const 2)) (func $long (type $l) (i64.const 3))
    (func (export "call") (param i32) (result i32) (call_indirect $t (type $i) (local.get 0)))
    (func (export "long") (param i32) (result i64) (call_indirect $t (type $l) (local.get 0)))
    (func (export "set") (param i32) (table.set $t (local.get 0) (ref.func $two)))
    (func (export "clear") (param i32) (table.set $t (local.get 0) (ref.null func)))
    (func (export "null") (param i32) (result i32) (ref.is_null (table.get $t (local.get 0))))
    (func (export "init") (param i32 i32 i32) (table.init $t $passive (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
    (func (export "grow") (param i32) (result i32) (table.grow $t (ref.func $one) (local.get 0)))
    (func (export "fill") (param i32 i32) (table.fill $t (local.get 0) (ref.func $two) (local.get 1)))
    (func (export "size") (result i32) (table.size $t)))`;
  assertSameResults(assemble(text), [
    ...invocations('call', [0], [1], [2], [3], [4], [0xffff_ffff]),
    ...invocations('long', [1], [2]),
    ...invocations('set', [0], [4]),
    ...invocations('call', [0]),
    ...invocations('init', [3, 0, 1], [3, 0, 2], [0, 1, 1]),
    ...invocations('call', [0], [3]),
    ...invocations('grow', [3], [4], [3]),
    ...invocations('size', []),
    ...invocations('call', [4], [9], [10]),
    ...invocations('copy', [1, 0, 3], [9, 0, 2]),
    ...invocations('call', [1], [2], [3]),
    ...invocations('long', [3]),
    ...invocations('fill', [7, 3], [8, 3]),
    ...invocations('call', [7], [9]),
    ...invocations('clear', [7]),
    ...invocations('null', [7], [8], [10]),
    ...invocations('call', [7]),
  ]);
});

test('recursion without end is a trap, also with frames of many pages', () => {
  const locals = range(2000);
  const text = `(module
    (func $small (export "small") (param i32) (result i32) (i32.add (call $small (local.get 0)) (i32.const 1)))
    (func $id (param i64) (result i64) (local.get 0))
    (func $large (export "large") (param i64) (result i64)
      ${locals.map((i) => `(local $l${i} i64)`).join(' ')}
      ${locals.map((i) => `(local.set $l${i} (call $id (i64.add (local.get 0) (i64.const ${i}))))`).join('\n')}
      (if (i64.ne (local.get 0) (i64.const 0)) (then (local.set 0 (call $large (i64.const 1)))))
      ${locals.map((i) => `(local.set 0 (i64.xor (i64.mul (local.get 0) (i64.const 31)) (local.get $l${i})))`).join('\n')}
      (local.get 0)))`;
  assertSameResults(assemble(text), [...invocations('small', [1]), ...invocations('large', [0], [1])]);
});

test('tail calls do not use up the stack and keep arguments on the stack apart', () => {
  const text = `(module
    (type $t (func (param i32 i64) (result i64)))
    (table 1 funcref) (elem (i32.const 0) $odd)
    (func $even (export "even") (type $t)
      (if (result i64) (local.get 0)
        (then (return_call $odd (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 2))))
        (else (local.get 1))))
    (func $odd (type $t)
      (if (result i64) (local.get 0)
        (then (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i64.mul (local.get 1) (i64.const 3)) (i32.const 0)))
        (else (i64.const -1))))
    (func $many (export "many") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      (if (result i32) (local.get 0)
        (then (return_call $many (i32.sub (local.get 0) (i32.const 1)) (local.get 9) (local.get 1) (local.get 2) (local.get 3)
          (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8)))
        (else (i32.add (i32.mul (local.get 8) (i32.const 10)) (local.get 9))))))`;
  assertSameResults(assemble(text), [
    ...invocations('even', [1000001, 5]),
    ...invocations('even', [10, 5]),
    ...invocations('many', [1000003, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
  ]);
});
