/**
 * The intermediate representation: functions of basic blocks in SSA form, with block parameters in place of phi nodes.
 * Blocks stand in an order in which every block follows its dominators and every loop is contiguous; liveness and the
 * allocator rely on it. References are native addresses, i.e. i64.
 */
import type { NumberType } from '../decode/module.ts';

export type { NumberType } from '../decode/module.ts';

export interface Value {
  readonly id: number;
  readonly type: NumberType;
  /** Bit pattern of a constant. Constants have no defining instruction and live nowhere until they are used. */
  readonly constant: bigint | undefined;
}

export type TrapName =
  | 'unreachable'
  | 'divideByZero'
  | 'integerOverflow'
  | 'invalidConversion'
  | 'undefinedElement'
  | 'signatureMismatch'
  | 'outOfBounds';

/** The byte behind `ud2` (docs/process-image.md). */
export const trapCodes: Readonly<Record<TrapName, number>> = {
  unreachable: 1,
  divideByZero: 2,
  integerOverflow: 3,
  invalidConversion: 4,
  undefinedElement: 5,
  signatureMismatch: 6,
  outOfBounds: 7,
};

interface InstructionBase {
  inputs: Value[];
  results: Value[];
}

/** Arithmetic, comparison and conversion; `op` is the WebAssembly mnemonic. */
export interface NumericInstruction extends InstructionBase {
  readonly kind: 'numeric';
  op: string;
}

/** A constant in a register: the copy an instruction needs that takes no immediate. */
export interface MaterializeInstruction extends InstructionBase {
  readonly kind: 'materialize';
}

export interface LoadInstruction extends InstructionBase {
  readonly kind: 'load';
  readonly op: string;
  readonly memory: number;
  readonly offset: number;
}

export interface StoreInstruction extends InstructionBase {
  readonly kind: 'store';
  readonly op: string;
  readonly memory: number;
  readonly offset: number;
}

/** Inputs: chosen when the condition holds, chosen otherwise, then the operands of the condition. */
export interface SelectInstruction extends InstructionBase {
  readonly kind: 'select';
  compare: string | undefined;
}

export interface CallInstruction extends InstructionBase {
  readonly kind: 'call';
  readonly callee: number;
}

/** The last input is the table index. */
export interface IndirectCallInstruction extends InstructionBase {
  readonly kind: 'call-indirect';
  readonly typeIndex: number;
  readonly table: number;
}

/** Everything else that has effects: globals, memory and table management, references. `op` is the mnemonic. */
export interface EffectInstruction extends InstructionBase {
  readonly kind: 'effect';
  readonly op: string;
  readonly index: number;
  readonly second: number;
}

export type Instruction =
  | NumericInstruction
  | MaterializeInstruction
  | LoadInstruction
  | StoreInstruction
  | SelectInstruction
  | CallInstruction
  | IndirectCallInstruction
  | EffectInstruction;

export interface Edge {
  target: Block;
  arguments: Value[];
}

export type Terminator =
  | { readonly kind: 'jump'; readonly inputs: Value[]; readonly edges: Edge[] }
  /** edges[0] when the condition (a comparison of the inputs, or the one input being non-zero) holds, else edges[1]. */
  | { readonly kind: 'branch'; inputs: Value[]; readonly edges: Edge[]; compare: string | undefined }
  /** edges[input], the last edge for everything beyond; total: there is nothing beyond, whatever the input. */
  | { readonly kind: 'switch'; readonly inputs: Value[]; readonly edges: Edge[]; readonly isTotal?: boolean }
  | { readonly kind: 'return'; readonly inputs: Value[]; readonly edges: Edge[] }
  | { readonly kind: 'tail-call'; readonly inputs: Value[]; readonly edges: Edge[]; readonly callee: number }
  | {
      readonly kind: 'tail-call-indirect';
      readonly inputs: Value[];
      readonly edges: Edge[];
      readonly typeIndex: number;
      readonly table: number;
    }
  | { readonly kind: 'trap'; readonly inputs: Value[]; readonly edges: Edge[]; readonly trap: TrapName };

export interface Block {
  readonly id: number;
  parameters: Value[];
  instructions: Instruction[];
  terminator: Terminator;
  /** Number of loops around the block. */
  readonly loopDepth: number;
}

export interface IrFunction {
  readonly name: string;
  /** Block 0 is the entry; its parameters are the function's. */
  blocks: Block[];
  readonly resultTypes: readonly NumberType[];
  /** Ids of values are below this. */
  valueCount: number;
}

const noEdges: Edge[] = [];

export const trapTerminator = (trap: TrapName): Terminator => ({ kind: 'trap', inputs: [], edges: noEdges, trap });

export function newValue(fn: IrFunction, type: NumberType, constant?: bigint): Value {
  const value: Value = { id: fn.valueCount, type, constant };
  fn.valueCount += 1;
  return value;
}
