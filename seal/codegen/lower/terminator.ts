/** Ends of blocks: jumps, branches, jump tables, returns, tail calls, traps. */
import { type Block, type Edge, type Terminator, trapCodes, type Value } from '../../ir/ir.ts';
import type { Label } from '../assembler.ts';
import { passArguments, passResults } from '../calling.ts';
import { type Constraints, constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import { negate } from '../encodings.ts';
import type { Location } from '../locations.ts';
import { rsp, scratch } from '../registers.ts';
import { emitTableTarget } from './call.ts';
import { compareConstraints, emitCompare } from './compare.ts';
import { nowhere } from './rule.ts';

export function terminatorConstraints(terminator: Terminator): Constraints {
  switch (terminator.kind) {
    case 'branch':
      return compareConstraints(terminator.compare);
    case 'switch':
      return constraints({ uses: ['register'] });
    default:
      return constraints({ uses: ['any'] });
  }
}

/** Where the code of a block's successors is. */
export interface Targets {
  /** Code that continues at the block, past blocks that do nothing. */
  labelOf(edge: Edge): Label;
  /** Whether that code comes right behind. */
  isNext(edge: Edge): boolean;
}

const typesOf = (values: readonly Value[]) => values.map((value) => value.type);

export function emitEpilogue(emission: Emission): void {
  const { assembler, frame } = emission;
  if (frame.sizeBytes > 0) assembler.immediate('add', 64, rsp, frame.sizeBytes);
  for (const register of [...frame.saved].reverse()) assembler.pop(register);
}

export function emitTerminator(
  emission: Emission,
  block: Block,
  locations: readonly Location[],
  targets: Targets,
  incomingWords: number,
): void {
  const { assembler } = emission;
  const { terminator } = block;
  switch (terminator.kind) {
    case 'jump': {
      const [edge] = terminator.edges;
      if (edge !== undefined && !targets.isNext(edge)) assembler.jump(targets.labelOf(edge));
      return;
    }
    case 'branch':
      emitBranch(emission, terminator, locations, targets);
      return;
    case 'switch':
      emitSwitch(emission, terminator, locations[0] ?? nowhere, targets);
      return;
    case 'return':
      emission.moves(
        passResults(typesOf(terminator.inputs), 'incoming').locations.map((to, index) => ({
          to,
          from: locations[index] ?? to,
          type: terminator.inputs[index]?.type ?? 'i64',
        })),
      );
      emitEpilogue(emission);
      assembler.byte(0xc3);
      return;
    case 'trap':
      assembler.raw(0x0f, 0x0b, trapCodes[terminator.trap]);
      return;
    case 'tail-call':
    case 'tail-call-indirect':
      emitTailCall(emission, terminator, locations, incomingWords);
      return;
  }
}

function emitBranch(
  emission: Emission,
  terminator: Terminator & { readonly kind: 'branch' },
  [a = nowhere, b]: readonly Location[],
  targets: Targets,
): void {
  const { assembler } = emission;
  const [taken, otherwise] = terminator.edges;
  if (taken === undefined || otherwise === undefined) throw new Error('branch without two edges');
  const test = emitCompare(emission, terminator.compare, a, b);
  if (test.ifUnordered !== undefined) {
    assembler.jumpIf('p', targets.labelOf(test.ifUnordered ? taken : otherwise));
  }
  if (targets.isNext(taken)) {
    assembler.jumpIf(negate(test.condition), targets.labelOf(otherwise));
    return;
  }
  assembler.jumpIf(test.condition, targets.labelOf(taken));
  if (!targets.isNext(otherwise)) assembler.jump(targets.labelOf(otherwise));
}

/** Up to this many labels a chain of comparisons is smaller and faster than a table. */
const chainLength = 3;

function emitSwitch(
  emission: Emission,
  { edges, isTotal = false }: Terminator & { readonly kind: 'switch' },
  index: Location,
  targets: Targets,
): void {
  const { assembler } = emission;
  const register = emission.register(index);
  const labels = edges.slice(0, -1);
  const last = edges[edges.length - 1];
  if (last === undefined) throw new Error('switch without default');
  if (labels.length <= chainLength) {
    for (const [value, edge] of labels.entries()) {
      if (value === 0) assembler.op('test', 32, register, register);
      else assembler.immediate('cmp', 32, register, value);
      assembler.jumpIf('e', targets.labelOf(edge));
    }
    if (!targets.isNext(last)) assembler.jump(targets.labelOf(last));
    return;
  }
  if (!isTotal) {
    assembler.immediate('cmp', 32, register, labels.length);
    assembler.jumpIf('ae', targets.labelOf(last));
  }
  const table = emission.program.literals.jumpTable(labels.map((edge) => targets.labelOf(edge)));
  assembler.op('lea', 64, scratch, { label: table });
  assembler.op('mov', 32, scratch, { base: scratch, index: register, scale: 4 });
  assembler.jumpThrough(scratch);
}

type TailCall = Terminator & { readonly kind: 'tail-call' | 'tail-call-indirect' };

/** Whether the callee's stack words fit into those this function was called with; otherwise it is called and returned from. */
export function isRealTailCall(terminator: TailCall, incomingWords: number): boolean {
  const inputs = terminator.kind === 'tail-call' ? terminator.inputs : terminator.inputs.slice(0, -1);
  return passArguments(typesOf(inputs), 'incoming').stackWords <= incomingWords;
}

function emitTailCall(
  emission: Emission,
  terminator: TailCall,
  locations: readonly Location[],
  incomingWords: number,
): void {
  const { assembler, program } = emission;
  if (!isRealTailCall(terminator, incomingWords)) {
    throw new Error('tail call with more stack words than its caller must be lowered to a call before');
  }
  const direct = terminator.kind === 'tail-call';
  const inputs = direct ? terminator.inputs : terminator.inputs.slice(0, -1);
  const moves = passArguments(typesOf(inputs), 'incoming').locations.map((to, index) => ({
    to,
    from: locations[index] ?? to,
    type: inputs[index]?.type ?? 'i64',
  }));
  if (!direct) {
    const index = locations[locations.length - 1] ?? nowhere;
    const aside = moves.filter(({ to }) => to.kind === 'incoming');
    for (const move of aside) emission.move(move.to, move.from, move.type);
    emitTableTarget(emission, terminator.table, terminator.typeIndex, index);
    emission.moves(moves.filter(({ to }) => to.kind !== 'incoming'));
    emitEpilogue(emission);
    assembler.jumpThrough(scratch);
    return;
  }
  emission.moves(moves);
  emitEpilogue(emission);
  const label = program.functionLabels[terminator.callee];
  if (label === undefined) throw new Error(`function ${terminator.callee} does not exist`);
  assembler.jump(label);
}
