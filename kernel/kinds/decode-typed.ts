/**
 * Decoding into a built-in type, as Go's JSON decoder does it: wrong types are an error, unknown fields are reported and
 * left out, null is absent, quantities and times get their canonical spelling.
 */
import { badRequest } from '../wire/status.ts';
import { isRecord, type JsonRecord, setOwn } from './json.ts';
import { canonicalQuantity, quantityMessage } from './quantity.ts';
import type { Schema } from './schema.ts';
import { schemaOf } from './type-table.ts';

interface Decoding {
  /** `Deployment in version "v1" cannot be handled as a Deployment` */
  readonly subject: string;
  readonly unknown: string[];
}

/** Where decoding stands: `spec.containers[0].env` for people, `spec.containers.env` (no items, no map keys) for Go. */
interface Place {
  readonly path: string;
  readonly fields: string;
  /** The struct that has the field. */
  readonly owner: string;
}

const root: Place = { path: '', fields: '', owner: '' };

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

export interface Decoded {
  readonly object: JsonRecord;
  /** Paths of fields the type does not have. */
  readonly unknownFields: readonly string[];
}

export function decodeTyped(schema: Schema, value: JsonRecord, kind: string, version: string): Decoded {
  const decoding: Decoding = {
    subject: `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}`,
    unknown: [],
  };
  const object = decodeObject(schema, value, root, decoding);
  return { object, unknownFields: decoding.unknown };
}

const goTypes: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'bool',
  integer: 'int64',
  number: 'float64',
};

function goType(schema: Schema): string {
  if (schema.typeName !== undefined) return shortType(schema.typeName, '.');
  if (schema.type === 'array') return `[]${schema.items === undefined ? 'interface {}' : goType(schema.items)}`;
  if (schema.type === 'map')
    return `map[string]${schema.values === undefined ? 'interface {}' : goType(schema.values)}`;
  return schema.format === 'int32' ? 'int32' : (goTypes[schema.type] ?? 'interface {}');
}

/** `core.v1.PodSpec` → `v1.PodSpec` or, with an empty separator, `PodSpec`. */
function shortType(typeName: string, separator: '.' | ''): string {
  const parts = typeName.split('.');
  return separator === '.' ? parts.slice(-2).join('.') : (parts.at(-1) ?? typeName);
}

const goNames: Readonly<Record<string, string>> = { boolean: 'bool', bigint: 'number' };

function mismatch(value: unknown, schema: Schema, { fields, owner }: Place, decoding: Decoding): never {
  const got = Array.isArray(value) ? 'array' : (goNames[typeof value] ?? typeof value);
  const where = fields === '' ? 'Go value' : `Go struct field ${owner}.${fields}`;
  const what = got === 'number' && schema.type === 'integer' ? `number ${String(value)}` : got;
  throw badRequest(`${decoding.subject}: json: cannot unmarshal ${what} into ${where} of type ${goType(schema)}`);
}

function decodeObject(schema: Schema, value: JsonRecord, place: Place, decoding: Decoding): JsonRecord {
  const result: JsonRecord = {};
  const owner = shortType(schema.typeName ?? '', '');
  const fields = schema.fields;
  for (const [key, item] of Object.entries(value)) {
    const path = join(place.path, key);
    const field = fields?.get(key);
    if (field === undefined) {
      decoding.unknown.push(path);
      continue;
    }
    if (item === null || item === undefined) continue;
    result[key] = decodeValue(field.schema, item, { path, fields: join(place.fields, key), owner }, decoding);
  }
  return result;
}

function decodeValue(schema: Schema, value: unknown, place: Place, decoding: Decoding): unknown {
  switch (schema.type) {
    case 'object':
      return isRecord(value) ? decodeObject(schema, value, place, decoding) : mismatch(value, schema, place, decoding);
    case 'map':
      return isRecord(value) ? decodeMap(schema, value, place, decoding) : mismatch(value, schema, place, decoding);
    case 'array': {
      if (!Array.isArray(value)) return mismatch(value, schema, place, decoding);
      const items = schema.items ?? { type: 'any' };
      return value.map((item, index) =>
        item === null && items.type === 'object'
          ? {}
          : decodeValue(items, item ?? zeroOf(items), { ...place, path: `${place.path}[${index}]` }, decoding),
      );
    }
    case 'string':
      return decodeString(schema, value, place, decoding);
    case 'integer':
      if (typeof value !== 'bigint' && (typeof value !== 'number' || !Number.isInteger(value)))
        return mismatch(value, schema, place, decoding);
      return fits(value, schema.format) ? value : mismatch(value, schema, place, decoding);
    case 'number':
      if (typeof value === 'bigint') return Number(value);
      return typeof value === 'number' ? value : mismatch(value, schema, place, decoding);
    case 'boolean':
      return typeof value === 'boolean' ? value : mismatch(value, schema, place, decoding);
    case 'int-or-string':
      if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value) && fits(value, 'int32')))
        return value;
      return mismatch(value, { type: 'integer', format: 'int32' }, place, decoding);
    case 'any':
      return schema.format?.startsWith('schema-or-') === true ? decodeSchemaUnion(value, place, decoding) : value;
  }
}

function fits(value: number | bigint, format: string | undefined): boolean {
  const bits = format === 'int32' ? 31 : 63;
  return value >= -(2 ** bits) && value < 2 ** bits;
}

function zeroOf(schema: Schema): unknown {
  if (schema.format === 'quantity') return '0';
  return schema.type === 'string' ? '' : schema.type === 'boolean' ? false : 0;
}

function decodeMap(schema: Schema, value: JsonRecord, place: Place, decoding: Decoding): JsonRecord {
  const values = schema.values ?? { type: 'any' };
  const result: JsonRecord = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === null) {
      // Go leaves the zero value in a map, except for quantities and objects, where it is the empty one.
      setOwn(result, key, values.type === 'object' ? {} : values.type === 'array' ? [] : zeroOf(values));
    } else setOwn(result, key, decodeValue(values, item, { ...place, path: join(place.path, key) }, decoding));
  }
  return result;
}

function decodeString(schema: Schema, value: unknown, place: Place, decoding: Decoding): string {
  if (schema.format === 'quantity') {
    const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
    const canonical = typeof text === 'string' ? canonicalQuantity(text.trim()) : undefined;
    if (canonical === undefined) throw badRequest(`${decoding.subject}: ${quantityMessage}`);
    return canonical;
  }
  if (typeof value !== 'string') return mismatch(value, schema, place, decoding);
  if (schema.format === 'byte' && !isBase64(value)) {
    throw badRequest(`${decoding.subject}: illegal base64 data at input byte ${firstNonBase64(value)}`);
  }
  if (schema.format === 'date-time' || schema.format === 'micro-time') {
    const canonical = canonicalTime(value, schema.format === 'micro-time');
    if (canonical === undefined) {
      const quoted = JSON.stringify(value);
      throw badRequest(
        `${decoding.subject}: parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`,
      );
    }
    return canonical;
  }
  return value;
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function firstNonBase64(text: string): number {
  const index = text.search(/[^A-Za-z0-9+/=]/);
  return index < 0 ? text.length - (text.length % 4) : index;
}

/** RFC 3339 in UTC, with seconds or microseconds (meta/v1 Time, MicroTime). */
function canonicalTime(text: string, micro: boolean): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [, date, time, fraction = '.', zone = 'Z'] = match;
  const milliseconds = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  if (Number.isNaN(milliseconds)) return undefined;
  const seconds = new Date(milliseconds).toISOString().slice(0, 19);
  return micro ? `${seconds}.${fraction.slice(1).padEnd(6, '0').slice(0, 6)}Z` : `${seconds}Z`;
}

/** JSONSchemaProps where it may also be a boolean, an array of itself or an array of strings. */
function decodeSchemaUnion(value: unknown, place: Place, decoding: Decoding): unknown {
  const schema = schemaOf('apiextensions.v1.JSONSchemaProps');
  if (isRecord(value)) return decodeObject(schema, value, place, decoding);
  if (!Array.isArray(value)) return value;
  return value.map((item, index) =>
    isRecord(item) ? decodeObject(schema, item, { ...place, path: `${place.path}[${index}]` }, decoding) : item,
  );
}
