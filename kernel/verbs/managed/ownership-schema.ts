/** The schema by which fields of a kind have owners: the metadata of a custom resource is that of any object. */
import type { Kind } from '../../kinds/kind.ts';
import type { Schema } from '../../kinds/schema.ts';
import { schemaOf } from '../../kinds/type-table.ts';

const schemas = new WeakMap<Schema, Schema>();

export function ownershipSchema({ nature, schema }: Pick<Kind, 'nature' | 'schema'>): Schema {
  if (nature === 'built-in') return schema;
  let whole = schemas.get(schema);
  if (whole === undefined) {
    const metadata = {
      schema: schemaOf('meta.v1.ObjectMeta'),
      required: false,
      protobuf: 0,
      wrapped: false,
      isStruct: true,
      patchStrategy: [],
    };
    whole = { ...schema, fields: new Map([...(schema.fields ?? []), ['metadata', metadata]]) };
    schemas.set(schema, whole);
  }
  return whole;
}
