/**
 * Strategic merge patch (apimachinery pkg/util/strategicpatch/patch.go): a merge patch in which lists merge by key as
 * the schema says, with the directives `$patch`, `$retainKeys`, `$setElementOrder/x` and `$deleteFromPrimitiveList/x`.
 */
import { deepEqual, isRecord, type JsonRecord } from '../../kinds/json.ts';
import type { Field, Schema } from '../../kinds/schema.ts';
import { badRequest } from '../../wire/status.ts';

const setElementOrder = '$setElementOrder/';
const deleteFromPrimitiveList = '$deleteFromPrimitiveList/';

/** The patched object; neither input is changed. */
export function applyStrategicMerge(original: JsonRecord, patch: JsonRecord, schema: Schema | undefined): JsonRecord {
  return mergeMap(original, patch, schema);
}

function mergeMap(original: JsonRecord, patch: JsonRecord, schema: Schema | undefined): JsonRecord {
  const directive = patch.$patch;
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') {
    throw badRequest(`error decoding patch: unknown patch type found: ${JSON.stringify(directive)}`);
  }
  const result: JsonRecord = { ...original };
  retainKeys(result, patch);
  const ordered = mergeOrderedLists(result, patch, schema);
  for (const [key, value] of Object.entries(patch)) {
    if (key === '$patch' || key === '$retainKeys' || key.startsWith(setElementOrder) || ordered.has(key)) continue;
    if (key.startsWith(deleteFromPrimitiveList)) {
      const name = key.slice(deleteFromPrimitiveList.length);
      const list = result[name];
      const doomed = Array.isArray(value) ? value : [];
      if (Array.isArray(list)) result[name] = list.filter((item) => !doomed.includes(item));
      continue;
    }
    if (value === null) delete result[key];
    else result[key] = mergeValue(result[key], value, fieldOf(schema, key));
  }
  return result;
}

function fieldOf(schema: Schema | undefined, key: string): Field | undefined {
  const field = schema?.fields?.get(key);
  if (field !== undefined || schema?.values === undefined) return field;
  return { schema: schema.values, required: false, protobuf: 0, wrapped: false, patchStrategy: [] };
}

function mergeValue(original: unknown, patch: unknown, field: Field | undefined): unknown {
  if (isRecord(patch)) {
    const replaces = field?.patchStrategy.includes('replace') === true;
    return replaces ? withoutDirectives(patch) : mergeMap(isRecord(original) ? original : {}, patch, field?.schema);
  }
  if (!Array.isArray(patch)) return patch;
  if (field?.patchStrategy.includes('merge') !== true) return patch.map(withoutDirectivesIn);
  return mergeList(Array.isArray(original) ? original : [], patch, field);
}

/** A value that is taken over whole carries no directives and no nulls with it. */
function withoutDirectives(patch: JsonRecord): JsonRecord {
  const result: JsonRecord = {};
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith('$') && value !== null) result[key] = withoutDirectivesIn(value);
  }
  return result;
}

function withoutDirectivesIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectivesIn);
  return isRecord(value) ? withoutSchemaDirectives(value) : value;
}

/** Inside plain data only `$patch` and its kin are directives; `$ref` of a schema is data. */
function withoutSchemaDirectives(value: JsonRecord): JsonRecord {
  const result: JsonRecord = {};
  for (const [key, item] of Object.entries(value)) {
    const isDirective = key === '$patch' || key === '$retainKeys' || key.startsWith(setElementOrder);
    if (!isDirective && item !== null) result[key] = withoutDirectivesIn(item);
  }
  return result;
}

function retainKeys(result: JsonRecord, patch: JsonRecord): void {
  const keys = patch.$retainKeys;
  if (keys === undefined) return;
  if (!Array.isArray(keys)) throw badRequest('error decoding patch: invalid patch format of retainKeys');
  for (const key of Object.keys(patch)) {
    const isSpecial = key.startsWith('$') || patch[key] === null;
    if (!isSpecial && !keys.includes(key))
      throw badRequest('error decoding patch: patch has a key that $retainKeys does not list');
  }
  for (const key of Object.keys(result)) if (!keys.includes(key)) delete result[key];
}

/** Merges every list that has a `$setElementOrder`, and puts it in that order. Returns the keys that are done. */
function mergeOrderedLists(result: JsonRecord, patch: JsonRecord, schema: Schema | undefined): ReadonlySet<string> {
  const done = new Set<string>();
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(setElementOrder)) continue;
    if (!Array.isArray(order)) throw badRequest('error decoding patch: $setElementOrder takes a list');
    const key = directive.slice(setElementOrder.length);
    const original = result[key];
    const changes = patch[key];
    done.add(key);
    if (changes === null) {
      delete result[key];
      continue;
    }
    const field = fieldOf(schema, key);
    const before = Array.isArray(original) ? original : [];
    const doomed = patch[deleteFromPrimitiveList + key];
    const isKept = (item: unknown) => !Array.isArray(doomed) || !doomed.includes(item);
    if (!Array.isArray(original) && !Array.isArray(changes)) continue;
    const merged = (Array.isArray(changes) ? mergeList(before, changes, field) : before).filter(isKept);
    result[key] = inOrder(merged, order, before, field?.mergeKey);
  }
  return done;
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], field: Field | undefined): unknown[] {
  const mergeKey = field?.mergeKey;
  if (mergeKey === undefined || !patch.some(isRecord)) {
    const union = [...original, ...patch.filter((item) => !original.some((known) => deepEqual(known, item)))];
    return patch.some(isRecord) ? patch.map(withoutDirectivesIn) : inOrder(union, patch, original, undefined);
  }
  const additions: JsonRecord[] = [];
  let merged = original.filter(isRecord);
  for (const item of patch) {
    if (!isRecord(item)) throw badRequest('error decoding patch: a list of objects was patched with something else');
    if (item.$patch === 'replace') {
      const kept = patch.filter(isRecord).filter((other) => other.$patch === undefined);
      return kept.map(withoutDirectives);
    }
    const identity = item[mergeKey];
    if (identity === undefined) {
      throw badRequest(
        `error decoding patch: map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`,
      );
    }
    if (item.$patch === 'delete') merged = merged.filter((other) => !deepEqual(other[mergeKey], identity));
    else additions.push(item);
  }
  for (const item of additions) {
    const index = merged.findIndex((other) => deepEqual(other[mergeKey], item[mergeKey]));
    const known = merged[index];
    const next = mergeMap(known ?? {}, item, field?.schema.items);
    if (known === undefined) merged.push(next);
    else merged[index] = next;
  }
  return inOrder(merged, additions, original, mergeKey);
}

/** Items named by `order` in that order, the others where the server had them (normalizeElementOrder). */
function inOrder(
  merged: readonly unknown[],
  order: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const identity = (item: unknown): unknown => (mergeKey !== undefined && isRecord(item) ? item[mergeKey] : item);
  const indexIn = (list: readonly unknown[], item: unknown): number =>
    list.findIndex((other) => deepEqual(identity(other), identity(item)));
  const patched = merged
    .filter((item) => indexIn(order, item) >= 0)
    .sort((a, b) => indexIn(order, a) - indexIn(order, b));
  const serverOnly = merged
    .filter((item) => indexIn(order, item) < 0)
    .sort((a, b) => indexIn(serverOrder, a) - indexIn(serverOrder, b));
  const result: unknown[] = [];
  let left = 0;
  let right = 0;
  while (left < serverOnly.length || right < patched.length) {
    const leftAt = left < serverOnly.length ? indexIn(serverOrder, serverOnly[left]) : Number.POSITIVE_INFINITY;
    const rightAt = right < patched.length ? indexIn(serverOrder, patched[right]) : -1;
    const takeLeft =
      right >= patched.length || (left < serverOnly.length && leftAt >= 0 && rightAt >= 0 && leftAt < rightAt);
    result.push(takeLeft ? serverOnly[left++] : patched[right++]);
  }
  return result;
}
