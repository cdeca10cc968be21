/** What is known of a value's bits makes two things cheaper that interpreters do all the time: tags in the upper half, opcodes. */
import {
  type Instruction,
  type IrFunction,
  type NumericInstruction,
  newValue,
  type Terminator,
  type Value,
} from './ir.ts';
import { replaceValues } from './replace.ts';

export function useKnownBits(fn: IrFunction): void {
  const definitions = new Map<Value, Instruction>();
  for (const block of fn.blocks) {
    for (const instruction of block.instructions) {
      for (const result of instruction.results) definitions.set(result, instruction);
    }
  }
  const replaced = new Map<Value, Value>();
  for (const block of fn.blocks) {
    const instructions: Instruction[] = [];
    for (const instruction of block.instructions) {
      const [result] = instruction.results;
      const masked = instruction.kind === 'numeric' ? upperHalf(instruction, definitions) : undefined;
      if (masked === undefined || result === undefined) instructions.push(instruction);
      else
        replaced.set(
          result,
          compareUpperHalf(fn, masked, instruction.kind === 'numeric' ? instruction.op : '', instructions),
        );
    }
    block.instructions = instructions;
    if (block.terminator.kind === 'switch')
      block.terminator = overByte(block.terminator, definitions) ?? block.terminator;
  }
  if (replaced.size > 0) replaceValues(fn, (value) => replaced.get(value) ?? value);
}

const lowerHalf = 0xffff_ffffn;
const upperMask = lowerHalf << 32n;

interface Masked {
  readonly value: Value;
  /** What its upper half is compared with. */
  readonly half: bigint;
}

/** `(value & 0xffffffff00000000) == constant`, or `!=`. */
function upperHalf(
  { op, inputs }: NumericInstruction,
  definitions: ReadonlyMap<Value, Instruction>,
): Masked | undefined {
  if (op !== 'i64.eq' && op !== 'i64.ne') return undefined;
  const [a, b] = inputs;
  const constant = b?.constant ?? a?.constant;
  const other = b?.constant === undefined ? b : a;
  if (constant === undefined || other === undefined || (constant & lowerHalf) !== 0n) return undefined;
  const mask = definitions.get(other);
  if (mask?.kind !== 'numeric' || mask.op !== 'i64.and') return undefined;
  const [left, right] = mask.inputs;
  if (right?.constant === upperMask && left !== undefined) return { value: left, half: constant >> 32n };
  return left?.constant === upperMask && right !== undefined ? { value: right, half: constant >> 32n } : undefined;
}

/** Neither mask nor constant then needs the ten bytes of a 64-bit constant. */
function compareUpperHalf(fn: IrFunction, { value, half }: Masked, op: string, instructions: Instruction[]): Value {
  const shifted = newValue(fn, 'i64');
  instructions.push({
    kind: 'numeric',
    op: 'i64.shr_u',
    inputs: [value, newValue(fn, 'i64', 32n)],
    results: [shifted],
  });
  const result = newValue(fn, 'i32');
  // An immediate operand is sign-extended: what does not fit is compared by its 32 bits.
  const isSmall = half < 1n << 31n;
  let input = shifted;
  if (!isSmall) {
    input = newValue(fn, 'i32');
    instructions.push({ kind: 'numeric', op: 'i32.wrap_i64', inputs: [shifted], results: [input] });
  }
  const type = isSmall ? 'i64' : 'i32';
  const compare = `${type}.${op.slice(-2)}`;
  instructions.push({ kind: 'numeric', op: compare, inputs: [input, newValue(fn, type, half)], results: [result] });
  return result;
}

type Switch = Terminator & { readonly kind: 'switch' };

const byteValues = 256;
/** A table of all bytes is worth it for about as many cases. */
const fewestCases = 100;

/** A switch over a byte less a constant, whatever the byte is: over the byte itself, with a case for each value. */
function overByte(terminator: Switch, definitions: ReadonlyMap<Value, Instruction>): Switch | undefined {
  const { edges, inputs } = terminator;
  const [index] = inputs;
  const definition = index === undefined ? undefined : definitions.get(index);
  if (edges.length < fewestCases || index === undefined || terminator.isTotal) return undefined;
  const last = edges.length - 1;
  const [byte, constant] = definition?.kind === 'numeric' ? definition.inputs : [];
  const isSum = definition?.kind === 'numeric' && (definition.op === 'i32.sub' || definition.op === 'i32.add');
  const offset =
    isSum && constant?.constant !== undefined ? (definition.op === 'i32.sub' ? 1n : -1n) * constant.constant : 0n;
  const input = offset === 0n ? index : byte;
  if (input === undefined || definitions.get(input)?.kind !== 'load') return undefined;
  const load = definitions.get(input);
  if (load?.kind !== 'load' || load.op !== 'i32.load8_u') return undefined;
  const total = Array.from({ length: byteValues }, (_, value) => {
    const at = Number(BigInt.asUintN(32, BigInt(value) - offset));
    return edges[Math.min(at, last)];
  });
  const all = [...total, edges[last]].filter((edge) => edge !== undefined);
  return { kind: 'switch', inputs: [input], edges: all, isTotal: true };
}
