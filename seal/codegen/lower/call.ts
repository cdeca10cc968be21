/** Calls: of compiled functions, through tables, and of what module `linux` provides. */
import type { NumberType } from '../../decode/module.ts';
import type { CallInstruction, IndirectCallInstruction, Value } from '../../ir/ir.ts';
import { passArguments, passResults } from '../calling.ts';
import { type Constraints, constraints } from '../constraints.ts';
import type { Emission, Program } from '../emission.ts';
import type { Location, Move } from '../locations.ts';
import { callerSaved, scratch } from '../registers.ts';
import { emitNative, nativeConstraints, nativeFunction } from './native.ts';
import type { Operands } from './rule.ts';

const typesOf = (values: readonly Value[]): readonly NumberType[] => values.map((value) => value.type);

const registerOf = (location: Location) => (location.kind === 'register' ? location.register : undefined);

function callConstraints(inputs: readonly Value[], results: readonly Value[], extraInputs: number): Constraints {
  const passed = passArguments(typesOf(inputs.slice(0, inputs.length - extraInputs)), 'outgoing');
  const returned = passResults(typesOf(results), 'outgoing');
  const [first] = returned.locations;
  return constraints({
    uses: ['any'],
    result: 'any',
    clobbers: callerSaved,
    inputHints: passed.locations.map(registerOf),
    resultHint: first === undefined ? undefined : registerOf(first),
  });
}

function argumentMoves(inputs: readonly Value[], locations: readonly Location[]): Move[] {
  return passArguments(typesOf(inputs), 'outgoing').locations.map((to, index) => ({
    to,
    from: locations[index] ?? to,
    type: inputs[index]?.type ?? 'i64',
  }));
}

function takeResults(emission: Emission, results: readonly Value[], locations: readonly Location[]): void {
  emission.moves(
    passResults(typesOf(results), 'outgoing').locations.map((from, index) => ({
      to: locations[index] ?? from,
      from,
      type: results[index]?.type ?? 'i64',
    })),
  );
}

/** Stack words a call needs for arguments and results. */
export function callStackWords(program: Program, instruction: CallInstruction | IndirectCallInstruction): number {
  if (instruction.kind === 'call' && nativeFunction(program, instruction.callee) !== undefined) return 0;
  const inputs = instruction.kind === 'call' ? instruction.inputs : instruction.inputs.slice(0, -1);
  return Math.max(
    passArguments(typesOf(inputs), 'outgoing').stackWords,
    passResults(typesOf(instruction.results), 'outgoing').stackWords,
  );
}

export const callRule = {
  constraints(program: Program, instruction: CallInstruction): Constraints {
    const native = nativeFunction(program, instruction.callee);
    if (native !== undefined) return nativeConstraints(native);
    return callConstraints(instruction.inputs, instruction.results, 0);
  },
  emit(emission: Emission, instruction: CallInstruction, { inputs, results }: Operands): void {
    const native = nativeFunction(emission.program, instruction.callee);
    if (native !== undefined) {
      emitNative(emission, native, inputs, results);
      return;
    }
    emission.moves(argumentMoves(instruction.inputs, inputs));
    const label = emission.program.functionLabels[instruction.callee];
    if (label === undefined) throw new Error(`function ${instruction.callee} does not exist`);
    emission.assembler.call(label);
    takeResults(emission, instruction.results, results);
  },
};

/** scratch ← code address of the table's element, after the checks of core specification §4.4.8 (call_indirect). */
export function emitTableTarget(emission: Emission, table: number, typeIndex: number, index: Location): void {
  const { assembler, program } = emission;
  const cell = program.context.tables[table];
  if (cell === undefined) throw new Error(`table ${table} does not exist`);
  emission.load(scratch, index, 'i32');
  assembler.op('cmp', 32, scratch, { displacement: cell.size });
  assembler.jumpIf('ae', emission.trap('undefinedElement'));
  assembler.op('mov', 64, scratch, { index: scratch, scale: 8, displacement: cell.elements });
  assembler.op('test', 64, scratch, scratch);
  assembler.jumpIf('e', emission.trap('undefinedElement'));
  // The word before a function that can be in a table is the id of its type.
  assembler.immediate('cmp', 32, { base: scratch, displacement: -4 }, program.typeIds[typeIndex] ?? -1);
  assembler.jumpIf('ne', emission.trap('signatureMismatch'));
}

export const indirectCallRule = {
  constraints: (instruction: IndirectCallInstruction): Constraints =>
    callConstraints(instruction.inputs, instruction.results, 1),
  emit(emission: Emission, instruction: IndirectCallInstruction, { inputs, results }: Operands): void {
    const index = inputs[inputs.length - 1];
    if (index === undefined) throw new Error('indirect call without index');
    const passed = instruction.inputs.slice(0, -1);
    const moves = argumentMoves(passed, inputs);
    // Stack-to-stack moves go through the scratch register, which holds the target: they are made before it is loaded.
    const aside = moves.filter(({ to }) => to.kind === 'outgoing');
    for (const move of aside) emission.move(move.to, move.from, move.type);
    emitTableTarget(emission, instruction.table, instruction.typeIndex, index);
    emission.moves(moves.filter(({ to }) => to.kind !== 'outgoing'));
    emission.assembler.callThrough(scratch);
    takeResults(emission, instruction.results, results);
  },
};
