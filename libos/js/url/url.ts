/** URL standard §6.1 the URL class. */

import { parseUrl, reparse } from './parser.ts';
import { percentEncode, userinfoSet } from './percent.ts';
import { hasNoAuthority, hasOpaquePath, originOf, serialize, serializePath, type UrlRecord } from './record.ts';
import { bindSearchParams, URLSearchParams } from './search-params.ts';

const text = (value: unknown): string => (typeof value === 'string' ? value : `${value}`).toWellFormed();

/** §6.1 the API URL parser; null is failure. */
function parse(url: unknown, base: unknown): UrlRecord | null {
  if (base === undefined) return parseUrl(text(url));
  const parsedBase = parseUrl(text(base));
  return parsedBase === null ? null : parseUrl(text(url), parsedBase);
}

export class URL {
  #url: UrlRecord;
  #params: URLSearchParams | null = null;
  /** Serialised, until the next change. */
  #href: string | null = null;

  constructor(url: string | { toString(): string }, base?: string | { toString(): string }) {
    if (arguments.length === 0) throw new TypeError('URL: the first argument is missing');
    const parsed = parse(url, base);
    if (parsed === null) {
      // The code is what programs made for Node look at.
      throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: String(url) });
    }
    this.#url = parsed;
  }

  static parse(url: string | { toString(): string }, base?: string | { toString(): string }): URL | null {
    const parsed = parse(url, base);
    if (parsed === null) return null;
    const made = new URL('about:blank');
    made.#url = parsed;
    return made;
  }

  static canParse(url: string | { toString(): string }, base?: string | { toString(): string }): boolean {
    return parse(url, base) !== null;
  }

  #changed(): void {
    this.#href = null;
  }

  #set(value: string, override: Parameters<typeof reparse>[2]): void {
    reparse(text(value), this.#url, override);
    this.#changed();
  }

  get href(): string {
    this.#href ??= serialize(this.#url);
    return this.#href;
  }

  set href(value: string) {
    const parsed = parseUrl(text(value));
    if (parsed === null) throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: value });
    this.#url = parsed;
    this.#changed();
    this.#refreshParams();
  }

  get origin(): string {
    return originOf(this.#url, parseUrl);
  }

  get protocol(): string {
    return `${this.#url.scheme}:`;
  }

  set protocol(value: string) {
    this.#set(`${text(value)}:`, 'scheme start');
  }

  get username(): string {
    return this.#url.username;
  }

  set username(value: string) {
    if (hasNoAuthority(this.#url)) return;
    this.#url.username = percentEncode(text(value), userinfoSet);
    this.#changed();
  }

  get password(): string {
    return this.#url.password;
  }

  set password(value: string) {
    if (hasNoAuthority(this.#url)) return;
    this.#url.password = percentEncode(text(value), userinfoSet);
    this.#changed();
  }

  get host(): string {
    const { host, port } = this.#url;
    return host === null ? '' : port === null ? host : `${host}:${port}`;
  }

  set host(value: string) {
    if (!hasOpaquePath(this.#url)) this.#set(value, 'host');
  }

  get hostname(): string {
    return this.#url.host ?? '';
  }

  set hostname(value: string) {
    if (!hasOpaquePath(this.#url)) this.#set(value, 'hostname');
  }

  get port(): string {
    return this.#url.port === null ? '' : String(this.#url.port);
  }

  set port(value: string) {
    if (hasNoAuthority(this.#url)) return;
    if (text(value) === '') {
      this.#url.port = null;
      this.#changed();
    } else this.#set(value, 'port');
  }

  get pathname(): string {
    return serializePath(this.#url);
  }

  set pathname(value: string) {
    if (hasOpaquePath(this.#url)) return;
    this.#url.path = [];
    this.#set(value, 'path start');
  }

  get search(): string {
    const { query } = this.#url;
    return query === null || query === '' ? '' : `?${query}`;
  }

  set search(value: string) {
    const given = text(value);
    if (given === '') {
      this.#url.query = null;
      this.#changed();
    } else {
      this.#url.query = '';
      this.#set(given.startsWith('?') ? given.slice(1) : given, 'query');
    }
    this.#refreshParams();
  }

  get searchParams(): URLSearchParams {
    if (this.#params === null) {
      this.#params = new URLSearchParams();
      bindSearchParams(
        this.#params,
        (query) => {
          this.#url.query = query === '' ? null : query;
          this.#changed();
        },
        this.#url.query ?? '',
      );
    }
    return this.#params;
  }

  #refreshParams(): void {
    if (this.#params !== null) bindSearchParams(this.#params, null, this.#url.query ?? '');
  }

  get hash(): string {
    const { fragment } = this.#url;
    return fragment === null || fragment === '' ? '' : `#${fragment}`;
  }

  set hash(value: string) {
    const given = text(value);
    if (given === '') {
      this.#url.fragment = null;
      this.#changed();
      return;
    }
    this.#url.fragment = '';
    this.#set(given.startsWith('#') ? given.slice(1) : given, 'fragment');
  }

  toString(): string {
    return this.href;
  }

  toJSON(): string {
    return this.href;
  }

  get [Symbol.toStringTag](): string {
    return 'URL';
  }
}
