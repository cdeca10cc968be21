/** Globals, references, memory and table management. */
import type { EffectInstruction } from '../../ir/ir.ts';
import { type Constraints, constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import { type Location, registerLocation } from '../locations.ts';
import { callerSaved, copyScratch, isFloatRegister, rax, rcx, rdi, rdx, rsi, scratch } from '../registers.ts';
import { memoryBase } from '../runtime.ts';
import { nowhere, type Operands } from './rule.ts';

interface EffectRule {
  readonly constraints: Constraints;
  emit(emission: Emission, instruction: EffectInstruction, operands: Operands): void;
}

const cellOf = <T>(cells: readonly T[], index: number): T => {
  const cell = cells[index];
  if (cell === undefined) throw new Error(`index ${index} has no cell in the context`);
  return cell;
};

const bulk = constraints({ uses: ['any'], clobbers: [rax, rcx, rdi, rsi, copyScratch], inputHints: [rdi, rsi, rcx] });

const bulkMoves = (emission: Emission, [a = nowhere, b = nowhere, c = nowhere]: readonly Location[]) =>
  emission.moves([
    { to: registerLocation(rdi), from: a, type: 'i32' },
    { to: registerLocation(rsi), from: b, type: 'i32' },
    { to: registerLocation(rcx), from: c, type: 'i32' },
  ]);

/** Trap unless start + rcx stays within the bound stored at an address. Everything is 32 bits wide, the sum 33. */
function checkRange(emission: Emission, start: number, boundAddress: number): void {
  emission.assembler.op('lea', 64, rax, { base: start, index: rcx });
  emission.assembler.op('cmp', 64, rax, { displacement: boundAddress });
  emission.assembler.jumpIf('a', emission.trap('outOfBounds'));
}

function addBase(emission: Emission, register: number, memory: number): void {
  const { assembler, program } = emission;
  assembler.op('add', 64, register, memoryBase(assembler, program.context, memory, scratch));
}

/** Table elements are 8 bytes: turn an index into the element's address. */
function elementAddress(emission: Emission, register: number, elements: number): void {
  emission.assembler.op('lea', 64, register, { index: register, scale: 8, displacement: elements });
}

const rules: Readonly<Record<string, EffectRule>> = {
  'global.get': {
    constraints: constraints({}),
    emit(emission, { index, results: [value] }, { results: [result = nowhere] }) {
      const address = { displacement: cellOf(emission.program.context.globals, index) };
      const register = emission.register(result);
      if (isFloatRegister(register)) {
        emission.loadMemory(register, address, value?.type ?? 'f64');
      } else emission.assembler.op('mov', value?.type === 'i64' ? 64 : 32, register, address);
    },
  },
  'global.set': {
    constraints: constraints({ uses: ['register'] }),
    emit(emission, { index, inputs: [value] }, { inputs: [source = nowhere] }) {
      const address = { displacement: cellOf(emission.program.context.globals, index) };
      emission.storeRegister(address, emission.register(source), value?.type ?? 'i64');
    },
  },
  'ref.func': {
    constraints: constraints({}),
    emit(emission, { index }, { results: [result = nowhere] }) {
      const label = cellOf(emission.program.functionLabels, index);
      emission.assembler.op('lea', 64, emission.register(result), { label });
    },
  },
  'memory.size': {
    constraints: constraints({}),
    emit(emission, { index }, { results: [result = nowhere] }) {
      const register = emission.register(result);
      emission.assembler.op('mov', 64, register, {
        displacement: cellOf(emission.program.context.memories, index).size,
      });
      emission.assembler.shiftImmediate('shr', 64, register, 16);
    },
  },
  'memory.grow': {
    constraints: constraints({
      uses: ['any'],
      clobbers: callerSaved,
      inputHints: [rdi],
      resultHint: rax,
      result: 'any',
    }),
    emit(emission, { index }, { inputs: [pages = nowhere], results: [result = nowhere] }) {
      emission.load(rdi, pages, 'i32');
      emission.assembler.call(emission.program.runtime.grow(index));
      emission.move(result, registerLocation(rax), 'i32');
    },
  },
  'memory.copy': {
    constraints: bulk,
    emit(emission, { index, second }, { inputs }) {
      const { memories } = emission.program.context;
      bulkMoves(emission, inputs);
      checkRange(emission, rdi, cellOf(memories, index).size);
      checkRange(emission, rsi, cellOf(memories, second).size);
      addBase(emission, rdi, index);
      addBase(emission, rsi, second);
      emission.assembler.call(emission.program.runtime.copy());
    },
  },
  'memory.fill': {
    constraints: bulk,
    emit(emission, { index }, { inputs }) {
      bulkMoves(emission, inputs);
      checkRange(emission, rdi, cellOf(emission.program.context.memories, index).size);
      addBase(emission, rdi, index);
      emission.assembler.call(emission.program.runtime.fill());
    },
  },
  'memory.init': {
    constraints: bulk,
    emit(emission, { index, second }, { inputs }) {
      const { context, dataLabels } = emission.program;
      bulkMoves(emission, inputs);
      checkRange(emission, rdi, cellOf(context.memories, second).size);
      checkRange(emission, rsi, cellOf(context.dataLengths, index));
      addBase(emission, rdi, second);
      emission.assembler.op('lea', 64, rax, { label: cellOf(dataLabels, index) });
      emission.assembler.op('add', 64, rsi, rax);
      emission.assembler.raw(0xf3, 0xa4); // rep movsb
    },
  },
  'data.drop': {
    constraints: constraints({}),
    emit(emission, { index }) {
      emission.assembler.storeConstant(64, { displacement: cellOf(emission.program.context.dataLengths, index) }, 0);
    },
  },
  'elem.drop': {
    constraints: constraints({}),
    emit(emission, { index }) {
      emission.assembler.storeConstant(64, { displacement: cellOf(emission.program.context.elementLengths, index) }, 0);
    },
  },
  'table.size': {
    constraints: constraints({}),
    emit(emission, { index }, { results: [result = nowhere] }) {
      const { size } = cellOf(emission.program.context.tables, index);
      emission.assembler.op('mov', 32, emission.register(result), { displacement: size });
    },
  },
  'table.get': {
    constraints: constraints({ uses: ['register'] }),
    emit(emission, { index }, { inputs: [at = nowhere], results: [result = nowhere] }) {
      const cell = cellOf(emission.program.context.tables, index);
      const register = emission.register(at);
      emission.assembler.op('cmp', 32, register, { displacement: cell.size });
      emission.assembler.jumpIf('ae', emission.trap('outOfBounds'));
      const element = { index: register, scale: 8, displacement: cell.elements } as const;
      emission.assembler.op('mov', 64, emission.register(result), element);
    },
  },
  'table.set': {
    constraints: constraints({ uses: ['register', 'register'] }),
    emit(emission, { index }, { inputs: [at = nowhere, value = nowhere] }) {
      const cell = cellOf(emission.program.context.tables, index);
      const register = emission.register(at);
      emission.assembler.op('cmp', 32, register, { displacement: cell.size });
      emission.assembler.jumpIf('ae', emission.trap('outOfBounds'));
      const element = { index: register, scale: 8, displacement: cell.elements } as const;
      emission.assembler.op('store', 64, emission.register(value), element);
    },
  },
  'table.copy': {
    constraints: bulk,
    emit(emission, { index, second }, { inputs }) {
      const { tables } = emission.program.context;
      const to = cellOf(tables, index);
      const from = cellOf(tables, second);
      bulkMoves(emission, inputs);
      checkRange(emission, rdi, to.size);
      checkRange(emission, rsi, from.size);
      elementAddress(emission, rdi, to.elements);
      elementAddress(emission, rsi, from.elements);
      emission.assembler.shiftImmediate('shl', 64, rcx, 3);
      emission.assembler.call(emission.program.runtime.copy());
    },
  },
  'table.init': {
    constraints: bulk,
    emit(emission, { index, second }, { inputs }) {
      const { context, elementLabels } = emission.program;
      const cell = cellOf(context.tables, second);
      bulkMoves(emission, inputs);
      checkRange(emission, rdi, cell.size);
      checkRange(emission, rsi, cellOf(context.elementLengths, index));
      elementAddress(emission, rdi, cell.elements);
      emission.assembler.op('lea', 64, rax, { label: cellOf(elementLabels, index) });
      emission.assembler.op('lea', 64, rsi, { base: rax, index: rsi, scale: 8 });
      emission.assembler.raw(0xf3, 0x48, 0xa5); // rep movsq
    },
  },
  'table.fill': {
    constraints: bulk,
    emit(emission, { index }, { inputs: [at = nowhere, value = nowhere, count = nowhere] }) {
      const cell = cellOf(emission.program.context.tables, index);
      emission.moves([
        { to: registerLocation(rdi), from: at, type: 'i32' },
        { to: registerLocation(rsi), from: value, type: 'i64' },
        { to: registerLocation(rcx), from: count, type: 'i32' },
      ]);
      checkRange(emission, rdi, cell.size);
      elementAddress(emission, rdi, cell.elements);
      emission.assembler.op('mov', 64, rax, rsi);
      emission.assembler.raw(0xf3, 0x48, 0xab); // rep stosq
    },
  },
  'table.grow': {
    constraints: constraints({
      uses: ['any'],
      clobbers: [rax, rcx, rdi, rdx],
      inputHints: [rax, rcx],
      resultHint: rdx,
    }),
    emit(emission, { index }, { inputs: [value = nowhere, count = nowhere], results: [result = nowhere] }) {
      const { assembler } = emission;
      const cell = cellOf(emission.program.context.tables, index);
      emission.moves([
        { to: registerLocation(rax), from: value, type: 'i64' },
        { to: registerLocation(rcx), from: count, type: 'i32' },
      ]);
      assembler.op('mov', 32, rdi, { displacement: cell.size });
      assembler.op('mov', 32, rdx, rdi);
      assembler.op('lea', 64, scratch, { base: rdi, index: rcx });
      assembler.immediate('cmp', 64, scratch, cell.capacity);
      const fits = assembler.skipIf('be');
      assembler.moveConstant(rdx, 0xffff_ffffn);
      const failed = assembler.skip();
      assembler.bind(fits);
      assembler.op('store', 64, scratch, { displacement: cell.size });
      elementAddress(emission, rdi, cell.elements);
      assembler.raw(0xf3, 0x48, 0xab); // rep stosq
      assembler.bind(failed);
      emission.move(result, registerLocation(rdx), 'i32');
    },
  },
};

export function effectRule(op: string): EffectRule {
  const rule = rules[op];
  if (rule === undefined) throw new Error(`${op} has no lowering rule`);
  return rule;
}
