/** Field errors in Kubernetes' words (apimachinery pkg/util/validation/field/errors.go). */

import type { FieldError } from '../wire/status.ts';
import { goJson } from './json.ts';

/** Strings in quotes, objects as JSON. */
export function quote(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' ? goJson(value) : String(value);
}

export function required(field: string, detail = ''): FieldError {
  return {
    reason: 'FieldValueRequired',
    field,
    message: detail === '' ? 'Required value' : `Required value: ${detail}`,
  };
}

export function invalidValue(field: string, value: unknown, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${quote(value)}: ${detail}` };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const values = supported.map((item) => JSON.stringify(item)).join(', ');
  const message = `Unsupported value: ${quote(value)}: supported values: ${values}`;
  return { reason: 'FieldValueNotSupported', field, message };
}

export function forbiddenField(field: string, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${detail}` };
}

export function duplicateValue(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${quote(value)}` };
}

export function tooLong(field: string, detail: string): FieldError {
  return { reason: 'FieldValueTooLong', field, message: `Too long: ${detail}` };
}

export function tooMany(field: string, count: number, most: number): FieldError {
  const message = `Too many: ${count}: must have at most ${most} item${most === 1 ? '' : 's'}`;
  return { reason: 'FieldValueTooMany', field, message };
}

const immutableMessage = 'field is immutable';

export function immutable(field: string, value: unknown): FieldError {
  return invalidValue(field, value, immutableMessage);
}
