/**
 * Every vector instruction against the engine, which cannot pass vectors to JavaScript: functions read edge operands from
 * memory and fold results into a sum. Operands come in registers, as constants, twice the same, and from stack words.
 */
import { test } from 'node:test';
import type { NumberType } from '../../decode/module.ts';
import { type Opcode, opcodes } from '../../decode/opcodes.ts';
import { assemble } from '../../testing/assemble.ts';
import { assertSameResults, type Invocation } from '../../testing/differential.ts';
import { randomFrom } from '../../testing/mutate.ts';

/** Lanes as hexadecimal digits of 16 bytes, highest first; shorter patterns repeat. */
const patterns: readonly string[] = [
  '00',
  'ff',
  '01',
  '80',
  '7f',
  '0001',
  '8000',
  '7fff',
  'ff80',
  '80000000',
  '7fffffff',
  '00000001',
  '8000000000000000',
  '7fffffffffffffff',
  '0000000100000000',
  '00000000ffffffff',
  '000102030405060708090a0b0c0d0e0f',
  'f0e1d2c3b4a5968778695a4b3c2d1e0f',
  // Floats: 1, -1.5 | 0, -0 | infinities | NaNs, quiet and signalling | subnormal, greatest | halves
  '3f800000bfc00000',
  '0000000080000000',
  '7f800000ff800000',
  '7fc000007fa00001',
  '000000017f7fffff',
  '3f000000bf000000402000003fc00000',
  // Bounds of conversions: 2^31, -2^31, just outside, 2^32
  '4f000000cf0000004effffffcf000001',
  '4f8000004f7fffff5f800000bf7fffff',
  // Doubles
  '3ff0000000000000bff8000000000000',
  '00000000000000008000000000000000',
  '7ff0000000000000fff0000000000000',
  '7ff80000000000007ff4000000000001',
  '00000000000000017fefffffffffffff',
  '41e0000000000000c1e0000000200000',
  '41efffffffe0000041f0000000000000',
  '41dfffffffc00000bfefffffffffffff',
  '3fe0000000000000c004000000000000',
  '47efffffe000000036a0000000000000',
];

const vectors: readonly string[] = patterns.map((digits) => digits.repeat(32 / digits.length));
const bytesOf = (digits: string): readonly number[] =>
  Array.from({ length: 16 }, (_, index) => Number.parseInt(digits.slice(30 - index * 2, 32 - index * 2), 16));
const constantOf = (digits: string) => `(v128.const i8x16 ${bytesOf(digits).join(' ')})`;
const data = vectors
  .map((digits) =>
    bytesOf(digits)
      .map((byte) => `\\${byte.toString(16).padStart(2, '0')}`)
      .join(''),
  )
  .join('');

/** Where stores go. */
const storeAddress = 8192;

const isVector = ({ code }: Opcode) => code >> 8 === 0xfd;
const simd = opcodes.filter((opcode) => isVector(opcode) && opcode.name !== 'v128.const');

const laneCount = (name: string): number => {
  const [, bits] = /^v128\.(?:load|store)(\d+)_lane/.exec(name) ?? [];
  const [, lanes] = /^[if]\d+x(\d+)/.exec(name) ?? [];
  return bits === undefined ? Number(lanes) : 128 / Number(bits);
};

/** Address of the vector with an index given by WebAssembly code. */
const vectorAt = (index: string) =>
  `(v128.load (i32.shl (i32.rem_u ${index} (i32.const ${vectors.length})) (i32.const 4)))`;

const operandOf: Readonly<Record<NumberType, (index: string) => string>> = {
  v128: vectorAt,
  i32: (index) => `(i32.load (i32.shl ${index} (i32.const 4)))`,
  i64: (index) => `(i64.load (i32.shl ${index} (i32.const 4)))`,
  f32: (index) => `(f32.load (i32.shl ${index} (i32.const 4)))`,
  f64: (index) => `(f64.load (i32.shl ${index} (i32.const 4)))`,
};

/** NaN bits are not specified where floats are computed: there all NaNs are made the same. */
function comparable(opcode: Opcode, value: string): string {
  const [output] = opcode.signature?.outputs ?? [];
  const lanes = /^f(32x4|64x2)/.exec(opcode.name)?.[0];
  const vector =
    output === 'v128'
      ? value
      : output === undefined
        ? value
        : `(${output}${output.endsWith('32') ? 'x4' : 'x2'}.splat ${value})`;
  if (lanes === undefined || opcode.name.includes('lane') || opcode.name.includes('splat')) return vector;
  if (/\.(eq|ne|lt|gt|le|ge|abs|neg)$/.test(opcode.name)) return vector;
  return `(call $same_nan_${lanes} ${vector})`;
}

const fold = (vector: string) => `(local.set $hash (call $fold (local.get $hash) ${vector}))`;

const helpers = `
  (memory 1)
  (data (i32.const 0) "${data}")
  (func $same_nan_f32x4 (param v128) (result v128)
    (v128.bitselect (local.get 0) (v128.const i32x4 0x7fc00000 0x7fc00000 0x7fc00000 0x7fc00000)
      (f32x4.eq (local.get 0) (local.get 0))))
  (func $same_nan_f64x2 (param v128) (result v128)
    (v128.bitselect (local.get 0) (v128.const i64x2 0x7ff8000000000000 0x7ff8000000000000)
      (f64x2.eq (local.get 0) (local.get 0))))
  (func $fold (param i64 v128) (result i64)
    (i64.add (i64.mul (local.get 0) (i64.const 0x5851f42d4c957f2d))
      (i64.add (i64x2.extract_lane 0 (local.get 1)) (i64.mul (i64x2.extract_lane 1 (local.get 1)) (i64.const 0x14057b7ef767814f)))))
  (func $clobber (param v128) (result v128) (v128.not (local.get 0)))`;

interface TestFunction {
  readonly name: string;
  readonly text: string;
}

/** For one first operand, the sum over all second ones: `body` gives the vector of one turn. */
function overAll(name: string, body: string): TestFunction {
  return {
    name,
    text: `(func (export "${name}") (param $i i32) (result i64) (local $j i32) (local $hash i64) (local $v v128)
      (loop $again ${fold(body)}
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $j) (i32.const ${vectors.length}))))
      (local.get $hash))`,
  };
}

const first = '(local.get $i)';
const second = '(local.get $j)';
const third = '(i32.add (i32.mul (local.get $i) (i32.const 7)) (i32.mul (local.get $j) (i32.const 3)))';
const indices = [first, second, third];

const operation = (opcode: Opcode, immediate: string, operands: readonly string[]) =>
  comparable(opcode, `(${opcode.name} ${immediate} ${operands.join(' ')})`);

const shuffles = (): readonly string[] => {
  const random = randomFrom(42);
  const positions = Array.from({ length: 16 }, (_, index) => index);
  const interleave = (group: number, from: number) =>
    positions.map((index) => {
      const at = Math.floor(index / group);
      return from + (at >> 1) * group + (index % group) + (at % 2) * 16;
    });
  const wide = (...lanes: number[]) => positions.map((index) => (lanes[index >> 2] ?? 0) * 4 + (index & 3));
  const lists: (readonly number[])[] = [
    positions,
    positions.map((index) => 15 - index),
    positions.map((index) => index + 16),
    ...[1, 2, 4, 8].flatMap((group) => [interleave(group, 0), interleave(group, 8)]),
    ...[1, 5, 8, 15].map((shift) => positions.map((index) => index + shift)),
    wide(0, 2, 4, 6),
    wide(1, 3, 5, 7),
    wide(3, 3, 0, 1),
    wide(7, 5, 4, 6),
    wide(4, 6, 1, 0),
    positions.map((index) => (index & 2 ? index : index + 16)),
    positions.map((index) => (index & 1 ? index : index + 16)),
    ...positions.map(() => positions.map(() => random() % 32)),
    ...positions.slice(8).map(() => positions.map(() => random() % 16)),
  ];
  const exchanged = lists.map((lanes) => lanes.map((lane) => lane ^ 16));
  return [...new Set([...lists, ...exchanged].map((lanes) => lanes.join(' ')))];
};

const shiftCounts = [0, 1, 7, 8, 9, 15, 16, 31, 32, 63, 64, 100, -1];

function immediatesOf(opcode: Opcode): readonly string[] {
  if (opcode.immediates === 'shuffle') return shuffles();
  if (opcode.immediates === 'lane') return Array.from({ length: laneCount(opcode.name) }, (_, lane) => `${lane}`);
  return [''];
}

/** Two stores' worth of memory around the address, as vectors. */
const stored = (address: string) =>
  `(v128.xor (v128.load ${address}) (i64x2.add (v128.load offset=16 ${address}) (v128.const i64x2 1 3)))`;

function memoryFunctions(opcode: Opcode): readonly TestFunction[] {
  const lanes =
    opcode.immediates === 'access_lane' ? Array.from({ length: laneCount(opcode.name) }, (_, lane) => `${lane}`) : [''];
  const isStore = opcode.signature?.outputs.length === 0;
  return lanes.flatMap((lane): TestFunction[] => {
    const named = (how: string) => `${opcode.name} ${lane} ${how}`;
    const vector = opcode.signature?.inputs.includes('v128') === true ? vectorAt(third) : '';
    if (isStore) {
      const address = `(i32.add ${second} (i32.const ${storeAddress}))`;
      const store = (where: string) => `(${opcode.name} offset=3 ${lane} ${where} ${vector})`;
      return [
        overAll(named('at any address'), `(block (result v128) ${store(address)} ${stored(address)})`),
        overAll(
          named('at a constant'),
          `(block (result v128) ${store(`(i32.const ${storeAddress + 5})`)} ${stored(`(i32.const ${storeAddress})`)})`,
        ),
      ];
    }
    return [
      overAll(
        named('at any address'),
        `(${opcode.name} offset=1 ${lane} (i32.add (i32.shl ${first} (i32.const 4)) ${second}) ${vector})`,
      ),
      overAll(named('at a constant'), `(${opcode.name} ${lane} (i32.const 77) ${vector})`),
    ];
  });
}

function functionsFor(opcode: Opcode): readonly TestFunction[] {
  if (opcode.immediates === 'access' || opcode.immediates === 'access_lane') return memoryFunctions(opcode);
  const inputs = opcode.signature?.inputs ?? [];
  const operands = inputs.map((type, index) => operandOf[type](indices[index] ?? third));
  const functions: TestFunction[] = [];
  const immediates = immediatesOf(opcode);
  for (const immediate of immediates) {
    const add = (how: string, used: readonly string[]) =>
      functions.push(overAll(`${opcode.name} ${immediate} ${how}`, operation(opcode, immediate, used)));
    add('of registers', operands);
    if (inputs[0] === 'v128' && inputs[1] === 'v128') {
      add('of the same', [`(local.tee $v ${operands[0]})`, '(local.get $v)', ...operands.slice(2)]);
    }
    if (immediate !== immediates[0]) continue;
    for (const [position, type] of inputs.entries()) {
      const constants =
        type === 'v128' ? [1, 6, 19, 23].map((index) => constantOf(vectors[index] ?? '')) : scalarConstants(type);
      for (const value of constants) {
        add(
          `with ${value} at ${position}`,
          operands.map((operand, index) => (index === position ? value : operand)),
        );
      }
    }
  }
  return functions;
}

const scalarConstants = (type: NumberType): readonly string[] => {
  if (type === 'i32') return shiftCounts.map((count) => `(i32.const ${count})`);
  if (type === 'i64') return [`(i64.const -2)`, `(i64.const 0)`];
  return [`(${type}.const -1.5)`, `(${type}.const 0)`];
};

/** Operands that wait in stack words: more vectors live across a call than there are registers. */
function pressing(opcode: Opcode): readonly TestFunction[] {
  const inputs = opcode.signature?.inputs ?? [];
  if (inputs[0] !== 'v128' || opcode.immediates === 'access_lane') return [];
  const live = 20;
  const locals = Array.from({ length: live }, (_, index) => `(local $v${index} v128)`).join(' ');
  const load = Array.from(
    { length: live },
    (_, index) => `(local.set $v${index} ${vectorAt(`(i32.add (local.get $i) (i32.const ${index * 5}))`)})`,
  ).join('\n');
  const [immediate = ''] = immediatesOf(opcode).slice(-1);
  const uses = Array.from({ length: live }, (_, index) => {
    const operands = inputs.map((type, position) =>
      type === 'v128' ? `(local.get $v${(index + position * 3) % live})` : operandOf[type](first),
    );
    return fold(operation(opcode, immediate, operands));
  }).join('\n');
  const kept = Array.from({ length: live }, (_, index) => fold(`(local.get $v${index})`)).join('\n');
  return [
    {
      name: `${opcode.name} under pressure`,
      text: `(func (export "${opcode.name} under pressure") (param $i i32) (result i64) (local $hash i64) ${locals}
        ${load} ${fold('(call $clobber (local.get $v3))')} ${uses} ${kept} (local.get $hash))`,
    },
  ];
}

const groups: Readonly<Record<string, (opcode: Opcode) => boolean>> = {
  'lanes of bytes': ({ name }) => name.startsWith('i8x16.') && name !== 'i8x16.shuffle',
  shuffles: ({ name }) => name === 'i8x16.shuffle',
  'lanes of 16 bits': ({ name }) => name.startsWith('i16x8.'),
  'lanes of 32 bits': ({ name }) => name.startsWith('i32x4.'),
  'lanes of 64 bits': ({ name }) => name.startsWith('i64x2.'),
  'lanes of floats': ({ name }) => name.startsWith('f32x4.'),
  'lanes of doubles': ({ name }) => name.startsWith('f64x2.'),
  'whole vectors and memory': ({ name }) => name.startsWith('v128.'),
};

for (const [what, belongs] of Object.entries(groups)) {
  test(`${what} give what the engine gives`, () => {
    const functions = simd.filter(belongs).flatMap((opcode) => [...functionsFor(opcode), ...pressing(opcode)]);
    const wasm = assemble(`(module ${helpers} ${functions.map(({ text }) => text).join('\n')})`);
    const invocations = functions.flatMap(({ name }) =>
      vectors.map((_, index): Invocation => ({ name, arguments: [BigInt(index)] })),
    );
    assertSameResults(wasm, invocations);
  });
}
