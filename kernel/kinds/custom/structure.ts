/** What makes a schema structural (apiextensions-apiserver pkg/apiserver/schema/{validation,complete}.go). */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue, required } from '../field-errors.ts';
import { deepEqual, isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import { compilePattern } from '../pattern.ts';

type Level = 'root' | 'item' | 'field';

const emptyType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/** In the order of their texts, as upstream. */
export function structuralProblems(schema: JsonRecord, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  invariants(schema, 'root', path, errors);
  complete(schema, schema, path, path, errors);
  const text = ({ field, message }: FieldError): string => `${field}: ${message}`;
  return errors.toSorted((a, b) => (text(a) < text(b) ? -1 : 1));
}

const isSet = (schema: JsonRecord, key: string): boolean => schema[key] === true;

function invariants(schema: JsonRecord, level: Level, path: string, errors: FieldError[]): void {
  const type = stringAt(schema, 'type');
  const properties = recordAt(schema, 'properties');
  const isEmbedded = isSet(schema, 'x-kubernetes-embedded-resource');
  const preserves = isSet(schema, 'x-kubernetes-preserve-unknown-fields');
  const isIntOrString = isSet(schema, 'x-kubernetes-int-or-string');
  if (type === 'array' && schema.items === undefined) errors.push(required(`${path}.items`, 'must be specified'));
  if (isRecord(schema.items)) invariants(schema.items, 'item', `${path}.items`, errors);
  for (const [name, part] of Object.entries(properties))
    if (isRecord(part)) invariants(part, 'field', `${path}.properties[${name}]`, errors);
  if (schema.additionalProperties !== undefined) {
    const at = `${path}.additionalProperties`;
    if (level === 'root') errors.push(forbiddenField(at, 'must not be used at the root'));
    if (isRecord(schema.additionalProperties)) invariants(schema.additionalProperties, 'field', at, errors);
    if (isEmbedded) errors.push(forbiddenField(at, 'must not be used if x-kubernetes-embedded-resource is set'));
  }
  for (const [key, isWrong] of [
    ['x-kubernetes-preserve-unknown-fields', preserves],
    ['x-kubernetes-embedded-resource', isEmbedded],
  ] as const) {
    if (isIntOrString && isWrong)
      errors.push(invalidValue(`${path}.${key}`, true, 'must be false if x-kubernetes-int-or-string is true'));
  }
  junctors(schema, path, isIntOrStringAnyOf(schema), errors);
  if (isEmbedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(`${path}.type`, detail) : invalidValue(`${path}.type`, type, detail));
  } else if (type === '' && !isIntOrString && !preserves) errors.push(required(`${path}.type`, emptyType[level]));
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalidValue(`${path}.type`, type, 'must be object at the root'));
  metaInvariants(properties, level, level === 'root' || isEmbedded, path, errors);
  if (isEmbedded && !preserves && Object.keys(properties).length === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(`${path}.properties`, detail));
  }
}

/** What a schema may say of metadata at the root: that it is an object, and rules for the two names. */
const metaWords = new Set(['type', 'properties', 'default']);

function metaInvariants(
  properties: JsonRecord,
  level: Level,
  isResource: boolean,
  path: string,
  errors: FieldError[],
): void {
  if (isResource) {
    for (const name of ['kind', 'apiVersion']) {
      const part = properties[name];
      if (isRecord(part) && part.type !== 'string')
        errors.push(invalidValue(`${path}.properties[${name}].type`, stringAt(part, 'type'), 'must be string'));
    }
  }
  const { metadata } = properties;
  if (!isRecord(metadata) || !isResource) return;
  const at = `${path}.properties[metadata]`;
  if (metadata.type !== 'object') errors.push(invalidValue(`${at}.type`, stringAt(metadata, 'type'), 'must be object'));
  if (level !== 'root') return;
  const names = Object.keys(recordAt(metadata, 'properties'));
  const isPlain =
    Object.keys(metadata).every((key) => metaWords.has(key)) &&
    names.every((name) => name === 'name' || name === 'generateName');
  if (isPlain) return;
  errors.push(
    forbiddenField(
      at,
      'must not specify anything other than name and generateName, but metadata is implicitly specified',
    ),
  );
}

const intOrStringAnyOf = [{ type: 'integer' }, { type: 'string' }];

/** The one place where junctors may name types: `anyOf: [integer, string]` beside x-kubernetes-int-or-string. */
function isIntOrStringAnyOf(schema: JsonRecord): boolean {
  return deepEqual(schema.anyOf, intOrStringAnyOf);
}

function junctors(
  schema: JsonRecord,
  path: string,
  skipAnyOf: boolean,
  errors: FieldError[],
  allowsRules = true,
): void {
  if (!skipAnyOf) {
    for (const [index, part] of recordsAt(schema, 'anyOf').entries())
      nested(part, `${path}.anyOf[${index}]`, errors, false);
  }
  for (const [index, part] of recordsAt(schema, 'allOf').entries()) {
    const skips = index === 0 && isIntOrStringAnyOf(part);
    nested(part, `${path}.allOf[${index}]`, errors, allowsRules, skips);
  }
  for (const [index, part] of recordsAt(schema, 'oneOf').entries())
    nested(part, `${path}.oneOf[${index}]`, errors, false);
  if (isRecord(schema.not)) nested(schema.not, `${path}.not`, errors, false);
  const pattern = stringAt(schema, 'pattern');
  if (pattern === '') return;
  try {
    compilePattern(pattern);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    errors.push(invalidValue(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${why}`));
  }
}

/** Words that shape values and therefore belong into the schema itself, with what is said of them in a junctor. */
const outsideOnly: readonly (readonly [key: string, detail: string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
];

function nested(schema: JsonRecord, path: string, errors: FieldError[], allowsRules: boolean, skipAnyOf = false): void {
  junctors(schema, path, skipAnyOf, errors, allowsRules);
  if (isRecord(schema.items)) nested(schema.items, `${path}.items`, errors, allowsRules);
  const properties = recordAt(schema, 'properties');
  for (const [name, part] of Object.entries(properties))
    if (isRecord(part)) nested(part, `${path}.properties[${name}]`, errors, allowsRules);
  for (const [key, detail] of outsideOnly) {
    const value = schema[key];
    const isEmpty =
      value === undefined || value === false || value === '' || (Array.isArray(value) && value.length === 0);
    if (!isEmpty) errors.push(forbiddenField(`${path}.${key}`, detail));
  }
  if (!allowsRules && recordsAt(schema, 'x-kubernetes-validations').length > 0)
    errors.push(forbiddenField(`${path}.x-kubernetes-validations`, 'must be empty to be structural'));
  if (isRecord(properties.metadata))
    errors.push(forbiddenField(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
}

/** Whatever a junctor speaks of has to be in the schema itself. */
function complete(rules: JsonRecord, schema: JsonRecord, path: string, at: string, errors: FieldError[]): void {
  const parts: readonly (readonly [JsonRecord, string])[] = [
    ...(isRecord(rules.not) ? [[rules.not, `${at}.not`] as const] : []),
    ...(['allOf', 'anyOf', 'oneOf'] as const).flatMap((key) =>
      recordsAt(rules, key).map((part, index) => [part, `${at}.${key}[${index}]`] as const),
    ),
  ];
  for (const [part, where] of parts) completeNested(part, schema, path, where, errors);
}

function completeNested(part: JsonRecord, schema: unknown, path: string, at: string, errors: FieldError[]): void {
  if (!isRecord(schema)) {
    errors.push(required(path, `because it is defined in ${at}`));
    return;
  }
  complete(part, schema, path, at, errors);
  if (isRecord(part.items)) completeNested(part.items, schema.items, `${path}.items`, `${at}.items`, errors);
  const known = recordAt(schema, 'properties');
  for (const [name, inner] of Object.entries(recordAt(part, 'properties')))
    if (isRecord(inner)) {
      const where = `.properties[${name}]`;
      completeNested(inner, known[name], path + where, at + where, errors);
    }
}
