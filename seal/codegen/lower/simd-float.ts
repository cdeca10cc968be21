/** Float lanes (core specification §4.3.3). */
import type { Mnemonic } from '../encodings.ts';
import { floatScratch } from '../registers.ts';
import type { NumericRule } from './rule.ts';
import {
  apart,
  binary,
  type FloatShape,
  type Row,
  sequence,
  splatBits,
  swapped,
  unary,
  unaryByte,
  withConstant,
} from './simd-rule.ts';

interface Lanes {
  readonly suffix: 'ps' | 'pd';
  readonly bits: 32 | 64;
  readonly shiftRight: 'psrld' | 'psrlq';
  /** Exponent and highest bit of the payload: what stays of a canonical NaN. */
  readonly keptOfNan: number;
}

const lanes: Readonly<Record<FloatShape, Lanes>> = {
  f32x4: { suffix: 'ps', bits: 32, shiftRight: 'psrld', keptOfNan: 10 },
  f64x2: { suffix: 'pd', bits: 64, shiftRight: 'psrlq', keptOfNan: 13 },
};

const unordered = 3;

/**
 * minps gives its second operand for NaN and for zeros of any sign. Done in both orders the answers differ exactly there:
 * their union has the sign of -0 and the bits of a NaN, which is then made canonical.
 */
const minimum = ({ suffix, shiftRight, keptOfNan }: Lanes): NumericRule =>
  sequence(apart, ({ assembler }, to, a, b) => {
    assembler.op('movaps', 32, floatScratch, b);
    assembler.op(`min${suffix}`, 32, floatScratch, a);
    assembler.op('movaps', 32, to, a);
    assembler.op(`min${suffix}`, 32, to, b);
    assembler.op('orps', 32, floatScratch, to);
    assembler.opByte(`cmp${suffix}`, 32, to, floatScratch, unordered);
    assembler.op('orps', 32, floatScratch, to);
    assembler.shiftLanes(shiftRight, to, keptOfNan);
    assembler.op('andnps', 32, to, floatScratch);
  });

/** As above; the difference of both orders is taken away again, which leaves +0 and a quiet NaN. */
const maximum = ({ suffix, shiftRight, keptOfNan }: Lanes): NumericRule =>
  sequence(apart, ({ assembler }, to, a, b) => {
    assembler.op('movaps', 32, floatScratch, b);
    assembler.op(`max${suffix}`, 32, floatScratch, a);
    assembler.op('movaps', 32, to, a);
    assembler.op(`max${suffix}`, 32, to, b);
    assembler.op('xorps', 32, to, floatScratch);
    assembler.op('orps', 32, floatScratch, to);
    assembler.op(`sub${suffix}`, 32, floatScratch, to);
    assembler.opByte(`cmp${suffix}`, 32, to, floatScratch, unordered);
    assembler.shiftLanes(shiftRight, to, keptOfNan);
    assembler.op('andnps', 32, to, floatScratch);
  });

/** Rounding modes of roundps with the precision exception off (Intel SDM vol. 2, ROUNDPS). */
const roundingModes = { nearest: 8, floor: 9, ceil: 10, trunc: 11 } as const;

const rowsOf = (shape: FloatShape): readonly Row[] => {
  const lane = lanes[shape];
  const { suffix, bits } = lane;
  const sign = 1n << BigInt(bits - 1);
  const named = (operator: string, rule: NumericRule): Row => [`${shape}.${operator}`, rule];
  const arithmetic = (operator: 'add' | 'sub' | 'mul' | 'div') =>
    named(operator, binary(`${operator}${suffix}` satisfies Mnemonic));
  return [
    arithmetic('add'),
    arithmetic('sub'),
    arithmetic('mul'),
    arithmetic('div'),
    named('sqrt', unary(`sqrt${suffix}`)),
    named('abs', withConstant('andps', splatBits(sign - 1n, bits))),
    named('neg', withConstant('xorps', splatBits(sign, bits))),
    named('min', minimum(lane)),
    named('max', maximum(lane)),
    // pmin is b < a ? b : a, which is what minps does with b first.
    named('pmin', swapped(`min${suffix}`)),
    named('pmax', swapped(`max${suffix}`)),
    ...Object.entries(roundingModes).map(([operator, mode]) => named(operator, unaryByte(`round${suffix}`, mode))),
  ];
};

export const vectorFloatRules: ReadonlyMap<string, NumericRule> = new Map([...rowsOf('f32x4'), ...rowsOf('f64x2')]);
