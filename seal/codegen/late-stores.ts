/**
 * A value that has a slot is stored right after its definition, unless that costs more than storing it on the ways where it leaves
 * its register: what an interpreter's loop defines for each instruction, few instructions make it give up.
 */
import type { Block, IrFunction } from '../ir/ir.ts';
import { distinctEdges } from '../ir/simplify.ts';
import { estimateFrequencies } from './frequencies.ts';
import { type Interval, type LiveRanges, stepsPerInstruction } from './intervals.ts';

export interface Departure {
  /** Where the store goes: the gap before the instruction that takes the register away. */
  readonly gap: number;
  readonly register: number;
}

/** Where within a block a value leaves its register for its slot; those whose slot has it already are left out. */
export function* departures(first: Interval, blockStartOf: (position: number) => number): Generator<Departure> {
  let beforeThat: Interval | undefined;
  for (
    let before = first, piece = first.next;
    piece !== undefined;
    beforeThat = before, before = piece, piece = piece.next
  ) {
    const { start } = piece;
    if (piece.register !== undefined || before.register === undefined || before.end !== start) continue;
    const blockStart = blockStartOf(start);
    if (blockStart === start) continue;
    const isReloaded =
      beforeThat !== undefined &&
      beforeThat.register === undefined &&
      beforeThat.end === before.start &&
      before.start > blockStart;
    if (isReloaded) continue;
    const gap = start - (start % stepsPerInstruction);
    // The moves of a gap happen at once: what comes into its register there is still where it comes from.
    const movedFrom = before.start === gap && beforeThat?.end === gap ? beforeThat.register : undefined;
    yield { gap, register: movedFrom ?? before.register };
  }
}

/** Start of the block that a position lies in. */
export function blockStarts(fn: IrFunction, live: LiveRanges): (position: number) => number {
  const starts = fn.blocks.map((block) => live.spans.get(block)?.from ?? 0);
  return (position) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return starts[low] ?? 0;
  };
}

/** Ids of the values that are stored where they leave their register. */
export function chooseLateStores(
  fn: IrFunction,
  live: LiveRanges,
  slots: ReadonlyMap<number, number>,
): ReadonlySet<number> {
  if (slots.size === 0) return new Set();
  const frequencies = estimateFrequencies(fn);
  const startOf = blockStarts(fn, live);
  const blockAt = new Map<number, Block>(fn.blocks.map((block) => [live.spans.get(block)?.from ?? 0, block]));
  const frequencyAt = (position: number): number => {
    const block = blockAt.get(startOf(position));
    return block === undefined ? 0 : frequencies.block(block);
  };
  /** What storing later saves: the store at the definition less those on the ways. */
  const savings = new Map<number, number>();
  for (const id of slots.keys()) {
    const first = live.intervals.get(id);
    if (first?.register === undefined) continue;
    let saving = frequencyAt(first.start);
    for (const { gap } of departures(first, startOf)) {
      // Before the first instruction there is no gap.
      saving -= gap === startOf(gap) ? Number.POSITIVE_INFINITY : frequencyAt(gap);
    }
    if (saving > 0) savings.set(id, saving);
  }
  if (savings.size === 0) return new Set();
  for (const block of fn.blocks) {
    const leave = (live.spans.get(block)?.to ?? 0) - 1;
    for (const edge of distinctEdges(block.terminator)) {
      const enter = live.spans.get(edge.target)?.from ?? 0;
      for (const { id } of live.liveIn.get(edge.target) ?? []) {
        const saving = savings.get(id);
        if (saving === undefined) continue;
        const isLeft = registerAt(live, id, leave) !== undefined && registerAt(live, id, enter) === undefined;
        if (isLeft) savings.set(id, saving - frequencies.edge(block, edge));
      }
    }
  }
  return new Set([...savings].flatMap(([id, saving]) => (saving > 0 ? [id] : [])));
}

function registerAt(live: LiveRanges, id: number, position: number): number | undefined {
  let piece = live.intervals.get(id);
  while (piece?.next !== undefined && piece.next.start <= position) piece = piece.next;
  return piece?.register;
}
