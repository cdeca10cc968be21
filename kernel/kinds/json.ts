/**
 * Reading JSON whose shape nobody has checked yet. An integer that a double cannot hold is a bigint: Kubernetes' integers
 * have 64 bits.
 */

export interface JsonRecord {
  [key: string]: unknown;
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

declare global {
  interface BigInt {
    toJSON(): unknown;
  }
  interface JSON {
    rawJSON(text: string): unknown;
  }
}

// Wherever an object is written as JSON, its digits are.
Object.defineProperty(BigInt.prototype, 'toJSON', {
  value(this: bigint): unknown {
    return JSON.rawJSON(this.toString());
  },
  writable: true,
  configurable: true,
});

/** 2^53 has 16 digits. */
const longInteger = /\d{16}/;

export const hasLongInteger = (text: string): boolean => longInteger.test(text);

/** `JSON.parse` that keeps all digits of integers of 64 bits. */
export function parseJson(text: string): unknown {
  return longInteger.test(text) ? (JSON.parse(text, exactInteger) as unknown) : JSON.parse(text);
}

const largestInt64 = 2n ** 63n - 1n;
const smallestInt64 = -(2n ** 63n);

function exactInteger(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? int64Of(BigInt(source)) : value;
}

/** As Go reads a number into an interface: what is beyond 64 bits is a double. */
export function int64Of(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) || value > largestInt64 || value < smallestInt64 ? number : value;
}

/** The object at `key`, or an empty one that is not attached. */
export function recordAt(object: unknown, ...path: readonly string[]): JsonRecord {
  const found = valueAt(object, path);
  return isRecord(found) ? found : {};
}

export function arrayAt(object: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(object, path);
  return Array.isArray(found) ? found : [];
}

/** The objects of a list; anything else in it is left out. */
export function recordsAt(object: unknown, ...path: readonly string[]): readonly JsonRecord[] {
  return arrayAt(object, ...path).filter(isRecord);
}

export function stringAt(object: unknown, ...path: readonly string[]): string {
  const found = valueAt(object, path);
  return typeof found === 'string' ? found : '';
}

export function numberAt(object: unknown, ...path: readonly string[]): number | undefined {
  const found = valueAt(object, path);
  // Rules compare and bound; those few integers that lose digits are far outside of every bound.
  return typeof found === 'bigint' ? Number(found) : typeof found === 'number' ? found : undefined;
}

export function valueAt(object: unknown, path: readonly string[]): unknown {
  let current = object;
  for (const key of path) {
    if (!isRecord(current) || !Object.hasOwn(current, key)) return undefined;
    current = current[key];
  }
  return current;
}

/** Sets a value, making the objects on the way. */
export function setAt(object: JsonRecord, path: readonly string[], value: unknown): void {
  let current = object;
  for (const key of path.slice(0, -1)) current = ensureRecord(current, key);
  const last = path.at(-1);
  if (last !== undefined) current[last] = value;
}

/** The object at `key`, put there when missing. */
export function ensureRecord(object: JsonRecord, key: string): JsonRecord {
  // Own properties only: a path may come from a client and must not lead to Object.prototype.
  const found = Object.hasOwn(object, key) ? object[key] : undefined;
  if (isRecord(found)) return found;
  const made: JsonRecord = {};
  object[key] = made;
  return made;
}

/** Sets `key` unless it has a value; empty string and null count as none, as Go's zero values do. */
export function setDefault(object: JsonRecord, key: string, value: unknown): void {
  const current = object[key];
  if (current === undefined || current === null || current === '') object[key] = value;
}

/** Sets `key` where it is absent or the number 0: for Go fields that are no pointers. */
export function setDefaultNumber(object: JsonRecord, key: string, value: number): void {
  const current = object[key];
  if (current === undefined || current === null || current === 0) object[key] = value;
}

/** A table looked up by what a client says: `constructor` and `__proto__` are not in it. */
export function lookup<V>(rows: Readonly<Record<string, V>>): ReadonlyMap<string, V> {
  return new Map(Object.entries(rows));
}

/** Sets a property whose name a client chose: `__proto__` is a key like any other. */
export function setOwn(object: JsonRecord, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => deepEqual(item, b[index]));
  }
  const left = a as JsonRecord;
  const right = b as JsonRecord;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && deepEqual(left[key], right[key]));
}

/** Go's semantic equality: absent, null, and empty lists and maps are the same. */
export function semanticallyEqual(a: unknown, b: unknown): boolean {
  return deepEqual(withoutEmpty(a), withoutEmpty(b));
}

/** The same text for values that are semantically equal: for looking up what is too much to compare with each. */
export function semanticText(value: unknown): string {
  const sorted = (_: string, inner: unknown): unknown =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner;
  return JSON.stringify(withoutEmpty(value), sorted) ?? '';
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutEmpty);
  if (!isRecord(value)) return value === null ? undefined : value;
  const result: JsonRecord = {};
  for (const [key, item] of Object.entries(value)) {
    const kept = withoutEmpty(item);
    if (kept !== undefined) result[key] = kept;
  }
  return Object.keys(result).length === 0 ? undefined : result;
}

/** JSON as Go's encoder writes it: safe within HTML. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
