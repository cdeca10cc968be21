/** What protobuf cannot say about an object: Go's zero values, empty lists and maps, apiVersion and kind inside. */
import { isRecord, type JsonRecord } from '../kinds/json.ts';
import type { Schema } from '../kinds/schema.ts';

/** The object without them, so that two forms of it can be compared. */
export function withoutZeroes(schema: Schema, object: JsonRecord): JsonRecord {
  const result: JsonRecord = {};
  for (const [key, value] of Object.entries(object)) {
    const field = schema.fields?.get(key);
    if (field === undefined) continue;
    const isEmbeddedType = (key === 'apiVersion' || key === 'kind') && field.protobuf === 0 && !isInline(schema, key);
    if (isEmbeddedType) continue;
    const kept = withoutZero(field.schema, value);
    if (kept !== undefined) result[key] = kept;
  }
  return result;
}

function isInline(schema: Schema, key: string): boolean {
  return [...(schema.inline?.values() ?? [])].some((inner) => (inner.fields?.get(key)?.protobuf ?? 0) > 0);
}

function withoutZero(schema: Schema, value: unknown): unknown {
  switch (schema.type) {
    case 'object':
      return isRecord(value) ? emptyIsNone(withoutZeroes(schema, value)) : undefined;
    case 'map':
      return isRecord(value) ? emptyIsNone(mapOf(schema.values ?? { type: 'any' }, value)) : undefined;
    case 'array': {
      if (!Array.isArray(value) || value.length === 0) return undefined;
      return value.map((item) => withoutZero(schema.items ?? { type: 'any' }, item) ?? null);
    }
    case 'any':
      return value ?? undefined;
    default:
      return value === '' || value === 0 || value === false || value === null ? undefined : value;
  }
}

function mapOf(values: Schema, map: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, withoutZero(values, value) ?? null]));
}

const emptyIsNone = (object: JsonRecord): JsonRecord | undefined =>
  Object.keys(object).length === 0 ? undefined : object;
