/**
 * The work queue's decisions, without clock or promises: every method takes the time and says nothing about waiting.
 * A key is in at most one pair of hands; adding it while it is being worked on brings it back afterwards, once
 * (client-go util/workqueue). The state is changed in place: copying sets of 10,000 keys for each step would cost more
 * than the work.
 */
export interface QueueLimits {
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  /** Retries per second over all keys, and how many may come at once. Protects the server when everything fails. */
  readonly retriesPerSecond: number;
  readonly retryBurst: number;
}

export const defaultLimits: QueueLimits = {
  firstBackoffMs: 5,
  maxBackoffMs: 60_000,
  retriesPerSecond: 50,
  retryBurst: 200,
};

export class QueueCore {
  readonly #limits: QueueLimits;
  /** Ready to be taken, in order. */
  readonly #ready = new Set<string>();
  /** Being worked on. */
  readonly #processing = new Set<string>();
  /** Added while being worked on. */
  readonly #again = new Set<string>();
  readonly #dueMs = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  #tokens: number;
  #refilledMs: number | undefined;
  #isShutDown = false;

  constructor(limits: QueueLimits = defaultLimits) {
    this.#limits = limits;
    this.#tokens = limits.retryBurst;
  }

  get readyCount(): number {
    return this.#ready.size;
  }

  get processingCount(): number {
    return this.#processing.size;
  }

  get waitingCount(): number {
    return this.#dueMs.size;
  }

  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  /** Nothing is ready or in work, and nothing more is accepted. */
  get isDrained(): boolean {
    return this.#isShutDown && this.#ready.size === 0 && this.#processing.size === 0;
  }

  add(key: string): void {
    if (this.#isShutDown) return;
    if (this.#processing.has(key)) this.#again.add(key);
    else this.#ready.add(key);
  }

  /** The earliest of several times wins. */
  addAt(key: string, dueMs: number): void {
    if (this.#isShutDown) return;
    this.#dueMs.set(key, Math.min(dueMs, this.#dueMs.get(key) ?? Number.POSITIVE_INFINITY));
  }

  /** Counts a failure and brings the key back after its back-off. Returns the delay. */
  retry(key: string, nowMs: number): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const backoffMs = Math.min(this.#limits.maxBackoffMs, this.#limits.firstBackoffMs * 2 ** Math.min(failures, 40));
    const delayMs = Math.max(backoffMs, this.#takeToken(nowMs));
    this.addAt(key, nowMs + delayMs);
    return delayMs;
  }

  failureCount(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  take(): string | undefined {
    for (const key of this.#ready) {
      this.#ready.delete(key);
      this.#processing.add(key);
      return key;
    }
    return undefined;
  }

  done(key: string): void {
    this.#processing.delete(key);
    if (this.#again.delete(key)) this.#ready.add(key);
  }

  /** Makes ready what has come due; returns when the next one is. */
  wake(nowMs: number): number | undefined {
    let nextMs: number | undefined;
    for (const [key, dueMs] of this.#dueMs) {
      if (dueMs <= nowMs) {
        this.#dueMs.delete(key);
        this.add(key);
      } else if (nextMs === undefined || dueMs < nextMs) nextMs = dueMs;
    }
    return nextMs;
  }

  /** What is ready is still handed out; what waits for later is dropped. */
  shutDown(): void {
    this.#isShutDown = true;
    this.#dueMs.clear();
    this.#again.clear();
  }

  /** Token bucket: how long this retry has to wait for its turn. */
  #takeToken(nowMs: number): number {
    const { retriesPerSecond, retryBurst } = this.#limits;
    const elapsedMs = nowMs - (this.#refilledMs ?? nowMs);
    this.#refilledMs = nowMs;
    this.#tokens = Math.min(retryBurst, this.#tokens + (elapsedMs * retriesPerSecond) / 1000) - 1;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1000) / retriesPerSecond);
  }
}
