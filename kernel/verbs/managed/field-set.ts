/**
 * Sets of fields, as managedFields names them (structured-merge-diff fieldpath): a tree whose edges are `f:name` (a field
 * or map key), `k:{…}` (a list item by its keys), `v:…` (a member of a set).
 */
import { goJson, isRecord, type JsonRecord } from '../../kinds/json.ts';
import type { Schema } from '../../kinds/schema.ts';

export interface FieldSet {
  /** The path itself is a member, not only something below it. */
  owned: boolean;
  readonly children: Map<string, FieldSet>;
}

export const emptySet = (owned = false): FieldSet => ({ owned, children: new Map() });

/** The item of a list that an edge names, or the edge that names an item. */
export function edgeOfItem(schema: Schema, item: unknown): string {
  if (schema.listType === 'set' || !isRecord(item)) return `v:${goJson(item)}`;
  const keys = [...(schema.listMapKeys ?? [])].sort();
  const identity: JsonRecord = {};
  for (const key of keys) {
    const value = item[key] ?? schema.items?.fields?.get(key)?.default;
    if (value !== undefined) identity[key] = value;
  }
  return `k:${goJson(identity)}`;
}

export type Shape = 'leaf' | 'object' | 'list';

/** How values of a schema merge: as one, by field or by item. Data without a schema merges by field, lists as one. */
export function shapeOf(schema: Schema | undefined, value: unknown): Shape {
  if (isRecord(value)) return schema?.mapType === 'atomic' ? 'leaf' : 'object';
  if (!Array.isArray(value)) return 'leaf';
  return schema?.listType === 'map' || schema?.listType === 'set' ? 'list' : 'leaf';
}

export function fieldSchema(schema: Schema | undefined, key: string): Schema | undefined {
  return schema?.fields?.get(key)?.schema ?? schema?.values;
}

/** All fields a value sets. */
export function fieldsOf(schema: Schema | undefined, value: unknown): FieldSet {
  const set = emptySet();
  switch (shapeOf(schema, value)) {
    case 'leaf':
      set.owned = true;
      break;
    case 'object': {
      const entries = Object.entries(value as JsonRecord);
      if (entries.length === 0) set.owned = true;
      for (const [key, item] of entries) {
        const child = fieldsOf(fieldSchema(schema, key), item);
        // A key of a map is a member by itself; a field of a struct only through what is in it.
        if (schema?.fields?.has(key) !== true) child.owned = true;
        set.children.set(`f:${key}`, child);
      }
      break;
    }
    case 'list':
      for (const item of value as readonly unknown[]) {
        if (schema === undefined) break;
        const child = schema.listType === 'set' ? emptySet() : fieldsOf(schema.items, item);
        child.owned = true;
        set.children.set(edgeOfItem(schema, item), child);
      }
  }
  return set;
}

export function schemaAtEdge(schema: Schema | undefined, edge: string): Schema | undefined {
  return edge.startsWith('f:') ? fieldSchema(schema, edge.slice(2)) : schema?.items;
}

/** Items that cannot be told apart, or have no name at all: nobody could own them (typed/validate.go). */
export function itemProblems(schema: Schema | undefined, value: unknown, path = ''): readonly string[] {
  const shape = shapeOf(schema, value);
  if (shape === 'object' && isRecord(value)) {
    return Object.entries(value).flatMap(([key, item]) =>
      typeof item === 'object' ? itemProblems(fieldSchema(schema, key), item, `${path}.${key}`) : [],
    );
  }
  if (shape !== 'list' || !Array.isArray(value) || schema === undefined) return [];
  const seen = new Set<string>();
  return value.flatMap((item, index) => {
    const missing = missingKey(schema, item);
    if (missing !== undefined) {
      const why = `associative list with keys has an element that omits key field ${JSON.stringify(missing)}`;
      return [`${path}: element ${index}: ${why} (and doesn't have default value)`];
    }
    const edge = edgeOfItem(schema, item);
    if (seen.has(edge)) return [`${path}: duplicate entries for key ${formatPath([edge])}`];
    seen.add(edge);
    return itemProblems(schema.items, item, `${path}${formatPath([edge])}`);
  });
}

function missingKey(schema: Schema, item: unknown): string | undefined {
  if (schema.listType !== 'map' || !isRecord(item)) return undefined;
  const keys = schema.listMapKeys ?? [];
  return keys.find((key) => (item[key] ?? schema.items?.fields?.get(key)?.default) === undefined);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const result = emptySet(a.owned || b.owned);
  for (const [edge, child] of a.children) {
    const other = b.children.get(edge);
    result.children.set(edge, other === undefined ? child : union(child, other));
  }
  for (const [edge, child] of b.children) if (!a.children.has(edge)) result.children.set(edge, child);
  return result;
}

/** Members of `a` that are not in `b`. */
export function subtract(a: FieldSet, b: FieldSet): FieldSet {
  const result = emptySet(a.owned && !b.owned);
  for (const [edge, child] of a.children) {
    const other = b.children.get(edge);
    const rest = other === undefined ? child : subtract(child, other);
    if (rest.owned || rest.children.size > 0) result.children.set(edge, rest);
  }
  return result;
}

/** Members of both. */
export function intersect(a: FieldSet, b: FieldSet): FieldSet {
  const result = emptySet(a.owned && b.owned);
  for (const [edge, child] of a.children) {
    const other = b.children.get(edge);
    if (other === undefined) continue;
    const both = intersect(child, other);
    if (!isEmptySet(both)) result.children.set(edge, both);
  }
  return result;
}

/** The paths of all members, in the order in which they are written down. */
export function pathsOf(set: FieldSet, path: readonly string[] = []): readonly (readonly string[])[] {
  const below = [...set.children.keys()].sort().flatMap((edge) => {
    const child = set.children.get(edge);
    return child === undefined ? [] : pathsOf(child, [...path, edge]);
  });
  return set.owned ? [path, ...below] : below;
}

/** A set written when the schema was another: of what is one value now no part has an owner of its own (reconcile_schema.go). */
export function reconcile(schema: Schema | undefined, set: FieldSet): FieldSet {
  if (schema === undefined || set.children.size === 0) return set;
  const isList = schema.type === 'array';
  const isWhole = isList ? schema.listType !== 'map' && schema.listType !== 'set' : schema.mapType === 'atomic';
  if (isWhole) return emptySet(true);
  let result = set;
  for (const [edge, child] of set.children) {
    const below = reconcile(schemaAtEdge(schema, edge), child);
    if (below === child) continue;
    if (result === set) result = { owned: set.owned, children: new Map(set.children) };
    result.children.set(edge, below);
  }
  return result;
}

export function owns(set: FieldSet, path: readonly string[]): boolean {
  let at: FieldSet | undefined = set;
  for (const edge of path) at = at?.children.get(edge);
  return at?.owned ?? false;
}

export function isEmptySet(set: FieldSet): boolean {
  return !set.owned && set.children.size === 0;
}

/** The `fieldsV1` form, in upstream's order. */
export function encodeFields(set: FieldSet): JsonRecord {
  const result: JsonRecord = {};
  if (set.owned && set.children.size > 0) result['.'] = {};
  for (const edge of [...set.children.keys()].sort()) {
    const child = set.children.get(edge);
    if (child !== undefined) result[edge] = child.children.size === 0 ? {} : encodeFields(child);
  }
  return result;
}

export function decodeFields(source: unknown): FieldSet {
  const set = emptySet();
  if (!isRecord(source)) return set;
  for (const [edge, child] of Object.entries(source)) {
    if (edge === '.') set.owned = true;
    else set.children.set(edge, decodeFields(child));
  }
  if (set.children.size === 0) set.owned = true;
  return set;
}

/** `.spec.containers[name="web"].image` */
export function formatPath(edges: readonly string[]): string {
  return edges
    .map((edge) => {
      const rest = edge.slice(2);
      if (edge.startsWith('f:')) return `.${rest}`;
      if (edge.startsWith('v:')) return `[=${rest}]`;
      const keys = JSON.parse(rest) as JsonRecord;
      return `[${Object.entries(keys)
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(',')}]`;
    })
    .join('');
}
