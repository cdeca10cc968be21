/**
 * Runs exports of a module as native code and brings their results back. A driver is appended to the decoded module: it
 * calls each case, writes results to shared memory, and prints that memory at the end. Cases that are expected to trap run
 * in a forked child, so that thousands of them fit in one process.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileModule } from '../compile.ts';
import type { DecodedModule, DefinedFunction, FunctionType, ModuleFunction, ValueType } from '../decode/module.ts';
import { type Bytes, constant, unsigned } from './wasm-writer.ts';

export interface Case {
  readonly functionIndex: number;
  readonly arguments: readonly { readonly type: ValueType; readonly bits: bigint }[];
  /** Run in a child, whose changes to memory are lost. */
  readonly isolated: boolean;
}

export type Outcome =
  | { readonly kind: 'results'; readonly bits: readonly bigint[]; readonly state: bigint }
  | { readonly kind: 'trap'; readonly signal: number; readonly code: number; readonly state: bigint }
  | { readonly kind: 'missing' };

const bufferAddress = 0x7000_0000;
const headerWords = 8;
const alternateStackBytes = 65_536;

class Driver {
  readonly types: FunctionType[];
  readonly functions: ModuleFunction[];
  private readonly imports = new Map<string, number>();

  constructor(module: DecodedModule) {
    this.types = [...module.types];
    this.functions = [...module.functions];
  }

  type(parameters: readonly ValueType[], results: readonly ValueType[]): number {
    this.types.push({ parameters, results });
    return this.types.length - 1;
  }

  native(
    name: string,
    arity: number,
    parameters?: readonly ValueType[],
    results: readonly ValueType[] = ['i64'],
  ): Bytes {
    let index = this.imports.get(name);
    if (index === undefined) {
      const typeIndex = this.type(parameters ?? Array.from({ length: arity }, () => 'i64' as const), results);
      index = this.functions.length;
      this.functions.push({
        kind: 'imported',
        module: 'linux',
        field: name,
        typeIndex,
        name: `linux.${name}`,
        byteOffset: 0,
      });
      this.imports.set(name, index);
    }
    return [0x10, ...unsigned(index)];
  }

  define(name: string, parameters: readonly ValueType[], locals: readonly ValueType[], code: Bytes): number {
    const bytes = Uint8Array.from([...code, 0x0b]);
    const fn: DefinedFunction = {
      kind: 'defined',
      typeIndex: this.type(parameters, []),
      name,
      locals,
      bodyStart: 0,
      bodyEnd: bytes.length,
      bytes,
    };
    this.functions.push(fn);
    return this.functions.length - 1;
  }
}

const i64 = (value: number | bigint): Bytes => constant('i64', BigInt(value));
const localGet = (index: number): Bytes => [0x20, ...unsigned(index)];
const localSet = (index: number): Bytes => [0x21, ...unsigned(index)];
const call = (index: number): Bytes => [0x10, ...unsigned(index)];
const drop: Bytes = [0x1a];

/** What a case leaves behind the word with its status: its state, then its results. */
const stateOffset = 8;
const resultOffset = 16;

/** Turn a result into the 64 bits that are stored, one piece of code for each such word. */
const toBits: Readonly<Record<ValueType, readonly Bytes[]>> = {
  i32: [[0xad]],
  i64: [[]],
  f32: [[0xbc, 0xad]],
  f64: [[0xbd]],
  v128: [
    [0xfd, 0x1d, 0],
    [0xfd, 0x1d, 1],
  ],
  funcref: [[]],
  externref: [[]],
};

const wordsOf = (types: readonly ValueType[]) => types.reduce((sum, type) => sum + toBits[type].length, 0);

function defineCase(driver: Driver, item: Case, address: number, poke: Bytes, state: Bytes): number {
  const type = driver.types[driver.functions[item.functionIndex]?.typeIndex ?? -1];
  const results = type?.results ?? [];
  const code: number[] = [];
  for (const argument of item.arguments) code.push(...constant(argument.type, argument.bits));
  code.push(...call(item.functionIndex));
  for (let index = results.length - 1; index >= 0; index -= 1) code.push(...localSet(index));
  let at = address + resultOffset;
  for (const [index, result] of results.entries()) {
    for (const word of toBits[result]) {
      code.push(...i64(at), ...localGet(index), ...word, ...poke);
      at += 8;
    }
  }
  code.push(...i64(address + stateOffset), ...state, ...poke);
  code.push(...i64(address), ...i64(1), ...poke);
  return driver.define('case', [], results, code);
}

/** `stateFunction`, of type () -> i64, is called after each case, also after those that trap. */
export function driverModule(
  module: DecodedModule,
  cases: readonly Case[],
  strideWords: number,
  stateFunction?: number,
): DecodedModule {
  const state = stateFunction === undefined ? i64(0) : call(stateFunction);
  const driver = new Driver(module);
  const poke = driver.native('poke64', 2, ['i64', 'i64'], []);
  const peek = driver.native('peek64', 1, ['i64']);
  const peekByte = driver.native('peek8', 1, ['i64'], ['i32']);
  const exit = [...driver.native('exit_group', 1), ...drop];
  const sizeBytes = (headerWords + cases.length * strideWords) * 8;
  const write = [...i64(1), ...i64(bufferAddress), ...i64(sizeBytes), ...driver.native('write', 3), ...drop];
  const at = (word: number) => bufferAddress + word * 8;
  // Word 0: the case that runs. Word 1: whether it runs in a child. Words 2-7: sigaction and stack_t.
  const firstCase = at(headerWords);
  const status: Bytes = [...i64(at(0)), ...peek, ...i64(strideWords * 8), 0x7e, ...i64(firstCase), 0x7c];
  const onSignal = driver.define(
    'on_signal',
    ['i32', 'i64', 'i64'],
    [],
    [
      ...status,
      // 2 | signo << 8 | trap code << 16; rip is general register 16 of the machine context at byte 40 of ucontext_t.
      ...localGet(0),
      0xad,
      ...i64(8),
      0x86,
      ...localGet(0),
      ...constant('i32', 4n),
      0x46,
      0x04,
      0x7e,
      ...localGet(2),
      ...i64(168),
      0x7c,
      ...peek,
      ...i64(2),
      0x7c,
      ...peekByte,
      0xad,
      ...i64(16),
      0x86,
      0x05,
      ...i64(0),
      0x0b,
      0x84,
      ...i64(2),
      0x84,
      ...poke,
      ...status,
      ...i64(stateOffset),
      0x7c,
      ...state,
      ...poke,
      ...i64(at(1)),
      ...peek,
      0x50,
      0x04,
      0x40,
      ...write,
      0x0b,
      ...i64(0),
      ...exit,
    ],
  );
  const start: number[] = [];
  const mapped = Math.ceil(sizeBytes / 4096) * 4096;
  const readWrite = 3;
  start.push(...i64(bufferAddress), ...i64(mapped), ...i64(readWrite), ...i64(0x31), ...i64(-1), ...i64(0)); // shared, fixed
  start.push(...driver.native('mmap', 6), ...drop);
  const stackAddress = bufferAddress + mapped + 4096;
  start.push(...i64(stackAddress), ...i64(alternateStackBytes), ...i64(readWrite), ...i64(0x32), ...i64(-1), ...i64(0));
  start.push(...driver.native('mmap', 6), ...drop);
  const pokeAt = (word: number, value: Bytes) => start.push(...i64(at(word)), ...value, ...poke);
  pokeAt(2, i64(stackAddress));
  pokeAt(3, i64(0));
  pokeAt(4, i64(alternateStackBytes));
  start.push(...i64(at(2)), ...i64(0), ...driver.native('sigaltstack', 2), ...drop);
  const entry = driver.native('signal_entry', 0, []);
  pokeAt(2, entry);
  pokeAt(3, i64(0x4c00_0004)); // SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_NODEFER
  pokeAt(4, entry);
  pokeAt(5, i64(0));
  for (const signal of [4, 7, 8, 11]) {
    start.push(...i64(signal), ...i64(at(2)), ...i64(0), ...i64(8), ...driver.native('rt_sigaction', 4), ...drop);
  }
  for (const [index, item] of cases.entries()) {
    const run = call(defineCase(driver, item, firstCase + index * strideWords * 8, poke, state));
    pokeAt(0, i64(index));
    if (!item.isolated) {
      start.push(...run);
      continue;
    }
    pokeAt(1, i64(1));
    start.push(...driver.native('fork', 0), 0x22, 0x00, 0x50, 0x04, 0x40, ...run, ...i64(0), ...exit, 0x0b);
    start.push(...localGet(0), ...i64(at(7)), ...i64(0), ...i64(0), ...driver.native('wait4', 4), ...drop);
    pokeAt(1, i64(0));
  }
  start.push(...write, ...i64(0), ...exit);
  const entryIndex = driver.define('run-cases', [], ['i64'], start);
  return {
    ...module,
    types: driver.types,
    functions: driver.functions,
    exports: [
      ...module.exports.filter(({ name }) => name !== 'on_signal'),
      { name: 'on_signal', kind: 'function', index: onSignal, byteOffset: 0 },
      { name: 'seal:run-cases', kind: 'function', index: entryIndex, byteOffset: 0 },
    ],
  };
}

const scratchDirectory = mkdtempSync(join(tmpdir(), 'diatom-seal-'));
process.on('exit', () => rmSync(scratchDirectory, { recursive: true, force: true }));
let fileCount = 0;

export function writeExecutable(elf: Uint8Array): string {
  fileCount += 1;
  const path = join(scratchDirectory, `case-${fileCount}`);
  writeFileSync(path, elf, { mode: 0o755 });
  return path;
}

const mostProcessorSeconds = 10;

export function runCases(module: DecodedModule, cases: readonly Case[], stateFunction?: number): readonly Outcome[] {
  const resultTypes = cases.map(
    ({ functionIndex }) => module.types[module.functions[functionIndex]?.typeIndex ?? -1]?.results ?? [],
  );
  const strideWords = 2 + Math.max(1, ...resultTypes.map(wordsOf));
  const image = compileModule(driverModule(module, cases, strideWords, stateFunction), {
    flavour: 'linux',
    entry: 'seal:run-cases',
    check: true,
  });
  const path = writeExecutable(image.elf);
  // Forked children that never end would outlive a parent that is killed: each has its own limit of processor time.
  const limited = ['-c', `ulimit -t ${mostProcessorSeconds}; exec "$0"`, path];
  const { stdout, signal, status } = spawnSync('/bin/sh', limited, { maxBuffer: 1 << 28, timeout: 30_000 });
  rmSync(path);
  if (signal !== null || stdout.length < headerWords * 8) {
    throw new Error(`native run ended with ${signal ?? `status ${status}`} and printed ${stdout.length} bytes`);
  }
  const view = new DataView(stdout.buffer, stdout.byteOffset, stdout.byteLength);
  const word = (index: number) => view.getBigUint64(index * 8, true);
  return cases.map((_, index): Outcome => {
    const at = headerWords + index * strideWords;
    const status = Number(word(at));
    const state = word(at + 1);
    if ((status & 0xff) === 1) {
      let next = at + 2;
      const bits = (resultTypes[index] ?? []).map((type) => {
        const low = word(next);
        const result = type === 'v128' ? low | (word(next + 1) << 64n) : low;
        next += toBits[type].length;
        return result;
      });
      return { state, kind: 'results', bits };
    }
    if ((status & 0xff) === 2) {
      return { kind: 'trap', signal: (status >> 8) & 0xff, code: (status >> 16) & 0xff, state };
    }
    return { kind: 'missing' };
  });
}
