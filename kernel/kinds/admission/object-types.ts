/** The types expressions about objects of a kind are checked against (apiserver pkg/cel/common/schemas.go). */
import { type ObjectField, type Type, types } from '../cel/index.ts';
import { celTypeOf, escapeProperty } from '../custom/cel-type.ts';
import { type JsonRecord, recordAt } from '../json.ts';
import type { Kind } from '../kind.ts';
import type { Schema } from '../schema.ts';
import { schemaOf } from '../type-table.ts';

const known = new Map<string, Type>();

/** Undefined for kinds whose schema says nothing. */
export function objectTypeOf(kind: Kind): Type | undefined {
  if (kind.nature === 'built-in') return typeOf(kind.schema);
  return kind.publishedSchema === undefined ? undefined : customType(kind.publishedSchema);
}

function customType(schema: JsonRecord): Type | undefined {
  const type = celTypeOf({ ...schema, properties: recordAt(schema, 'properties') }, true);
  if (type?.kind !== 'object') return type;
  const metadata: ObjectField = { type: typeOf(schemaOf('meta.v1.ObjectMeta')), property: 'metadata' };
  return { ...type, fields: new Map([...type.fields, ['metadata', metadata]]) };
}

function typeOf(schema: Schema): Type {
  switch (schema.type) {
    case 'object':
      return objectType(schema);
    case 'map':
      return types.mapOf(types.string, schema.values === undefined ? types.dyn : typeOf(schema.values));
    case 'array':
      return types.listOf(schema.items === undefined ? types.dyn : typeOf(schema.items));
    case 'string':
      if (schema.format === 'date-time' || schema.format === 'micro-time') return types.timestamp;
      return schema.format === 'byte' ? types.bytes : types.string;
    case 'integer':
      return types.int;
    case 'number':
      return types.double;
    case 'boolean':
      return types.bool;
    default:
      return types.dyn;
  }
}

/** Types refer to each other in circles, so the fields of one are looked at when they are asked for. */
function objectType(schema: Schema): Type {
  const name = schema.typeName ?? 'object';
  const made = known.get(name);
  if (made !== undefined) return made;
  let fields: ReadonlyMap<string, ObjectField> | undefined;
  const type: Type = {
    kind: 'object',
    name,
    get fields() {
      fields ??= fieldsOf(schema);
      return fields;
    },
  };
  known.set(name, type);
  return type;
}

function fieldsOf(schema: Schema): ReadonlyMap<string, ObjectField> {
  const fields = new Map<string, ObjectField>();
  for (const [property, field] of schema.fields ?? []) {
    const name = escapeProperty(property);
    if (name !== undefined) fields.set(name, { type: typeOf(field.schema), property });
  }
  return fields;
}
