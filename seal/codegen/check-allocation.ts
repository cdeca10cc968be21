/**
 * A proof that one function's allocation is right, after regalloc2's checker: the code is walked symbolically, with the set
 * of values every register and slot holds; whatever reads a location must find its value there on every path. It shares
 * nothing with the allocator but its answer, so that a wrong interval, split, slot or move cannot hide.
 */
import type { Block, Edge, Instruction, IrFunction, Value } from '../ir/ir.ts';
import { distinctEdges } from '../ir/simplify.ts';
import type { Allocation } from './allocate.ts';
import { passArguments } from './calling.ts';
import { type ConstraintRules, type Constraints, useAt } from './constraints.ts';
import { stepsPerInstruction } from './intervals.ts';
import type { Location, Move } from './locations.ts';
import { sequentialize } from './moves.ts';
import {
  allocatableFloats,
  allocatableGeneral,
  calleeSaved,
  floatScratch,
  isFloatRegister,
  scratch,
} from './registers.ts';
import { locationAt, type ResolvedMoves } from './resolve.ts';

const registerCount = 32;
const allocatable = new Set([...allocatableGeneral, ...allocatableFloats]);

/** Names of the values a location is known to hold. A constant is named by its bits. */
type Held = ReadonlySet<number | bigint>;
/** By register number, from `registerCount` on by slot, below zero by incoming stack word. */
type State = Map<number, Held>;

const nothing: Held = new Set();
const nameOf = (value: Value) => value.constant ?? value.id;

const keyOf = (location: Location): number | undefined => {
  switch (location.kind) {
    case 'register':
      return location.register;
    case 'slot':
      return registerCount + location.index;
    case 'incoming':
      return -1 - location.index;
    default:
      return undefined;
  }
};

const describe = (location: Location): string => {
  if (location.kind === 'register') return `register ${location.register}`;
  return location.kind === 'constant' ? `constant ${location.bits}` : `${location.kind} ${location.index}`;
};

/** What both states agree on; undefined when that is all of `known`. */
function meet(known: State, other: State): State | undefined {
  let changed = false;
  const result: State = new Map();
  for (const [key, held] of known) {
    const both = new Set([...held].filter((name) => other.get(key)?.has(name) === true));
    if (both.size !== held.size) changed = true;
    if (both.size > 0) result.set(key, both);
  }
  return changed ? result : undefined;
}

class AllocationChecker {
  private readonly fn: IrFunction;
  private readonly rules: ConstraintRules;
  private readonly allocation: Allocation;
  private readonly moves: ResolvedMoves;
  private state: State = new Map();
  private where = '';

  constructor(fn: IrFunction, rules: ConstraintRules, allocation: Allocation, moves: ResolvedMoves) {
    this.fn = fn;
    this.rules = rules;
    this.allocation = allocation;
    this.moves = moves;
  }

  run(): void {
    const [entry] = this.fn.blocks;
    if (entry === undefined) return;
    for (const register of calleeSaved) this.checkSaved(register);
    const entered = new Map<Block, State>([[entry, this.parameters(entry)]]);
    const pending = new Set([entry]);
    for (const block of pending) {
      pending.delete(block);
      this.state = new Map(entered.get(block));
      this.block(block);
      const left = this.state;
      for (const edge of distinctEdges(block.terminator)) {
        this.state = new Map(left);
        this.edge(block, edge);
        const known = entered.get(edge.target);
        const now = known === undefined ? this.state : meet(known, this.state);
        if (now === undefined) continue;
        entered.set(edge.target, now);
        pending.add(edge.target);
      }
    }
  }

  private fail(problem: string): never {
    throw new Error(`allocation of ${this.fn.name}, ${this.where}: ${problem}`);
  }

  private checkSaved(register: number): void {
    for (const interval of this.allocation.live.intervals.values()) {
      for (let piece: typeof interval | undefined = interval; piece !== undefined; piece = piece.next) {
        if (piece.register === register && !this.allocation.usedRegisters.has(register)) {
          this.fail(`register ${register} is used but not saved`);
        }
      }
    }
  }

  private parameters(entry: Block): State {
    this.where = 'entry';
    this.state = new Map();
    const passed = passArguments(
      entry.parameters.map(({ type }) => type),
      'incoming',
    );
    const moves: Move[] = [];
    for (const [index, value] of entry.parameters.entries()) {
      const from = passed.locations[index];
      const key = from === undefined ? undefined : keyOf(from);
      if (from === undefined || key === undefined) this.fail(`parameter ${index} arrives nowhere`);
      this.state.set(key, new Set([value.id]));
      if (!this.allocation.live.intervals.has(value.id)) continue;
      const enter = this.allocation.live.spans.get(entry)?.from ?? 0;
      moves.push({ to: locationAt(this.allocation, value, enter), from, type: value.type });
    }
    this.parallel(moves);
    return this.state;
  }

  private held(location: Location): Held {
    if (location.kind === 'constant') return new Set([location.bits]);
    const key = keyOf(location);
    return (key === undefined ? undefined : this.state.get(key)) ?? nothing;
  }

  private put(location: Location, held: Held, value?: Value): void {
    const key = keyOf(location);
    if (key === undefined || key < 0) this.fail(`${describe(location)} cannot be written`);
    if (location.kind === 'register' && location.register !== floatScratch) {
      if (!allocatable.has(location.register)) this.fail(`register ${location.register} is not for values`);
      if (value !== undefined) this.checkClass(location.register, value);
    }
    if (held.size === 0) this.state.delete(key);
    else this.state.set(key, held);
  }

  private checkClass(register: number, value: Value): void {
    const wantsFloat = value.type !== 'i32' && value.type !== 'i64';
    if (isFloatRegister(register) !== wantsFloat) this.fail(`value ${value.id} is in register ${register}`);
  }

  private expect(value: Value, location: Location): void {
    if (!this.held(location).has(nameOf(value))) {
      const found = [...this.held(location)].join(', ') || 'nothing known';
      this.fail(`value ${value.id} is expected in ${describe(location)}, which holds ${found}`);
    }
    if (location.kind === 'register') this.checkClass(location.register, value);
  }

  /** The single moves in the order they are emitted in, cycles through the scratch register included. */
  private parallel(moves: readonly Move[]): void {
    for (const { to, from } of sequentialize(moves)) this.put(to, this.held(from));
    this.state.delete(floatScratch);
  }

  private storeSpilled(values: readonly Value[], position: number): void {
    for (const value of values) {
      const index = this.allocation.slots.get(value.id);
      if (index === undefined || this.allocation.storedLate.has(value.id)) continue;
      const location = locationAt(this.allocation, value, position);
      if (location.kind === 'register') this.put({ kind: 'slot', index }, this.held(location));
    }
  }

  private block(block: Block): void {
    const span = this.allocation.live.spans.get(block);
    if (span === undefined) this.fail(`block ${block.id} has no place`);
    this.where = `block ${block.id}`;
    this.storeSpilled(block.parameters, span.from);
    let position = span.from;
    for (const [index, instruction] of block.instructions.entries()) {
      position += stepsPerInstruction;
      const name = 'op' in instruction ? instruction.op : instruction.kind;
      this.where = `block ${block.id}, instruction ${index} (${name})`;
      this.parallel(this.moves.gaps.get(position) ?? []);
      this.instruction(instruction, position);
    }
    position += stepsPerInstruction;
    this.where = `end of block ${block.id}`;
    this.parallel(this.moves.gaps.get(position) ?? []);
    const ends = this.moves.ends.get(block) ?? [];
    if (ends.length > 0 && block.terminator.inputs.length > 0) this.fail('moves stand before the reading of inputs');
    const constraint = this.rules.terminator(block.terminator);
    for (const [index, value] of block.terminator.inputs.entries()) {
      this.use(value, constraint, index, locationAt(this.allocation, value, position + 1));
    }
    this.clobber(constraint);
  }

  private use(value: Value, constraint: Constraints, index: number, location: Location): void {
    const use = useAt(constraint, index);
    const wantsRegister = use === 'register' || use === 'late-register';
    if (wantsRegister && location.kind === 'slot') this.fail(`value ${value.id} must be in a register`);
    this.expect(value, location);
  }

  private clobber(constraint: Constraints): void {
    for (const register of [...constraint.clobbers, ...constraint.avoids]) this.state.delete(register);
    this.state.delete(floatScratch);
    this.state.delete(scratch);
  }

  private instruction(instruction: Instruction, position: number): void {
    const constraint = this.rules.instruction(instruction);
    const late: { readonly value: Value; readonly location: Location }[] = [];
    for (const [index, value] of instruction.inputs.entries()) {
      const use = useAt(constraint, index);
      const isLate = use === 'late-any' || use === 'late-register';
      const location = locationAt(this.allocation, value, position + (isLate ? 3 : 1));
      this.use(value, constraint, index, location);
      if (isLate) late.push({ value, location });
    }
    this.clobber(constraint);
    // An input that is read after the result is written must have survived both.
    for (const { value, location } of late) this.expect(value, location);
    const written = new Set<number>();
    for (const result of instruction.results) {
      const location = locationAt(this.allocation, result, position + 3);
      const key = keyOf(location);
      if (key === undefined || written.has(key)) this.fail(`result ${result.id} has no place of its own`);
      written.add(key);
      if (constraint.result === 'register' && location.kind !== 'register') {
        this.fail(`result ${result.id} must be in a register`);
      }
      if (location.kind === 'register' && constraint.avoids.includes(location.register)) {
        this.fail(`result ${result.id} is in register ${location.register}, which the instruction needs`);
      }
      // A value of an earlier turn of the loop is another value.
      for (const [other, held] of this.state) {
        if (!held.has(result.id)) continue;
        this.state.set(other, new Set([...held].filter((name) => name !== result.id)));
      }
      this.put(location, new Set([result.id]), result);
    }
    for (const { value, location } of late) {
      if (location.kind !== 'constant' && !instruction.results.includes(value)) this.expect(value, location);
    }
    this.storeSpilled(instruction.results, position + 3);
  }

  private edge(block: Block, edge: Edge): void {
    this.where = `edge from block ${block.id} to ${edge.target.id}`;
    const single = [...distinctEdges(block.terminator)].length === 1;
    this.parallel((single ? this.moves.ends.get(block) : this.moves.starts.get(edge.target)) ?? []);
    const renamed = new Map(edge.target.parameters.map((value) => [value.id, value]));
    const next: State = new Map();
    for (const [key, held] of this.state) {
      const names = new Set([...held].filter((name) => typeof name === 'bigint' || !renamed.has(name)));
      for (const [index, parameter] of edge.target.parameters.entries()) {
        const argument = edge.arguments[index];
        if (argument !== undefined && held.has(nameOf(argument))) names.add(parameter.id);
      }
      next.set(key, names);
    }
    this.state = next;
    const enter = this.allocation.live.spans.get(edge.target)?.from ?? 0;
    for (const parameter of edge.target.parameters) {
      this.expect(parameter, locationAt(this.allocation, parameter, enter));
    }
  }
}

/** Throws with function, block and instruction when some path would read another value than the IR says. */
export function checkAllocation(
  fn: IrFunction,
  rules: ConstraintRules,
  allocation: Allocation,
  moves: ResolvedMoves,
): void {
  new AllocationChecker(fn, rules, allocation, moves).run();
}
