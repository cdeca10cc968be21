/**
 * What changed from one object to another, as sets of fields (structured-merge-diff typed/compare.go).
 *
 * Objects of built-in kinds compare as the Go values they are upstream: a field that is a struct there is never absent but
 * empty, and a required one is null at least. A field that appears is a member itself, which `.` says of one that has
 * more below it; so `f:labels` of a new object has a `.` and `f:spec` has none.
 */

import { zeroValue } from '../../kinds/go-form.ts';
import { deepEqual, isRecord, type JsonRecord } from '../../kinds/json.ts';
import type { Field, Schema } from '../../kinds/schema.ts';
import { edgeOfItem, emptySet, type FieldSet, fieldSchema, isEmptySet } from './field-set.ts';

interface Changes {
  /** Fields that are new or differ. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** An object of Go structs that nothing was written to. */
const zero: Readonly<JsonRecord> = Object.freeze({});

export function changesBetween(schema: Schema, before: JsonRecord, after: JsonRecord): Changes {
  const changes = { changed: emptySet(), removed: emptySet() };
  compare(schema, before, after, changes);
  withoutServerFields(changes.changed);
  withoutServerFields(changes.removed);
  return changes;
}

/** Everything of a new object. `{}` is the object it was before. */
export function changesFromNothing(schema: Schema, object: JsonRecord): FieldSet {
  return changesBetween(schema, zero, object).changed;
}

/** Nobody manages an object's identity and what the server counts (managedfields/internal/stripmeta.go). */
const serverMetadata = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
].map((name) => `f:${name}`);

function withoutServerFields(set: FieldSet): void {
  set.children.delete('f:apiVersion');
  set.children.delete('f:kind');
  const metadata = set.children.get('f:metadata');
  if (metadata === undefined) return;
  metadata.owned = false;
  for (const edge of serverMetadata) metadata.children.delete(edge);
  if (metadata.children.size === 0) set.children.delete('f:metadata');
}

const structFields = new WeakMap<Schema, readonly string[]>();

/** Names of the fields that an object has whether they were set or not. */
function alwaysThere(schema: Schema): readonly string[] {
  let names = structFields.get(schema);
  if (names === undefined) {
    names = [...(schema.fields ?? [])].filter(([, field]) => field.isStruct === true).map(([name]) => name);
    structFields.set(schema, names);
  }
  return names;
}

function valueIn(record: JsonRecord | undefined, key: string, field: Field | undefined): unknown {
  if (record === undefined) return undefined;
  if (Object.hasOwn(record, key)) return record[key];
  if (field?.isStruct === true) return zero;
  return record === zero && field !== undefined ? zeroValue(key, field) : undefined;
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) ? value.length === 0 : isHollow(value));

function isHollow(value: unknown): boolean {
  if (!isRecord(value)) return false;
  for (const _ in value) return false;
  return true;
}

/** Compares what is below a field; the caller has compared the field itself. */
function compare(schema: Schema | undefined, before: unknown, after: unknown, changes: Changes): void {
  const [old, fresh] = [isRecord(before) ? before : undefined, isRecord(after) ? after : undefined];
  if (old !== undefined || fresh !== undefined) {
    compareFields(schema, old, fresh, changes);
    if (Array.isArray(before) || Array.isArray(after)) return;
  }
  if (schema !== undefined && (Array.isArray(before) || Array.isArray(after))) {
    compareItems(schema, Array.isArray(before) ? before : [], Array.isArray(after) ? after : [], changes);
  }
}

function compareFields(
  schema: Schema | undefined,
  old: JsonRecord | undefined,
  fresh: JsonRecord | undefined,
  changes: Changes,
): void {
  const fields = schema?.fields;
  const visit = (key: string): void => {
    const field = fields?.get(key);
    const edge = `f:${key}`;
    descend(
      field?.schema ?? fieldSchema(schema, key),
      edge,
      valueIn(old, key, field),
      valueIn(fresh, key, field),
      changes,
    );
  };
  const has = (record: JsonRecord | undefined, key: string): boolean =>
    record !== undefined && Object.hasOwn(record, key);
  for (const key in fresh) visit(key);
  for (const key in old) if (!has(fresh, key)) visit(key);
  if (schema === undefined) return;
  for (const key of alwaysThere(schema)) if (!has(fresh, key) && !has(old, key)) visit(key);
}

function compareItems(schema: Schema, before: readonly unknown[], after: readonly unknown[], changes: Changes): void {
  const [old, fresh] = [itemsByEdge(schema, before), itemsByEdge(schema, after)];
  for (const [edge, items] of fresh) {
    const olds = old.get(edge) ?? [];
    if (items.length === 1 && olds.length <= 1) descend(schema.items, edge, olds[0], items[0], changes);
    else if (!deepEqual(olds, items)) child(changes.changed, edge).owned = true;
  }
  for (const [edge, items] of old) {
    if (fresh.has(edge)) continue;
    if (items.length === 1) descend(schema.items, edge, items[0], undefined, changes);
    else child(changes.removed, edge).owned = true;
  }
}

function itemsByEdge(schema: Schema, list: readonly unknown[]): Map<string, unknown[]> {
  const items = new Map<string, unknown[]>();
  for (const item of list) {
    const edge = edgeOfItem(schema, item);
    const same = items.get(edge);
    if (same === undefined) items.set(edge, [item]);
    else same.push(item);
  }
  return items;
}

function child(set: FieldSet, edge: string): FieldSet {
  let found = set.children.get(edge);
  if (found === undefined) {
    found = emptySet();
    set.children.set(edge, found);
  }
  return found;
}

function descend(schema: Schema | undefined, edge: string, before: unknown, after: unknown, changes: Changes): void {
  if (before === after) return;
  if (isLeaf(schema, before, after)) {
    if (before === undefined) child(changes.changed, edge).owned = true;
    else if (after === undefined) child(changes.removed, edge).owned = true;
    else if (!deepEqual(before, after)) child(changes.changed, edge).owned = true;
    return;
  }
  const below = { changed: emptySet(before === undefined), removed: emptySet(after === undefined) };
  compare(schema, before, after, below);
  if (!isEmptySet(below.changed)) changes.changed.children.set(edge, below.changed);
  if (!isEmptySet(below.removed)) changes.removed.children.set(edge, below.removed);
}

/** Whether two values differ as wholes only: scalars, atomic lists and maps, and nothing against nothing. */
function isLeaf(schema: Schema | undefined, before: unknown, after: unknown): boolean {
  if (isNothing(before) && isNothing(after)) return true;
  const some = isNothing(after) ? before : after;
  if (isRecord(some)) return schema?.mapType === 'atomic';
  if (Array.isArray(some)) return schema?.listType !== 'map' && schema?.listType !== 'set';
  return true;
}
