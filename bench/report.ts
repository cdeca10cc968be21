/** Rows of a benchmark: one metric of one subject. `--json` prints them as one object on the last line. */
import { formatTable } from '@diatom/cli/terminal';

export interface MeasuredRow {
  readonly case: string;
  readonly subject: string;
  readonly metric: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

export interface SkippedRow {
  readonly case: string;
  readonly subject: string;
  readonly skipped: string;
}

export type Row = MeasuredRow | SkippedRow;

export interface Report {
  readonly bench: string;
  readonly rows: readonly Row[];
  /** What a reader has to know to trust the numbers: versions, pinning, load generator. */
  readonly conditions: Readonly<Record<string, string>>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Samples by metric, collected run by run. */
export class Samples {
  readonly #case: string;
  readonly #values = new Map<string, { subject: string; metric: string; values: number[] }>();

  constructor(name: string) {
    this.#case = name;
  }

  add(subject: string, metric: string, value: number): void {
    const key = `${subject}\n${metric}`;
    const entry = this.#values.get(key) ?? { subject, metric, values: [] };
    entry.values.push(value);
    this.#values.set(key, entry);
  }

  rows(): readonly MeasuredRow[] {
    return [...this.#values.values()].map(({ subject, metric, values }) => ({
      case: this.#case,
      subject,
      metric,
      median: rounded(median(values)),
      min: rounded(Math.min(...values)),
      max: rounded(Math.max(...values)),
      runs: values.length,
    }));
  }
}

/** Four significant digits: more is noise on any machine. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** A table with one line per measurement; `ratio` is the median over that of the first subject with the same metric. */
export function formatReport(report: Report): string {
  const measured = report.rows.filter((row) => 'median' in row);
  const rows = report.rows.map((row) => {
    if ('skipped' in row) return [row.case, row.subject, '', '', '', '', '', `skipped: ${row.skipped}`];
    const ours = measured.find((other) => other.case === row.case && other.metric === row.metric);
    const ratio = ours === undefined || ours === row || ours.median === 0 ? '' : (row.median / ours.median).toFixed(2);
    const numbers = [row.median, row.min, row.max].map((value) => value.toLocaleString('en-US'));
    return [row.case, row.subject, row.metric, ...numbers, String(row.runs), ratio];
  });
  const right = 'right' as const;
  const table = formatTable(
    [
      { title: 'CASE' },
      { title: 'SUBJECT' },
      { title: 'METRIC' },
      { title: 'MEDIAN', align: right },
      { title: 'MIN', align: right },
      { title: 'MAX', align: right },
      { title: 'RUNS', align: right },
      { title: 'RATIO' },
    ],
    rows,
  );
  const conditions = Object.entries(report.conditions).map(([name, value]) => `${name}: ${value}`);
  return [...conditions, '', table].join('\n');
}
