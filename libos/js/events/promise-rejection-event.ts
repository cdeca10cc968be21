/** HTML standard §8.1.4.7 the PromiseRejectionEvent interface. */

import { Event, type EventInit } from './event.ts';

export interface PromiseRejectionEventInit extends EventInit {
  readonly promise: Promise<unknown>;
  readonly reason?: unknown;
}

export class PromiseRejectionEvent extends Event {
  readonly #promise: Promise<unknown>;
  readonly #reason: unknown;

  constructor(type: string, init: PromiseRejectionEventInit) {
    super(type, init);
    if (typeof init?.promise !== 'object' || init.promise === null) {
      throw new TypeError('PromiseRejectionEvent: init.promise is missing');
    }
    this.#promise = init.promise;
    this.#reason = init.reason;
  }

  get promise(): Promise<unknown> {
    return this.#promise;
  }

  get reason(): unknown {
    return this.#reason;
  }

  override get [Symbol.toStringTag](): string {
    return 'PromiseRejectionEvent';
  }
}
