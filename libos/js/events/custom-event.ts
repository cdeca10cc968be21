/** DOM standard §2.4 Interface CustomEvent. */

import { Event, type EventInit } from './event.ts';

export interface CustomEventInit<Detail = unknown> extends EventInit {
  readonly detail?: Detail | undefined;
}

export class CustomEvent<Detail = unknown> extends Event {
  readonly #detail: Detail | null;

  constructor(type: string, init?: CustomEventInit<Detail> | null) {
    if (arguments.length === 0) throw new TypeError('CustomEvent: the type is missing');
    super(type, init);
    this.#detail = init?.detail ?? null;
  }

  get detail(): Detail | null {
    return this.#detail;
  }

  override get [Symbol.toStringTag](): string {
    return 'CustomEvent';
  }
}
