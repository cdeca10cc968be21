/**
 * Console standard §2.3 printf-like substitution, and the text of any value. How a value looks is left to the
 * implementation; this keeps to what Node prints for the common kinds, so that logs read alike under every target.
 */

const depthLimit = 2;
const itemLimit = 100;
const lineWidth = 72;

const isIdentifier = /^[A-Za-z_$][\w$]*$/;

export function quote(text: string): string {
  const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' : !text.includes('`') ? '`' : "'";
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}

function functionText(value: object): string {
  const { name } = value as { name?: unknown };
  const isClass = /^class\b/.test(Function.prototype.toString.call(value));
  const label = typeof name === 'string' && name !== '' ? name : '(anonymous)';
  return isClass
    ? `[class ${label}]`
    : `[${value.constructor?.name ?? 'Function'}${label === '(anonymous)' ? ` ${label}` : `: ${label}`}]`;
}

function errorText(error: Error, inner: (value: unknown) => string): string {
  const head = String(error);
  const stack = typeof error.stack === 'string' ? error.stack.trimEnd() : '';
  const text = stack === '' ? `[${head}]` : stack.startsWith(head) ? stack : `${head}\n${stack}`;
  const own = Object.keys(error).filter((key) => key !== 'stack' && key !== 'message');
  const fields = own.map((key) => `${key}: ${inner((error as unknown as Record<string, unknown>)[key])}`);
  if (error.cause !== undefined && !own.includes('cause')) fields.push(`[cause]: ${inner(error.cause)}`);
  return fields.length === 0 ? text : `${text} { ${fields.join(', ')} }`;
}

function wrap(prefix: string, open: string, items: readonly string[], close: string, level: number): string {
  const head = prefix === '' ? open : `${prefix} ${open}`;
  if (items.length === 0) return `${head}${close}`;
  const oneLine = `${head} ${items.join(', ')} ${close}`;
  if (oneLine.length <= lineWidth && !oneLine.includes('\n')) return oneLine;
  const indent = '  '.repeat(level + 1);
  return `${head}\n${indent}${items.join(`,\n${indent}`)}\n${'  '.repeat(level)}${close}`;
}

function limited<Item>(all: Iterable<Item>, size: number, show: (item: Item) => string): string[] {
  const items: string[] = [];
  for (const item of all) {
    if (items.length === itemLimit) {
      const rest = size - itemLimit;
      items.push(`... ${rest} more item${rest === 1 ? '' : 's'}`);
      break;
    }
    items.push(show(item));
  }
  return items;
}

function keyText(key: string | symbol): string {
  if (typeof key === 'symbol') return String(key);
  return isIdentifier.test(key) ? key : quote(key);
}

function fieldsOf(value: object, skip: (key: string) => boolean, inner: (value: unknown) => string): string[] {
  const fields: string[] = [];
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (!property?.enumerable || (typeof key === 'string' && skip(key))) continue;
    const shown =
      property.get !== undefined
        ? property.set !== undefined
          ? '[Getter/Setter]'
          : '[Getter]'
        : property.set !== undefined
          ? '[Setter]'
          : inner(property.value);
    fields.push(`${keyText(key)}: ${shown}`);
  }
  return fields;
}

const noKey = (): boolean => false;
const isIndex = (key: string): boolean => /^(?:0|[1-9][0-9]*)$/.test(key);

/** Members of platform objects are getters of their class; those worth seeing when logged. */
function platformFields(value: object): Record<string, unknown> | null {
  switch (Object.prototype.toString.call(value).slice(8, -1)) {
    case 'Headers':
    case 'URLSearchParams':
    case 'FormData':
      return Object.fromEntries(value as Iterable<[string, unknown]>);
    case 'Request': {
      const { method, url } = value as { method: unknown; url: unknown };
      return { method, url };
    }
    case 'Response': {
      const { status, statusText } = value as { status: unknown; statusText: unknown };
      return { status, statusText };
    }
    case 'URL':
      return { href: (value as { href: unknown }).href };
    default:
      return null;
  }
}

function objectText(value: object, level: number, seen: readonly object[]): string {
  if (seen.includes(value)) return '[Circular *]';
  const inner = (one: unknown): string => inspect(one, level + 1, [...seen, value]);
  if (value instanceof Error) return errorText(value, inner);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  const name = prototype === null ? '[Object: null prototype]' : (value.constructor?.name ?? 'Object');
  if (level > depthLimit) return Array.isArray(value) ? '[Array]' : `[${name === '' ? 'Object' : name}]`;
  if (Array.isArray(value)) {
    const items = limited(value, value.length, inner);
    return wrap(
      name === 'Array' ? '' : `${name}(${value.length})`,
      '[',
      [...items, ...fieldsOf(value, isIndex, inner)],
      ']',
      level,
    );
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = value as Uint8Array;
    return wrap(`${name}(${items.length})`, '[', limited(items, items.length, inner), ']', level);
  }
  if (value instanceof Map) {
    const items = limited(value, value.size, ([key, one]) => `${inner(key)} => ${inner(one)}`);
    return wrap(`${name}(${value.size})`, '{', [...items, ...fieldsOf(value, noKey, inner)], '}', level);
  }
  if (value instanceof Set) {
    const items = limited(value, value.size, inner);
    return wrap(`${name}(${value.size})`, '{', [...items, ...fieldsOf(value, noKey, inner)], '}', level);
  }
  if (value instanceof Promise) return 'Promise {}';
  if (value instanceof ArrayBuffer) return `ArrayBuffer { byteLength: ${value.byteLength} }`;
  if (value instanceof String || value instanceof Number || value instanceof Boolean) {
    return `[${name}: ${inspect(value.valueOf(), level, seen)}]`;
  }
  const tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  const label = typeof tag === 'string' && tag !== '' && tag !== name ? `${name} [${tag}]` : name;
  const fields = fieldsOf(platformFields(value) ?? value, noKey, inner);
  return wrap(label === 'Object' ? '' : label, '{', fields, '}', level);
}

export function inspect(value: unknown, level = 0, seen: readonly object[] = []): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'function': {
      const fields = fieldsOf(value, noKey, (one) => inspect(one, level + 1, [...seen, value]));
      return fields.length === 0 || level > depthLimit
        ? functionText(value)
        : wrap(functionText(value), '{', fields, '}', level);
    }
    case 'object':
      return value === null ? 'null' : objectText(value, level, seen);
    default:
      return String(value);
  }
}

const show = (value: unknown): string => (typeof value === 'string' ? value : inspect(value));

/** §2.3 the type conversions of the specifiers. */
const specifiers: Readonly<Record<string, (value: unknown) => string>> = {
  s: (value) =>
    typeof value === 'object' && value !== null
      ? inspect(value)
      : typeof value === 'bigint'
        ? `${value}n`
        : String(value),
  d: (value) => (typeof value === 'bigint' ? `${value}n` : typeof value === 'symbol' ? 'NaN' : inspect(Number(value))),
  i: (value) =>
    typeof value === 'bigint'
      ? `${value}n`
      : typeof value === 'symbol'
        ? 'NaN'
        : String(Number.parseInt(String(value), 10)),
  f: (value) => (typeof value === 'symbol' ? 'NaN' : String(Number.parseFloat(String(value)))),
  j: (value) => JSON.stringify(value) ?? 'undefined',
  o: (value) => inspect(value),
  O: (value) => inspect(value),
  c: () => '',
};

/** §2.2 Formatter. */
export function format(values: readonly unknown[]): string {
  const [first, ...rest] = values;
  if (values.length === 1 && typeof first === 'string') return first;
  if (typeof first !== 'string' || !first.includes('%')) return values.map(show).join(' ');
  let next = 0;
  const head = first.replace(/%([sdifjoOc%])/g, (whole, kind: string) => {
    if (kind === '%') return '%';
    if (next >= rest.length) return whole;
    return specifiers[kind]?.(rest[next++]) ?? whole;
  });
  return [head, ...rest.slice(next).map(show)].join(' ');
}
