import { inspect } from './format.ts';

const valueColumn = 'Values';
const indexColumn = '(index)';

/** Console standard §1.1.9 table: text with a frame, as Node draws it; null when the data has no rows. */
export function table(data: unknown, columns?: readonly string[]): string | null {
  if (typeof data !== 'object' || data === null) return null;
  const names = new Set<string>(columns ?? []);
  const rows = new Map<string, ReadonlyMap<string, string>>();
  let hasPlainValues = false;
  for (const [index, row] of Object.entries(data)) {
    const cells = new Map<string, string>();
    if (typeof row === 'object' && row !== null) {
      for (const [name, value] of Object.entries(row as object)) {
        if (columns !== undefined && !columns.includes(name)) continue;
        names.add(name);
        cells.set(name, inspect(value, 2));
      }
    } else {
      hasPlainValues = true;
      cells.set(valueColumn, inspect(row));
    }
    rows.set(index, cells);
  }
  const header = [indexColumn, ...names, ...(hasPlainValues ? [valueColumn] : [])];
  const lines = [...rows].map(([index, cells]) => [index, ...header.slice(1).map((name) => cells.get(name) ?? '')]);
  const widths = header.map((name, at) => Math.max(name.length, ...lines.map((line) => (line[at] ?? '').length)) + 2);
  const rule = (left: string, middle: string, right: string): string =>
    left + widths.map((width) => '─'.repeat(width)).join(middle) + right;
  const line = (cells: readonly string[]): string =>
    `│${cells.map((cell, at) => ` ${cell}`.padEnd(widths[at] ?? 0)).join('│')}│`;
  return [rule('┌', '┬', '┐'), line(header), rule('├', '┼', '┤'), ...lines.map(line), rule('└', '┴', '┘')].join('\n');
}
