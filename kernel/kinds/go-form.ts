/**
 * Objects of built-in kinds as Go writes them: a zero value of a field with `omitempty` is left out, one of a field without
 * it is there, a struct is never absent. So what is stored is what Kubernetes would store, whatever spelling a client chose.
 */
import { isRecord, type JsonRecord } from './json.ts';
import type { Field, Schema } from './schema.ts';
import { schemaOf } from './type-table.ts';

/** Changes the object; doing it twice is doing it once. */
export function toGoForm(schema: Schema, object: JsonRecord): void {
  const { fields } = schema;
  if (fields === undefined) return;
  for (const key of Object.keys(object)) {
    const field = fields.get(key);
    if (field === undefined) continue;
    const value = object[key];
    if (isLeftOut(field, value)) delete object[key];
    else inside(field.schema, value);
  }
  for (const [key, field] of writtenFields(schema)) {
    if (object[key] === undefined || object[key] === null) object[key] = zeroOf(field);
  }
}

function inside(schema: Schema, value: unknown): void {
  switch (schema.type) {
    case 'object':
      if (isRecord(value)) toGoForm(schema, value);
      break;
    case 'array':
      if (Array.isArray(value) && mayHoldObjects(schema.items))
        for (const item of value) inside(schema.items ?? schema, item);
      break;
    case 'map':
      if (isRecord(value) && mayHoldObjects(schema.values))
        for (const key of Object.keys(value)) inside(schema.values ?? schema, value[key]);
      break;
    case 'any':
      if (schema.format?.startsWith('schema-or-') === true) insideUnion(value);
      break;
    default:
      break;
  }
}

const mayHoldObjects = (schema: Schema | undefined): boolean =>
  schema?.type === 'object' || schema?.type === 'array' || schema?.type === 'map';

/** JSONSchemaProps where it may also be a list of itself, of strings, or a boolean. */
function insideUnion(value: unknown): void {
  const schema = schemaOf('apiextensions.v1.JSONSchemaProps');
  for (const item of Array.isArray(value) ? value : [value]) if (isRecord(item)) toGoForm(schema, item);
}

/** A zero value that `omitempty` leaves out. A pointer to one is no zero value, nor is a struct. */
function isLeftOut({ schema, isPointer, isAlwaysWritten }: Field, value: unknown): boolean {
  if (value === null || value === undefined) return isAlwaysWritten !== true;
  if (isPointer === true || isAlwaysWritten === true) return false;
  switch (schema.type) {
    case 'array':
      return Array.isArray(value) && value.length === 0;
    case 'map':
      return isRecord(value) && Object.keys(value).length === 0;
    case 'string':
      return value === '' && schema.format !== 'quantity';
    case 'integer':
    case 'number':
    case 'boolean':
      return value === 0 || value === false;
    default:
      return false;
  }
}

/** Structs of Go whose JSON is no object: `omitempty` never leaves them out. */
function isScalarStruct({ type, format }: Schema): boolean {
  if (type === 'int-or-string' || (type === 'any' && format === undefined)) return true;
  return type === 'string' && (format === 'date-time' || format === 'micro-time' || format === 'quantity');
}

/** The one field with `omitzero`. */
const omitsZeroTime = 'creationTimestamp';

function isWritten(name: string, { schema, isPointer, isAlwaysWritten, isStruct }: Field): boolean {
  if (isAlwaysWritten === true || isStruct === true) return true;
  return isPointer !== true && name !== omitsZeroTime && isScalarStruct(schema);
}

const written = new WeakMap<Schema, readonly (readonly [string, Field])[]>();

/** The fields that every object of the type has. */
function writtenFields(schema: Schema): readonly (readonly [string, Field])[] {
  let fields = written.get(schema);
  if (fields === undefined) {
    fields = [...(schema.fields ?? [])].filter(([name, field]) => isWritten(name, field));
    written.set(schema, fields);
  }
  return fields;
}

/** What stands in an object whose field nobody set; undefined where the field is left out. */
export const zeroValue = (name: string, field: Field): unknown => (isWritten(name, field) ? zeroOf(field) : undefined);

function zeroOf({ schema, isPointer }: Field): unknown {
  if (isPointer === true) return null;
  switch (schema.type) {
    case 'object': {
      const struct: JsonRecord = {};
      toGoForm(schema, struct);
      return struct;
    }
    case 'string':
      return schema.format === 'quantity' ? '0' : schema.format === undefined ? '' : null;
    case 'integer':
    case 'number':
    case 'int-or-string':
      return 0;
    case 'boolean':
      return false;
    default:
      return null;
  }
}
