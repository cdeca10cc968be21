/** The moves that splitting and block parameters ask for: in gaps between instructions and on edges between blocks. */
import type { Block, Edge, IrFunction, Value } from '../ir/ir.ts';
import { distinctEdges } from '../ir/simplify.ts';
import { type Allocation, pieceAt } from './allocate.ts';
import { type Interval, stepsPerInstruction } from './intervals.ts';
import { departures, blockStarts as startsOf } from './late-stores.ts';
import { type Location, type Move, registerLocation, sameLocation } from './locations.ts';

export interface ResolvedMoves {
  /** Before the instruction at this position. */
  readonly gaps: ReadonlyMap<number, readonly Move[]>;
  /** On entry to a block with one predecessor. */
  readonly starts: ReadonlyMap<Block, readonly Move[]>;
  /** Before the jump that ends a block. */
  readonly ends: ReadonlyMap<Block, readonly Move[]>;
}

function pieceLocation(allocation: Allocation, value: Value, piece: Interval | undefined): Location {
  if (piece?.register !== undefined) return registerLocation(piece.register);
  const index = allocation.slots.get(value.id);
  if (index === undefined) throw new Error(`value ${value.id} has neither register nor slot`);
  return { kind: 'slot', index };
}

export function locationAt(allocation: Allocation, value: Value, position: number): Location {
  if (value.constant !== undefined) return { kind: 'constant', bits: value.constant };
  return pieceLocation(allocation, value, pieceAt(allocation, value, position));
}

export function resolveMoves(fn: IrFunction, allocation: Allocation): ResolvedMoves {
  const { live } = allocation;
  const blockStarts = new Set([...live.spans.values()].map((span) => span.from));
  const gaps = new Map<number, Move[]>();
  const inGap = (position: number, move: Move): void => {
    const list = gaps.get(position);
    if (list === undefined) gaps.set(position, [move]);
    else list.push(move);
  };
  const startOf = startsOf(fn, live);
  for (const first of live.intervals.values()) {
    for (let before = first, piece = first.next; piece !== undefined; before = piece, piece = piece.next) {
      const { start, register, value } = piece;
      // A value dropped to its slot needs no move: the slot has held it since its definition, or gets it below.
      if (register === undefined || before.end !== start || before.register === register) continue;
      if (blockStarts.has(start)) continue;
      if (start % stepsPerInstruction !== 0) throw new Error('reload outside a gap');
      const move = { to: registerLocation(register), from: pieceLocation(allocation, value, before), type: value.type };
      inGap(start, move);
    }
    const { value } = first;
    const index = allocation.slots.get(value.id);
    if (index === undefined || !allocation.storedLate.has(value.id)) continue;
    for (const { gap, register } of departures(first, startOf)) {
      inGap(gap, { to: { kind: 'slot', index }, from: registerLocation(register), type: value.type });
    }
  }
  const starts = new Map<Block, readonly Move[]>();
  const ends = new Map<Block, readonly Move[]>();
  for (const block of fn.blocks) {
    const edges = [...distinctEdges(block.terminator)];
    for (const edge of edges) {
      const moves = edgeMoves(allocation, block, edge);
      if (moves.length === 0) continue;
      if (edges.length === 1) ends.set(block, moves);
      else starts.set(edge.target, moves);
    }
  }
  return { gaps, starts, ends };
}

function edgeMoves(allocation: Allocation, block: Block, edge: Edge): readonly Move[] {
  const { spans, liveIn, intervals } = allocation.live;
  const leave = (spans.get(block)?.to ?? 0) - 1;
  const enter = spans.get(edge.target)?.from ?? 0;
  const moves: Move[] = [];
  for (const value of liveIn.get(edge.target) ?? []) {
    if (intervals.get(value.id)?.next === undefined) continue;
    const to = locationAt(allocation, value, enter);
    const from = locationAt(allocation, value, leave);
    if (to.kind === 'slot' && (from.kind === 'slot' || !allocation.storedLate.has(value.id))) continue;
    if (from.kind === 'register' && to.kind === 'register' && from.register === to.register) continue;
    moves.push({ to, from, type: value.type });
  }
  for (const [index, parameter] of edge.target.parameters.entries()) {
    const argument = edge.arguments[index];
    if (argument === undefined) continue;
    const to = locationAt(allocation, parameter, enter);
    const from = locationAt(allocation, argument, leave);
    // An edge without moves may not need a block.
    if (!sameLocation(to, from)) moves.push({ to, from, type: parameter.type });
  }
  return moves;
}
