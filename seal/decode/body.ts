/** A function body as a flat list of instructions with their immediates. */
import { ModuleError } from './error.ts';
import { checkLimit } from './limits.ts';
import type { DefinedFunction, FunctionType, ValueType } from './module.ts';
import { type Opcode, opcodeOf, unsupportedFeature } from './opcodes.ts';
import { Reader } from './reader.ts';
import { readHeapType, readValueType, valueTypeOf } from './types.ts';

export interface BodyInstruction {
  readonly opcode: Opcode;
  readonly byteOffset: number;
  /** Index immediate: label depth, function, local, global, table, memory, segment; destination of a copy; type of an indirect call. */
  readonly index: number;
  /**
   * Second index: source of a copy, table of an indirect call, memory of an initialisation. Of a memory access the exponent
   * of its alignment.
   */
  readonly second: number;
  /** Of a vector instruction. */
  readonly lane: number;
  /** Constant bits, lanes of a shuffle or static offset of a memory access. */
  readonly bits: bigint;
  readonly labels: readonly number[];
  readonly blockType: FunctionType;
}

const noLabels: readonly number[] = [];
const noType: FunctionType = { parameters: [], results: [] };

export function readOpcode(reader: Reader): Opcode {
  const at = reader.offset;
  let code = reader.byte();
  if (code === 0xfc || code === 0xfd || code === 0xfe || code === 0xfb) {
    const second = reader.u32();
    if (second > 0xff) {
      if (code === 0xfd && second > 0x1ff) return reader.fail(`illegal opcode 0xfd ${second}`, at);
      if (code === 0xfd) throw new ModuleError('unsupported', `instruction 0xfd ${second} of relaxed SIMD`, at);
      if (code !== 0xfc) throw new ModuleError('unsupported', unsupportedFeature(code) ?? 'instruction', at);
      return reader.fail(`illegal opcode 0xfc ${second}`, at);
    }
    code = code * 256 + second;
  }
  const opcode = opcodeOf(code);
  if (opcode !== undefined) return opcode;
  const feature = unsupportedFeature(code);
  if (feature !== undefined)
    throw new ModuleError('unsupported', `instruction 0x${code.toString(16)} of ${feature}`, at);
  return reader.fail(`illegal opcode 0x${code.toString(16)}`, at);
}

function readBlockType(reader: Reader, types: readonly FunctionType[]): FunctionType {
  const code = reader.peek();
  if (code === 0x40) {
    reader.byte();
    return noType;
  }
  if (valueTypeOf(code) !== undefined) return { parameters: [], results: [readValueType(reader)] };
  const at = reader.offset;
  if (code >= 0x40 && code < 0x80) return { parameters: [], results: [readValueType(reader)] };
  const index = reader.s33();
  const type = types[index];
  if (type === undefined) throw new ModuleError('invalid', `unknown type ${index}`, at);
  return type;
}

export function readBody(fn: DefinedFunction, types: readonly FunctionType[]): readonly BodyInstruction[] {
  try {
    return readInstructions(fn, types);
  } catch (error) {
    throw error instanceof ModuleError ? error.inFunction(fn.name) : error;
  }
}

function readInstructions(fn: DefinedFunction, types: readonly FunctionType[]): readonly BodyInstruction[] {
  const reader = new Reader(fn.bytes, fn.bodyStart, fn.bodyEnd);
  const instructions: BodyInstruction[] = [];
  let depth = 1;
  while (depth > 0) {
    const byteOffset = reader.offset;
    const opcode = readOpcode(reader);
    let index = 0;
    let second = 0;
    let lane = 0;
    let bits = 0n;
    let labels = noLabels;
    let blockType = noType;
    switch (opcode.immediates) {
      case 'none':
        if (opcode.name === 'end') depth -= 1;
        break;
      case 'block':
        blockType = readBlockType(reader, types);
        depth += 1;
        break;
      case 'labels':
        labels = reader.vector(() => reader.u32());
        checkLimit('labels of one br_table', labels.length, byteOffset);
        index = reader.u32();
        break;
      case 'i32':
        bits = BigInt.asUintN(32, BigInt(reader.s32()));
        break;
      case 'i64':
        bits = BigInt.asUintN(64, reader.s64());
        break;
      case 'f32':
        bits = reader.f32Bits();
        break;
      case 'f64':
        bits = reader.f64Bits();
        break;
      case 'access':
      case 'access_lane': {
        const flags = reader.u32();
        if (flags >= 128) reader.fail('malformed memop flags', byteOffset + 1);
        second = flags & 0x3f;
        index = flags & 0x40 ? reader.u32() : 0;
        bits = BigInt(reader.u32());
        if (opcode.immediates === 'access_lane') lane = reader.byte();
        break;
      }
      case 'v128':
      case 'shuffle':
        bits = reader.v128Bits();
        break;
      case 'lane':
        lane = reader.byte();
        break;
      case 'types': {
        const list: readonly ValueType[] = reader.vector(() => readValueType(reader));
        blockType = { parameters: [], results: list };
        break;
      }
      case 'reference':
        blockType = { parameters: [], results: [readHeapType(reader)] };
        break;
      case 'indirect':
      case 'memory_memory':
      case 'table_table':
      case 'data_memory':
      case 'element_table':
        index = reader.u32();
        second = reader.u32();
        break;
      default:
        index = reader.u32();
    }
    checkLimit('instructions of one function', instructions.length, byteOffset);
    instructions.push({ opcode, byteOffset, index, second, lane, bits, labels, blockType });
  }
  if (!reader.done) reader.fail('operators remaining after end of function');
  return instructions;
}
