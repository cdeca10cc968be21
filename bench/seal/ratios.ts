/** Our run time over that of each other subject: geometric mean, best and worst program. */
import type { MeasuredRow } from '../report.ts';

export const summaryCase = 'all';

export function ratios(rows: readonly MeasuredRow[], ours: string): readonly MeasuredRow[] {
  const runs = rows.filter(({ metric }) => metric === 'run_ms');
  const others = [...new Set(runs.map(({ subject }) => subject))].filter((subject) => subject !== ours);
  return others.flatMap((subject) => {
    const each = runs.flatMap((row) => {
      if (row.subject !== ours) return [];
      const other = runs.find((candidate) => candidate.subject === subject && candidate.case === row.case);
      return other === undefined ? [] : [row.median / other.median];
    });
    if (each.length === 0) return [];
    const mean = Math.exp(each.reduce((sum, ratio) => sum + Math.log(ratio), 0) / each.length);
    const row = { case: summaryCase, subject: `${ours}/${subject}`, metric: 'run_ratio', runs: each.length };
    return [{ ...row, median: rounded(mean), min: rounded(Math.min(...each)), max: rounded(Math.max(...each)) }];
  });
}

const rounded = (ratio: number): number => Number(ratio.toFixed(3));
