/**
 * Text of a value that is the same under every engine for the same behaviour: errors by name alone, since messages are
 * free, objects of the platform by what they hold. Uses nothing but ECMAScript, as it runs inside the engine too.
 */
export function show(value: unknown, seen: readonly object[] = []): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'symbol':
      return String(value);
    case 'function':
      return `[function ${value.name}]`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'object':
      return value === null ? 'null' : showObject(value, seen);
    default:
      return String(value);
  }
}

function showObject(value: object, seen: readonly object[]): string {
  if (seen.includes(value)) return '[circular]';
  const inner = (one: unknown): string => show(one, [...seen, value]);
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (value instanceof Error || tag === 'DOMException') return `[error ${(value as Error).name}]`;
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${[...new Uint8Array(value)].join(' ')})`;
  if (value instanceof DataView) return `DataView(${value.byteOffset} ${value.byteLength})`;
  if (ArrayBuffer.isView(value)) return `${tag}(${[...(value as Uint8Array)].join(' ')})`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Map)
    return `Map(${[...value].map(([key, one]) => `${inner(key)} => ${inner(one)}`).join(', ')})`;
  if (value instanceof Set) return `Set(${[...value].map(inner).join(', ')})`;
  if (typeof (value as { next?: unknown }).next === 'function' && Symbol.iterator in value) {
    return `${tag}(${[...(value as Iterable<unknown>)].map(inner).join(', ')})`;
  }
  if (/^(?:Headers|URLSearchParams|FormData)$/.test(tag)) {
    return `${tag}(${[...(value as Iterable<unknown>)].map(inner).join(', ')})`;
  }
  if (tag === 'URL') return `URL(${(value as { href: string }).href})`;
  // Sorted: engines differ in how they build the results of iterators, and order is what cases spell out by arrays.
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${key}: ${inner((value as Record<string, unknown>)[key])}`);
  return `${tag === 'Object' ? '' : tag}{${fields.join(', ')}}`;
}

type AsyncBody = (...values: readonly unknown[]) => Promise<unknown>;

const AsyncFunction = (async () => undefined).constructor as new (...source: readonly string[]) => AsyncBody;

/** A case is an expression, or a function body when it begins with a statement or says `return`; `await` is allowed. */
export const bodyOf = (code: string): string =>
  /^(?:const|let|class|function|async|try|for)\b|\breturn\b/.test(code) ? code : `return (${code})`;

/** What a case comes to: the text of its result, or of what it throws. */
export async function showOutcome(run: () => Promise<unknown>): Promise<string> {
  try {
    return show(await run());
  } catch (error) {
    return error instanceof Error || Object.prototype.toString.call(error) === '[object DOMException]'
      ? `throws ${(error as Error).name}`
      : `throws ${show(error)}`;
  }
}

/** Runs one case with the given names in scope. */
export function runCase(code: string, names: Readonly<Record<string, unknown>>): Promise<string> {
  // Outside of what is caught: a case that does not parse is a mistake of the case.
  const run = new AsyncFunction(...Object.keys(names), `"use strict"; ${bodyOf(code)}`);
  return showOutcome(() => run(...Object.values(names)));
}
