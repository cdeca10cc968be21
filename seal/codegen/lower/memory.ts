/** Loads and stores: base register, 32-bit index, static offset. Guard pages stand in for bounds checks. */
import type { LoadInstruction, NumberType, StoreInstruction } from '../../ir/ir.ts';
import { fitsSigned32, type MemoryOperand, type Width } from '../assembler.ts';
import { constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import type { Mnemonic } from '../encodings.ts';
import type { Location } from '../locations.ts';
import { scratch } from '../registers.ts';
import { memoryBase } from '../runtime.ts';
import { type InstructionRule, nowhere } from './rule.ts';
import { vectorLoads, vectorStores } from './simd-memory.ts';

const loads: Readonly<Record<string, readonly [Mnemonic, Width]>> = {
  'i32.load': ['mov', 32],
  'i64.load': ['mov', 64],
  'f32.load': ['movss', 32],
  'f64.load': ['movsd', 32],
  'i32.load8_s': ['movsx8', 32],
  'i32.load8_u': ['movzx8', 32],
  'i32.load16_s': ['movsx16', 32],
  'i32.load16_u': ['movzx16', 32],
  'i64.load8_s': ['movsx8', 64],
  'i64.load8_u': ['movzx8', 32],
  'i64.load16_s': ['movsx16', 64],
  'i64.load16_u': ['movzx16', 32],
  'i64.load32_s': ['movsxd', 64],
  'i64.load32_u': ['mov', 32],
};

interface StoreRow {
  readonly mnemonic: Mnemonic;
  readonly width: Width;
  readonly bits: 8 | 16 | 32 | 64;
}

const stores: Readonly<Record<string, StoreRow>> = {
  'i32.store': { mnemonic: 'store', width: 32, bits: 32 },
  'i64.store': { mnemonic: 'store', width: 64, bits: 64 },
  'f32.store': { mnemonic: 'storess', width: 32, bits: 32 },
  'f64.store': { mnemonic: 'storesd', width: 32, bits: 64 },
  'i32.store8': { mnemonic: 'store8', width: 32, bits: 8 },
  'i32.store16': { mnemonic: 'store16', width: 32, bits: 16 },
  'i64.store8': { mnemonic: 'store8', width: 32, bits: 8 },
  'i64.store16': { mnemonic: 'store16', width: 32, bits: 16 },
  'i64.store32': { mnemonic: 'store', width: 32, bits: 32 },
};

/** The operand for index + offset; may use the scratch register. */
export function memoryOperand(emission: Emission, memory: number, index: Location, offset: number): MemoryOperand {
  const { assembler, program } = emission;
  const { context } = program;
  if (index.kind === 'constant') {
    const address = Number(index.bits) + offset;
    if (fitsSigned32(address)) {
      return { base: memoryBase(assembler, context, memory, scratch), displacement: address };
    }
    assembler.moveConstant(scratch, BigInt(address));
    return withScratch(emission, memory);
  }
  const register = emission.register(index);
  if (memory < 2 && fitsSigned32(offset)) {
    return { base: memoryBase(assembler, context, memory, scratch), index: register, displacement: offset };
  }
  if (fitsSigned32(offset)) {
    return { base: memoryBase(assembler, context, memory, scratch), index: register, displacement: offset };
  }
  // Displacements are signed: from 2 GiB on the offset is added in a register.
  assembler.moveConstant(scratch, BigInt(offset));
  assembler.op('add', 64, scratch, register);
  return withScratch(emission, memory);
}

/** The scratch register holds an offset from the memory's base. */
function withScratch(emission: Emission, memory: number): MemoryOperand {
  const { assembler, program } = emission;
  if (memory < 2) return { base: memoryBase(assembler, program.context, memory, scratch), index: scratch };
  assembler.op('add', 64, scratch, { displacement: program.context.memories[memory]?.base ?? 0 });
  return { base: scratch };
}

export const loadRule: InstructionRule<LoadInstruction> = {
  constraints: ({ op }) => vectorLoads.get(op)?.constraints ?? constraints({ uses: ['register'] }),
  emit(emission, instruction, { inputs, results: [result = nowhere] }) {
    const [index = nowhere] = inputs;
    const vector = vectorLoads.get(instruction.op);
    if (vector !== undefined) {
      const memory = memoryOperand(emission, instruction.memory, index, instruction.offset);
      vector.emit(emission, emission.register(result), memory, inputs);
      return;
    }
    const row = loads[instruction.op];
    if (row === undefined) throw new Error(`${instruction.op} is not a load`);
    const [mnemonic, width] = row;
    const operand = memoryOperand(emission, instruction.memory, index, instruction.offset);
    emission.assembler.op(mnemonic, width, emission.register(result), operand);
  },
};

export const storeRule: InstructionRule<StoreInstruction> = {
  constraints: ({ op }) => vectorStores.get(op)?.constraints ?? constraints({ uses: ['register', 'register'] }),
  emit(emission, instruction, { inputs: [index = nowhere, value = nowhere, lane = nowhere] }) {
    const vector = vectorStores.get(instruction.op);
    if (vector !== undefined) {
      const memory = memoryOperand(emission, instruction.memory, index, instruction.offset);
      vector.emit(emission, emission.register(value), memory, lane);
      return;
    }
    const row = stores[instruction.op];
    if (row === undefined) throw new Error(`${instruction.op} is not a store`);
    const operand = memoryOperand(emission, instruction.memory, index, instruction.offset);
    if (value.kind === 'constant')
      emission.assembler.storeConstant(row.bits, operand, Number(BigInt.asIntN(32, value.bits)));
    else emission.assembler.op(row.mnemonic, row.width, emission.register(value), operand);
  },
};

/** Whether a store takes this constant as an immediate. */
export function storesImmediate(op: string, type: NumberType, bits: bigint): boolean {
  const row = stores[op];
  if (row === undefined) return false;
  if (row.bits < 64) return true;
  return type === 'i64' && BigInt.asIntN(64, bits) === BigInt.asIntN(32, bits);
}
