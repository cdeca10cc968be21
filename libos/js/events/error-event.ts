/** HTML standard §8.1.4.6 the ErrorEvent interface. */

import { Event, type EventInit } from './event.ts';

export interface ErrorEventInit extends EventInit {
  readonly message?: string | undefined;
  readonly filename?: string | undefined;
  readonly lineno?: number | undefined;
  readonly colno?: number | undefined;
  readonly error?: unknown;
}

export class ErrorEvent extends Event {
  readonly #init: ErrorEventInit;

  constructor(type: string, init?: ErrorEventInit | null) {
    super(type, init);
    this.#init = { ...init };
  }

  get message(): string {
    return String(this.#init.message ?? '');
  }

  get filename(): string {
    return String(this.#init.filename ?? '');
  }

  get lineno(): number {
    return Number(this.#init.lineno ?? 0) >>> 0;
  }

  get colno(): number {
    return Number(this.#init.colno ?? 0) >>> 0;
  }

  get error(): unknown {
    return this.#init.error;
  }

  override get [Symbol.toStringTag](): string {
    return 'ErrorEvent';
  }
}
