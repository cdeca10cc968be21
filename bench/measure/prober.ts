/** Spawn to first byte of the first answer, in milliseconds, on the clock both threads share (CLOCK_MONOTONIC). */
import { Worker } from 'node:worker_threads';

export interface ProbeRequest {
  readonly port: number;
  readonly timeoutMs: number;
}

export type ProbeReply =
  | { readonly kind: 'probing' }
  | { readonly kind: 'answered'; readonly atNs: bigint; readonly statusLine: string }
  | { readonly kind: 'silent' };

export interface Prober {
  /** `start` is called when the prober is already knocking; it has to start the server on `port`. */
  firstResponseMs(port: number, start: () => void): Promise<number>;
  close(): Promise<void>;
}

const answerTimeoutMs = 20_000;

export function createProber(): Prober {
  const worker = new Worker(new URL('./probe-worker.ts', import.meta.url));
  return {
    firstResponseMs: (port, start) =>
      new Promise((resolve, reject) => {
        let startedNs = 0n;
        const settle = (finish: () => void): void => {
          worker.off('message', onMessage);
          worker.off('error', reject);
          finish();
        };
        const onMessage = (message: ProbeReply): void => {
          if (message.kind === 'probing') {
            startedNs = process.hrtime.bigint();
            start();
          } else if (message.kind === 'silent') {
            settle(() => reject(new Error(`no answer on port ${port} within ${answerTimeoutMs / 1000} s`)));
          } else if (/^HTTP\/1\.1 200 /.test(message.statusLine)) {
            settle(() => resolve(Number(message.atNs - startedNs) / 1e6));
          } else settle(() => reject(new Error(`the first answer was "${message.statusLine}"`)));
        };
        worker.on('message', onMessage);
        worker.on('error', reject);
        worker.postMessage({ port, timeoutMs: answerTimeoutMs } satisfies ProbeRequest);
      }),
    close: async () => {
      await worker.terminate();
    },
  };
}
