/** The stacks of the validation algorithm (core specification, appendix "Validation Algorithm"). */
import { ModuleError } from './error.ts';
import { checkLimit } from './limits.ts';
import type { FunctionType, ValueType } from './module.ts';

/** `unknown` stands for any type: what a pop gives behind an unconditional branch. */
export type OperandType = ValueType | 'unknown';

export interface ControlFrame {
  readonly opener: 'function' | 'block' | 'loop' | 'if' | 'else';
  readonly type: FunctionType;
  /** Operands below belong to the frames outside. */
  readonly height: number;
  unreachable: boolean;
}

const noTypes: readonly ValueType[] = [];

export const labelTypes = ({ opener, type }: ControlFrame): readonly ValueType[] =>
  opener === 'loop' ? type.parameters : type.results;

export const isReference = (type: OperandType): boolean => type === 'funcref' || type === 'externref';

/** What checking long lists of operands has cost so far, in all functions of a module. */
export interface Effort {
  operandChecks: number;
}

/** Lists up to here are as cheap as the instruction that has them. */
const shortList = 16;

export class OperandStack {
  private readonly effort: Effort;
  private readonly operands: OperandType[] = [];
  private readonly frames: ControlFrame[] = [];
  /** Where the instruction in hand is. */
  byteOffset = 0;

  constructor(effort: Effort) {
    this.effort = effort;
  }

  private account(types: readonly OperandType[]): void {
    if (types.length <= shortList) return;
    this.effort.operandChecks += types.length;
    checkLimit('checks of operands in long lists', this.effort.operandChecks, this.byteOffset);
    checkLimit('operands on the stack', this.operands.length, this.byteOffset);
  }

  invalid(reason: string): never {
    throw new ModuleError('invalid', reason, this.byteOffset);
  }

  get depth(): number {
    return this.frames.length;
  }

  get top(): ControlFrame {
    return this.frames[this.frames.length - 1] ?? this.invalid('unexpected end');
  }

  push(type: OperandType): void {
    this.operands.push(type);
  }

  pushAll(types: readonly OperandType[]): void {
    this.account(types);
    for (const type of types) this.operands.push(type);
  }

  pop(expected: string = 'a value'): OperandType {
    const frame = this.top;
    if (this.operands.length > frame.height) return this.operands.pop() ?? 'unknown';
    if (frame.unreachable) return 'unknown';
    return this.invalid(`type mismatch: expected ${expected}, found nothing on the stack`);
  }

  expect(expected: OperandType): OperandType {
    const found = this.pop(expected);
    if (found === expected || found === 'unknown' || expected === 'unknown') return found;
    return this.invalid(`type mismatch: expected ${expected}, found ${found}`);
  }

  expectAll(types: readonly ValueType[]): void {
    this.account(types);
    for (let index = types.length - 1; index >= 0; index -= 1) this.expect(types[index] ?? 'unknown');
  }

  /** Operands that stay, as at a conditional branch: what was unknown may be refined by nothing. */
  require(types: readonly ValueType[]): void {
    this.account(types);
    const found: OperandType[] = [];
    for (let index = types.length - 1; index >= 0; index -= 1) found.push(this.expect(types[index] ?? 'unknown'));
    this.pushAll(found.reverse());
  }

  open(opener: ControlFrame['opener'], type: FunctionType): void {
    this.frames.push({ opener, type, height: this.operands.length, unreachable: false });
    this.pushAll(type.parameters);
  }

  close(): ControlFrame {
    const frame = this.top;
    this.expectAll(frame.type.results);
    if (this.operands.length > frame.height) {
      const extra = this.operands.slice(frame.height).join(' ');
      this.invalid(`type mismatch: values remaining on stack at end of ${frame.opener}: ${extra}`);
    }
    this.frames.pop();
    return frame;
  }

  setUnreachable(): void {
    const frame = this.top;
    this.operands.length = frame.height;
    frame.unreachable = true;
  }

  /** Operand types of a branch to the label. */
  label(depth: number): readonly ValueType[] {
    const frame = this.frames[this.frames.length - 1 - depth];
    return frame === undefined ? this.invalid(`unknown label ${depth}`) : labelTypes(frame);
  }

  /** Results of the function. */
  get results(): readonly ValueType[] {
    return this.frames[0]?.type.results ?? noTypes;
  }
}
