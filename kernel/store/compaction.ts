/** How much history is kept: a pure decision over samples of (time, revision). */
import type { Revision } from './store.ts';

export interface CompactionPolicy {
  /** Never compact the newest this many revisions. */
  readonly keepRevisions: number;
  /** Nor what is younger than this, ... */
  readonly keepMs: number;
  /** ... unless there are more revisions than this: the disk is not for history. */
  readonly maximumRevisions: number;
  readonly intervalMs: number;
}

/** As upstream: where little is written, too, a page of a list is told after ten minutes at most that its snapshot is gone. */
export const defaultCompactionPolicy: CompactionPolicy = {
  keepRevisions: 0,
  keepMs: 5 * 60_000,
  maximumRevisions: 100_000,
  intervalMs: 30_000,
};

export interface RevisionSample {
  readonly atMs: number;
  readonly revision: Revision;
}

export interface CompactionPlan {
  /** Compact to here; 0: nothing to do. */
  readonly target: Revision;
  /** What to remember for the next decision. */
  readonly samples: readonly RevisionSample[];
}

export function planCompaction(
  policy: CompactionPolicy,
  samples: readonly RevisionSample[],
  now: RevisionSample,
): CompactionPlan {
  const old = samples.filter((sample) => sample.atMs <= now.atMs - policy.keepMs);
  const newestOld = old.at(-1);
  const byAge = Math.min(newestOld?.revision ?? 0, now.revision - policy.keepRevisions);
  const target = Math.max(byAge, now.revision - policy.maximumRevisions, 0);
  const young = samples.slice(old.length);
  return { target, samples: [...(newestOld === undefined ? [] : [newestOld]), ...young, now] };
}
