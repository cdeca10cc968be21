/** Instruction encodings (Intel SDM vol. 2, opcode maps), one row each. `/r` forms take a register and a register or memory. */

import { vectorEncodings } from './vector-encodings.ts';

export interface Encoding {
  /** Mandatory prefix, 0 for none. */
  readonly prefix: number;
  /** Bytes from the escape to the opcode. */
  readonly opcode: readonly number[];
  /** Byte registers other than al, cl, dl, bl need a REX prefix to be named. */
  readonly byteRegister: boolean;
  readonly byteMemory: boolean;
}

const row = (prefix: number, opcode: readonly number[], byteRegister = false, byteMemory = false): Encoding => ({
  prefix,
  opcode,
  byteRegister,
  byteMemory,
});

/** reg ← reg op r/m unless the name says `store` (r/m ← reg). */
export const encodings = {
  add: row(0, [0x03]),
  or: row(0, [0x0b]),
  and: row(0, [0x23]),
  sub: row(0, [0x2b]),
  xor: row(0, [0x33]),
  cmp: row(0, [0x3b]),
  test: row(0, [0x85]),
  mov: row(0, [0x8b]),
  lea: row(0, [0x8d]),
  imul: row(0, [0x0f, 0xaf]),
  xchg: row(0, [0x87]),
  store: row(0, [0x89]),
  store16: row(0x66, [0x89]),
  store8: row(0, [0x88], true),
  storeImmediate: row(0, [0xc7]),
  storeImmediate16: row(0x66, [0xc7]),
  storeImmediate8: row(0, [0xc6]),
  movzx8: row(0, [0x0f, 0xb6], false, true),
  movzx16: row(0, [0x0f, 0xb7]),
  movsx8: row(0, [0x0f, 0xbe], false, true),
  movsx16: row(0, [0x0f, 0xbf]),
  movsxd: row(0, [0x63]),
  bsf: row(0, [0x0f, 0xbc]),
  bsr: row(0, [0x0f, 0xbd]),
  popcnt: row(0xf3, [0x0f, 0xb8]),
  group1: row(0, [0x81]),
  group1Byte: row(0, [0x83]),
  group2: row(0, [0xc1]),
  group2Cl: row(0, [0xd3]),
  group2One: row(0, [0xd1]),
  group3: row(0, [0xf7]),
  group3Byte: row(0, [0xf6], false, true),
  group5: row(0, [0xff]),
  imulImmediate: row(0, [0x69]),
  imulByte: row(0, [0x6b]),
  movss: row(0xf3, [0x0f, 0x10]),
  movsd: row(0xf2, [0x0f, 0x10]),
  storess: row(0xf3, [0x0f, 0x11]),
  storesd: row(0xf2, [0x0f, 0x11]),
  movaps: row(0, [0x0f, 0x28]),
  movups: row(0, [0x0f, 0x10]),
  storeups: row(0, [0x0f, 0x11]),
  /** xmm ← general register; with W 64 bits. */
  movd: row(0x66, [0x0f, 0x6e]),
  /** General register or memory ← xmm. */
  storemovd: row(0x66, [0x0f, 0x7e]),
  addss: row(0xf3, [0x0f, 0x58]),
  addsd: row(0xf2, [0x0f, 0x58]),
  mulss: row(0xf3, [0x0f, 0x59]),
  mulsd: row(0xf2, [0x0f, 0x59]),
  subss: row(0xf3, [0x0f, 0x5c]),
  subsd: row(0xf2, [0x0f, 0x5c]),
  minss: row(0xf3, [0x0f, 0x5d]),
  minsd: row(0xf2, [0x0f, 0x5d]),
  divss: row(0xf3, [0x0f, 0x5e]),
  divsd: row(0xf2, [0x0f, 0x5e]),
  maxss: row(0xf3, [0x0f, 0x5f]),
  maxsd: row(0xf2, [0x0f, 0x5f]),
  sqrtss: row(0xf3, [0x0f, 0x51]),
  sqrtsd: row(0xf2, [0x0f, 0x51]),
  punpcklqdq: row(0x66, [0x0f, 0x6c]),
  andps: row(0, [0x0f, 0x54]),
  andnps: row(0, [0x0f, 0x55]),
  orps: row(0, [0x0f, 0x56]),
  xorps: row(0, [0x0f, 0x57]),
  ucomiss: row(0, [0x0f, 0x2e]),
  ucomisd: row(0x66, [0x0f, 0x2e]),
  roundss: row(0x66, [0x0f, 0x3a, 0x0a]),
  roundsd: row(0x66, [0x0f, 0x3a, 0x0b]),
  cvtsi2ss: row(0xf3, [0x0f, 0x2a]),
  cvtsi2sd: row(0xf2, [0x0f, 0x2a]),
  cvttss2si: row(0xf3, [0x0f, 0x2c]),
  cvttsd2si: row(0xf2, [0x0f, 0x2c]),
  cvtss2sd: row(0xf3, [0x0f, 0x5a]),
  cvtsd2ss: row(0xf2, [0x0f, 0x5a]),
  ...vectorEncodings,
} as const satisfies Readonly<Record<string, Encoding>>;

export type Mnemonic = keyof typeof encodings;

/** Opcode extension of the immediate forms `81 /n`, `83 /n`. */
export const group1 = { add: 0, or: 1, and: 4, sub: 5, xor: 6, cmp: 7 } as const;
/** Shifts and rotates, `c1 /n`, `d3 /n`. */
export const group2 = { rol: 0, ror: 1, shl: 4, shr: 5, sar: 7 } as const;
/** `f7 /n`. */
export const group3 = { test: 0, not: 2, neg: 3, mul: 4, div: 6, idiv: 7 } as const;

export type Group1 = keyof typeof group1;
export type Group2 = keyof typeof group2;
export type Group3 = keyof typeof group3;

/** Condition codes (Intel SDM vol. 1 appendix B). */
export const conditions = {
  o: 0,
  no: 1,
  b: 2,
  ae: 3,
  e: 4,
  ne: 5,
  be: 6,
  a: 7,
  s: 8,
  ns: 9,
  p: 10,
  np: 11,
  l: 12,
  ge: 13,
  le: 14,
  g: 15,
} as const;

export type Condition = keyof typeof conditions;

/** The opposite of a condition differs in the lowest bit of its code. */
export const negate = (condition: Condition): Condition => {
  const opposite = conditions[condition] ^ 1;
  for (const name of Object.keys(conditions) as Condition[]) if (conditions[name] === opposite) return name;
  return condition;
};
