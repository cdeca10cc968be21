/** Short forms for writing tables of columns. */
import type { JsonRecord } from '../json.ts';
import { recordAt, recordsAt, stringAt, valueAt } from '../json.ts';
import type { Column } from '../kind.ts';
import { age, ageColumn } from './table-columns.ts';

export const none = '<none>';
type Cell = (object: JsonRecord, nowMs: number) => unknown;

const shown: ReadonlySet<string> = new Set(['string', 'number', 'bigint', 'boolean']);

function column(name: string, type: Column['type'], priority: number, cell: Cell): Column {
  return {
    name,
    type,
    description: '',
    priority,
    cell: (object, nowMs) => {
      const value = cell(object, nowMs);
      return shown.has(typeof value) ? (value as ReturnType<Column['cell']>) : null;
    },
  };
}

export const text = (name: string, cell: Cell): Column => column(name, 'string', 0, cell);
export const integer = (name: string, cell: Cell): Column => column(name, 'integer', 0, cell);
/** Only with `-o wide`. */
export const wide = (name: string, cell: Cell): Column => column(name, 'string', 1, cell);

export const ageLast = ageColumn;
export const createdAt = text('Created At', (object) => stringAt(object, 'metadata', 'creationTimestamp'));

export function at(...path: readonly string[]): Cell {
  return (object) => stringAt(object, ...path) || none;
}

/** The value at a path as text, whatever it is. */
export function value(missing: string, ...path: readonly string[]): Cell {
  return (object) => {
    const found = valueAt(object, path);
    return found === undefined || found === null ? missing : String(found);
  };
}

export function since(...path: readonly string[]): Cell {
  return (object, nowMs) => {
    const time = stringAt(object, ...path);
    return time === '' ? none : age(time, nowMs);
  };
}

export function joined(values: readonly string[]): string {
  return values.length === 0 ? none : values.join(',');
}

/** `a=b,c=d` in the order of the keys. */
export function labelsText(labels: JsonRecord): string {
  return joined(
    Object.entries(labels)
      .map(([key, value]) => `${key}=${String(value)}`)
      .sort(),
  );
}

export function containerColumns(...path: readonly string[]): readonly Column[] {
  const containers = (object: JsonRecord): readonly JsonRecord[] => recordsAt(recordAt(object, ...path), 'containers');
  return [
    wide('Containers', (object) => joined(containers(object).map((container) => stringAt(container, 'name')))),
    wide('Images', (object) => joined(containers(object).map((container) => stringAt(container, 'image')))),
  ];
}
