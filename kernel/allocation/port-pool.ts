/** Ports of this machine that Services are reachable on, each with one holder. Nothing but Services records them. */

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export class PortPool {
  readonly #range: PortRange;
  readonly #isInUse: (port: number) => boolean;
  readonly #holders = new Map<number, string>();

  /** `isInUse` tells what other programs listen on: such a port is not chosen. */
  constructor(range: PortRange, isInUse: (port: number) => boolean) {
    this.#range = range;
    this.#isInUse = isInUse;
  }

  problemWith(port: number, holder: string): string | undefined {
    const { first, last } = this.#range;
    if (port < first || port > last)
      return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
    const present = this.#holders.get(port);
    return present === undefined || present === holder ? undefined : 'provided port is already allocated';
  }

  /** A port that is neither held nor one of `besides`. `draw`: 0 ≤ x < 1 */
  next(besides: ReadonlySet<number>, draw: number): number | undefined {
    const { first, last } = this.#range;
    const firstChosen = first + namedCount(last - first + 1);
    return this.#nextIn(firstChosen, last, besides, draw) ?? this.#nextIn(first, firstChosen - 1, besides, draw);
  }

  hold(port: number, holder: string): void {
    this.#holders.set(port, holder);
  }

  release(port: number, holder: string): void {
    if (this.#holders.get(port) === holder) this.#holders.delete(port);
  }

  #nextIn(first: number, last: number, besides: ReadonlySet<number>, draw: number): number | undefined {
    const count = last - first + 1;
    const start = Math.floor(draw * count);
    for (let step = 0; step < count; step += 1) {
      const port = first + ((start + step) % count);
      if (!this.#holders.has(port) && !besides.has(port) && !this.#isInUse(port)) return port;
    }
    return undefined;
  }
}

/** min(max(16, size / 32), 128): left to whoever asks for a port by its number as long as possible (KEP-3668). */
function namedCount(size: number): number {
  return size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
}
