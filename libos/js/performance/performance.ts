/** High Resolution Time §7 and User Timing level 3, without the browser's timelines. */

import { EventTarget } from '../events/event-target.ts';
import { host } from '../host.ts';

let createPerformance: () => Performance;
const permission = Symbol('may create');

export class Performance extends EventTarget {
  /** Found at the first question: the object itself is made when the image is sealed. */
  #timeOriginMs: number | null = null;

  constructor(given?: unknown) {
    super();
    if (given !== permission) throw new TypeError('Illegal constructor: use the global performance');
  }

  /** Milliseconds since the instance started. */
  now(): number {
    return host.monotonicMs();
  }

  get timeOrigin(): number {
    this.#timeOriginMs ??= host.wallMs() - host.monotonicMs();
    return this.#timeOriginMs;
  }

  toJSON(): { readonly timeOrigin: number } {
    return { timeOrigin: this.timeOrigin };
  }

  override get [Symbol.toStringTag](): string {
    return 'Performance';
  }

  static {
    createPerformance = () => new Performance(permission);
  }
}

export const performance = createPerformance();
