/**
 * URL standard §4.4 URL parsing, the basic URL parser. One function per state, named as in the standard; each step says
 * what the standard says, in its order. Validation errors are not reported, as no API shows them. One long file, because
 * the states of one machine share its pointer and buffer and are read next to the standard from top to bottom.
 */

import { parsePlain } from './fast.ts';
import { parseHost } from './host-parser.ts';
import {
  c0ControlSet,
  fragmentSet,
  pathSet,
  percentEncode,
  querySet,
  specialQuerySet,
  userinfoSet,
} from './percent.ts';
import { defaultPort, hasCredentials, isSpecialScheme, type UrlRecord } from './record.ts';

/** States that a setter starts in ("state override"). */
export type Override = 'scheme start' | 'host' | 'hostname' | 'port' | 'path start' | 'query' | 'fragment';

/** go: on with the next code point; stop: done, or no change for a setter; failure: no URL. */
type Step = 'go' | 'stop' | 'failure';

const windowsLetter = /^[A-Za-z][:|]$/;
const normalizedWindowsLetter = /^[A-Za-z]:$/;
const startsWithWindowsLetter = /^[A-Za-z][:|](?:$|[/\\?#])/;
const singleDot = /^(?:\.|%2e)$/i;
const doubleDot = /^(?:\.|%2e){2}$/i;

/** What each state gathers until something ends it; sticky, so that a match begins at the pointer. */
const schemeRun = /[A-Za-z0-9+\-.]*/y;
const authorityRun = /[^@/\\?#]*/y;
const hostRun = /[^:/\\?#[\]]*/y;
const digitRun = /[0-9]*/y;
const fileHostRun = /[^/\\?#]*/y;
const pathRun = /[^/?#]*/y;
const specialPathRun = /[^/\\?#]*/y;
const noSlashRun = /[^/]*/y;
const noSlashesRun = /[^/\\]*/y;
const opaqueRun = /[^ ?#]*/y;
const queryRun = /[^#]*/y;
const everything = /.*/sy;

/** §4.4 shorten a url's path. */
function shorten(url: UrlRecord): void {
  const path = url.path as string[];
  if (url.scheme === 'file' && path.length === 1 && normalizedWindowsLetter.test(path[0] ?? '')) return;
  path.pop();
}

const emptyRecord = (): UrlRecord => ({
  scheme: '',
  username: '',
  password: '',
  host: null,
  port: null,
  path: [],
  query: null,
  fragment: null,
});

class Parser {
  readonly url: UrlRecord;
  readonly #base: UrlRecord | null;
  readonly #override: Override | null;
  /** Walked by code units: everything that ends a state is ASCII, so no pair is ever cut. */
  readonly #input: string;
  #at = 0;
  #buffer = '';
  #state: () => Step;
  #isAtSignSeen = false;
  #isInBrackets = false;
  #isPasswordSeen = false;

  constructor(input: string, base: UrlRecord | null, url: UrlRecord | null, override: Override | null) {
    this.url = url ?? emptyRecord();
    this.#base = base;
    this.#override = override;
    // Half pairs would not survive encoding, and the standard works on scalar values (USVString).
    this.#input = input.toWellFormed();
    this.#state = override === null ? this.#schemeStart : this.#stateOf(override);
  }

  #stateOf(override: Override): () => Step {
    switch (override) {
      case 'scheme start':
        return this.#schemeStart;
      case 'host':
      case 'hostname':
        return this.#host;
      case 'port':
        return this.#port;
      case 'path start':
        return this.#pathStart;
      case 'query':
        return this.#query;
      case 'fragment':
        return this.#fragment;
    }
  }

  /** False is failure. */
  run(): boolean {
    for (; this.#at <= this.#input.length; this.#at++) {
      const step = this.#state();
      if (step === 'failure') return false;
      if (step === 'stop') return true;
    }
    return true;
  }

  /** The code point at the pointer; '' is the EOF code point. */
  get #c(): string {
    return this.#input.charAt(this.#at);
  }

  get #next(): string {
    return this.#input.charAt(this.#at + 1);
  }

  /** From the pointer to the end. */
  get #rest(): string {
    return this.#input.slice(this.#at);
  }

  /** Moves the pointer over all that matches, which a state would only gather one by one, and gives it. */
  #skip(run: RegExp): string {
    run.lastIndex = this.#at;
    run.test(this.#input);
    const from = this.#at;
    this.#at = run.lastIndex;
    return this.#input.slice(from, this.#at);
  }

  get #isSpecial(): boolean {
    return isSpecialScheme(this.url.scheme);
  }

  /** Carry on in another state; `back` code points are looked at again. */
  #to(state: () => Step, back = 0): Step {
    this.#state = state;
    this.#at -= back;
    return 'go';
  }

  #schemeStart(): Step {
    if (/^[A-Za-z]$/.test(this.#c)) return this.#to(this.#scheme, 1);
    return this.#override === null ? this.#to(this.#noScheme, 1) : 'failure';
  }

  #scheme(): Step {
    const { url } = this;
    this.#buffer = this.#skip(schemeRun).toLowerCase();
    if (this.#c !== ':') {
      if (this.#override !== null) return 'failure';
      this.#buffer = '';
      this.#at = -1;
      return this.#to(this.#noScheme);
    }
    if (this.#override !== null) {
      if (this.#isSpecial !== isSpecialScheme(this.#buffer)) return 'stop';
      if ((hasCredentials(url) || url.port !== null) && this.#buffer === 'file') return 'stop';
      if (url.scheme === 'file' && (url.host === '' || url.host === null)) return 'stop';
      url.scheme = this.#buffer;
      if (url.port === defaultPort(url.scheme)) url.port = null;
      return 'stop';
    }
    url.scheme = this.#buffer;
    this.#buffer = '';
    if (url.scheme === 'file') return this.#to(this.#file);
    if (this.#isSpecial) {
      return this.#to(
        this.#base !== null && this.#base.scheme === url.scheme
          ? this.#specialRelativeOrAuthority
          : this.#specialAuthoritySlashes,
      );
    }
    if (this.#next === '/') {
      this.#at++;
      return this.#to(this.#pathOrAuthority);
    }
    url.path = '';
    return this.#to(this.#opaquePath);
  }

  #noScheme(): Step {
    const base = this.#base;
    if (base === null || (typeof base.path === 'string' && this.#c !== '#')) return 'failure';
    if (typeof base.path === 'string') {
      const { url } = this;
      url.scheme = base.scheme;
      url.path = base.path;
      url.query = base.query;
      url.fragment = '';
      return this.#to(this.#fragment);
    }
    return this.#to(base.scheme === 'file' ? this.#file : this.#relative, 1);
  }

  #specialRelativeOrAuthority(): Step {
    if (this.#c === '/' && this.#next === '/') {
      this.#at++;
      return this.#to(this.#specialAuthorityIgnoreSlashes);
    }
    return this.#to(this.#relative, 1);
  }

  #pathOrAuthority(): Step {
    return this.#c === '/' ? this.#to(this.#authority) : this.#to(this.#path, 1);
  }

  #relative(): Step {
    const { url } = this;
    const base = this.#base as UrlRecord;
    url.scheme = base.scheme;
    const c = this.#c;
    if (c === '/' || (this.#isSpecial && c === '\\')) return this.#to(this.#relativeSlash);
    url.username = base.username;
    url.password = base.password;
    url.host = base.host;
    url.port = base.port;
    url.path = [...base.path];
    url.query = base.query;
    if (c === '?') {
      url.query = '';
      return this.#to(this.#query);
    }
    if (c === '#') {
      url.fragment = '';
      return this.#to(this.#fragment);
    }
    if (c === '') return 'go';
    url.query = null;
    shorten(url);
    return this.#to(this.#path, 1);
  }

  #relativeSlash(): Step {
    const { url } = this;
    const c = this.#c;
    if (this.#isSpecial && (c === '/' || c === '\\')) return this.#to(this.#specialAuthorityIgnoreSlashes);
    if (c === '/') return this.#to(this.#authority);
    const base = this.#base as UrlRecord;
    url.username = base.username;
    url.password = base.password;
    url.host = base.host;
    url.port = base.port;
    return this.#to(this.#path, 1);
  }

  #specialAuthoritySlashes(): Step {
    if (this.#c === '/' && this.#next === '/') {
      this.#at++;
      return this.#to(this.#specialAuthorityIgnoreSlashes);
    }
    return this.#to(this.#specialAuthorityIgnoreSlashes, 1);
  }

  #specialAuthorityIgnoreSlashes(): Step {
    return this.#c === '/' || this.#c === '\\' ? 'go' : this.#to(this.#authority, 1);
  }

  /** Whether the authority or host ends here. */
  get #isEndOfHost(): boolean {
    const c = this.#c;
    return c === '' || c === '/' || c === '?' || c === '#' || (this.#isSpecial && c === '\\');
  }

  #authority(): Step {
    const { url } = this;
    this.#buffer += this.#skip(authorityRun);
    const c = this.#c;
    if (c === '@') {
      if (this.#isAtSignSeen) this.#buffer = `%40${this.#buffer}`;
      this.#isAtSignSeen = true;
      const colon = this.#isPasswordSeen ? -1 : this.#buffer.indexOf(':');
      const name = this.#isPasswordSeen ? '' : colon < 0 ? this.#buffer : this.#buffer.slice(0, colon);
      const password = this.#isPasswordSeen ? this.#buffer : colon < 0 ? '' : this.#buffer.slice(colon + 1);
      this.#isPasswordSeen ||= colon >= 0;
      url.username += percentEncode(name, userinfoSet);
      url.password += percentEncode(password, userinfoSet);
      this.#buffer = '';
      return 'go';
    }
    if (this.#isEndOfHost) {
      if (this.#isAtSignSeen && this.#buffer === '') return 'failure';
      const back = this.#buffer.length + 1;
      this.#buffer = '';
      return this.#to(this.#host, back);
    }
    this.#buffer += c;
    return 'go';
  }

  #host(): Step {
    const { url } = this;
    const override = this.#override;
    if (override !== null && url.scheme === 'file') return this.#to(this.#fileHost, 1);
    this.#buffer += this.#skip(hostRun);
    const c = this.#c;
    if (c === ':' && !this.#isInBrackets) {
      if (this.#buffer === '' || override === 'hostname') return 'failure';
      const host = parseHost(this.#buffer, !this.#isSpecial);
      if (host === null) return 'failure';
      url.host = host;
      this.#buffer = '';
      return this.#to(this.#port);
    }
    if (this.#isEndOfHost) {
      if (this.#isSpecial && this.#buffer === '') return 'failure';
      if (override !== null && this.#buffer === '' && (hasCredentials(url) || url.port !== null)) return 'failure';
      const host = parseHost(this.#buffer, !this.#isSpecial);
      if (host === null) return 'failure';
      url.host = host;
      this.#buffer = '';
      return override === null ? this.#to(this.#pathStart, 1) : 'stop';
    }
    if (c === '[') this.#isInBrackets = true;
    if (c === ']') this.#isInBrackets = false;
    this.#buffer += c;
    return 'go';
  }

  #port(): Step {
    const { url } = this;
    this.#buffer += this.#skip(digitRun);
    if (!this.#isEndOfHost && this.#override === null) return 'failure';
    if (this.#buffer !== '') {
      const port = Number.parseInt(this.#buffer, 10);
      if (port > 65535) return 'failure';
      url.port = port === defaultPort(url.scheme) ? null : port;
      this.#buffer = '';
      if (this.#override !== null) return 'stop';
    }
    return this.#override === null ? this.#to(this.#pathStart, 1) : 'failure';
  }

  #file(): Step {
    const { url } = this;
    const base = this.#base;
    url.scheme = 'file';
    url.host = '';
    const c = this.#c;
    if (c === '/' || c === '\\') return this.#to(this.#fileSlash);
    if (base === null || base.scheme !== 'file') return this.#to(this.#path, 1);
    url.host = base.host;
    url.path = [...base.path];
    url.query = base.query;
    if (c === '?') {
      url.query = '';
      return this.#to(this.#query);
    }
    if (c === '#') {
      url.fragment = '';
      return this.#to(this.#fragment);
    }
    if (c === '') return 'go';
    url.query = null;
    if (startsWithWindowsLetter.test(this.#rest)) url.path = [];
    else shorten(url);
    return this.#to(this.#path, 1);
  }

  #fileSlash(): Step {
    const { url } = this;
    const base = this.#base;
    if (this.#c === '/' || this.#c === '\\') return this.#to(this.#fileHost);
    if (base !== null && base.scheme === 'file') {
      url.host = base.host;
      const first = base.path[0] ?? '';
      if (!startsWithWindowsLetter.test(this.#rest) && normalizedWindowsLetter.test(first)) {
        (url.path as string[]).push(first);
      }
    }
    return this.#to(this.#path, 1);
  }

  #fileHost(): Step {
    const { url } = this;
    this.#buffer += this.#skip(fileHostRun);
    // The buffer stays: what looked like a host is the first path segment.
    if (this.#override === null && windowsLetter.test(this.#buffer)) return this.#to(this.#path, 1);
    if (this.#buffer === '') {
      url.host = '';
      return this.#override === null ? this.#to(this.#pathStart, 1) : 'stop';
    }
    const host = parseHost(this.#buffer, !this.#isSpecial);
    if (host === null) return 'failure';
    url.host = host === 'localhost' ? '' : host;
    if (this.#override !== null) return 'stop';
    this.#buffer = '';
    return this.#to(this.#pathStart, 1);
  }

  #pathStart(): Step {
    const { url } = this;
    const c = this.#c;
    if (this.#isSpecial) return this.#to(this.#path, c === '/' || c === '\\' ? 0 : 1);
    if (this.#override === null && c === '?') {
      url.query = '';
      return this.#to(this.#query);
    }
    if (this.#override === null && c === '#') {
      url.fragment = '';
      return this.#to(this.#fragment);
    }
    if (c !== '') return this.#to(this.#path, c === '/' ? 0 : 1);
    if (this.#override !== null && url.host === null) (url.path as string[]).push('');
    return 'go';
  }

  #path(): Step {
    const { url } = this;
    const path = url.path as string[];
    const isSpecial = this.#isSpecial;
    const run = this.#skip(
      this.#override === null ? (isSpecial ? specialPathRun : pathRun) : isSpecial ? noSlashesRun : noSlashRun,
    );
    this.#buffer += percentEncode(run, pathSet);
    const c = this.#c;
    const isSlash = c === '/' || (isSpecial && c === '\\');
    if (doubleDot.test(this.#buffer)) {
      shorten(url);
      if (!isSlash) path.push('');
    } else if (singleDot.test(this.#buffer)) {
      if (!isSlash) path.push('');
    } else {
      if (url.scheme === 'file' && path.length === 0 && windowsLetter.test(this.#buffer)) {
        this.#buffer = `${this.#buffer.charAt(0)}:`;
      }
      path.push(this.#buffer);
    }
    this.#buffer = '';
    if (c === '?') {
      url.query = '';
      return this.#to(this.#query);
    }
    if (c === '#') {
      url.fragment = '';
      return this.#to(this.#fragment);
    }
    return 'go';
  }

  #opaquePath(): Step {
    const { url } = this;
    url.path += percentEncode(this.#skip(opaqueRun), c0ControlSet);
    const c = this.#c;
    if (c === '?') {
      url.query = '';
      return this.#to(this.#query);
    }
    if (c === '#') {
      url.fragment = '';
      return this.#to(this.#fragment);
    }
    if (c === ' ') {
      // A trailing space would be lost when the query or fragment is removed.
      url.path += this.#next === '?' || this.#next === '#' ? '%20' : ' ';
    }
    return 'go';
  }

  #query(): Step {
    const { url } = this;
    const run = this.#skip(this.#override === null ? queryRun : everything);
    url.query += percentEncode(run, this.#isSpecial ? specialQuerySet : querySet);
    if (this.#c === '#') {
      url.fragment = '';
      return this.#to(this.#fragment);
    }
    return 'go';
  }

  /** Runs over all that is left at once. */
  #fragment(): Step {
    this.url.fragment += percentEncode(this.#rest, fragmentSet);
    return 'stop';
  }
}

const surrounding = /^[\0-\x20]+|[\0-\x20]+$/g;
const tabOrNewline = /[\t\n\r]/g;

/** §4.4 the basic URL parser; null is failure. */
export function parseUrl(input: string, base: UrlRecord | null = null): UrlRecord | null {
  const record = parsePlain(input);
  if (record !== null) return record;
  const parser = new Parser(input.replace(surrounding, '').replace(tabOrNewline, ''), base, null, null);
  return parser.run() ? parser.url : null;
}

/** The basic URL parser with a given url and a state override; false is failure, and changes made before it stay. */
export function reparse(input: string, url: UrlRecord, override: Override): boolean {
  return new Parser(input.replace(tabOrNewline, ''), null, url, override).run();
}
