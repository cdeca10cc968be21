/** One function body to IR: what each instruction does to the operand stack, and which instruction it becomes. */
import { type BodyInstruction, readBody } from '../decode/body.ts';
import type { DecodedModule, DefinedFunction, FunctionType } from '../decode/module.ts';
import { ControlFlow, numberType, undefinedBlock } from './control-flow.ts';
import { foldNumeric } from './fold.ts';
import { type Edge, type IrFunction, type NumberType, newValue, trapTerminator, type Value } from './ir.ts';
import { assignedInLoops } from './loop-locals.ts';

class Builder extends ControlFlow {
  private readonly module: DecodedModule;
  private readonly body: readonly BodyInstruction[];

  constructor(module: DecodedModule, source: DefinedFunction, body: readonly BodyInstruction[]) {
    const type = typeAt(module, source.typeIndex);
    super(source.name, type, source.locals, assignedInLoops(body));
    this.module = module;
    this.body = body;
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
  private call(callee: number): void {
    const type = typeAt(this.module, this.module.functions[callee]?.typeIndex ?? -1);
    const inputs = this.popMany(type.parameters.length);
    const results = type.results.map((result) => newValue(this.fn, numberType(result)));
    this.emit({ kind: 'call', callee, inputs, results });
    this.stack.push(...results);
  }

  private callIndirect(typeIndex: number, table: number): void {
    const type = typeAt(this.module, typeIndex);
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
        const type = typeAt(this.module, this.module.functions[index]?.typeIndex ?? -1);
        const inputs = this.popMany(type.parameters.length);
        this.terminate({ kind: 'tail-call', inputs, edges: [], callee: index });
        return;
      }
      case 'return_call_indirect': {
        const inputs = this.popMany(typeAt(this.module, index).parameters.length + 1);
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
      case 'v128.const':
        this.push(this.constant('v128', bits));
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
    const { opcode, index, second, lane, bits } = instruction;
    if (opcode.immediates === 'access' || opcode.immediates === 'access_lane') {
      const inputs = this.popMany(opcode.signature?.inputs.length ?? 0);
      if (opcode.immediates === 'access_lane') inputs.push(this.constant('i32', BigInt(lane)));
      this.access(opcode.name, index, Number(bits), inputs, opcode.signature?.outputs[0]);
      return;
    }
    if (opcode.signature !== undefined) {
      const [type] = opcode.signature.outputs;
      if (type === undefined) throw new Error(`${opcode.name} has no result`);
      const inputs = this.popMany(opcode.signature.inputs.length);
      // Lanes are inputs like any other, which are always constant.
      if (opcode.immediates === 'lane') inputs.push(this.constant('i32', BigInt(lane)));
      if (opcode.immediates === 'shuffle') inputs.push(this.constant('v128', bits));
      this.numeric(opcode.name, inputs, type);
      return;
    }
    const shape = effectShapes[opcode.name];
    if (shape === undefined) throw new Error(`instruction ${opcode.name} has no rule in the SSA builder`);
    this.effect(opcode.name, shape.inputs, shape.result, index, second);
  }

  private access(op: string, memory: number, offset: number, inputs: Value[], result: NumberType | undefined): void {
    if (result === undefined) {
      this.emit({ kind: 'store', op, memory, offset, inputs, results: [] });
      return;
    }
    const value = newValue(this.fn, result);
    this.emit({ kind: 'load', op, memory, offset, inputs, results: [value] });
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

function typeAt(module: DecodedModule, index: number): FunctionType {
  const type = module.types[index];
  if (type === undefined) throw new Error(`type ${index} does not exist in a validated module`);
  return type;
}

export function buildFunction(module: DecodedModule, source: DefinedFunction): IrFunction {
  return new Builder(module, source, readBody(source, module.types)).build();
}
