/**
 * Shapes of vector code. Memory operands of SSE instructions must be aligned, which the stack is not: vectors in stack words
 * go through a register, literals are named directly (`Emission.vectorOperand`).
 */
import { type Constraints, constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import type { Mnemonic } from '../encodings.ts';
import { floatScratch, vectorScratch } from '../registers.ts';
import type { NumericRule } from './rule.ts';

export type IntegerShape = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2';
export type FloatShape = 'f32x4' | 'f64x2';
export type Row = readonly [string, NumericRule];

/** Two-address: the first input may be where the result comes. */
export const inPlace = constraints({ uses: ['any', 'late-any'], resultHint: 'first-input' });
export const inPlaceSwapped = constraints({ uses: ['late-any', 'any'] });
/** Every input in a register that is neither the result's nor the first scratch register. */
export const apart = constraints({ uses: ['late-register'] });
/** The same, and the second scratch register is free too. */
export const apartWithScratch = constraints({ uses: ['late-register'], avoids: [vectorScratch] });

/** The constant with the same lane everywhere. */
export function splatBits(lane: bigint, laneBits: number): bigint {
  let bits = 0n;
  for (let at = 0; at < 128; at += laneBits) bits |= BigInt.asUintN(laneBits, lane) << BigInt(at);
  return bits;
}

/** result ← a op b */
export const binary = (mnemonic: Mnemonic): NumericRule => ({
  constraints: inPlace,
  emit(emission, result, a, b) {
    const to = emission.register(result);
    emission.load(to, a, 'v128');
    emission.assembler.op(mnemonic, 32, to, emission.vectorOperand(b));
  },
});

const exchangeable = constraints({ uses: ['any', 'any'], resultHint: 'first-input' });

export const commutative = (mnemonic: Mnemonic): NumericRule => ({
  constraints: exchangeable,
  emit(emission, result, a, b) {
    const to = emission.register(result);
    const [left, right] = b.kind === 'register' && b.register === to ? [b, a] : [a, b];
    emission.load(to, left, 'v128');
    emission.assembler.op(mnemonic, 32, to, emission.vectorOperand(right));
  },
});

/** result ← b op a */
export const swapped = (mnemonic: Mnemonic): NumericRule => ({
  constraints: inPlaceSwapped,
  emit(emission, result, a, b) {
    const to = emission.register(result);
    emission.load(to, b, 'v128');
    emission.assembler.op(mnemonic, 32, to, emission.vectorOperand(a));
  },
});

const anywhere = constraints({ uses: ['any'] });

/** result ← op a */
export const unary = (mnemonic: Mnemonic): NumericRule => ({
  constraints: anywhere,
  emit(emission, result, a) {
    emission.assembler.op(mnemonic, 32, emission.register(result), emission.vectorOperand(a));
  },
});

/** result ← op a, with an immediate byte. */
export const unaryByte = (mnemonic: Mnemonic, value: number): NumericRule => ({
  constraints: anywhere,
  emit(emission, result, a) {
    emission.assembler.opByte(mnemonic, 32, emission.register(result), emission.vectorOperand(a), value);
  },
});

/** result ← a op constant */
export const withConstant = (mnemonic: Mnemonic, bits: bigint): NumericRule => ({
  constraints: inPlace,
  emit(emission, result, a) {
    const to = emission.register(result);
    emission.load(to, a, 'v128');
    emission.assembler.op(mnemonic, 32, to, { label: emission.program.literals.vector(bits) });
  },
});

/** Code of its own, on registers; `limits` says what they may share. */
export const sequence = (
  limits: Constraints,
  emit: (emission: Emission, to: number, a: number, b: number, c: number) => void,
): NumericRule => ({
  constraints: limits,
  emit(emission, result, a, b, c) {
    const registerOr = (location: typeof a) => (location.kind === 'register' ? location.register : floatScratch);
    emit(emission, emission.register(result), emission.register(a), registerOr(b), registerOr(c));
  },
});

/** Flip every bit of a register. Uses the first scratch register. */
export function invert(emission: Emission, register: number): void {
  emission.assembler.op('pcmpeqd', 32, floatScratch, floatScratch);
  emission.assembler.op('pxor', 32, register, floatScratch);
}

export const move = (emission: Emission, to: number, from: number): void => {
  if (to !== from) emission.assembler.op('movaps', 32, to, from);
};
