/** A program's memory after its top level has run, made at build time (docs/javascript.md). */
import { relative } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Bundle } from '../bundle/bundle.ts';
import { PlaceFinder } from '../bundle/source-map.ts';
import { BuildError, type Diagnostic } from '../diagnostic.ts';
import type { LinkedEngine } from '../engine/link.ts';
import type { Snapshot } from './write.ts';

export interface EvaluationRequest {
  readonly module: Uint8Array;
  /** Where the heap begins. */
  readonly heapAt: number;
  readonly code: string;
  readonly port: number;
  /** How long one turn of the program may run. */
  readonly limitMs: number;
  /** What the program may hold of a request's body at once, and how long a body may be. */
  readonly bodyBytes: number;
  readonly streamBytes: number;
}

export type Evaluation =
  | { readonly kind: 'done'; readonly console: string; readonly memory: Uint8Array; readonly initialPages: number }
  | { readonly kind: 'failed'; readonly message: string; readonly console: string }
  | { readonly kind: 'waiting'; readonly console: string }
  | { readonly kind: 'refused'; readonly what: string; readonly stack: string };

export type SnapshotOptions = Pick<EvaluationRequest, 'port' | 'limitMs' | 'bodyBytes' | 'streamBytes'>;

/** A top level that takes longer is taken for an endless loop. */
const limitMs = 10_000;
/** The engine's parser is recursive. */
const stackMegabytes = 16;

/** Throws `BuildError` for a top level that fails, never ends or wants what only a running instance has. */
export async function takeSnapshot(
  engine: LinkedEngine,
  bundle: Bundle,
  options: SnapshotOptions,
): Promise<Snapshot & { readonly said: readonly string[] }> {
  const request: EvaluationRequest = { module: engine.wasm, heapAt: engine.heapAt, code: bundle.code, ...options };
  const evaluation = await evaluate(request);
  if (evaluation.kind === 'done') return { ...evaluation, said: linesOf(evaluation.console) };
  throw new BuildError([diagnose(evaluation, bundle)]);
}

/** What the top level has written to the console. */
const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

async function evaluate(request: EvaluationRequest): Promise<Evaluation> {
  const worker = new Worker(new URL('./evaluate.ts', import.meta.url), {
    workerData: request,
    execArgv: [],
    resourceLimits: { stackSizeMb: stackMegabytes },
  });
  try {
    return await new Promise<Evaluation>((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `the program's top level ran for ${limitMs / 1000} s; move what takes long into fetch`;
        reject(new BuildError([{ code: 'snapshot', message }]));
      }, limitMs);
      const settle = (act: () => void) => () => {
        clearTimeout(timer);
        act();
      };
      worker.once('message', (evaluation: Evaluation) => settle(() => resolve(evaluation))());
      worker.once('error', (error) => settle(() => reject(error))());
    });
  } finally {
    await worker.terminate();
  }
}

function diagnose(evaluation: Exclude<Evaluation, { kind: 'done' }>, bundle: Bundle): Diagnostic {
  switch (evaluation.kind) {
    case 'failed':
      return {
        code: 'top-level',
        ...placeOf(evaluation.message, bundle),
        message: `the program's top level fails: ${evaluation.message.split('\n')[0] ?? ''}`,
      };
    case 'waiting':
      return {
        code: 'top-level',
        message:
          "the program's top level waits for something that only a running instance has (a timer, the network); wait in fetch instead",
      };
    case 'refused':
      return {
        code: 'top-level',
        ...placeOf(evaluation.stack, bundle),
        message: `the top level runs when the image is built and cannot ask for ${evaluation.what}; ask in fetch, or on the first request`,
      };
  }
}

/** The program's own place that is nearest to the top of an engine's stack. */
function placeOf(stack: string, bundle: Bundle): Pick<Diagnostic, 'file' | 'line' | 'column'> {
  const finder = new PlaceFinder(bundle.map);
  for (const [, line, column] of stack.matchAll(/\(?app\.js:(\d+):(\d+)\)?/g)) {
    const place = finder.find(Number(line), Number(column));
    if (place === undefined || !bundle.sources.includes(place.file)) continue;
    return { ...place, file: relative(bundle.directory, place.file) };
  }
  return {};
}
