/** Lane comparisons: all ones where they hold, zero elsewhere. */
import type { Emission } from '../emission.ts';
import type { Mnemonic } from '../encodings.ts';
import { floatScratch } from '../registers.ts';
import type { NumericRule } from './rule.ts';
import {
  apart,
  binary,
  commutative,
  type FloatShape,
  inPlace,
  inPlaceSwapped,
  invert,
  type Row,
  sequence,
  swapped,
} from './simd-rule.ts';

/** The answer of another rule, inverted. */
const not = (rule: NumericRule): NumericRule => ({
  constraints: rule.constraints,
  emit(emission, result, a, b, c) {
    rule.emit(emission, result, a, b, c);
    invert(emission, emission.register(result));
  },
});

/** a >= b when the greater of both is a; a <= b when the lesser is. */
const isExtremum = (extremum: Mnemonic, equal: Mnemonic): NumericRule =>
  sequence(apart, ({ assembler }, to, a, b) => {
    assembler.op('movaps', 32, to, b);
    assembler.op(extremum, 32, to, a);
    assembler.op(equal, 32, to, a);
  });

interface Lanes {
  readonly shape: string;
  readonly equal: Mnemonic;
  readonly greater: Mnemonic;
  readonly leastUnsigned: Mnemonic;
  readonly greatestUnsigned: Mnemonic;
}

const withUnsigned: readonly Lanes[] = [
  { shape: 'i8x16', equal: 'pcmpeqb', greater: 'pcmpgtb', leastUnsigned: 'pminub', greatestUnsigned: 'pmaxub' },
  { shape: 'i16x8', equal: 'pcmpeqw', greater: 'pcmpgtw', leastUnsigned: 'pminuw', greatestUnsigned: 'pmaxuw' },
  { shape: 'i32x4', equal: 'pcmpeqd', greater: 'pcmpgtd', leastUnsigned: 'pminud', greatestUnsigned: 'pmaxud' },
];

function integerRows({ shape, equal, greater, leastUnsigned, greatestUnsigned }: Lanes): readonly Row[] {
  const noGreater = isExtremum(leastUnsigned, equal);
  const noLess = isExtremum(greatestUnsigned, equal);
  return [
    [`${shape}.eq`, commutative(equal)],
    [`${shape}.ne`, not(commutative(equal))],
    [`${shape}.gt_s`, binary(greater)],
    [`${shape}.lt_s`, swapped(greater)],
    [`${shape}.le_s`, not(binary(greater))],
    [`${shape}.ge_s`, not(swapped(greater))],
    [`${shape}.le_u`, noGreater],
    [`${shape}.gt_u`, not(noGreater)],
    [`${shape}.ge_u`, noLess],
    [`${shape}.lt_u`, not(noLess)],
  ];
}

/**
 * pcmpgtq is SSE4.2: the upper halves decide, and where they are equal the borrow of b - a, which fills the upper half of
 * the difference.
 */
function emitGreaterLong({ assembler }: Emission, to: number, a: number, b: number): void {
  assembler.op('movaps', 32, to, b);
  assembler.op('psubq', 32, to, a);
  assembler.op('movaps', 32, floatScratch, a);
  assembler.op('pcmpeqd', 32, floatScratch, b);
  assembler.op('pand', 32, to, floatScratch);
  assembler.op('movaps', 32, floatScratch, a);
  assembler.op('pcmpgtd', 32, floatScratch, b);
  assembler.op('por', 32, to, floatScratch);
  assembler.opByte('pshufd', 32, to, to, 0xf5);
}

const greaterLong = sequence(apart, emitGreaterLong);
const lessLong = sequence(apart, (emission, to, a, b) => emitGreaterLong(emission, to, b, a));

const longRows: readonly Row[] = [
  ['i64x2.eq', commutative('pcmpeqq')],
  ['i64x2.ne', not(commutative('pcmpeqq'))],
  ['i64x2.gt_s', greaterLong],
  ['i64x2.lt_s', lessLong],
  ['i64x2.le_s', not(greaterLong)],
  ['i64x2.ge_s', not(lessLong)],
];

/** Predicates of cmpps and cmppd (Intel SDM vol. 2, CMPPS). */
const predicates = { eq: 0, lt: 1, le: 2, unordered: 3, ne: 4 } as const;

function floatComparison(shape: FloatShape, predicate: number, isSwapped: boolean): NumericRule {
  return {
    constraints: isSwapped ? inPlaceSwapped : inPlace,
    emit(emission, result, a, b) {
      const [left, right] = isSwapped ? [b, a] : [a, b];
      const to = emission.register(result);
      emission.load(to, left, 'v128');
      emission.assembler.opByte(
        shape === 'f32x4' ? 'cmpps' : 'cmppd',
        32,
        to,
        emission.vectorOperand(right),
        predicate,
      );
    },
  };
}

const floatRows = (shape: FloatShape): readonly Row[] => [
  [`${shape}.eq`, floatComparison(shape, predicates.eq, false)],
  [`${shape}.ne`, floatComparison(shape, predicates.ne, false)],
  [`${shape}.lt`, floatComparison(shape, predicates.lt, false)],
  [`${shape}.le`, floatComparison(shape, predicates.le, false)],
  [`${shape}.gt`, floatComparison(shape, predicates.lt, true)],
  [`${shape}.ge`, floatComparison(shape, predicates.le, true)],
];

export const vectorCompareRules: ReadonlyMap<string, NumericRule> = new Map([
  ...withUnsigned.flatMap(integerRows),
  ...longRows,
  ...floatRows('f32x4'),
  ...floatRows('f64x2'),
]);
