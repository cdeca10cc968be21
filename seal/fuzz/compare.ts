/**
 * One module in the engine and as native code: every export from a fresh instance (a forked child there), with its results
 * or trap and a sum over memory and globals afterwards.
 */
import { createContext, Script } from 'node:vm';
import { decode } from '../decode/decode.ts';
import type { ValueType } from '../decode/module.ts';
import { validate } from '../decode/validate.ts';
import { canonical, toBits, toJavaScript } from '../testing/differential.ts';
import { type Case, type Outcome, runCases } from '../testing/native-run.ts';
import { stubImports, withStubbedImports } from '../testing/stub-imports.ts';
import { stateExport } from './generate.ts';

const interesting = [0n, 1n, 2n, 7n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 63n, 0x3ff8n << 48n, 0x3fc0_0000n];

function randomArgument(type: ValueType, random: () => number): bigint {
  const bits = random() % 3 === 0 ? BigInt(random()) * BigInt(random()) : interesting[random() % interesting.length];
  return BigInt.asUintN(type === 'i32' || type === 'f32' ? 32 : 64, bits ?? 0n);
}

/** What V8 says, and which code or signal that is in an image. */
const engineTraps: readonly (readonly [RegExp, string])[] = [
  [/unreachable/, 'unreachable'],
  [/divide by zero|remainder by zero/, 'divide by zero'],
  [/divide result unrepresentable/, 'integer overflow'],
  [/float unrepresentable/, 'invalid conversion'],
  [/null function|signature mismatch/, 'bad indirect call'],
  [/table index|table access/, 'table'],
  [/memory access|data segment|element segment/, 'out of bounds'],
];

const nativeTraps: Readonly<Record<number, string>> = {
  1: 'unreachable',
  2: 'divide by zero',
  3: 'integer overflow',
  4: 'invalid conversion',
  5: 'undefined element',
  6: 'bad indirect call',
  7: 'out of bounds',
};
const illegalInstruction = 4;

function nativeOutcome(outcome: Outcome, results: readonly ValueType[]): string {
  if (outcome.kind === 'missing') return 'nothing';
  const state = `state ${outcome.state.toString(16)}`;
  if (outcome.kind === 'trap') {
    return `${outcome.signal === illegalInstruction ? nativeTraps[outcome.code] : 'out of bounds'}, ${state}`;
  }
  return [...outcome.bits.map((bits, index) => canonical(results[index] ?? 'i32', bits)), state].join(', ');
}

/** What the engine gives one name may have several here. */
const trapFamilies: Readonly<Record<string, readonly string[]>> = {
  'bad indirect call': ['undefined element'],
  'invalid conversion': ['integer overflow'],
  table: ['undefined element', 'out of bounds'],
};

function sameOutcome(expected: string, actual: string): boolean {
  if (expected === actual) return true;
  const [trap = '', ...rest] = expected.split(', ');
  return (trapFamilies[trap] ?? []).some((name) => [name, ...rest].join(', ') === actual);
}

/** What calls from JavaScript can pass and a result can be compared by. */
const isNumber = (type: ValueType) => type !== 'funcref' && type !== 'externref' && type !== 'v128';

export interface Call {
  readonly name: string;
  /** Bits of each argument. */
  readonly arguments: readonly bigint[];
}

export interface Difference {
  readonly call: Call;
  readonly actual: string;
  readonly expected: string;
}

export interface Comparison {
  readonly compared: number;
  readonly differences: readonly Difference[];
}

export const callText = (call: Call) =>
  `${call.name}(${call.arguments.map((bits) => `0x${bits.toString(16)}`).join(', ')})`;

export const differenceText = ({ call, actual, expected }: Difference) =>
  `${callText(call)} = ${actual}; the engine says ${expected}`;

/** Gives native results; tests put a wrong compiler in its place. */
export type Native = typeof runCases;

/** What a random module is asked: every export a few times. */
export function randomCalls(wasm: Uint8Array, random: () => number, callsPerExport = 3): readonly Call[] {
  const module = decode(wasm);
  return module.exports.flatMap(({ kind, name, index }): readonly Call[] => {
    const type = module.types[module.functions[index]?.typeIndex ?? -1];
    if (kind !== 'function' || name === stateExport || type === undefined) return [];
    if (![...type.parameters, ...type.results].every(isNumber)) return [];
    const turns = type.parameters.length === 0 ? 1 : callsPerExport;
    return Array.from({ length: turns }, () => ({
      name,
      arguments: type.parameters.map((parameter) => randomArgument(parameter, random)),
    }));
  });
}

/** Calls that V8 cannot make (no instance, no stack) are left out. */
export function compareCalls(wasm: Uint8Array, calls: readonly Call[], native: Native = runCases): Comparison {
  const original = decode(wasm);
  // What the compiler refuses inside of functions is refused before the engine runs it.
  validate(original);
  const module = withStubbedImports(original);
  const compiled = new WebAssembly.Module(new Uint8Array(wasm));
  const cases: Case[] = [];
  const expected: { readonly text: string; readonly call: Call; readonly results: readonly ValueType[] }[] = [];
  for (const call of calls) {
    const index = module.exports.find(({ kind, name }) => kind === 'function' && name === call.name)?.index;
    const type = module.types[module.functions[index ?? -1]?.typeIndex ?? -1];
    if (index === undefined || type === undefined) throw new Error(`the module exports no function ${call.name}`);
    const args = type.parameters.map((parameter, at) => ({ type: parameter, bits: call.arguments[at] ?? 0n }));
    const text = engineOutcome(compiled, stubImports(original), call.name, args, type.results);
    if (text === undefined) continue;
    cases.push({ functionIndex: index, arguments: args, isolated: true });
    expected.push({ text, call, results: type.results });
  }
  if (cases.length === 0) return { compared: 0, differences: [] };
  const stateFunction = module.exports.find(({ name }) => name === stateExport)?.index;
  const differences = native(module, cases, stateFunction).flatMap((outcome, index): Difference[] => {
    const wanted = expected[index];
    if (wanted === undefined) return [];
    const actual = nativeOutcome(outcome, wanted.results);
    return sameOutcome(wanted.text, actual) ? [] : [{ call: wanted.call, actual, expected: wanted.text }];
  });
  return { compared: cases.length, differences };
}

export const compareModule = (wasm: Uint8Array, random: () => number): Comparison =>
  compareCalls(wasm, randomCalls(wasm, random));

/** Undefined when the start function or a segment traps: nothing can be called then. */
function instantiate(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Exports | undefined {
  try {
    return new WebAssembly.Instance(module, imports).exports;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

const mostCallMs = 2000;
const overtime = new Error('the call takes too long');
const context = createContext({ call: undefined as (() => unknown) | undefined });
const callScript = new Script('call()');

/** A reduction may take away what ends a loop. */
function withinTime(call: () => unknown): unknown {
  context.call = call;
  try {
    return callScript.runInContext(context, { timeout: mostCallMs });
  } catch (error) {
    const isOvertime = error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    throw isOvertime ? overtime : error;
  }
}

/** Undefined when there is no instance, or the stack or the time ran out, for how much fits differs. */
function engineOutcome(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports,
  name: string,
  args: Case['arguments'],
  results: readonly ValueType[],
): string | undefined {
  const exports = instantiate(module, imports);
  if (exports === undefined) return undefined;
  const call = exports[name];
  const state = exports[stateExport];
  if (typeof call !== 'function' || typeof state !== 'function') throw new Error(`no export ${name} or ${stateExport}`);
  const parts: string[] = [];
  try {
    const value = withinTime(() => call(...args.map(({ type, bits }) => toJavaScript(type, bits))));
    const values = results.length === 1 ? [value] : results.length === 0 ? [] : (value as unknown[]);
    parts.push(...results.map((result, index) => canonical(result, toBits(result, values[index]))));
  } catch (error) {
    if (error instanceof RangeError || error === overtime) return undefined;
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    const known = engineTraps.find(([pattern]) => pattern.test(error.message));
    if (known === undefined) throw new Error(`the engine traps with '${error.message}', which is not in the table`);
    parts.push(known[1]);
  }
  return [...parts, `state ${BigInt.asUintN(64, BigInt(state())).toString(16)}`].join(', ');
}
