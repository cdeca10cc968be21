/**
 * Strategic merge patch (apimachinery pkg/util/strategicpatch/patch.go): a merge patch in which lists merge by key as
 * the schema says, with the directives `$patch`, `$retainKeys`, `$setElementOrder/x` and `$deleteFromPrimitiveList/x`.
 */
import { isRecord, type JsonRecord } from '../../kinds/json.ts';
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
      const doomed = new Set<unknown>(Array.isArray(value) ? value : []);
      if (Array.isArray(list)) result[name] = list.filter((item) => !doomed.has(item));
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
  const listed = patch.$retainKeys;
  if (listed === undefined) return;
  if (!Array.isArray(listed)) throw badRequest('error decoding patch: invalid patch format of retainKeys');
  const keys = new Set<unknown>(listed);
  for (const key of Object.keys(patch)) {
    const isSpecial = key.startsWith('$') || patch[key] === null;
    if (!isSpecial && !keys.has(key))
      throw badRequest('error decoding patch: patch has a key that $retainKeys does not list');
  }
  for (const key of Object.keys(result)) if (!keys.has(key)) delete result[key];
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
    const removals = patch[deleteFromPrimitiveList + key];
    const doomed = new Set<unknown>(Array.isArray(removals) ? removals : []);
    const isKept = (item: unknown) => !doomed.has(item);
    if (!Array.isArray(original) && !Array.isArray(changes)) continue;
    const merged = (Array.isArray(changes) ? mergeList(before, changes, field) : before).filter(isKept);
    result[key] = inOrder(merged, order, before, field?.mergeKey);
  }
  return done;
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], field: Field | undefined): unknown[] {
  const mergeKey = field?.mergeKey;
  if (mergeKey === undefined || !patch.some(isRecord)) {
    if (patch.some(isRecord)) return patch.map(withoutDirectivesIn);
    const known = indexBy(original, undefined);
    const union = [...original, ...patch.filter((item) => !known.has(identityOf(item, undefined)))];
    return inOrder(union, patch, original, undefined);
  }
  const additions: JsonRecord[] = [];
  const removals = new Set<string>();
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
    if (item.$patch === 'delete') removals.add(identityOf(item, mergeKey));
    else additions.push(item);
  }
  const merged = original.filter(isRecord).filter((item) => !removals.has(identityOf(item, mergeKey)));
  const places = new Map(indexBy(merged, mergeKey));
  for (const item of additions) {
    const place = places.get(identityOf(item, mergeKey)) ?? merged.length;
    merged[place] = mergeMap(merged[place] ?? {}, item, field?.schema.items);
    places.set(identityOf(item, mergeKey), place);
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
  // Looked up, not searched for: a patch may hold 100,000 items.
  const [ordered, served] = [indexBy(order, mergeKey), indexBy(serverOrder, mergeKey)];
  const indexIn = (index: ReadonlyMap<string, number>, item: unknown): number =>
    index.get(identityOf(item, mergeKey)) ?? -1;
  const placed = (item: unknown) => ({ item, wantedAt: indexIn(ordered, item), servedAt: indexIn(served, item) });
  const all = merged.map(placed);
  const patched = all.filter(({ wantedAt }) => wantedAt >= 0).sort((a, b) => a.wantedAt - b.wantedAt);
  const serverOnly = all.filter(({ wantedAt }) => wantedAt < 0).sort((a, b) => a.servedAt - b.servedAt);
  const result: unknown[] = [];
  let left = 0;
  let right = 0;
  while (left < serverOnly.length || right < patched.length) {
    const leftAt = serverOnly[left]?.servedAt ?? Number.POSITIVE_INFINITY;
    const rightAt = patched[right]?.servedAt ?? -1;
    const takeLeft =
      right >= patched.length || (left < serverOnly.length && leftAt >= 0 && rightAt >= 0 && leftAt < rightAt);
    result.push((takeLeft ? serverOnly[left++] : patched[right++])?.item);
  }
  return result;
}

/** What two items of a list have in common when they are the same one: their merge key, or all of them. */
function identityOf(item: unknown, mergeKey: string | undefined): string {
  const value = mergeKey !== undefined && isRecord(item) ? item[mergeKey] : item;
  return (
    JSON.stringify(value, (_, inner: unknown) =>
      isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
    ) ?? ''
  );
}

/** Where each identity stands first. */
function indexBy(list: readonly unknown[], mergeKey: string | undefined): ReadonlyMap<string, number> {
  const index = new Map<string, number>();
  for (const [at, item] of list.entries()) {
    const identity = identityOf(item, mergeKey);
    if (!index.has(identity)) index.set(identity, at);
  }
  return index;
}
