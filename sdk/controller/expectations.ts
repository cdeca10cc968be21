/**
 * What a controller has done and its informer has not shown it yet. Deciding before that would do it twice: the cache
 * lags behind the API by the watch's latency (UIDTrackingControllerExpectations upstream). Uids, not counts: a create
 * whose event came before its answer settles nothing and nobody else's.
 */
export class Expectations {
  readonly #pending = new Map<string, { readonly uids: Set<string>; sinceMs: number }>();
  /** Uids seen lately, for answers that arrive after their own event. */
  readonly #seen = new Set<string>();
  readonly #timeoutMs: number;

  /** After `timeoutMs` without the event the controller trusts its cache again. Five minutes, as upstream. */
  constructor(timeoutMs = 300_000) {
    this.#timeoutMs = timeoutMs;
  }

  /** Remember that `key`'s controller waits to see this: a created uid, or a deleted one (prefix it yourself). */
  expect(key: string, uid: string, nowMs: number): void {
    if (this.#seen.has(uid)) return;
    const entry = this.#pending.get(key);
    if (entry === undefined) this.#pending.set(key, { uids: new Set([uid]), sinceMs: nowMs });
    else {
      entry.uids.add(uid);
      entry.sinceMs = nowMs;
    }
  }

  /** The informer has shown it. */
  observe(key: string | undefined, uid: string): void {
    this.#seen.add(uid);
    if (this.#seen.size > mostSeen) for (const oldest of this.#seen) if (this.#seen.delete(oldest)) break;
    if (key === undefined) return;
    const entry = this.#pending.get(key);
    entry?.uids.delete(uid);
    if (entry?.uids.size === 0) this.#pending.delete(key);
  }

  areMet(key: string, nowMs: number): boolean {
    const entry = this.#pending.get(key);
    if (entry === undefined) return true;
    if (nowMs - entry.sinceMs < this.#timeoutMs) return false;
    this.#pending.delete(key);
    return true;
  }

  forget(key: string): void {
    this.#pending.delete(key);
  }
}

const mostSeen = 8192;
