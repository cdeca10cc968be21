/** Messages between the supervisor (main thread) and a supervised worker. */

import type { MessagePort } from 'node:worker_threads';
import type { PolicyRule } from '../server.ts';

export type ToWorker =
  /** A fresh way to the kernel; the one before, if any, is dead. */
  | { readonly kind: 'connect'; readonly port: MessagePort }
  /** The thread has worked and is idle now: it gives memory back. */
  | { readonly kind: 'rest' }
  | { readonly kind: 'stop' };

/** The kernel's worker also takes servers: it makes their rights what `rules` say, then answers on the port. */
export type ToKernelWorker =
  | ToWorker
  | {
      readonly kind: 'attach';
      readonly server: string;
      readonly rules: readonly PolicyRule[];
      readonly port: MessagePort;
    };

export type FromWorker =
  /** A server's module is loaded; it runs once it has been given a way to the kernel. */
  | { readonly kind: 'declared'; readonly rules: readonly PolicyRule[] }
  /** `info` is plain data for whoever started the worker. */
  | { readonly kind: 'ready'; readonly info?: unknown }
  | { readonly kind: 'log'; readonly line: string }
  /** The worker fails; its thread ends next. */
  | { readonly kind: 'failed'; readonly why: string };

/** `workerData` of `server-worker.ts`. */
export interface ServerWorkerData {
  readonly name: string;
  /** file: URL of the module that exports `server`. */
  readonly module: string;
  readonly settings: Readonly<Record<string, unknown>>;
}
