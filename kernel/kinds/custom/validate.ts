/** Validation of a custom resource against its structural schema. */
import type { FieldError } from '../../wire/status.ts';
import type { JsonRecord } from '../json.ts';
import type { Schema } from '../schema.ts';

export function validateCustom(_schema: Schema, _object: JsonRecord): readonly FieldError[] {
  return [];
}
