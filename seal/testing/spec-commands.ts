/** Commands of a spec script as wast2json writes them, and how their outcomes are judged. */
import type { ValueType } from '../decode/module.ts';
import type { Outcome } from './native-run.ts';

interface JsonNumber {
  readonly type: Exclude<ValueType, 'v128'>;
  readonly value?: string;
}

type Lane = 'i8' | 'i16' | 'i32' | 'i64' | 'f32' | 'f64';

interface JsonVector {
  readonly type: 'v128';
  readonly lane_type: Lane;
  readonly value: readonly string[];
}

export type JsonValue = JsonNumber | JsonVector;

export interface JsonAction {
  readonly type: string;
  readonly field: string;
  /** `$name` of an instance; without it the latest is meant. */
  readonly module?: string;
  readonly args?: readonly JsonValue[];
}

export interface JsonCommand {
  readonly type: string;
  readonly line: number;
  readonly filename?: string;
  readonly module_type?: string;
  readonly action?: JsonAction;
  readonly expected?: readonly JsonValue[];
  readonly text?: string;
  /** `$name` of a module. */
  readonly name?: string;
  /** Name to import it by. */
  readonly as?: string;
}

const laneBits: Readonly<Record<Lane, number>> = { i8: 8, i16: 16, i32: 32, i64: 64, f32: 32, f64: 64 };

/** A null reference is 0, so host references count from 1. */
export const bitsOf = (item: JsonValue): bigint => {
  if (item.type === 'v128') {
    const width = laneBits[item.lane_type];
    return item.value.reduce(
      (bits, lane, index) => bits | (BigInt.asUintN(width, BigInt(lane)) << BigInt(index * width)),
      0n,
    );
  }
  const { type, value = '0' } = item;
  if (value === 'null') return 0n;
  return type === 'externref' ? BigInt(value) + 1n : BigInt(value);
};

function matches(item: JsonValue, bits: bigint): boolean {
  if (item.type === 'v128') {
    const { lane_type: lane } = item;
    const width = laneBits[lane];
    return item.value.every((value, index) => {
      const laneOf = BigInt.asUintN(width, bits >> BigInt(index * width));
      if (lane === 'f32' || lane === 'f64') return matches({ type: lane, value }, laneOf);
      return laneOf === BigInt.asUintN(width, BigInt(value));
    });
  }
  const { type, value = '' } = item;
  if (type === 'funcref' && value !== 'null') return bits !== 0n;
  if (value.startsWith('nan:')) {
    const payloadBits = type === 'f32' ? 23n : 52n;
    const width = type === 'f32' ? 32 : 64;
    const quiet = 1n << (payloadBits - 1n);
    const exponent = ((1n << (BigInt(width) - payloadBits - 1n)) - 1n) << payloadBits;
    const magnitude = bits & ((1n << BigInt(width - 1)) - 1n);
    if (value === 'nan:canonical') return magnitude === (exponent | quiet);
    return (magnitude & (exponent | quiet)) === (exponent | quiet);
  }
  return bits === bitsOf(item);
}

const trapNames: Readonly<Record<number, RegExp>> = {
  1: /^unreachable/,
  2: /^integer divide by zero/,
  3: /^integer overflow/,
  4: /^invalid conversion to integer/,
  5: /^(undefined element|uninitialized element|out of bounds table access|undefined)/,
  6: /^indirect call type mismatch/,
  7: /^out of bounds/,
};

function isExpectedTrap(command: JsonCommand, outcome: Outcome): boolean {
  if (outcome.kind !== 'trap') return false;
  const expected = command.text ?? '';
  if (outcome.signal === 11) return /^(out of bounds memory access|call stack exhausted)/.test(expected);
  return outcome.signal === 4 && (trapNames[outcome.code]?.test(expected) ?? false);
}

export const expectsTrap = ({ type }: JsonCommand): boolean =>
  type === 'assert_trap' || type === 'assert_exhaustion' || type === 'assert_uninstantiable';

/** What is wrong with an outcome; undefined if nothing is. */
export function complaint(command: JsonCommand, outcome: Outcome): string | undefined {
  const show =
    outcome.kind === 'results'
      ? `got ${outcome.bits.map((bits) => `0x${bits.toString(16)}`).join(' ')}`
      : outcome.kind === 'trap'
        ? `trap ${outcome.code}, signal ${outcome.signal}`
        : 'it did not run';
  if (expectsTrap(command)) return isExpectedTrap(command, outcome) ? undefined : `${show}, expected ${command.text}`;
  if (outcome.kind !== 'results') return show;
  if (command.type !== 'assert_return') return undefined;
  const expected = command.expected ?? [];
  if (expected.every((value, index) => matches(value, outcome.bits[index] ?? 0n))) return undefined;
  return `${show}, expected ${expected.map(({ value }) => value).join(' ')}`;
}
