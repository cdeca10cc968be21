import type { Instruction } from '../../ir/ir.ts';
import type { Constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import type { Location } from '../locations.ts';

/** Where an instruction's operands are. Early inputs may share registers with the results. */
export interface Operands {
  readonly inputs: readonly Location[];
  readonly results: readonly Location[];
}

/** One row of a lowering table: what the allocator has to know, and the code. */
export interface NumericRule {
  readonly constraints: Constraints;
  emit(emission: Emission, result: Location, a: Location, b: Location, c: Location): void;
}

export interface InstructionRule<I extends Instruction> {
  constraints(instruction: I): Constraints;
  emit(emission: Emission, instruction: I, operands: Operands): void;
}

export const nowhere: Location = { kind: 'constant', bits: 0n };
