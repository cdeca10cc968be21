/**
 * SSA from structured control flow. All edges into a forward label are known when its `end` is reached, so a join gets
 * parameters exactly for the locals and results in which its edges differ; a loop gets them for the locals assigned in it.
 */
import type { BodyInstruction } from '../decode/body.ts';
import type { FunctionType, ValueType } from '../decode/module.ts';
import {
  type Block,
  type Edge,
  type Instruction,
  type IrFunction,
  type NumberType,
  newValue,
  type Terminator,
  trapTerminator,
  type Value,
} from './ir.ts';

export const numberType = (type: ValueType): NumberType => (type === 'funcref' || type === 'externref' ? 'i64' : type);

interface IncomingEdge {
  readonly edge: Edge;
  readonly values: readonly Value[];
  readonly locals: readonly Value[];
}

interface Frame {
  readonly kind: 'function' | 'block' | 'loop' | 'if' | 'else';
  readonly blockType: FunctionType;
  /** Operand stack height below the block's parameters. */
  readonly height: number;
  readonly incoming: IncomingEdge[];
  /** Loop header; branches to a loop go there. */
  readonly header: Block | undefined;
  /** Locals that are parameters of the header. */
  readonly headerLocals: readonly number[];
  /** For `if`: the edge into the else branch, with the state it starts from. */
  readonly otherwise: IncomingEdge | undefined;
}

/** Operand stack, locals, open labels and the block that is being filled. */
export abstract class ControlFlow {
  protected readonly fn: IrFunction;
  protected stack: Value[] = [];
  protected current: Block | undefined;
  private readonly loopLocals: ReadonlyMap<number, readonly number[]>;
  private readonly constants = new Map<string, Value>();
  private readonly frames: Frame[] = [];
  private readonly localTypes: readonly NumberType[];
  private locals: Value[] = [];
  private localsShared = false;
  private loopDepth = 0;
  private blockCount = 0;

  constructor(
    name: string,
    type: FunctionType,
    locals: readonly ValueType[],
    loopLocals: ReadonlyMap<number, readonly number[]>,
  ) {
    this.fn = { name, blocks: [], resultTypes: type.results.map(numberType), valueCount: 0 };
    this.loopLocals = loopLocals;
    this.localTypes = [...type.parameters, ...locals].map(numberType);
    const entry = this.startBlock();
    entry.parameters = type.parameters.map((parameter) => newValue(this.fn, numberType(parameter)));
    this.locals = [...entry.parameters];
    for (const local of locals) this.locals.push(this.constant(numberType(local), 0n));
    this.frames.push({
      kind: 'function',
      blockType: { parameters: [], results: type.results },
      height: 0,
      incoming: [],
      header: undefined,
      headerLocals: [],
      otherwise: undefined,
    });
  }

  protected constant(type: NumberType, bits: bigint): Value {
    const key = `${type} ${bits}`;
    let value = this.constants.get(key);
    if (value === undefined) {
      value = newValue(this.fn, type, bits);
      this.constants.set(key, value);
    }
    return value;
  }

  protected startBlock(): Block {
    const block: Block = {
      id: this.blockCount,
      parameters: [],
      instructions: [],
      terminator: trapTerminator('unreachable'),
      loopDepth: this.loopDepth,
    };
    this.blockCount += 1;
    this.fn.blocks.push(block);
    this.current = block;
    return block;
  }

  protected push(value: Value): void {
    this.stack.push(value);
  }

  protected pop(): Value {
    const value = this.stack.pop();
    if (value === undefined) throw new Error('operand stack underflow in a validated module');
    return value;
  }

  protected popMany(count: number): Value[] {
    return count === 0 ? [] : this.stack.splice(this.stack.length - count, count);
  }

  protected setLocal(index: number, value: Value): void {
    if (this.localsShared) {
      this.locals = [...this.locals];
      this.localsShared = false;
    }
    this.locals[index] = value;
  }

  protected emit(instruction: Instruction): void {
    this.current?.instructions.push(instruction);
  }

  protected terminate(terminator: Terminator): void {
    if (this.current !== undefined) this.current.terminator = terminator;
    this.current = undefined;
  }

  protected frameAt(depth: number): Frame {
    const frame = this.frames[this.frames.length - 1 - depth];
    if (frame === undefined) throw new Error('label depth out of range in a validated module');
    return frame;
  }

  /** The edge of a branch to a label that carries the topmost operands, which stay on the stack. */
  protected edgeTo(frame: Frame): Edge {
    const count = frame.kind === 'loop' ? frame.blockType.parameters.length : frame.blockType.results.length;
    const values = count === 0 ? [] : this.stack.slice(this.stack.length - count);
    return this.edgeWith(frame, values);
  }

  protected edgeWith(frame: Frame, values: readonly Value[]): Edge {
    if (frame.header !== undefined && frame.kind === 'loop') {
      const localArguments = frame.headerLocals.map((index) => this.local(index));
      return { target: frame.header, arguments: [...values, ...localArguments] };
    }
    // The target is not there yet: the block is made at the label's end, which fills in the edge.
    const edge: Edge = { target: undefinedBlock, arguments: [] };
    this.localsShared = true;
    frame.incoming.push({ edge, values, locals: this.locals });
    return edge;
  }

  protected local(index: number): Value {
    const value = this.locals[index];
    if (value === undefined) throw new Error('local index out of range in a validated module');
    return value;
  }

  /** Continue where the given edges meet, with operand stack and locals merged. */
  protected join(frame: Frame): void {
    const [first, ...others] = frame.incoming;
    this.stack.length = frame.height;
    if (first === undefined) {
      this.current = undefined;
      return;
    }
    const block = this.startBlock();
    const merge = (type: NumberType, firstValue: Value, valueIn: (incoming: IncomingEdge) => Value | undefined) => {
      if (others.every((incoming) => valueIn(incoming) === firstValue)) return firstValue;
      const parameter = newValue(this.fn, type);
      block.parameters.push(parameter);
      for (const incoming of frame.incoming) {
        const value = valueIn(incoming);
        if (value !== undefined) incoming.edge.arguments.push(value);
      }
      return parameter;
    };
    for (const incoming of frame.incoming) incoming.edge.target = block;
    for (const [index, value] of first.values.entries()) {
      this.push(merge(value.type, value, (incoming) => incoming.values[index]));
    }
    if (others.every((incoming) => incoming.locals === first.locals)) {
      this.locals = first.locals as Value[];
      this.localsShared = true;
      return;
    }
    this.locals = first.locals.map((value, index) =>
      merge(this.localTypes[index] ?? value.type, value, (incoming) => incoming.locals[index]),
    );
    this.localsShared = false;
  }

  protected open(kind: Frame['kind'], blockType: FunctionType, parts: Partial<Frame> = {}): void {
    this.frames.push({
      kind,
      blockType,
      height: this.stack.length - blockType.parameters.length,
      incoming: [],
      header: undefined,
      headerLocals: [],
      otherwise: undefined,
      ...parts,
    });
  }

  protected openLoop(instruction: BodyInstruction, position: number): void {
    const before = this.current;
    if (before === undefined) return;
    const headerLocals = this.loopLocals.get(position) ?? [];
    const values = this.popMany(instruction.blockType.parameters.length);
    const edgeArguments = [...values, ...headerLocals.map((index) => this.local(index))];
    this.loopDepth += 1;
    const header = this.startBlock();
    before.terminator = { kind: 'jump', inputs: [], edges: [{ target: header, arguments: edgeArguments }] };
    header.parameters = edgeArguments.map((value) => newValue(this.fn, value.type));
    for (const [index, parameter] of header.parameters.entries()) {
      const local = headerLocals[index - values.length];
      if (index < values.length) this.push(parameter);
      else if (local !== undefined) this.setLocal(local, parameter);
    }
    this.open('loop', instruction.blockType, { header, headerLocals });
  }

  protected openIf(instruction: BodyInstruction): void {
    const condition = this.pop();
    const count = instruction.blockType.parameters.length;
    const values = count === 0 ? [] : this.stack.slice(this.stack.length - count);
    const taken: Edge = { target: undefinedBlock, arguments: [] };
    const edge: Edge = { target: undefinedBlock, arguments: [] };
    this.localsShared = true;
    this.open('if', instruction.blockType, { otherwise: { edge, values, locals: this.locals } });
    this.terminate({ kind: 'branch', inputs: [condition], edges: [taken, edge], compare: undefined });
    taken.target = this.startBlock();
  }

  /** Fall through to the end of the innermost frame. */
  protected fallThrough(frame: Frame): void {
    if (this.current === undefined) return;
    const values = this.popMany(frame.blockType.results.length);
    // A loop's end is not its label: falling out of a loop just goes on.
    const target = frame.kind === 'loop' ? { ...frame, kind: 'block' as const } : frame;
    const edge = this.edgeWith(target, values);
    this.terminate({ kind: 'jump', inputs: [], edges: [edge] });
  }

  protected startElse(frame: Frame): void {
    const otherwise = frame.otherwise;
    this.frames.pop();
    if (otherwise === undefined) return;
    const block = this.startBlock();
    otherwise.edge.target = block;
    this.stack.length = frame.height;
    this.stack.push(...otherwise.values);
    this.locals = otherwise.locals as Value[];
    this.localsShared = true;
    this.frames.push({ ...frame, kind: 'else', otherwise: undefined });
  }

  protected end(): void {
    const frame = this.frameAt(0);
    this.fallThrough(frame);
    if (frame.kind === 'if') {
      // No else: its edge goes straight to the end with the parameters as results.
      const otherwise = frame.otherwise;
      if (otherwise !== undefined) frame.incoming.push(otherwise);
    }
    this.frames.pop();
    if (frame.kind === 'loop') this.loopDepth -= 1;
    this.join(frame);
    if (frame.kind === 'function' && this.current !== undefined) {
      this.terminate({ kind: 'return', inputs: this.popMany(frame.blockType.results.length), edges: [] });
    }
  }
}

/** Stands in an edge until its label's end is reached. */
export const undefinedBlock: Block = {
  id: -1,
  parameters: [],
  instructions: [],
  terminator: trapTerminator('unreachable'),
  loopDepth: 0,
};
