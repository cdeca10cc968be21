import type { SelectInstruction } from '../../ir/ir.ts';
import { constraints, type Use } from '../constraints.ts';
import { widthOf } from '../emission.ts';
import { isFloatRegister, isFloatType } from '../registers.ts';
import { compareConstraints, emitCompare } from './compare.ts';
import { type InstructionRule, nowhere } from './rule.ts';

/** Result ← the second input, then conditionally the first. Where the flags need two tests the order is the other way. */
export const selectRule: InstructionRule<SelectInstruction> = {
  constraints(instruction) {
    const [first] = instruction.results;
    const isFloat = first !== undefined && isFloatType(first.type);
    const compare = compareConstraints(instruction.compare).uses;
    const chosen: Use = isFloat ? 'late-any' : 'late-register';
    return constraints({ uses: [chosen, isFloat ? 'late-any' : 'late-register', ...compare] });
  },
  emit(emission, instruction, { inputs, results }) {
    const { assembler } = emission;
    const [chosen = nowhere, otherwise = nowhere, a = nowhere, b] = inputs;
    const [result = nowhere] = results;
    const type = instruction.results[0]?.type ?? 'i32';
    const target = emission.register(result);
    const test = emitCompare(emission, instruction.compare, a, b);
    if (isFloatRegister(target)) {
      const take = assembler.newLabel();
      const done = assembler.newLabel();
      const other = assembler.newLabel();
      if (test.ifUnordered !== undefined) assembler.jumpIf('p', test.ifUnordered ? take : other);
      assembler.jumpIf(test.condition, take);
      assembler.bind(other);
      emission.load(target, otherwise, type);
      assembler.jump(done);
      assembler.bind(take);
      emission.load(target, chosen, type);
      assembler.bind(done);
      return;
    }
    const width = widthOf(type);
    emission.load(target, otherwise, type);
    assembler.moveIf(test.condition, width, target, emission.register(chosen));
    if (test.ifUnordered === true) assembler.moveIf('p', width, target, emission.register(chosen));
    if (test.ifUnordered === false) assembler.moveIf('p', width, target, emission.register(otherwise));
  },
};
