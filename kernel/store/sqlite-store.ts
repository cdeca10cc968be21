/**
 * The embedded store: `Store` over one SQLite file. Writes of one turn are decided and committed as one transaction, so
 * that they share one sync of the disk; nothing is answered or shown to a watch before that commit is durable.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type CompactionPolicy, defaultCompactionPolicy } from './compaction.ts';
import { isDiskFull, openDataFile, StoreUnavailableError } from './data-file.ts';
import { Housekeeping } from './housekeeping.ts';
import { Pieces } from './pieces.ts';
import { type JoinedRow, prefixEnd, prepareStatements, type Statements } from './statements.ts';
import {
  type Change,
  CompactedError,
  type Decision,
  FutureRevisionError,
  type JoinedValues,
  type ListOptions,
  type ListResult,
  type Revision,
  type Store,
  type StoredObject,
  type StoreEvent,
  type WatchHandle,
  type WatchOptions,
  type WriteResult,
} from './store.ts';
import { Watches } from './watches.ts';

/** One transaction holds at most this many writes, so that a flood of them does not keep everybody else waiting. */
const batchWrites = 512;

export interface SqliteStoreOptions {
  readonly directory: string;
  readonly compaction?: CompactionPolicy;
  readonly now?: () => number;
  readonly log?: (message: string) => void;
  /** Last word on SQLite's settings; tests take away its space with it. */
  readonly tune?: (database: DatabaseSync) => void;
}

interface PendingWrite {
  readonly key: string;
  readonly decide: (current: StoredObject | undefined) => Decision;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
}

interface DecidedChange {
  readonly previous: StoredObject | undefined;
  readonly current: StoredObject | undefined;
  /** Undefined when nothing was to be done. */
  readonly event: StoreEvent | undefined;
}

interface DecidedWrite extends DecidedChange {
  readonly write: PendingWrite;
  readonly beside: readonly DecidedChange[];
}

export function openSqliteStore(options: SqliteStoreOptions): Store {
  const database = openDataFile(options.directory);
  options.tune?.(database);
  return new SqliteStore(database, options);
}

class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #watches: Watches;
  readonly #log: (message: string) => void;
  readonly #housekeeping: Housekeeping;
  #state: { readonly kind: 'open' } | { readonly kind: 'failed' | 'closed'; readonly error: StoreUnavailableError } = {
    kind: 'open',
  };
  readonly #pieces = new Pieces();
  #revision: Revision;
  #pending: PendingWrite[] = [];

  constructor(database: DatabaseSync, options: SqliteStoreOptions) {
    this.#database = database;
    this.#statements = prepareStatements(database);
    this.#log = options.log ?? ((message) => process.stderr.write(`store: ${message}\n`));
    this.#housekeeping = new Housekeeping({
      database,
      statements: this.#statements,
      policy: options.compaction ?? defaultCompactionPolicy,
      now: options.now ?? Date.now,
      newest: () => (this.#state.kind === 'open' ? this.#revision : undefined),
      log: this.#log,
    });
    // Clients read 0 as "any revision", so an empty store is at 1, as etcd's is. The newest row may be a deletion that
    // was compacted away; then its revision is in `compactRevision`.
    this.#revision = Math.max(1, this.#statements.newestRevision(), this.compactRevision);
    this.#watches = new Watches(
      {
        revisions: () => ({ newest: this.#revision, compacted: this.compactRevision }),
        events: this.#statements.events,
      },
      this.#log,
    );
  }

  get revision(): Revision {
    return this.#revision;
  }

  get compactRevision(): Revision {
    return this.#housekeeping.compactRevision;
  }

  get(key: string): StoredObject | undefined {
    this.#checkReadable();
    return this.#statements.get(key);
  }

  list(prefix: string, { limit = -1, startAfter, atRevision }: ListOptions = {}): ListResult {
    this.#checkReadable();
    const statements = this.#statements;
    const [start, end] = rangeOf(prefix, startAfter);
    const past = this.#past(atRevision);
    const items =
      past === undefined ? statements.list(start, end, limit) : statements.listPast(start, end, past, limit);
    const last = items.at(-1);
    let remaining = 0;
    if (limit >= 0 && items.length >= limit) {
      const rest = last === undefined ? start : `${last.key}\0`;
      remaining = past === undefined ? statements.count(rest, end) : statements.countPast(rest, end, past);
    }
    return { items, revision: past ?? this.#revision, remaining };
  }

  join(prefix: string, options: ListOptions & { readonly limit: number }): JoinedValues {
    this.#checkReadable();
    const { limit, startAfter, atRevision = this.#revision } = options;
    const [start, end] = rangeOf(prefix, startAfter);
    if (atRevision === this.#revision || (atRevision < this.#revision && this.#pieces.isPresent(prefix, atRevision))) {
      const read = () => joinedValues(this.#statements.join(start, end, limit), atRevision);
      const piece = this.#pieces.piece(prefix, `${limit} ${start}`, this.#revision, read);
      return piece.revision === atRevision ? piece : { ...piece, revision: atRevision };
    }
    const past = this.#past(atRevision) ?? this.#revision;
    return joinedValues(this.#statements.joinPast(start, end, past, limit), past);
  }

  /** Undefined: the present. */
  #past(at: Revision | undefined): Revision | undefined {
    if (at === undefined || at === this.#revision) return undefined;
    if (at > this.#revision) throw new FutureRevisionError(at, this.#revision);
    if (at < this.compactRevision) throw new CompactedError(at, this.compactRevision);
    return at;
  }

  write(key: string, decide: (current: StoredObject | undefined) => Decision): Promise<WriteResult> {
    if (this.#state.kind !== 'open') return Promise.reject(this.#state.error);
    return new Promise((resolve, reject) => {
      if (this.#pending.length === 0) setImmediate(() => this.#commitPending());
      this.#pending.push({ key, decide, resolve, reject });
    });
  }

  watch(options: WatchOptions): WatchHandle {
    this.#checkReadable();
    if (options.after < this.compactRevision) throw new CompactedError(options.after, this.compactRevision);
    if (options.after > this.#revision) throw new FutureRevisionError(options.after, this.#revision);
    return this.#watches.add(options);
  }

  compact(revision: Revision): void {
    this.#checkReadable();
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
    this.#housekeeping.compact(revision);
  }

  async close(): Promise<void> {
    if (this.#state.kind === 'closed') return;
    while (this.#state.kind === 'open' && this.#pending.length > 0) this.#commitPending();
    this.#state = { kind: 'closed', error: new StoreUnavailableError('the store is closed') };
    this.#housekeeping.stop();
    this.#watches.close();
    this.#pieces.clear();
    // The last connection to close checkpoints and removes the write-ahead log.
    this.#database.close();
  }

  #commitPending(): void {
    if (this.#state.kind !== 'open') return;
    const batch = this.#pending.splice(0, batchWrites);
    if (this.#pending.length > 0) setImmediate(() => this.#commitPending());
    if (batch.length === 0) return;
    const decided: DecidedWrite[] = [];
    let revision = this.#revision;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const write of batch) {
        const one = this.#decide(write, revision + 1);
        if (one === undefined) continue;
        for (const change of [one, ...one.beside]) {
          if (change.event === undefined) continue;
          revision = change.event.revision;
          this.#apply(change, change.event);
        }
        decided.push(one);
      }
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#undo(error, batch);
      return;
    }
    this.#revision = revision;
    const events = decided.flatMap((one) => [one, ...one.beside].flatMap(({ event }) => event ?? []));
    this.#pieces.changed(events);
    if (events.length > 0) this.#watches.deliver(events);
    for (const { write, event, previous, current } of decided) {
      write.resolve({ revision: event?.revision ?? revision, previous, current });
    }
    this.#housekeeping.noteCommit(events.reduce((sum, event) => sum + event.value.length, 0));
  }

  /** Undefined when the writer's own function threw: that write alone has failed. */
  #decide(write: PendingWrite, revision: Revision): DecidedWrite | undefined {
    const previous = this.#statements.get(write.key);
    try {
      const decision = write.decide(previous);
      const own = changeOf(write.key, previous, decision, revision);
      if (decision.beside === undefined) return { ...own, write, beside: noChanges };
      let next = own.event === undefined ? revision : revision + 1;
      const beside = decision.beside().map(({ key, decide }) => {
        const before = this.#statements.get(key);
        const change = changeOf(key, before, decide(before), next);
        if (change.event !== undefined) next += 1;
        return change;
      });
      return { ...own, write, beside };
    } catch (error) {
      write.reject(error);
      return undefined;
    }
  }

  #apply({ previous }: DecidedChange, event: StoreEvent): void {
    const deleted = event.kind === 'delete';
    const createRevision = previous?.createRevision ?? event.revision;
    this.#statements.append(event.revision, event.key, deleted, createRevision, previous?.modRevision, event.value);
    if (deleted) this.#statements.unpoint(event.key);
    else this.#statements.point(event.key, event.revision);
  }

  /** Memory was not touched yet, so rolling back leaves both as before. */
  #undo(cause: unknown, batch: readonly PendingWrite[]): void {
    let error = new StoreUnavailableError(
      isDiskFull(cause)
        ? `the write was not stored: no space left for the store; free some, nothing else is lost (${cause})`
        : `the write was not stored: ${cause}`,
      { cause },
    );
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch (rollbackError) {
      error = this.#fail(`a failed commit (${cause}) could not be rolled back (${rollbackError})`, cause);
    }
    // After a failed sync nobody knows what the disk holds, and a second sync may claim success for lost pages. Only a
    // restart, which reads the file again, gives a state that can be promised.
    if (!isDiskFull(cause)) error = this.#fail(`the disk failed during a commit (${cause})`, cause);
    for (const write of batch) write.reject(error);
  }

  #fail(what: string, cause: unknown): StoreUnavailableError {
    const error = new StoreUnavailableError(`the store takes no more writes: ${what}; check the disk and restart`, {
      cause,
    });
    if (this.#state.kind === 'open') {
      this.#state = { kind: 'failed', error };
      this.#log(error.message);
      for (const write of this.#pending.splice(0)) write.reject(error);
    }
    return error;
  }

  #checkReadable(): void {
    if (this.#state.kind === 'closed') throw this.#state.error;
  }
}

/** Nothing sorts between a key and the same key with a NUL behind it. */
function rangeOf(prefix: string, startAfter: string | undefined): readonly [start: string, end: string] {
  return [startAfter !== undefined && startAfter >= prefix ? `${startAfter}\0` : prefix, prefixEnd(prefix)];
}

function joinedValues({ bytes, count, lastKey }: JoinedRow, revision: Revision): JoinedValues {
  return { bytes: bytes ?? new Uint8Array(0), count, lastKey: lastKey ?? undefined, revision };
}

const noChanges: readonly DecidedChange[] = [];

function changeOf(key: string, previous: StoredObject | undefined, change: Change, revision: Revision): DecidedChange {
  switch (change.kind) {
    case 'keep':
      return { previous, current: previous, event: undefined };
    case 'put': {
      const value = change.value(revision);
      const createRevision = previous?.createRevision ?? revision;
      const current: StoredObject = { key, value, createRevision, modRevision: revision };
      return { previous, current, event: eventOf('put', key, revision, value, previous) };
    }
    case 'delete': {
      if (previous === undefined) return { previous, current: undefined, event: undefined };
      const value = change.finalValue?.(revision) ?? previous.value;
      return { previous, current: undefined, event: eventOf('delete', key, revision, value, previous) };
    }
  }
}

function eventOf(
  kind: StoreEvent['kind'],
  key: string,
  revision: Revision,
  value: string,
  previous: StoredObject | undefined,
): StoreEvent {
  return { kind, key, revision, value, previousValue: previous?.value };
}
