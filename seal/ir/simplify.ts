/** Safe clean-ups between the builder and the code generator. Order matters: each pass feeds the next. */
import type { Block, Edge, Instruction, IrFunction, SelectInstruction, Terminator, Value } from './ir.ts';
import { useKnownBits } from './known-bits.ts';
import { removeRedundant } from './redundant.ts';
import { replaceValues } from './replace.ts';
import { reduceStrength } from './strength.ts';
import { threadJumps } from './thread-jumps.ts';

export function simplify(fn: IrFunction): void {
  foldConstantBranches(fn);
  removeUnreachable(fn);
  removeRedundantParameters(fn);
  mergeChains(fn);
  threadJumps(fn);
  removeUnreachable(fn);
  mergeChains(fn);
  reduceStrength(fn);
  useKnownBits(fn);
  removeRedundant(fn);
  fuseComparisons(fn);
  fuseShiftedAdditions(fn);
  removeDeadCode(fn);
  splitCriticalEdges(fn);
}

/** Distinct edges: the entries of a switch share theirs. */
export const distinctEdges = (terminator: Terminator): Iterable<Edge> =>
  terminator.kind === 'switch' ? new Set(terminator.edges) : terminator.edges;

function foldConstantBranches(fn: IrFunction): void {
  for (const block of fn.blocks) {
    const { terminator } = block;
    if (terminator.kind !== 'branch' && terminator.kind !== 'switch') continue;
    const [only, ...others] = distinctEdges(terminator);
    if (only !== undefined && others.length === 0) {
      block.terminator = { kind: 'jump', inputs: [], edges: [only] };
      continue;
    }
    const constant = terminator.inputs[0]?.constant;
    if (constant === undefined) continue;
    const last = terminator.edges.length - 1;
    const chosen = terminator.kind === 'branch' ? (constant === 0n ? 1 : 0) : Math.min(Number(constant), last);
    const edge = terminator.edges[chosen];
    if (edge !== undefined) block.terminator = { kind: 'jump', inputs: [], edges: [edge] };
  }
}

function removeUnreachable(fn: IrFunction): void {
  const reached = new Set<Block>();
  const pending = fn.blocks.slice(0, 1);
  for (let block = pending.pop(); block !== undefined; block = pending.pop()) {
    if (reached.has(block)) continue;
    reached.add(block);
    for (const edge of block.terminator.edges) pending.push(edge.target);
  }
  fn.blocks = fn.blocks.filter((block) => reached.has(block));
}

export function incomingEdges(fn: IrFunction): Map<Block, Edge[]> {
  const incoming = new Map<Block, Edge[]>(fn.blocks.map((block) => [block, []]));
  for (const block of fn.blocks) {
    for (const edge of distinctEdges(block.terminator)) incoming.get(edge.target)?.push(edge);
  }
  return incoming;
}

/** A parameter that gets the same value from every edge (itself aside) is that value. */
function removeRedundantParameters(fn: IrFunction): void {
  const incoming = incomingEdges(fn);
  const replaced = new Map<Value, Value>();
  const resolve = (value: Value): Value => {
    let result = value;
    for (let next = replaced.get(result); next !== undefined; next = replaced.get(result)) result = next;
    return result;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of fn.blocks.slice(1)) {
      const edges = incoming.get(block) ?? [];
      for (let index = block.parameters.length - 1; index >= 0; index -= 1) {
        const parameter = block.parameters[index];
        if (parameter === undefined) continue;
        const sources = new Set<Value>();
        for (const edge of edges) {
          const source = edge.arguments[index];
          if (source !== undefined) sources.add(resolve(source));
        }
        sources.delete(parameter);
        const [only] = sources;
        if (sources.size !== 1 || only === undefined) continue;
        replaced.set(parameter, only);
        block.parameters.splice(index, 1);
        for (const edge of edges) edge.arguments.splice(index, 1);
        changed = true;
      }
    }
  }
  if (replaced.size > 0) replaceValues(fn, resolve);
}

/** A block whose only way in is a jump continues the block that jumps. */
function mergeChains(fn: IrFunction): void {
  const incoming = incomingEdges(fn);
  const merged = new Set<Block>();
  const replaced = new Map<Value, Value>();
  for (const block of fn.blocks) {
    if (merged.has(block)) continue;
    for (;;) {
      if (block.terminator.kind !== 'jump') break;
      const [edge] = block.terminator.edges;
      if (edge === undefined || incoming.get(edge.target)?.length !== 1) break;
      const next = edge.target;
      if (next === block || next === fn.blocks[0] || next.loopDepth !== block.loopDepth) break;
      for (const [index, parameter] of next.parameters.entries()) {
        const argument = edge.arguments[index];
        if (argument !== undefined) replaced.set(parameter, argument);
      }
      for (const instruction of next.instructions) block.instructions.push(instruction);
      block.terminator = next.terminator;
      merged.add(next);
    }
  }
  fn.blocks = fn.blocks.filter((block) => !merged.has(block));
  if (replaced.size === 0) return;
  replaceValues(fn, (value) => {
    let result = value;
    for (let next = replaced.get(result); next !== undefined; next = replaced.get(result)) result = next;
    return result;
  });
}

/** `a & b` sets flags as a comparison with zero does. Only for branches: `compare` is the operator itself then. */
const isMask = (op: string) => op === 'i32.and' || op === 'i64.and';

const isComparison = (op: string) => /\.(eqz|eq|ne|[lg][te](_[su])?)$/.test(op);

/** A comparison only a branch or select looks at sets flags there instead of making a 0 or 1. */
function fuseComparisons(fn: IrFunction): void {
  const definitions = new Map<Value, { readonly op: string; readonly inputs: readonly Value[] }>();
  for (const block of fn.blocks) {
    for (const instruction of block.instructions) {
      if (instruction.kind === 'numeric' && (isComparison(instruction.op) || isMask(instruction.op))) {
        const [result] = instruction.results;
        if (result !== undefined) definitions.set(result, instruction);
      }
    }
  }
  for (const block of fn.blocks) {
    for (const instruction of block.instructions) {
      if (instruction.kind === 'select') fuseSelect(instruction, definitions);
    }
    const { terminator } = block;
    if (terminator.kind !== 'branch' || terminator.compare !== undefined) continue;
    for (;;) {
      const [condition] = terminator.inputs;
      const definition = condition === undefined ? undefined : definitions.get(condition);
      if (definition === undefined || terminator.inputs.length !== 1) break;
      const [first] = definition.inputs;
      const isNot = definition.op === 'i32.eqz' || definition.op === 'i64.eqz';
      if (isNot && first !== undefined && definitions.has(first)) {
        // not(comparison): the other way round on the comparison itself.
        terminator.edges.reverse();
        terminator.inputs = [first];
        continue;
      }
      terminator.compare = definition.op;
      terminator.inputs = [...definition.inputs];
      break;
    }
  }
}

function fuseSelect(
  instruction: SelectInstruction,
  definitions: ReadonlyMap<Value, { readonly op: string; readonly inputs: readonly Value[] }>,
): void {
  const [chosen, otherwise, condition] = instruction.inputs;
  if (chosen === undefined || otherwise === undefined || condition === undefined) return;
  if (instruction.compare !== undefined) return;
  const definition = definitions.get(condition);
  if (definition === undefined || isMask(definition.op)) return;
  instruction.compare = definition.op;
  instruction.inputs = [chosen, otherwise, ...definition.inputs];
}

/** x + (y << 1, 2 or 3) is one instruction of the processor. The operators `add_shl1` … are the compiler's own. */
function fuseShiftedAdditions(fn: IrFunction): void {
  const shifts = new Map<Value, { readonly shifted: Value; readonly count: bigint }>();
  for (const block of fn.blocks) {
    for (const instruction of block.instructions) {
      if (instruction.kind !== 'numeric') continue;
      const [a, b] = instruction.inputs;
      if (a === undefined || b === undefined) continue;
      const [result] = instruction.results;
      if (result?.type !== 'i32' && result?.type !== 'i64') continue;
      if (instruction.op.endsWith('.shl') && b.constant !== undefined) {
        const count = b.constant & (instruction.op.startsWith('i64') ? 63n : 31n);
        if (count >= 1n && count <= 3n) shifts.set(result, { shifted: a, count });
        continue;
      }
      if (!instruction.op.endsWith('.add') || instruction.op.startsWith('f')) continue;
      const [other, shift] = shifts.has(b) ? [a, shifts.get(b)] : [b, shifts.get(a)];
      if (shift === undefined || other.constant !== undefined) continue;
      instruction.op = `${instruction.op}_shl${shift.count}`;
      instruction.inputs = [other, shift.shifted];
    }
  }
}

const trapping = /\.(div|rem)_|\.trunc_f/;

const isPure = (instruction: Instruction): boolean =>
  instruction.kind === 'select' ||
  (instruction.kind === 'numeric' && !trapping.test(instruction.op)) ||
  (instruction.kind === 'effect' && (instruction.op === 'global.get' || instruction.op === 'ref.func'));

/** What something with an effect depends on, over however many steps; a parameter that only feeds itself is not among it. */
function neededValues(fn: IrFunction, incoming: ReadonlyMap<Block, readonly Edge[]>): ReadonlySet<Value> {
  const sources = new Map<Value, () => Iterable<Value>>();
  const pending: Value[] = [];
  for (const block of fn.blocks) {
    for (const instruction of block.instructions) {
      if (!isPure(instruction)) pending.push(...instruction.inputs);
      for (const result of instruction.results) sources.set(result, () => instruction.inputs);
    }
    pending.push(...block.terminator.inputs);
    for (const [index, parameter] of block.parameters.entries()) {
      sources.set(parameter, () => (incoming.get(block) ?? []).flatMap((edge) => edge.arguments[index] ?? []));
    }
  }
  const needed = new Set<Value>();
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (needed.has(value)) continue;
    needed.add(value);
    pending.push(...(sources.get(value)?.() ?? []));
  }
  return needed;
}

/** Instructions without effect whose results nobody needs, and parameters nobody needs. */
export function removeDeadCode(fn: IrFunction): void {
  const incoming = incomingEdges(fn);
  const needed = neededValues(fn, incoming);
  for (const block of fn.blocks) {
    block.instructions = block.instructions.filter(
      (instruction) => !isPure(instruction) || instruction.results.some((result) => needed.has(result)),
    );
    if (block === fn.blocks[0]) continue;
    for (let index = block.parameters.length - 1; index >= 0; index -= 1) {
      const parameter = block.parameters[index];
      if (parameter === undefined || needed.has(parameter)) continue;
      block.parameters.splice(index, 1);
      for (const edge of incoming.get(block) ?? []) edge.arguments.splice(index, 1);
    }
  }
}

/** An edge from a block with several ways out to one with several ways in gets a block of its own, for its moves. */
function splitCriticalEdges(fn: IrFunction): void {
  const incoming = incomingEdges(fn);
  let nextId = fn.blocks.reduce((highest, block) => Math.max(highest, block.id), 0) + 1;
  const blocks: Block[] = [];
  for (const block of fn.blocks) {
    blocks.push(block);
    const edges = [...distinctEdges(block.terminator)];
    if (edges.length < 2) continue;
    for (const edge of edges) {
      const target = edge.target;
      if ((incoming.get(target)?.length ?? 0) < 2) continue;
      const between: Block = {
        id: nextId,
        parameters: [],
        instructions: [],
        terminator: { kind: 'jump', inputs: [], edges: [{ target, arguments: edge.arguments }] },
        loopDepth: Math.min(block.loopDepth, target.loopDepth),
      };
      nextId += 1;
      edge.target = between;
      edge.arguments = [];
      blocks.push(between);
    }
  }
  fn.blocks = blocks;
}
