/** Shifts of integer lanes. The count is taken modulo the lane's bits, which the processor does not do. */
import { constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import type { Location } from '../locations.ts';
import { floatScratch, scratch, vectorScratch } from '../registers.ts';
import type { VectorShift } from '../vector-encodings.ts';
import type { NumericRule } from './rule.ts';
import { move, type Row, splatBits } from './simd-rule.ts';

type Shift = (operation: VectorShift, register: number) => void;

/** How to shift by the count, which is brought into the first scratch register unless it is constant. */
function prepareCount(emission: Emission, count: Location, laneBits: number): Shift {
  const { assembler } = emission;
  if (count.kind === 'constant') {
    const bits = Number(count.bits) & (laneBits - 1);
    return (operation, register) => assembler.shiftLanes(operation, register, bits);
  }
  emission.load(scratch, count, 'i32');
  assembler.immediate('and', 32, scratch, laneBits - 1);
  assembler.op('movd', 32, floatScratch, scratch);
  return (operation, register) => assembler.op(operation, 32, register, floatScratch);
}

const direct = (operation: VectorShift, laneBits: number): NumericRule => ({
  constraints: constraints({ uses: ['any', 'any'], resultHint: 'first-input' }),
  emit(emission, result, a, count) {
    const to = emission.register(result);
    const shift = prepareCount(emission, count, laneBits);
    emission.load(to, a, 'v128');
    shift(operation, to);
  },
});

/** The processor shifts no bytes: those at even and odd places are shifted as words, apart from each other. */
const bytes = (
  even: (emission: Emission, shift: Shift, register: number) => void,
  odd: (emission: Emission, shift: Shift, register: number) => void,
): NumericRule => ({
  constraints: constraints({ uses: ['late-register', 'any'], avoids: [vectorScratch] }),
  emit(emission, result, a, count) {
    const to = emission.register(result);
    const source = emission.register(a);
    const shift = prepareCount(emission, count, 8);
    move(emission, to, source);
    even(emission, shift, to);
    move(emission, vectorScratch, source);
    odd(emission, shift, vectorScratch);
    emission.assembler.op('por', 32, to, vectorScratch);
  },
});

const keep = (half: bigint) => (emission: Emission, register: number) =>
  emission.assembler.op('pand', 32, register, { label: emission.program.literals.vector(splatBits(half, 16)) });
const keepEven = keep(0x00ffn);
const keepOdd = keep(0xff00n);

/** No psraq before AVX-512: shift in zeros, then extend the sign by (x ^ sign) - sign. */
const arithmeticLong: NumericRule = {
  constraints: constraints({ uses: ['late-register', 'any'], avoids: [vectorScratch] }),
  emit(emission, result, a, count) {
    const { assembler, program } = emission;
    const to = emission.register(result);
    const source = emission.register(a);
    const shift = prepareCount(emission, count, 64);
    assembler.op('movaps', 32, vectorScratch, { label: program.literals.vector(splatBits(1n << 63n, 64)) });
    shift('psrlq', vectorScratch);
    move(emission, to, source);
    shift('psrlq', to);
    assembler.op('pxor', 32, to, vectorScratch);
    assembler.op('psubq', 32, to, vectorScratch);
  },
};

const rows: readonly Row[] = [
  [
    'i8x16.shl',
    bytes(
      (emission, shift, register) => {
        shift('psllw', register);
        keepEven(emission, register);
      },
      (emission, shift, register) => {
        keepOdd(emission, register);
        shift('psllw', register);
      },
    ),
  ],
  [
    'i8x16.shr_u',
    bytes(
      (emission, shift, register) => {
        keepEven(emission, register);
        shift('psrlw', register);
      },
      (emission, shift, register) => {
        shift('psrlw', register);
        keepOdd(emission, register);
      },
    ),
  ],
  [
    'i8x16.shr_s',
    bytes(
      ({ assembler }, shift, register) => {
        assembler.shiftLanes('psllw', register, 8);
        shift('psraw', register);
        assembler.shiftLanes('psrlw', register, 8);
      },
      (emission, shift, register) => {
        shift('psraw', register);
        keepOdd(emission, register);
      },
    ),
  ],
  ['i16x8.shl', direct('psllw', 16)],
  ['i16x8.shr_s', direct('psraw', 16)],
  ['i16x8.shr_u', direct('psrlw', 16)],
  ['i32x4.shl', direct('pslld', 32)],
  ['i32x4.shr_s', direct('psrad', 32)],
  ['i32x4.shr_u', direct('psrld', 32)],
  ['i64x2.shl', direct('psllq', 64)],
  ['i64x2.shr_s', arithmeticLong],
  ['i64x2.shr_u', direct('psrlq', 64)],
];

export const vectorShiftRules: ReadonlyMap<string, NumericRule> = new Map(rows);
