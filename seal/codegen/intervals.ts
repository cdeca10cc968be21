/**
 * Live intervals of SSA values, built in one backward pass (Wimmer & Franz, "Linear Scan Register Allocation on SSA Form",
 * CGO 2010, §4.1). Each instruction owns four positions: 0 the gap before it, where moves go; 1 inputs are read;
 * 2 registers are clobbered; 3 the result is written.
 */
import type { Block, IrFunction, Value } from '../ir/ir.ts';
import { findLoopEnds } from '../ir/loops.ts';
import { distinctEdges } from '../ir/simplify.ts';
import { type ConstraintRules, type Constraints, useAt } from './constraints.ts';

export const stepsPerInstruction = 4;

export interface BlockSpan {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export interface Hint {
  readonly register: number | undefined;
  readonly value: Value | undefined;
}

export class Interval {
  readonly value: Value;
  /** Pairs from, to (exclusive), ascending and disjoint. */
  ranges: number[];
  /** Positions at which the value must be in a register, ascending. */
  uses: number[];
  register: number | undefined;
  /** The piece after this one, when the interval was split. */
  next: Interval | undefined;

  constructor(value: Value, ranges: number[] = [], uses: number[] = []) {
    this.value = value;
    this.ranges = ranges;
    this.uses = uses;
  }

  get start(): number {
    return this.ranges[0] ?? 0;
  }

  get end(): number {
    return this.ranges[this.ranges.length - 1] ?? 0;
  }

  covers(position: number): boolean {
    for (let at = 0; at < this.ranges.length; at += 2) {
      if (position < (this.ranges[at] ?? 0)) return false;
      if (position < (this.ranges[at + 1] ?? 0)) return true;
    }
    return false;
  }

  nextUse(from: number): number {
    for (const use of this.uses) if (use >= from) return use;
    return Number.POSITIVE_INFINITY;
  }

  /** First position both are live at. */
  firstIntersection(other: Interval): number {
    let a = 0;
    let b = 0;
    while (a < this.ranges.length && b < other.ranges.length) {
      const aFrom = this.ranges[a] ?? 0;
      const bFrom = other.ranges[b] ?? 0;
      const aTo = this.ranges[a + 1] ?? 0;
      const bTo = other.ranges[b + 1] ?? 0;
      if (aTo <= bFrom) a += 2;
      else if (bTo <= aFrom) b += 2;
      else return Math.max(aFrom, bFrom);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Cut at `position`, which lies behind the start and before the end; returns the rest. */
  split(position: number): Interval {
    const rest = new Interval(this.value);
    const kept: number[] = [];
    for (let at = 0; at < this.ranges.length; at += 2) {
      const from = this.ranges[at] ?? 0;
      const to = this.ranges[at + 1] ?? 0;
      if (to <= position) kept.push(from, to);
      else if (from >= position) rest.ranges.push(from, to);
      else {
        kept.push(from, position);
        rest.ranges.push(position, to);
      }
    }
    rest.uses = this.uses.filter((use) => use >= position);
    this.uses = this.uses.filter((use) => use < position);
    this.ranges = kept;
    rest.next = this.next;
    this.next = rest;
    return rest;
  }
}

export interface LiveRanges {
  /** By value id; the whole lifetime, before splitting. */
  readonly intervals: ReadonlyMap<number, Interval>;
  readonly spans: ReadonlyMap<Block, BlockSpan>;
  readonly liveIn: ReadonlyMap<Block, ReadonlySet<Value>>;
  /** Per register: pairs from, to, ascending, during which it belongs to an instruction. */
  readonly fixed: readonly (readonly number[])[];
  readonly hints: ReadonlyMap<number, readonly Hint[]>;
}

class RangeBuilder {
  /** Ranges and uses in descending order while the pass runs backward. */
  readonly intervals = new Map<number, Interval>();
  readonly fixed: number[][] = Array.from({ length: 32 }, () => []);
  readonly hints = new Map<number, Hint[]>();

  interval(value: Value): Interval {
    let interval = this.intervals.get(value.id);
    if (interval === undefined) {
      interval = new Interval(value);
      this.intervals.set(value.id, interval);
    }
    return interval;
  }

  /** Add a range that starts no later than any before it. Stored reversed: to, from. */
  addRange(value: Value, from: number, to: number): void {
    const { ranges } = this.interval(value);
    let end = to;
    while (ranges.length > 0 && (ranges[ranges.length - 1] ?? 0) <= end) {
      end = Math.max(end, ranges[ranges.length - 2] ?? 0);
      ranges.length -= 2;
    }
    ranges.push(end, from);
  }

  define(value: Value, position: number): void {
    const { ranges } = this.interval(value);
    if (ranges.length === 0) ranges.push(position + 1, position);
    else ranges[ranges.length - 1] = position;
  }

  hint(value: Value, hint: Hint): void {
    if (value.constant !== undefined) return;
    const list = this.hints.get(value.id);
    if (list === undefined) this.hints.set(value.id, [hint]);
    else list.push(hint);
  }

  hintValue(value: Value, other: Value | undefined): void {
    if (other !== undefined && other.constant === undefined) this.hint(value, { register: undefined, value: other });
  }

  useInputs(inputs: readonly Value[], constraint: Constraints, position: number, blockFrom: number): void {
    for (const [index, value] of inputs.entries()) {
      if (value.constant !== undefined) continue;
      const use = useAt(constraint, index);
      const late = use === 'late-any' || use === 'late-register';
      this.addRange(value, blockFrom, position + (late ? 4 : 2));
      if (use === 'late-register') this.interval(value).uses.push(position + 3);
      if (use === 'register' || use === 'late-register') this.interval(value).uses.push(position + 1);
      const register = constraint.inputHints[index];
      if (register !== undefined) this.hint(value, { register, value: undefined });
    }
  }

  clobber(constraint: Constraints, position: number): void {
    for (const register of constraint.clobbers) this.fixed[register]?.push(position + 3, position + 2);
    for (const register of constraint.avoids) this.fixed[register]?.push(position + 4, position + 2);
  }
}

export function buildIntervals(fn: IrFunction, rules: ConstraintRules): LiveRanges {
  const builder = new RangeBuilder();
  const spans = new Map<Block, BlockSpan>();
  const order = new Map<Block, number>();
  let position = 0;
  for (const [index, block] of fn.blocks.entries()) {
    const from = position;
    position += (block.instructions.length + 2) * stepsPerInstruction;
    spans.set(block, { from, to: position });
    order.set(block, index);
  }
  const loopEnds = findLoopEnds(fn, order);
  const liveIn = new Map<Block, Set<Value>>();
  for (let index = fn.blocks.length - 1; index >= 0; index -= 1) {
    const block = fn.blocks[index];
    const span = block === undefined ? undefined : spans.get(block);
    if (block === undefined || span === undefined) continue;
    const live = blockLiveOut(block, liveIn);
    for (const value of live) builder.addRange(value, span.from, span.to);
    buildBlock(builder, block, span, live, rules);
    const loopEnd = loopEnds.get(index);
    const lastBlock = loopEnd === undefined ? undefined : fn.blocks[loopEnd];
    if (loopEnd !== undefined && lastBlock !== undefined) {
      const end = spans.get(lastBlock)?.to ?? span.to;
      for (const value of live) builder.addRange(value, span.from, end);
      for (let inside = index + 1; inside <= loopEnd; inside += 1) {
        const member = fn.blocks[inside];
        const memberLive = member === undefined ? undefined : liveIn.get(member);
        if (memberLive !== undefined) for (const value of live) memberLive.add(value);
      }
    }
    liveIn.set(block, live);
  }
  const [entry] = fn.blocks;
  if (entry !== undefined) {
    for (const [index, register] of rules.parameterRegisters(entry).entries()) {
      const parameter = entry.parameters[index];
      if (parameter !== undefined && register !== undefined) builder.hint(parameter, { register, value: undefined });
    }
  }
  for (const interval of builder.intervals.values()) {
    interval.ranges.reverse();
    interval.uses.reverse();
  }
  for (const ranges of builder.fixed) ranges.reverse();
  return { intervals: builder.intervals, spans, liveIn, fixed: builder.fixed, hints: builder.hints };
}

function blockLiveOut(block: Block, liveIn: ReadonlyMap<Block, ReadonlySet<Value>>): Set<Value> {
  const live = new Set<Value>();
  for (const edge of distinctEdges(block.terminator)) {
    for (const value of liveIn.get(edge.target) ?? []) live.add(value);
    for (const value of edge.arguments) if (value.constant === undefined) live.add(value);
  }
  return live;
}

function buildBlock(
  builder: RangeBuilder,
  block: Block,
  span: BlockSpan,
  live: Set<Value>,
  rules: ConstraintRules,
): void {
  const addLive = (values: readonly Value[]) => {
    for (const value of values) if (value.constant === undefined) live.add(value);
  };
  let position = span.to - stepsPerInstruction;
  const ending = rules.terminator(block.terminator);
  builder.clobber(ending, position);
  builder.useInputs(block.terminator.inputs, ending, position, span.from);
  addLive(block.terminator.inputs);
  for (const edge of distinctEdges(block.terminator)) {
    for (const [index, value] of edge.arguments.entries()) {
      const parameter = edge.target.parameters[index];
      builder.hintValue(value, parameter);
      if (parameter !== undefined) builder.hintValue(parameter, value);
    }
  }
  for (let index = block.instructions.length - 1; index >= 0; index -= 1) {
    position -= stepsPerInstruction;
    const instruction = block.instructions[index];
    if (instruction === undefined) continue;
    const constraint = rules.instruction(instruction);
    builder.clobber(constraint, position);
    for (const [at, result] of instruction.results.entries()) {
      builder.define(result, position + 3);
      live.delete(result);
      if (constraint.result === 'register') builder.interval(result).uses.push(position + 3);
      if (constraint.resultHint === 'first-input') builder.hintValue(result, instruction.inputs[0]);
      else if (constraint.resultHint !== undefined && at === 0) {
        builder.hint(result, { register: constraint.resultHint, value: undefined });
      }
    }
    builder.useInputs(instruction.inputs, constraint, position, span.from);
    addLive(instruction.inputs);
  }
  for (const parameter of block.parameters) {
    builder.define(parameter, span.from);
    live.delete(parameter);
  }
}
