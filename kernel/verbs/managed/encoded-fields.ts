/**
 * Field sets in their stored form (`fieldsV1`), changed without decoding them: an update touches few fields of the many
 * that an object's managers hold. An edge leads to an object; an empty one, or one with `.`, is a member itself.
 */
import { isRecord, type JsonRecord } from '../../kinds/json.ts';
import { encodeFields, type FieldSet } from './field-set.ts';

const isMember = (node: JsonRecord): boolean => '.' in node || Object.keys(node).length === 0;

/** Whether every member of the set is one of the encoded set. */
function covers(encoded: JsonRecord, set: FieldSet): boolean {
  if (set.owned && !isMember(encoded)) return false;
  for (const [edge, child] of set.children) {
    const below = encoded[edge];
    if (!isRecord(below) || !covers(below, child)) return false;
  }
  return true;
}

/** Both together, in the order of the stored form. */
export function withFields(encoded: JsonRecord | undefined, set: FieldSet): JsonRecord {
  if (encoded === undefined) return encodeFields(set);
  if (covers(encoded, set)) return encoded;
  const children = new Map<string, JsonRecord>();
  for (const [edge, below] of Object.entries(encoded)) if (edge !== '.' && isRecord(below)) children.set(edge, below);
  const isOwned = set.owned || isMember(encoded);
  for (const [edge, child] of set.children) children.set(edge, withFields(children.get(edge), child));
  const result: JsonRecord = isOwned && children.size > 0 ? { '.': {} } : {};
  for (const [edge, below] of [...children].sort(([a], [b]) => (a < b ? -1 : 1))) result[edge] = below;
  return result;
}

/** The encoded set without the members of the other; itself when it has none of them, undefined when nothing is left. */
export function withoutFields(encoded: JsonRecord, set: FieldSet): JsonRecord | undefined {
  const wasMember = isMember(encoded);
  const staysMember = wasMember && !set.owned;
  let result = encoded;
  const own = (): JsonRecord => {
    if (result === encoded) result = { ...encoded };
    return result;
  };
  if (wasMember && !staysMember) delete own()['.'];
  for (const [edge, child] of set.children) {
    const below = encoded[edge];
    if (!isRecord(below)) continue;
    const rest = withoutFields(below, child);
    if (rest === below) continue;
    if (rest === undefined) delete own()[edge];
    else own()[edge] = rest;
  }
  if (result === encoded) return encoded;
  const edges = Object.keys(result).filter((edge) => edge !== '.');
  if (edges.length > 0) return result;
  return staysMember ? {} : undefined;
}
