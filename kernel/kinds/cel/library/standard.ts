/** The standard library: operators, size, conversions (cel-spec langdef.md, "Standard definitions"). */
import { compilePattern, type Pattern } from '../../pattern.ts';
import { global, member, type Overload, prices } from '../overload.ts';
import {
  bool,
  bytes,
  double,
  duration,
  dyn,
  int,
  listOf,
  mapOf,
  optionalOf,
  parameter,
  string,
  type Type,
  timestamp,
  typeType,
  uint,
} from '../type.ts';
import {
  CelError,
  compare,
  Duration,
  equals,
  isList,
  JsonList,
  type ListValue,
  listItem,
  listItems,
  listSize,
  type MapValue,
  mapGet,
  mapSize,
  Optional,
  parseDuration,
  parseTimestamp,
  printDuration,
  printKey,
  printTimestamp,
  Timestamp,
  TypeValue,
  typeName,
  Uint,
  type Value,
} from '../value.ts';

const [A, B] = [parameter('A'), parameter('B')];

// ---- numbers -------------------------------------------------------------------------------------------------------

const intLeast = -(2n ** 63n);
const intMost = 2n ** 63n - 1n;
const uintMost = 2n ** 64n - 1n;

export function asInt(value: bigint): bigint {
  if (value < intLeast || value > intMost) throw new CelError('integer overflow');
  return value;
}

function asUint(value: bigint): Uint {
  if (value < 0n || value > uintMost) throw new CelError('unsigned integer overflow');
  return new Uint(value);
}

function divisor(value: bigint, what: 'division' | 'modulus'): bigint {
  if (value === 0n) throw new CelError(`${what} by zero`);
  return value;
}

type Two<T> = (a: T, b: T) => Value;

function arithmetic(name: string, whole: Two<bigint> | undefined, real: Two<number> | undefined): readonly Overload[] {
  const rows: Overload[] = [];
  if (whole !== undefined) {
    rows.push(global(name, [int, int], int, (a: bigint, b: bigint) => asInt(whole(a, b) as bigint)));
    rows.push(global(name, [uint, uint], uint, (a: Uint, b: Uint) => asUint(whole(a.value, b.value) as bigint)));
  }
  if (real !== undefined) rows.push(global(name, [double, double], double, real));
  return rows;
}

const numbers: readonly Overload[] = [
  ...arithmetic(
    '_+_',
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  ...arithmetic(
    '_-_',
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  ...arithmetic(
    '_*_',
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  ...arithmetic(
    '_/_',
    (a, b) => a / divisor(b, 'division'),
    (a, b) => a / b,
  ),
  ...arithmetic('_%_', (a, b) => a % divisor(b, 'modulus'), undefined),
  global('-_', [int], int, (a: bigint) => asInt(-a)),
  global('-_', [double], double, (a: number) => -a),
];

// ---- times ---------------------------------------------------------------------------------------------------------

const earliest = parseTimestamp('0001-01-01T00:00:00Z').nanoseconds;
const latest = parseTimestamp('9999-12-31T23:59:59.999999999Z').nanoseconds;

function asTimestamp(nanoseconds: bigint): Timestamp {
  if (nanoseconds < earliest || nanoseconds > latest) throw new CelError('timestamp overflow');
  return new Timestamp(nanoseconds);
}

function asDuration(nanoseconds: bigint): Duration {
  if (nanoseconds < intLeast || nanoseconds > intMost) throw new CelError('duration overflow');
  return new Duration(nanoseconds);
}

const times: readonly Overload[] = [
  global('_+_', [timestamp, duration], timestamp, (a: Timestamp, b: Duration) =>
    asTimestamp(a.nanoseconds + b.nanoseconds),
  ),
  global('_+_', [duration, timestamp], timestamp, (a: Duration, b: Timestamp) =>
    asTimestamp(a.nanoseconds + b.nanoseconds),
  ),
  global('_+_', [duration, duration], duration, (a: Duration, b: Duration) =>
    asDuration(a.nanoseconds + b.nanoseconds),
  ),
  global('_-_', [timestamp, timestamp], duration, (a: Timestamp, b: Timestamp) =>
    asDuration(a.nanoseconds - b.nanoseconds),
  ),
  global('_-_', [timestamp, duration], timestamp, (a: Timestamp, b: Duration) =>
    asTimestamp(a.nanoseconds - b.nanoseconds),
  ),
  global('_-_', [duration, duration], duration, (a: Duration, b: Duration) =>
    asDuration(a.nanoseconds - b.nanoseconds),
  ),
];

// ---- order and equality --------------------------------------------------------------------------------------------

const ordered: readonly Type[] = [bool, string, bytes, timestamp, duration];
const numeric: readonly Type[] = [int, uint, double];

function comparison(name: string, holds: (order: number) => boolean): readonly Overload[] {
  const call = (a: Value, b: Value): boolean => holds(compare(a, b) ?? Number.NaN);
  return [
    ...ordered.map((type) => global(name, [type, type], bool, call, prices.smaller)),
    ...numeric.flatMap((left) => numeric.map((right) => global(name, [left, right], bool, call))),
  ];
}

/** What is beyond the first level of two values costs as much as it would on its own. */
function equality(name: string, wanted: boolean): Overload {
  return {
    name,
    member: false,
    parameters: [A, A],
    result: bool,
    call: ([a = null, b = null], meter) => {
      const visits = { count: 0 };
      const answer = equals(a, b, visits) === wanted;
      meter.spend(Math.floor(visits.count * 0.1));
      return answer;
    },
    ...prices.smaller,
  };
}

const contained: Overload = {
  name: '@in',
  member: false,
  parameters: [A, listOf(A)],
  result: bool,
  call: ([item = null, list = null], meter) => {
    const visits = { count: 0 };
    let found = false;
    for (const other of listItems(list as ListValue)) {
      found = equals(item, other, visits);
      if (found) break;
    }
    meter.spend(Math.floor(visits.count * 0.1));
    return found;
  },
  cost: (sizes) => sizes[1] ?? 1,
};

// ---- lists, maps, text ---------------------------------------------------------------------------------------------

const sizeOfText = (text: string): bigint => BigInt(/[\ud800-\udfff]/.test(text) ? [...text].length : text.length);

const sizes = (['size'] as const).flatMap((name) => {
  const rows: readonly (readonly [Type, (value: never) => Value])[] = [
    [string, (text: string) => sizeOfText(text)],
    [bytes, (data: Uint8Array) => BigInt(data.length)],
    [listOf(A), (list: ListValue) => BigInt(listSize(list))],
    [mapOf(A, B), (map: MapValue) => BigInt(mapSize(map))],
  ];
  return rows.flatMap(([type, call]) => [global(name, [type], int, call), member(name, [type], int, call)]);
});

/** Undefined for what is no place in a list. */
function position(index: Value): number | undefined {
  if (typeof index === 'bigint') return Number(index);
  if (index instanceof Uint) return Number(index.value);
  return typeof index === 'number' && Number.isInteger(index) ? index : undefined;
}

export function index(container: ListValue | MapValue, key: Value): Value {
  const found = find(container, key);
  if (found !== undefined) return found;
  if (!isList(container)) throw new CelError(`no such key: ${printKey(key)}`);
  throw new CelError(`index out of bounds: ${printKey(key)}`);
}

export function find(container: ListValue | MapValue, key: Value): Value | undefined {
  if (!isList(container)) return mapGet(container, key);
  const place = position(key);
  return place === undefined ? undefined : listItem(container, place);
}

const maybe = (container: ListValue | MapValue, key: Value): Optional => {
  const found = find(container, key);
  return found === undefined ? Optional.none : new Optional(found);
};

const maybeIn = ({ value }: Optional, key: Value): Optional =>
  value === undefined ? Optional.none : maybe(value as ListValue | MapValue, key);

/** `+` on lists of a schema: sets and map lists are joined by their elements (apiserver pkg/cel/common/values.go). */
function joinLists(left: ListValue, right: ListValue): ListValue {
  if (left instanceof JsonList && right instanceof JsonList && left.type.identity !== undefined) {
    const { identity } = left.type;
    const keyOf = (item: unknown): string =>
      identity.kind === 'map'
        ? JSON.stringify(identity.keys.map((key) => (item as Record<string, unknown> | null)?.[key]))
        : JSON.stringify(item);
    const items = new Map(left.items.map((item) => [keyOf(item), item]));
    for (const item of right.items) items.set(keyOf(item), item);
    return new JsonList([...items.values()], left.type);
  }
  return [...listItems(left), ...listItems(right)];
}

const containers: readonly Overload[] = [
  global('_+_', [string, string], string, (a: string, b: string) => a + b, prices.joined),
  global('_+_', [bytes, bytes], bytes, (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]), prices.joined),
  global('_+_', [listOf(A), listOf(A)], listOf(A), joinLists, {
    // cel-go links the two; here they are copied, which costs something.
    cost: (lengths) => 1 + Math.floor(((lengths[0] ?? 0) + (lengths[1] ?? 0)) / 10),
    size: prices.joined.size,
  }),
  contained,
  global('@in', [A, mapOf(A, B)], bool, (key: Value, map: MapValue) => mapGet(map, key) !== undefined),
  global('_[_]', [listOf(A), int], A, index),
  global('_[_]', [mapOf(A, B), A], B, index),
  global('_[?_]', [listOf(A), int], optionalOf(A), maybe),
  global('_[?_]', [mapOf(A, B), A], optionalOf(B), maybe),
  global('_[?_]', [optionalOf(listOf(A)), int], optionalOf(A), maybeIn),
  global('_[?_]', [optionalOf(mapOf(A, B)), A], optionalOf(B), maybeIn),
  global('_[_]', [optionalOf(listOf(A)), int], optionalOf(A), maybeIn),
  global('_[_]', [optionalOf(mapOf(A, B)), A], optionalOf(B), maybeIn),
];

const mostPatterns = 200;
const patterns = new Map<string, Pattern>();

/** Compiling costs more than matching, so the patterns in use are kept. */
export function patternOf(source: string): Pattern {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    try {
      pattern = compilePattern(source);
    } catch (error) {
      throw new CelError(`error parsing regexp: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (patterns.size >= mostPatterns) patterns.clear();
    patterns.set(source, pattern);
  }
  return pattern;
}

const matches = (text: string, pattern: string): boolean => patternOf(pattern).test(text);

const text: readonly Overload[] = [
  member('contains', [string, string], bool, (a: string, b: string) => a.includes(b), prices.product),
  member('startsWith', [string, string], bool, (a: string, b: string) => a.startsWith(b), prices.second),
  member('endsWith', [string, string], bool, (a: string, b: string) => a.endsWith(b), prices.second),
  member('matches', [string, string], bool, matches, prices.regex),
  // Upstream estimates it in this form as if it looked at nothing.
  global('matches', [string, string], bool, matches, { ...prices.regex, estimate: () => 1 }),
];

// ---- conversions ---------------------------------------------------------------------------------------------------

function conversionError(value: Value, to: string): CelError {
  return new CelError(`type conversion error from '${typeName(value)}' to '${to}'`);
}

function wholeOf(value: number): bigint {
  if (!Number.isFinite(value)) throw new CelError('integer overflow');
  return BigInt(Math.trunc(value));
}

function parseWhole(source: string, to: string): bigint {
  if (!/^[+-]?\d+$/.test(source)) throw conversionError(source, to);
  return BigInt(source.replace(/^\+/, ''));
}

function parseReal(source: string): number {
  const value = Number(source);
  const isSpecial = /^[+-]?(inf(inity)?|nan)$/i.test(source);
  if (isSpecial) return /nan/i.test(source) ? Number.NaN : source.startsWith('-') ? -Infinity : Infinity;
  if (source.trim() !== source || source === '' || Number.isNaN(value)) throw conversionError(source, 'double');
  return value;
}

function parseBool(source: string): boolean {
  if (['true', 'True', 'TRUE', 't', '1'].includes(source)) return true;
  if (['false', 'False', 'FALSE', 'f', '0'].includes(source)) return false;
  throw conversionError(source, 'bool');
}

/** Go's shortest form. */
export function printDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return String(value);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(data: Uint8Array): string {
  try {
    return utf8.decode(data);
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

const second = 1_000_000_000n;
/** Texts of numbers and times are no longer than this. */
const conversions: readonly Overload[] = [
  global('int', [int], int, (a: bigint) => a),
  global('int', [uint], int, (a: Uint) => asInt(a.value)),
  global('int', [double], int, (a: number) => asInt(wholeOf(a))),
  global('int', [string], int, (a: string) => asInt(parseWhole(a, 'int'))),
  global('int', [timestamp], int, (a: Timestamp) => a.nanoseconds / second),
  global('int', [duration], int, (a: Duration) => a.nanoseconds),
  global('uint', [uint], uint, (a: Uint) => a),
  global('uint', [int], uint, (a: bigint) => asUint(a)),
  global('uint', [double], uint, (a: number) => asUint(wholeOf(a))),
  global('uint', [string], uint, (a: string) => asUint(parseWhole(a, 'uint'))),
  global('double', [double], double, (a: number) => a),
  global('double', [int], double, (a: bigint) => Number(a)),
  global('double', [uint], double, (a: Uint) => Number(a.value)),
  global('double', [string], double, parseReal),
  global('string', [string], string, (a: string) => a, { size: prices.firstKept.size }),
  global('string', [bool], string, String),
  global('string', [int], string, String),
  global('string', [uint], string, (a: Uint) => String(a.value)),
  global('string', [double], string, printDouble),
  global('string', [bytes], string, decode, prices.firstKept),
  global('string', [timestamp], string, printTimestamp),
  global('string', [duration], string, printDuration),
  global('bytes', [bytes], bytes, (a: Uint8Array) => a),
  global('bytes', [string], bytes, (a: string) => new TextEncoder().encode(a), {
    cost: prices.first.cost,
    size: (lengths) => (lengths[0] ?? 1) * 4,
  }),
  global('bool', [bool], bool, (a: boolean) => a),
  global('bool', [string], bool, parseBool),
  global('timestamp', [timestamp], timestamp, (a: Timestamp) => a),
  global('timestamp', [string], timestamp, (a: string) => asTimestamp(parseTimestamp(a).nanoseconds)),
  global('timestamp', [int], timestamp, (a: bigint) => asTimestamp(a * second)),
  global('duration', [duration], duration, (a: Duration) => a),
  global('duration', [string], duration, (a: string) => asDuration(parseDuration(a).nanoseconds)),
  global('dyn', [A], dyn, (a: Value) => a, { size: prices.firstKept.size }),
  global('type', [A], typeType, (a: Value) => new TypeValue(typeName(a))),
];

export const standard: readonly Overload[] = [
  ...numbers,
  ...times,
  ...comparison('_<_', (order) => order < 0),
  ...comparison('_<=_', (order) => order <= 0),
  ...comparison('_>_', (order) => order > 0),
  ...comparison('_>=_', (order) => order >= 0),
  equality('_==_', true),
  equality('_!=_', false),
  global('!_', [bool], bool, (a: boolean) => !a),
  ...sizes,
  ...containers,
  ...text,
  ...conversions,
];
