/** One place to ask for the rule of an instruction. */
import type { Instruction } from '../../ir/ir.ts';
import type { Constraints } from '../constraints.ts';
import { constraints } from '../constraints.ts';
import type { Emission, Program } from '../emission.ts';
import { callRule, indirectCallRule } from './call.ts';
import { compareRules } from './compare.ts';
import { conversionRules } from './conversion.ts';
import { effectRule } from './effect.ts';
import { floatRules } from './float.ts';
import { integerRules } from './integer.ts';
import { loadRule, storeRule } from './memory.ts';
import { type NumericRule, nowhere, type Operands } from './rule.ts';
import { selectRule } from './select.ts';
import { vectorCompareRules } from './simd-compare.ts';
import { vectorConversionRules } from './simd-conversion.ts';
import { vectorFloatRules } from './simd-float.ts';
import { vectorIntegerRules } from './simd-integer.ts';
import { vectorLaneRules } from './simd-lanes.ts';
import { vectorShiftRules } from './simd-shift.ts';
import { shuffleRules } from './simd-shuffle.ts';

const numericRules: ReadonlyMap<string, NumericRule> = new Map([
  ...integerRules,
  ...compareRules,
  ...floatRules,
  ...conversionRules,
  ...vectorIntegerRules,
  ...vectorShiftRules,
  ...vectorFloatRules,
  ...vectorCompareRules,
  ...vectorConversionRules,
  ...vectorLaneRules,
  ...shuffleRules,
]);

export function numericRule(op: string): NumericRule {
  const rule = numericRules.get(op);
  if (rule === undefined) throw new Error(`${op} has no lowering rule`);
  return rule;
}

const materialized = constraints({});

export function instructionConstraints(program: Program, instruction: Instruction): Constraints {
  switch (instruction.kind) {
    case 'numeric':
      return numericRule(instruction.op).constraints;
    case 'materialize':
      return materialized;
    case 'load':
      return loadRule.constraints(instruction);
    case 'store':
      return storeRule.constraints(instruction);
    case 'select':
      return selectRule.constraints(instruction);
    case 'call':
      return callRule.constraints(program, instruction);
    case 'call-indirect':
      return indirectCallRule.constraints(instruction);
    case 'effect':
      return effectRule(instruction.op).constraints;
  }
}

export function emitInstruction(emission: Emission, instruction: Instruction, operands: Operands): void {
  switch (instruction.kind) {
    case 'numeric': {
      const [a = nowhere, b = nowhere, c = nowhere] = operands.inputs;
      numericRule(instruction.op).emit(emission, operands.results[0] ?? nowhere, a, b, c);
      return;
    }
    case 'materialize': {
      const [value] = instruction.inputs;
      const [result = nowhere] = operands.results;
      if (value?.constant !== undefined) {
        emission.loadFreely(emission.register(result), { kind: 'constant', bits: value.constant }, value.type);
      }
      return;
    }
    case 'load':
      loadRule.emit(emission, instruction, operands);
      return;
    case 'store':
      storeRule.emit(emission, instruction, operands);
      return;
    case 'select':
      selectRule.emit(emission, instruction, operands);
      return;
    case 'call':
      callRule.emit(emission, instruction, operands);
      return;
    case 'call-indirect':
      indirectCallRule.emit(emission, instruction, operands);
      return;
    case 'effect':
      effectRule(instruction.op).emit(emission, instruction, operands);
      return;
  }
}
