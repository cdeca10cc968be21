/** What makes a schema structural (apiextensions-apiserver pkg/apiserver/schema/validation.go). */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../field-errors.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import { compilePattern, compileSchema } from './compile.ts';
import { applySchemaDefaults } from './defaults.ts';
import { prune } from './prune.ts';
import { validateCustom } from './validate.ts';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

export function validateStructure(schema: JsonRecord, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const type = stringAt(schema, 'type');
  if (type === '') errors.push(required(`${path}.type`, 'must not be empty at the root'));
  else if (type !== 'object') errors.push(invalidValue(`${path}.type`, type, 'must be object at the root'));
  visit(schema, path, 'root', errors);
  return errors;
}

type Position = 'root' | 'field' | 'item' | 'value' | 'junctor';

const whatPosition: Readonly<Record<Position, string>> = {
  root: 'at the root',
  field: 'for specified object fields',
  item: 'for specified array items',
  value: 'for specified object fields',
  junctor: '',
};

function visit(schema: JsonRecord, path: string, position: Position, errors: FieldError[]): void {
  const type = stringAt(schema, 'type');
  const isFree =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (type !== '' && !types.includes(type)) errors.push(notSupported(`${path}.type`, type, types));
  if (type === '' && position !== 'root' && position !== 'junctor' && !isFree) {
    errors.push(required(`${path}.type`, `must not be empty ${whatPosition[position]}`));
  }
  if (position === 'junctor') forbidInJunctor(schema, path, errors);
  if (Array.isArray(schema['x-kubernetes-validations']) && schema['x-kubernetes-validations'].length > 0) {
    const detail =
      'validation rules in CEL are not enforced by this version of Diatom and are therefore refused; remove them to use this definition';
    errors.push(forbiddenField(`${path}.x-kubernetes-validations`, detail));
  }
  if (schema.$ref !== undefined) errors.push(forbiddenField(`${path}.$ref`, '$ref is not supported'));
  if (schema.uniqueItems === true)
    errors.push(
      forbiddenField(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  if (schema.additionalProperties !== undefined && isRecord(schema.properties)) {
    errors.push(
      forbiddenField(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    );
  }
  validatePattern(schema, path, errors);
  if (type === 'array' && schema.items === undefined && position !== 'junctor')
    errors.push(required(`${path}.items`, 'must be specified'));
  if (schema['x-kubernetes-list-type'] === 'map' && !Array.isArray(schema['x-kubernetes-list-map-keys'])) {
    errors.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
  }
  const inner = position === 'junctor' ? 'junctor' : undefined;
  for (const [name, value] of Object.entries(recordAt(schema, 'properties'))) {
    const isRootMetadata = position === 'root' && name === 'metadata';
    if (isRecord(value))
      visit(value, `${path}.properties[${name}]`, isRootMetadata ? 'junctor' : (inner ?? 'field'), errors);
  }
  if (isRecord(schema.items)) visit(schema.items, `${path}.items`, inner ?? 'item', errors);
  if (isRecord(schema.additionalProperties))
    visit(schema.additionalProperties, `${path}.additionalProperties`, inner ?? 'value', errors);
  for (const key of ['allOf', 'anyOf', 'oneOf']) {
    for (const [index, part] of recordsAt(schema, key).entries())
      visit(part, `${path}.${key}[${index}]`, 'junctor', errors);
  }
  if (isRecord(schema.not)) visit(schema.not, `${path}.not`, 'junctor', errors);
  if (schema.default !== undefined && errors.length === 0) validateDefault(schema, path, errors);
}

const noJunctor = [
  'default',
  'additionalProperties',
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
];

function forbidInJunctor(schema: JsonRecord, path: string, errors: FieldError[]): void {
  if (path.endsWith('.properties[metadata]')) return;
  for (const key of noJunctor) {
    if (schema[key] !== undefined && schema[key] !== false)
      errors.push(forbiddenField(`${path}.${key}`, 'must be undefined to be structural'));
  }
}

function validatePattern(schema: JsonRecord, path: string, errors: FieldError[]): void {
  const pattern = stringAt(schema, 'pattern');
  if (pattern === '') return;
  try {
    compilePattern(pattern);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    errors.push(invalidValue(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${why}`));
  }
}

/** A default has to be a value the schema itself accepts, with nothing to prune. */
function validateDefault(schema: JsonRecord, path: string, errors: FieldError[]): void {
  const compiled = compileSchema(schema);
  const holder = compileSchema({ type: 'object', properties: { default: schema } });
  const unknown: string[] = [];
  prune(compiled, schema.default, 'default', unknown);
  if (unknown.length > 0)
    errors.push(invalidValue(`${path}.default`, schema.default, 'must not have unspecified fields'));
  const value = { default: structuredClone(schema.default) };
  applySchemaDefaults(holder, value);
  for (const error of validateCustom(holder, value)) errors.push({ ...error, field: `${path}.${error.field}` });
}
