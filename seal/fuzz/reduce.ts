/**
 * A module that shows a difference, made small while it still shows it. Binaryen's wasm-reduce starts processes, which the
 * npm package's build of it cannot; here a step is proposed blindly, V8's validator throws out nearly all of them in
 * microseconds, and what is left is compared.
 */
import binaryen from 'binaryen';
import { decode } from '../decode/decode.ts';
import { keepExports } from '../shake/keep-exports.ts';
import { assemblerFeatures } from '../testing/assemble.ts';
import { stateExport } from './generate.ts';
import { type FunctionPart, type ModuleParts, putTogether, takeApart } from './module-parts.ts';

export type StillDiffers = (wasm: Uint8Array) => boolean;

/** What an expression becomes: nothing, or a zero of each type. */
const replacements: readonly Uint8Array[] = [
  Uint8Array.of(),
  Uint8Array.of(0x41, 0x00),
  Uint8Array.of(0x42, 0x00),
  Uint8Array.of(0x43, 0, 0, 0, 0),
  Uint8Array.of(0x44, 0, 0, 0, 0, 0, 0, 0, 0),
  Uint8Array.of(0x1a),
  Uint8Array.of(0x00),
];

/** Instructions of one step behind those that halve the function. */
const expressionSizes = [12, 8, 6, 5, 4, 3, 2, 1];
const longestExpression = 12;
const unreachableEnd: readonly Uint8Array[] = [Uint8Array.of(0x00), Uint8Array.of(0x0b)];

export interface ReduceOptions {
  /** Comparisons at most: compilations and runs. */
  readonly mostComparisons?: number;
  /** Steps tried at most, those the validator refuses included. */
  readonly mostSteps?: number;
}

/** The result still differs, or is the module as it came. */
export function reduce(
  wasm: Uint8Array,
  stillDiffers: StillDiffers,
  { mostComparisons = 3000, mostSteps = 300_000 }: ReduceOptions = {},
): Uint8Array {
  const state = { wasm: new Uint8Array(wasm), comparisons: 0, steps: 0 };
  const isOver = () => state.comparisons >= mostComparisons || state.steps >= mostSteps;
  const attempt = (candidate: Uint8Array<ArrayBuffer>): boolean => {
    state.steps += 1;
    if (isOver() || !WebAssembly.validate(candidate)) return false;
    // As it will be read from text: binaryen leaves out what cannot be reached.
    const tidied = withoutUnused(candidate);
    if (tidied.length >= state.wasm.length) return false;
    state.comparisons += 1;
    if (!stillDiffers(tidied)) return false;
    state.wasm = tidied;
    return true;
  };
  for (let before = Number.POSITIVE_INFINITY; state.wasm.length < before && !isOver(); ) {
    before = state.wasm.length;
    dropExports(state, attempt);
    emptyFunctions(state, attempt);
    shortenFunctions(state, attempt);
  }
  return state.wasm;
}

interface State {
  readonly wasm: Uint8Array;
}

type Attempt = (candidate: Uint8Array<ArrayBuffer>) => boolean;

const withFunction = (parts: ModuleParts, at: number, instructions: FunctionPart['instructions']): ModuleParts => ({
  ...parts,
  functions: parts.functions.map((fn, index) => (index === at ? { ...fn, instructions } : fn)),
});

/** All but one at first, then one by one. */
function dropExports(state: State, attempt: Attempt): void {
  const names = () =>
    decode(state.wasm)
      .exports.map(({ name }) => name)
      .filter((name) => name !== stateExport);
  const keep = (kept: readonly string[]) => attempt(new Uint8Array(keepExports(state.wasm, [...kept, stateExport])));
  if (names().length > 1 && names().some((name) => keep([name]))) return;
  for (const name of names()) keep(names().filter((other) => other !== name));
}

function emptyFunctions(state: State, attempt: Attempt): void {
  const count = takeApart(state.wasm).functions.length;
  for (let at = 0; at < count; at += 1) {
    const parts = takeApart(state.wasm);
    if (at === parts.positionOf(stateExport) || (parts.functions[at]?.instructions.length ?? 0) <= 2) continue;
    for (const replacement of replacements) {
      if (attempt(putTogether(withFunction(parts, at, [replacement, ...unreachableEnd.slice(1)])))) break;
    }
  }
}

function shortenFunctions(state: State, attempt: Attempt): void {
  const count = takeApart(state.wasm).functions.length;
  for (let at = 0; at < count; at += 1) {
    if (at === takeApart(state.wasm).positionOf(stateExport)) continue;
    const size = () => takeApart(state.wasm).functions[at]?.instructions.length ?? 0;
    for (let run = size() >>> 1; run > longestExpression; run >>>= 1) replaceRuns(state, attempt, at, run);
    for (const run of expressionSizes) replaceRuns(state, attempt, at, run);
    unwrapBlocks(state, attempt, at);
  }
}

/** Every run of that many instructions, from the back, by each replacement that is shorter. */
function replaceRuns(state: State, attempt: Attempt, at: number, run: number): void {
  let parts = takeApart(state.wasm);
  const step = run > longestExpression ? run >>> 2 : 1;
  for (let start = (parts.functions[at]?.instructions.length ?? 0) - 1 - run; start >= 0; start -= step) {
    const instructions = parts.functions[at]?.instructions ?? [];
    if (start + run >= instructions.length) continue;
    const sizeBytes = instructions.slice(start, start + run).reduce((sum, { length }) => sum + length, 0);
    for (const replacement of replacements) {
      if (replacement.length >= sizeBytes) continue;
      const shorter = [...instructions.slice(0, start), replacement, ...instructions.slice(start + run)];
      if (!attempt(putTogether(withFunction(parts, at, shorter)))) continue;
      parts = takeApart(state.wasm);
      break;
    }
  }
}

/** A block, loop or if with its end away, the inside kept. */
function unwrapBlocks(state: State, attempt: Attempt, at: number): void {
  let parts = takeApart(state.wasm);
  for (let start = (parts.functions[at]?.instructions.length ?? 0) - 1; start >= 0; start -= 1) {
    const instructions = parts.functions[at]?.instructions ?? [];
    const end = endOf(instructions, start);
    if (end === undefined) continue;
    const inside = instructions.slice(start + 1, end);
    if (
      attempt(
        putTogether(
          withFunction(parts, at, [...instructions.slice(0, start), ...inside, ...instructions.slice(end + 1)]),
        ),
      )
    ) {
      parts = takeApart(state.wasm);
    }
  }
}

const isOpening = (instruction: Uint8Array | undefined) => {
  const code = instruction?.[0] ?? 0;
  return code >= 0x02 && code <= 0x04;
};

function endOf(instructions: readonly Uint8Array[], start: number): number | undefined {
  if (!isOpening(instructions[start])) return undefined;
  let depth = 0;
  for (let at = start; at < instructions.length; at += 1) {
    if (isOpening(instructions[at])) depth += 1;
    else if (instructions[at]?.[0] === 0x0b) depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}

function withoutUnused(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const module = binaryen.readBinary(wasm);
  try {
    module.setFeatures(assemblerFeatures);
    module.runPasses(['remove-unused-module-elements']);
    return new Uint8Array(module.emitBinary());
  } finally {
    module.dispose();
  }
}
