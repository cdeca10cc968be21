/** What is wrong with a module, if anything, and the file that a finding leaves. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ModuleError } from '../decode/error.ts';
import { runCases } from '../testing/native-run.ts';
import { type Call, compareCalls, differenceText, type Native, randomCalls } from './compare.ts';
import { randomFrom } from './random.ts';
import { type ReduceOptions, reduce } from './reduce.ts';
import { writeRegression } from './regression.ts';

export type Finding =
  | { readonly kind: 'none'; readonly compared: number }
  /** Calls that end differently. */
  | { readonly kind: 'differs'; readonly calls: readonly Call[]; readonly said: readonly string[] }
  /** The compiler or the native run as a whole fails. */
  | { readonly kind: 'fails'; readonly calls: readonly Call[]; readonly said: readonly string[] };

const nothing: Finding = { kind: 'none', compared: 0 };

export function examine(wasm: Uint8Array, calls: readonly Call[], native: Native = runCases): Finding {
  try {
    const { compared, differences } = compareCalls(wasm, calls, native);
    if (differences.length === 0) return { kind: 'none', compared };
    return { kind: 'differs', calls: differences.map(({ call }) => call), said: differences.map(differenceText) };
  } catch (error) {
    // Binaryen uses what is not switched on now and then, such as non-null references.
    if (error instanceof ModuleError && error.code === 'unsupported') return nothing;
    return { kind: 'fails', calls, said: [error instanceof Error ? error.message : String(error)] };
  }
}

export interface KeptFinding {
  readonly module: string;
  readonly regression: string;
  readonly sizeBytes: number;
}

/** Leaves the module as it was, and the smallest one with the same finding as a case for `regressions/`. */
export function keepFinding(
  wasm: Uint8Array,
  finding: Exclude<Finding, { readonly kind: 'none' }>,
  path: string,
  native: Native = runCases,
  options: ReduceOptions = {},
): KeptFinding {
  const { calls, smaller } = finding.kind === 'differs' ? smallerCall(finding.calls) : smallerFailure(finding.said);
  const reduced = reduce(wasm, (candidate) => smaller(candidate, native), options);
  const last = examine(reduced, calls(reduced), native);
  const kept = { module: resolve(`${path}.wasm`), regression: resolve(`${path}.wat`), sizeBytes: reduced.length };
  writeFileSync(kept.module, wasm);
  writeFileSync(
    kept.regression,
    writeRegression({ wasm: reduced, calls: calls(reduced) }, last.kind === 'none' ? [] : last.said),
  );
  return kept;
}

interface Goal {
  calls(wasm: Uint8Array): readonly Call[];
  smaller(wasm: Uint8Array, native: Native): boolean;
}

/** One call is enough. */
function smallerCall([first]: readonly Call[]): Goal {
  const calls = () => (first === undefined ? [] : [first]);
  return { calls, smaller: (wasm, native) => examine(wasm, calls(), native).kind === 'differs' };
}

/** The same failure, whatever the numbers in its text. */
function smallerFailure(said: readonly string[]): Goal {
  const shape = (text: string | undefined) => (text ?? '').split('\n')[0]?.replace(/\d+/g, '#');
  const calls = (wasm: Uint8Array) => randomCalls(wasm, randomFrom(1));
  const smaller = (wasm: Uint8Array, native: Native) => {
    const found = examine(wasm, calls(wasm), native);
    return found.kind === 'fails' && shape(found.said[0]) === shape(said[0]);
  };
  return { calls, smaller };
}

export const findingPath = (directory: string, seed: number) => join(directory, `fuzz-${seed}`);
