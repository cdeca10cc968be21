/** The CEL type of a structural schema, with the sizes its values can have (apiserver pkg/cel/common/schemas.go). */
import { type ObjectField, type Type, types } from '../cel/index.ts';
import { arrayAt, isRecord, type JsonRecord, recordAt, stringAt } from '../json.ts';

/** What one request can carry; no value of an object is larger. */
export const mostRequestBytes = 3 * 1024 * 1024;

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

const escapes: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};

/** A property's name in CEL (apiserver pkg/cel/escaping.go); undefined when it has none. */
export function escapeProperty(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[a-zA-Z_.\-/][a-zA-Z0-9_.\-/]*$/.test(name)) return undefined;
  return name.replace(/__|[.\-/]/g, (part) => escapes[part] ?? part);
}

const rootMeta: JsonRecord = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } },
};

/** `apiVersion`, `kind`, `metadata.name` and `metadata.generateName` are there in every resource. */
function withRootMeta(schema: JsonRecord): JsonRecord {
  return { ...schema, properties: { ...recordAt(schema, 'properties'), ...rootMeta } };
}

/** Undefined for values of which the schema says nothing. */
export function celTypeOf(schema: JsonRecord, isResourceRoot: boolean): Type | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) {
    return { ...types.dyn, maxElements: mostRequestBytes - 2, minJsonBytes: 1 };
  }
  const source = isResourceRoot ? withRootMeta(schema) : schema;
  switch (source.type) {
    case 'array':
      return listType(source);
    case 'object':
      return isRecord(source.additionalProperties) ? mapType(source, source.additionalProperties) : objectType(source);
    case 'string':
      return stringType(source);
    case 'boolean':
      return { ...types.bool, minJsonBytes: 4 };
    case 'number':
      return { ...types.double, minJsonBytes: 1 };
    case 'integer':
      return { ...types.int, minJsonBytes: 1 };
    default:
      return undefined;
  }
}

const numberOf = (schema: JsonRecord, key: string): number | undefined => {
  const value = schema[key];
  return typeof value === 'number' ? Math.max(0, value) : undefined;
};

function listType(schema: JsonRecord): Type | undefined {
  if (!isRecord(schema.items)) return undefined;
  const element = celTypeOf(schema.items, schema.items['x-kubernetes-embedded-resource'] === true);
  if (element === undefined) return undefined;
  // Brackets around, a comma behind each.
  const fitting = Math.floor((mostRequestBytes - 2) / ((element.minJsonBytes ?? 1) + 1));
  const listKind = schema['x-kubernetes-list-type'];
  const keys = arrayAt(schema, 'x-kubernetes-list-map-keys').map(String);
  return {
    kind: 'list',
    element,
    ...(listKind === 'set' ? { identity: { kind: 'set' as const } } : {}),
    ...(listKind === 'map' ? { identity: { kind: 'map' as const, keys } } : {}),
    maxElements: numberOf(schema, 'maxItems') ?? fitting,
    minJsonBytes: 2,
  };
}

function mapType(schema: JsonRecord, values: JsonRecord): Type | undefined {
  const value = celTypeOf(values, values['x-kubernetes-embedded-resource'] === true);
  if (value === undefined) return undefined;
  // Key, quotes, colon and comma are six bytes at least.
  const fitting = Math.floor((mostRequestBytes - 2) / ((value.minJsonBytes ?? 1) + 6));
  const maxElements = numberOf(schema, 'maxProperties') ?? fitting;
  // Upstream says nothing of the length of keys, which makes reading them free.
  const key: Type = { ...types.string, maxElements: 0, minJsonBytes: 2 };
  return { kind: 'map', key, value, maxElements, minJsonBytes: 2 };
}

function objectType(schema: JsonRecord): Type {
  const required = new Set(arrayAt(schema, 'required'));
  const fields = new Map<string, ObjectField>();
  let minJsonBytes = 2;
  for (const [property, source] of Object.entries(recordAt(schema, 'properties'))) {
    if (!isRecord(source)) continue;
    const type = celTypeOf(source, source['x-kubernetes-embedded-resource'] === true);
    if (type === undefined) continue;
    const name = escapeProperty(property);
    if (name !== undefined) fields.set(name, { type, property });
    if (required.has(property) && source.default === undefined)
      minJsonBytes += property.length + (type.minJsonBytes ?? 1) + 4;
  }
  return { kind: 'object', name: 'object', fields, minJsonBytes };
}

const longestByFormat: Readonly<Record<string, number>> = { duration: 32, date: 12, 'date-time': 23 };

function stringType(schema: JsonRecord): Type {
  const format = stringAt(schema, 'format');
  const maxLength = numberOf(schema, 'maxLength');
  const anyLength = mostRequestBytes - 2;
  switch (format) {
    case 'byte':
      return { ...types.bytes, maxElements: maxLength ?? anyLength, minJsonBytes: 2 };
    case 'duration':
      return { ...types.duration, maxElements: longestByFormat[format] ?? anyLength, minJsonBytes: 2 };
    case 'date':
    case 'date-time':
      return { ...types.timestamp, maxElements: longestByFormat[format] ?? anyLength, minJsonBytes: 2 };
  }
  const choices = arrayAt(schema, 'enum');
  const longest = choices.length > 0 ? Math.max(...choices.map((choice) => String(choice).length)) : anyLength;
  // maxLength counts characters, of up to four bytes each.
  return { ...types.string, maxElements: maxLength === undefined ? longest : maxLength * 4, minJsonBytes: 2 };
}
