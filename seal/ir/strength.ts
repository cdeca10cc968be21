/**
 * Cheaper operators for operands that are constant: division by multiplication (Granlund & Montgomery, "Division by
 * Invariant Integers using Multiplication", PLDI 1994), powers of two by shifts, small factors by `lea`.
 */
import {
  type Instruction,
  type IrFunction,
  type NumberType,
  type NumericInstruction,
  newValue,
  type Value,
} from './ir.ts';
import { replaceValues } from './replace.ts';

/** Appends operators to the block that is being rewritten. */
class Sequence {
  private readonly fn: IrFunction;
  private readonly instructions: Instruction[];

  constructor(fn: IrFunction, instructions: Instruction[]) {
    this.fn = fn;
    this.instructions = instructions;
  }

  constant(type: NumberType, value: bigint): Value {
    return newValue(this.fn, type, BigInt.asUintN(type === 'i32' ? 32 : 64, value));
  }

  op(op: string, ...inputs: Value[]): Value {
    const type = op.slice(0, 3) as NumberType;
    const result = newValue(this.fn, type);
    this.instructions.push({ kind: 'numeric', op, inputs, results: [result] });
    return result;
  }

  /** With a constant on the right. */
  with(op: string, a: Value, b: bigint): Value {
    return this.op(op, a, this.constant(op.slice(0, 3) as NumberType, b));
  }
}

const exponentOf = (value: bigint): number | undefined => {
  if (value <= 0n || (value & (value - 1n)) !== 0n) return undefined;
  return value.toString(2).length - 1;
};

const ceilingLog2 = (value: bigint) => (value - 1n).toString(2).length;

function divideUnsigned(sequence: Sequence, type: 'i32' | 'i64', x: Value, divisor: bigint): Value | undefined {
  const exponent = exponentOf(divisor);
  if (exponent !== undefined) return sequence.with(`${type}.shr_u`, x, BigInt(exponent));
  if (type === 'i64') return undefined;
  // The factor has up to 33 bits; an even divisor needs one less for each bit shifted out beforehand.
  let shifted = 0n;
  let odd = divisor;
  let factor = unsignedFactor(odd, 32);
  while (factor.value >= 1n << 32n && (odd & 1n) === 0n) {
    odd >>= 1n;
    shifted += 1n;
    factor = unsignedFactor(odd, 32 - Number(shifted));
  }
  const wide = sequence.op('i64.extend_i32_u', shifted === 0n ? x : sequence.with('i32.shr_u', x, shifted));
  if (factor.value < 1n << 32n) {
    const product = sequence.with('i64.mul', wide, factor.value);
    return sequence.op('i32.wrap_i64', sequence.with('i64.shr_u', product, 32n + factor.shift));
  }
  // x * 2^32 is added behind the shift, in halves so that it does not overflow.
  const low = sequence.with('i64.shr_u', sequence.with('i64.mul', wide, factor.value - (1n << 32n)), 32n);
  const half = sequence.with('i64.shr_u', sequence.op('i64.sub', wide, low), 1n);
  return sequence.op('i32.wrap_i64', sequence.with('i64.shr_u', sequence.op('i64.add', half, low), factor.shift - 1n));
}

/** The smallest factor and shift with floor(x * value / 2^(32 + shift)) = floor(x / divisor) for all x below 2^bits. */
function unsignedFactor(divisor: bigint, bits: number): { readonly value: bigint; readonly shift: bigint } {
  for (let shift = 0n; ; shift += 1n) {
    const power = 1n << (32n + shift);
    const value = power / divisor + 1n;
    // value * divisor exceeds the power by at most 2^(32 + shift - bits): the error stays below 1/divisor.
    if (value * divisor - power <= power >> BigInt(bits)) return { value, shift };
  }
}

function divideSigned(sequence: Sequence, type: 'i32' | 'i64', x: Value, divisor: bigint): Value | undefined {
  const width = type === 'i32' ? 32n : 64n;
  const size = divisor < 0n ? -divisor : divisor;
  // 1 and -1 are not worth it (-1 overflows), and the lowest number has no positive counterpart.
  if (size < 2n || size >= 1n << (width - 1n)) return undefined;
  const negated = (quotient: Value) =>
    divisor < 0n ? sequence.op(`${type}.sub`, sequence.constant(type, 0n), quotient) : quotient;
  const sign = sequence.with(`${type}.shr_s`, x, width - 1n);
  const exponent = exponentOf(size);
  if (exponent !== undefined) {
    // Shifting rounds down, division towards zero: negative numbers are raised by the divisor less one.
    const bias = sequence.with(`${type}.shr_u`, sign, width - BigInt(exponent));
    return negated(sequence.with(`${type}.shr_s`, sequence.op(`${type}.add`, x, bias), BigInt(exponent)));
  }
  if (type === 'i64') return undefined;
  const log = BigInt(ceilingLog2(size));
  const factor = (1n << (31n + log)) / size + 1n;
  const product = sequence.with('i64.mul', sequence.op('i64.extend_i32_s', x), factor);
  const rounded = sequence.op('i32.wrap_i64', sequence.with('i64.shr_s', product, 31n + log));
  return negated(sequence.op('i32.sub', rounded, sign));
}

const leaFactors: Readonly<Record<string, string>> = { 3: 'add_shl1', 5: 'add_shl2', 9: 'add_shl3' };

function reduce(sequence: Sequence, { op, inputs }: NumericInstruction): Value | undefined {
  const [x, constant] = inputs;
  if (x === undefined || constant?.constant === undefined || x.constant !== undefined) return undefined;
  const type = op.slice(0, 3);
  if (type !== 'i32' && type !== 'i64') return undefined;
  const unsigned = constant.constant;
  const signed = BigInt.asIntN(type === 'i32' ? 32 : 64, unsigned);
  const remainder = (quotient: Value | undefined) => {
    if (quotient === undefined) return undefined;
    return sequence.op(`${type}.sub`, x, sequence.with(`${type}.mul`, quotient, signed));
  };
  switch (op.slice(4)) {
    case 'mul': {
      const lea = leaFactors[`${unsigned}`];
      return lea === undefined ? undefined : sequence.op(`${type}.${lea}`, x, x);
    }
    case 'div_u':
      return unsigned === 0n ? undefined : divideUnsigned(sequence, type, x, unsigned);
    case 'rem_u':
      if (unsigned === 0n) return undefined;
      if (exponentOf(unsigned) !== undefined) return sequence.with(`${type}.and`, x, unsigned - 1n);
      return remainder(divideUnsigned(sequence, type, x, unsigned));
    case 'div_s':
      return divideSigned(sequence, type, x, signed);
    case 'rem_s':
      return remainder(divideSigned(sequence, type, x, signed));
    default:
      return undefined;
  }
}

export function reduceStrength(fn: IrFunction): void {
  const replaced = new Map<Value, Value>();
  for (const block of fn.blocks) {
    const instructions: Instruction[] = [];
    for (const instruction of block.instructions) {
      const cheaper = instruction.kind === 'numeric' ? reduce(new Sequence(fn, instructions), instruction) : undefined;
      const [result] = instruction.results;
      if (cheaper === undefined || result === undefined) instructions.push(instruction);
      else replaced.set(result, cheaper);
    }
    block.instructions = instructions;
  }
  if (replaced.size > 0) replaceValues(fn, (value) => replaced.get(value) ?? value);
}
