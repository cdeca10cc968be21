/** What lowering rules write to: the assembler with frame, traps and literals of the function at hand around it. */
import type { Flavour } from '../compile.ts';
import type { DecodedModule, NumberType } from '../decode/module.ts';
import { type TrapName, trapCodes } from '../ir/ir.ts';
import {
  type Assembler,
  fitsSigned32,
  type Label,
  type MemoryOperand,
  type RegisterOrMemory,
  type Width,
} from './assembler.ts';
import type { ContextLayout } from './context-layout.ts';
import type { Literals } from './literals.ts';
import type { Location, Move } from './locations.ts';
import { sequentialize } from './moves.ts';
import { floatScratch, isFloatRegister, rsp, scratch } from './registers.ts';
import type { Runtime } from './runtime.ts';

/** Where the stack frame's parts are, in bytes from rsp. */
export interface Frame {
  readonly slots: number;
  readonly incoming: number;
  /** Bytes between rsp and the first saved register. */
  readonly sizeBytes: number;
  readonly saved: readonly number[];
}

export interface Program {
  readonly module: DecodedModule;
  readonly flavour: Flavour;
  /** Prove what can be proven about each function (CompileOptions.check). */
  readonly check: boolean;
  readonly assembler: Assembler;
  readonly literals: Pick<Literals, 'float' | 'mask' | 'vector' | 'jumpTable' | 'blob'>;
  readonly context: ContextLayout;
  readonly runtime: Pick<Runtime, 'copy' | 'fill' | 'grow' | 'signalEntry'>;
  /** Entry of each function by index. */
  readonly functionLabels: readonly Label[];
  /** Equal types have equal ids. */
  readonly typeIds: readonly number[];
  readonly systemCalls: { add(name: string): unknown };
  /** Passive data segments' bytes and element segments' items. */
  readonly dataLabels: readonly Label[];
  readonly elementLabels: readonly Label[];
}

/** Of values that have one in the instruction; vectors are moved as a whole or in two halves. */
export const widthOf = (type: NumberType): Width => (type === 'i64' || type === 'f64' ? 64 : 32);

const allOnes = (1n << 128n) - 1n;

export const signed = (bits: bigint, width: Width): number => Number(BigInt.asIntN(width, bits));

export class Emission {
  readonly program: Program;
  readonly assembler: Assembler;
  readonly frame: Frame;
  private readonly traps = new Map<TrapName, Label>();

  constructor(program: Program, frame: Frame) {
    this.program = program;
    this.assembler = program.assembler;
    this.frame = frame;
  }

  trap(name: TrapName): Label {
    let label = this.traps.get(name);
    if (label === undefined) {
      label = this.assembler.newLabel();
      this.traps.set(name, label);
    }
    return label;
  }

  /** Behind the function: `ud2` and the code byte, once per kind. */
  emitTraps(): void {
    for (const [name, label] of this.traps) {
      this.assembler.bind(label);
      this.assembler.raw(0x0f, 0x0b, trapCodes[name]);
    }
  }

  register(location: Location): number {
    if (location.kind !== 'register') throw new Error(`operand must be in a register, is ${location.kind}`);
    return location.register;
  }

  stackOperand(location: Location & { readonly index: number }): MemoryOperand {
    const base = location.kind === 'slot' ? this.frame.slots : location.kind === 'incoming' ? this.frame.incoming : 0;
    return { base: rsp, displacement: base + location.index * 8 };
  }

  /** Operand of an instruction that takes register or memory. Integer constants go through the scratch register. */
  operand(location: Location, type: NumberType): RegisterOrMemory {
    switch (location.kind) {
      case 'register':
        return location.register;
      case 'constant':
        if (type === 'v128') return { label: this.program.literals.vector(location.bits) };
        if (type === 'f32' || type === 'f64') return { label: this.program.literals.float(type, location.bits) };
        this.assembler.moveConstant(scratch, location.bits);
        return scratch;
      default:
        return this.stackOperand(location);
    }
  }

  /** Vector operand of an instruction that wants its memory aligned, as literals are; stack words go through a register. */
  vectorOperand(location: Location): RegisterOrMemory {
    if (location.kind === 'register' || location.kind === 'constant') return this.operand(location, 'v128');
    this.load(floatScratch, location, 'v128');
    return floatScratch;
  }

  /** The constant as a sign-extended 32-bit immediate, when it is one. */
  immediate(location: Location, width: Width): number | undefined {
    if (location.kind !== 'constant') return undefined;
    const value = BigInt.asIntN(width, location.bits);
    return value >= -0x8000_0000n && value <= 0x7fff_ffffn ? Number(value) : undefined;
  }

  /** Does not change flags. */
  move(to: Location, from: Location, type: NumberType): void {
    if (to.kind === 'register') {
      this.load(to.register, from, type);
      return;
    }
    if (to.kind === 'constant') throw new Error('a constant cannot be written');
    const memory = this.stackOperand(to);
    if (from.kind === 'register') {
      this.storeRegister(memory, from.register, type);
      return;
    }
    if (type === 'v128') {
      this.moveHalves(memory, from);
      return;
    }
    const width = widthOf(type);
    if (from.kind === 'constant') {
      const value = signed(from.bits, width);
      if (width === 32 || (fitsSigned32(value) && BigInt(value) === BigInt.asIntN(64, from.bits))) {
        this.assembler.storeConstant(width, memory, value);
        return;
      }
      this.assembler.moveConstant(scratch, from.bits);
    } else {
      this.assembler.op('mov', width, scratch, this.stackOperand(from));
    }
    this.assembler.op('store', width, scratch, memory);
  }

  /** A vector from stack to stack, through the general scratch register: the float one may hold a cycle's value. */
  private moveHalves(memory: MemoryOperand, from: Location): void {
    for (const half of [0, 1]) {
      const target = { ...memory, displacement: (memory.displacement ?? 0) + half * 8 };
      if (from.kind === 'constant')
        this.assembler.moveConstant(scratch, (from.bits >> BigInt(half * 64)) & 0xffff_ffff_ffff_ffffn);
      else if (from.kind !== 'register') {
        const source = this.stackOperand(from);
        this.assembler.op('mov', 64, scratch, { ...source, displacement: (source.displacement ?? 0) + half * 8 });
      }
      this.assembler.op('store', 64, scratch, target);
    }
  }

  /** Float register ← memory of any alignment. Integers come here too: a cycle of moves goes through the float scratch register. */
  loadMemory(register: number, memory: MemoryOperand, type: NumberType): void {
    const whole = widthOf(type) === 64 ? 'movsd' : 'movss';
    this.assembler.op(type === 'v128' ? 'movups' : whole, 32, register, memory);
  }

  storeRegister(memory: MemoryOperand, register: number, type: NumberType): void {
    const width = widthOf(type);
    if (type === 'v128') this.assembler.op('storeups', 32, register, memory);
    else if (isFloatRegister(register)) this.assembler.op(width === 64 ? 'storesd' : 'storess', 32, register, memory);
    else this.assembler.op('store', width, register, memory);
  }

  /** register ← location; flags stay. */
  load(register: number, from: Location, type: NumberType): void {
    const { assembler } = this;
    const width = widthOf(type);
    if (isFloatRegister(register)) {
      if (from.kind === 'register') {
        if (isFloatRegister(from.register)) {
          if (from.register !== register) assembler.op('movaps', 32, register, from.register);
        } else assembler.op('movd', width, register, from.register);
        return;
      }
      if (from.kind === 'constant' && from.bits === 0n) assembler.op('xorps', 32, register, register);
      else if (from.kind === 'constant' && type === 'v128' && from.bits === allOnes) {
        assembler.op('pcmpeqd', 32, register, register);
      } else {
        const operand = this.operand(from, type);
        if (typeof operand !== 'number') this.loadMemory(register, operand, type);
        else assembler.op('movd', width, register, operand);
      }
      return;
    }
    if (from.kind === 'register') {
      if (isFloatRegister(from.register)) assembler.op('storemovd', width, from.register, register);
      else if (from.register !== register) assembler.op('mov', width, register, from.register);
    } else if (from.kind === 'constant') assembler.moveConstant(register, from.bits);
    else assembler.op('mov', width, register, this.stackOperand(from));
  }

  /** As `load`, but free to change flags, which makes zero shorter. */
  loadFreely(register: number, from: Location, type: NumberType): void {
    if (from.kind === 'constant' && from.bits === 0n && !isFloatRegister(register)) {
      this.assembler.op('xor', 32, register, register);
    } else this.load(register, from, type);
  }

  /** A parallel move. Changes flags. */
  moves(moves: readonly Move[]): void {
    for (const { to, from, type } of sequentialize(moves)) {
      if (to.kind === 'register') this.loadFreely(to.register, from, type);
      else this.move(to, from, type);
    }
  }
}
