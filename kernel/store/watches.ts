/**
 * The watches of one store. A watch that starts in the past follows the log in short steps and joins the live ones in the
 * same turn in which it has caught up: a watch holds a position, never a queue, so a slow one costs no memory.
 */
import type { Revision, StoreEvent, WatchHandle, WatchOptions } from './store.ts';

/** Revisions read in one step of catching up; bounds how long other requests wait for it. */
const stepRevisions = 1000;

export interface WatchSource {
  readonly revisions: () => { readonly newest: Revision; readonly compacted: Revision };
  readonly events: (after: Revision, upTo: Revision, prefix: string) => readonly StoreEvent[];
}

interface Watch extends WatchOptions {
  position: Revision;
  ended: boolean;
}

export class Watches {
  readonly #source: WatchSource;
  readonly #log: (message: string) => void;
  readonly #live = new Map<string, Set<Watch>>();
  readonly #following = new Set<Watch>();

  constructor(source: WatchSource, log: (message: string) => void) {
    this.#source = source;
    this.#log = log;
  }

  add(options: WatchOptions): WatchHandle {
    const watch: Watch = { ...options, position: options.after, ended: false };
    if (watch.position >= this.#source.revisions().newest) this.#join(watch);
    else {
      this.#following.add(watch);
      setImmediate(() => this.#step(watch));
    }
    return {
      get position() {
        return watch.position;
      },
      cancel: () => this.#drop(watch),
    };
  }

  /** Hands a durable commit to every live watch it concerns. */
  deliver(events: readonly StoreEvent[]): void {
    const newest = events.at(-1)?.revision ?? 0;
    // Collected first: a listener may start or cancel watches, and one started now begins after this commit.
    const concerned: [Watch, readonly StoreEvent[]][] = [];
    for (const [prefix, watches] of this.#live) {
      const matching = events.filter((event) => event.key.startsWith(prefix));
      for (const watch of watches) {
        if (matching.length > 0) concerned.push([watch, matching]);
        else watch.position = newest;
      }
    }
    for (const [watch, matching] of concerned) this.#emit(watch, matching, newest);
  }

  close(): void {
    const all = [...this.#following, ...[...this.#live.values()].flatMap((watches) => [...watches])];
    for (const watch of all) this.#end(watch, 'closed');
  }

  #step(watch: Watch): void {
    if (watch.ended) return;
    const { newest, compacted } = this.#source.revisions();
    if (watch.position < compacted) {
      this.#end(watch, 'compacted');
      return;
    }
    const upTo = Math.min(watch.position + stepRevisions, newest);
    try {
      const events = this.#source.events(watch.position, upTo, watch.prefix);
      if (events.length > 0) this.#emit(watch, events, upTo);
      watch.position = upTo;
    } catch (error) {
      this.#log(`watch of ${watch.prefix} cannot read the log: ${error}`);
      this.#end(watch, 'closed');
    }
    if (watch.ended) return;
    if (watch.position < this.#source.revisions().newest) setImmediate(() => this.#step(watch));
    else this.#join(watch);
  }

  #join(watch: Watch): void {
    this.#following.delete(watch);
    const watches = this.#live.get(watch.prefix);
    if (watches === undefined) this.#live.set(watch.prefix, new Set([watch]));
    else watches.add(watch);
  }

  #emit(watch: Watch, events: readonly StoreEvent[], upTo: Revision): void {
    if (watch.ended) return;
    try {
      watch.onEvents(events);
      watch.position = upTo;
    } catch (error) {
      // It has missed events now and must not go on as if it had not; the others are not concerned.
      this.#log(`watch of ${watch.prefix} failed and was ended: ${error instanceof Error ? error.stack : error}`);
      this.#end(watch, 'closed');
    }
  }

  #end(watch: Watch, reason: 'closed' | 'compacted'): void {
    if (watch.ended) return;
    this.#drop(watch);
    try {
      watch.onEnd(reason);
    } catch (error) {
      this.#log(`watch of ${watch.prefix} failed while ending: ${error instanceof Error ? error.stack : error}`);
    }
  }

  #drop(watch: Watch): void {
    watch.ended = true;
    this.#following.delete(watch);
    const watches = this.#live.get(watch.prefix);
    watches?.delete(watch);
    if (watches?.size === 0) this.#live.delete(watch.prefix);
  }
}
