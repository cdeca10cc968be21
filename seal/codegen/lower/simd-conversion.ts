/** Lanes of one type to lanes of another: widening, products of widened lanes, and between integers and floats. */
import type { Mnemonic } from '../encodings.ts';
import { floatScratch, vectorScratch } from '../registers.ts';
import type { NumericRule } from './rule.ts';
import { apart, apartWithScratch, type Row, sequence, splatBits, unary, withConstant } from './simd-rule.ts';

/** pshufd: the upper half in the lower. */
const upperHalf = 0xee;

const extendHigh = (mnemonic: Mnemonic): NumericRule =>
  sequence(apart, ({ assembler }, to, a) => {
    assembler.opByte('pshufd', 32, to, a, upperHalf);
    assembler.op(mnemonic, 32, to, to);
  });

/** Both inputs widened, then multiplied. */
const widenedProduct = (widen: Mnemonic, multiply: Mnemonic, high: boolean): NumericRule =>
  sequence(apart, ({ assembler }, to, a, b) => {
    for (const [register, input] of [
      [to, a],
      [floatScratch, b],
    ] as const) {
      if (high) assembler.opByte('pshufd', 32, register, input, upperHalf);
      assembler.op(widen, 32, register, high ? register : input);
    }
    assembler.op(multiply, 32, to, floatScratch);
  });

/** pmuldq multiplies the even 32-bit lanes to 64 bits. */
const longProduct = (multiply: Mnemonic, high: boolean): NumericRule =>
  sequence(apart, ({ assembler }, to, a, b) => {
    const lanes = high ? 0xfa : 0x50;
    assembler.opByte('pshufd', 32, to, a, lanes);
    assembler.opByte('pshufd', 32, floatScratch, b, lanes);
    assembler.op(multiply, 32, to, floatScratch);
  });

const widening: readonly {
  readonly to: string;
  readonly from: string;
  readonly signed: Mnemonic;
  readonly unsigned: Mnemonic;
}[] = [
  { to: 'i16x8', from: 'i8x16', signed: 'pmovsxbw', unsigned: 'pmovzxbw' },
  { to: 'i32x4', from: 'i16x8', signed: 'pmovsxwd', unsigned: 'pmovzxwd' },
  { to: 'i64x2', from: 'i32x4', signed: 'pmovsxdq', unsigned: 'pmovzxdq' },
];

const wideningRows: readonly Row[] = widening.flatMap(({ to, from, signed, unsigned }) =>
  (['s', 'u'] as const).flatMap((sign): readonly Row[] => {
    const widen = sign === 's' ? signed : unsigned;
    const product = (high: boolean) => {
      if (to === 'i64x2') return longProduct(sign === 's' ? 'pmuldq' : 'pmuludq', high);
      return widenedProduct(widen, to === 'i16x8' ? 'pmullw' : 'pmulld', high);
    };
    return [
      [`${to}.extend_low_${from}_${sign}`, unary(widen)],
      [`${to}.extend_high_${from}_${sign}`, extendHigh(widen)],
      [`${to}.extmul_low_${from}_${sign}`, product(false)],
      [`${to}.extmul_high_${from}_${sign}`, product(true)],
    ];
  }),
);

/** pmaddubsw takes unsigned bytes first and signed ones second: the lanes go where their sign is right, ones elsewhere. */
const addPairsOfSignedBytes = sequence(apart, ({ assembler, program }, to, a) => {
  assembler.op('movaps', 32, to, { label: program.literals.vector(splatBits(1n, 8)) });
  assembler.op('pmaddubsw', 32, to, a);
});

const addPairsOfUnsignedWords = sequence(apart, ({ assembler, program }, to, a) => {
  assembler.op('movaps', 32, floatScratch, a);
  assembler.shiftLanes('psrld', floatScratch, 16);
  assembler.op('movaps', 32, to, a);
  assembler.op('pand', 32, to, { label: program.literals.vector(splatBits(0xffffn, 32)) });
  assembler.op('paddd', 32, to, floatScratch);
});

/** The lower halves convert exactly; so do the upper ones, halved to keep them positive. Only the sum rounds. */
const convertUnsigned = sequence(apart, ({ assembler, program }, to, a) => {
  assembler.op('movaps', 32, floatScratch, a);
  assembler.op('pand', 32, floatScratch, { label: program.literals.vector(splatBits(0xffffn, 32)) });
  assembler.op('movaps', 32, to, a);
  assembler.op('psubd', 32, to, floatScratch);
  assembler.op('cvtdq2ps', 32, floatScratch, floatScratch);
  assembler.shiftLanes('psrld', to, 1);
  assembler.op('cvtdq2ps', 32, to, to);
  assembler.op('addps', 32, to, to);
  assembler.op('addps', 32, to, floatScratch);
});

/** 2^52: a double whose lowest bits are an integer. */
const integerDouble = 0x4330_0000_0000_0000n;

/** The integers as lowest bits of doubles from 2^52 on, and 2^52 taken away again. */
const convertUnsignedToDouble = sequence(apart, ({ assembler, program }, to, a) => {
  const { literals } = program;
  assembler.op('movaps', 32, to, a);
  assembler.op('punpckldq', 32, to, { label: literals.vector(splatBits(integerDouble >> 32n, 32)) });
  assembler.op('subpd', 32, to, { label: literals.vector(splatBits(integerDouble, 64)) });
});

/** cvttps2dq gives the lowest integer for what does not fit: right below, inverted above. NaN lanes are zeroed before. */
const truncateSigned = sequence(apart, ({ assembler }, to, a) => {
  const ordered = 0;
  assembler.op('movaps', 32, floatScratch, a);
  assembler.opByte('cmpps', 32, floatScratch, floatScratch, ordered);
  assembler.op('movaps', 32, to, a);
  assembler.op('andps', 32, to, floatScratch);
  // The sign of the scratch lanes: set where the number was not negative, then where also the answer is negative.
  assembler.op('pxor', 32, floatScratch, to);
  assembler.op('cvttps2dq', 32, to, to);
  assembler.op('pand', 32, floatScratch, to);
  assembler.shiftLanes('psrad', floatScratch, 31);
  assembler.op('pxor', 32, to, floatScratch);
});

/** The part above 2^31 is converted apart and added; where that overflows too it becomes the rest up to the maximum. */
const truncateUnsigned = sequence(apartWithScratch, ({ assembler }, to, a) => {
  const lessOrEqual = 2;
  assembler.op('pxor', 32, floatScratch, floatScratch);
  assembler.op('movaps', 32, to, a);
  assembler.op('maxps', 32, to, floatScratch);
  assembler.op('pcmpeqd', 32, floatScratch, floatScratch);
  assembler.shiftLanes('psrld', floatScratch, 1);
  assembler.op('cvtdq2ps', 32, floatScratch, floatScratch);
  assembler.op('movaps', 32, vectorScratch, to);
  assembler.op('subps', 32, vectorScratch, floatScratch);
  assembler.opByte('cmpps', 32, floatScratch, vectorScratch, lessOrEqual);
  assembler.op('cvttps2dq', 32, vectorScratch, vectorScratch);
  assembler.op('pxor', 32, vectorScratch, floatScratch);
  assembler.op('pxor', 32, floatScratch, floatScratch);
  assembler.op('pmaxsd', 32, vectorScratch, floatScratch);
  assembler.op('cvttps2dq', 32, to, to);
  assembler.op('paddd', 32, to, vectorScratch);
});

const doubleOf = (value: number) => new BigUint64Array(new Float64Array([value]).buffer)[0] ?? 0n;

/** minpd gives its second operand for NaN: there the bound is masked to zero. Too low becomes the lowest integer by itself. */
const truncateDoubleSigned = sequence(apart, ({ assembler, program }, to, a) => {
  const equal = 0;
  assembler.op('movaps', 32, floatScratch, a);
  assembler.opByte('cmppd', 32, floatScratch, floatScratch, equal);
  assembler.op('andps', 32, floatScratch, { label: program.literals.vector(splatBits(doubleOf(2 ** 31 - 1), 64)) });
  assembler.op('movaps', 32, to, a);
  assembler.op('minpd', 32, to, floatScratch);
  assembler.op('cvttpd2dq', 32, to, to);
});

/** Within range, rounded to integers and 2^52 added, the lower words are the answer. */
const truncateDoubleUnsigned = sequence(apart, ({ assembler, program }, to, a) => {
  const { literals } = program;
  assembler.op('movaps', 32, to, a);
  assembler.op('xorps', 32, floatScratch, floatScratch);
  assembler.op('maxpd', 32, to, floatScratch);
  assembler.op('minpd', 32, to, { label: literals.vector(splatBits(doubleOf(2 ** 32 - 1), 64)) });
  assembler.opByte('roundpd', 32, to, to, 3);
  assembler.op('addpd', 32, to, { label: literals.vector(splatBits(integerDouble, 64)) });
  assembler.opByte('shufps', 32, to, floatScratch, 0x88);
});

export const vectorConversionRules: ReadonlyMap<string, NumericRule> = new Map([
  ...wideningRows,
  ['i16x8.extadd_pairwise_i8x16_s', addPairsOfSignedBytes],
  ['i16x8.extadd_pairwise_i8x16_u', withConstant('pmaddubsw', splatBits(1n, 8))],
  ['i32x4.extadd_pairwise_i16x8_s', withConstant('pmaddwd', splatBits(1n, 16))],
  ['i32x4.extadd_pairwise_i16x8_u', addPairsOfUnsignedWords],
  ['f32x4.convert_i32x4_s', unary('cvtdq2ps')],
  ['f32x4.convert_i32x4_u', convertUnsigned],
  ['f64x2.convert_low_i32x4_s', unary('cvtdq2pd')],
  ['f64x2.convert_low_i32x4_u', convertUnsignedToDouble],
  ['f32x4.demote_f64x2_zero', unary('cvtpd2ps')],
  ['f64x2.promote_low_f32x4', unary('cvtps2pd')],
  ['i32x4.trunc_sat_f32x4_s', truncateSigned],
  ['i32x4.trunc_sat_f32x4_u', truncateUnsigned],
  ['i32x4.trunc_sat_f64x2_s_zero', truncateDoubleSigned],
  ['i32x4.trunc_sat_f64x2_u_zero', truncateDoubleUnsigned],
] satisfies readonly Row[]);
