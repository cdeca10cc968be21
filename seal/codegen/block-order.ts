/** In which order blocks are emitted. Liveness and allocation keep the order of the IR. */
import type { Block } from '../ir/ir.ts';

/**
 * A loop that tests at its top (`while`) is emitted with the test at the bottom: one jump per turn in place of two. The
 * header moves behind the last block that jumps back to it; whoever enters the loop jumps there once.
 * `landing` follows blocks that have no code.
 */
export function rotateLoops(blocks: readonly Block[], landing: (block: Block) => Block): readonly Block[] {
  const positions = new Map(blocks.map((block, position) => [block, position]));
  const latches = new Map<Block, Block>();
  for (const [position, block] of blocks.entries()) {
    if (block.terminator.kind !== 'jump') continue;
    const target = block.terminator.edges[0]?.target;
    const header = target === undefined ? undefined : landing(target);
    if (header !== undefined && (positions.get(header) ?? position) < position) latches.set(header, block);
  }
  const order = [...blocks];
  for (const [header, latch] of latches) {
    const { terminator } = header;
    if (terminator.kind !== 'branch' || header === blocks[0]) continue;
    const end = positions.get(latch) ?? 0;
    const start = positions.get(header) ?? 0;
    const targets = terminator.edges.map((edge) => positions.get(landing(edge.target)) ?? -1);
    const staysIn = targets.filter((target) => target > start && target <= end).length;
    const leaves = targets.filter((target) => target > end).length;
    if (staysIn !== 1 || leaves !== 1) continue;
    order.splice(order.indexOf(header), 1);
    order.splice(order.indexOf(latch) + 1, 0, header);
  }
  return order;
}

/** Blocks that end in a trap, whatever they call before, go behind all others, so that those stand closer together. */
export function coldLast(blocks: readonly Block[]): readonly Block[] {
  const cold = new Set(blocks.filter(({ terminator }) => terminator.kind === 'trap'));
  for (const block of [...blocks].reverse()) {
    const { edges } = block.terminator;
    if (edges.length > 0 && edges.every(({ target }) => cold.has(target))) cold.add(block);
  }
  const [entry] = blocks;
  if (entry !== undefined) cold.delete(entry);
  return [...blocks.filter((block) => !cold.has(block)), ...blocks.filter((block) => cold.has(block))];
}
