/** From a CustomResourceDefinition's openAPIV3Schema to the schema the kernel works with. */
import { arrayAt, isRecord, type JsonRecord, recordsAt, stringAt } from '../json.ts';
import { compilePattern, type Pattern } from '../pattern.ts';
import type { Field, Schema, SchemaType } from '../schema.ts';
import { isRecognised } from './formats.ts';
import type { StructuralRules } from './structural.ts';

const types = ['object', 'array', 'string', 'integer', 'number', 'boolean'] as const satisfies readonly SchemaType[];

export function compileSchema(source: JsonRecord): Schema {
  const isIntOrString = source['x-kubernetes-int-or-string'] === true;
  const named = stringAt(source, 'type');
  const base: SchemaType = isIntOrString ? 'int-or-string' : (types.find((type) => type === named) ?? 'any');
  const given = stringAt(source, 'format');
  const format = isRecognised(isIntOrString ? '' : named, given) ? given : '';
  const rules = compileRules(source);
  const listMapKeys = arrayAt(source, 'x-kubernetes-list-map-keys').map(String);
  const listType = source['x-kubernetes-list-type'];
  const additional = source.additionalProperties;
  const isMap = additional !== undefined && additional !== false;
  return {
    type: base === 'object' && isMap ? 'map' : base,
    ...(format === '' ? {} : { format }),
    ...(isRecord(source.properties) ? { fields: compileFields(source.properties, rules.required) } : {}),
    ...(isRecord(source.items) ? { items: compileSchema(source.items) } : {}),
    ...(isMap ? { values: isRecord(additional) ? compileSchema(additional) : anything } : {}),
    ...(listType === 'atomic' || listType === 'set' || listType === 'map' ? { listType } : {}),
    ...(listMapKeys.length > 0 ? { listMapKeys } : {}),
    ...(source['x-kubernetes-map-type'] === 'atomic' ? { mapType: 'atomic' as const } : {}),
    ...(source.default === undefined || source.default === null ? {} : { default: source.default }),
    rules,
  };
}

/** `additionalProperties: true`: any value, of which nothing is said. */
const anything: Schema = { type: 'any' };

function compileFields(properties: JsonRecord, required: readonly string[]): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  for (const [name, value] of Object.entries(properties)) {
    if (!isRecord(value)) continue;
    fields.set(name, {
      schema: compileSchema(value),
      required: required.includes(name),
      protobuf: 0,
      wrapped: false,
      patchStrategy: [],
      ...(value.default === undefined || value.default === null ? {} : { default: value.default }),
    });
  }
  return fields;
}

function numberOf(source: JsonRecord, key: string): number | undefined {
  const value = source[key];
  return typeof value === 'number' ? value : undefined;
}

const limits = [
  'minimum',
  'maximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
] as const;

function compileRules(source: JsonRecord): StructuralRules {
  const pattern = stringAt(source, 'pattern');
  const junctor = (key: string): readonly Schema[] => recordsAt(source, key).map(compileSchema);
  const bounds: Partial<Record<(typeof limits)[number], number>> = {};
  for (const key of limits) {
    const value = numberOf(source, key);
    if (value !== undefined) bounds[key] = value;
  }
  return {
    ...bounds,
    nullable: source.nullable === true,
    preserveUnknownFields: source['x-kubernetes-preserve-unknown-fields'] === true,
    embeddedResource: source['x-kubernetes-embedded-resource'] === true,
    exclusiveMinimum: source.exclusiveMinimum === true,
    exclusiveMaximum: source.exclusiveMaximum === true,
    required: arrayAt(source, 'required').map(String),
    allOf: junctor('allOf'),
    anyOf: junctor('anyOf'),
    oneOf: junctor('oneOf'),
    ...(isRecord(source.not) ? { not: compileSchema(source.not) } : {}),
    ...(Array.isArray(source.enum) ? { enum: source.enum } : {}),
    ...(pattern === '' ? {} : { pattern: lazyPattern(pattern), patternText: pattern }),
  };
}

/** Compiled when the first value is to be matched: most patterns of a large definition never are. */
function lazyPattern(source: string): Pattern {
  let compiled: Pattern | undefined;
  const pattern = (): Pattern => {
    compiled ??= compilePattern(source);
    return compiled;
  };
  return { test: (text) => pattern().test(text), find: (text, most) => pattern().find(text, most) };
}
