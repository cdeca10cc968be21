/**
 * Kubernetes' protobuf request bodies (`k8s\0` + runtime.Unknown), decoded by the field numbers of the type tables.
 * What comes out is the JSON form of the object.
 */
import { int64Of, type JsonRecord, parseJson, setOwn } from '../kinds/json.ts';
import type { Field, Schema } from '../kinds/schema.ts';
import { schemaOf } from '../kinds/type-table.ts';
import { deepestNesting, isDeeper, tooDeep } from './nesting.ts';
import { badRequest } from './status.ts';

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

const magic = [0x6b, 0x38, 0x73, 0x00];
const utf8 = new TextDecoder();

function isProtobuf(body: Uint8Array): boolean {
  return magic.every((byte, index) => body[index] === byte);
}

export function decodeEnvelope(body: Uint8Array): Envelope {
  if (!isProtobuf(body)) {
    throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  let apiVersion = '';
  let kind = '';
  let raw: Uint8Array = new Uint8Array();
  for (const entry of entries(body.subarray(magic.length))) {
    if (entry.number === 1) {
      for (const meta of entries(bytesOf(entry))) {
        if (meta.number === 1) apiVersion = utf8.decode(bytesOf(meta));
        if (meta.number === 2) kind = utf8.decode(bytesOf(meta));
      }
    } else if (entry.number === 2) raw = bytesOf(entry);
  }
  return { apiVersion, kind, raw };
}

export interface Entry {
  readonly number: number;
  /** A varint or fixed-size number, or the bytes of a length-delimited field. */
  readonly value: bigint | Uint8Array;
}

function* entries(bytes: Uint8Array): Generator<Entry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw truncated();
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, result);
    }
    throw badRequest('proto: integer overflow');
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        if (at + 8 > bytes.length) throw truncated();
        yield { number, value: view.getBigUint64(at, true) };
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        if (length < 0 || at + length > bytes.length) throw truncated();
        yield { number, value: bytes.subarray(at, at + length) };
        at += length;
        break;
      }
      case 5:
        if (at + 4 > bytes.length) throw truncated();
        yield { number, value: BigInt(view.getUint32(at, true)) };
        at += 4;
        break;
      default:
        throw badRequest(`proto: illegal wireType ${tag & 7}`);
    }
  }
}

/** The fields of a message in the order they stand. */
export const entriesOf = (bytes: Uint8Array): readonly Entry[] => [...entries(bytes)];

const truncated = () => badRequest('unexpected EOF');

function bytesOf(entry: Entry): Uint8Array {
  if (typeof entry.value === 'bigint') throw badRequest('proto: wrong wireType for a length-delimited field');
  return entry.value;
}

function numberOf(entry: Entry): bigint {
  if (typeof entry.value !== 'bigint') throw badRequest('proto: wrong wireType for a number');
  return entry.value;
}

const byNumber = new WeakMap<Schema, ReadonlyMap<number, readonly [string, Field]>>();

function fieldsByNumber(schema: Schema): ReadonlyMap<number, readonly [string, Field]> {
  let map = byNumber.get(schema);
  if (map === undefined) {
    const entriesByNumber = [...(schema.fields ?? [])].filter(([, field]) => field.protobuf > 0);
    map = new Map(entriesByNumber.map(([name, field]) => [field.protobuf, [name, field] as const]));
    byNumber.set(schema, map);
  }
  return map;
}

/** The message as JSON; fields the table does not know are skipped, as protobuf does. */
export function decodeMessage(schema: Schema, bytes: Uint8Array): JsonRecord {
  const result: JsonRecord = {};
  openMessages++;
  try {
    if (openMessages > deepestNesting) throw tooDeep();
    decodeInto(schema, bytes, result);
  } finally {
    openMessages--;
  }
  return result;
}

/** Messages that are being decoded, each in the one before. */
let openMessages = 0;

function decodeInto(schema: Schema, bytes: Uint8Array, result: JsonRecord): void {
  const fields = fieldsByNumber(schema);
  for (const entry of entries(bytes)) {
    const inline = schema.inline?.get(entry.number);
    if (inline !== undefined) {
      decodeInto(inline, bytesOf(entry), result);
      continue;
    }
    const found = fields.get(entry.number);
    if (found === undefined) continue;
    const [name, field] = found;
    if (field.schema.type === 'array' && !field.wrapped) appendItem(field.schema, entry, result, name);
    else if (field.schema.type === 'map') putMapEntry(field, entry, result, name);
    else {
      const value = field.wrapped ? unwrap(field.schema, bytesOf(entry)) : decodeScalar(field.schema, entry);
      // Go writes a field that is no pointer whether it was set or not; zero then means absent.
      const isScalar = field.schema.type !== 'any' && field.schema.type !== 'int-or-string';
      const isZero = isScalar && field.isPointer !== true && (value === '' || value === 0 || value === false);
      if (value !== undefined && !isZero) result[name] = value;
    }
  }
}

function appendItem(schema: Schema, entry: Entry, result: JsonRecord, name: string): void {
  const items = schema.items ?? { type: 'any' };
  const current = result[name];
  const list: unknown[] = Array.isArray(current) ? current : [];
  result[name] = list;
  const isPacked = typeof entry.value !== 'bigint' && (items.type === 'integer' || items.type === 'boolean');
  if (isPacked) {
    // A packed list of varints: the same bytes as values after each other.
    const bytes = bytesOf(entry);
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      if ((bytes[at] ?? 0) >= 0x80) continue;
      const [value] = entries(Uint8Array.of(0x08, ...bytes.subarray(start, at + 1)));
      if (value !== undefined) list.push(decodeScalar(items, value));
      start = at + 1;
    }
    return;
  }
  list.push(decodeScalar(items, entry) ?? null);
}

function putMapEntry(field: Field, entry: Entry, result: JsonRecord, name: string): void {
  const values = field.schema.values ?? { type: 'any' };
  let key = '';
  let value: unknown =
    values.type === 'string' ? '' : values.type === 'array' ? [] : values.type === 'object' ? {} : null;
  for (const part of entries(bytesOf(entry))) {
    if (part.number === 1) key = utf8.decode(bytesOf(part));
    else if (part.number === 2) value = field.wrapped ? unwrap(values, bytesOf(part)) : decodeScalar(values, part);
  }
  const current = result[name];
  const map: JsonRecord = typeof current === 'object' && current !== null ? (current as JsonRecord) : {};
  setOwn(map, key, value ?? '');
  result[name] = map;
}

/** ExtraValue, Verbs: a message with the list in field 1. */
function unwrap(schema: Schema, bytes: Uint8Array): unknown[] {
  const holder: JsonRecord = { items: [] };
  for (const entry of entries(bytes)) if (entry.number === 1) appendItem(schema, entry, holder, 'items');
  return holder.items as unknown[];
}

function decodeScalar(schema: Schema, entry: Entry): unknown {
  switch (schema.type) {
    case 'object':
      return decodeMessage(schema, bytesOf(entry));
    case 'string':
      return decodeStringLike(schema, bytesOf(entry));
    case 'integer':
      return schema.format === 'int32' ? Number(BigInt.asIntN(32, numberOf(entry))) : int64Of(numberOf(entry));
    case 'number': {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigUint64(0, BigInt.asUintN(64, numberOf(entry)), true);
      return view.getFloat64(0, true);
    }
    case 'boolean':
      return numberOf(entry) !== 0n;
    case 'int-or-string':
      return decodeIntOrString(bytesOf(entry));
    case 'any':
      return schema.format === undefined
        ? decodeRawJson(bytesOf(entry))
        : decodeSchemaUnion(schema.format, bytesOf(entry));
    case 'array':
    case 'map':
      return undefined;
  }
}

function decodeStringLike(schema: Schema, bytes: Uint8Array): string | undefined {
  switch (schema.format) {
    case 'byte':
      return Buffer.from(bytes).toString('base64');
    case 'date-time':
    case 'micro-time':
      return decodeTime(bytes, schema.format === 'micro-time');
    case 'quantity':
      for (const entry of entries(bytes)) if (entry.number === 1) return utf8.decode(bytesOf(entry));
      return '0';
    default:
      return utf8.decode(bytes);
  }
}

function decodeTime(bytes: Uint8Array, micro: boolean): string | undefined {
  let seconds = 0n;
  let nanos = 0n;
  for (const entry of entries(bytes)) {
    if (entry.number === 1) seconds = numberOf(entry);
    if (entry.number === 2) nanos = numberOf(entry);
  }
  // Go's zero time, year 1, is how an absent non-pointer time arrives; an empty message means the same.
  if ((seconds === 0n && nanos === 0n) || seconds === -62135596800n) return undefined;
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) throw badRequest(`a time of ${seconds} seconds since 1970 is out of range`);
  const text = date.toISOString().slice(0, 19);
  return micro ? `${text}.${String(nanos / 1000n).padStart(6, '0')}Z` : `${text}Z`;
}

function decodeIntOrString(bytes: Uint8Array): number | string {
  let isString = false;
  let number = 0;
  let text = '';
  for (const entry of entries(bytes)) {
    if (entry.number === 1) isString = numberOf(entry) === 1n;
    if (entry.number === 2) number = Number(BigInt.asIntN(32, numberOf(entry)));
    if (entry.number === 3) text = utf8.decode(bytesOf(entry));
  }
  return isString ? text : number;
}

/** RawExtension, FieldsV1, apiextensions JSON: field 1 holds JSON text. */
function decodeRawJson(bytes: Uint8Array): unknown {
  for (const entry of entries(bytes)) {
    if (entry.number !== 1) continue;
    return decodeJsonText(utf8.decode(bytesOf(entry)));
  }
  return {};
}

function decodeJsonText(text: string): unknown {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw badRequest('a raw field of the protobuf message does not contain JSON');
  }
  if (isDeeper(value, deepestNesting)) throw tooDeep();
  return value;
}

function decodeSchemaUnion(format: string, bytes: Uint8Array): unknown {
  const schema = schemaOf('apiextensions.v1.JSONSchemaProps');
  const list: unknown[] = [];
  let result: unknown;
  for (const entry of entries(bytes)) {
    if (format === 'schema-or-bool') {
      if (entry.number === 1 && result === undefined) result = numberOf(entry) !== 0n;
      if (entry.number === 2) result = decodeMessage(schema, bytesOf(entry));
    } else if (entry.number === 1) result = decodeMessage(schema, bytesOf(entry));
    else if (entry.number === 2) {
      list.push(format === 'schema-or-array' ? decodeMessage(schema, bytesOf(entry)) : utf8.decode(bytesOf(entry)));
    }
  }
  return result ?? list;
}
