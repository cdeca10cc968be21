/** Constants where an instruction wants a register are put into one right before it. */
import { type Instruction, type IrFunction, newValue, type Value } from '../ir/ir.ts';
import { type ConstraintRules, type Constraints, useAt } from './constraints.ts';
import { storesImmediate } from './lower/memory.ts';

const flipped: Readonly<Record<string, string>> = {
  eq: 'eq',
  ne: 'ne',
  lt_s: 'gt_s',
  lt_u: 'gt_u',
  gt_s: 'lt_s',
  gt_u: 'lt_u',
  le_s: 'ge_s',
  le_u: 'ge_u',
  ge_s: 'le_s',
  ge_u: 'le_u',
};
const commutative = /^i(32|64)\.(add|mul|and|or|xor)$/;

/** The same operation with its operands exchanged. */
function swapped(op: string): string | undefined {
  if (commutative.test(op)) return op;
  if (!op.startsWith('i')) return undefined;
  const other = flipped[op.slice(4)];
  return other === undefined ? undefined : op.slice(0, 4) + other;
}

/** Constants go to the right, where instructions take immediates. */
function constantsRight(op: string | undefined, inputs: Value[], at: number): string | undefined {
  const a = inputs[at];
  const b = inputs[at + 1];
  if (op === undefined || a?.constant === undefined || b === undefined || b.constant !== undefined) return op;
  const other = swapped(op);
  if (other === undefined) return op;
  inputs[at] = b;
  inputs[at + 1] = a;
  return other;
}

function takesConstant(instruction: Instruction, index: number, value: Value): boolean {
  if (instruction.kind === 'load') return index === 0;
  if (instruction.kind === 'store') {
    return index === 0 || storesImmediate(instruction.op, value.type, value.constant ?? 0n);
  }
  return false;
}

export function legalize(fn: IrFunction, rules: ConstraintRules): void {
  for (const block of fn.blocks) {
    const legal: Instruction[] = [];
    const intoRegisters = (
      inputs: Value[],
      constraint: Constraints,
      accepts: (index: number, value: Value) => boolean,
    ) => {
      for (const [index, value] of inputs.entries()) {
        if (value.constant === undefined || accepts(index, value)) continue;
        const use = useAt(constraint, index);
        if (use !== 'register' && use !== 'late-register') continue;
        const result = newValue(fn, value.type);
        legal.push({ kind: 'materialize', inputs: [value], results: [result] });
        inputs[index] = result;
      }
    };
    for (const instruction of block.instructions) {
      if (instruction.kind === 'numeric') {
        instruction.op = constantsRight(instruction.op, instruction.inputs, 0) ?? instruction.op;
      } else if (instruction.kind === 'select') {
        instruction.compare = constantsRight(instruction.compare, instruction.inputs, 2);
      }
      intoRegisters(instruction.inputs, rules.instruction(instruction), (index, value) =>
        takesConstant(instruction, index, value),
      );
      legal.push(instruction);
    }
    const { terminator } = block;
    if (terminator.kind === 'branch') terminator.compare = constantsRight(terminator.compare, terminator.inputs, 0);
    intoRegisters(terminator.inputs, rules.terminator(terminator), () => false);
    block.instructions = legal;
  }
}
