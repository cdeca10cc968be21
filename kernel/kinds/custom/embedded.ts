/**
 * An object in an object (apiextensions-apiserver pkg/apiserver/schema/objectmeta): its metadata is typed as any other's,
 * and judged by the same rules.
 */
import { ApiError, badRequest, type FieldError } from '../../wire/status.ts';
import { decodeTyped } from '../decode-typed.ts';
import { invalidValue, quote, required } from '../field-errors.ts';
import { isRecord, type JsonRecord, stringAt } from '../json.ts';
import { label1035Problems, labelProblems } from '../names.ts';
import type { Schema } from '../schema.ts';
import { schemaOf } from '../type-table.ts';
import { validateMetadata } from '../validate-metadata.ts';

const having = new WeakMap<Schema, boolean>();

/** Whether an embedded object can stand in or below a value; of most schemas none can. */
export function hasEmbedded(schema: Schema): boolean {
  const known = having.get(schema);
  if (known !== undefined) return known;
  const below = [...(schema.fields?.values() ?? [])].map((field) => field.schema);
  const parts = [...below, schema.items, schema.values].filter((part) => part !== undefined);
  const found = schema.rules?.embeddedResource === true || parts.some(hasEmbedded);
  having.set(schema, found);
  return found;
}

type Visit = (value: JsonRecord, path: string) => unknown;

/** Parents before what is in them. */
function eachEmbedded(schema: Schema, value: unknown, path: string, visit: Visit): void {
  if (!hasEmbedded(schema)) return;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined)
      for (const [index, item] of value.entries()) eachEmbedded(items, item, `${path}[${index}]`, visit);
    return;
  }
  if (!isRecord(value)) return;
  if (schema.rules?.embeddedResource === true) visit(value, path);
  for (const [key, item] of Object.entries(value)) {
    const field = schema.fields?.get(key)?.schema;
    if (field !== undefined) eachEmbedded(field, item, join(path, key), visit);
    else if (schema.values !== undefined) eachEmbedded(schema.values, item, `${path}[${key}]`, visit);
  }
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

const typeProblem = (at: string, value: unknown, why: string): string =>
  `${at}: Invalid value: ${quote(value)}: ${why}`;

interface Coercion {
  /** `Widget in version "v1" cannot be handled as a Widget`; absent: what does not fit is left out. */
  readonly subject?: string;
  readonly unknown: string[];
}

/** Types the metadata of embedded objects, in place. */
export function coerceEmbedded(schema: Schema, value: unknown, { subject, unknown }: Coercion): void {
  const refuse = (holder: JsonRecord, key: string, problem: string): void => {
    if (subject !== undefined) throw badRequest(`${subject}: ${problem}`);
    delete holder[key];
  };
  eachEmbedded(schema, value, '', (embedded, path) => {
    for (const key of ['apiVersion', 'kind']) {
      const given = embedded[key];
      if (given !== undefined && typeof given !== 'string')
        refuse(embedded, key, typeProblem(join(path, key), given, 'must be a string'));
    }
    if (!Object.hasOwn(embedded, 'metadata')) return;
    const at = join(path, 'metadata');
    const decoded = decodeMetadata(embedded.metadata);
    if (typeof decoded === 'string') {
      const rest = subject === undefined ? fittingParts(embedded.metadata) : {};
      refuse(embedded, 'metadata', typeProblem(at, embedded.metadata, decoded));
      embedded.metadata = rest;
      return;
    }
    embedded.metadata = decoded.object;
    unknown.push(...decoded.unknownFields.map((field) => `${at}.${field}`));
  });
}

/** Metadata as its type has it, or why it is none. */
export function decodeMetadata(value: unknown): ReturnType<typeof decodeTyped> | string {
  if (value === null || value === undefined) return { object: {}, unknownFields: [] };
  if (!isRecord(value)) {
    const got = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    return `json: cannot unmarshal ${got} into Go value of type v1.ObjectMeta`;
  }
  try {
    return decodeTyped(schemaOf('meta.v1.ObjectMeta'), value, 'ObjectMeta', 'v1');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.message.replace(/^ObjectMeta in version "v1" cannot be handled as a ObjectMeta: /, '');
  }
}

/** Of stored metadata that does not fit its type: each field that does. */
export function fittingParts(value: unknown): JsonRecord {
  const parts: JsonRecord = {};
  for (const [key, item] of Object.entries(isRecord(value) ? value : {})) {
    const decoded = decodeMetadata({ [key]: item });
    if (typeof decoded !== 'string') Object.assign(parts, decoded.object);
  }
  return parts;
}

export function embeddedErrors(schema: Schema, value: unknown, path: string): readonly FieldError[] {
  if (!hasEmbedded(schema)) return [];
  const errors: FieldError[] = [];
  eachEmbedded(schema, value, path, (embedded, at) => errors.push(...resourceErrors(embedded, at)));
  return errors;
}

function resourceErrors(value: JsonRecord, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, problemsOf] of textRules) {
    const at = join(path, key);
    const given = value[key];
    if (!Object.hasOwn(value, key)) errors.push(required(at));
    else if (typeof given !== 'string') errors.push(invalidValue(at, given, 'must be a string'));
    else if (given === '') errors.push(invalidValue(at, given, 'must not be empty'));
    else errors.push(...problemsOf(given).map((problem) => invalidValue(at, given, problem)));
  }
  if (!Object.hasOwn(value, 'metadata')) return errors;
  const at = join(path, 'metadata');
  const decoded = decodeMetadata(value.metadata);
  if (typeof decoded === 'string') return [...errors, invalidValue(at, value.metadata, decoded)];
  return [...errors, ...metadataErrors(decoded.object, at)];
}

const textRules: readonly (readonly [key: string, problems: (text: string) => readonly string[]])[] = [
  ['apiVersion', (text) => (text.split('/').length > 2 ? [`unexpected GroupVersion string: ${text}`] : [])],
  [
    'kind',
    (text) => {
      const problems = label1035Problems(text.toLowerCase());
      return problems.length === 0 ? [] : [`may have mixed case, but should otherwise match: ${problems.join(',')}`];
    },
  ],
];

function metadataErrors(metadata: JsonRecord, path: string): readonly FieldError[] {
  // It need not have a name; the rules of names are those of its kind, which nobody here knows.
  const name = stringAt(metadata, 'name') || 'fakename';
  const errors = validateMetadata(
    { nature: 'custom', rules: { name: 'path-segment' } },
    { metadata: { ...metadata, name } },
  );
  const namespace = stringAt(metadata, 'namespace');
  const outside = namespace === '' ? [] : labelProblems(namespace);
  return [
    ...outside.map((problem) => invalidValue(`${path}.namespace`, namespace, problem)),
    ...errors.map((error) => ({ ...error, field: error.field.replace(/^metadata/, path) })),
  ];
}
