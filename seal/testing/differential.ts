/** The same calls in the engine and as native code. */
import assert from 'node:assert/strict';
import { decode } from '../decode/decode.ts';
import type { ValueType } from '../decode/module.ts';
import { type Case, runCases } from './native-run.ts';
import { stubImports, withStubbedImports } from './stub-imports.ts';

export interface Invocation {
  readonly name: string;
  /** Bit patterns. */
  readonly arguments: readonly bigint[];
}

const view = new DataView(new ArrayBuffer(8));

export function toJavaScript(type: ValueType, bits: bigint): number | bigint {
  view.setBigUint64(0, bits, true);
  switch (type) {
    case 'i32':
      return view.getInt32(0, true);
    case 'f32':
      return view.getFloat32(0, true);
    case 'f64':
      return view.getFloat64(0, true);
    default:
      return view.getBigInt64(0, true);
  }
}

export function toBits(type: ValueType, value: unknown): bigint {
  view.setBigUint64(0, 0n);
  if (type === 'i32') view.setInt32(0, value as number, true);
  else if (type === 'f32') view.setFloat32(0, value as number, true);
  else if (type === 'f64') view.setFloat64(0, value as number, true);
  else view.setBigInt64(0, value as bigint, true);
  return view.getBigUint64(0, true);
}

/** NaNs are equal: which one an operation gives is not specified. */
export function canonical(type: ValueType, bits: bigint): string {
  if (type === 'f32' && (bits & 0x7fff_ffffn) > 0x7f80_0000n) return 'nan';
  if (type === 'f64' && (bits & 0x7fff_ffff_ffff_ffffn) > 0x7ff0_0000_0000_0000n) return 'nan';
  return `0x${bits.toString(16)}`;
}

/**
 * Check that native code gives what the engine gives for every invocation, in order, on one instance each. An invocation
 * that traps runs in a child there; later ones do not see its effects.
 */
export function assertSameResults(wasm: Uint8Array, invocations: readonly Invocation[]): void {
  const original = decode(wasm);
  const module = withStubbedImports(original);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(wasm)), stubImports(original));
  const cases: Case[] = [];
  const expected: string[] = [];
  const types: (readonly ValueType[])[] = [];
  for (const invocation of invocations) {
    const found = module.exports.find(({ kind, name }) => kind === 'function' && name === invocation.name);
    const type = module.types[module.functions[found?.index ?? -1]?.typeIndex ?? -1];
    const call = instance.exports[invocation.name];
    if (found === undefined || type === undefined || typeof call !== 'function') {
      throw new Error(`no exported function ${invocation.name}`);
    }
    const args = invocation.arguments.map((bits, index) => ({ type: type.parameters[index] ?? 'i32', bits }));
    let outcome: string;
    try {
      const value: unknown = call(...args.map(({ type: argumentType, bits }) => toJavaScript(argumentType, bits)));
      const values = type.results.length === 1 ? [value] : type.results.length === 0 ? [] : (value as unknown[]);
      outcome = type.results.map((result, index) => canonical(result, toBits(result, values[index]))).join(' ');
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
      outcome = 'trap';
    }
    cases.push({ functionIndex: found.index, arguments: args, isolated: outcome === 'trap' });
    expected.push(outcome);
    types.push(type.results);
  }
  const actual = runCases(module, cases).map((outcome, index) => {
    if (outcome.kind !== 'results') return outcome.kind;
    return outcome.bits.map((bits, result) => canonical(types[index]?.[result] ?? 'i32', bits)).join(' ');
  });
  const differences = invocations
    .slice(0, expected.length)
    .flatMap(({ name, arguments: args }, index) =>
      actual[index] === expected[index]
        ? []
        : [
            `${name}(${args.map((bits) => `0x${bits.toString(16)}`).join(', ')}) = ${actual[index]}, the engine says ${expected[index]}`,
          ],
    );
  assert.deepEqual(differences.slice(0, 20), [], `${differences.length} of ${invocations.length} results differ`);
}
