import type { Clock, Timer } from '../clock/clock.ts';

interface Pending {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A clock that stands still until the test moves it. Timers fire in due order, each at its own time. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #pending = new Set<Pending>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer: Pending = { dueMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#pending.add(timer);
    return { cancel: () => this.#pending.delete(timer) };
  }

  get timerCount(): number {
    return this.#pending.size;
  }

  /** Moves time forward, firing what falls due, and lets promise reactions run after each timer. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.dueMs > endMs) break;
      this.#pending.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }

  #earliest(): Pending | undefined {
    let earliest: Pending | undefined;
    for (const timer of this.#pending) if (earliest === undefined || timer.dueMs < earliest.dueMs) earliest = timer;
    return earliest;
  }
}

/** Lets everything that is already runnable run: two turns of the event loop, no time. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}
