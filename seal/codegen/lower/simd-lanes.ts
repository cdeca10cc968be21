/** Single lanes: splat, extract, replace. */
import { constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import type { Mnemonic } from '../encodings.ts';
import type { Location } from '../locations.ts';
import { floatScratch, isFloatRegister } from '../registers.ts';
import type { NumericRule } from './rule.ts';
import type { IntegerShape, Row } from './simd-rule.ts';

const laneOf = (location: Location): number => (location.kind === 'constant' ? Number(location.bits) : 0);

/** Every lane of the vector register ← its lowest. Bytes use the first scratch register. */
export function emitSplat({ assembler }: Emission, shape: IntegerShape, to: number): void {
  switch (shape) {
    case 'i8x16':
      assembler.op('pxor', 32, floatScratch, floatScratch);
      assembler.op('pshufb', 32, to, floatScratch);
      return;
    case 'i16x8':
      assembler.opByte('pshuflw', 32, to, to, 0);
      assembler.opByte('pshufd', 32, to, to, 0);
      return;
    case 'i32x4':
      assembler.opByte('pshufd', 32, to, to, 0);
      return;
    case 'i64x2':
      assembler.op('punpcklqdq', 32, to, to);
      return;
  }
}

const splatInteger = (shape: IntegerShape): NumericRule => ({
  constraints: constraints({ uses: ['register'] }),
  emit(emission, result, a) {
    const to = emission.register(result);
    emission.assembler.op('movd', shape === 'i64x2' ? 64 : 32, to, emission.register(a));
    emitSplat(emission, shape, to);
  },
});

const register = constraints({ uses: ['register', 'any'] });

const splatFloat: NumericRule = {
  constraints: register,
  emit: (emission, result, a) =>
    emission.assembler.opByte('pshufd', 32, emission.register(result), emission.register(a), 0),
};

const splatDouble: NumericRule = {
  constraints: register,
  emit: (emission, result, a) => emission.assembler.op('movddup', 32, emission.register(result), emission.register(a)),
};

const extractSmall = (shape: 'i8x16' | 'i16x8', isSigned: boolean): NumericRule => ({
  constraints: register,
  emit({ assembler, register: registerOf }, result, a, lane) {
    const to = registerOf(result);
    const from = registerOf(a);
    // pextrb names the vector register first, pextrw second.
    if (shape === 'i8x16') assembler.opByte('pextrb', 32, from, to, laneOf(lane));
    else assembler.opByte('pextrw', 32, to, from, laneOf(lane));
    if (isSigned) assembler.op(shape === 'i8x16' ? 'movsx8' : 'movsx16', 32, to, to);
  },
});

const extractInteger = (width: 32 | 64): NumericRule => ({
  constraints: register,
  emit({ assembler, register: registerOf }, result, a, lane) {
    if (laneOf(lane) === 0) assembler.op('storemovd', width, registerOf(a), registerOf(result));
    else assembler.opByte('pextrd', width, registerOf(a), registerOf(result), laneOf(lane));
  },
});

const firstInput = constraints({ uses: ['register', 'any'], resultHint: 'first-input' });

/** The lanes above the lowest of a float in a register mean nothing. */
const extractFloat = (type: 'f32' | 'f64'): NumericRule => ({
  constraints: firstInput,
  emit(emission, result, a, lane) {
    const index = laneOf(lane);
    const to = emission.register(result);
    if (index === 0) emission.load(to, a, type);
    else emission.assembler.opByte('pshufd', 32, to, emission.register(a), type === 'f64' ? 0xee : index * 0x55);
  },
});

const replaceInteger = (mnemonic: Mnemonic, width: 32 | 64): NumericRule => ({
  constraints: constraints({ uses: ['any', 'register', 'any'], resultHint: 'first-input' }),
  emit(emission, result, a, value, lane) {
    const to = emission.register(result);
    const source = emission.register(value);
    if (isFloatRegister(source)) throw new Error('integer lane in a vector register');
    emission.load(to, a, 'v128');
    emission.assembler.opByte(mnemonic, width, to, source, laneOf(lane));
  },
});

const replaceFloatConstraints = constraints({ uses: ['any', 'late-register', 'any'], resultHint: 'first-input' });

const replaceFloat: NumericRule = {
  constraints: replaceFloatConstraints,
  emit(emission, result, a, value, lane) {
    const to = emission.register(result);
    emission.load(to, a, 'v128');
    emission.assembler.opByte('insertps', 32, to, emission.register(value), laneOf(lane) << 4);
  },
};

const replaceDouble: NumericRule = {
  constraints: replaceFloatConstraints,
  emit(emission, result, a, value, lane) {
    const to = emission.register(result);
    emission.load(to, a, 'v128');
    // Between registers movsd leaves the upper lane alone.
    emission.assembler.op(laneOf(lane) === 0 ? 'movsd' : 'movlhps', 32, to, emission.register(value));
  },
};

const rows: readonly Row[] = [
  ['i8x16.splat', splatInteger('i8x16')],
  ['i16x8.splat', splatInteger('i16x8')],
  ['i32x4.splat', splatInteger('i32x4')],
  ['i64x2.splat', splatInteger('i64x2')],
  ['f32x4.splat', splatFloat],
  ['f64x2.splat', splatDouble],
  ['i8x16.extract_lane_s', extractSmall('i8x16', true)],
  ['i8x16.extract_lane_u', extractSmall('i8x16', false)],
  ['i16x8.extract_lane_s', extractSmall('i16x8', true)],
  ['i16x8.extract_lane_u', extractSmall('i16x8', false)],
  ['i32x4.extract_lane', extractInteger(32)],
  ['i64x2.extract_lane', extractInteger(64)],
  ['f32x4.extract_lane', extractFloat('f32')],
  ['f64x2.extract_lane', extractFloat('f64')],
  ['i8x16.replace_lane', replaceInteger('pinsrb', 32)],
  ['i16x8.replace_lane', replaceInteger('pinsrw', 32)],
  ['i32x4.replace_lane', replaceInteger('pinsrd', 32)],
  ['i64x2.replace_lane', replaceInteger('pinsrd', 64)],
  ['f32x4.replace_lane', replaceFloat],
  ['f64x2.replace_lane', replaceDouble],
];

export const vectorLaneRules: ReadonlyMap<string, NumericRule> = new Map(rows);
