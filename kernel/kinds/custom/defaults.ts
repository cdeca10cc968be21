/** Defaulting by a structural schema (apiextensions-apiserver schema/defaulting). */
import { isRecord } from '../json.ts';
import type { Schema } from '../schema.ts';

/** Fills in what the schema defaults, in place. */
export function applySchemaDefaults(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const item of value) applySchemaDefaults(schema.items, item);
    return;
  }
  if (!isRecord(value)) return;
  for (const [name, field] of schema.fields ?? []) {
    const isMissing = value[name] === undefined || (value[name] === null && field.schema.rules?.nullable !== true);
    if (isMissing && field.default !== undefined) value[name] = structuredClone(field.default);
    // A null that may not be one and has no default is dropped (nullable pruning).
    else if (value[name] === null && field.schema.rules?.nullable !== true) delete value[name];
    if (value[name] !== undefined) applySchemaDefaults(field.schema, value[name]);
  }
  if (schema.values !== undefined) {
    for (const [name, item] of Object.entries(value))
      if (schema.fields?.has(name) !== true) applySchemaDefaults(schema.values, item);
  }
}
