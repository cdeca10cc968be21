/**
 * What keeps the file of the embedded store small, done in short steps while nobody waits for a commit: compaction of the
 * history, giving free pages back, copying the write-ahead log into the file.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type CompactionPolicy, planCompaction, type RevisionSample } from './compaction.ts';
import type { Statements } from './statements.ts';
import type { Revision } from './store.ts';

/** The write-ahead log is copied back after this much of it. */
const checkpointBytes = 8 * 1024 * 1024;
/** What a commit adds to the write-ahead log besides the values: about three tree pages. */
const commitOverheadBytes = 3 * 4096;
/** Revisions looked through in one step of compaction. */
const sweepRevisions = 500;
/** Free pages given back to the file system at a time, and kept for new data. */
const vacuumPages = 256;
const sparePages = 1024;

export interface HousekeepingOptions {
  readonly database: DatabaseSync;
  readonly statements: Statements;
  readonly policy: CompactionPolicy;
  readonly now: () => number;
  /** The newest revision; undefined when the store takes no writes any more, then nothing is touched. */
  readonly newest: () => Revision | undefined;
  readonly log: (message: string) => void;
}

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #timer: NodeJS.Timeout;
  #compactRevision: Revision;
  #sweptRevision: Revision;
  #isScheduled = false;
  #samples: readonly RevisionSample[] = [];
  #uncheckpointedBytes = 0;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    this.#compactRevision = options.statements.readMeta('compactRevision');
    this.#sweptRevision = options.statements.readMeta('sweptRevision');
    this.#timer = setInterval(() => this.#compactByPolicy(), options.policy.intervalMs);
    this.#timer.unref();
    // A compaction cut off by the end of the process goes on.
    this.#schedule();
  }

  get compactRevision(): Revision {
    return this.#compactRevision;
  }

  compact(revision: Revision): void {
    if (revision <= this.#compactRevision) return;
    this.#compactRevision = revision;
    this.#schedule();
  }

  noteCommit(valueBytes: number): void {
    this.#uncheckpointedBytes += valueBytes + commitOverheadBytes;
    if (this.#uncheckpointedBytes < checkpointBytes) return;
    this.#uncheckpointedBytes = 0;
    setImmediate(() =>
      this.#attempt('checkpoint', () => this.#options.database.exec('PRAGMA wal_checkpoint(PASSIVE)')),
    );
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #compactByPolicy(): void {
    const revision = this.#options.newest();
    if (revision === undefined) return;
    const plan = planCompaction(this.#options.policy, this.#samples, { atMs: this.#options.now(), revision });
    this.#samples = plan.samples;
    this.compact(plan.target);
    // Also when there is nothing new: an earlier step may have failed for want of space.
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      let isMore = false;
      this.#attempt('compaction', () => {
        isMore = this.#sweptRevision < this.#compactRevision ? this.#sweep() : this.#shrink();
      });
      if (isMore) this.#schedule();
    });
  }

  /**
   * Removes, for a short stretch of compacted revisions, what each of them superseded, and deletions themselves. What
   * remains up to the compacted revision is exactly the state at it. True when there may be more to do.
   */
  #sweep(): boolean {
    const { database, statements } = this.#options;
    const target = this.#compactRevision;
    const rows = statements.sweep(this.#sweptRevision, target, sweepRevisions);
    const last = rows.at(-1);
    const swept = rows.length < sweepRevisions || last === undefined ? target : last.revision;
    database.exec('BEGIN IMMEDIATE');
    for (const row of rows) {
      if (row.previousRevision !== null) statements.remove(row.previousRevision);
      if (row.deleted !== 0) statements.remove(row.revision);
    }
    statements.writeMeta('compactRevision', target);
    statements.writeMeta('sweptRevision', swept);
    database.exec('COMMIT');
    this.#sweptRevision = swept;
    return true;
  }

  #shrink(): boolean {
    const { database, statements } = this.#options;
    const free = statements.freePages();
    if (free <= sparePages) return false;
    database.exec(`PRAGMA incremental_vacuum(${Math.min(vacuumPages, free - sparePages)})`);
    return statements.freePages() < free;
  }

  /** A full disk is reported; the next round tries again. */
  #attempt(what: string, work: () => void): void {
    const { database, newest, log } = this.#options;
    if (newest() === undefined) return;
    try {
      work();
    } catch (error) {
      log(`${what} failed: ${error}`);
      if (database.isTransaction) database.exec('ROLLBACK');
    }
  }
}
