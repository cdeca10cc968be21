/** URL standard §5 application/x-www-form-urlencoded and §6.2 the URLSearchParams class. */

import { type Extracted, extractBody } from '../fetch/body.ts';
import { formSet, percentDecode, percentEncode } from './percent.ts';

type Pair = [name: string, value: string];

export type URLSearchParamsInit =
  | string
  | URLSearchParams
  | Iterable<readonly string[]>
  | Readonly<Record<string, string>>;

/** §5.1. */
export function parseForm(text: string): Pair[] {
  const pairs: Pair[] = [];
  if (text === '') return pairs;
  for (const sequence of text.split('&')) {
    if (sequence === '') continue;
    const at = sequence.indexOf('=');
    const name = at < 0 ? sequence : sequence.slice(0, at);
    const value = at < 0 ? '' : sequence.slice(at + 1);
    pairs.push([decode(name), decode(value)]);
  }
  return pairs;
}

const decode = (text: string): string =>
  percentDecode((text.includes('+') ? text.replaceAll('+', ' ') : text).toWellFormed());

const encode = (text: string): string => percentEncode(text, formSet).replaceAll('%20', '+');

/** §5.2. */
export const serializeForm = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');

/** Ties a URL and its `searchParams` together; the object outlives neither. */
export let bindSearchParams: (
  params: URLSearchParams,
  onChange: ((query: string) => void) | null,
  query?: string,
) => void;

const text = (value: unknown): string => (typeof value === 'string' ? value : `${value}`).toWellFormed();

export class URLSearchParams {
  #pairs: Pair[] = [];
  #onChange: ((query: string) => void) | null = null;

  constructor(init?: URLSearchParamsInit | null) {
    if (init === undefined) return;
    if ((typeof init === 'object' && init !== null) || typeof init === 'function') this.#fill(init);
    else {
      const given = text(init);
      this.#pairs = parseForm(given.startsWith('?') ? given.slice(1) : given);
    }
  }

  #fill(init: object): void {
    const iterator: unknown = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
    if (iterator === undefined || iterator === null) {
      const record = init as Readonly<Record<string, unknown>>;
      for (const name of Object.keys(record)) {
        const key = text(name);
        const same = this.#pairs.find(([one]) => one === key);
        // Web IDL record: two names that become one well-formed name are one entry.
        if (same === undefined) this.#pairs.push([key, text(record[name])]);
        else same[1] = text(record[name]);
      }
      return;
    }
    for (const entry of init as Iterable<readonly unknown[]>) {
      if ((typeof entry !== 'object' && typeof entry !== 'function') || entry === null) {
        throw new TypeError('URLSearchParams: each entry must be a pair of name and value');
      }
      const pair = [...entry];
      if (pair.length !== 2) throw new TypeError('URLSearchParams: each entry must be a pair of name and value');
      this.#pairs.push([text(pair[0]), text(pair[1])]);
    }
  }

  #changed(): void {
    this.#onChange?.(this.toString());
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: string, value: string): void {
    need(arguments.length, 2, 'append');
    this.#pairs.push([text(name), text(value)]);
    this.#changed();
  }

  delete(name: string, value?: string): void {
    need(arguments.length, 1, 'delete');
    const wanted = text(name);
    const wantedValue = value === undefined ? undefined : text(value);
    this.#pairs = this.#pairs.filter(
      ([one, its]) => one !== wanted || (wantedValue !== undefined && its !== wantedValue),
    );
    this.#changed();
  }

  get(name: string): string | null {
    need(arguments.length, 1, 'get');
    const wanted = text(name);
    for (const [one, value] of this.#pairs) if (one === wanted) return value;
    return null;
  }

  getAll(name: string): string[] {
    need(arguments.length, 1, 'getAll');
    const wanted = text(name);
    return this.#pairs.filter(([one]) => one === wanted).map(([, value]) => value);
  }

  has(name: string, value?: string): boolean {
    need(arguments.length, 1, 'has');
    const wanted = text(name);
    const wantedValue = value === undefined ? undefined : text(value);
    return this.#pairs.some(([one, its]) => one === wanted && (wantedValue === undefined || its === wantedValue));
  }

  set(name: string, value: string): void {
    need(arguments.length, 2, 'set');
    const wanted = text(name);
    const at = this.#pairs.findIndex(([one]) => one === wanted);
    if (at < 0) this.#pairs.push([wanted, text(value)]);
    else {
      const pair: Pair = [wanted, text(value)];
      this.#pairs = this.#pairs.flatMap((one, index) => (index === at ? [pair] : one[0] === wanted ? [] : [one]));
    }
    this.#changed();
  }

  /** By code units of the names; pairs of one name keep their order. */
  sort(): void {
    this.#pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    this.#changed();
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArgument?: unknown): void {
    if (typeof callback !== 'function') {
      throw new TypeError('URLSearchParams.forEach: the first argument must be a function');
    }
    for (const [name, value] of this) callback.call(thisArgument, value, name, this);
  }

  entries(): URLSearchParamsIterator<[string, string]> {
    return new URLSearchParamsIterator(
      () => this.#pairs,
      ([name, value]) => [name, value],
    );
  }

  keys(): URLSearchParamsIterator<string> {
    return new URLSearchParamsIterator(
      () => this.#pairs,
      ([name]) => name,
    );
  }

  values(): URLSearchParamsIterator<string> {
    return new URLSearchParamsIterator(
      () => this.#pairs,
      ([, value]) => value,
    );
  }

  toString(): string {
    return serializeForm(this.#pairs);
  }

  /** A body of this kind (Fetch §5.2). */
  [extractBody](): Extracted {
    return { source: this.toString(), type: 'application/x-www-form-urlencoded;charset=UTF-8' };
  }

  declare [Symbol.iterator]: () => URLSearchParamsIterator<[string, string]>;

  get [Symbol.toStringTag](): string {
    return 'URLSearchParams';
  }

  static {
    bindSearchParams = (params, onChange, query) => {
      if (query !== undefined) params.#pairs = parseForm(query);
      if (onChange !== null) params.#onChange = onChange;
    };
  }
}

function need(given: number, wanted: number, method: string): void {
  if (given < wanted) throw new TypeError(`URLSearchParams.${method} needs ${wanted} argument${wanted > 1 ? 's' : ''}`);
}

/** Web IDL §3.7.10: the iterator looks at the live list by index. */
class URLSearchParamsIterator<Item> extends Iterator<Item, undefined> {
  readonly #list: () => readonly Pair[];
  readonly #pick: (pair: Pair) => Item;
  #index = 0;

  constructor(list: () => readonly Pair[], pick: (pair: Pair) => Item) {
    super();
    this.#list = list;
    this.#pick = pick;
  }

  override next(): IteratorResult<Item, undefined> {
    const pair = this.#list()[this.#index];
    if (pair === undefined) return { value: undefined, done: true };
    this.#index++;
    return { value: this.#pick(pair), done: false };
  }

  override get [Symbol.toStringTag](): string {
    return 'URLSearchParams Iterator';
  }
}

Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
  value: URLSearchParams.prototype.entries,
  writable: true,
  enumerable: false,
  configurable: true,
});
