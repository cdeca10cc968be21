/**
 * The worker of `takeSnapshot`: starts the engine in V8, runs the top level of a program, and gives its memory. The machine
 * has nothing to give: whoever asks it for time, randomness or the network at this stage is told where.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { machineCalls, machineModule } from '@diatom/libos';
import { builtHeapAt, textCellsAt } from '../engine/layout.ts';
import type { Evaluation, EvaluationRequest } from './snapshot.ts';

const pageBytes = 65536;
/** While the top level runs: texts that are not part of the program's memory, and the stack, far behind the heap. */
const textsAt = 96 * 1024 * 1024;
/** What the top level may take; with what the engine loses between its blocks that is still below the texts. */
const heapBytes = 64 * 1024 * 1024;
const stackTop = 128 * 1024 * 1024;
const stackBytes = 512 * 1024;
/** At run time the stack lies behind the heap as it is then; the engine refuses to go deeper than all but a margin of it. */
const runStackBytes = 256 * 1024;
const runStackMargin = 32 * 1024;
/** Microseconds that the engine takes as seed of Math.random: nowhere else in its memory. */
const seedMs = 0x0123_4567_89;

class Refused extends Error {}

interface EngineExports {
  readonly application_memory: WebAssembly.Memory;
  readonly memory: WebAssembly.Memory;
  readonly allocate: (sizeBytes: number) => number;
  readonly prepare: (stackTop: number, stackBytes: number, heapBytes: number) => void;
  readonly engine_context: () => number;
  /** Where cryptography is linked. */
  readonly define_cryptography?: (context: number) => void;
  readonly evaluate: (code: number, codeLength: number, fileName: number, flags: number) => number;
  readonly finish: (
    stackTop: number,
    maximumStackBytes: number,
    port: number,
    limitMs: number,
    bodyBytes: number,
    streamBytes: number,
    randomState: number,
  ) => void;
  readonly failure_text: () => number;
}

const moduleFlag = 1;

/** What the program is told it wanted, by machine call. */
const wants: Readonly<Record<string, string>> = {
  clock_monotonic: 'the clock',
  clock_wall: 'the clock',
  entropy: 'randomness',
  environ: 'the environment',
  exit: 'to end the instance',
};

/** Math.random asks nobody. Once it is known that the top level uses it, this finds out where. */
const watchRandom = '{ const { random } = __host; Math.random = () => random(8); }';

function evaluate(request: EvaluationRequest, prelude = ''): Evaluation {
  const { module, heapAt, code, port, limitMs, bodyBytes, streamBytes } = request;
  let console = '';
  let isProgramRunning = false;
  let refusal: { readonly what: string; readonly stack: string } | undefined;
  const say = (pointer = 0, length = 0): void => {
    console += Buffer.from(new Uint8Array(engine.memory.buffer, pointer >>> 0, length >>> 0)).toString('utf8');
  };
  const answer = (name: string): bigint | number => {
    if (isProgramRunning) {
      isProgramRunning = false;
      refusal = { what: wants[name] ?? 'the network', stack: stackHere() };
      throw new Refused();
    }
    return name === 'clock_wall' ? BigInt(seedMs) * 1_000_000n : name === 'clock_monotonic' ? 1n : 0;
  };
  const machine = Object.fromEntries(
    machineCalls.map(({ name }) => [name, name === 'console_write' ? say : () => answer(name)]),
  );
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module as Uint8Array<ArrayBuffer>), {
    [machineModule]: machine,
  });
  const engine = instance.exports as unknown as EngineExports;
  engine.application_memory.grow((stackTop - engine.application_memory.buffer.byteLength) / pageBytes);
  const buffer = engine.application_memory.buffer;
  const bytes = new Uint8Array(buffer);
  const words = new Uint32Array(buffer);
  const view = new DataView(buffer);

  const put = (text: string, at: number): number => {
    const encoded = Buffer.from(text);
    bytes.set(encoded, at);
    bytes[at + encoded.length] = 0;
    return encoded.length;
  };
  const textAt = (at: number): string => Buffer.from(bytes.subarray(at, bytes.indexOf(0, at))).toString('utf8');
  const failure = (): string => textAt(engine.failure_text());
  const run = (text: string, fileName: string, flags: number): number => {
    const nameLength = put(fileName, textsAt);
    const codeAt = textsAt + nameLength + 1;
    return engine.evaluate(codeAt, put(text, codeAt), textsAt, flags);
  };
  /** The text stays in the program's memory: its functions point into it. */
  const runProgram = (): number => {
    const at = engine.allocate(Buffer.byteLength(code) + 1);
    const length = put(code, at);
    words.set([at, length], textCellsAt / 4);
    put(bundleName, textsAt);
    return engine.evaluate(at, length, textsAt, moduleFlag);
  };
  const stackHere = (): string => {
    // Elsewhere than the program's own text, which the engine may still be reading.
    const at = textsAt + 16 * 1024 * 1024;
    const length = put('new Error().stack', at);
    engine.evaluate(at, length, at + length, 0);
    return failure();
  };

  const heapWord = words.subarray(0, heapAt / 4).indexOf(builtHeapAt);
  if (heapWord < 0) throw new Error('the engine does not say where its heap begins');
  if (!isZero(Buffer.from(buffer, heapAt, builtHeapAt - heapAt))) {
    throw new Error("the glue's data is in the way of the heap");
  }
  words[heapWord] = heapAt;

  engine.prepare(stackTop, stackBytes, heapBytes);
  engine.define_cryptography?.(engine.engine_context());
  const heapEndBefore = words[heapWord] ?? 0;
  const randomState = findSeed(view, heapEndBefore);
  const seed = view.getBigUint64(randomState, true);
  if (prelude !== '') run(prelude, 'prelude.js', 0);
  isProgramRunning = true;
  let outcome: number;
  try {
    outcome = runProgram();
  } catch (error) {
    if (refusal !== undefined) return { kind: 'refused', ...refusal };
    // Without memory to throw with, the engine gives up.
    const isFull = (words[heapWord] ?? 0) > heapBytes / 2;
    const said = error instanceof Error ? error.message : String(error);
    const message = isFull ? `out of memory: it may take ${heapBytes / 2 ** 20} MiB` : said;
    return { kind: 'failed', message, console };
  }
  isProgramRunning = false;
  if (outcome === 1) return { kind: 'failed', message: failure(), console };
  if (outcome === 2) return { kind: 'waiting', console };
  if (view.getBigUint64(randomState, true) !== seed) {
    return prelude === '' ? evaluate(request, watchRandom) : { kind: 'refused', what: 'randomness', stack: '' };
  }

  const heapEnd = words[heapWord] ?? 0;
  const runStackTop = Math.ceil(heapEnd / 16) * 16 + runStackBytes;
  // The engine keeps the top of the stack it was made on: counted from there, this is the end of the new one.
  engine.finish(
    runStackTop,
    stackTop - runStackTop + runStackBytes - runStackMargin,
    port,
    limitMs,
    bodyBytes,
    streamBytes,
    randomState,
  );
  words[heapWord] = runStackTop;
  return {
    kind: 'done',
    console,
    memory: bytes.slice(0, heapEnd),
    initialPages: Math.ceil(runStackTop / pageBytes) + 1,
  };
}

const bundleName = 'app.js';

/** Comparing a part with its neighbour is one call of the C library; looking at each byte takes a tenth of a second. */
const isZero = (bytes: Buffer): boolean => bytes[0] === 0 && bytes.subarray(1).equals(bytes.subarray(0, -1));

function findSeed(view: DataView, end: number): number {
  const found: number[] = [];
  for (let at = 0; at + 8 <= end; at += 8) {
    if (view.getBigUint64(at, true) === BigInt(seedMs) * 1000n) found.push(at);
  }
  const [at] = found;
  if (at === undefined || found.length > 1)
    throw new Error(`the engine's seed is in ${found.length} places of its memory`);
  return at;
}

parentPort?.postMessage(evaluate(workerData as EvaluationRequest));
