/** The columns of a kind's Table: Name first, then its own, or just Age. */
import { stringAt } from '../json.ts';
import type { Column, Kind } from '../kind.ts';
import { humanDuration } from './duration.ts';

export type TableColumn = Column;

const nameDescription = 'Name must be unique within a namespace. Client-generated names are allowed.';

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: nameDescription,
  priority: 0,
  cell: (object) => stringAt(object, 'metadata', 'name'),
};

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created.',
  priority: 0,
  cell: (object, nowMs) => age(stringAt(object, 'metadata', 'creationTimestamp'), nowMs),
};

/** `5m3s`, or `<unknown>` for an object without a time. */
export function age(timestamp: string, nowMs: number): string {
  const since = Date.parse(timestamp);
  return Number.isNaN(since) ? '<unknown>' : humanDuration(nowMs - since);
}

const cache = new WeakMap<Kind, readonly Column[]>();

export function tableColumns(kind: Kind): readonly Column[] {
  let columns = cache.get(kind);
  if (columns === undefined) {
    const own = kind.columns.length === 0 ? [ageColumn] : kind.columns;
    columns = own.some((column) => column.name === nameColumn.name) ? own : [nameColumn, ...own];
    cache.set(kind, columns);
  }
  return columns;
}
