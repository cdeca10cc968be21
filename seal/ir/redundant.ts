/**
 * What is known already is not computed, loaded or read again. One forward pass carries what earlier code has left in
 * globals, memory and values; where ways meet, what all of them agree on goes on; into a loop goes what it does not change.
 */
import { accessBytes } from '../decode/natural-alignment.ts';
import {
  type Block,
  type Instruction,
  type IrFunction,
  type LoadInstruction,
  newValue,
  type StoreInstruction,
  type Value,
} from './ir.ts';
import { findLoopEnds } from './loops.ts';
import { replaceValues } from './replace.ts';
import { distinctEdges } from './simplify.ts';

interface KnownLoad {
  readonly memory: number;
  readonly index: Value;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly value: Value;
}

interface Known {
  readonly globals: Map<number, Value>;
  readonly loads: Map<string, KnownLoad>;
  readonly values: Map<string, Value>;
}

/** What a loop may change. */
interface Changes {
  readonly globals: Set<number>;
  readonly memories: Set<number>;
  everything: boolean;
}

/** More is rarely asked for again, and every entry costs at every block. */
const entryLimit = 48;

/** Each takes a register for the length of the loop. */
const hoistLimit = 3;

const nothingKnown = (): Known => ({ globals: new Map(), loads: new Map(), values: new Map() });

const copyOf = ({ globals, loads, values }: Known): Known => ({
  globals: new Map(globals),
  loads: new Map(loads),
  values: new Map(values),
});

const nameOf = (value: Value) => (value.constant === undefined ? `${value.id}` : `=${value.constant}`);
const loadKey = (op: string, { memory, offset }: LoadInstruction | StoreInstruction, index: Value) =>
  `${op} ${memory} ${nameOf(index)} ${offset}`;

/** The load that gives back exactly what a store has written; narrow stores lose bits. */
const readBack: Readonly<Record<string, string>> = {
  'i32.store': 'i32.load',
  'i64.store': 'i64.load',
  'f32.store': 'f32.load',
  'f64.store': 'f64.load',
  'v128.store': 'v128.load',
};

const changesNothing = new Set(['global.get', 'ref.func', 'memory.size', 'table.size', 'table.get']);

function changesOf(instruction: Instruction, changes: Changes): void {
  if (instruction.kind === 'store') changes.memories.add(instruction.memory);
  else if (instruction.kind === 'call' || instruction.kind === 'call-indirect') changes.everything = true;
  else if (instruction.kind === 'effect') {
    if (instruction.op === 'global.set') changes.globals.add(instruction.index);
    else if (!changesNothing.has(instruction.op)) changes.everything = true;
  }
}

function limit<K, V>(map: Map<K, V>): void {
  if (map.size <= entryLimit) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

class RedundancyPass {
  private readonly fn: IrFunction;
  private readonly replaced = new Map<Value, Value>();
  private readonly leaving = new Map<Block, Known>();
  private readonly order: ReadonlyMap<Block, number>;
  private readonly loopEnds: ReadonlyMap<number, number>;
  private known: Known = nothingKnown();

  constructor(fn: IrFunction) {
    this.fn = fn;
    this.order = new Map(fn.blocks.map((block, index) => [block, index]));
    this.loopEnds = findLoopEnds(fn, this.order);
  }

  run(): void {
    const predecessors = new Map<Block, Block[]>(this.fn.blocks.map((block) => [block, []]));
    for (const block of this.fn.blocks) {
      for (const edge of distinctEdges(block.terminator)) predecessors.get(edge.target)?.push(block);
    }
    for (const [position, block] of this.fn.blocks.entries()) {
      this.known = this.entering(position, predecessors.get(block) ?? []);
      const kept: Instruction[] = [];
      for (const instruction of block.instructions) {
        instruction.inputs = instruction.inputs.map((value) => this.resolve(value));
        if (!this.isKnown(instruction)) kept.push(instruction);
      }
      block.instructions = kept;
      this.leaving.set(block, this.known);
    }
    if (this.replaced.size > 0) replaceValues(this.fn, (value) => this.resolve(value));
  }

  private resolve(value: Value): Value {
    return this.replaced.get(value) ?? value;
  }

  private entering(position: number, predecessors: readonly Block[]): Known {
    const [first, ...others] = predecessors.filter((block) => (this.order.get(block) ?? 0) < position);
    const before = first === undefined ? undefined : this.leaving.get(first);
    if (before === undefined) return nothingKnown();
    const known = copyOf(before);
    for (const other of others) this.meet(known, this.leaving.get(other) ?? nothingKnown());
    const end = this.loopEnds.get(position);
    if (end !== undefined) {
      const changes = this.changesIn(position, end);
      this.forgetChanged(known, changes);
      if (first !== undefined && others.length === 0 && !changes.everything)
        this.hoist(first, known, position, end, changes);
    }
    return known;
  }

  private meet(known: Known, other: Known): void {
    for (const [index, value] of known.globals) if (other.globals.get(index) !== value) known.globals.delete(index);
    for (const [key, { value }] of known.loads) if (other.loads.get(key)?.value !== value) known.loads.delete(key);
    for (const [key, value] of known.values) if (other.values.get(key) !== value) known.values.delete(key);
  }

  private changesIn(from: number, to: number): Changes {
    const changes: Changes = { globals: new Set(), memories: new Set(), everything: false };
    for (const block of this.fn.blocks.slice(from, to + 1)) {
      for (const instruction of block.instructions) changesOf(instruction, changes);
      if (changes.everything) break;
    }
    return changes;
  }

  /** Reading a global cannot fail, so one that the loop does not write may be read before it, whether or not it is needed. */
  private hoist(before: Block, known: Known, from: number, to: number, changes: Changes): void {
    let count = 0;
    if (before.terminator.kind !== 'jump') return;
    for (const block of this.fn.blocks.slice(from, to + 1)) {
      for (const instruction of block.instructions) {
        const [result] = instruction.results;
        if (instruction.kind !== 'effect' || instruction.op !== 'global.get' || result === undefined) continue;
        const { index } = instruction;
        if (changes.globals.has(index) || known.globals.has(index) || count === hoistLimit) continue;
        const value = newValue(this.fn, result.type);
        before.instructions.push({ ...instruction, inputs: [], results: [value] });
        known.globals.set(index, value);
        count += 1;
      }
    }
  }

  private forgetChanged(known: Known, changes: Changes): void {
    // Values that a loop carries are the same in every turn only when they come from before it, which these do.
    if (changes.everything) {
      known.globals.clear();
      known.loads.clear();
      known.values.clear();
      return;
    }
    for (const index of changes.globals) known.globals.delete(index);
    for (const [key, { memory }] of known.loads) if (changes.memories.has(memory)) known.loads.delete(key);
  }

  private replace(instruction: Instruction, known: Value | undefined): boolean {
    const [result] = instruction.results;
    if (known === undefined || result === undefined) return false;
    this.replaced.set(result, known);
    return true;
  }

  /** Whether the instruction needs not be done; takes note of what it leaves known. */
  private isKnown(instruction: Instruction): boolean {
    const { globals, loads, values } = this.known;
    const [result] = instruction.results;
    switch (instruction.kind) {
      case 'numeric': {
        const key = `${instruction.op} ${instruction.inputs.map(nameOf).join(' ')}`;
        if (this.replace(instruction, values.get(key))) return true;
        if (result !== undefined) values.set(key, result);
        limit(values);
        return false;
      }
      case 'load': {
        const [index] = instruction.inputs;
        // A load into a lane gives the other lanes, too, of a vector the key does not name.
        if (index === undefined || instruction.inputs.length > 1) return false;
        const key = loadKey(instruction.op, instruction, index);
        if (this.replace(instruction, loads.get(key)?.value)) return true;
        if (result !== undefined) this.remember(key, instruction, index, result);
        return false;
      }
      case 'store':
        this.store(instruction);
        return false;
      case 'effect':
        if (instruction.op === 'global.get') {
          if (this.replace(instruction, globals.get(instruction.index))) return true;
          if (result !== undefined) globals.set(instruction.index, result);
          return false;
        }
        if (instruction.op === 'global.set') {
          const [value] = instruction.inputs;
          if (value !== undefined) globals.set(instruction.index, value);
          return false;
        }
        if (!changesNothing.has(instruction.op)) this.known = nothingKnown();
        return false;
      case 'call':
      case 'call-indirect':
        // Values stay what they are, but would have to be kept in memory or rare registers across the call.
        this.known = nothingKnown();
        return false;
      default:
        return false;
    }
  }

  private remember(key: string, access: LoadInstruction | StoreInstruction, index: Value, value: Value): void {
    const from = access.offset;
    this.known.loads.set(key, { memory: access.memory, index, from, to: from + accessBytes(access.op), value });
    limit(this.known.loads);
  }

  private store(instruction: StoreInstruction): void {
    const { loads } = this.known;
    const [index, value] = instruction.inputs;
    if (index === undefined || value === undefined) return;
    const from = instruction.offset;
    const to = from + accessBytes(instruction.op);
    for (const [key, load] of loads) {
      // Index and offset are added without wrapping: the same index with other offsets is another place.
      const isElsewhere =
        load.memory !== instruction.memory || (load.index === index && (load.to <= from || to <= load.from));
      if (!isElsewhere) loads.delete(key);
    }
    const op = readBack[instruction.op];
    if (op !== undefined) this.remember(loadKey(op, instruction, index), instruction, index, value);
  }
}

export function removeRedundant(fn: IrFunction): void {
  new RedundancyPass(fn).run();
}
