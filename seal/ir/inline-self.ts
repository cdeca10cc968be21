/**
 * A small function that calls itself gets a few turns of the recursion inlined: most calls are to the leaves, which then
 * cost a comparison instead. Only calls to itself, so that every frame of a backtrace keeps a name that is true.
 */
import {
  type Block,
  type CallInstruction,
  type Edge,
  type IrFunction,
  newValue,
  type Terminator,
  type Value,
} from './ir.ts';
import { distinctEdges } from './simplify.ts';

/** Instructions of the function as it is, and with everything inlined. */
const templateLimit = 24;
const grownLimit = 170;

interface CallSite {
  readonly block: Block;
  readonly call: CallInstruction;
}

const callsItself = (block: Block, index: number): CallSite[] =>
  block.instructions.flatMap((call) => (call.kind === 'call' && call.callee === index ? [{ block, call }] : []));

const sizeOf = (blocks: readonly Block[]) =>
  blocks.reduce((size, { instructions }) => size + instructions.length + 1, 0);

/** The function's blocks as they were before anything is inlined. */
function copyBlocks(fn: IrFunction, template: readonly Block[], inputs: readonly Value[], depth: number, id: number) {
  const values = new Map<Value, Value>(template[0]?.parameters.map((value, index) => [value, inputs[index] ?? value]));
  const copied = (value: Value): Value => {
    if (value.constant !== undefined) return value;
    let copy = values.get(value);
    if (copy === undefined) {
      copy = newValue(fn, value.type);
      values.set(value, copy);
    }
    return copy;
  };
  const blocks = new Map<Block, Block>();
  for (const [index, block] of template.entries()) {
    blocks.set(block, {
      id: id + index,
      parameters: index === 0 ? [] : block.parameters.map(copied),
      instructions: block.instructions.map((instruction) => ({
        ...instruction,
        inputs: instruction.inputs.map(copied),
        results: instruction.results.map(copied),
      })),
      terminator: block.terminator,
      loopDepth: block.loopDepth + depth,
    });
  }
  for (const [block, copy] of blocks) {
    const edges = new Map<Edge, Edge>();
    for (const edge of distinctEdges(block.terminator)) {
      const target = blocks.get(edge.target) ?? edge.target;
      edges.set(edge, { target, arguments: edge.arguments.map(copied) });
    }
    copy.terminator = {
      ...block.terminator,
      inputs: block.terminator.inputs.map(copied),
      edges: block.terminator.edges.map((edge) => edges.get(edge) ?? edge),
    } as Terminator;
  }
  return [...blocks.values()];
}

function inlineAt(fn: IrFunction, template: readonly Block[], { block, call }: CallSite, nextId: number): Block[] {
  const at = block.instructions.indexOf(call);
  const copies = copyBlocks(fn, template, call.inputs, block.loopDepth, nextId);
  const rest: Block = {
    id: nextId + copies.length,
    parameters: call.results,
    instructions: block.instructions.slice(at + 1),
    terminator: block.terminator,
    loopDepth: block.loopDepth,
  };
  for (const copy of copies) {
    if (copy.terminator.kind !== 'return') continue;
    copy.terminator = { kind: 'jump', inputs: [], edges: [{ target: rest, arguments: copy.terminator.inputs }] };
  }
  const [entry] = copies;
  block.instructions = block.instructions.slice(0, at);
  if (entry !== undefined) block.terminator = { kind: 'jump', inputs: [], edges: [{ target: entry, arguments: [] }] };
  fn.blocks.splice(fn.blocks.indexOf(block) + 1, 0, ...copies, rest);
  return [...copies, rest];
}

/** Before `simplify`, which cleans up behind it. `index` is the function's own. */
export function inlineSelf(fn: IrFunction, index: number): void {
  const size = sizeOf(fn.blocks);
  if (size > templateLimit || fn.blocks.some(({ terminator }) => terminator.kind.startsWith('tail-call'))) return;
  if (!fn.blocks.some((block) => callsItself(block, index).length > 0)) return;
  const [entry] = fn.blocks;
  const template = copyBlocks(fn, fn.blocks, [], 0, 0);
  const [first] = template;
  if (first === undefined || entry === undefined) return;
  first.parameters = entry.parameters;
  let nextId = fn.blocks.length;
  let grown = size;
  // Breadth first: every call gets one turn before one gets two.
  let sites = fn.blocks.flatMap((block) => callsItself(block, index));
  for (let site = sites.shift(); site !== undefined && grown + size <= grownLimit; site = sites.shift()) {
    const added = inlineAt(fn, template, site, nextId);
    nextId += added.length;
    grown += size;
    const rest = added[added.length - 1];
    const moved = rest === undefined ? [] : callsItself(rest, index);
    sites = sites.map((other) =>
      rest !== undefined && moved.some(({ call }) => call === other.call) ? { block: rest, call: other.call } : other,
    );
    sites.push(...added.slice(0, -1).flatMap((block) => callsItself(block, index)));
  }
}
