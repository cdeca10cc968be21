/**
 * HTML standard §2.7 Safe passing of structured data: StructuredSerializeInternal and StructuredDeserialize in one
 * pass, as both ends are in one memory.
 */

import { serializable, transferable } from './transfer.ts';

function refuse(what: string): never {
  throw new DOMException(`${what} could not be cloned.`, 'DataCloneError');
}

const errorClasses: Readonly<Record<string, ErrorConstructor>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/** Reading a slot by a getter of the class tells a true Map from what only looks like one. */
const slot = (prototype: object, name: string): ((value: object) => unknown) => {
  const getter = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  return (value) => getter?.call(value);
};

const mapSize = slot(Map.prototype, 'size');
const setSize = slot(Set.prototype, 'size');

function holds(test: (value: object) => unknown, value: object): boolean {
  try {
    test(value);
    return true;
  } catch {
    return false;
  }
}

const isDate = (value: object): boolean =>
  value instanceof Date && holds((one) => Date.prototype.getTime.call(one), value);
const isMap = (value: object): value is Map<unknown, unknown> => value instanceof Map && holds(mapSize, value);
const isSet = (value: object): value is Set<unknown> => value instanceof Set && holds(setSize, value);

interface Memory {
  /** What has been cloned already: identity is kept, and circles close. */
  readonly copies: Map<object, unknown>;
  readonly views: Map<ArrayBufferView, { readonly offset: number; readonly length: number }>;
}

function cloneBuffer(buffer: ArrayBuffer): ArrayBuffer {
  if (buffer.detached) refuse('A detached ArrayBuffer');
  if (!buffer.resizable) return buffer.slice(0);
  const copy = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
  new Uint8Array(copy).set(new Uint8Array(buffer));
  return copy;
}

function cloneView(view: ArrayBufferView, memory: Memory): ArrayBufferView {
  const { offset, length } = memory.views.get(view) ?? {
    offset: view.byteOffset,
    length: view instanceof DataView ? view.byteLength : (view as Uint8Array).length,
  };
  memory.views.set(view, { offset, length });
  const buffer = clone(view.buffer, memory) as ArrayBuffer;
  if (view instanceof DataView) return new DataView(buffer, offset, length);
  // The class by its tag: a subclass of the program's becomes what it is built on (step 20.3).
  const name = Object.getOwnPropertyDescriptor(
    Object.getPrototypeOf(Uint8Array.prototype),
    Symbol.toStringTag,
  )?.get?.call(view);
  const Class = (globalThis as unknown as Record<string, Uint8ArrayConstructor>)[String(name)] ?? Uint8Array;
  return new Class(buffer, offset, length);
}

function cloneError(error: Error, memory: Memory): Error {
  const name = error.name === undefined ? 'Error' : String(error.name);
  const Class = errorClasses[name] ?? Error;
  const made = new Class();
  memory.copies.set(error, made);
  const message = Object.getOwnPropertyDescriptor(error, 'message');
  if (message !== undefined && 'value' in message) define(made, 'message', String(message.value));
  if (typeof error.stack === 'string') define(made, 'stack', error.stack);
  if (Object.hasOwn(error, 'cause')) define(made, 'cause', clone(error.cause, memory));
  return made;
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
}

function cloneObject(value: object): unknown {
  if (value instanceof ArrayBuffer) return cloneBuffer(value);
  if (value instanceof SharedArrayBuffer) return value;
  if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) {
    return Object(value.valueOf());
  }
  if (value instanceof Symbol) refuse('An object of class Symbol');
  if (isDate(value)) return new Date(Date.prototype.getTime.call(value));
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  return undefined;
}

function clone(value: unknown, memory: Memory): unknown {
  if (typeof value === 'symbol') refuse(String(value));
  if (typeof value === 'function') refuse(`The function ${value.name === '' ? '(anonymous)' : value.name}`);
  if (typeof value !== 'object' || value === null) return value;
  if (memory.copies.has(value)) return memory.copies.get(value);
  // Most of what is cloned: no need to ask for all the classes it is not.
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === Array.prototype) return cloneProperties(value, memory);
  if (ArrayBuffer.isView(value)) {
    const copy = cloneView(value, memory);
    memory.copies.set(value, copy);
    return copy;
  }
  const plain = cloneObject(value);
  if (plain !== undefined) {
    memory.copies.set(value, plain);
    return plain;
  }
  if (value instanceof DOMException) {
    const copy = new DOMException(value.message, value.name);
    memory.copies.set(value, copy);
    return copy;
  }
  if (value instanceof Error) return cloneError(value, memory);
  if (isMap(value)) {
    const copy = new Map<unknown, unknown>();
    memory.copies.set(value, copy);
    // A copy first: getters reached while cloning may change the original (step 26.1).
    for (const [key, one] of [...Map.prototype.entries.call(value)]) copy.set(clone(key, memory), clone(one, memory));
    return copy;
  }
  if (isSet(value)) {
    const copy = new Set<unknown>();
    memory.copies.set(value, copy);
    for (const one of [...Set.prototype.values.call(value)]) copy.add(clone(one, memory));
    return copy;
  }
  if (serializable in value) {
    const copy = (value[serializable] as () => object).call(value);
    memory.copies.set(value, copy);
    return copy;
  }
  return cloneProperties(value, memory);
}

/** Classes of the engine and of this folder whose objects are more than their properties. */
function isOpaque(value: object): boolean {
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef)
    return true;
  const tag: unknown = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (tag === undefined && Object.prototype.toString.call(value) === '[object Arguments]') return true;
  const prototype = Object.getPrototypeOf(value);
  // A platform object has its tag on its class, and a tag there is otherwise rare; a plain object has none.
  return typeof tag === 'string' && prototype !== null && prototype !== Object.prototype && platformTags.test(tag);
}

const platformTags =
  /^(?:Headers|Request|Response|URL|URLSearchParams|FormData|AbortSignal|AbortController|EventTarget|Event|MessagePort|MessageChannel|(?:Readable|Writable|Transform)Stream|Generator|AsyncGenerator|TextEncoder|TextDecoder|Crypto|SubtleCrypto|URLPattern)$/;

function cloneProperties(value: object, memory: Memory): object {
  if (isOpaque(value)) refuse(`An object of class ${value.constructor?.name ?? 'null'}`);
  const copy: object = Array.isArray(value) ? new Array(value.length) : {};
  memory.copies.set(value, copy);
  for (const key of Object.keys(value)) {
    // A getter reached before may have deleted it (step 26.4.1).
    if (!Object.hasOwn(value, key)) continue;
    const one = clone((value as Record<string, unknown>)[key], memory);
    // What the prototype has might have a setter or be frozen; anything else becomes the copy's own by assignment.
    if (key in copy) {
      Object.defineProperty(copy, key, { value: one, writable: true, enumerable: true, configurable: true });
    } else (copy as Record<string, unknown>)[key] = one;
  }
  return copy;
}

/** §2.7.4 StructuredSerializeWithTransfer and §2.7.5 StructuredDeserializeWithTransfer. */
export function structuredCloneOf(
  value: unknown,
  transfer: Iterable<object>,
): { readonly value: unknown; readonly transferred: readonly object[] } {
  const list = [...transfer];
  for (const [index, item] of list.entries()) {
    if (list.indexOf(item) !== index) refuse('An object that is twice in the transfer list');
    if (
      item instanceof ArrayBuffer ? item.detached : typeof item !== 'object' || item === null || !(transferable in item)
    ) {
      refuse('A value in the transfer list');
    }
  }
  const memory: Memory = { copies: new Map(), views: new Map() };
  if (list.length === 0) return { value: clone(value, memory), transferred: list };
  // A first walk finds what cannot be cloned before anything is detached, and notes where views lie, as a view of a
  // detached buffer has forgotten that.
  clone(value, { copies: new Map(list.map((item) => [item, item])), views: memory.views });
  const transferred = list.map((item) => {
    const moved =
      item instanceof ArrayBuffer ? item.transfer() : (item as { [transferable](): object })[transferable]();
    memory.copies.set(item, moved);
    return moved;
  });
  return { value: clone(value, memory), transferred };
}

export function structuredClone<Value>(
  value: Value,
  options?: { readonly transfer?: readonly object[] | undefined } | null,
): Value {
  if (arguments.length === 0) throw new TypeError('structuredClone: the value is missing');
  return structuredCloneOf(value, options?.transfer ?? []).value as Value;
}
