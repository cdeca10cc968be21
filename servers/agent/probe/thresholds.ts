/** Counting of a probe's results (core/v1 Probe: successThreshold, failureThreshold). Pure. */

export interface Thresholds {
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

export interface Tally {
  /** How often the last result came in a row. */
  readonly run: number;
  readonly last: 'success' | 'failure' | 'none';
}

export const noTally: Tally = { run: 0, last: 'none' };

export interface Verdict {
  readonly tally: Tally;
  /** Said once the threshold is reached, and again with every further result. */
  readonly verdict: 'success' | 'failure' | 'undecided';
}

export function count(tally: Tally, result: 'success' | 'failure', thresholds: Thresholds): Verdict {
  const run = tally.last === result ? tally.run + 1 : 1;
  const needed = result === 'success' ? thresholds.successThreshold : thresholds.failureThreshold;
  return { tally: { run, last: result }, verdict: run >= needed ? result : 'undecided' };
}
