/**
 * Fields that an applied object sets to null: decoding leaves them out, as every write does, but an apply takes the field from
 * who has set it. Of built-in kinds; custom resources keep the nulls they are sent.
 */
import { isRecord, type JsonRecord } from '../../kinds/json.ts';
import type { Schema } from '../../kinds/schema.ts';
import { edgeOfItem, fieldSchema, shapeOf } from './field-set.ts';

/** The decoded value with the nulls of the body; itself when that has none. */
export function withNulls(schema: Schema | undefined, decoded: unknown, body: unknown): unknown {
  if (schema === undefined || schema.type === 'any') return decoded;
  if (isRecord(decoded) && isRecord(body) && shapeOf(schema, decoded) === 'object') {
    const changed: JsonRecord = {};
    for (const [key, item] of Object.entries(body)) {
      const field = fieldSchema(schema, key);
      const next = item === null && schema.fields?.has(key) === true ? null : withNulls(field, decoded[key], item);
      if (next !== decoded[key]) changed[key] = next;
    }
    return Object.keys(changed).length === 0 ? decoded : { ...decoded, ...changed };
  }
  if (!Array.isArray(decoded) || !Array.isArray(body) || shapeOf(schema, decoded) !== 'list') return decoded;
  const items = new Map(body.map((item) => [edgeOfItem(schema, item), item]));
  const result = decoded.map((item) => withNulls(schema.items, item, items.get(edgeOfItem(schema, item))));
  return result.some((item, at) => item !== decoded[at]) ? result : decoded;
}

/** Without the fields that are null; those that Go always writes come back when the object gets its stored form. */
export function withoutNulls(schema: Schema | undefined, value: unknown): unknown {
  if (schema === undefined || schema.type === 'any') return value;
  if (Array.isArray(value)) return value.map((item) => withoutNulls(schema.items, item));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([key, item]) => item !== null || schema.fields?.has(key) !== true);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(fieldSchema(schema, key), item)]));
}
