/** Fetch standard §5.4 the Request class. */

import type { AbortSignal } from '../events/abort-signal.ts';
import type { Blob } from '../file/blob.ts';
import type { FormData } from '../file/form-data.ts';
import { linkedPart, needPart } from '../parts.ts';
import type { ReadableStream } from '../streams/streams.ts';
import {
  type Body,
  type BodyInit,
  bodyArrayBuffer,
  bodyBlob,
  bodyBytes,
  bodyFormData,
  bodyJson,
  bodyStream,
  bodyText,
  cloneBody,
  extract,
  isUnusable,
  isUsed,
  moveBody,
  typeOfLastExtracted,
} from './body.ts';
import { Headers, type HeadersInit, trusted } from './headers.ts';

export interface RequestInit {
  readonly method?: string | undefined;
  readonly headers?: HeadersInit | undefined;
  readonly body?: BodyInit | null | undefined;
  readonly signal?: AbortSignal | null | undefined;
  readonly redirect?: RequestRedirect | undefined;
  readonly referrer?: string | undefined;
  readonly referrerPolicy?: string | undefined;
  readonly mode?: string | undefined;
  readonly credentials?: string | undefined;
  readonly cache?: string | undefined;
  readonly integrity?: string | undefined;
  readonly keepalive?: boolean | undefined;
  readonly duplex?: 'half' | undefined;
}

export type RequestRedirect = 'follow' | 'error' | 'manual';

/** Members that only a browser gives a meaning to: kept and handed back, as Node and Deno do, with their defaults. */
interface Settings {
  readonly redirect: RequestRedirect;
  readonly referrer: string;
  readonly referrerPolicy: string;
  readonly mode: string;
  readonly credentials: string;
  readonly cache: string;
  readonly integrity: string;
  readonly keepalive: boolean;
  readonly duplex: 'half';
}

const defaultSettings: Settings = {
  redirect: 'follow',
  referrer: 'about:client',
  referrerPolicy: '',
  mode: 'cors',
  credentials: 'same-origin',
  cache: 'default',
  integrity: '',
  keepalive: false,
  duplex: 'half',
};

/** Web IDL enumerations of RequestInit. */
const allowedSettings: { readonly [Name in keyof Settings]?: readonly string[] } = {
  redirect: ['follow', 'error', 'manual'],
  referrerPolicy: [
    '',
    'no-referrer',
    'no-referrer-when-downgrade',
    'same-origin',
    'origin',
    'strict-origin',
    'origin-when-cross-origin',
    'strict-origin-when-cross-origin',
    'unsafe-url',
  ],
  mode: ['same-origin', 'no-cors', 'cors'],
  credentials: ['omit', 'same-origin', 'include'],
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  duplex: ['half'],
};

/** RFC 9110 §9.1; §2.2.1 normalize a method upper-cases only these. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const normalizedMethods = /^(?:delete|get|head|options|post|put)$/i;
const forbiddenMethods = /^(?:connect|trace|track)$/i;

function methodOf(given: unknown): string {
  if (given === 'GET' || given === 'POST') return given;
  const method = String(given);
  if (!token.test(method)) throw new TypeError(`Request: "${method}" is not a valid method`);
  if (forbiddenMethods.test(method)) throw new TypeError(`Request: the method ${method} is not allowed`);
  return normalizedMethods.test(method) ? method.toUpperCase() : method;
}

function settingsOf(init: RequestInit, inherited: Settings): Settings {
  let settings = inherited;
  for (const name of Object.keys(defaultSettings) as (keyof Settings)[]) {
    const given = init[name];
    if (given === undefined) continue;
    const value = name === 'keepalive' ? Boolean(given) : String(given);
    const allowed = allowedSettings[name];
    if (allowed !== undefined && !allowed.includes(value as string)) {
      throw new TypeError(`Request: "${String(value)}" is not a valid ${name}`);
    }
    settings = { ...settings, [name]: value };
  }
  return settings;
}

/** A request that has arrived; its headers only become a Headers object when asked for. */
export let incoming: (
  method: string,
  url: string,
  headers: readonly string[] | (() => readonly string[]),
  body: Body | null,
) => Request;

/** Body and abort signal, for `fetch`. */
export let outgoingParts: (request: Request) => { body: Body | null; signal: AbortSignal | null };

/** Ends the signal of a request whose peer is gone, if anybody ever asked for it. */
export let knownSignal: (request: Request) => AbortSignal | null;

/** Marks a Request made by `incoming`: the constructor then does nothing. No program can get hold of it. */
const fromGlue = Symbol('from the glue');

export class Request {
  #method = 'GET';
  #url = '';
  #headers: Headers | readonly string[] | (() => readonly string[]) | null = null;
  #body: Body | null = null;
  #signal: AbortSignal | null = null;
  #settings: Settings = defaultSettings;

  constructor(input: Request | string | { toString(): string }, init?: RequestInit | null) {
    if ((input as unknown) === fromGlue) return;
    let inherited: Body | null = null;
    if (typeof input === 'object' && input !== null && #method in input) {
      const source = input as Request;
      this.#method = source.#method;
      this.#url = source.#url;
      this.#settings = source.#settings;
      this.#headers = new Headers(source.headers);
      this.#signal = source.#signal === null ? null : needPart('signals', 'Request.signal').follow(source.#signal);
      inherited = source.#body;
    } else {
      const { href, hasCredentials } = needPart('urls', 'Request').parse(String(input));
      if (hasCredentials) throw new TypeError('Request: the URL may not hold a user name or password');
      this.#url = href;
    }
    if (typeof init === 'object' && init !== null && #method in init) {
      // `new Request(url, request)`: as its members say, but without making its stream and signal if it has none yet.
      const model = init as unknown as Request;
      this.#method = model.#method;
      this.#headers = new Headers(model.headers);
      this.#settings = model.#settings;
      this.#signal = model.#signal === null ? null : needPart('signals', 'Request.signal').follow(model.#signal);
      if (model.#body !== null) this.#body = moveBody(model.#body, 'Request');
      return;
    }
    if (init !== undefined && init !== null) this.#initialize(init);
    const given = init?.body;
    const hasNewBody = given !== undefined && given !== null;
    if ((hasNewBody || inherited !== null) && (this.#method === 'GET' || this.#method === 'HEAD')) {
      throw new TypeError(`Request: a request with method ${this.#method} cannot have a body`);
    }
    if (hasNewBody) {
      this.#body = extract(given, 'Request');
      const type = typeOfLastExtracted();
      if (this.#body.stream !== null && init?.duplex === undefined) {
        throw new TypeError("Request: a stream as body needs duplex: 'half'");
      }
      if (type !== null && !this.headers.has('content-type')) this.headers.set('content-type', type);
    } else if (inherited !== null) {
      if (isUnusable(inherited)) throw new TypeError('Request: the body of the given request has been read already');
      // §5.4 step 40: the body moves from the given request to the new one ("create a proxy").
      this.#body = moveBody(inherited, 'Request');
    }
  }

  #initialize(init: RequestInit): void {
    if (typeof init !== 'object' && typeof init !== 'function') throw new TypeError('Request: init must be an object');
    this.#settings = settingsOf(init, this.#settings);
    if (init.method !== undefined) this.#method = methodOf(init.method);
    if (init.headers !== undefined) this.#headers = new Headers(init.headers);
    if (init.signal !== undefined) {
      if (init.signal === null) this.#signal = null;
      else {
        const signals = linkedPart('signals');
        if (signals === undefined || !signals.isSignal(init.signal)) {
          throw new TypeError('Request: signal must be an AbortSignal');
        }
        this.#signal = signals.follow(init.signal);
      }
    }
  }

  get method(): string {
    return this.#method;
  }

  get url(): string {
    return this.#url;
  }

  get headers(): Headers {
    const headers = this.#headers;
    if (headers instanceof Headers) return headers;
    const made = headers === null ? new Headers() : trusted(typeof headers === 'function' ? headers() : headers, true);
    this.#headers = made;
    return made;
  }

  get body(): ReadableStream | null {
    return bodyStream(this.#body, 'Request.body');
  }

  get bodyUsed(): boolean {
    return isUsed(this.#body);
  }

  get signal(): AbortSignal {
    if (this.#signal === null) this.#signal = needPart('signals', 'Request.signal').create();
    return this.#signal;
  }

  get redirect(): RequestRedirect {
    return this.#settings.redirect;
  }

  get referrer(): string {
    return this.#settings.referrer;
  }

  get referrerPolicy(): string {
    return this.#settings.referrerPolicy;
  }

  get mode(): string {
    return this.#settings.mode;
  }

  get credentials(): string {
    return this.#settings.credentials;
  }

  get cache(): string {
    return this.#settings.cache;
  }

  get integrity(): string {
    return this.#settings.integrity;
  }

  get keepalive(): boolean {
    return this.#settings.keepalive;
  }

  get duplex(): 'half' {
    return this.#settings.duplex;
  }

  get destination(): string {
    return '';
  }

  text(): Promise<string> {
    return bodyText(this.#body, 'Request.text');
  }

  json(): Promise<unknown> {
    return bodyJson(this.#body, 'Request.json');
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return bodyBytes(this.#body, 'Request.bytes');
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return bodyArrayBuffer(this.#body, 'Request.arrayBuffer');
  }

  blob(): Promise<Blob> {
    return bodyBlob(this.#body, this.headers.get('content-type'), 'Request.blob');
  }

  formData(): Promise<FormData> {
    return bodyFormData(this.#body, this.headers.get('content-type'), 'Request.formData');
  }

  clone(): Request {
    if (isUnusable(this.#body)) throw new TypeError('Request.clone: the body has been read already or is locked');
    const copy = new Request(fromGlue as unknown as string);
    copy.#method = this.#method;
    copy.#url = this.#url;
    copy.#settings = this.#settings;
    const headers = this.#headers;
    copy.#headers = headers instanceof Headers ? new Headers(headers) : headers;
    copy.#signal = this.#signal === null ? null : needPart('signals', 'Request.signal').follow(this.#signal);
    copy.#body = cloneBody(this.#body, 'Request.clone');
    return copy;
  }

  get [Symbol.toStringTag](): string {
    return 'Request';
  }

  static {
    incoming = (method, url, headers, body) => {
      const request = new Request(fromGlue as unknown as string);
      request.#method = method;
      request.#url = url;
      request.#headers = headers;
      request.#body = body;
      return request;
    };
    outgoingParts = (request) => ({ body: request.#body, signal: request.#signal });
    knownSignal = (request) => request.#signal;
  }
}
