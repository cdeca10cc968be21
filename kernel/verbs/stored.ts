/**
 * Objects as they are stored: JSON text that starts with apiVersion, kind and metadata in that order, so that a list or
 * a watch can hand it out, and name another version of the same kind, without parsing.
 */

import { toGoForm } from '../kinds/go-form.ts';
import { deepEqual, isRecord, type JsonRecord, parseJson } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { StoredObject } from '../store/store.ts';

const metadataOrder = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

/** The revision of an object that exists only in the answer to a dry run. */
export const notWritten = 0;

/** An object of a built-in kind in the one form it is stored in; the schema of a custom one has no such say. */
export function settle(kind: Kind, object: JsonRecord): void {
  if (kind.nature === 'built-in') toGoForm(kind.schema, object);
}

/** The text to store for an object, with the revision it will have. */
export function serialise(kind: Kind, object: JsonRecord, revision: number): string {
  return JSON.stringify(storable(kind, object, revision));
}

function storable(kind: Kind, object: JsonRecord, revision: number): JsonRecord {
  settle(kind, object);
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const given = isRecord(metadata) ? metadata : {};
  const ordered: JsonRecord = {};
  for (const key of metadataOrder) {
    const value = key === 'resourceVersion' ? (revision === notWritten ? '' : String(revision)) : given[key];
    if (value !== undefined && value !== null && !isEmpty(value)) ordered[key] = value;
  }
  return { apiVersion: kind.storageApiVersion, kind: kind.kind, metadata: ordered, ...rest };
}

/** Whether two objects would be stored as the same; the order in which a client wrote its fields is no difference. */
export function isStoredTheSame(kind: Kind, a: JsonRecord, b: JsonRecord): boolean {
  const [left, right] = [storable(kind, a, notWritten), storable(kind, b, notWritten)];
  return JSON.stringify(left) === JSON.stringify(right) || deepEqual(left, right);
}

function isEmpty(value: unknown): boolean {
  if (value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}

export function parseStored(value: string): JsonRecord {
  return parseJson(value) as JsonRecord;
}

/** The text as a client of `kind`'s version sees it. */
export function asVersion(kind: Kind, value: string): string {
  const wanted = apiVersionOf(kind);
  const start = `{"apiVersion":"${kind.storageApiVersion}",`;
  if (wanted === kind.storageApiVersion) return value;
  return value.startsWith(start)
    ? `{"apiVersion":"${wanted}",${value.slice(start.length)}`
    : JSON.stringify({ ...parseStored(value), apiVersion: wanted });
}

/** The last part of a key. */
export function nameOfKey(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

export type { StoredObject };
