/** Defaulting by a structural schema, and nulls that may not be (apiextensions-apiserver schema/defaulting). */
import { isRecord, type JsonRecord } from '../json.ts';
import type { Schema } from '../schema.ts';

/** Fills in what the schema defaults, in place. A null that may not be one gets the default, or goes. */
export function applySchemaDefaults(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    for (const [index, item] of value.entries()) {
      if (item === null && mayNotBeNull(items) && items.default !== undefined)
        value[index] = structuredClone(items.default);
      applySchemaDefaults(items, value[index]);
    }
    return;
  }
  if (!isRecord(value)) return;
  for (const [name, field] of schema.fields ?? []) {
    if (value[name] === undefined && field.default !== undefined) value[name] = structuredClone(field.default);
    settle(field.schema, value, name);
  }
  if (schema.values === undefined) return;
  for (const name of Object.keys(value)) if (schema.fields?.has(name) !== true) settle(schema.values, value, name);
}

const mayNotBeNull = ({ rules }: Schema): boolean => rules !== undefined && !rules.nullable;

function settle(schema: Schema, holder: JsonRecord, name: string): void {
  if (holder[name] === null && mayNotBeNull(schema)) {
    if (schema.default === undefined) delete holder[name];
    else holder[name] = structuredClone(schema.default);
  }
  if (holder[name] !== undefined) applySchemaDefaults(schema, holder[name]);
}
