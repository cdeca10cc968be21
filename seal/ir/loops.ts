import type { Block, IrFunction } from './ir.ts';
import { distinctEdges } from './simplify.ts';

/**
 * By position of the header: the last block of the loop, through which everything live into the header stays live. That is
 * the last block with an edge back to the header, or the end of a loop inside that reaches beyond it: the way back may go
 * through an exit of an inner loop that stands before the inner loop's body.
 */
export function findLoopEnds(fn: IrFunction, order: ReadonlyMap<Block, number>): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  for (const [index, block] of fn.blocks.entries()) {
    for (const edge of distinctEdges(block.terminator)) {
      const target = order.get(edge.target) ?? Number.POSITIVE_INFINITY;
      if (target <= index) ends.set(target, index);
    }
  }
  const innerFirst = [...ends.keys()].sort((a, b) => b - a);
  for (const header of innerFirst) {
    let end = ends.get(header) ?? header;
    for (let inside = header + 1; inside <= end; inside += 1) end = Math.max(end, ends.get(inside) ?? end);
    ends.set(header, end);
  }
  return ends;
}
