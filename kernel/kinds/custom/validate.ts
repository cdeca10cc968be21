/**
 * Validation of a custom resource against its structural schema: the steps, their order and their words are those of
 * kube-openapi pkg/validation/validate, because its messages are what people see.
 */
import type { FieldError } from '../../wire/status.ts';
import type { ListIdentity } from '../cel/index.ts';
import { invalidValue, notSupported, required, tooLong, tooMany } from '../field-errors.ts';
import { deepEqual, isRecord, type JsonRecord } from '../json.ts';
import type { Schema } from '../schema.ts';
import type { Correlation } from './correlation.ts';
import { hasFormat } from './formats.ts';
import { numberErrors } from './validate-number.ts';

/**
 * `at` is where the value stands; messages name paths from the value on. Undefined `old`: everything is checked. On an
 * update what has not changed may stay as wrong as it was (ratcheting, apiextensions-apiserver
 * pkg/apiserver/validation/ratcheting.go).
 */
export function schemaErrors(schema: Schema, value: unknown, at: string, old?: Correlation): FieldError[] {
  const errors: FieldError[] = [];
  visit(schema, value, '', errors, old);
  const seen = new Set<string>();
  return errors
    .map((error) => ({ ...error, field: placed(at, error.field) }))
    .filter(({ field, message }) => !seen.has(`${field}: ${message}`) && seen.add(`${field}: ${message}`));
}

/** What is said of no field stands at the whole. */
function placed(at: string, field: string): string {
  if (field === '') return at === '' ? '<nil>' : at;
  return at === '' ? field : `${at}.${field}`;
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** How well a value fits, where the errors of the best of several schemas are told: upstream's count of checks. */
type Matches = number;

function visit(
  schema: Schema,
  value: unknown,
  path: string,
  errors: FieldError[],
  old: Correlation | undefined,
  isAlternative = false,
): Matches {
  if (!isAlternative && old?.isUnchanged === true) return 0;
  const problem = typeProblem(schema, value);
  if (problem !== undefined) errors.push(typeError(path, problem.actual, problem.wanted));
  if (value === null) {
    enumError(schema, value, path, errors);
    return 0;
  }
  // One for each validator that looks at it, and those of their own.
  let matches = 3 + (schema.type === 'any' ? 0 : problem === undefined ? 2 : 1);
  matches += junctors(schema, value, path, errors, old);
  if (typeof value === 'string') matches += stringErrors(schema, value, path, errors);
  else if (typeof value === 'number' || typeof value === 'bigint') {
    errors.push(...numberErrors(schema, value, path));
    matches += 2;
  } else if (Array.isArray(value)) matches += 2 + arrayErrors(schema, value, path, errors, old);
  enumError(schema, value, path, errors);
  if (isRecord(value)) matches += 1 + objectErrors(schema, value, path, errors, old);
  return matches;
}

// ---- types ---------------------------------------------------------------------------------------------------------

const isWhole = (value: unknown): boolean => typeof value === 'bigint' || Number.isSafeInteger(value);

/** In OpenAPI's words, and Go's for the format. */
function typeOf(value: unknown): { readonly type: string; readonly format: string } {
  if (value === null) return { type: 'null', format: '' };
  if (Array.isArray(value)) return { type: 'array', format: '' };
  if (isWhole(value)) return { type: 'integer', format: 'int64' };
  if (typeof value === 'number') return { type: 'number', format: 'float64' };
  return { type: typeof value, format: '' };
}

const typeNames: Readonly<Record<string, readonly string[]>> = {
  map: ['object'],
  'int-or-string': ['integer', 'string'],
  any: [],
};

function typeProblem(schema: Schema, value: unknown): { readonly actual: string; readonly wanted: string } | undefined {
  if (schema.type === 'any' || (value === null && schema.rules?.nullable === true)) return undefined;
  const wanted = typeNames[schema.type] ?? [schema.type];
  const { type, format } = typeOf(value);
  const isInteger = type === 'number' && Number.isSafeInteger(value) && wanted.includes('integer');
  if (wanted.includes(type) || isInteger || (type === 'integer' && wanted.includes('number'))) return undefined;
  const isNumeric = schema.type === 'integer' || schema.type === 'number';
  const hasKind = value !== null && typeof value !== 'string' && !Array.isArray(value);
  if (schema.format !== undefined && isNumeric && hasKind) return { actual: format, wanted: schema.format };
  return { actual: type, wanted: wanted.join(',') };
}

function typeError(path: string, actual: string, wanted: string): FieldError {
  const shown = JSON.stringify(actual);
  const message = `Invalid value: ${shown}: ${path} in body must be of type ${wanted}: ${shown}`;
  return { reason: 'FieldValueTypeInvalid', field: path, message };
}

function enumError({ rules }: Schema, value: unknown, path: string, errors: FieldError[]): void {
  if (rules?.enum === undefined || rules.enum.some((item) => deepEqual(item, value))) return;
  const choices = rules.enum.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  errors.push(notSupported(path, value, choices));
}

// ---- strings, lists, objects ---------------------------------------------------------------------------------------

/** The first thing wrong is told, and its format. */
function stringErrors(schema: Schema, value: string, path: string, errors: FieldError[]): Matches {
  const { rules, format } = schema;
  const { maxLength, minLength } = rules ?? {};
  const length = maxLength === undefined && minLength === undefined ? 0 : [...value].length;
  if (maxLength !== undefined && length > maxLength) {
    errors.push(tooLong(path, `may not be more than ${maxLength} byte${maxLength === 1 ? '' : 's'}`));
  } else if (minLength !== undefined && length < minLength) {
    errors.push(invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`));
  } else if (rules?.pattern !== undefined && !rules.pattern.test(value)) {
    errors.push(invalidValue(path, value, `${path} in body should match '${rules.patternText}'`));
  }
  if (format === undefined) return 1;
  if (!hasFormat(format, value)) {
    const message = `Invalid value: ${JSON.stringify(value)}: ${path} in body must be of type ${format}: ${JSON.stringify(value)}`;
    errors.push({ reason: 'FieldValueTypeInvalid', field: path, message });
  }
  return 2;
}

function arrayErrors(
  schema: Schema,
  value: readonly unknown[],
  path: string,
  errors: FieldError[],
  old: Correlation | undefined,
): Matches {
  const { rules, items } = schema;
  let matches = 0;
  if (items !== undefined) {
    const correlate = old?.list(identityOf(schema));
    for (const [index, item] of value.entries())
      matches += visit(items, item, `${path}[${index}]`, errors, correlate?.(item));
  }
  if (rules?.minItems !== undefined && value.length < rules.minItems)
    errors.push(invalidValue(path, value.length, `${path} in body should have at least ${rules.minItems} items`));
  if (rules?.maxItems !== undefined && value.length > rules.maxItems)
    errors.push(tooMany(path, value.length, rules.maxItems));
  return matches;
}

function identityOf({ listType, listMapKeys = [] }: Schema): ListIdentity | undefined {
  return listType === 'map' ? { kind: 'map', keys: listMapKeys } : undefined;
}

function objectErrors(
  schema: Schema,
  value: JsonRecord,
  path: string,
  errors: FieldError[],
  old: Correlation | undefined,
): Matches {
  const { rules, fields, values } = schema;
  const entries = Object.entries(value);
  const count = entries.length;
  if (rules?.minProperties !== undefined && count < rules.minProperties)
    errors.push(invalidValue(path, count, `${path} in body should have at least ${rules.minProperties} properties`));
  if (rules?.maxProperties !== undefined && count > rules.maxProperties)
    errors.push(tooMany(path, count, rules.maxProperties));
  let matches = 0;
  for (const [key, item] of entries) {
    const part = fields?.get(key)?.schema ?? values;
    const isSame = (a: unknown, b: unknown): boolean => sameBy(part ?? schema, a, b);
    if (part !== undefined) matches += visit(part, item, join(path, key), errors, old?.key(key, item, isSame));
  }
  for (const name of rules?.required ?? []) if (value[name] === undefined) errors.push(required(join(path, name)));
  return matches;
}

/** The order of a map list says nothing (apiserver pkg/cel/common/equality.go). */
function sameBy(schema: Schema, a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b) && schema.listType === 'map' && a.length === b.length) {
    const { listMapKeys = [], items = { type: 'any' } } = schema;
    const keysOf = (item: unknown): string =>
      JSON.stringify(listMapKeys.map((key) => (isRecord(item) ? item[key] : item)));
    const known = new Map(b.map((item) => [keysOf(item), item as unknown]));
    return a.every((item) => known.has(keysOf(item)) && sameBy(items, item, known.get(keysOf(item))));
  }
  if (!isRecord(a) || !isRecord(b)) return deepEqual(a, b);
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const partOf = (key: string): Schema => schema.fields?.get(key)?.schema ?? schema.values ?? { type: 'any' };
  return keys.every((key) => Object.hasOwn(b, key) && sameBy(partOf(key), a[key], b[key]));
}

// ---- allOf, anyOf, oneOf, not --------------------------------------------------------------------------------------

interface Outcome {
  readonly errors: readonly FieldError[];
  readonly matches: Matches;
}

function junctors(
  { rules }: Schema,
  value: unknown,
  path: string,
  errors: FieldError[],
  old: Correlation | undefined,
): Matches {
  if (rules === undefined) return 0;
  const { anyOf, oneOf, allOf, not } = rules;
  const judge = (part: Schema): Outcome => {
    const own: FieldError[] = [];
    return { matches: visit(part, value, path, own, old, true), errors: own };
  };
  /** Upstream says it of the whole object. */
  const say = (detail: string): number => errors.push(invalidValue('', '', `${JSON.stringify(path)} ${detail}`));
  let matches = 0;
  const take = (outcome: Outcome | undefined): void => {
    errors.push(...(outcome?.errors ?? []));
    matches += outcome?.matches ?? 0;
  };
  if (anyOf.length > 0) {
    const outcomes = anyOf.map(judge);
    const fitting = outcomes.find((outcome) => outcome.errors.length === 0);
    if (fitting === undefined) say('must validate at least one schema (anyOf)');
    take(fitting ?? best(outcomes));
  }
  if (oneOf.length > 0) {
    const outcomes = oneOf.map(judge);
    const fitting = outcomes.filter((outcome) => outcome.errors.length === 0);
    const found = fitting.length === 0 ? 'Found none valid' : `Found ${fitting.length} valid alternatives`;
    if (fitting.length !== 1) say(`must validate one and only one schema (oneOf). ${found}`);
    if (fitting.length <= 1) take(fitting[0] ?? best(outcomes));
  }
  if (allOf.length > 0) {
    const outcomes = allOf.map(judge);
    for (const outcome of outcomes) take(outcome);
    const fitting = outcomes.filter((outcome) => outcome.errors.length === 0).length;
    if (fitting < outcomes.length)
      say(`must validate all the schemas (allOf)${fitting === 0 ? '. None validated' : ''}`);
  }
  if (not !== undefined && judge(not).errors.length === 0) say('must not validate the schema (not)');
  return matches;
}

/** The first of those that match most. */
function best(outcomes: readonly Outcome[]): Outcome | undefined {
  let found: Outcome | undefined;
  for (const outcome of outcomes) if (found === undefined || outcome.matches > found.matches) found = outcome;
  return found;
}
