import { type Clock, systemClock, type Timer } from '../clock/clock.ts';
import { defaultLimits, QueueCore, type QueueLimits } from './queue-core.ts';

export interface WorkQueueOptions extends Partial<QueueLimits> {
  readonly clock?: Clock;
}

/** Keys waiting to be worked on, each once. */
export class WorkQueue {
  readonly #core: QueueCore;
  readonly #clock: Clock;
  readonly #takers: ((key: string | undefined) => void)[] = [];
  readonly #drained = Promise.withResolvers<void>();
  #timer: Timer | undefined;
  #timerDueMs = Number.POSITIVE_INFINITY;

  constructor(options: WorkQueueOptions = {}) {
    this.#core = new QueueCore({ ...defaultLimits, ...options });
    this.#clock = options.clock ?? systemClock;
  }

  /** Keys ready to be taken. */
  get length(): number {
    return this.#core.readyCount;
  }

  get processingCount(): number {
    return this.#core.processingCount;
  }

  get waitingCount(): number {
    return this.#core.waitingCount;
  }

  add(key: string): void {
    this.#core.add(key);
    this.#serve();
  }

  addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    this.#core.addAt(key, this.#clock.now() + delayMs);
    this.#arm();
  }

  /** Brings a key back after a failure, later each time until `forget`. Returns the delay. */
  retry(key: string): number {
    const delayMs = this.#core.retry(key, this.#clock.now());
    this.#arm();
    return delayMs;
  }

  failureCount(key: string): number {
    return this.#core.failureCount(key);
  }

  forget(key: string): void {
    this.#core.forget(key);
  }

  /** The next key, which is then the caller's until `done`; undefined after shut-down. */
  take(): Promise<string | undefined> {
    const key = this.#core.take();
    if (key !== undefined || this.#core.isShutDown) return Promise.resolve(key);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: string): void {
    this.#core.done(key);
    this.#serve();
    if (this.#core.isDrained) this.#drained.resolve();
  }

  /** Accepts nothing more; resolves when what was ready or in work is done. */
  shutDown(): Promise<void> {
    this.#core.shutDown();
    this.#timer?.cancel();
    this.#serve();
    for (const taker of this.#takers.splice(0)) taker(undefined);
    if (this.#core.isDrained) this.#drained.resolve();
    return this.#drained.promise;
  }

  #serve(): void {
    while (this.#takers.length > 0) {
      const key = this.#core.take();
      if (key === undefined) return;
      this.#takers.shift()?.(key);
    }
  }

  #arm(): void {
    const nextMs = this.#core.wake(this.#clock.now());
    this.#serve();
    if (nextMs === undefined || (this.#timer !== undefined && this.#timerDueMs <= nextMs)) return;
    this.#timer?.cancel();
    this.#timerDueMs = nextMs;
    this.#timer = this.#clock.after(nextMs - this.#clock.now(), () => {
      this.#timer = undefined;
      this.#arm();
    });
  }
}
