/**
 * CEL's values. JSON under a schema is not converted: `JsonList` and `JsonObject` wrap it and turn what is asked for
 * into a value at that moment, so a rule on one field of a large object costs what the field costs.
 */
import type { ObjectField, Type } from './type.ts';

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

export class Timestamp {
  /** Since 1970. */
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

export class Duration {
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class Optional {
  static readonly none = new Optional(undefined);
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** A value of a library: URL, IP, Quantity, ... */
export abstract class Opaque {
  abstract readonly typeName: string;
  abstract equals(other: Opaque): boolean;
}

export class JsonList {
  readonly items: readonly unknown[];
  readonly type: Type & { readonly kind: 'list' };
  constructor(items: readonly unknown[], type: Type & { readonly kind: 'list' }) {
    this.items = items;
    this.type = type;
  }
}

export class JsonObject {
  readonly record: Readonly<Record<string, unknown>>;
  readonly type: Type & { readonly kind: 'object' | 'map' };
  constructor(record: Readonly<Record<string, unknown>>, type: Type & { readonly kind: 'object' | 'map' }) {
    this.record = record;
    this.type = type;
  }
}

export type Key = boolean | bigint | string | Uint;
/** A map written in an expression, by `keyText`. */
export type LiteralMap = ReadonlyMap<string, { readonly key: Value; readonly value: Value }>;

export type Value =
  | boolean
  | bigint
  | Uint
  | number
  | string
  | Uint8Array
  | null
  | Timestamp
  | Duration
  | TypeValue
  | Optional
  | Opaque
  | JsonList
  | JsonObject
  | readonly Value[]
  | LiteralMap;

/** A variable whose value is worked out when it is first read; the reader pays for it. */
export abstract class Lazy {
  /** Within `limit`; what has been spent goes to `spend`, which throws when it was too much. */
  abstract force(limit: number, spend: (cost: number) => void): Value;
}

/** A failed evaluation, in cel-go's words. `&&` and `||` may absorb it. */
export class CelError extends Error {}

const untyped: Type = { kind: 'dyn' };
const untypedList = { kind: 'list', element: untyped } as const;
const untypedMap = { kind: 'map', key: { kind: 'string' }, value: untyped } as const;

/** The value a piece of JSON stands for where the schema says `type`. */
export function fromJson(type: Type, json: unknown): Value {
  if (json === null || json === undefined) return null;
  switch (type.kind) {
    case 'double':
      if (typeof json === 'number' || typeof json === 'bigint') return Number(json);
      break;
    case 'timestamp':
      if (typeof json === 'string') return parseTimestamp(json);
      break;
    case 'duration':
      if (typeof json === 'string') return parseDuration(json);
      break;
    case 'bytes':
      if (typeof json === 'string') return new Uint8Array(Buffer.from(json, 'base64'));
      break;
    case 'list':
      if (Array.isArray(json)) return new JsonList(json, type);
      break;
    case 'object':
    case 'map':
      if (typeof json === 'object' && !Array.isArray(json))
        return new JsonObject(json as Record<string, unknown>, type);
      break;
    default:
  }
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json;
  if (typeof json === 'string' || typeof json === 'boolean' || typeof json === 'bigint') return json;
  if (Array.isArray(json)) return new JsonList(json, untypedList);
  return new JsonObject(json as Record<string, unknown>, untypedMap);
}

/** The JSON a value stands for; throws for those that stand for none. */
export function toJson(value: Value): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Uint) return toJson(value.value);
  if (value instanceof Timestamp) return printTimestamp(value);
  if (value instanceof Duration) return printDuration(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof JsonList) return value.items;
  if (value instanceof JsonObject) return value.record;
  if (isList(value)) return value.map(toJson);
  if (!isMap(value)) throw new CelError(`type conversion error from '${typeName(value)}' to JSON`);
  const record: Record<string, unknown> = {};
  for (const [key, item] of mapEntries(value)) {
    if (typeof key !== 'string') throw new CelError(`bad key type: '${typeName(key)}'`);
    Object.defineProperty(record, key, { value: toJson(item), enumerable: true, configurable: true, writable: true });
  }
  return record;
}

export function fieldOf(type: JsonObject['type'], name: string): ObjectField | undefined {
  return type.kind === 'object' ? type.fields.get(name) : { type: type.value, property: name };
}

// ---- lists and maps, whatever they are made of --------------------------------------------------------------------

export type ListValue = JsonList | readonly Value[];
export type MapValue = JsonObject | LiteralMap;

export const isList = (value: unknown): value is ListValue => Array.isArray(value) || value instanceof JsonList;
export const isMap = (value: unknown): value is MapValue => value instanceof Map || value instanceof JsonObject;

export function listSize(list: ListValue): number {
  return list instanceof JsonList ? list.items.length : list.length;
}

/** Undefined outside the list. */
export function listItem(list: ListValue, index: number): Value | undefined {
  if (!(list instanceof JsonList)) return list[index];
  return index >= 0 && index < list.items.length ? fromJson(list.type.element, list.items[index]) : undefined;
}

export function* listItems(list: ListValue): Generator<Value> {
  if (!(list instanceof JsonList)) {
    yield* list;
    return;
  }
  for (const item of list.items) yield fromJson(list.type.element, item);
}

/** Numbers that are equal are the same key. */
export function keyText(key: Value): string | undefined {
  if (typeof key === 'string') return `s${key}`;
  if (typeof key === 'bigint') return `n${key}`;
  if (key instanceof Uint) return `n${key.value}`;
  if (typeof key === 'number' && Number.isInteger(key)) return `n${BigInt(key)}`;
  return typeof key === 'boolean' ? `b${key}` : undefined;
}

export function mapSize(map: MapValue): number {
  return map instanceof JsonObject ? Object.keys(map.record).length : map.size;
}

export function mapGet(map: MapValue, key: Value): Value | undefined {
  if (map instanceof JsonObject) {
    if (typeof key !== 'string') return undefined;
    const field = fieldOf(map.type, key);
    if (field === undefined || !Object.hasOwn(map.record, field.property)) return undefined;
    return fromJson(field.type, map.record[field.property]);
  }
  const text = keyText(key);
  return text === undefined ? undefined : map.get(text)?.value;
}

export function* mapEntries(map: MapValue): Generator<readonly [Value, Value]> {
  if (map instanceof JsonObject) {
    const { record, type } = map;
    if (type.kind === 'map') for (const name of Object.keys(record)) yield [name, fromJson(type.value, record[name])];
    else {
      for (const [name, field] of type.fields) {
        if (Object.hasOwn(record, field.property)) yield [name, fromJson(field.type, record[field.property])];
      }
    }
  } else for (const { key, value } of map.values()) yield [key, value];
}

export function literalMap(entries: Iterable<readonly [Value, Value]>): LiteralMap {
  const map = new Map<string, { key: Value; value: Value }>();
  for (const [key, value] of entries) {
    const text = keyText(key);
    if (text === undefined) throw new CelError(`unsupported key type: ${typeName(key)}`);
    if (map.has(text)) throw new CelError(`insert failed: key ${printKey(key)} already exists`);
    map.set(text, { key, value });
  }
  return map;
}

export function printKey(key: Value): string {
  return key instanceof Uint ? String(key.value) : String(key);
}

/** What cel-go's cost tracker takes as a value's size. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (isList(value)) return listSize(value);
  if (isMap(value)) return mapSize(value);
  return value instanceof Optional && value.value !== undefined ? sizeOf(value.value) : 1;
}

export function typeName(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
  }
  if (value === null) return 'null_type';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof TypeValue) return 'type';
  if (value instanceof Optional) return 'optional_type';
  if (value instanceof Opaque) return value.typeName;
  if (isList(value)) return 'list';
  return value instanceof JsonObject && value.type.kind === 'object' ? value.type.name : 'map';
}

// ---- equality and order --------------------------------------------------------------------------------------------

const numberOf = (value: Value): bigint | number | undefined =>
  typeof value === 'bigint' || typeof value === 'number' ? value : value instanceof Uint ? value.value : undefined;

/** Counts what a comparison looks at, so that comparing large values has its price. */
export interface Visits {
  count: number;
}

/** CEL equality: across number types, by content; lists of a schema by their list type. */
export function equals(left: Value, right: Value, visits: Visits): boolean {
  visits.count++;
  const [a, b] = [numberOf(left), numberOf(right)];
  // JavaScript orders bigint and number by their mathematical value, as CEL does.
  if (a !== undefined || b !== undefined) return a !== undefined && b !== undefined && a <= b && a >= b;
  if (typeof left === 'string' || typeof right === 'string') {
    if (typeof left === 'string' && typeof right === 'string') visits.count += Math.min(left.length, right.length);
    return left === right;
  }
  if (isList(left)) return isList(right) && listEquals(left, right, visits);
  if (isMap(left)) return isMap(right) && mapEquals(left, right, visits);
  if (left instanceof Timestamp) return right instanceof Timestamp && left.nanoseconds === right.nanoseconds;
  if (left instanceof Duration) return right instanceof Duration && left.nanoseconds === right.nanoseconds;
  if (left instanceof Uint8Array) {
    visits.count += left.length;
    return right instanceof Uint8Array && Buffer.compare(left, right) === 0;
  }
  if (left instanceof TypeValue) return right instanceof TypeValue && left.name === right.name;
  if (left instanceof Optional) {
    if (!(right instanceof Optional)) return false;
    if (left.value === undefined || right.value === undefined) return left.value === right.value;
    return equals(left.value, right.value, visits);
  }
  if (left instanceof Opaque) {
    return right instanceof Opaque && left.typeName === right.typeName && left.equals(right);
  }
  return left === right;
}

function listEquals(left: ListValue, right: ListValue, visits: Visits): boolean {
  if (listSize(left) !== listSize(right)) return false;
  const identity = identityOf(left) ?? identityOf(right);
  if (identity === undefined) {
    for (let index = 0; index < listSize(left); index++) {
      if (!equals(listItem(left, index) ?? null, listItem(right, index) ?? null, visits)) return false;
    }
    return true;
  }
  const others = new Map<string, Value>();
  for (const item of listItems(right)) others.set(identityText(identity, item), item);
  for (const item of listItems(left)) {
    const other = others.get(identityText(identity, item));
    if (other === undefined || !equals(item, other, visits)) return false;
  }
  return true;
}

type Identity = NonNullable<JsonList['type']['identity']>;

export const identityOf = (list: ListValue): Identity | undefined =>
  list instanceof JsonList ? list.type.identity : undefined;

/** Equal for items that are the same element of a set or map list. */
export function identityText(identity: Identity, item: Value): string {
  if (identity.kind === 'map' && item instanceof JsonObject) {
    return JSON.stringify(identity.keys.map((key) => item.record[key]));
  }
  if (item instanceof JsonObject) return JSON.stringify(sorted(item.record));
  if (item instanceof JsonList) return JSON.stringify(sorted(item.items));
  return keyText(item) ?? `${typeName(item)} ${String(numberOf(item) ?? text(item))}`;
}

function text(value: Value): string {
  if (value instanceof Timestamp || value instanceof Duration) return String(value.nanoseconds);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value);
}

function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted);
  if (json === null || typeof json !== 'object') return json;
  return Object.entries(json)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, sorted(value)]);
}

function mapEquals(left: MapValue, right: MapValue, visits: Visits): boolean {
  if (mapSize(left) !== mapSize(right)) return false;
  for (const [key, value] of mapEntries(left)) {
    const other = mapGet(right, key);
    if (other === undefined || !equals(value, other, visits)) return false;
  }
  return true;
}

/** Below, at or above zero; undefined when the two have no order. */
export function compare(left: Value, right: Value): number | undefined {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  if (left instanceof Timestamp && right instanceof Timestamp) return order(left.nanoseconds, right.nanoseconds);
  if (left instanceof Duration && right instanceof Duration) return order(left.nanoseconds, right.nanoseconds);
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right);
  return undefined;
}

const order = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** By code point, not by UTF-16 unit: surrogates sort behind U+E000 to U+FFFF there. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const isPlain = !/[\ud800-\udfff]/.test(left) && !/[\ud800-\udfff]/.test(right);
  if (isPlain) return left < right ? -1 : 1;
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

// ---- times ---------------------------------------------------------------------------------------------------------

const timestampPattern = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d))?$/;

/** RFC 3339, or a date alone (schema format `date`). */
export function parseTimestamp(source: string): Timestamp {
  const match = timestampPattern.exec(source);
  const [, year, month, day, time = '00:00:00', fraction = '', zone = 'Z'] = match ?? [];
  const milliseconds = match === null ? Number.NaN : Date.parse(`${year}-${month}-${day}T${time}${zone.toUpperCase()}`);
  if (Number.isNaN(milliseconds)) throw new CelError(`type conversion error from '${source}' to 'timestamp'`);
  return new Timestamp(BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0')));
}

const unitNanoseconds: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Go's time.ParseDuration. */
export function parseDuration(source: string): Duration {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(source);
  if (match === null) throw new CelError(`type conversion error from '${source}' to 'duration'`);
  let total = 0n;
  for (const [, number = '', unit = ''] of (match[2] ?? '').matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const [whole = '', fraction = ''] = number.split('.');
    const scale = unitNanoseconds[unit] ?? 0n;
    total += BigInt(whole || '0') * scale + (BigInt(fraction || '0') * scale) / 10n ** BigInt(fraction.length);
  }
  return new Duration(match[1] === '-' ? -total : total);
}

/** Seconds, as protobuf and `string(duration)` have it. */
export function printDuration({ nanoseconds }: Duration): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = String(size % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${sign}${size / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}s`;
}

export function printTimestamp({ nanoseconds }: Timestamp): string {
  const second = 1_000_000_000n;
  const rest = ((nanoseconds % second) + second) % second;
  const seconds = (nanoseconds - rest) / second;
  const fraction = String(rest).padStart(9, '0').replace(/0+$/, '');
  const base = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${base}${fraction === '' ? '' : `.${fraction}`}Z`;
}
