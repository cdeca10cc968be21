/** Between the two spellings of a kind that is another kind's objects under other field names. */
import type { JsonRecord } from './json.ts';
import type { KindView } from './kind.ts';

type Names = KindView['fields'];

/** What a client calls a field may be the name of something every object has. */
export const renamed = (names: Names, field: string): string =>
  (Object.hasOwn(names, field) ? names[field] : undefined) ?? field;

/** `names` from top-level field to top-level field; what it does not name keeps its name. */
export function rename(object: JsonRecord, names: Names): JsonRecord {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [renamed(names, key), value]));
}

export const inverse = (names: Names): Names =>
  Object.fromEntries(Object.entries(names).map(([from, to]) => [to, from]));
