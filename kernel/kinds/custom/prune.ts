/** Pruning: fields a structural schema does not name go, unless it preserves them (apiextensions-apiserver schema/pruning). */
import { isRecord, type JsonRecord } from '../json.ts';
import type { Schema } from '../schema.ts';

const rootFields = new Set(['apiVersion', 'kind', 'metadata']);

/** `additionalProperties: true` names all fields of a map and says nothing of what is in them. */
const nothingNamed: Schema = { type: 'any' };

/** A copy without unknown fields; their paths are added to `unknown`. */
export function prune(schema: Schema, value: unknown, path: string, unknown: string[]): unknown {
  const keepsUnknown = schema.rules?.preserveUnknownFields === true;
  if (Array.isArray(value)) {
    if (schema.items === undefined && keepsUnknown) return value;
    const items = schema.items ?? nothingNamed;
    // What preserves its unknown fields does so in lists of lists, too.
    return value.map((item, index) => prune(items, item, `${path}[${index}]`, unknown));
  }
  if (!isRecord(value)) return value;
  const isRoot = path === '' || schema.rules?.embeddedResource === true;
  const result: JsonRecord = {};
  for (const [key, item] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (isRoot && rootFields.has(key)) {
      result[key] = item;
      continue;
    }
    const field = schema.fields?.get(key)?.schema ?? schema.values;
    if (field !== undefined) result[key] = prune(field, item, at, unknown);
    else if (keepsUnknown) result[key] = item;
    else unknown.push(at);
  }
  return result;
}
