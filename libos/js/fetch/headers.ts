/**
 * Fetch standard §2.2.2 Headers and §5.1 the Headers class.
 *
 * A list is kept as an object from the lower-case name to the combined value ("get, decode"), because that is what every
 * reader asks for, and reading a property is a third of a call in the engine; `Set-Cookie` alone may not be combined (RFC 6265 §3) and is kept as a list. On the wire several
 * fields of one name are therefore one line, which means the same (RFC 9110 §5.3).
 */

export type HeadersInit = Headers | Iterable<readonly string[]> | Readonly<Record<string, string>>;

/** Without a prototype, so that every name is one like any other. */
type HeaderList = Record<string, string>;

/** RFC 9110 §5.6.2 token. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Values that need no second look: nothing to strip, nothing forbidden. Matched first as nearly all are like this. */
const plainValue = /^[!-~](?:[ -~]*[!-~])?$/;

const forbiddenInValue = /[\0\r\n]/;
const outsideBytes = /[^\0-\xff]/;
const surroundingWhitespace = /^[\t\n\r ]+|[\t\n\r ]+$/g;

/**
 * Lower-case form of names met before, and values found plain: programs send the same few, and looking one up costs a tenth of
 * checking it with a regular expression in the engine. Objects rather than maps, as reading a property is a third of a call
 * there. Bounded, as both can come from outside.
 */
const knownNames: Record<string, string> = Object.create(null);
const knownValues: Record<string, true> = Object.create(null);
const knownLimit = 256;
const knownNameLength = 64;
const knownValueLength = 100;
let knownNameCount = 0;
let knownValueCount = 0;

export function headerName(given: unknown, method: string): string {
  const known = typeof given === 'string' ? knownNames[given] : undefined;
  if (known !== undefined) return known;
  const name = `${given}`;
  if (!token.test(name)) throw new TypeError(`Headers.${method}: "${name}" is not a valid header name`);
  const lower = name.toLowerCase();
  if (name.length <= knownNameLength && knownNameCount < knownLimit) {
    knownNameCount++;
    knownNames[name] = lower;
  }
  return lower;
}

/** §2.2.2 normalize, then check that it is a header value. */
export function headerValue(given: unknown, method: string): string {
  if (typeof given === 'string' && given.length <= knownValueLength && knownValues[given] === true) return given;
  const value = typeof given === 'string' ? given : `${given}`;
  if (plainValue.test(value)) {
    if (value.length <= knownValueLength && knownValueCount < knownLimit) {
      knownValueCount++;
      knownValues[value] = true;
    }
    return value;
  }
  if (outsideBytes.test(value)) {
    throw new TypeError(`Headers.${method}: a header value holds a character above U+00FF; encode it first`);
  }
  const normalized = value.replace(surroundingWhitespace, '');
  if (forbiddenInValue.test(normalized)) {
    throw new TypeError(`Headers.${method}: a header value may not hold NUL, CR or LF`);
  }
  return normalized;
}

let sorted: (headers: Headers) => readonly (readonly [string, string])[];

/** Headers from a list the glue has checked already: lower-case names, valid values; several lines of one name allowed. */
export let trusted: (list: readonly string[], isImmutable: boolean) => Headers;

/** name, value, name, value … with one `set-cookie` pair per cookie. */
export let flatten: (headers: Headers) => string[];

/** `name: value\r\n` for each. */
export let linesOf: (headers: Headers) => string;

/**
 * Lines met before, by lower-case name and value: programs send the same few, and names and values of a line that is here
 * are fine. Objects rather than maps, as reading a property is a third of a call in the engine. Bounded like the names.
 */
const knownLines: Record<string, Record<string, string>> = Object.create(null);
let knownLineCount = 0;

function knownLine(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > knownValueLength) return undefined;
  const known = knownLines[name];
  return known === undefined ? undefined : known[value];
}

function lineOf(name: string, given: unknown): string {
  const value = headerValue(given, 'append');
  // biome-ignore lint/style/useTemplate: half the time of a template in the engine.
  const line = name + ': ' + value + '\r\n';
  if (value === given && value.length <= knownValueLength && knownLineCount < knownLimit) {
    knownLineCount++;
    knownLines[name] ??= Object.create(null) as Record<string, string>;
    (knownLines[name] as Record<string, string>)[value] = line;
  }
  return line;
}

/** Whether the lines made last say what the content is; a second result without an object to carry it. */
export let isTypeInLastLines = false;

/** `name: value\r\n` for what a program gave as headers, as of now: what a response needs of them that is only sent. */
export function linesFrom(init: HeadersInit): string {
  if (typeof init !== 'object' || init === null || Symbol.iterator in init) {
    return linesOf(isUnchanged(init) ? init : new Headers(init));
  }
  const record = init as Readonly<Record<string, string>>;
  const names = namesOf(record);
  let lines = '';
  let hasType = false;
  let isMixed = false;
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as string;
    const lower = headerName(name, 'append');
    if (lower !== name) isMixed = true;
    // Names that differ in case only are one field.
    // biome-ignore lint/style/useTemplate: as above.
    if (isMixed && at > 0 && lines.includes(lower + ': ')) return linesOf(new Headers(init));
    if (lower === 'content-type') hasType = true;
    lines += knownLine(lower, record[name]) ?? lineOf(lower, record[name]);
  }
  isTypeInLastLines = hasType;
  return lines;
}

function namesOf(record: Readonly<Record<string, string>>): readonly string[] {
  if (Object.getOwnPropertySymbols(record).length > 0) {
    throw new TypeError('Headers: a header name cannot be a symbol');
  }
  return Object.keys(record);
}

/** The object for lines that were made here. */
export function headersOfLines(lines: string): Headers {
  const list: string[] = [];
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(': ');
    if (colon >= 0) list.push(line.slice(0, colon), line.slice(colon + 2));
  }
  return trusted(list, false);
}

export let freeze: (headers: Headers) => void;

export let isHeaders: (value: unknown) => value is Headers;

/** What few headers have, in one place: a field of a class costs each of its objects time, used or not. */
class Rare {
  readonly cookies: string[] = [];
  /** §2.2.2 sort and combine, kept until the next change: iteration asks for it at every step. */
  sorted: readonly (readonly [string, string])[] | null = null;
}

export class Headers {
  readonly #values: HeaderList = Object.create(null);
  #rare: Rare | null = null;
  #isImmutable = false;

  constructor(init: HeadersInit | undefined = undefined) {
    if (init === undefined) return;
    if (isUnchanged(init)) {
      const values = init.#values;
      for (const name in values) this.#values[name] = values[name] as string;
      if (init.#rare !== null) for (const cookie of init.#rare.cookies) this.#more().cookies.push(cookie);
    } else this.#fill(init);
  }

  /** §5.1 fill. */
  #fill(init: HeadersInit): void {
    if ((typeof init !== 'object' && typeof init !== 'function') || init === null) {
      throw new TypeError('Headers: the first argument must be an object, an iterable of pairs or undefined');
    }
    const iterator: unknown = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
    if (iterator !== undefined && iterator !== null) {
      for (const pair of init as Iterable<readonly string[]>) this.#appendPair(pair);
      return;
    }
    const record = init as Readonly<Record<string, string>>;
    const names = namesOf(record);
    // By index and without the public `append`, which a program may have replaced.
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string;
      this.#append(headerName(name, 'append'), headerValue(record[name], 'append'), ', ');
    }
  }

  #appendPair(pair: readonly string[]): void {
    if (typeof pair !== 'object' || pair === null) throw new TypeError('Headers: each entry must be a pair');
    const [name, value, ...more] = pair;
    if (name === undefined || value === undefined || more.length > 0) {
      throw new TypeError('Headers: each entry must be a pair of name and value');
    }
    this.append(name, value);
  }

  #more(): Rare {
    this.#rare ??= new Rare();
    return this.#rare;
  }

  #append(name: string, value: string, separator: string): void {
    if (name === 'set-cookie') {
      this.#more().cookies.push(value);
      return;
    }
    const old = this.#values[name];
    this.#values[name] = old === undefined ? value : old + separator + value;
  }

  append(name: string, value: string): void {
    const lower = headerName(name, 'append');
    const normalized = headerValue(value, 'append');
    this.#check();
    this.#append(lower, normalized, ', ');
  }

  delete(name: string): void {
    const lower = headerName(name, 'delete');
    this.#check();
    if (lower === 'set-cookie') this.#rare?.cookies.splice(0);
    else delete this.#values[lower];
  }

  get(name: string): string | null {
    const lower = headerName(name, 'get');
    if (lower === 'set-cookie') return this.has(lower) ? this.getSetCookie().join(', ') : null;
    return this.#values[lower] ?? null;
  }

  getSetCookie(): string[] {
    return this.#rare === null ? [] : [...this.#rare.cookies];
  }

  has(name: string): boolean {
    const lower = headerName(name, 'has');
    return lower === 'set-cookie'
      ? this.#rare !== null && this.#rare.cookies.length > 0
      : this.#values[lower] !== undefined;
  }

  set(name: string, value: string): void {
    const lower = headerName(name, 'set');
    const normalized = headerValue(value, 'set');
    this.#check();
    if (lower === 'set-cookie') this.#more().cookies.splice(0, Number.POSITIVE_INFINITY, normalized);
    else this.#values[lower] = normalized;
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArgument?: unknown): void {
    if (typeof callback !== 'function') throw new TypeError('Headers.forEach: the first argument must be a function');
    for (const [name, value] of this) callback.call(thisArgument, value, name, this);
  }

  entries(): HeadersIterator<[string, string]> {
    return new HeadersIterator(this, ([name, value]) => [name, value]);
  }

  keys(): HeadersIterator<string> {
    return new HeadersIterator(this, ([name]) => name);
  }

  values(): HeadersIterator<string> {
    return new HeadersIterator(this, ([, value]) => value);
  }

  declare [Symbol.iterator]: () => HeadersIterator<[string, string]>;

  get [Symbol.toStringTag](): string {
    return 'Headers';
  }

  #check(): void {
    if (this.#isImmutable) throw new TypeError('These headers are immutable; copy them with new Headers(headers)');
    if (this.#rare !== null) this.#rare.sorted = null;
  }

  static {
    trusted = (list, isImmutable) => {
      const headers = new Headers();
      for (let at = 0; at < list.length; at += 2) {
        const name = list[at] as string;
        // What arrives as several lines of cookies is one list of them (RFC 6265 §5.4, RFC 9113 §8.2.3).
        headers.#append(name, list[at + 1] as string, name === 'cookie' ? '; ' : ', ');
      }
      headers.#isImmutable = isImmutable;
      return headers;
    };
    flatten = (headers) => {
      const list = Object.entries(headers.#values).flat();
      for (const cookie of headers.getSetCookie()) list.push('set-cookie', cookie);
      return list;
    };
    linesOf = (headers) => {
      const values = headers.#values;
      let lines = '';
      for (const name in values) {
        const value = values[name] as string;
        lines += knownLine(name, value) ?? `${name}: ${value}\r\n`;
      }
      if (headers.#rare !== null) for (const cookie of headers.#rare.cookies) lines += `set-cookie: ${cookie}\r\n`;
      isTypeInLastLines = values['content-type'] !== undefined;
      return lines;
    };
    freeze = (headers) => {
      headers.#isImmutable = true;
    };
    sorted = (headers) => {
      const rare = headers.#more();
      if (rare.sorted === null) {
        const list = Object.entries(headers.#values);
        for (const cookie of rare.cookies) list.push(['set-cookie', cookie]);
        rare.sorted = list.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
      }
      return rare.sorted;
    };
    isHeaders = (value): value is Headers => typeof value === 'object' && value !== null && #values in value;
  }
}

/** Headers that nobody taught to give other entries: they can be read without their iterator. */
const isUnchanged = (init: HeadersInit): init is Headers => isHeaders(init) && init[Symbol.iterator] === entries;

/** Web IDL §3.7.10: the iterator looks at the live list by index. */
class HeadersIterator<Item> extends Iterator<Item, undefined> {
  readonly #headers: Headers;
  readonly #pick: (entry: readonly [string, string]) => Item;
  #index = 0;

  constructor(headers: Headers, pick: (entry: readonly [string, string]) => Item) {
    super();
    this.#headers = headers;
    this.#pick = pick;
  }

  override next(): IteratorResult<Item, undefined> {
    const entry = sorted(this.#headers)[this.#index];
    if (entry === undefined) return { value: undefined, done: true };
    this.#index++;
    return { value: this.#pick(entry), done: false };
  }

  override get [Symbol.toStringTag](): string {
    return 'Headers Iterator';
  }
}

const entries = Headers.prototype.entries;
Object.defineProperty(Headers.prototype, Symbol.iterator, {
  value: entries,
  writable: true,
  enumerable: false,
  configurable: true,
});
