/** Which ports a linked module listens on, seen by running its start-up code once (docs/architecture.md). */
import { Worker } from 'node:worker_threads';
import { BuildError } from '../diagnostic.ts';

export interface Recording {
  readonly ports: readonly number[];
  /** What it wrote to the console before its first wait. */
  readonly console: string;
  readonly end:
    | { readonly kind: 'waiting' }
    | { readonly kind: 'exited'; readonly status: number }
    | { readonly kind: 'trapped'; readonly message: string };
}

/** Start-up code that takes longer than this without waiting is taken for an endless loop. */
const limitMs = 10_000;

export async function record(wasm: Uint8Array): Promise<Recording> {
  // Nothing of how this process was started: `--input-type` and `--eval` would keep a worker from running its file.
  const worker = new Worker(new URL('./run.ts', import.meta.url), { workerData: wasm, execArgv: [] });
  try {
    return await new Promise<Recording>((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `the program's start-up code ran for ${limitMs / 1000} s without waiting for anything; it has to end, or to return to its caller`;
        reject(new BuildError([{ code: 'record', message }]));
      }, limitMs);
      worker.once('message', (recording: Recording) => {
        clearTimeout(timer);
        resolve(recording);
      });
      worker.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
  } finally {
    await worker.terminate();
  }
}
