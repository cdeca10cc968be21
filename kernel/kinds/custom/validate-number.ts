/** Bounds of numbers (kube-openapi pkg/validation/validate, numberValidator and values.go). */
import type { FieldError } from '../../wire/status.ts';
import { invalidValue } from '../field-errors.ts';
import type { Schema } from '../schema.ts';

const mostFloat32 = 3.4028234663852886e38;

export function numberErrors(schema: Schema, value: number | bigint, path: string): readonly FieldError[] {
  const { rules } = schema;
  const errors: FieldError[] = [];
  const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value);
  if (!isInRange(schema, value, isWhole)) {
    const form = schema.format === undefined ? '(default format)' : `with format ${schema.format}`;
    errors.push(invalidValue('', '', `Checked value must be of type ${schema.type} ${form} in ${path}`));
  }
  if (rules === undefined) return errors;
  // Upstream compares whole numbers with the whole part of a bound.
  const bound = (given: number | undefined): number | undefined =>
    given === undefined || !isWhole ? given : Math.trunc(given);
  const say = (detail: string): number => errors.push(invalidValue(path, value, `${path} in body should be ${detail}`));
  if (rules.multipleOf !== undefined && !isMultiple(value, rules.multipleOf)) say(`a multiple of ${rules.multipleOf}`);
  const minimum = bound(rules.minimum);
  if (minimum !== undefined && (rules.exclusiveMinimum ? value <= minimum : value < minimum))
    say(`${rules.exclusiveMinimum ? 'greater than' : 'greater than or equal to'} ${minimum}`);
  const maximum = bound(rules.maximum);
  if (maximum !== undefined && (rules.exclusiveMaximum ? value >= maximum : value > maximum))
    say(`${rules.exclusiveMaximum ? 'less than' : 'less than or equal to'} ${maximum}`);
  return errors;
}

function isInRange({ type, format }: Schema, value: number | bigint, isWhole: boolean): boolean {
  if (type === 'number') return format !== 'float' || Math.abs(Number(value)) <= mostFloat32;
  if (type !== 'integer') return true;
  return isWhole && (format !== 'int32' || (value >= -(2 ** 31) && value < 2 ** 31));
}

function isMultiple(value: number | bigint, of: number): boolean {
  if (typeof value === 'bigint' && Number.isSafeInteger(of) && of !== 0) return value % BigInt(of) === 0n;
  return Number.isInteger(Number(value) / of);
}
