/** What an instruction asks of the register allocator. */
import type { Block, Instruction, Terminator } from '../ir/ir.ts';

/**
 * `register`: must be in one. `any`: register, stack or constant. `late`: still read after the result is written, so
 * result and input must not share a register.
 */
export type Use = 'register' | 'late-register' | 'any' | 'late-any';

export interface Constraints {
  /** One per input; the last repeats. */
  readonly uses: readonly Use[];
  readonly result: 'register' | 'any';
  /** Registers whose content is lost. A result may be put there. */
  readonly clobbers: readonly number[];
  /** Clobbered, and no place for the result. */
  readonly avoids: readonly number[];
  /** Register the result comes out in anyway, or `first-input` where the code is two-address. */
  readonly resultHint: number | 'first-input' | undefined;
  /** Register an input is moved to anyway. */
  readonly inputHints: readonly (number | undefined)[];
}

const nothing: readonly never[] = [];

export const constraints = (parts: Partial<Constraints>): Constraints => ({
  uses: ['any'],
  result: 'register',
  clobbers: nothing,
  avoids: nothing,
  resultHint: undefined,
  inputHints: nothing,
  ...parts,
});

export const useAt = (constraint: Constraints, index: number): Use =>
  constraint.uses[Math.min(index, constraint.uses.length - 1)] ?? 'any';

/** Source of constraints: the lowering tables. */
export interface ConstraintRules {
  instruction(instruction: Instruction): Constraints;
  terminator(terminator: Terminator): Constraints;
  /** Registers the parameters of the function arrive in; undefined for the stack. */
  parameterRegisters(entry: Block): readonly (number | undefined)[];
}
