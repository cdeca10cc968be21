/** The two halves of an apply: what is applied goes in, what was applied before and no longer is goes out. */
import { deepEqual, isRecord, type JsonRecord } from '../../kinds/json.ts';
import type { Schema } from '../../kinds/schema.ts';
import { edgeOfItem, emptySet, type FieldSet, fieldSchema, schemaAtEdge, shapeOf, valueAtEdge } from './field-set.ts';

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
  for (const item of applied) {
    const edge = edgeOfItem(schema, item);
    const index = result.findIndex((other) => edgeOfItem(schema, other) === edge);
    if (index < 0) result.push(structuredClone(item));
    else result[index] = mergeApplied(schema.items, result[index], item);
  }
  return result;
}

/** Takes out what `last` has and `keep` has not. */
export function pruneApplied(schema: Schema | undefined, value: unknown, last: FieldSet, keep: FieldSet): unknown {
  let result = value;
  for (const [edge, child] of last.children) {
    const kept = keep.children.get(edge);
    // A member goes whole; a struct that was only on the way to members loses those.
    if (kept === undefined && child.owned) result = without(schema, result, edge);
    else if (child.children.size > 0) {
      const inner = valueAtEdge(schema, result, edge);
      if (inner === undefined) continue;
      const rest = pruneApplied(schemaAtEdge(schema, edge), inner, child, kept ?? emptySet());
      const isHollow =
        kept === undefined && typeof rest === 'object' && rest !== null && Object.keys(rest).length === 0;
      result = isHollow ? without(schema, result, edge) : withValue(schema, result, edge, rest);
    }
  }
  return result;
}

function without(schema: Schema | undefined, value: unknown, edge: string): unknown {
  if (isRecord(value)) {
    const { [edge.slice(2)]: _gone, ...rest } = value;
    return rest;
  }
  if (!Array.isArray(value) || schema === undefined) return value;
  return value.filter((item) => edgeOfItem(schema, item) !== edge);
}

function withValue(schema: Schema | undefined, value: unknown, edge: string, next: unknown): unknown {
  if (isRecord(value)) return { ...value, [edge.slice(2)]: next };
  if (!Array.isArray(value) || schema === undefined) return value;
  return value.map((item) => (edgeOfItem(schema, item) === edge ? next : item));
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
  return [...applied.children].flatMap(([edge, child]) => {
    const theirs = other.children.get(edge);
    if (theirs === undefined) return [];
    const at = [...path, edge];
    const [before, after] = [valueAtEdge(schema, live, edge), valueAtEdge(schema, wanted, edge)];
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
