/** What was applied before and no longer is goes out, unless somebody holds it (structured-merge-diff merge/update.go, prune). */
import { isRecord, type JsonRecord, setOwn } from '../../kinds/json.ts';
import type { Schema } from '../../kinds/schema.ts';
import {
  edgeOfItem,
  emptySet,
  type FieldSet,
  fieldSchema,
  fieldsOf,
  intersect,
  schemaAtEdge,
  shapeOf,
  subtract,
  union,
} from './field-set.ts';

/**
 * `merged` without what is in `last` and not in `managed`, which is what everybody manages now, the applier included. An
 * item whose key nobody holds goes whole, whatever others have set in it; of a struct only what the applier has set.
 */
export function pruneApplied(schema: Schema, merged: JsonRecord, last: FieldSet, managed: FieldSet): JsonRecord {
  const before = withNamedFields(schema, last);
  const held = withNamedFields(schema, managed);
  if (isPartOf(before, held)) return merged;
  const all = membersOf(schema, merged);
  const without = (set: FieldSet): JsonRecord => {
    const rest = withoutMembers(schema, merged, set);
    return isRecord(rest) ? rest : {};
  };
  const left = union(membersOf(schema, without(before)), held);
  // What goes along with a removed parent may be somebody's, and what nobody manages is not the applier's to remove.
  const kept = membersOf(schema, without(subtract(all, left)));
  return without(intersect(subtract(all, kept), before));
}

const membersOf = (schema: Schema, value: JsonRecord): FieldSet => withNamedFields(schema, fieldsOf(schema, value));

function isPartOf(part: FieldSet, whole: FieldSet): boolean {
  if (part.owned && !whole.owned) return false;
  for (const [edge, child] of part.children) {
    const other = whole.children.get(edge);
    if (other === undefined || !isPartOf(child, other)) return false;
  }
  return true;
}

/** A struct's field that leads to members is a member too; an item of a list or a map's key only if it says so. */
function withNamedFields(schema: Schema | undefined, set: FieldSet): FieldSet {
  const result = emptySet(set.owned);
  for (const [edge, child] of set.children) {
    const below = withNamedFields(schemaAtEdge(schema, edge), child);
    if (edge.startsWith('f:') && schema?.fields?.has(edge.slice(2)) === true) below.owned = true;
    result.children.set(edge, below);
  }
  return result;
}

function withoutMembers(schema: Schema | undefined, value: unknown, set: FieldSet): unknown {
  const shape = shapeOf(schema, value);
  if (shape === 'object' && isRecord(value)) {
    const result: JsonRecord = {};
    for (const [key, item] of Object.entries(value)) {
      const child = set.children.get(`f:${key}`);
      if (child?.owned === true) continue;
      setOwn(result, key, child === undefined ? item : withoutMembers(fieldSchema(schema, key), item, child));
    }
    return result;
  }
  if (shape !== 'list' || !Array.isArray(value) || schema === undefined) return value;
  return value.flatMap((item) => {
    const child = set.children.get(edgeOfItem(schema, item));
    if (child?.owned === true) return [];
    return [child === undefined ? item : withoutMembers(schema.items, item, child)];
  });
}
