/** Pruning: fields a structural schema does not name go, unless it preserves them (apiextensions-apiserver schema/pruning). */
import { isRecord, type JsonRecord } from '../json.ts';
import type { Schema } from '../schema.ts';

const rootFields = new Set(['apiVersion', 'kind', 'metadata']);

/** A copy without unknown fields; their paths are added to `unknown`. */
export function prune(schema: Schema, value: unknown, path: string, unknown: string[]): unknown {
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return value;
    return value.map((item, index) => prune(items, item, `${path}[${index}]`, unknown));
  }
  if (!isRecord(value)) return value;
  const keepsUnknown = schema.rules?.preserveUnknownFields === true || schema.type === 'any';
  const isRoot = path === '' || schema.rules?.embeddedResource === true;
  const result: JsonRecord = {};
  for (const [key, item] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    const field = schema.fields?.get(key)?.schema ?? schema.values;
    if (field !== undefined) result[key] = prune(field, item, at, unknown);
    else if (keepsUnknown || (isRoot && rootFields.has(key))) result[key] = item;
    else unknown.push(at);
  }
  return result;
}
