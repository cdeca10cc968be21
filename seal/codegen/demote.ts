/**
 * Linear scan gives a register to whatever is live while registers are free, and a loop that finds a value in a register has to
 * find it there each time it comes round: a value of before the loop that few of its ways need is loaded again at the end of each of
 * them. Where that costs more than loading it where it is needed, it stays in its slot from the loop's start on. In an interpreter,
 * which is a loop around a switch, ten loads an instruction went that way.
 */
import type { Block, Edge, IrFunction } from '../ir/ir.ts';
import { distinctEdges } from '../ir/simplify.ts';
import { estimateFrequencies, type Frequencies } from './frequencies.ts';
import { type BlockSpan, type Interval, type LiveRanges, stepsPerInstruction } from './intervals.ts';

/** Between registers: cheaper than a load, and not nothing. */
const costOfMove = 0.5;

const gapBefore = (position: number) => position - (position % stepsPerInstruction);

interface Arrival {
  readonly from: Block;
  readonly frequency: number;
}

export function demoteInLoops(fn: IrFunction, live: LiveRanges, slots: Map<number, number>): void {
  const headers = loopHeaders(fn);
  if (headers.length === 0) return;
  const demotion = new Demotion(fn, live, slots);
  for (const header of headers) demotion.atLoop(header);
}

function loopHeaders(fn: IrFunction): readonly Block[] {
  const order = new Map(fn.blocks.map((block, index) => [block, index]));
  const headers = new Set<Block>();
  for (const [index, block] of fn.blocks.entries()) {
    for (const { target } of distinctEdges(block.terminator))
      if ((order.get(target) ?? 0) <= index) headers.add(target);
  }
  return fn.blocks.filter((block) => headers.has(block));
}

class Demotion {
  private readonly blocks: readonly Block[];
  private readonly live: LiveRanges;
  private readonly slots: Map<number, number>;
  private readonly frequencies: Frequencies;
  private readonly arrivals = new Map<Block, Arrival[]>();

  constructor(fn: IrFunction, live: LiveRanges, slots: Map<number, number>) {
    this.blocks = fn.blocks;
    this.live = live;
    this.slots = slots;
    this.frequencies = estimateFrequencies(fn);
    for (const block of fn.blocks) {
      for (const edge of distinctEdges(block.terminator)) this.arrive(block, edge);
    }
  }

  private arrive(from: Block, edge: Edge): void {
    const arrival = { from, frequency: this.frequencies.edge(from, edge) };
    const list = this.arrivals.get(edge.target);
    if (list === undefined) this.arrivals.set(edge.target, [arrival]);
    else list.push(arrival);
  }

  atLoop(header: Block): void {
    const { from } = this.span(header);
    for (const value of this.live.liveIn.get(header) ?? []) {
      const piece = pieceCovering(this.live.intervals.get(value.id), from);
      // Whole values that never leave their register cost nothing.
      if (piece?.register === undefined || this.live.intervals.get(value.id)?.next === undefined) continue;
      if (this.isWorth(piece, from)) this.demote(piece, from);
    }
  }

  private span(block: Block): BlockSpan {
    return this.live.spans.get(block) ?? { from: 0, to: 0 };
  }

  /** Blocks that the piece covers the start of, from a position on. */
  private *covered(piece: Interval, from: number): Generator<Block> {
    for (let index = this.indexAt(from); index < this.blocks.length; index += 1) {
      const block = this.blocks[index];
      if (block === undefined || this.span(block).from >= piece.end) return;
      if (piece.covers(this.span(block).from)) yield block;
    }
  }

  private indexAt(position: number): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.blocks[middle];
      if (block !== undefined && this.span(block).to <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private isWorth(piece: Interval, from: number): boolean {
    let now = 0;
    let then = 0;
    for (const block of this.covered(piece, from)) {
      const span = this.span(block);
      const use = piece.nextUse(span.from);
      if (use < span.to) then += this.frequencies.block(block);
      for (const arrival of this.arrivals.get(block) ?? []) {
        now += arrival.frequency * costBetween(piece, this.leaving(piece, arrival.from));
      }
      if (use < span.to || !piece.covers(span.to - 1)) continue;
      for (const edge of distinctEdges(block.terminator)) {
        const entered = pieceCovering(this.live.intervals.get(piece.value.id), this.span(edge.target).from);
        if (entered?.register === undefined || (entered === piece && this.span(edge.target).from >= from)) continue;
        const cost = 1 - costBetween(entered, piece);
        then += this.frequencies.edge(block, edge) * cost;
      }
    }
    return then < now;
  }

  private leaving(piece: Interval, block: Block): Interval | undefined {
    return pieceCovering(this.live.intervals.get(piece.value.id), this.span(block).to - 1);
  }

  /** From here on in its slot, and in its register from the first instruction of a block that needs it there to the block's end. */
  private demote(piece: Interval, from: number): void {
    const { register, value } = piece;
    if (!this.slots.has(value.id)) this.slots.set(value.id, this.slots.size);
    let rest = from > piece.start ? piece.split(from) : piece;
    rest.register = undefined;
    for (;;) {
      const use = rest.nextUse(rest.start);
      if (use === Number.POSITIVE_INFINITY) return;
      const loaded = rest.split(gapBefore(use));
      loaded.register = register;
      const block = this.blocks[this.indexAt(use)];
      const end = block === undefined ? loaded.end : this.span(block).to;
      if (loaded.end <= end) return;
      rest = loaded.split(end);
    }
  }
}

/** Of a value that is in `from` (undefined: nowhere it could be read from but its slot) on the way to a register. */
function costBetween(to: Interval, from: Interval | undefined): number {
  if (from?.register === undefined) return 1;
  return from.register === to.register ? 0 : costOfMove;
}

function pieceCovering(first: Interval | undefined, position: number): Interval | undefined {
  for (let piece = first; piece !== undefined && piece.start <= position; piece = piece.next) {
    if (piece.covers(position)) return piece;
  }
  return undefined;
}
