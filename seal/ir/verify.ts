/** What the IR promises (docs/seal.md), checked: definitions before uses on every path, types, edges, order of blocks. */
import { opcodes } from '../decode/opcodes.ts';
import type { Block, Edge, Instruction, IrFunction, NumberType, Value } from './ir.ts';
import { distinctEdges } from './simplify.ts';

/** Lanes are inputs of their own, behind those on the operand stack. */
const laneInputs: Readonly<Record<string, readonly NumberType[]>> = {
  lane: ['i32'],
  access_lane: ['i32'],
  shuffle: ['v128'],
};

const signatures = new Map(
  opcodes.flatMap(({ name, immediates, signature }) => {
    if (signature === undefined) return [];
    const inputs = [...signature.inputs, ...(laneInputs[immediates] ?? [])];
    return [[name, { inputs, outputs: signature.outputs }] as const];
  }),
);

/** Operators of the compiler's own are named after the WebAssembly operator they extend. */
const signatureOf = (op: string) => signatures.get(op) ?? signatures.get(op.replace(/_shl[123]$/, ''));

type Fail = (problem: string) => never;

function verifyOrder(blocks: readonly Block[], fail: Fail): ReadonlyMap<Block, Block> {
  const order = new Map(blocks.map((block, index) => [block, index]));
  if (order.size !== blocks.length) fail('a block stands twice');
  const predecessors = new Map<Block, Block[]>(blocks.map((block) => [block, []]));
  for (const block of blocks) {
    for (const edge of distinctEdges(block.terminator)) {
      const known = predecessors.get(edge.target);
      if (known === undefined) fail(`block ${block.id} goes to a block that is not in the function`);
      known.push(block);
      if (edge.target === blocks[0]) fail(`block ${block.id} goes back to the entry`);
    }
  }
  return immediateDominators(blocks, order, predecessors, fail);
}

/** Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm". Every block must follow its dominators. */
function immediateDominators(
  blocks: readonly Block[],
  order: ReadonlyMap<Block, number>,
  predecessors: ReadonlyMap<Block, readonly Block[]>,
  fail: Fail,
): ReadonlyMap<Block, Block> {
  const dominators = new Map<Block, Block>();
  const [entry] = blocks;
  if (entry === undefined) return dominators;
  dominators.set(entry, entry);
  const position = (block: Block) => order.get(block) ?? 0;
  const common = (first: Block, second: Block): Block => {
    let a = first;
    let b = second;
    while (a !== b) {
      if (position(a) > position(b)) a = dominators.get(a) ?? entry;
      else b = dominators.get(b) ?? entry;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of blocks.slice(1)) {
      const known = (predecessors.get(block) ?? []).filter((predecessor) => dominators.has(predecessor));
      const [first, ...others] = known;
      // The first way in comes from before: whoever dominates the block stands there.
      if (first === undefined) fail(`block ${block.id} stands before every block that leads to it`);
      const dominator = others.reduce(common, first);
      if (position(dominator) >= position(block)) fail(`block ${block.id} stands before its dominator ${dominator.id}`);
      if (dominators.get(block) === dominator) continue;
      dominators.set(block, dominator);
      changed = true;
    }
  }
  return dominators;
}

function verifyTypes(instruction: Instruction, fail: Fail): void {
  const expect = (values: readonly Value[], types: readonly (NumberType | undefined)[], what: string) => {
    if (values.length !== types.length) fail(`${values.length} ${what} instead of ${types.length}`);
    for (const [index, value] of values.entries()) {
      if (types[index] !== undefined && value.type !== types[index]) {
        fail(`${what} ${index} is ${value.type}, not ${types[index]}`);
      }
    }
  };
  switch (instruction.kind) {
    case 'numeric':
    case 'load':
    case 'store': {
      const signature = signatureOf(instruction.op);
      if (signature === undefined) fail(`${instruction.op} is not in the table of operators`);
      // A reference is an i64 here, and ref.is_null its comparison with 0.
      expect(instruction.inputs, signature.inputs, 'inputs');
      expect(instruction.results, signature.outputs, 'results');
      return;
    }
    case 'materialize':
      expect(instruction.results, [instruction.inputs[0]?.type], 'results');
      if (instruction.inputs[0]?.constant === undefined) fail('only constants are materialised');
      return;
    case 'select': {
      const type = instruction.results[0]?.type;
      const compared = instruction.compare === undefined ? ['i32' as const] : signatureOf(instruction.compare)?.inputs;
      expect(instruction.inputs, [type, type, ...(compared ?? [])], 'inputs');
      return;
    }
    default:
      return;
  }
}

class Verifier {
  private readonly fn: IrFunction;
  private readonly stage: string;
  private readonly definedIn = new Map<number, { readonly block: Block; readonly position: number }>();
  private readonly dominators: ReadonlyMap<Block, Block>;
  private readonly order: ReadonlyMap<Block, number>;

  constructor(fn: IrFunction, stage: string) {
    this.fn = fn;
    this.stage = stage;
    this.dominators = verifyOrder(fn.blocks, (problem) => this.fail(problem));
    this.order = new Map(fn.blocks.map((block, index) => [block, index]));
  }

  private fail(problem: string): never {
    throw new Error(`IR of ${this.fn.name} after ${this.stage}: ${problem}`);
  }

  run(): void {
    for (const block of this.fn.blocks) {
      for (const parameter of block.parameters) this.define(parameter, block, -1);
      for (const [position, instruction] of block.instructions.entries()) {
        for (const result of instruction.results) this.define(result, block, position);
      }
    }
    for (const block of this.fn.blocks) this.block(block);
  }

  private define(value: Value, block: Block, position: number): void {
    if (this.definedIn.has(value.id)) this.fail(`value ${value.id} is defined twice`);
    if (value.constant !== undefined) this.fail(`constant ${value.id} is defined in block ${block.id}`);
    if (value.id >= this.fn.valueCount) this.fail(`value ${value.id} is not counted`);
    this.definedIn.set(value.id, { block, position });
  }

  private use(value: Value, block: Block, position: number): void {
    if (value.constant !== undefined) return;
    const definition = this.definedIn.get(value.id);
    if (definition === undefined) this.fail(`value ${value.id} is used in block ${block.id} and defined nowhere`);
    if (definition.block === block) {
      if (definition.position >= position)
        this.fail(`value ${value.id} is used in block ${block.id} before it is made`);
      return;
    }
    const target = this.order.get(definition.block) ?? 0;
    let above = block;
    while ((this.order.get(above) ?? 0) > target) above = this.dominators.get(above) ?? definition.block;
    if (above !== definition.block) {
      this.fail(`value ${value.id} of block ${definition.block.id} does not reach block ${block.id} on every path`);
    }
  }

  private block(block: Block): void {
    for (const [position, instruction] of block.instructions.entries()) {
      for (const value of instruction.inputs) this.use(value, block, position);
      verifyTypes(instruction, (problem) => {
        const name = 'op' in instruction ? instruction.op : instruction.kind;
        return this.fail(`block ${block.id}, instruction ${position} (${name}): ${problem}`);
      });
    }
    const end = block.instructions.length;
    for (const value of block.terminator.inputs) this.use(value, block, end);
    const edges = [...distinctEdges(block.terminator)];
    for (const edge of edges) {
      this.edge(block, edge, end);
      if (edges.length > 1 && this.waysInto(edge.target) > 1) {
        this.fail(`the edge from block ${block.id} to ${edge.target.id} is critical`);
      }
    }
    if (block.terminator.kind === 'return') {
      const types = block.terminator.inputs.map(({ type }) => type).join();
      if (types !== this.fn.resultTypes.join()) this.fail(`block ${block.id} returns (${types})`);
    }
  }

  private edge(block: Block, edge: Edge, end: number): void {
    const { parameters } = edge.target;
    if (edge.arguments.length !== parameters.length) {
      this.fail(`block ${block.id} passes ${edge.arguments.length} values to ${edge.target.id}`);
    }
    for (const [index, value] of edge.arguments.entries()) {
      this.use(value, block, end);
      if (value.type !== parameters[index]?.type)
        this.fail(`block ${block.id} passes a ${value.type} to ${edge.target.id}`);
    }
  }

  private readonly ways = new Map<Block, number>();

  private waysInto(target: Block): number {
    if (this.ways.size === 0) {
      for (const block of this.fn.blocks) {
        for (const edge of distinctEdges(block.terminator)) {
          this.ways.set(edge.target, (this.ways.get(edge.target) ?? 0) + 1);
        }
      }
    }
    return this.ways.get(target) ?? 0;
  }
}

/** Throws when the function, simplified already, breaks an invariant; `stage` names the pass that ran last. */
export function verifyFunction(fn: IrFunction, stage: string): void {
  new Verifier(fn, stage).run();
}
