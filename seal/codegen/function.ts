/** One function from IR to machine code: legalise, allocate, resolve, emit. */
import type { Block, Edge, Instruction, IrFunction, TrapName, Value } from '../ir/ir.ts';
import { verifyFunction } from '../ir/verify.ts';
import { type Allocation, allocate } from './allocate.ts';
import type { Label } from './assembler.ts';
import { coldLast, rotateLoops } from './block-order.ts';
import { passArguments, passResults } from './calling.ts';
import { checkAllocation } from './check-allocation.ts';
import { type ConstraintRules, useAt } from './constraints.ts';

import { Emission, type Frame, type Program } from './emission.ts';
import { stepsPerInstruction } from './intervals.ts';
import { legalize } from './legalize.ts';
import type { Location } from './locations.ts';
import { callStackWords } from './lower/call.ts';
import { lowerTailCalls } from './lower/long-tail-calls.ts';
import { emitInstruction, instructionConstraints } from './lower/rules.ts';
import { emitTerminator, type Targets, terminatorConstraints } from './lower/terminator.ts';
import { calleeSaved, rax, rsp } from './registers.ts';
import { locationAt, type ResolvedMoves, resolveMoves } from './resolve.ts';

const typesOf = (values: readonly Value[]) => values.map((value) => value.type);

const rulesFor = (program: Program): ConstraintRules => ({
  instruction: (instruction) => instructionConstraints(program, instruction),
  terminator: terminatorConstraints,
  parameterRegisters: (entry) =>
    passArguments(typesOf(entry.parameters), 'incoming').locations.map((location) =>
      location.kind === 'register' ? location.register : undefined,
    ),
});

function outgoingWords(program: Program, fn: IrFunction): number {
  let words = 0;
  for (const block of fn.blocks) {
    for (const instruction of block.instructions) {
      if (instruction.kind === 'call' || instruction.kind === 'call-indirect') {
        words = Math.max(words, callStackWords(program, instruction));
      }
    }
  }
  return words;
}

function layOutFrame(program: Program, fn: IrFunction, allocation: Allocation): Frame {
  const saved = calleeSaved.filter((register) => allocation.usedRegisters.has(register));
  const outgoing = outgoingWords(program, fn) * 8;
  const sizeBytes = outgoing + allocation.slotCount * 8;
  return { slots: outgoing, sizeBytes, saved, incoming: sizeBytes + saved.length * 8 + 8 };
}

/** The guard below the stack is hit for certain when no page is stepped over. */
const probeBytes = 4096;

function emitPrologue(emission: Emission): void {
  const { assembler, frame } = emission;
  for (const register of frame.saved) assembler.push(register);
  for (let offset = probeBytes; offset <= frame.sizeBytes; offset += probeBytes) {
    assembler.op('test', 32, rax, { base: rsp, displacement: -offset });
  }
  if (frame.sizeBytes > 0) assembler.immediate('sub', 64, rsp, frame.sizeBytes);
}

class FunctionEmitter {
  private readonly emission: Emission;
  private readonly fn: IrFunction;
  private readonly allocation: Allocation;
  private readonly moves: ResolvedMoves;
  private readonly rules: ConstraintRules;
  private readonly labels = new Map<Block, Label>();
  private readonly order: ReadonlyMap<Block, number>;
  private readonly incomingWords: number;

  constructor(
    program: Program,
    fn: IrFunction,
    allocation: Allocation,
    moves: ResolvedMoves,
    rules: ConstraintRules,
    incomingWords: number,
  ) {
    this.fn = fn;
    this.allocation = allocation;
    this.rules = rules;
    this.incomingWords = incomingWords;
    this.moves = moves;
    this.emission = new Emission(program, layOutFrame(program, fn, allocation));
    this.order = new Map(fn.blocks.map((block, index) => [block, index]));
    for (const block of fn.blocks) this.labels.set(block, program.assembler.newLabel());
  }

  emit(): void {
    const { emission, fn } = this;
    emitPrologue(emission);
    const withCode = fn.blocks.filter(
      (block, index) => index === 0 || (this.skipsTo(block) === undefined && this.onlyTraps(block) === undefined),
    );
    const emitted = coldLast(rotateLoops(withCode, (block) => this.landing(block)));
    for (const [index, block] of emitted.entries()) this.block(block, emitted[index + 1]);
    emission.emitTraps();
  }

  /** The block after one that only jumps, which needs no code of its own. */
  private skipsTo(block: Block): Block | undefined {
    const { terminator } = block;
    if (block.instructions.length > 0 || terminator.kind !== 'jump') return undefined;
    if (this.moves.ends.has(block) || this.moves.starts.has(block)) return undefined;
    if (block.parameters.some((parameter) => this.allocation.slots.has(parameter.id))) return undefined;
    const target = terminator.edges[0]?.target;
    // Only forward, so that a loop of blocks that do nothing keeps some code.
    if (target === undefined || (this.order.get(target) ?? 0) <= (this.order.get(block) ?? 0)) return undefined;
    return target;
  }

  /** The trap of a block that does nothing else: whoever goes there can go to the stub behind the function. */
  private onlyTraps(block: Block): TrapName | undefined {
    const { terminator } = block;
    if (block.instructions.length > 0 || terminator.kind !== 'trap' || this.moves.starts.has(block)) return undefined;
    return block.parameters.length > 0 ? undefined : terminator.trap;
  }

  private labelOf(edge: Edge): Label {
    const landing = this.landing(edge.target);
    const trap = this.onlyTraps(landing);
    const label = trap === undefined ? this.labels.get(landing) : this.emission.trap(trap);
    if (label === undefined) throw new Error(`block ${landing.id} has no label`);
    return label;
  }

  private landing(block: Block): Block {
    let landing = block;
    for (let next = this.skipsTo(landing); next !== undefined; next = this.skipsTo(landing)) landing = next;
    return landing;
  }

  private block(block: Block, next: Block | undefined): void {
    const { emission, fn, allocation } = this;
    const { assembler } = emission;
    const span = allocation.live.spans.get(block);
    const label = this.labels.get(block);
    if (span === undefined || label === undefined) return;
    assembler.bind(label);
    if (block === fn.blocks[0]) this.takeParameters(block, span.from);
    emission.moves(this.moves.starts.get(block) ?? []);
    this.storeSpilled(block.parameters, span.from);
    let position = span.from;
    for (const instruction of block.instructions) {
      position += stepsPerInstruction;
      this.instruction(instruction, position);
    }
    position += stepsPerInstruction;
    emission.moves(this.moves.gaps.get(position) ?? []);
    emission.moves(this.moves.ends.get(block) ?? []);
    const locations = block.terminator.inputs.map((value) => locationAt(allocation, value, position + 1));
    const targets: Targets = {
      labelOf: (edge: Edge) => this.labelOf(edge),
      isNext: (edge: Edge) => this.landing(edge.target) === next,
    };
    emitTerminator(emission, block, locations, targets, this.incomingWords);
  }

  private instruction(instruction: Instruction, position: number): void {
    const { emission, allocation } = this;
    emission.moves(this.moves.gaps.get(position) ?? []);
    const constraint = this.rules.instruction(instruction);
    const inputs = instruction.inputs.map((value, index): Location => {
      const use = useAt(constraint, index);
      // A late input may have been dropped to its slot in favour of the result: then the slot is read.
      const late = use === 'late-any' || use === 'late-register';
      return locationAt(allocation, value, position + (late ? 3 : 1));
    });
    const results = instruction.results.map((value) => locationAt(allocation, value, position + 3));
    emitInstruction(emission, instruction, { inputs, results });
    this.storeSpilled(instruction.results, position + 3);
  }

  /** The one store of a value that has a slot, right where it is defined, unless it is stored later. */
  private storeSpilled(values: readonly Value[], position: number): void {
    for (const value of values) {
      const index = this.allocation.slots.get(value.id);
      if (index === undefined || this.allocation.storedLate.has(value.id)) continue;
      const location = locationAt(this.allocation, value, position);
      if (location.kind === 'register') this.emission.move({ kind: 'slot', index }, location, value.type);
    }
  }

  private takeParameters(entry: Block, position: number): void {
    const passed = passArguments(typesOf(entry.parameters), 'incoming');
    const used = entry.parameters.map((value) => this.allocation.live.intervals.has(value.id));
    this.emission.moves(
      entry.parameters.flatMap((value, index) => {
        const from = passed.locations[index];
        if (from === undefined || used[index] !== true) return [];
        return [{ to: locationAt(this.allocation, value, position), from, type: value.type }];
      }),
    );
  }
}

export function emitFunction(program: Program, fn: IrFunction): void {
  const rules = rulesFor(program);
  const entry = fn.blocks[0];
  const incomingWords = Math.max(
    passArguments(typesOf(entry?.parameters ?? []), 'incoming').stackWords,
    passResults(fn.resultTypes, 'incoming').stackWords,
  );
  lowerTailCalls(program, fn, incomingWords);
  legalize(fn, rules);
  const allocation = allocate(fn, rules);
  const moves = resolveMoves(fn, allocation);
  if (program.check) {
    verifyFunction(fn, 'legalize');
    checkAllocation(fn, rules, allocation, moves);
  }
  new FunctionEmitter(program, fn, allocation, moves, rules, incomingWords).emit();
}
