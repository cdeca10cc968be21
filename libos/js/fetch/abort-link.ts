import type { AbortSignal } from '../events/abort-signal.ts';

/**
 * Ties one fetch to the signal it was given: one listener, gone as soon as the fetch is over, since a signal may outlive
 * a great many of them.
 */
export class AbortLink {
  readonly #signal: AbortSignal;
  /** What to stop: the exchange under way. */
  #stop: (() => void) | null = null;
  readonly #aborted: Promise<never>;
  readonly #listener: () => void;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    const { promise, reject } = Promise.withResolvers<never>();
    this.#aborted = promise;
    // Nobody may be racing against it at that moment.
    promise.catch(() => undefined);
    this.#listener = () => {
      reject(signal.reason);
      this.#stop?.();
    };
    signal.addEventListener('abort', this.#listener, { once: true });
  }

  onAbort(stop: () => void): void {
    this.#stop = stop;
  }

  /** The result, or a rejection with the signal's reason when that comes first: also when it came before. */
  race<Result>(result: Promise<Result>): Promise<Result> {
    return Promise.race([this.#aborted, result]);
  }

  release(): void {
    this.#stop = null;
    this.#signal.removeEventListener('abort', this.#listener);
  }
}
