/** How often each block and edge runs beside the function's entry, guessed from the shape of its control flow alone. */
import type { Block, Edge, IrFunction } from '../ir/ir.ts';

export interface Frequencies {
  readonly block: (block: Block) => number;
  readonly edge: (from: Block, edge: Edge) => number;
}

/** A loop is taken to run this often; nested ones multiply. */
const runsPerLoop = 8;

/** Every way out of a block is as likely as the others, those of a switch by how many cases they have; nobody traps. */
export function estimateFrequencies(fn: IrFunction): Frequencies {
  const order = new Map(fn.blocks.map((block, index) => [block, index]));
  const indexOf = (block: Block): number => order.get(block) ?? 0;
  const headers = new Set<Block>();
  for (const block of fn.blocks) {
    for (const { target } of block.terminator.edges) if (indexOf(target) <= indexOf(block)) headers.add(target);
  }
  const frequencies = new Map<Block, number>();
  const [entry] = fn.blocks;
  if (entry !== undefined) frequencies.set(entry, 1);
  const shares = new Map<Edge, number>();
  for (const block of fn.blocks) {
    const arriving = frequencies.get(block) ?? 0;
    const frequency = headers.has(block) ? arriving * runsPerLoop : arriving;
    frequencies.set(block, frequency);
    const { edges } = block.terminator;
    const likely = edges.filter(({ target }) => target.terminator.kind !== 'trap').length || edges.length;
    const count = likely === 0 ? edges.length : likely;
    for (const edge of edges) {
      const share = likely > 0 && edge.target.terminator.kind === 'trap' ? 0 : frequency / count;
      shares.set(edge, (shares.get(edge) ?? 0) + share);
      if (indexOf(edge.target) > indexOf(block)) {
        frequencies.set(edge.target, (frequencies.get(edge.target) ?? 0) + share);
      }
    }
  }
  return {
    block: (block) => frequencies.get(block) ?? 0,
    edge: (_from, edge) => shares.get(edge) ?? 0,
  };
}
