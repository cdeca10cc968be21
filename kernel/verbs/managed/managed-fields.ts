/**
 * metadata.managedFields: who set which field, from an object's creation on (apimachinery pkg/util/managedfields). An object
 * whose list was emptied has no managers until it is applied; what is there then belongs to `before-first-apply`.
 */
import { isRecord, type JsonRecord, recordsAt, stringAt } from '../../kinds/json.ts';
import type { Schema } from '../../kinds/schema.ts';
import { changesBetween, changesFromNothing } from './changes.ts';
import { withFields, withoutFields } from './encoded-fields.ts';
import { decodeFields, encodeFields, type FieldSet, isEmptySet, union } from './field-set.ts';

export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  /** Empty for one that took part without changing anything. */
  readonly time: string;
  readonly fields: FieldSet;
}

function readManagers(object: JsonRecord): readonly Manager[] {
  return readEntries(object).map((entry) => ({
    name: stringAt(entry, 'manager'),
    operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: stringAt(entry, 'apiVersion'),
    subresource: stringAt(entry, 'subresource'),
    time: stringAt(entry, 'time'),
    fields: { ...decodeFields(entry.fieldsV1), owned: false },
  }));
}

/**
 * The entries as they are; none when one of them cannot be understood (DecodeManagedFields). Of entries of one manager, as
 * a client may write them that renames managers, the last counts.
 */
export function readEntries(object: JsonRecord): readonly JsonRecord[] {
  const entries = recordsAt(object, 'metadata', 'managedFields');
  if (!entries.every(isReadable)) return [];
  if (entries.length < 2) return entries;
  const byManager = new Map(entries.map((entry) => [identityOf(entry), entry]));
  return byManager.size === entries.length ? entries : [...byManager.values()];
}

/** An applier is the same in every version; an updater is another one in each (BuildManagerIdentifier). */
function identityOf(entry: JsonRecord): string {
  const version = entry.operation === 'Apply' ? '' : stringAt(entry, 'apiVersion');
  return [stringAt(entry, 'manager'), entry.operation, stringAt(entry, 'subresource'), version].join('\n');
}

const isReadable = (entry: JsonRecord): boolean =>
  (entry.operation === 'Apply' || entry.operation === 'Update') &&
  stringAt(entry, 'apiVersion') !== '' &&
  entry.fieldsType === 'FieldsV1' &&
  (entry.fieldsV1 === undefined || isRecord(entry.fieldsV1));

/** A client empties the list by writing an empty one or one empty entry. */
export function isReset(managedFields: unknown): boolean {
  if (!Array.isArray(managedFields) || managedFields.length > 1) return false;
  const [entry] = managedFields;
  return (
    entry === undefined || (isRecord(entry) && Object.values(entry).every((value) => value === null || value === ''))
  );
}

function entryOf(manager: Omit<Manager, 'fields'>, fields: JsonRecord): JsonRecord {
  return {
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(manager.time === '' ? {} : { time: manager.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
  };
}

export function encodeManagers(managers: readonly Manager[]): readonly JsonRecord[] {
  const entries = managers
    .filter((manager) => !isEmptySet(manager.fields))
    .map((manager) => entryOf(manager, encodeFields(manager.fields)));
  return sorted(entries);
}

/** An applier is the same in every version; an updater is another one in each (BuildManagerIdentifier). */
export function isSameManager(
  a: Pick<Manager, 'name' | 'operation' | 'subresource' | 'apiVersion'>,
  b: Pick<Manager, 'name' | 'operation' | 'subresource' | 'apiVersion'>,
): boolean {
  const isSameVersion = a.operation === 'Apply' || a.apiVersion === b.apiVersion;
  return a.name === b.name && a.operation === b.operation && a.subresource === b.subresource && isSameVersion;
}

const order = ['operation', 'time', 'manager', 'apiVersion', 'subresource'];

function byOrder(a: JsonRecord, b: JsonRecord): number {
  for (const key of order) {
    const [left, right] = [stringAt(a, key), stringAt(b, key)];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

const sorted = (entries: readonly JsonRecord[]): readonly JsonRecord[] =>
  entries.length < 2 ? entries : [...entries].sort(byOrder);

/** The part of an object that an applied configuration is about: not its identity, not what the server sets. */
export function manageable(object: JsonRecord, leaveOut: readonly string[] = []): JsonRecord {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  for (const key of leaveOut) delete rest[key];
  const kept = isRecord(metadata)
    ? Object.fromEntries(Object.entries(metadata).filter(([key]) => !serverMetadata.includes(key)))
    : {};
  return Object.keys(kept).length === 0 ? rest : { metadata: kept, ...rest };
}

const serverMetadata = [
  'name',
  'namespace',
  'generateName',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
];

export interface Writer {
  readonly name: string;
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
}

/** Of a new object: all of it is the writer's. */
export function trackCreate(schema: Schema, object: JsonRecord, writer: Writer): readonly JsonRecord[] {
  const fields = changesFromNothing(schema, object);
  return isEmptySet(fields) ? [] : [entryOf({ ...writer, operation: 'Update' }, encodeFields(fields))];
}

/** After an update or another patch: the writer owns what it changed, nobody owns what is gone. */
export function trackUpdate(
  schema: Schema,
  previous: JsonRecord,
  object: JsonRecord,
  entries: readonly JsonRecord[],
  writer: Writer,
): readonly JsonRecord[] {
  const { changed, removed } = changesBetween(schema, previous, object);
  if (isEmptySet(changed) && isEmptySet(removed)) return entries;
  const lost = union(changed, removed);
  const writes = !isEmptySet(changed);
  const result: JsonRecord[] = [];
  let own: JsonRecord | undefined;
  for (const entry of entries) {
    const fields = isRecord(entry.fieldsV1) ? entry.fieldsV1 : {};
    if (isEntryOf(entry, writer)) {
      own = withoutFields(fields, removed);
      if (!writes && own !== undefined) result.push(own === fields ? entry : { ...entry, fieldsV1: own });
      continue;
    }
    const rest = withoutFields(fields, lost);
    if (rest !== undefined) result.push(rest === fields ? entry : { ...entry, fieldsV1: rest });
  }
  // Who only takes something away is not noted down, nor is the time.
  if (writes) result.push(entryOf({ ...writer, operation: 'Update' }, withFields(own, changed)));
  return sorted(capped(result));
}

const isEntryOf = (entry: JsonRecord, writer: Writer): boolean =>
  entry.operation === 'Update' &&
  entry.manager === writer.name &&
  entry.apiVersion === writer.apiVersion &&
  stringAt(entry, 'subresource') === writer.subresource;

const maxUpdaters = 10;

/** The oldest updaters of a version become one, `ancient-changes`, until there are ten (internal/capmanagers.go). */
function capped(entries: readonly JsonRecord[]): readonly JsonRecord[] {
  const updaters = entries.filter((entry) => entry.operation === 'Update');
  let excess = updaters.length - maxUpdaters;
  if (excess <= 0) return entries;
  const kept = new Set(entries);
  const first = new Map<string, JsonRecord>();
  for (const entry of [...updaters].sort(byOrder)) {
    if (excess === 0) break;
    const version = stringAt(entry, 'apiVersion');
    const bucket = first.get(version);
    kept.delete(entry);
    const fields = isRecord(entry.fieldsV1) ? entry.fieldsV1 : {};
    const { subresource: _part, ...rest } = entry;
    const merged = bucket === undefined ? entry : ancient(bucket, rest, fields);
    if (bucket !== undefined) {
      kept.delete(bucket);
      excess--;
    }
    kept.add(merged);
    first.set(version, merged);
  }
  return [...kept];
}

function ancient(bucket: JsonRecord, younger: JsonRecord, fields: JsonRecord): JsonRecord {
  const { subresource: _part, ...rest } = bucket;
  const before = isRecord(bucket.fieldsV1) ? bucket.fieldsV1 : {};
  return {
    ...rest,
    manager: 'ancient-changes',
    ...(younger.time === undefined ? {} : { time: younger.time }),
    fieldsV1: withFields(before, decodeFields(fields)),
  };
}

/** Who manages an object at an apply: who is noted down, or all that is there at once. */
export function managersForApply(schema: Schema, object: JsonRecord, writer: Writer): readonly Manager[] {
  const known = readManagers(object);
  if (known.length > 0) return known;
  const { managedFields: _, ...metadata } = isRecord(object.metadata) ? object.metadata : {};
  const fields = changesFromNothing(schema, { ...object, metadata });
  const { apiVersion, subresource, time } = writer;
  return [{ name: 'before-first-apply', operation: 'Update', apiVersion, subresource, time, fields }];
}
