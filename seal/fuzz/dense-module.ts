/**
 * Random modules in which nearly every instruction computes. Binaryen's fuzzer makes all shapes of control flow but little
 * arithmetic (a hundred instructions hold two or three operators); here operators are drawn from the opcode table, so each
 * one the compiler knows takes part, with operands in every form: constants, locals, memory, results of calls.
 */

import type { NumberType } from '../decode/module.ts';
import { naturalAlignment } from '../decode/natural-alignment.ts';
import { type Opcode, opcodes } from '../decode/opcodes.ts';
import {
  type Bytes,
  constant,
  header,
  section,
  signedNumber,
  text,
  typeCodes,
  unsigned,
  vector,
} from '../testing/wasm-writer.ts';

/** Enough to go through loops and calls, and an end that is the same everywhere: the module counts it down and traps. */
const fuel = 20_000;
const functionCount = 6;
const mostStatements = 9;
const deepest = 5;
const memoryPages = 1;

interface Signature {
  readonly parameters: readonly NumberType[];
  readonly results: readonly NumberType[];
}

const scalarTypes: readonly NumberType[] = ['i32', 'i64', 'f32', 'f64'];
const allTypes: readonly NumberType[] = [...scalarTypes, 'v128'];

const isOperator = ({ immediates }: Opcode) =>
  ['none', 'lane', 'shuffle', 'access', 'access_lane'].includes(immediates);
const usesVectors = ({ name, signature }: Opcode) =>
  name.includes('x') || [...(signature?.inputs ?? []), ...(signature?.outputs ?? [])].includes('v128');
const mayTrap = ({ name }: Opcode) => /div_|rem_|trunc_f\d\d_/.test(name);
/** Of a NaN the bits are not specified: what would show them gets a number instead. */
const showsBits = ({ name }: Opcode) =>
  /reinterpret|copysign|f(32|64)\.store|extract_lane|f(32x4|64x2)\.(splat|replace_lane)/.test(name);
const givesFloatLanes = ({ name, signature }: Opcode) =>
  signature?.outputs[0] === 'v128' && /^f(32x4|64x2)\./.test(name) && !/\.(eq|ne|lt|gt|le|ge)$/.test(name);

const operators = opcodes.filter((opcode) => opcode.signature !== undefined && isOperator(opcode));
const stores = operators.filter(({ signature }) => signature?.outputs.length === 0);

/** As in mulberry32; the seed is all of its state. */
function mixed(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

const integers = [0n, 1n, 2n, 3n, 7n, 8n, 31n, 32n, 63n, 64n, 100n, 127n, 128n, 255n, 256n, 65_535n, 65_536n];
const edges = [...integers, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x7fff_ffff_ffff_ffffn, 1n << 63n];
const singles = [
  0n,
  0x8000_0000n,
  0x3f80_0000n,
  0xbf00_0000n,
  0x7f80_0000n,
  0x4f00_0000n,
  0x5f00_0000n,
  1n,
  0x3fc0_0000n,
];
const doubles = [0n, 1n << 63n, 0x3ff0n << 48n, 0xbfe0n << 48n, 0x7ff0n << 48n, 0x41e0n << 48n, 0x43e0n << 48n, 1n];

class FunctionWriter {
  readonly locals: NumberType[] = [];
  private readonly code: number[] = [];
  /** Whether a branch to the label takes nothing, innermost last. */
  private readonly labels: boolean[] = [];
  private readonly random: (below: number) => number;
  private readonly signatures: readonly Signature[];
  private readonly index: number;
  private readonly types: readonly NumberType[];

  constructor(random: (below: number) => number, signatures: readonly Signature[], index: number, vectors: boolean) {
    this.random = random;
    this.signatures = signatures;
    this.index = index;
    this.types = vectors ? allTypes : scalarTypes;
    this.locals.push(...this.own.parameters);
    for (let count = 2 + random(7); count > 0; count -= 1) this.locals.push(this.pick(this.types));
  }

  private get own(): Signature {
    return this.signatures[this.index] ?? { parameters: [], results: [] };
  }

  private pick<T>(items: readonly T[]): T {
    const item = items[this.random(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** Declarations of the locals behind the parameters, and the body. */
  body(): Bytes {
    this.labels.push(false);
    this.burn();
    this.statements(mostStatements);
    for (const type of this.own.results) this.expression(type, deepest);
    const declared = this.locals.slice(this.own.parameters.length);
    const groups = vector(declared.map((type) => [1, typeCodes[type] ?? 0]));
    return [...groups, ...this.code, 0x0b];
  }

  private emit(...bytes: readonly number[]): void {
    for (const byte of bytes) this.code.push(byte);
  }

  /** Global 0 is the fuel. */
  private burn(): void {
    this.emit(0x23, 0, 0x45, 0x04, 0x40, 0x00, 0x0b, 0x23, 0, 0x41, 1, 0x6b, 0x24, 0);
  }

  private constant(type: NumberType): void {
    const bits =
      type === 'f32'
        ? this.pick(singles)
        : type === 'f64'
          ? this.pick(doubles)
          : this.random(2) === 0
            ? BigInt(this.random(2 ** 31)) * BigInt(this.random(2 ** 31))
            : this.pick(edges) * (this.random(3) === 0 ? -1n : 1n);
    const width = type === 'v128' ? 128 : type === 'i32' || type === 'f32' ? 32 : 64;
    this.emit(...constant(type, BigInt.asUintN(width, type === 'v128' ? bits * 0x1_0000_0001_0000_0003n : bits)));
  }

  private localOf(type: NumberType): number {
    const found = this.locals.flatMap((local, index) => (local === type ? [index] : []));
    if (found.length > 0) return this.pick(found);
    this.locals.push(type);
    return this.locals.length - 1;
  }

  private leaf(type: NumberType): void {
    const global = globalsOf(type);
    const choice = this.random(8);
    if (choice < 2) this.constant(type);
    else if (choice < 7 || global.length === 0) this.emit(0x20, ...unsigned(this.localOf(type)));
    else this.emit(0x23, this.pick(global));
  }

  expression(type: NumberType, depth: number): void {
    if (depth <= 0) {
      this.leaf(type);
      return;
    }
    switch (this.random(22)) {
      case 0:
      case 1:
        this.leaf(type);
        return;
      case 2:
        this.expression(type, depth - 1);
        this.emit(0x22, ...unsigned(this.localOf(type)));
        return;
      case 3:
        this.expression(type, depth - 1);
        this.expression(type, depth - 2);
        this.expression('i32', depth - 1);
        this.emit(0x1b);
        return;
      case 4:
        this.expression('i32', depth - 1);
        this.emit(0x04, typeCodes[type] ?? 0);
        this.labels.push(false);
        this.expression(type, depth - 1);
        this.emit(0x05);
        this.expression(type, depth - 1);
        this.labels.pop();
        this.emit(0x0b);
        return;
      case 5:
        // A block left early with its value.
        this.emit(0x02, typeCodes[type] ?? 0);
        this.labels.push(false);
        this.expression(type, depth - 1);
        this.expression('i32', depth - 1);
        this.emit(0x0d, 0, 0x1a);
        this.expression(type, depth - 1);
        this.labels.pop();
        this.emit(0x0b);
        return;
      case 6:
        if (this.call(type, depth)) return;
        this.leaf(type);
        return;
      default:
        this.operator(type, depth);
    }
  }

  private operator(type: NumberType, depth: number): void {
    const vectors = this.types.includes('v128');
    const fitting = operators.filter(
      (opcode) => opcode.signature?.outputs[0] === type && (vectors || !usesVectors(opcode)),
    );
    // Comparisons and conversions lose most of what they get, and vectors would drown everything else.
    const plain = fitting.filter((opcode) => !usesVectors(opcode));
    const same = fitting.filter(
      ({ name, signature }) => signature?.inputs.every((input) => input === type) && !/eqz/.test(name),
    );
    const choice = this.random(5);
    const pool = choice < 3 && same.length > 0 ? same : choice < 4 && plain.length > 0 ? plain : fitting;
    const opcode = this.pick(pool);
    if (opcode.name.includes('trunc_f') && mayTrap(opcode) && this.random(12) > 0) {
      this.leaf(type);
      return;
    }
    this.operands(opcode, depth);
    this.operate(opcode);
    if (givesFloatLanes(opcode)) this.withoutNans(opcode.name.startsWith('f32x4') ? 'f32x4' : 'f64x2');
  }

  private operands(opcode: Opcode, depth: number): void {
    const isAccess = opcode.immediates === 'access' || opcode.immediates === 'access_lane';
    for (const [position, type] of (opcode.signature?.inputs ?? []).entries()) {
      if (isAccess && position === 0) this.address(depth - 1);
      else {
        this.expression(type, depth - 1);
        if (showsBits(opcode)) this.withoutNans(type);
        else if (position === 1 && mayTrap(opcode) && this.random(400) > 0)
          this.emit(type === 'i32' ? 0x41 : 0x42, 3, type === 'i32' ? 0x72 : 0x84);
      }
    }
  }

  private operate({ code, immediates, name }: Opcode): void {
    this.emit(...(code > 0xff ? [code >>> 8, ...unsigned(code & 0xff)] : [code]));
    const alignment = () => this.random(naturalAlignment({ code, immediates, name, signature: undefined }) + 1);
    const offset = () => unsigned(this.random(1000) === 0 ? this.random(2 ** 32) : this.random(64));
    if (immediates === 'access') this.emit(alignment(), ...offset());
    else if (immediates === 'access_lane') this.emit(alignment(), ...offset(), this.random(2));
    else if (immediates === 'lane') this.emit(this.random(2));
    else if (immediates === 'shuffle') for (let lane = 0; lane < 16; lane += 1) this.emit(this.random(32));
  }

  private address(depth: number): void {
    this.expression('i32', depth);
    if (this.random(2000) > 0)
      this.emit(0x41, ...signedNumber(this.random(2) === 0 ? 0xfc : 0xfe00 - this.random(4)), 0x71);
  }

  /** value → value, or zero where it is no number. */
  private withoutNans(type: NumberType | 'f32x4' | 'f64x2'): void {
    if (type === 'f32' || type === 'f64') {
      const local = unsigned(this.localOf(type));
      this.emit(
        0x22,
        ...local,
        ...constant(type, 0n),
        0x20,
        ...local,
        0x20,
        ...local,
        type === 'f32' ? 0x5b : 0x61,
        0x1b,
      );
    } else if (type === 'f32x4' || type === 'f64x2') {
      const local = unsigned(this.localOf('v128'));
      this.emit(0x22, ...local, 0x20, ...local, 0x20, ...local, 0xfd, type === 'f32x4' ? 0x41 : 0x47, 0xfd, 0x4e);
    }
  }

  /** Of an earlier function, so that nothing is called for ever; its results but the last are dropped or stored. */
  private call(type: NumberType, depth: number): boolean {
    const fitting = this.signatures.flatMap(({ results }, index) =>
      index < this.index && results.at(-1) === type ? [index] : [],
    );
    if (fitting.length === 0) return false;
    const callee = this.pick(fitting);
    const { parameters, results } = this.signatures[callee] ?? this.own;
    for (const parameter of parameters) this.expression(parameter, Math.min(depth - 2, 2));
    if (this.random(3) === 0) this.emit(0x41, callee, 0x11, callee, 0);
    else this.emit(0x10, callee);
    if (results.length > 1) {
      const local = unsigned(this.localOf(type));
      this.emit(0x21, ...local);
      for (const result of results.slice(0, -1).reverse()) this.emit(0x21, ...unsigned(this.localOf(result)));
      this.emit(0x20, ...local);
    }
    return true;
  }

  private statements(most: number): void {
    for (let count = 1 + this.random(most); count > 0; count -= 1) this.statement();
  }

  private nested(opening: Bytes, inside: () => void): void {
    this.emit(...opening);
    this.labels.push(true);
    inside();
    this.labels.pop();
    this.emit(0x0b);
  }

  private statement(): void {
    const isDeep = this.labels.length > 3;
    const choice = this.random(isDeep ? 12 : 17);
    if (choice < 5) {
      const local = this.random(this.locals.length);
      this.expression(this.locals[local] ?? 'i32', deepest);
      this.emit(0x21, ...unsigned(local));
    } else if (choice < 7) {
      const type = this.pick(scalarTypes);
      this.expression(type, deepest);
      this.withoutNans(type);
      this.emit(0x24, this.pick(globalsOf(type)));
    } else if (choice < 10) {
      const opcode = this.pick(this.types.includes('v128') ? stores : stores.filter((store) => !usesVectors(store)));
      this.operands(opcode, deepest);
      this.operate(opcode);
    } else if (choice === 10) this.branch();
    else if (choice === 11) {
      // memory.fill or memory.copy of up to 63 bytes.
      const isFill = this.random(2) === 0;
      this.address(2);
      if (isFill) this.expression('i32', 2);
      else this.address(2);
      this.expression('i32', 1);
      this.emit(0x41, 0x3f, 0x71, 0xfc, ...(isFill ? [0x0b, 0] : [0x0a, 0, 0]));
    } else if (choice < 14) {
      this.expression('i32', 3);
      this.nested([0x04, 0x40], () => {
        this.statements(3);
        if (this.random(2) === 0) {
          this.emit(0x05);
          this.statements(3);
        }
      });
    } else if (choice === 14) this.nested([0x02, 0x40], () => this.statements(4));
    else {
      this.nested([0x03, 0x40], () => {
        this.burn();
        this.statements(4);
        this.expression('i32', 3);
        // Again only while the fuel is no multiple of 16, so that most loops end before it does.
        this.emit(0x41, 0, 0x23, 0, 0x41, 15, 0x71, 0x1b, 0x0d, 0);
      });
    }
  }

  private branch(): void {
    const depths = this.labels.flatMap((takesNothing, at) => (takesNothing ? [this.labels.length - 1 - at] : []));
    if (depths.length === 0) return;
    this.expression('i32', 3);
    if (this.random(3) > 0) {
      this.emit(0x0d, this.pick(depths));
      return;
    }
    // Inside a block of its own, so that what comes behind is reached.
    this.emit(0x41, 7, 0x71, 0x21, ...unsigned(this.localOf('i32')));
    const local = unsigned(this.localOf('i32'));
    const targets = Array.from({ length: 1 + this.random(7) }, () =>
      this.pick([0, ...depths.map((depth) => depth + 1)]),
    );
    this.emit(0x02, 0x40, 0x20, ...local, 0x0e, ...vector(targets.map((depth) => [depth])), 0, 0x0b);
  }
}

/** Two of each type behind the fuel. */
const globalTypes: readonly NumberType[] = ['i32', ...scalarTypes, ...scalarTypes];
const globalsOf = (type: NumberType): readonly number[] =>
  globalTypes.flatMap((global, index) => (global === type && index > 0 ? [index] : []));

export function denseModule(seed: number): Uint8Array<ArrayBuffer> {
  const random = mixed(seed);
  const vectors = random(3) === 0;
  const types = vectors ? allTypes : scalarTypes;
  const some = (most: number) =>
    Array.from({ length: random(most) }, (): NumberType => types[random(types.length)] ?? 'i32');
  const signatures = Array.from(
    { length: functionCount },
    (_, index): Signature => ({
      parameters: some(random(4) === 0 ? 14 : 5),
      results:
        index === functionCount - 1
          ? ['i64']
          : [...some(random(5) === 0 ? 6 : 2), types[random(types.length)] ?? 'i32'],
    }),
  );
  const bodies = signatures.map((_, index) => new FunctionWriter(random, signatures, index, vectors).body());
  const codes = (list: readonly NumberType[]) => vector(list.map((type) => [typeCodes[type] ?? 0]));
  const indices = signatures.map((_, index) => [index]);
  return Uint8Array.from([
    ...header,
    ...section(1, vector(signatures.map(({ parameters, results }) => [0x60, ...codes(parameters), ...codes(results)]))),
    ...section(3, vector(indices)),
    ...section(4, vector([[0x70, 0, functionCount]])),
    ...section(5, vector([[0, memoryPages]])),
    ...section(
      6,
      vector(
        globalTypes.map((type, index) => [
          typeCodes[type] ?? 0,
          1,
          ...constant(type, index === 0 ? BigInt(fuel) : 0n),
          0x0b,
        ]),
      ),
    ),
    ...section(7, vector(indices.map(([index = 0]) => [...text(`f${index}`), 0, index]))),
    ...section(9, vector([[0, 0x41, 0, 0x0b, ...vector(indices)]])),
    ...section(10, vector(bodies.map((body) => [...unsigned(body.length), ...body]))),
    ...section(11, vector([[0, 0x41, 16, 0x0b, ...vector(Array.from({ length: 200 }, () => [random(256)]))]])),
  ]);
}
