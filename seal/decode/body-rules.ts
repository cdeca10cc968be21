/**
 * Typing of the instructions whose operands depend on context (core specification §3.3). All others have their signature in
 * the opcode table.
 */
import type { BodyInstruction } from './body.ts';
import { ModuleError } from './error.ts';
import type { DecodedModule, FunctionType, Global, Table, ValueType } from './module.ts';
import { type Effort, isReference, OperandStack } from './operand-stack.ts';

/** What a body may refer to, and the stacks. */
export class BodyContext extends OperandStack {
  readonly module: DecodedModule;
  readonly locals: readonly ValueType[];
  /** Functions that ref.func may name. */
  readonly declared: ReadonlySet<number>;

  constructor(module: DecodedModule, locals: readonly ValueType[], declared: ReadonlySet<number>, effort: Effort) {
    super(effort);
    this.module = module;
    this.locals = locals;
    this.declared = declared;
  }

  local(index: number): ValueType {
    return this.locals[index] ?? this.invalid(`unknown local ${index}`);
  }

  global(index: number): Global {
    return this.module.globals[index] ?? this.invalid(`unknown global ${index}`);
  }

  table(index: number): Table {
    return this.module.tables[index] ?? this.invalid(`unknown table ${index}`);
  }

  memory(index: number): void {
    if (index >= this.module.memories.length) this.invalid(`unknown memory ${index}`);
  }

  type(index: number): FunctionType {
    return this.module.types[index] ?? this.invalid(`unknown type ${index}`);
  }

  function(index: number): FunctionType {
    const fn = this.module.functions[index];
    return fn === undefined ? this.invalid(`unknown function ${index}`) : this.type(fn.typeIndex);
  }

  dataSegment(index: number): void {
    const { data, dataCount } = this.module;
    if (dataCount === undefined && data.length > 0) {
      throw new ModuleError('malformed', 'data count section required', this.byteOffset);
    }
    if (index >= data.length) this.invalid(`unknown data segment ${index}`);
  }

  elementSegment(index: number): ValueType {
    return this.module.elements[index]?.type ?? this.invalid(`unknown elem segment ${index}`);
  }

  match(expected: ValueType, found: ValueType): void {
    if (expected !== found) this.invalid(`type mismatch: expected ${expected}, found ${found}`);
  }
}

function callThroughTable(stack: BodyContext, { index, second }: BodyInstruction): FunctionType {
  stack.match('funcref', stack.table(second).type);
  const type = stack.type(index);
  stack.expect('i32');
  return type;
}

function tailCall(stack: BodyContext, type: FunctionType): void {
  const own = stack.results;
  const same = own.length === type.results.length && own.every((result, index) => result === type.results[index]);
  if (!same) {
    stack.invalid(`type mismatch: the callee returns [${type.results.join(' ')}], the function [${own.join(' ')}]`);
  }
  stack.expectAll(type.parameters);
  stack.setUnreachable();
}

function threeSizes(stack: BodyContext): void {
  stack.expect('i32');
  stack.expect('i32');
  stack.expect('i32');
}

function branchTable(stack: BodyContext, { labels, index }: BodyInstruction): void {
  stack.expect('i32');
  const types = stack.label(index);
  // Most labels lead to few places: each list of types is checked once.
  const checked = new Set([types]);
  for (const label of labels) {
    const others = stack.label(label);
    if (checked.has(others)) continue;
    checked.add(others);
    if (others.length !== types.length) {
      stack.invalid(`type mismatch: labels of br_table take ${others.length} and ${types.length} values`);
    }
    stack.require(others);
  }
  stack.expectAll(types);
  stack.setUnreachable();
}

function untypedSelect(stack: BodyContext): void {
  stack.expect('i32');
  const second = stack.pop();
  const first = stack.pop();
  for (const type of [first, second]) {
    if (isReference(type)) stack.invalid(`type mismatch: select of ${type} needs a type annotation`);
  }
  if (first !== second && first !== 'unknown' && second !== 'unknown') {
    stack.invalid(`type mismatch: select of ${first} and ${second}`);
  }
  stack.push(first === 'unknown' ? second : first);
}

type Rule = (stack: BodyContext, instruction: BodyInstruction) => void;

export const bodyRules: Readonly<Record<string, Rule>> = {
  unreachable: (stack) => stack.setUnreachable(),
  nop: () => {},
  block: (stack, { blockType }) => {
    stack.expectAll(blockType.parameters);
    stack.open('block', blockType);
  },
  loop: (stack, { blockType }) => {
    stack.expectAll(blockType.parameters);
    stack.open('loop', blockType);
  },
  if: (stack, { blockType }) => {
    stack.expect('i32');
    stack.expectAll(blockType.parameters);
    stack.open('if', blockType);
  },
  else: (stack) => {
    if (stack.top.opener !== 'if') throw new ModuleError('malformed', 'else without if', stack.byteOffset);
    stack.open('else', stack.close().type);
  },
  end: (stack) => {
    const { opener, type } = stack.close();
    if (opener === 'if') {
      const same = type.parameters.length === type.results.length;
      if (!same || type.parameters.some((parameter, index) => parameter !== type.results[index])) {
        stack.invalid('type mismatch: an if without else must give what it takes');
      }
    }
    if (stack.depth > 0) stack.pushAll(type.results);
  },
  br: (stack, { index }) => {
    stack.expectAll(stack.label(index));
    stack.setUnreachable();
  },
  br_if: (stack, { index }) => {
    const types = stack.label(index);
    stack.expect('i32');
    stack.expectAll(types);
    stack.pushAll(types);
  },
  br_table: branchTable,
  return: (stack) => {
    stack.expectAll(stack.results);
    stack.setUnreachable();
  },
  call: (stack, { index }) => {
    const type = stack.function(index);
    stack.expectAll(type.parameters);
    stack.pushAll(type.results);
  },
  call_indirect: (stack, instruction) => {
    const type = callThroughTable(stack, instruction);
    stack.expectAll(type.parameters);
    stack.pushAll(type.results);
  },
  return_call: (stack, { index }) => tailCall(stack, stack.function(index)),
  return_call_indirect: (stack, instruction) => tailCall(stack, callThroughTable(stack, instruction)),
  drop: (stack) => void stack.pop(),
  select: untypedSelect,
  select_typed: (stack, { blockType: { results } }) => {
    const [type, more] = results;
    if (type === undefined || more !== undefined) return stack.invalid('invalid result arity');
    stack.expect('i32');
    stack.expect(type);
    stack.expect(type);
    stack.push(type);
  },
  'local.get': (stack, { index }) => stack.push(stack.local(index)),
  'local.set': (stack, { index }) => void stack.expect(stack.local(index)),
  'local.tee': (stack, { index }) => {
    const type = stack.local(index);
    stack.expect(type);
    stack.push(type);
  },
  'global.get': (stack, { index }) => stack.push(stack.global(index).type),
  'global.set': (stack, { index }) => {
    const { type, mutable } = stack.global(index);
    if (!mutable) stack.invalid(`immutable global ${index}`);
    stack.expect(type);
  },
  'table.get': (stack, { index }) => {
    const { type } = stack.table(index);
    stack.expect('i32');
    stack.push(type);
  },
  'table.set': (stack, { index }) => {
    const { type } = stack.table(index);
    stack.expect(type);
    stack.expect('i32');
  },
  'table.size': (stack, { index }) => {
    stack.table(index);
    stack.push('i32');
  },
  'table.grow': (stack, { index }) => {
    const { type } = stack.table(index);
    stack.expect('i32');
    stack.expect(type);
    stack.push('i32');
  },
  'table.fill': (stack, { index }) => {
    const { type } = stack.table(index);
    stack.expect('i32');
    stack.expect(type);
    stack.expect('i32');
  },
  'table.copy': (stack, { index, second }) => {
    stack.match(stack.table(index).type, stack.table(second).type);
    threeSizes(stack);
  },
  'table.init': (stack, { index, second }) => {
    stack.match(stack.table(second).type, stack.elementSegment(index));
    threeSizes(stack);
  },
  'elem.drop': (stack, { index }) => void stack.elementSegment(index),
  'memory.size': (stack, { index }) => {
    stack.memory(index);
    stack.push('i32');
  },
  'memory.grow': (stack, { index }) => {
    stack.memory(index);
    stack.expect('i32');
    stack.push('i32');
  },
  'memory.fill': (stack, { index }) => {
    stack.memory(index);
    threeSizes(stack);
  },
  'memory.copy': (stack, { index, second }) => {
    stack.memory(index);
    stack.memory(second);
    threeSizes(stack);
  },
  'memory.init': (stack, { index, second }) => {
    stack.memory(second);
    stack.dataSegment(index);
    threeSizes(stack);
  },
  'data.drop': (stack, { index }) => stack.dataSegment(index),
  'i32.const': (stack) => stack.push('i32'),
  'i64.const': (stack) => stack.push('i64'),
  'f32.const': (stack) => stack.push('f32'),
  'f64.const': (stack) => stack.push('f64'),
  'ref.null': (stack, { blockType }) => stack.pushAll(blockType.results),
  'ref.is_null': (stack) => {
    const type = stack.pop('a reference');
    if (type !== 'unknown' && !isReference(type)) stack.invalid(`type mismatch: expected a reference, found ${type}`);
    stack.push('i32');
  },
  'ref.func': (stack, { index }) => {
    stack.function(index);
    if (!stack.declared.has(index)) stack.invalid(`undeclared function reference ${index}`);
    stack.push('funcref');
  },
};
