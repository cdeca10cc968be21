/** Validation of a custom resource against its structural schema, in the words of apiextensions-apiserver's validator. */
import type { FieldError } from '../../wire/status.ts';
import type { ListIdentity } from '../cel/index.ts';
import { duplicateValue, invalidValue, notSupported, required, tooMany } from '../field-errors.ts';
import { deepEqual, isRecord, type JsonRecord } from '../json.ts';
import type { Schema } from '../schema.ts';
import type { Correlation } from './correlation.ts';
import { embeddedErrors } from './embedded.ts';
import { hasFormat } from './formats.ts';

/**
 * Undefined `old`: everything is checked. On an update what has not changed may stay as wrong as it was (ratcheting,
 * apiextensions-apiserver pkg/apiserver/validation/ratcheting.go), except for what allOf, anyOf, oneOf and not say.
 */
export function schemaErrors(schema: Schema, value: unknown, path: string, old?: Correlation): FieldError[] {
  const errors: FieldError[] = [];
  validateValue(schema, value, path, errors, old);
  return errors;
}

const rootFields = new Set(['apiVersion', 'kind', 'metadata']);

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';
const isInteger = (value: unknown): boolean => typeof value === 'bigint' || Number.isInteger(value);

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (isNumber(value)) return isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function hasType(schema: Schema, value: unknown): boolean {
  switch (schema.type) {
    case 'object':
    case 'map':
      return isRecord(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return isInteger(value);
    case 'int-or-string':
      return typeof value === 'string' || isInteger(value);
    case 'number':
      return isNumber(value);
    case 'any':
      return true;
    default:
      return typeof value === schema.type;
  }
}

const typeNames: Readonly<Record<string, string>> = { map: 'object', 'int-or-string': 'integer,string' };

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function validateValue(
  schema: Schema,
  value: unknown,
  path: string,
  errors: FieldError[],
  old: Correlation | undefined,
): void {
  if (old?.isUnchanged === true) return;
  const { rules } = schema;
  if (value === null && rules?.nullable === true) return;
  if (!hasType(schema, value)) {
    const actual = typeName(value);
    const wanted = typeNames[schema.type] ?? schema.type;
    errors.push({
      reason: 'FieldValueTypeInvalid',
      field: path || '<nil>',
      message: `Invalid value: ${JSON.stringify(actual)}: ${path ? `${path} in body` : ''} must be of type ${wanted}: ${JSON.stringify(actual)}`,
    });
    return;
  }
  if (rules?.enum !== undefined && !rules.enum.some((item) => deepEqual(item, value))) {
    errors.push(notSupported(path, value, rules.enum.map(String)));
  }
  if (typeof value === 'string') validateString(schema, value, path, errors);
  else if (isNumber(value)) validateNumber(schema, value, path, errors);
  else if (Array.isArray(value)) validateArray(schema, value, path, errors, old);
  else if (isRecord(value)) validateObject(schema, value, path, errors, old);
  validateJunctors(schema, value, path, errors);
}

function validateString(schema: Schema, value: string, path: string, errors: FieldError[]): void {
  const { rules, format } = schema;
  const length = [...value].length;
  if (rules?.maxLength !== undefined && length > rules.maxLength) {
    errors.push({
      reason: 'FieldValueTooLong',
      field: path,
      message: `Too long: may not be more than ${rules.maxLength} bytes`,
    });
  }
  if (rules?.minLength !== undefined && length < rules.minLength) {
    errors.push(invalidValue(path, value, `${path} in body should be at least ${rules.minLength} chars long`));
  }
  if (rules?.pattern !== undefined && !rules.pattern.test(value)) {
    errors.push(invalidValue(path, value, `${path} in body should match '${rules.patternText}'`));
  }
  if (format !== undefined && !hasFormat(format, value)) {
    errors.push(invalidValue(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`));
  }
}

function validateNumber(schema: Schema, value: number | bigint, path: string, errors: FieldError[]): void {
  const { rules, format } = schema;
  if (
    rules?.minimum !== undefined &&
    (value < rules.minimum || (rules.exclusiveMinimum && Number(value) === rules.minimum))
  ) {
    const relation = rules.exclusiveMinimum ? 'greater than' : 'greater than or equal to';
    errors.push(invalidValue(path, value, `${path} in body should be ${relation} ${rules.minimum}`));
  }
  if (
    rules?.maximum !== undefined &&
    (value > rules.maximum || (rules.exclusiveMaximum && Number(value) === rules.maximum))
  ) {
    const relation = rules.exclusiveMaximum ? 'less than' : 'less than or equal to';
    errors.push(invalidValue(path, value, `${path} in body should be ${relation} ${rules.maximum}`));
  }
  if (rules?.multipleOf !== undefined && !isMultiple(value, rules.multipleOf)) {
    errors.push(invalidValue(path, value, `${path} in body should be a multiple of ${rules.multipleOf}`));
  }
  const bits = format === 'int32' ? 31 : format === 'int64' ? 63 : undefined;
  if (bits !== undefined && (value >= 2 ** bits || value < -(2 ** bits))) {
    errors.push(
      invalidValue(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(String(value))}`),
    );
  }
}

function isMultiple(value: number | bigint, of: number): boolean {
  if (typeof value === 'bigint' && Number.isSafeInteger(of) && of !== 0) return value % BigInt(of) === 0n;
  return Number.isInteger(Number(value) / of);
}

function validateArray(
  schema: Schema,
  value: readonly unknown[],
  path: string,
  errors: FieldError[],
  old: Correlation | undefined,
): void {
  const { rules, items } = schema;
  if (rules?.maxItems !== undefined && value.length > rules.maxItems)
    errors.push(tooMany(path, value.length, rules.maxItems));
  if (rules?.minItems !== undefined && value.length < rules.minItems) {
    errors.push(invalidValue(path, value.length, `${path} in body should have at least ${rules.minItems} items`));
  }
  if (items !== undefined) {
    const correlate = old?.list(identityOf(schema));
    for (const [index, item] of value.entries())
      validateValue(items, item, `${path}[${index}]`, errors, correlate?.(item));
  }
  if (schema.listType === 'set' || schema.listType === 'map') validateUnique(schema, value, path, errors);
}

function identityOf({ listType, listMapKeys = [] }: Schema): ListIdentity | undefined {
  return listType === 'map' ? { kind: 'map', keys: listMapKeys } : undefined;
}

function validateUnique(schema: Schema, value: readonly unknown[], path: string, errors: FieldError[]): void {
  const keys = schema.listMapKeys ?? [];
  const identity = (item: unknown): unknown =>
    schema.listType === 'set' || !isRecord(item)
      ? item
      : Object.fromEntries(keys.map((key) => [key, item[key] ?? schema.items?.fields?.get(key)?.default]));
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const text = JSON.stringify(identity(item));
    if (seen.has(text)) errors.push(duplicateValue(`${path}[${index}]`, identity(item)));
    seen.add(text);
  }
}

function validateObject(
  schema: Schema,
  value: JsonRecord,
  path: string,
  errors: FieldError[],
  old: Correlation | undefined,
): void {
  const { rules } = schema;
  const count = Object.keys(value).length;
  if (rules?.maxProperties !== undefined && count > rules.maxProperties)
    errors.push(tooMany(path, count, rules.maxProperties));
  if (rules?.minProperties !== undefined && count < rules.minProperties) {
    errors.push(invalidValue(path, count, `${path} in body should have at least ${rules.minProperties} properties`));
  }
  for (const name of rules?.required ?? []) if (value[name] === undefined) errors.push(required(join(path, name)));
  for (const [key, item] of Object.entries(value)) {
    const isTyped = rules?.embeddedResource === true && rootFields.has(key);
    const field = schema.fields?.get(key)?.schema ?? schema.values;
    if (field !== undefined && !isTyped) validateValue(field, item, join(path, key), errors, old?.key(key, item));
  }
  if (rules?.embeddedResource === true) errors.push(...embeddedErrors(value, path));
}

/** Undefined when the value fits. */
function problemsOf(schema: Schema, value: unknown, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateValue(schema, value, path, errors, undefined);
  return errors;
}

function validateJunctors({ rules }: Schema, value: unknown, path: string, errors: FieldError[]): void {
  if (rules === undefined) return;
  for (const part of rules.allOf) errors.push(...problemsOf(part, value, path));
  const where = path === '' ? '<nil>' : path;
  const fits = (part: Schema): boolean => problemsOf(part, value, path).length === 0;
  if (rules.anyOf.length > 0 && !rules.anyOf.some(fits)) {
    errors.push(invalidValue(where, '', `${JSON.stringify(path)} must validate at least one schema (anyOf)`));
    errors.push(...problemsOf(rules.anyOf[0] ?? { type: 'any' }, value, path));
  }
  if (rules.oneOf.length > 0) {
    const count = rules.oneOf.filter(fits).length;
    if (count !== 1) {
      const found = count === 0 ? 'Found none valid' : `Found ${count} valid alternatives`;
      errors.push(
        invalidValue(where, '', `${JSON.stringify(path)} must validate one and only one schema (oneOf). ${found}`),
      );
    }
  }
  if (rules.not !== undefined && fits(rules.not)) {
    errors.push(invalidValue(where, '', `${JSON.stringify(path)} must not validate the schema (not)`));
  }
}
