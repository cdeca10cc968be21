/**
 * metadata.managedFields: who set which field. Kept for objects that were applied server-side at least once; until then
 * nobody needs it (upstream's skipNonApplied mode), and what is there at the first apply belongs to `before-first-apply`.
 */
import { arrayAt, isRecord, type JsonRecord, recordsAt, stringAt } from '../../kinds/json.ts';
import type { Schema } from '../../kinds/schema.ts';
import {
  compareFields,
  decodeFields,
  emptySet,
  encodeFields,
  type FieldSet,
  fieldsOf,
  isEmptySet,
  subtract,
  union,
} from './field-set.ts';

export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
  readonly fields: FieldSet;
}

export function readManagers(object: JsonRecord): readonly Manager[] {
  return recordsAt(object, 'metadata', 'managedFields')
    .filter((entry) => stringAt(entry, 'manager') !== '')
    .map((entry) => ({
      name: stringAt(entry, 'manager'),
      operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: stringAt(entry, 'apiVersion'),
      subresource: stringAt(entry, 'subresource'),
      time: stringAt(entry, 'time'),
      fields: decodeFields(entry.fieldsV1),
    }));
}

export function encodeManagers(managers: readonly Manager[]): readonly JsonRecord[] {
  return managers
    .filter((manager) => !isEmptySet(manager.fields))
    .map((manager) => ({
      manager: manager.name,
      operation: manager.operation,
      apiVersion: manager.apiVersion,
      time: manager.time,
      fieldsType: 'FieldsV1',
      fieldsV1: encodeFields(manager.fields),
      ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
    }));
}

export function isSameManager(a: Manager, b: Pick<Manager, 'name' | 'operation' | 'subresource'>): boolean {
  return a.name === b.name && a.operation === b.operation && a.subresource === b.subresource;
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

/** The part of an object that has managers: not its identity, not what the server sets. */
export function manageable(object: JsonRecord, leaveOut: readonly string[] = []): JsonRecord {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  for (const key of leaveOut) delete rest[key];
  const kept = isRecord(metadata)
    ? Object.fromEntries(Object.entries(metadata).filter(([key]) => !serverMetadata.includes(key)))
    : {};
  return Object.keys(kept).length === 0 ? rest : { metadata: kept, ...rest };
}

export interface Writer {
  readonly name: string;
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
}

/** After an update or another patch: the writer owns what it changed, nobody owns what is gone. */
export function trackUpdate(
  schema: Schema,
  previous: JsonRecord,
  object: JsonRecord,
  managers: readonly Manager[],
  writer: Writer,
): readonly Manager[] {
  const { changed, removed } = compareFields(schema, manageable(previous), manageable(object));
  if (isEmptySet(changed) && isEmptySet(removed)) return managers;
  const lost = union(changed, removed);
  const id = { name: writer.name, operation: 'Update', subresource: writer.subresource } as const;
  const own = managers.find((manager) => isSameManager(manager, id));
  const others = managers
    .filter((manager) => manager !== own)
    .map((manager) => ({ ...manager, fields: subtract(manager.fields, lost) }));
  const fields = union(subtract(own?.fields ?? emptySet(), removed), changed);
  return [...others, { ...id, apiVersion: writer.apiVersion, time: writer.time, fields }];
}

/** Who owns an object that nobody has applied yet. */
export function beforeFirstApply(schema: Schema, object: JsonRecord, writer: Writer): readonly Manager[] {
  if (arrayAt(object, 'metadata', 'managedFields').length > 0) return readManagers(object);
  const fields = fieldsOf(schema, manageable(object));
  return [
    {
      name: 'before-first-apply',
      operation: 'Update',
      apiVersion: writer.apiVersion,
      subresource: '',
      time: writer.time,
      fields,
    },
  ];
}
