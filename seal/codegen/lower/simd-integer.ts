/** Integer lanes: arithmetic, bitwise operators and tests (core specification §4.3.2, §4.3.6). */
import { constraints } from '../constraints.ts';
import type { Mnemonic } from '../encodings.ts';
import { floatScratch, vectorScratch } from '../registers.ts';
import {
  apart,
  apartWithScratch,
  binary,
  commutative,
  type IntegerShape,
  invert,
  move,
  type Row,
  sequence,
  splatBits,
  swapped,
  unary,
} from './simd-rule.ts';

/** One instruction of the processor: result ← a op b, exchangeable or not. */
const exchangeable: Readonly<Record<string, Mnemonic>> = {
  'i8x16.add': 'paddb',
  'i8x16.add_sat_s': 'paddsb',
  'i8x16.add_sat_u': 'paddusb',
  'i8x16.min_s': 'pminsb',
  'i8x16.min_u': 'pminub',
  'i8x16.max_s': 'pmaxsb',
  'i8x16.max_u': 'pmaxub',
  'i8x16.avgr_u': 'pavgb',
  'i16x8.add': 'paddw',
  'i16x8.add_sat_s': 'paddsw',
  'i16x8.add_sat_u': 'paddusw',
  'i16x8.mul': 'pmullw',
  'i16x8.min_s': 'pminsw',
  'i16x8.min_u': 'pminuw',
  'i16x8.max_s': 'pmaxsw',
  'i16x8.max_u': 'pmaxuw',
  'i16x8.avgr_u': 'pavgw',
  'i32x4.add': 'paddd',
  'i32x4.mul': 'pmulld',
  'i32x4.min_s': 'pminsd',
  'i32x4.min_u': 'pminud',
  'i32x4.max_s': 'pmaxsd',
  'i32x4.max_u': 'pmaxud',
  'i32x4.dot_i16x8_s': 'pmaddwd',
  'i64x2.add': 'paddq',
  'v128.and': 'pand',
  'v128.or': 'por',
  'v128.xor': 'pxor',
};

const ordered: Readonly<Record<string, Mnemonic>> = {
  'i8x16.sub': 'psubb',
  'i8x16.sub_sat_s': 'psubsb',
  'i8x16.sub_sat_u': 'psubusb',
  'i8x16.narrow_i16x8_s': 'packsswb',
  'i8x16.narrow_i16x8_u': 'packuswb',
  'i16x8.sub': 'psubw',
  'i16x8.sub_sat_s': 'psubsw',
  'i16x8.sub_sat_u': 'psubusw',
  'i16x8.narrow_i32x4_s': 'packssdw',
  'i16x8.narrow_i32x4_u': 'packusdw',
  'i32x4.sub': 'psubd',
  'i64x2.sub': 'psubq',
};

const equalTo: Readonly<Record<IntegerShape, Mnemonic>> = {
  i8x16: 'pcmpeqb',
  i16x8: 'pcmpeqw',
  i32x4: 'pcmpeqd',
  i64x2: 'pcmpeqq',
};
const subtract: Readonly<Record<IntegerShape, Mnemonic>> = {
  i8x16: 'psubb',
  i16x8: 'psubw',
  i32x4: 'psubd',
  i64x2: 'psubq',
};

const perShape = (shape: IntegerShape): readonly Row[] => [
  [
    `${shape}.neg`,
    sequence(apart, ({ assembler }, to, a) => {
      assembler.op('pxor', 32, to, to);
      assembler.op(subtract[shape], 32, to, a);
    }),
  ],
  // All lanes are true when none equals zero.
  [
    `${shape}.all_true`,
    sequence(constraints({ uses: ['register'] }), ({ assembler }, to, a) => {
      assembler.op('pxor', 32, floatScratch, floatScratch);
      assembler.op(equalTo[shape], 32, floatScratch, a);
      assembler.op('ptest', 32, floatScratch, floatScratch);
      assembler.setCondition('e', to);
      assembler.op('movzx8', 32, to, to);
    }),
  ],
];

/** Low half of the products of 64-bit lanes from products of 32-bit halves. */
const multiplyLong = sequence(apartWithScratch, ({ assembler }, to, a, b) => {
  assembler.op('movaps', 32, vectorScratch, a);
  assembler.shiftLanes('psrlq', vectorScratch, 32);
  assembler.op('pmuludq', 32, vectorScratch, b);
  assembler.op('movaps', 32, floatScratch, b);
  assembler.shiftLanes('psrlq', floatScratch, 32);
  assembler.op('pmuludq', 32, floatScratch, a);
  assembler.op('paddq', 32, floatScratch, vectorScratch);
  assembler.shiftLanes('psllq', floatScratch, 32);
  assembler.op('movaps', 32, to, a);
  assembler.op('pmuludq', 32, to, b);
  assembler.op('paddq', 32, to, floatScratch);
});

const absoluteLong = sequence(apart, ({ assembler }, to, a) => {
  assembler.opByte('pshufd', 32, floatScratch, a, 0xf5);
  assembler.shiftLanes('psrad', floatScratch, 31);
  assembler.op('movaps', 32, to, a);
  assembler.op('pxor', 32, to, floatScratch);
  assembler.op('psubq', 32, to, floatScratch);
});

/** Bits of each byte from a table of 16, by its halves. */
const countBits = sequence(apartWithScratch, ({ assembler, program }, to, a) => {
  const low = { label: program.literals.vector(splatBits(0x0fn, 8)) };
  const table = { label: program.literals.vector(0x0403_0302_0302_0201_0302_0201_0201_0100n) };
  assembler.op('movaps', 32, vectorScratch, a);
  assembler.op('pand', 32, vectorScratch, low);
  assembler.op('movaps', 32, floatScratch, table);
  assembler.op('pshufb', 32, floatScratch, vectorScratch);
  assembler.op('movaps', 32, vectorScratch, a);
  assembler.shiftLanes('psrlw', vectorScratch, 4);
  assembler.op('pand', 32, vectorScratch, low);
  assembler.op('movaps', 32, to, table);
  assembler.op('pshufb', 32, to, vectorScratch);
  assembler.op('paddb', 32, to, floatScratch);
});

/** pmulhrsw overflows for -1 times -1 alone, to the lowest number, which is flipped to the highest. */
const multiplyQ15 = sequence(
  constraints({ uses: ['register', 'late-register'] }),
  ({ assembler, program }, to, a, b) => {
    if (to !== a) assembler.op('movaps', 32, to, a);
    assembler.op('pmulhrsw', 32, to, b);
    assembler.op('movaps', 32, floatScratch, { label: program.literals.vector(splatBits(0x8000n, 16)) });
    assembler.op('pcmpeqw', 32, floatScratch, to);
    assembler.op('pxor', 32, to, floatScratch);
  },
);

/** b where the mask's bit is clear, a where it is set: ((a ^ b) & mask) ^ b. */
const bitSelect = sequence(
  constraints({ uses: ['register', 'late-register', 'late-register'], resultHint: 'first-input' }),
  (emission, to, a, b, mask) => {
    const { assembler } = emission;
    move(emission, to, a);
    assembler.op('pxor', 32, to, b);
    assembler.op('pand', 32, to, mask);
    assembler.op('pxor', 32, to, b);
  },
);

const early = constraints({ uses: ['register'] });

const bitmask = (mnemonic: Mnemonic) =>
  sequence(early, ({ assembler }, to, a) => {
    assembler.op(mnemonic, 32, to, a);
  });

const single: readonly Row[] = [
  ['i8x16.abs', unary('pabsb')],
  ['i16x8.abs', unary('pabsw')],
  ['i32x4.abs', unary('pabsd')],
  ['i64x2.abs', absoluteLong],
  ['i64x2.mul', multiplyLong],
  ['i8x16.popcnt', countBits],
  ['i16x8.q15mulr_sat_s', multiplyQ15],
  [
    'v128.not',
    sequence(constraints({ uses: ['register'], resultHint: 'first-input' }), (emission, to, a) => {
      move(emission, to, a);
      invert(emission, to);
    }),
  ],
  // pandn inverts its first operand, WebAssembly the second.
  ['v128.andnot', swapped('pandn')],
  ['v128.bitselect', bitSelect],
  [
    'v128.any_true',
    sequence(early, ({ assembler }, to, a) => {
      assembler.op('ptest', 32, a, a);
      assembler.setCondition('ne', to);
      assembler.op('movzx8', 32, to, to);
    }),
  ],
  ['i8x16.bitmask', bitmask('pmovmskb')],
  [
    'i16x8.bitmask',
    sequence(early, ({ assembler }, to, a) => {
      assembler.op('movaps', 32, floatScratch, a);
      assembler.op('packsswb', 32, floatScratch, floatScratch);
      assembler.op('pmovmskb', 32, to, floatScratch);
      assembler.op('movzx8', 32, to, to);
    }),
  ],
  ['i32x4.bitmask', bitmask('movmskps')],
  ['i64x2.bitmask', bitmask('movmskpd')],
];

const rows = (table: Readonly<Record<string, Mnemonic>>, rule: typeof binary): readonly Row[] =>
  Object.entries(table).map(([op, mnemonic]) => [op, rule(mnemonic)] as const);

export const vectorIntegerRules: ReadonlyMap<string, Row[1]> = new Map([
  ...rows(exchangeable, commutative),
  ...rows(ordered, binary),
  ...(['i8x16', 'i16x8', 'i32x4', 'i64x2'] as const).flatMap(perShape),
  ...single,
]);
