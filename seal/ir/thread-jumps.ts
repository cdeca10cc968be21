/** `a && b` meets in a block that only branches on what it is given: each way in decides for itself. */
import type { Block, Edge, IrFunction, Terminator, Value } from './ir.ts';
import { distinctEdges, incomingEdges } from './simplify.ts';

/** Values used anywhere but in the terminator and edges of their own block. */
function usedElsewhere(fn: IrFunction): ReadonlySet<Value> {
  const home = new Map<Value, Block>();
  for (const block of fn.blocks) for (const parameter of block.parameters) home.set(parameter, block);
  const used = new Set<Value>();
  for (const block of fn.blocks) {
    for (const { inputs } of block.instructions) for (const value of inputs) used.add(value);
    const last = [block.terminator.inputs, ...[...distinctEdges(block.terminator)].map((edge) => edge.arguments)];
    for (const value of last.flat()) if (home.get(value) !== block) used.add(value);
  }
  return used;
}

function decide(meeting: Terminator, parameters: readonly Value[], given: readonly Value[]): Terminator | undefined {
  const inPlace = (value: Value): Value => given[parameters.indexOf(value)] ?? value;
  const [condition] = meeting.inputs.map(inPlace);
  if (condition === undefined) return undefined;
  const edges = meeting.edges.map((edge): Edge => ({ target: edge.target, arguments: edge.arguments.map(inPlace) }));
  const constant = condition.constant;
  const chosen = constant === undefined ? undefined : edges[constant === 0n ? 1 : 0];
  if (chosen !== undefined) return { kind: 'jump', inputs: [], edges: [chosen] };
  return { kind: 'branch', inputs: [condition], edges, compare: undefined };
}

export function threadJumps(fn: IrFunction): void {
  const incoming = incomingEdges(fn);
  const elsewhere = usedElsewhere(fn);
  const order = new Map(fn.blocks.map((block, index) => [block, index]));
  const places = new Map<Edge, Block>();
  for (const block of fn.blocks) for (const edge of distinctEdges(block.terminator)) places.set(edge, block);
  for (const block of fn.blocks.slice(1)) {
    const { terminator, parameters } = block;
    const [condition] = terminator.inputs;
    if (terminator.kind !== 'branch' || terminator.compare !== undefined || block.instructions.length > 0) continue;
    if (condition === undefined || !parameters.includes(condition)) continue;
    if (parameters.some((parameter) => elsewhere.has(parameter))) continue;
    const position = order.get(block) ?? 0;
    // A loop's header stays what the loop is entered by, and nothing behind it may lead to a header of its own.
    const edges = incoming.get(block) ?? [];
    const isHeader = edges.some((edge) => (order.get(places.get(edge) ?? block) ?? 0) >= position);
    if (isHeader || terminator.edges.some(({ target }) => (order.get(target) ?? 0) <= position)) continue;
    for (const edge of edges) {
      const from = places.get(edge);
      if (from?.terminator.kind !== 'jump' || from.terminator.edges[0] !== edge) continue;
      const decided = decide(terminator, parameters, edge.arguments);
      if (decided === undefined) continue;
      from.terminator = decided;
      for (const next of decided.edges) places.set(next, from);
    }
  }
}
