/** x86-64 machine code into a growing buffer, with labels. */

import {
  type Condition,
  conditions,
  type Encoding,
  encodings,
  type Group1,
  type Group2,
  type Group3,
  group1,
  group2,
  group3,
  type Mnemonic,
} from './encodings.ts';
import { chooseShortJumps, compact, type Jump } from './short-jumps.ts';
import { type VectorShift, vectorShifts } from './vector-encodings.ts';

export interface MemoryOperand {
  /** Undefined: absolute 32-bit address. */
  readonly base?: number | undefined;
  readonly index?: number | undefined;
  readonly scale?: 1 | 2 | 4 | 8;
  readonly displacement?: number;
  /** Relative to the instruction pointer; base and index are absent then. */
  readonly label?: Label;
}

/** Operand of a `/r` form: register number or memory. */
export type RegisterOrMemory = number | MemoryOperand;

export type Width = 32 | 64;

declare const labelBrand: unique symbol;
export type Label = number & { readonly [labelBrand]: true };

/** A 32-bit field relative to its own end plus `extra`. */
export interface Field {
  readonly at: number;
  readonly label: Label;
  readonly extra: number;
}

/** Code of a closed region, positions counted from its start. */
export interface RegionCode {
  /** Fields that refer to the region itself have their values. */
  readonly bytes: Uint8Array;
  /** The others, which are zero. */
  readonly fields: readonly Field[];
  placeOf(label: Label): number;
}

export interface Region {
  readonly start: number;
  readonly firstLabel: number;
  readonly relative: number;
  readonly absolute: number;
}

const unbound = -1;
const scaleBits: Readonly<Record<number, number>> = { 1: 0, 2: 1, 4: 2, 8: 3 };

export const fitsByte = (value: number) => value >= -128 && value <= 127;
export const fitsSigned32 = (value: number) => value >= -(2 ** 31) && value < 2 ** 31;

export class Assembler {
  /** Address of the first byte. */
  readonly origin: number;
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  private length = 0;
  private readonly labels: number[] = [];
  /** Positions of 32-bit fields with the label each is relative to; a field is relative to its own end plus `extra`. */
  private readonly relative: { at: number; readonly label: Label; readonly extra: number }[] = [];
  private readonly absolute: { at: number; readonly label: Label }[] = [];
  private jumps: Jump[] = [];

  constructor(origin: number) {
    this.origin = origin;
  }

  get size(): number {
    return this.length;
  }

  get address(): number {
    return this.origin + this.length;
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length] = value;
    this.length += 1;
  }

  word(value: number): void {
    this.reserve(4);
    this.view.setInt32(this.length, value | 0, true);
    this.length += 4;
  }

  doubleWord(value: bigint): void {
    this.reserve(8);
    this.view.setBigUint64(this.length, BigInt.asUintN(64, value), true);
    this.length += 8;
  }

  data(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  align(boundary: number, fill: number): void {
    while (this.address % boundary !== 0) this.byte(fill);
  }

  newLabel(): Label {
    this.labels.push(unbound);
    return (this.labels.length - 1) as Label;
  }

  bind(label: Label): void {
    this.labels[label] = this.length;
  }

  here(): Label {
    const label = this.newLabel();
    this.bind(label);
    return label;
  }

  addressOf(label: Label): number {
    const at = this.labels[label] ?? unbound;
    if (at === unbound) throw new Error('label was never bound');
    return this.origin + at;
  }

  /** Address of a label as data; image addresses fit 32 bits. */
  addressWord(label: Label): void {
    this.absolute.push({ at: this.length, label });
    this.word(0);
  }

  /** Offset of `label` from `base`, as 32-bit data. */
  private relativeField(label: Label, extra = 0): void {
    this.relative.push({ at: this.length, label, extra });
    this.word(0);
  }

  /** One `/r` instruction. `immediateSize` bytes follow, which a rip-relative operand has to know. */
  private encode(encoding: Encoding, width: Width, reg: number, rm: RegisterOrMemory, immediateSize = 0): void {
    if (encoding.prefix !== 0) this.byte(encoding.prefix);
    const isRegister = typeof rm === 'number';
    let rex = width === 64 ? 0x48 : 0;
    if (reg & 8) rex |= 0x44;
    if (isRegister) {
      if (rm & 8) rex |= 0x41;
      // Without REX, encodings 4-7 of a byte register mean ah, ch, dh, bh.
      if (encoding.byteMemory && (rm & 31) >= 4) rex |= 0x40;
    } else {
      if (rm.base !== undefined && rm.base & 8) rex |= 0x41;
      if (rm.index !== undefined && rm.index & 8) rex |= 0x42;
    }
    if (encoding.byteRegister && (reg & 31) >= 4) rex |= 0x40;
    if (rex !== 0) this.byte(rex);
    for (const byte of encoding.opcode) this.byte(byte);
    const regBits = (reg & 7) << 3;
    if (isRegister) {
      this.byte(0xc0 | regBits | (rm & 7));
      return;
    }
    this.memory(regBits, rm, immediateSize);
  }

  private memory(regBits: number, rm: MemoryOperand, immediateSize: number): void {
    const { base, index, displacement = 0, label } = rm;
    if (label !== undefined) {
      this.byte(0x05 | regBits);
      this.relativeField(label, immediateSize);
      return;
    }
    if (base === undefined) {
      // mod 00, rm 100, SIB base 101: absolute disp32, not relative to rip.
      this.byte(0x04 | regBits);
      const sibIndex = index === undefined ? 0x20 : (index & 7) << 3;
      this.byte(((scaleBits[rm.scale ?? 1] ?? 0) << 6) | sibIndex | 5);
      this.word(displacement);
      return;
    }
    // Base registers with low bits 101 (rbp, r13) have no form without displacement.
    const mod = displacement === 0 && (base & 7) !== 5 ? 0x00 : fitsByte(displacement) ? 0x40 : 0x80;
    if (index === undefined && (base & 7) !== 4) {
      this.byte(mod | regBits | (base & 7));
    } else {
      this.byte(mod | regBits | 4);
      const sibIndex = index === undefined ? 0x20 : (index & 7) << 3;
      this.byte(((scaleBits[rm.scale ?? 1] ?? 0) << 6) | sibIndex | (base & 7));
    }
    if (mod === 0x40) this.byte(displacement & 0xff);
    else if (mod === 0x80) this.word(displacement);
  }

  op(mnemonic: Mnemonic, width: Width, reg: number, rm: RegisterOrMemory): void {
    this.encode(encodings[mnemonic], width, reg, rm);
  }

  /** reg ← round(rm) by an immediate mode (roundss, roundsd). */
  round(mnemonic: 'roundss' | 'roundsd', reg: number, rm: RegisterOrMemory, mode: number): void {
    this.encode(encodings[mnemonic], 32, reg, rm, 1);
    this.byte(mode);
  }

  /** An instruction with a byte behind that says which lanes or how. */
  opByte(mnemonic: Mnemonic, width: Width, reg: number, rm: RegisterOrMemory, value: number): void {
    this.encode(encodings[mnemonic], width, reg, rm, 1);
    this.byte(value);
  }

  /** All lanes of an xmm register by an immediate count. */
  shiftLanes(operation: VectorShift, reg: number, count: number): void {
    const [mnemonic, extension] = vectorShifts[operation];
    this.encode(encodings[mnemonic], 32, extension, reg, 1);
    this.byte(count);
  }

  /** r/m op= immediate; the immediate is a signed 32-bit number. */
  immediate(operation: Group1, width: Width, rm: RegisterOrMemory, value: number): void {
    if (fitsByte(value)) {
      this.encode(encodings.group1Byte, width, group1[operation], rm, 1);
      this.byte(value & 0xff);
    } else {
      this.encode(encodings.group1, width, group1[operation], rm, 4);
      this.word(value);
    }
  }

  testImmediate(width: Width, rm: RegisterOrMemory, value: number): void {
    if (typeof rm === 'number' && value >= 0 && value <= 0xff) {
      // The low byte decides; only the zero flag is the same then.
      this.encode(encodings.group3Byte, 32, group3.test, rm, 1);
      this.byte(value);
      return;
    }
    this.encode(encodings.group3, width, group3.test, rm, 4);
    this.word(value);
  }

  multiplyImmediate(width: Width, reg: number, rm: RegisterOrMemory, value: number): void {
    const small = fitsByte(value);
    this.encode(small ? encodings.imulByte : encodings.imulImmediate, width, reg, rm, small ? 1 : 4);
    if (small) this.byte(value & 0xff);
    else this.word(value);
  }

  shiftImmediate(operation: Group2, width: Width, rm: RegisterOrMemory, count: number): void {
    if (count === 1) {
      this.encode(encodings.group2One, width, group2[operation], rm);
      return;
    }
    this.encode(encodings.group2, width, group2[operation], rm, 1);
    this.byte(count);
  }

  shiftByCl(operation: Group2, width: Width, rm: RegisterOrMemory): void {
    this.encode(encodings.group2Cl, width, group2[operation], rm);
  }

  unary(operation: Group3, width: Width, rm: RegisterOrMemory): void {
    this.encode(encodings.group3, width, group3[operation], rm);
  }

  /** Shortest way to put a constant into a general register without touching the flags. */
  moveConstant(reg: number, value: bigint): void {
    const unsigned = BigInt.asUintN(64, value);
    if (unsigned < 0x1_0000_0000n) {
      if (reg & 8) this.byte(0x41);
      this.byte(0xb8 | (reg & 7));
      this.word(Number(unsigned) | 0);
      return;
    }
    const signed = BigInt.asIntN(64, value);
    if (signed >= -0x8000_0000n && signed < 0n) {
      this.encode(encodings.storeImmediate, 64, 0, reg, 4);
      this.word(Number(signed));
      return;
    }
    this.byte(reg & 8 ? 0x49 : 0x48);
    this.byte(0xb8 | (reg & 7));
    this.doubleWord(unsigned);
  }

  /** mov [memory], immediate; `width` 64 sign-extends the 32-bit value. */
  storeConstant(size: 8 | 16 | 32 | 64, memory: MemoryOperand, value: number): void {
    if (size === 8) {
      this.encode(encodings.storeImmediate8, 32, 0, memory, 1);
      this.byte(value & 0xff);
    } else if (size === 16) {
      this.encode(encodings.storeImmediate16, 32, 0, memory, 2);
      this.byte(value & 0xff);
      this.byte((value >> 8) & 0xff);
    } else {
      this.encode(encodings.storeImmediate, size, 0, memory, 4);
      this.word(value);
    }
  }

  setCondition(condition: Condition, reg: number): void {
    this.encode(
      { prefix: 0, opcode: [0x0f, 0x90 | conditions[condition]], byteRegister: false, byteMemory: true },
      32,
      0,
      reg,
    );
  }

  moveIf(condition: Condition, width: Width, reg: number, rm: RegisterOrMemory): void {
    this.encode(
      { prefix: 0, opcode: [0x0f, 0x40 | conditions[condition]], byteRegister: false, byteMemory: false },
      width,
      reg,
      rm,
    );
  }

  jump(label: Label): void {
    this.jumps.push({ at: this.length, label, condition: undefined, sizeBytes: 5 });
    this.byte(0xe9);
    this.word(0);
  }

  jumpIf(condition: Condition, label: Label): void {
    this.jumps.push({ at: this.length, label, condition, sizeBytes: 6 });
    this.byte(0x0f);
    this.byte(0x80 | conditions[condition]);
    this.word(0);
  }

  /** A jump over what comes next, up to where the label is bound. */
  skipIf(condition: Condition): Label {
    const label = this.newLabel();
    this.jumpIf(condition, label);
    return label;
  }

  skip(): Label {
    const label = this.newLabel();
    this.jump(label);
    return label;
  }

  /** Start of a piece of code that `endRegion` closes. */
  startRegion(): Region {
    this.settleJumps();
    return {
      start: this.length,
      firstLabel: this.labels.length,
      relative: this.relative.length,
      absolute: this.absolute.length,
    };
  }

  /** Give every jump within the region its shortest form. */
  endRegion(region: Region): void {
    const jumps = this.jumps;
    const isShort = chooseShortJumps(jumps, (label) => {
      const at = this.labels[label] ?? unbound;
      return at >= region.start ? at : undefined;
    });
    const kept: Jump[] = [];
    const moved = compact(jumps, isShort, region.start, this.length, (from, to, size) =>
      this.bytes.copyWithin(to, from, from + size),
    );
    for (let label = region.firstLabel; label < this.labels.length; label += 1) {
      const at = this.labels[label] ?? unbound;
      if (at !== unbound) this.labels[label] = moved(at);
    }
    for (const field of this.relative.slice(region.relative)) field.at = moved(field.at);
    for (const field of this.absolute.slice(region.absolute)) field.at = moved(field.at);
    this.length = moved(this.length);
    for (const [index, jump] of jumps.entries()) {
      const at = moved(jump.at);
      if (isShort[index] !== true) {
        kept.push({ ...jump, at });
        continue;
      }
      this.bytes[at] = jump.condition === undefined ? 0xeb : 0x70 | conditions[jump.condition];
      this.bytes[at + 1] = ((this.labels[jump.label] ?? 0) - (at + 2)) & 0xff;
    }
    this.jumps = kept;
    this.settleJumps();
  }

  /** Jumps that keep their long form are ordinary relative fields from now on. */
  private settleJumps(): void {
    for (const { at, label, sizeBytes } of this.jumps) this.relative.push({ at: at + sizeBytes - 4, label, extra: 0 });
    this.jumps = [];
  }

  /** What `paste` needs to write a region that is closed and the last so far into another program. */
  capture(region: Region): RegionCode {
    if (this.absolute.length > region.absolute) throw new Error('code with absolute addresses cannot be moved');
    const bytes = this.bytes.slice(region.start, this.length);
    const view = new DataView(bytes.buffer);
    const placeOf = (label: Label) => this.addressOf(label) - this.origin - region.start;
    const fields: Field[] = [];
    for (const { at, label, extra } of this.relative.slice(region.relative)) {
      const place = at - region.start;
      const isInside = label >= region.firstLabel && (this.labels[label] ?? unbound) !== unbound;
      if (isInside) view.setInt32(place, placeOf(label) - (place + 4 + extra), true);
      else fields.push({ at: place, label, extra });
    }
    return { bytes, fields, placeOf };
  }

  paste(bytes: Uint8Array, fields: readonly Field[]): void {
    const start = this.length;
    this.data(bytes);
    for (const { at, label, extra } of fields) this.relative.push({ at: start + at, label, extra });
  }

  /** A new label that stands for a position already written or still to come. */
  labelAt(position: number): Label {
    const label = this.newLabel();
    this.labels[label] = position;
    return label;
  }

  call(label: Label): void {
    this.byte(0xe8);
    this.relativeField(label);
  }

  callThrough(rm: RegisterOrMemory): void {
    this.encode(encodings.group5, 32, 2, rm);
  }

  jumpThrough(rm: RegisterOrMemory): void {
    this.encode(encodings.group5, 32, 4, rm);
  }

  push(reg: number): void {
    if (reg & 8) this.byte(0x41);
    this.byte(0x50 | (reg & 7));
  }

  pop(reg: number): void {
    if (reg & 8) this.byte(0x41);
    this.byte(0x58 | (reg & 7));
  }

  raw(...bytes: readonly number[]): void {
    for (const byte of bytes) this.byte(byte);
  }

  /** The finished code. Every used label must be bound by now. */
  finish(): Uint8Array {
    this.settleJumps();
    for (const { at, label, extra } of this.relative) {
      this.view.setInt32(at, this.addressOf(label) - this.origin - (at + 4 + extra), true);
    }
    for (const { at, label } of this.absolute) this.view.setUint32(at, this.addressOf(label), true);
    return this.bytes.slice(0, this.length);
  }
}
