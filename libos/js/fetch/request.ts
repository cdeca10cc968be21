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
export let incoming: (method: string, url: string, headers: Fields, body: Body | null) => Request;

/** Body and abort signal, for `fetch`. */
export let outgoingParts: (request: Request) => { body: Body | null; signal: AbortSignal | null };

/** Ends the signal of a request whose peer is gone, if anybody ever asked for it. */
export let knownSignal: (request: Request) => AbortSignal | null;

/** Marks a Request that is made here from its state. No program can get hold of it. */
const fromGlue = Symbol('from the glue') as unknown as RequestInit;

/** The header fields of a request that has arrived: as they are, or the number of the exchange to read them from. */
type Fields = readonly string[] | number;

let readFields: (exchange: number) => readonly string[];

/** Who reads the fields of a request that has arrived, once and only when the program looks at them. */
export function setFieldReader(reader: (exchange: number) => readonly string[]): void {
  readFields = reader;
}

/** One array instead of six fields: that makes a request in a sixth of the engine's instructions, and every program gets one. */
type State = [
  method: string,
  url: string,
  headers: Headers | Fields | null,
  body: Body | null,
  signal: AbortSignal | null,
  settings: Settings,
];
const atMethod = 0;
const atUrl = 1;
const atHeaders = 2;
const atBody = 3;
const atSignal = 4;
const atSettings = 5;

export class Request {
  readonly #state: State;

  constructor(input: Request | string | { toString(): string }, init?: RequestInit | null) {
    if ((init as unknown) === fromGlue) {
      this.#state = input as unknown as State;
      return;
    }
    this.#state = ['GET', '', null, null, null, defaultSettings];
    let inherited: Body | null = null;
    if (typeof input === 'object' && input !== null && #state in input) {
      const source = input as Request;
      this.#state[atMethod] = source.#state[atMethod];
      this.#state[atUrl] = source.#state[atUrl];
      this.#state[atSettings] = source.#state[atSettings];
      this.#state[atHeaders] = new Headers(source.headers);
      this.#state[atSignal] =
        source.#state[atSignal] === null ? null : needPart('signals', 'Request.signal').follow(source.#state[atSignal]);
      inherited = source.#state[atBody];
    } else {
      const { href, hasCredentials } = needPart('urls', 'Request').parse(String(input));
      if (hasCredentials) throw new TypeError('Request: the URL may not hold a user name or password');
      this.#state[atUrl] = href;
    }
    if (typeof init === 'object' && init !== null && #state in init) {
      // `new Request(url, request)`: as its members say, but without making its stream and signal if it has none yet.
      const model = init as unknown as Request;
      this.#state[atMethod] = model.#state[atMethod];
      this.#state[atHeaders] = new Headers(model.headers);
      this.#state[atSettings] = model.#state[atSettings];
      this.#state[atSignal] =
        model.#state[atSignal] === null ? null : needPart('signals', 'Request.signal').follow(model.#state[atSignal]);
      if (model.#state[atBody] !== null) this.#state[atBody] = moveBody(model.#state[atBody], 'Request');
      return;
    }
    if (init !== undefined && init !== null) this.#initialize(init);
    const given = init?.body;
    const hasNewBody = given !== undefined && given !== null;
    if ((hasNewBody || inherited !== null) && (this.#state[atMethod] === 'GET' || this.#state[atMethod] === 'HEAD')) {
      throw new TypeError(`Request: a request with method ${this.#state[atMethod]} cannot have a body`);
    }
    if (hasNewBody) {
      this.#state[atBody] = extract(given, 'Request');
      const type = typeOfLastExtracted();
      if (this.#state[atBody].stream !== null && init?.duplex === undefined) {
        throw new TypeError("Request: a stream as body needs duplex: 'half'");
      }
      if (type !== null && !this.headers.has('content-type')) this.headers.set('content-type', type);
    } else if (inherited !== null) {
      if (isUnusable(inherited)) throw new TypeError('Request: the body of the given request has been read already');
      // §5.4 step 40: the body moves from the given request to the new one ("create a proxy").
      this.#state[atBody] = moveBody(inherited, 'Request');
    }
  }

  #initialize(init: RequestInit): void {
    if (typeof init !== 'object' && typeof init !== 'function') throw new TypeError('Request: init must be an object');
    this.#state[atSettings] = settingsOf(init, this.#state[atSettings]);
    if (init.method !== undefined) this.#state[atMethod] = methodOf(init.method);
    if (init.headers !== undefined) this.#state[atHeaders] = new Headers(init.headers);
    if (init.signal !== undefined) {
      if (init.signal === null) this.#state[atSignal] = null;
      else {
        const signals = linkedPart('signals');
        if (signals === undefined || !signals.isSignal(init.signal)) {
          throw new TypeError('Request: signal must be an AbortSignal');
        }
        this.#state[atSignal] = signals.follow(init.signal);
      }
    }
  }

  get method(): string {
    return this.#state[atMethod];
  }

  get url(): string {
    return this.#state[atUrl];
  }

  get headers(): Headers {
    const headers = this.#state[atHeaders];
    if (headers instanceof Headers) return headers;
    const made =
      headers === null ? new Headers() : trusted(typeof headers === 'number' ? readFields(headers) : headers, true);
    this.#state[atHeaders] = made;
    return made;
  }

  get body(): ReadableStream | null {
    return bodyStream(this.#state[atBody], 'Request.body');
  }

  get bodyUsed(): boolean {
    return isUsed(this.#state[atBody]);
  }

  get signal(): AbortSignal {
    if (this.#state[atSignal] === null) this.#state[atSignal] = needPart('signals', 'Request.signal').create();
    return this.#state[atSignal];
  }

  get redirect(): RequestRedirect {
    return this.#state[atSettings].redirect;
  }

  get referrer(): string {
    return this.#state[atSettings].referrer;
  }

  get referrerPolicy(): string {
    return this.#state[atSettings].referrerPolicy;
  }

  get mode(): string {
    return this.#state[atSettings].mode;
  }

  get credentials(): string {
    return this.#state[atSettings].credentials;
  }

  get cache(): string {
    return this.#state[atSettings].cache;
  }

  get integrity(): string {
    return this.#state[atSettings].integrity;
  }

  get keepalive(): boolean {
    return this.#state[atSettings].keepalive;
  }

  get duplex(): 'half' {
    return this.#state[atSettings].duplex;
  }

  get destination(): string {
    return '';
  }

  text(): Promise<string> {
    return bodyText(this.#state[atBody], 'Request.text');
  }

  json(): Promise<unknown> {
    return bodyJson(this.#state[atBody], 'Request.json');
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return bodyBytes(this.#state[atBody], 'Request.bytes');
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return bodyArrayBuffer(this.#state[atBody], 'Request.arrayBuffer');
  }

  blob(): Promise<Blob> {
    return bodyBlob(this.#state[atBody], this.headers.get('content-type'), 'Request.blob');
  }

  formData(): Promise<FormData> {
    return bodyFormData(this.#state[atBody], this.headers.get('content-type'), 'Request.formData');
  }

  clone(): Request {
    if (isUnusable(this.#state[atBody]))
      throw new TypeError('Request.clone: the body has been read already or is locked');
    const [method, url, headers, body, signal, settings] = this.#state;
    const state: State = [
      method,
      url,
      headers instanceof Headers ? new Headers(headers) : headers,
      cloneBody(body, 'Request.clone'),
      signal === null ? null : needPart('signals', 'Request.signal').follow(signal),
      settings,
    ];
    return new Request(state as unknown as string, fromGlue);
  }

  get [Symbol.toStringTag](): string {
    return 'Request';
  }

  static {
    incoming = (method, url, headers, body) => {
      const state: State = [method, url, headers, body, null, defaultSettings];
      return new Request(state as unknown as string, fromGlue);
    };
    outgoingParts = (request) => ({ body: request.#state[atBody], signal: request.#state[atSignal] });
    knownSignal = (request) => request.#state[atSignal];
  }
}
