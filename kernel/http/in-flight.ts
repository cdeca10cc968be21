/**
 * How many requests are served at once. A burst waits in line, in order of arrival; only when the line is full is a caller
 * told to come back (apiserver pkg/server/filters/maxinflight.go answers 429 at once, its successor queues as we do).
 */
import { tooManyRequests } from '../wire/status.ts';

export interface InFlightLimits {
  readonly reading: number;
  readonly writing: number;
  /** Requests of each kind that may wait. */
  readonly waiting: number;
}

const defaultInFlightLimits: InFlightLimits = { reading: 400, writing: 200, waiting: 2000 };

export interface InFlight {
  /** Undefined: go ahead. A promise: go ahead when it resolves. Throws 429 when the line is full. */
  enter(method: string): Promise<void> | undefined;
  /** To be called once for every `enter` that did not throw. */
  leave(method: string): void;
}

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

export function createInFlight({ reading, writing, waiting }: InFlightLimits = defaultInFlightLimits): InFlight {
  const lanes = { reading: new Lane(reading, waiting), writing: new Lane(writing, waiting) };
  const lane = (method: string): Lane => (readingMethods.has(method) ? lanes.reading : lanes.writing);
  return { enter: (method) => lane(method).enter(), leave: (method) => lane(method).leave() };
}

class Lane {
  #free: number;
  readonly #places: number;
  #line: (() => void)[] = [];
  #next = 0;

  constructor(free: number, places: number) {
    this.#free = free;
    this.#places = places;
  }

  enter(): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return undefined;
    }
    if (this.#line.length - this.#next >= this.#places) {
      throw tooManyRequests('Too many requests, please try again later.', [], 1);
    }
    return new Promise((resolve) => this.#line.push(resolve));
  }

  /** The place goes to the next in line without becoming free in between. */
  leave(): void {
    const next = this.#line[this.#next];
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#next++;
    if (this.#next === this.#line.length) {
      this.#line = [];
      this.#next = 0;
    }
    next();
  }
}
