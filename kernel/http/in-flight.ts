/**
 * How many requests are served at once. What is more waits in line, and the lines of all clients move in turns, so that one
 * with thousands of requests keeps nobody else waiting; only whose own line is full is told to come back (apiserver
 * pkg/server/filters/priority-and-fairness.go, with a flow for each user and no levels).
 */
import { tooManyRequests } from '../wire/status.ts';

export interface InFlightLimits {
  readonly reading: number;
  readonly writing: number;
  /** Requests of one client and kind that may wait. */
  readonly waiting: number;
}

const defaultInFlightLimits: InFlightLimits = { reading: 400, writing: 200, waiting: 2000 };
/** All clients together may have this many times what one may. */
const linesAtOnce = 8;

export interface InFlight {
  /** Undefined: go ahead. A promise: go ahead when it resolves. Throws 429 when the line is full. */
  enter(method: string, client: string): Promise<void> | undefined;
  /** To be called once for every `enter` that did not throw. */
  leave(method: string): void;
  /** Requests being served, and those waiting. */
  counts(): Readonly<Record<'reading' | 'writing', LaneCounts>>;
}

export interface LaneCounts {
  readonly serving: number;
  readonly waiting: number;
}

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

export function createInFlight({ reading, writing, waiting }: InFlightLimits = defaultInFlightLimits): InFlight {
  const lanes = { reading: new Lane(reading, waiting), writing: new Lane(writing, waiting) };
  const lane = (method: string): Lane => (readingMethods.has(method) ? lanes.reading : lanes.writing);
  return {
    enter: (method, client) => lane(method).enter(client),
    leave: (method) => lane(method).leave(),
    counts: () => ({ reading: lanes.reading.counts(), writing: lanes.writing.counts() }),
  };
}

/** In order of arrival; `next` is who comes first. */
interface Line {
  readonly waiting: (() => void)[];
  next: number;
}

class Lane {
  #free: number;
  readonly #size: number;
  readonly #places: number;
  /** Nobody's line is empty; the first in the map is the next to move. */
  readonly #lines = new Map<string, Line>();
  #waiting = 0;

  constructor(free: number, places: number) {
    this.#free = free;
    this.#size = free;
    this.#places = places;
  }

  enter(client: string): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return undefined;
    }
    const line = this.#lines.get(client) ?? { waiting: [], next: 0 };
    if (line.waiting.length - line.next >= this.#places || this.#waiting >= this.#places * linesAtOnce) {
      throw tooManyRequests('Too many requests, please try again later.', [], 1);
    }
    this.#lines.set(client, line);
    this.#waiting++;
    return new Promise((resolve) => line.waiting.push(resolve));
  }

  counts(): LaneCounts {
    return { serving: this.#size - this.#free, waiting: this.#waiting };
  }

  /** The place goes to the next in line without becoming free in between. */
  leave(): void {
    const [first] = this.#lines;
    if (first === undefined) {
      this.#free++;
      return;
    }
    const [client, line] = first;
    const go = line.waiting[line.next++];
    this.#waiting--;
    this.#lines.delete(client);
    if (line.next < line.waiting.length) this.#lines.set(client, line);
    go?.();
  }
}
