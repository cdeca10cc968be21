/**
 * The store: revisioned objects with etcd's semantics (design §3.2). One interface; `conformance.ts` is the suite every
 * implementation passes.
 */

/** Monotonically increasing over the whole cell. Fits in a double: 2^53 writes at 100,000/s last 2,800 years. */
export type Revision = number;

export interface StoredObject {
  readonly key: string;
  /** The object as serialised JSON, its own resourceVersion inside. */
  readonly value: string;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
}

/** What happens to one object. `value` is called with the revision the write will have, so that it can be part of it. */
export type Change =
  | { readonly kind: 'put'; readonly value: (revision: Revision) => string }
  | { readonly kind: 'delete'; readonly finalValue?: (revision: Revision) => string }
  | { readonly kind: 'keep' };

/** A change of another object that belongs to a write: both are made or neither is. */
export interface ChangeBeside {
  readonly key: string;
  readonly decide: (current: StoredObject | undefined) => Change;
}

/**
 * What a writer decides when it sees the current state. Throwing from `decide`, `value` or `beside` fails this write
 * alone. `beside` is asked after `value`, for changes to other keys than the write's own, each of them once.
 */
export type Decision = Change & { readonly beside?: () => readonly ChangeBeside[] };

export interface WriteResult {
  /** Revision of the write; for `keep` the current revision of the store. */
  readonly revision: Revision;
  readonly previous: StoredObject | undefined;
  readonly current: StoredObject | undefined;
}

export interface ListOptions {
  readonly limit?: number;
  /** Exclusive. */
  readonly startAfter?: string;
  /** A past state; throws `CompactedError` when it is gone, `FutureRevisionError` when it is not there yet. */
  readonly atRevision?: Revision;
}

export interface ListResult {
  readonly items: readonly StoredObject[];
  readonly revision: Revision;
  /** Objects after the last item, 0 when the list is complete. */
  readonly remaining: number;
}

/** A stretch of a list as it is sent: values with commas between them, in UTF-8. */
export interface JoinedValues {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** To be continued after this key; undefined when nothing was found. */
  readonly lastKey: string | undefined;
  readonly revision: Revision;
}

export interface StoreEvent {
  readonly kind: 'put' | 'delete';
  readonly key: string;
  readonly revision: Revision;
  /** After a put: the new object. After a delete: the last object, its resourceVersion that of the deletion. */
  readonly value: string;
  /** Undefined when the put created the object. Selector transitions need it. */
  readonly previousValue: string | undefined;
}

export interface WatchOptions {
  readonly prefix: string;
  /** Events after this revision; throws `CompactedError` when they are gone. */
  readonly after: Revision;
  /** Called in revision order, a whole commit at a time, never before the commit is durable. */
  readonly onEvents: (events: readonly StoreEvent[]) => void;
  /** The watch ended by itself: too slow or the store closed. */
  readonly onEnd: (reason: 'closed' | 'compacted') => void;
}

export interface WatchHandle {
  /** Everything up to here has been handed to `onEvents`, so a bookmark may name it. */
  readonly position: Revision;
  cancel(): void;
}

export interface Store {
  /** The newest durable revision. */
  readonly revision: Revision;
  readonly compactRevision: Revision;
  get(key: string): StoredObject | undefined;
  list(prefix: string, options?: ListOptions): ListResult;
  /** What `list` finds, without an object for each; fewer than `limit` are all there are. */
  join(prefix: string, options: ListOptions & { readonly limit: number }): JoinedValues;
  /** Joins the next group commit; resolves when it is durable. Writes to one store are serialised in call order. */
  write(key: string, decide: (current: StoredObject | undefined) => Decision): Promise<WriteResult>;
  watch(options: WatchOptions): WatchHandle;
  compact(revision: Revision): void;
  close(): Promise<void>;
}

export class CompactedError extends Error {
  readonly compactRevision: Revision;
  constructor(wanted: Revision, compactRevision: Revision) {
    super(`revision ${wanted} has been compacted; the oldest one kept is ${compactRevision}`);
    this.name = 'CompactedError';
    this.compactRevision = compactRevision;
  }
}

export class FutureRevisionError extends Error {
  readonly current: Revision;
  constructor(wanted: Revision, current: Revision) {
    super(`revision ${wanted} is in the future; the current one is ${current}`);
    this.name = 'FutureRevisionError';
    this.current = current;
  }
}
