/** Items of sets and map lists are unique (apiextensions-apiserver pkg/apiserver/schema/listtype/validation.go). */
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, invalidValue } from '../field-errors.ts';
import { isRecord, type JsonRecord } from '../json.ts';
import type { Schema } from '../schema.ts';

export function listTypeErrors(schema: Schema, value: unknown, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  visit(schema, value, path, errors);
  return errors;
}

function visit(schema: Schema, value: unknown, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    if (schema.listType === 'set') unique(value, value, path, errors);
    else if (schema.listType === 'map') uniqueKeys(schema.listMapKeys ?? [], value, path, errors);
    const { items } = schema;
    if (items === undefined) return;
    for (const [index, item] of value.entries())
      if (typeof item === 'object') visit(items, item, `${path}[${index}]`, errors);
    return;
  }
  if (!isRecord(value)) return;
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'object') continue;
    const field = schema.fields?.get(key)?.schema;
    if (field !== undefined) visit(field, item, path === '' ? key : `${path}.${key}`, errors);
    else if (schema.values !== undefined) visit(schema.values, item, `${path}[${key}]`, errors);
  }
}

function uniqueKeys(keys: readonly string[], items: readonly unknown[], path: string, errors: FieldError[]): void {
  const wrong = items.findIndex((item) => item !== null && !isRecord(item));
  if (wrong >= 0) {
    const detail = 'must be an object for an array of list-type map';
    errors.push(invalidValue(`${path}[${wrong}]`, items[wrong], detail));
    return;
  }
  const keysOf = (item: unknown): JsonRecord =>
    Object.fromEntries(keys.flatMap((key) => (isRecord(item) && Object.hasOwn(item, key) ? [[key, item[key]]] : [])));
  const identities = items.map(keysOf);
  unique(identities, identities.map(sorted), path, errors);
}

/** Each value that comes again is told once. */
function unique(items: readonly unknown[], shown: readonly unknown[], path: string, errors: FieldError[]): void {
  const seen = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const text = JSON.stringify(sorted(item)) ?? '';
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    if (times === 2) errors.push(duplicateValue(`${path}[${index}]`, sorted(shown[index])));
  }
}

/** As Go writes maps. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
