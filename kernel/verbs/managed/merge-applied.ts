/** The two halves of an apply: what is applied goes in, what was applied before and no longer is goes out. */
import { deepEqual, isRecord, type JsonRecord } from '../../kinds/json.ts';
import type { Schema } from '../../kinds/schema.ts';
import {
  edgeOfItem,
  emptySet,
  type FieldSet,
  fieldSchema,
  placesByEdge,
  schemaAtEdge,
  shapeOf,
  valuesByEdge,
} from './field-set.ts';

/** The live value with the applied one laid over it. */
export function mergeApplied(schema: Schema | undefined, live: unknown, applied: unknown): unknown {
  const shape = shapeOf(schema, applied);
  if (shape === 'object' && isRecord(applied)) {
    const result: JsonRecord = isRecord(live) ? { ...live } : {};
    for (const [key, value] of Object.entries(applied))
      result[key] = mergeApplied(fieldSchema(schema, key), result[key], value);
    return result;
  }
  if (shape !== 'list' || !Array.isArray(applied) || schema === undefined) return structuredClone(applied);
  const result: unknown[] = Array.isArray(live) ? [...live] : [];
  const places = placesByEdge(schema, result);
  for (const item of applied) {
    const edge = edgeOfItem(schema, item);
    const place = places.get(edge);
    if (place !== undefined) result[place] = mergeApplied(schema.items, result[place], item);
    else places.set(edge, result.push(structuredClone(item)) - 1);
  }
  return result;
}

/** Takes out what `last` has and `keep` has not. */
export function pruneApplied(schema: Schema | undefined, value: unknown, last: FieldSet, keep: FieldSet): unknown {
  const valueAt = valuesByEdge(schema, value);
  // Made all at once: a copy of the value for each of them would be quadratic.
  const changes = new Map<string, unknown>();
  for (const [edge, child] of last.children) {
    const kept = keep.children.get(edge);
    // A member goes whole; a struct that was only on the way to members loses those.
    if (kept === undefined && child.owned) changes.set(edge, gone);
    else if (child.children.size > 0) {
      const inner = valueAt(edge);
      if (inner === undefined) continue;
      const rest = pruneApplied(schemaAtEdge(schema, edge), inner, child, kept ?? emptySet());
      const isHollow =
        kept === undefined && typeof rest === 'object' && rest !== null && Object.keys(rest).length === 0;
      changes.set(edge, isHollow ? gone : rest);
    }
  }
  return withChanges(schema, value, changes);
}

const gone = Symbol('taken out');

function withChanges(schema: Schema | undefined, value: unknown, changes: ReadonlyMap<string, unknown>): unknown {
  const changed = (edge: string, before: unknown): unknown => (changes.has(edge) ? changes.get(edge) : before);
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([key, before]) => [key, changed(`f:${key}`, before)] as const);
    return Object.fromEntries(entries.filter(([, after]) => after !== gone));
  }
  if (!Array.isArray(value) || schema === undefined) return value;
  return value.map((item) => changed(edgeOfItem(schema, item), item)).filter((item) => item !== gone);
}

/** Paths that `applied` would change although `other` owns them. */
export function conflictingPaths(
  schema: Schema | undefined,
  live: unknown,
  wanted: unknown,
  applied: FieldSet,
  other: FieldSet,
  path: readonly string[] = [],
): readonly (readonly string[])[] {
  const [liveAt, wantedAt] = [valuesByEdge(schema, live), valuesByEdge(schema, wanted)];
  return [...applied.children].flatMap(([edge, child]) => {
    const theirs = other.children.get(edge);
    if (theirs === undefined) return [];
    const at = [...path, edge];
    const [before, after] = [liveAt(edge), wantedAt(edge)];
    const isLeaf = child.children.size === 0 || theirs.children.size === 0;
    if (isLeaf)
      return child.owned &&
        theirs.owned &&
        before !== undefined &&
        !deepEqual(before, after) &&
        child.children.size === 0
        ? [at]
        : [];
    return conflictingPaths(schemaAtEdge(schema, edge), before, after, child, theirs, at);
  });
}

/** The set of the given paths. */
export function setOfPaths(paths: readonly (readonly string[])[]): FieldSet {
  const root: FieldSet = { owned: false, children: new Map() };
  for (const path of paths) {
    let node = root;
    for (const edge of path) {
      const next = node.children.get(edge) ?? { owned: false, children: new Map<string, FieldSet>() };
      node.children.set(edge, next);
      node = next;
    }
    node.owned = true;
  }
  return root;
}
