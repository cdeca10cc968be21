/** Comparisons: flags for a branch or select, or a 0/1 in a register. */
import type { Width } from '../assembler.ts';
import { type Constraints, constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import type { Condition } from '../encodings.ts';
import type { Location } from '../locations.ts';
import type { NumericRule } from './rule.ts';

/** How to read the flags. Unordered floats set the parity flag; where it decides, it says what the answer is then. */
export interface Test {
  readonly condition: Condition;
  readonly ifUnordered: boolean | undefined;
}

const integerConditions: Readonly<Record<string, Condition>> = {
  eq: 'e',
  ne: 'ne',
  lt_s: 'l',
  lt_u: 'b',
  gt_s: 'g',
  gt_u: 'a',
  le_s: 'le',
  le_u: 'be',
  ge_s: 'ge',
  ge_u: 'ae',
};

const integerOperands = constraints({ uses: ['register', 'any'] });
const floatOperands = constraints({ uses: ['register', 'any'] });
/** a < b is b > a, because after ucomis only `above` is false for unordered operands. */
const swappedFloatOperands = constraints({ uses: ['any', 'register'] });

const isFloat = (op: string) => op.startsWith('f');
const isSwapped = (op: string) => op.endsWith('.lt') || op.endsWith('.le');

export function compareConstraints(op: string | undefined): Constraints {
  if (op === undefined || !isFloat(op)) return integerOperands;
  return isSwapped(op) ? swappedFloatOperands : floatOperands;
}

/** Set flags; without `op`, for the first input being non-zero. */
export function emitCompare(emission: Emission, op: string | undefined, a: Location, b: Location | undefined): Test {
  const { assembler } = emission;
  if (op === undefined || op.endsWith('.eqz') || b === undefined) {
    const width: Width = op?.startsWith('i64') ? 64 : 32;
    const register = emission.register(a);
    assembler.op('test', width, register, register);
    return { condition: op === undefined ? 'ne' : 'e', ifUnordered: undefined };
  }
  const operator = op.slice(4);
  if (operator === 'and') {
    const width: Width = op.startsWith('i64') ? 64 : 32;
    const mask = emission.immediate(b, width);
    if (mask !== undefined) assembler.testImmediate(width, emission.register(a), mask);
    else assembler.op('test', width, emission.register(a), emission.operand(b, width === 64 ? 'i64' : 'i32'));
    return { condition: 'ne', ifUnordered: undefined };
  }
  if (!isFloat(op)) {
    const width: Width = op.startsWith('i64') ? 64 : 32;
    const condition = integerConditions[operator];
    if (condition === undefined) throw new Error(`${op} is not a comparison`);
    const immediate = emission.immediate(b, width);
    const register = emission.register(a);
    if (immediate === 0 && (condition === 'e' || condition === 'ne')) assembler.op('test', width, register, register);
    else if (immediate !== undefined) assembler.immediate('cmp', width, register, immediate);
    else assembler.op('cmp', width, register, emission.operand(b, width === 64 ? 'i64' : 'i32'));
    return { condition, ifUnordered: undefined };
  }
  const type = op.startsWith('f64') ? 'f64' : 'f32';
  const [left, right] = isSwapped(op) ? [b, a] : [a, b];
  assembler.op(type === 'f64' ? 'ucomisd' : 'ucomiss', 32, emission.register(left), emission.operand(right, type));
  switch (operator) {
    case 'eq':
      return { condition: 'e', ifUnordered: false };
    case 'ne':
      return { condition: 'ne', ifUnordered: true };
    case 'lt':
    case 'gt':
      return { condition: 'a', ifUnordered: undefined };
    default:
      return { condition: 'ae', ifUnordered: undefined };
  }
}

function emitFlag(emission: Emission, op: string, result: Location, a: Location, b: Location): void {
  const { assembler } = emission;
  const register = emission.register(result);
  const test = emitCompare(emission, op, a, b);
  if (test.ifUnordered === undefined) {
    assembler.setCondition(test.condition, register);
    assembler.op('movzx8', 32, register, register);
    return;
  }
  // mov leaves the flags alone; the answer for unordered operands is overwritten when the parity flag is clear.
  assembler.setCondition(test.condition, register);
  const ordered = assembler.skipIf('np');
  assembler.moveConstant(register, test.ifUnordered ? 1n : 0n);
  assembler.bind(ordered);
  assembler.op('movzx8', 32, register, register);
}

const rule = (op: string): NumericRule => ({
  constraints: compareConstraints(op),
  emit: (emission, result, a, b) => emitFlag(emission, op, result, a, b),
});

const rows = (type: string, operators: readonly string[]): (readonly [string, NumericRule])[] =>
  operators.map((operator) => [`${type}.${operator}`, rule(`${type}.${operator}`)] as const);

const integerOperators = ['eqz', ...Object.keys(integerConditions)];
const floatOperators = ['eq', 'ne', 'lt', 'gt', 'le', 'ge'];

export const compareRules: ReadonlyMap<string, NumericRule> = new Map([
  ...rows('i32', integerOperators),
  ...rows('i64', integerOperators),
  ...rows('f32', floatOperators),
  ...rows('f64', floatOperators),
]);
