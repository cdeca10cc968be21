/** Commands of a spec script as wast2json writes them, and how their outcomes are judged. */
import type { ValueType } from '../decode/module.ts';
import type { Outcome } from './native-run.ts';

export interface JsonValue {
  readonly type: ValueType;
  readonly value?: string;
}

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

/** A null reference is 0, so host references count from 1. */
export const bitsOf = ({ type, value = '0' }: JsonValue): bigint => {
  if (value === 'null') return 0n;
  return type === 'externref' ? BigInt(value) + 1n : BigInt(value);
};

function matches({ type, value = '' }: JsonValue, bits: bigint): boolean {
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
  return bits === bitsOf({ type, value });
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
