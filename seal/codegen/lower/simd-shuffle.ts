/** Permutations of bytes: constant ones by the cheapest instruction that does them, or two table look-ups. */
import { constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import type { Mnemonic } from '../encodings.ts';
import { floatScratch } from '../registers.ts';
import type { NumericRule } from './rule.ts';
import { apart, move, type Row, sequence, splatBits } from './simd-rule.ts';

type Lanes = readonly number[];

const byteCount = 16;
const positions: Lanes = Array.from({ length: byteCount }, (_, index) => index);

const lanesOf = (bits: bigint): Lanes => positions.map((index) => Number((bits >> BigInt(index * 8)) & 0xffn));
const bitsOf = (lanes: Lanes): bigint =>
  lanes.reduce((bits, lane, index) => bits | (BigInt(lane & 0xff) << BigInt(index * 8)), 0n);
const same = (a: Lanes, b: Lanes) => a.every((lane, index) => lane === b[index]);

/** pshufb makes zero of an index with its highest bit set. */
const nothing = 0x80;

/** Indices of 32-bit lanes, when bytes move in such groups. */
function wideLanes(lanes: Lanes): Lanes | undefined {
  const wide = [0, 4, 8, 12].map((at) => lanes[at] ?? 0);
  const follows = lanes.every((lane, index) => lane === (wide[index >> 2] ?? 0) + (index & 3));
  return follows && wide.every((lane) => lane % 4 === 0) ? wide.map((lane) => lane / 4) : undefined;
}

const packed = (lanes: Lanes) => lanes.reduce((bits, lane, index) => bits | ((lane & 3) << (index * 2)), 0);

/** punpckl… and punpckh…: alternating groups of bytes of both operands' lower or upper halves. */
const interleaving = (groupBytes: number, from: number): Lanes =>
  positions.map((index) => {
    const group = Math.floor(index / groupBytes);
    return from + (group >> 1) * groupBytes + (index % groupBytes) + (group % 2) * byteCount;
  });

const interleavings: readonly (readonly [Lanes, Mnemonic])[] = [
  [interleaving(1, 0), 'punpcklbw'],
  [interleaving(2, 0), 'punpcklwd'],
  [interleaving(4, 0), 'punpckldq'],
  [interleaving(8, 0), 'punpcklqdq'],
  [interleaving(1, 8), 'punpckhbw'],
  [interleaving(2, 8), 'punpckhwd'],
  [interleaving(4, 8), 'punpckhdq'],
  [interleaving(8, 8), 'punpckhqdq'],
];

function emitOneSource(emission: Emission, to: number, source: number, lanes: Lanes): void {
  const { assembler, program } = emission;
  const wide = wideLanes(lanes);
  if (same(lanes, positions)) move(emission, to, source);
  else if (wide !== undefined) assembler.opByte('pshufd', 32, to, source, packed(wide));
  else {
    move(emission, to, source);
    assembler.op('pshufb', 32, to, { label: program.literals.vector(bitsOf(lanes)) });
  }
}

/** The instructions that take `a` as first operand; false when there is none. */
function emitInOrder(emission: Emission, to: number, a: number, b: number, lanes: Lanes): boolean {
  const { assembler } = emission;
  const found = interleavings.find(([pattern]) => same(pattern, lanes));
  if (found !== undefined) {
    move(emission, to, a);
    assembler.op(found[1], 32, to, b);
    return true;
  }
  const wide = wideLanes(lanes);
  if (wide?.every((lane, index) => lane < 4 === index < 2)) {
    move(emission, to, a);
    assembler.opByte('shufps', 32, to, b, packed(wide));
    return true;
  }
  const [first = 0] = lanes;
  if (first < byteCount && lanes.every((lane, index) => lane === first + index)) {
    move(emission, to, b);
    assembler.opByte('palignr', 32, to, a, first);
    return true;
  }
  const inPlace = lanes.every((lane, index) => lane % byteCount === index);
  if (inPlace && lanes.every((lane, index) => lane >> 4 === (lanes[index & ~1] ?? 0) >> 4)) {
    const fromB = lanes.reduce((bits, lane, index) => bits | ((lane >> 4) << (index >> 1)), 0);
    move(emission, to, a);
    assembler.opByte('pblendw', 32, to, b, fromB);
    return true;
  }
  return false;
}

function emitShuffle(emission: Emission, to: number, a: number, b: number, chosen: Lanes): void {
  const { assembler, program } = emission;
  const lanes = a === b ? chosen.map((lane) => lane % byteCount) : chosen;
  if (lanes.every((lane) => lane < byteCount)) {
    emitOneSource(emission, to, a, lanes);
    return;
  }
  const exchanged = lanes.map((lane) => lane ^ byteCount);
  if (exchanged.every((lane) => lane < byteCount)) {
    emitOneSource(emission, to, b, exchanged);
    return;
  }
  if (emitInOrder(emission, to, a, b, lanes) || emitInOrder(emission, to, b, a, exchanged)) return;
  const table = (source: Lanes) => ({
    label: program.literals.vector(bitsOf(source.map((lane) => (lane < byteCount ? lane : nothing)))),
  });
  move(emission, to, a);
  assembler.op('pshufb', 32, to, table(lanes));
  move(emission, floatScratch, b);
  assembler.op('pshufb', 32, floatScratch, table(exchanged));
  assembler.op('por', 32, to, floatScratch);
}

const shuffle: NumericRule = {
  constraints: constraints({ uses: ['late-register', 'late-register', 'any'] }),
  emit(emission, result, a, b, lanes) {
    if (lanes.kind !== 'constant') throw new Error('shuffle without constant lanes');
    const to = emission.register(result);
    emitShuffle(emission, to, emission.register(a), emission.register(b), lanesOf(lanes.bits));
  },
};

/** Indices from 16 on saturate to such with their highest bit set. */
const swizzle = sequence(apart, (emission, to, a, indices) => {
  const { assembler, program } = emission;
  move(emission, floatScratch, indices);
  assembler.op('paddusb', 32, floatScratch, { label: program.literals.vector(splatBits(0x70n, 8)) });
  move(emission, to, a);
  assembler.op('pshufb', 32, to, floatScratch);
});

export const shuffleRules: ReadonlyMap<string, NumericRule> = new Map([
  ['i8x16.shuffle', shuffle],
  ['i8x16.swizzle', swizzle],
] satisfies readonly Row[]);
