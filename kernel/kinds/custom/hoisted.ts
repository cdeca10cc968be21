/**
 * What all versions of a definition say alike is one thing said once to upstream's validation, which checks its internal type
 * (apiextensions v1/conversion.go): the paths of its messages follow, `spec.validation.openAPIV3Schema` for most definitions.
 */
import { deepEqual, type JsonRecord } from '../json.ts';

export interface Hoisted {
  /** What every version says. */
  readonly shared: JsonRecord;
  /** The versions with the rest of what they say. */
  readonly versions: readonly JsonRecord[];
}

const parts = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const;
const lists: ReadonlySet<string> = new Set(['additionalPrinterColumns', 'selectableFields']);

export function hoist(versions: readonly JsonRecord[]): Hoisted {
  const [first, ...others] = versions;
  if (first === undefined) return { shared: {}, versions };
  const said = (version: JsonRecord, part: string): unknown => version[part] ?? (lists.has(part) ? [] : undefined);
  const alike = parts.filter((part) => others.every((other) => deepEqual(said(other, part), said(first, part))));
  const shared: JsonRecord = {};
  for (const part of alike) if (first[part] !== undefined) shared[part] = first[part];
  const isShared: ReadonlySet<string> = new Set(alike);
  return {
    shared,
    versions: versions.map((version) =>
      Object.fromEntries(Object.entries(version).filter(([key]) => !isShared.has(key))),
    ),
  };
}
