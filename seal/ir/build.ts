/**
 * SSA from structured control flow. All edges into a forward label are known when its `end` is reached, so a join gets
 * parameters exactly for the locals and results in which its edges differ; a loop gets them for the locals assigned in it.
 */
import { type BodyInstruction, readBody } from '../decode/body.ts';
import type { DecodedModule, DefinedFunction, FunctionType, ValueType } from '../decode/module.ts';
import { foldNumeric } from './fold.ts';
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
import { assignedInLoops } from './loop-locals.ts';

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

class Builder {
  private readonly module: DecodedModule;
  private readonly fn: IrFunction;
  private readonly body: readonly BodyInstruction[];
  private readonly loopLocals: ReadonlyMap<number, readonly number[]>;
  private readonly constants = new Map<string, Value>();
  private readonly frames: Frame[] = [];
  private readonly localTypes: readonly NumberType[];
  private stack: Value[] = [];
  private locals: Value[] = [];
  private localsShared = false;
  private current: Block | undefined;
  private loopDepth = 0;
  private blockCount = 0;

  constructor(module: DecodedModule, source: DefinedFunction) {
    this.module = module;
    const type = this.typeAt(source.typeIndex);
    this.fn = { name: source.name, blocks: [], resultTypes: type.results.map(numberType), valueCount: 0 };
    this.body = readBody(source, module.types);
    this.loopLocals = assignedInLoops(this.body);
    this.localTypes = [...type.parameters, ...source.locals].map(numberType);
    const entry = this.startBlock();
    entry.parameters = type.parameters.map((parameter) => newValue(this.fn, numberType(parameter)));
    this.locals = [...entry.parameters];
    for (const local of source.locals) this.locals.push(this.constant(numberType(local), 0n));
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

  build(): IrFunction {
    let skipDepth = 0;
    for (const [position, instruction] of this.body.entries()) {
      const name = instruction.opcode.name;
      if (this.current === undefined) {
        // Unreachable code is validated (by the engine, before) and then left out.
        if (name === 'block' || name === 'loop' || name === 'if') {
          skipDepth += 1;
          continue;
        }
        if (name === 'end' && skipDepth > 0) {
          skipDepth -= 1;
          continue;
        }
        if (skipDepth > 0 || (name !== 'end' && name !== 'else')) continue;
      }
      this.instruction(instruction, position);
    }
    return this.fn;
  }

  private typeAt(index: number): FunctionType {
    const type = this.module.types[index];
    if (type === undefined) throw new Error(`type ${index} does not exist in a validated module`);
    return type;
  }

  private constant(type: NumberType, bits: bigint): Value {
    const key = `${type} ${bits}`;
    let value = this.constants.get(key);
    if (value === undefined) {
      value = newValue(this.fn, type, bits);
      this.constants.set(key, value);
    }
    return value;
  }

  private startBlock(): Block {
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

  private push(value: Value): void {
    this.stack.push(value);
  }

  private pop(): Value {
    const value = this.stack.pop();
    if (value === undefined) throw new Error('operand stack underflow in a validated module');
    return value;
  }

  private popMany(count: number): Value[] {
    return count === 0 ? [] : this.stack.splice(this.stack.length - count, count);
  }

  private setLocal(index: number, value: Value): void {
    if (this.localsShared) {
      this.locals = [...this.locals];
      this.localsShared = false;
    }
    this.locals[index] = value;
  }

  private emit(instruction: Instruction): void {
    this.current?.instructions.push(instruction);
  }

  private terminate(terminator: Terminator): void {
    if (this.current !== undefined) this.current.terminator = terminator;
    this.current = undefined;
  }

  private frameAt(depth: number): Frame {
    const frame = this.frames[this.frames.length - 1 - depth];
    if (frame === undefined) throw new Error('label depth out of range in a validated module');
    return frame;
  }

  /** The edge of a branch to a label that carries the topmost operands, which stay on the stack. */
  private edgeTo(frame: Frame): Edge {
    const count = frame.kind === 'loop' ? frame.blockType.parameters.length : frame.blockType.results.length;
    const values = count === 0 ? [] : this.stack.slice(this.stack.length - count);
    return this.edgeWith(frame, values);
  }

  private edgeWith(frame: Frame, values: readonly Value[]): Edge {
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

  private local(index: number): Value {
    const value = this.locals[index];
    if (value === undefined) throw new Error('local index out of range in a validated module');
    return value;
  }

  /** Continue where the given edges meet, with operand stack and locals merged. */
  private join(frame: Frame): void {
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

  private open(kind: Frame['kind'], blockType: FunctionType, parts: Partial<Frame> = {}): void {
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

  private openLoop(instruction: BodyInstruction, position: number): void {
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

  private openIf(instruction: BodyInstruction): void {
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
  private fallThrough(frame: Frame): void {
    if (this.current === undefined) return;
    const values = this.popMany(frame.blockType.results.length);
    // A loop's end is not its label: falling out of a loop just goes on.
    const target = frame.kind === 'loop' ? { ...frame, kind: 'block' as const } : frame;
    const edge = this.edgeWith(target, values);
    this.terminate({ kind: 'jump', inputs: [], edges: [edge] });
  }

  private startElse(frame: Frame): void {
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

  private end(): void {
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

  private call(callee: number): void {
    const type = this.typeAt(this.module.functions[callee]?.typeIndex ?? -1);
    const inputs = this.popMany(type.parameters.length);
    const results = type.results.map((result) => newValue(this.fn, numberType(result)));
    this.emit({ kind: 'call', callee, inputs, results });
    this.stack.push(...results);
  }

  private callIndirect(typeIndex: number, table: number): void {
    const type = this.typeAt(typeIndex);
    const inputs = this.popMany(type.parameters.length + 1);
    const results = type.results.map((result) => newValue(this.fn, numberType(result)));
    this.emit({ kind: 'call-indirect', typeIndex, table, inputs, results });
    this.stack.push(...results);
  }

  private numeric(op: string, inputs: Value[], type: NumberType): void {
    const folded = foldNumeric(op, inputs);
    if (folded !== undefined) {
      this.push(typeof folded === 'bigint' ? this.constant(type, folded) : folded);
      return;
    }
    const result = newValue(this.fn, type);
    this.emit({ kind: 'numeric', op, inputs, results: [result] });
    this.push(result);
  }

  private effect(op: string, inputCount: number, result: NumberType | undefined, index = 0, second = 0): void {
    const inputs = this.popMany(inputCount);
    const results = result === undefined ? [] : [newValue(this.fn, result)];
    this.emit({ kind: 'effect', op, inputs, results, index, second });
    this.stack.push(...results);
  }

  private globalGet(index: number): void {
    const global = this.module.globals[index];
    const type = global === undefined ? 'i32' : numberType(global.type);
    const [operation, ...rest] = global?.initial?.operations ?? [];
    if (global !== undefined && !global.mutable && rest.length === 0 && operation?.kind === 'const') {
      this.push(this.constant(type, operation.bits));
      return;
    }
    this.effect('global.get', 0, type, index);
  }

  private branchTable(instruction: BodyInstruction): void {
    const index = this.pop();
    // One edge per label however many entries name it.
    const edgeOf = new Map<number, Edge>();
    const edges = [...instruction.labels, instruction.index].map((label) => {
      const edge = edgeOf.get(label) ?? this.edgeTo(this.frameAt(label));
      edgeOf.set(label, edge);
      return edge;
    });
    this.terminate({ kind: 'switch', inputs: [index], edges });
  }

  private branchIf(instruction: BodyInstruction): void {
    const condition = this.pop();
    const taken = this.edgeTo(this.frameAt(instruction.index));
    const next: Edge = { target: undefinedBlock, arguments: [] };
    this.terminate({ kind: 'branch', inputs: [condition], edges: [taken, next], compare: undefined });
    next.target = this.startBlock();
  }

  private instruction(instruction: BodyInstruction, position: number): void {
    const { opcode, index, second, bits } = instruction;
    switch (opcode.name) {
      case 'unreachable':
        this.terminate(trapTerminator('unreachable'));
        return;
      case 'nop':
        return;
      case 'block':
        this.open('block', instruction.blockType);
        return;
      case 'loop':
        this.openLoop(instruction, position);
        return;
      case 'if':
        this.openIf(instruction);
        return;
      case 'else': {
        const frame = this.frameAt(0);
        this.fallThrough(frame);
        this.startElse(frame);
        return;
      }
      case 'end':
        this.end();
        return;
      case 'br':
        this.terminate({ kind: 'jump', inputs: [], edges: [this.edgeTo(this.frameAt(index))] });
        return;
      case 'br_if':
        this.branchIf(instruction);
        return;
      case 'br_table':
        this.branchTable(instruction);
        return;
      case 'return':
        this.terminate({ kind: 'return', inputs: this.popMany(this.fn.resultTypes.length), edges: [] });
        return;
      case 'call':
        this.call(index);
        return;
      case 'call_indirect':
        this.callIndirect(index, second);
        return;
      case 'return_call': {
        const type = this.typeAt(this.module.functions[index]?.typeIndex ?? -1);
        const inputs = this.popMany(type.parameters.length);
        this.terminate({ kind: 'tail-call', inputs, edges: [], callee: index });
        return;
      }
      case 'return_call_indirect': {
        const inputs = this.popMany(this.typeAt(index).parameters.length + 1);
        this.terminate({ kind: 'tail-call-indirect', inputs, edges: [], typeIndex: index, table: second });
        return;
      }
      case 'drop':
        this.pop();
        return;
      case 'select':
      case 'select_typed': {
        const condition = this.pop();
        const otherwise = this.pop();
        const chosen = this.pop();
        const result = newValue(this.fn, chosen.type);
        this.emit({ kind: 'select', compare: undefined, inputs: [chosen, otherwise, condition], results: [result] });
        this.push(result);
        return;
      }
      case 'local.get':
        this.push(this.local(index));
        return;
      case 'local.set':
        this.setLocal(index, this.pop());
        return;
      case 'local.tee': {
        const value = this.pop();
        this.setLocal(index, value);
        this.push(value);
        return;
      }
      case 'global.get':
        this.globalGet(index);
        return;
      case 'global.set':
        this.effect('global.set', 1, undefined, index);
        return;
      case 'i32.const':
      case 'i64.const':
      case 'f32.const':
      case 'f64.const':
        this.push(this.constant(opcode.name.slice(0, 3) as NumberType, bits));
        return;
      case 'ref.null':
        this.push(this.constant('i64', 0n));
        return;
      case 'ref.is_null':
        this.numeric('i64.eqz', [this.pop()], 'i32');
        return;
      case 'ref.func':
        this.effect('ref.func', 0, 'i64', index);
        return;
      default:
        this.tabled(instruction);
    }
  }

  /** Instructions whose shape the tables give. */
  private tabled(instruction: BodyInstruction): void {
    const { opcode, index, second, bits } = instruction;
    if (opcode.immediates === 'access') {
      this.access(opcode.name, index, Number(bits), opcode.signature?.outputs[0]);
      return;
    }
    if (opcode.signature !== undefined) {
      const [type] = opcode.signature.outputs;
      if (type === undefined) throw new Error(`${opcode.name} has no result`);
      this.numeric(opcode.name, this.popMany(opcode.signature.inputs.length), type);
      return;
    }
    const shape = effectShapes[opcode.name];
    if (shape === undefined) throw new Error(`instruction ${opcode.name} has no rule in the SSA builder`);
    this.effect(opcode.name, shape.inputs, shape.result, index, second);
  }

  private access(op: string, memory: number, offset: number, result: NumberType | undefined): void {
    if (result === undefined) {
      this.emit({ kind: 'store', op, memory, offset, inputs: this.popMany(2), results: [] });
      return;
    }
    const value = newValue(this.fn, result);
    this.emit({ kind: 'load', op, memory, offset, inputs: this.popMany(1), results: [value] });
    this.push(value);
  }
}

const effectShapes: Readonly<Record<string, { readonly inputs: number; readonly result: NumberType | undefined }>> = {
  'memory.size': { inputs: 0, result: 'i32' },
  'memory.grow': { inputs: 1, result: 'i32' },
  'memory.init': { inputs: 3, result: undefined },
  'memory.copy': { inputs: 3, result: undefined },
  'memory.fill': { inputs: 3, result: undefined },
  'data.drop': { inputs: 0, result: undefined },
  'table.get': { inputs: 1, result: 'i64' },
  'table.set': { inputs: 2, result: undefined },
  'table.init': { inputs: 3, result: undefined },
  'table.copy': { inputs: 3, result: undefined },
  'table.fill': { inputs: 3, result: undefined },
  'table.grow': { inputs: 2, result: 'i32' },
  'table.size': { inputs: 0, result: 'i32' },
  'elem.drop': { inputs: 0, result: undefined },
};

/** Stands in an edge until its label's end is reached. */
const undefinedBlock: Block = {
  id: -1,
  parameters: [],
  instructions: [],
  terminator: trapTerminator('unreachable'),
  loopDepth: 0,
};

export function buildFunction(module: DecodedModule, source: DefinedFunction): IrFunction {
  return new Builder(module, source).build();
}
