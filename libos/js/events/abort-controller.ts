/** DOM standard §3.1 Interface AbortController. */

import { type AbortSignal, createSignal, signalAbort } from './abort-signal.ts';

export class AbortController {
  readonly #signal: AbortSignal = createSignal();

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason?: unknown): void {
    signalAbort(this.#signal, reason);
  }

  get [Symbol.toStringTag](): string {
    return 'AbortController';
  }
}
