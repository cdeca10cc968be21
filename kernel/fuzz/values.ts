/** Values by schema: of the right type, of a wrong one, and objects changed somewhere inside. */
import { isRecord, type JsonRecord } from '../kinds/json.ts';
import type { Schema } from '../kinds/schema.ts';
import type { Chance } from './chance.ts';

const texts: readonly string[] = [
  ...['', 'a', 'web', 'x-1', 'default', 'kube-system', 'UPPER', 'under_score', 'a.b.c', 'example.com/name', '-', '*'],
  ...['Always', 'Never', 'None', 'In', 'Exists', 'NotIn', 'Equal', 'TCP', 'ClusterIP', 'ExternalName', 'True', 'False'],
  ...['RollingUpdate', 'Recreate', 'OnDelete', 'Utilization', 'Resource', 'metadata.name', 'status.podIP', 'Delete'],
  ...[
    '10.0.0.1',
    '127.0.0.300',
    '::1',
    '10.0.0.0/8',
    'http',
    'https-long-port-name-x',
    '*/5 * * * *',
    '25%',
    '101%',
    '-5%',
  ],
  ...['/', '/a/../b', 'ü', '\u0000', '\ud800', '__proto__', 'constructor', 'a'.repeat(300), '$x', '{{.}}', ' lead'],
];
const numbers: readonly number[] = [0, 1, 2, 3, 80, 443, 8080, 65535, 65536, -1, -2147483648, 2147483647, 600];
const large: readonly (number | bigint)[] = [
  2 ** 31,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 63n,
];
const quantities: readonly string[] = ['0', '1', '100m', '1Gi', '1.5', '-1', '1e3', '0.1n', '12E', '64Mi', '5k'];
const times: readonly string[] = ['2026-01-01T00:00:00Z', '2026-02-28T23:59:59+05:00', '1969-12-31T23:59:59.999Z'];
const keys: readonly string[] = [
  'a',
  'app',
  'example.com/x',
  '',
  'a/b/c',
  '__proto__',
  'constructor',
  'K',
  'key with space',
  'cpu',
  'memory',
];
const odd: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  2n ** 53n + 1n,
  -(2n ** 63n),
  '',
  'text',
  [],
  {},
  [[]],
  [null],
  { a: null },
  { '': {} },
];

const deepest = 6;

/** Any JSON value at all. */
export function anyValue(chance: Chance): unknown {
  return structuredClone(chance.pick(odd));
}

/** A value of the schema's type; it need not make sense. */
export function sampleOf(chance: Chance, schema: Schema, depth = 0): unknown {
  switch (schema.type) {
    case 'object':
      return objectOf(chance, schema, depth);
    case 'map': {
      const count = chance.int(3);
      const map: JsonRecord = {};
      for (let index = 0; index < count; index++)
        define(map, chance.pick(keys), sampleOf(chance, schema.values ?? { type: 'any' }, depth + 1));
      return map;
    }
    case 'array': {
      const count = depth > deepest ? 0 : chance.int(3);
      return Array.from({ length: count }, () => sampleOf(chance, schema.items ?? { type: 'any' }, depth + 1));
    }
    case 'string':
      return textOf(chance, schema.format);
    case 'integer':
      return schema.format === 'int64' && chance.happens(0.1) ? chance.pick(large) : chance.pick(numbers);
    case 'number':
      return chance.pick([0, 0.5, -1.25, 1e10]);
    case 'boolean':
      return chance.happens(0.5);
    case 'int-or-string':
      return chance.happens(0.5) ? chance.pick(numbers) : chance.pick(texts);
    case 'any':
      return schema.format === undefined ? anyValue(chance) : chance.pick([true, {}, { type: 'string' }, [], ['a']]);
  }
}

function textOf(chance: Chance, format: string | undefined): string {
  switch (format) {
    case 'quantity':
      return chance.pick(quantities);
    case 'date-time':
    case 'micro-time':
      return chance.pick(times);
    case 'byte':
      return Buffer.from(chance.pick(texts)).toString('base64');
    default:
      return chance.pick(texts);
  }
}

function objectOf(chance: Chance, schema: Schema, depth: number): JsonRecord {
  const result: JsonRecord = {};
  for (const [name, field] of schema.fields ?? []) {
    const wanted = field.required ? 0.9 : depth > deepest ? 0 : 1.5 / ((schema.fields?.size ?? 1) + 1);
    if (chance.happens(wanted)) define(result, name, sampleOf(chance, field.schema, depth + 1));
  }
  return result;
}

/** An own property whatever its name: JSON.parse makes `__proto__` one too. */
export function define(object: JsonRecord, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

/** A copy that differs in one place: mostly well typed there, `wildness` of the time not. */
export function changed(chance: Chance, schema: Schema | undefined, value: unknown, wildness: number): unknown {
  if (chance.happens(wildness * 0.2)) return anyValue(chance);
  if (isRecord(value)) return changedRecord(chance, schema, value, wildness);
  if (Array.isArray(value)) {
    const items = schema?.items;
    const copy = [...value];
    const at = chance.int(copy.length + 1);
    if (at < copy.length && chance.happens(0.6)) copy[at] = changed(chance, items, copy[at], wildness);
    else if (at < copy.length && chance.happens(0.5)) copy.splice(at, 1);
    else copy.splice(at, 0, at > 0 && chance.happens(0.2) ? structuredClone(copy[0]) : fresh(chance, items, wildness));
    return copy;
  }
  return fresh(chance, schema, wildness);
}

const fresh = (chance: Chance, schema: Schema | undefined, wildness: number): unknown =>
  schema === undefined || chance.happens(wildness) ? anyValue(chance) : sampleOf(chance, schema, 2);

function changedRecord(chance: Chance, schema: Schema | undefined, value: JsonRecord, wildness: number): JsonRecord {
  const copy: JsonRecord = {};
  for (const [key, item] of Object.entries(value)) define(copy, key, item);
  const existing = Object.keys(copy);
  const schemaFor = (key: string): Schema | undefined => schema?.fields?.get(key)?.schema ?? schema?.values;
  const choice = chance.next();
  if (existing.length > 0 && choice < 0.65) {
    const key = chance.pick(existing);
    define(copy, key, changed(chance, schemaFor(key), copy[key], wildness));
  } else if (existing.length > 0 && choice < 0.75) delete copy[chance.pick(existing)];
  else if (choice < 0.75 + wildness * 0.2) define(copy, chance.pick(keys), anyValue(chance));
  else {
    const names = schema?.fields === undefined ? keys : [...schema.fields.keys()];
    if (names.length === 0) return copy;
    const key = chance.pick(names);
    define(copy, key, fresh(chance, schemaFor(key), wildness));
  }
  return copy;
}
