/** Constant folding and identities of integer operators. Floats are left alone: their NaN bits belong to the processor. */
import type { Value } from './ir.ts';

type Fold = (a: bigint, b: bigint, width: number) => bigint | undefined;

const shiftCount = (b: bigint, width: number) => b & BigInt(width - 1);

const folds: Readonly<Record<string, Fold>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b, width) => a << shiftCount(b, width),
  shr_u: (a, b, width) => a >> shiftCount(b, width),
  shr_s: (a, b, width) => BigInt.asIntN(width, a) >> shiftCount(b, width),
  eq: (a, b) => (a === b ? 1n : 0n),
  ne: (a, b) => (a === b ? 0n : 1n),
  lt_u: (a, b) => (a < b ? 1n : 0n),
  gt_u: (a, b) => (a > b ? 1n : 0n),
  le_u: (a, b) => (a <= b ? 1n : 0n),
  ge_u: (a, b) => (a >= b ? 1n : 0n),
  lt_s: (a, b, width) => (BigInt.asIntN(width, a) < BigInt.asIntN(width, b) ? 1n : 0n),
  gt_s: (a, b, width) => (BigInt.asIntN(width, a) > BigInt.asIntN(width, b) ? 1n : 0n),
  le_s: (a, b, width) => (BigInt.asIntN(width, a) <= BigInt.asIntN(width, b) ? 1n : 0n),
  ge_s: (a, b, width) => (BigInt.asIntN(width, a) >= BigInt.asIntN(width, b) ? 1n : 0n),
};

/** x op identity = x */
const rightIdentities: Readonly<Record<string, bigint>> = {
  add: 0n,
  sub: 0n,
  mul: 1n,
  or: 0n,
  xor: 0n,
  shl: 0n,
  shr_u: 0n,
  shr_s: 0n,
  rotl: 0n,
  rotr: 0n,
};

const splat = /^[if](8|16|32|64)x\d+\.splat$/;

/** The same lane everywhere: a vector constant. */
function foldSplat(op: string, lane: bigint | undefined): bigint | undefined {
  const [, bits] = lane === undefined ? [] : (splat.exec(op) ?? []);
  if (lane === undefined || bits === undefined) return undefined;
  const width = Number(bits);
  let result = 0n;
  for (let at = 0; at < 128; at += width) result |= BigInt.asUintN(width, lane) << BigInt(at);
  return result;
}

/** The bits of the result, or the input it equals, or undefined when the operation has to be done. */
export function foldNumeric(op: string, inputs: readonly Value[]): bigint | Value | undefined {
  const [a, b] = inputs;
  if (a !== undefined && b === undefined && op.endsWith('.splat')) return foldSplat(op, a.constant);
  if (a === undefined || (a.type !== 'i32' && a.type !== 'i64')) return undefined;
  const width = a.type === 'i32' ? 32 : 64;
  const operator = op.slice(4);
  if (b === undefined) {
    if (a.constant === undefined) return undefined;
    if (operator === 'eqz') return a.constant === 0n ? 1n : 0n;
    if (op === 'i32.wrap_i64') return BigInt.asUintN(32, a.constant);
    if (op === 'i64.extend_i32_u') return a.constant;
    if (op === 'i64.extend_i32_s') return BigInt.asUintN(64, BigInt.asIntN(32, a.constant));
    return undefined;
  }
  if (b.constant === undefined) return undefined;
  if (a.constant !== undefined) {
    const result = folds[operator]?.(a.constant, b.constant, width);
    if (result !== undefined) return BigInt.asUintN(width, result);
  }
  return rightIdentities[operator] === b.constant ? a : undefined;
}
