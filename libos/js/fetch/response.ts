/** Fetch standard §5.5 the Response class. */

import type { Blob } from '../file/blob.ts';
import type { FormData } from '../file/form-data.ts';
import type { BodyReader } from '../host.ts';
import { needPart } from '../parts.ts';
import type { ReadableStream } from '../streams/streams.ts';
import {
  Body,
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
  sendable,
  typeOfLastExtracted,
} from './body.ts';
import { freeze, Headers, type HeadersInit, linesOf } from './headers.ts';

export interface ResponseInit {
  readonly status?: number | undefined;
  readonly statusText?: string | undefined;
  readonly headers?: HeadersInit | undefined;
}

export type ResponseType = 'basic' | 'cors' | 'default' | 'error' | 'opaque' | 'opaqueredirect';

/** RFC 9112 §4 reason-phrase. */
const reasonPhrase = /^[\t\x20-\x7e\x80-\xff]*$/;

const isNullBodyStatus = (status: number): boolean =>
  status === 204 || status === 205 || status === 304 || status === 101 || status === 103;

const isRedirectStatus = (status: number): boolean =>
  status === 301 || status === 302 || status === 303 || status === 307 || status === 308;

/** Where a response of `fetch` came from; the responses a program makes have none. */
interface Origin {
  readonly type: ResponseType;
  readonly url: string;
  readonly isRedirected: boolean;
}

/** What goes out for a response. */
export interface OutgoingResponse {
  readonly status: number;
  /** Empty: the usual phrase of the status. */
  readonly statusText: string;
  /** `name: value\r\n` for each field; values are bytes-in-a-string. */
  readonly headerLines: string;
  readonly body: string | Uint8Array<ArrayBuffer> | BodyReader | null;
}

/** The lines of the Content-Types that bodies bring along: the usual response makes no string for its head. */
function typeLine(type: string | null): string {
  if (type === null) return '';
  if (type === 'text/plain;charset=UTF-8') return 'content-type: text/plain;charset=UTF-8\r\n';
  return type === 'application/json' ? 'content-type: application/json\r\n' : `content-type: ${type}\r\n`;
}

/** What the glue sends; counts as reading the body. null when the value is no Response. */
export let toWire: (value: unknown) => OutgoingResponse | null;

/** A response that came from the network. */
export let receivedResponse: (
  status: number,
  statusText: string,
  headers: Headers,
  body: Body | null,
  origin: Origin,
) => Response;

/** In place of a string that has been sent. */
const sent = Symbol('sent');

export class Response {
  #status = 200;
  /** Made when first asked for: `new Response('text')` alone never needs one. */
  #headers: Headers | null = null;
  #contentType: string | null = null;
  /** A string becomes a Body only when something other than sending is done with it. */
  #body: Body | string | typeof sent | null = null;
  #statusText = '';
  #origin: Origin | null = null;

  constructor(body?: BodyInit | null, init?: ResponseInit | null) {
    if (init !== undefined && init !== null) this.#initialize(init);
    if (body !== undefined && body !== null) {
      if (isNullBodyStatus(this.#status)) {
        throw new TypeError(`Response: a response with status ${this.#status} cannot have a body`);
      }
      let type: string | null = 'text/plain;charset=UTF-8';
      if (typeof body === 'string') this.#body = body;
      else {
        this.#body = extract(body, 'Response');
        type = typeOfLastExtracted();
      }
      if (type !== null) {
        if (this.#headers === null) this.#contentType = type;
        else if (!this.#headers.has('content-type')) this.#headers.set('content-type', type);
      }
    }
  }

  /** §5.5 initialize a response, steps 1 to 5. */
  #initialize(init: ResponseInit): void {
    const { status, statusText, headers } = init;
    if (status !== undefined && status !== 200) {
      // Web IDL unsigned short, without [EnforceRange]: modulo 2^16.
      const number = Number(status);
      const short = number >= 0 && number < 65536 ? Math.trunc(number) : ((Math.trunc(number) % 65536) + 65536) % 65536;
      if (!(short >= 200 && short <= 599)) {
        throw new RangeError(`Response: status must be from 200 to 599, not ${String(status)}`);
      }
      this.#status = short;
    }
    if (statusText !== undefined && statusText !== '') {
      const text = String(statusText);
      if (!reasonPhrase.test(text)) throw new TypeError('Response: statusText may not hold control characters');
      this.#statusText = text;
    }
    if (headers !== undefined) this.#headers = new Headers(headers);
  }

  #use(): Body | null {
    const body = this.#body;
    if (body === null || body instanceof Body) return body;
    const made = new Body(typeof body === 'string' ? body : '');
    made.isUsed = typeof body !== 'string';
    this.#body = made;
    return made;
  }

  get headers(): Headers {
    if (this.#headers === null) {
      this.#headers = new Headers();
      if (this.#contentType !== null) this.#headers.set('content-type', this.#contentType);
    }
    return this.#headers;
  }

  get status(): number {
    return this.#status;
  }

  get statusText(): string {
    return this.#statusText;
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }

  get type(): ResponseType {
    return this.#origin === null ? 'default' : this.#origin.type;
  }

  get url(): string {
    return this.#origin === null ? '' : this.#origin.url;
  }

  get redirected(): boolean {
    return this.#origin?.isRedirected ?? false;
  }

  get body(): ReadableStream | null {
    return bodyStream(this.#use(), 'Response.body');
  }

  get bodyUsed(): boolean {
    return isUsed(this.#use());
  }

  text(): Promise<string> {
    return bodyText(this.#use(), 'Response.text');
  }

  json(): Promise<unknown> {
    return bodyJson(this.#use(), 'Response.json');
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return bodyBytes(this.#use(), 'Response.bytes');
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return bodyArrayBuffer(this.#use(), 'Response.arrayBuffer');
  }

  blob(): Promise<Blob> {
    return bodyBlob(this.#use(), this.headers.get('content-type'), 'Response.blob');
  }

  formData(): Promise<FormData> {
    return bodyFormData(this.#use(), this.headers.get('content-type'), 'Response.formData');
  }

  clone(): Response {
    if (isUnusable(this.#use())) throw new TypeError('Response.clone: the body has been read already or is locked');
    const copy = new Response();
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#headers = this.#headers === null ? null : new Headers(this.#headers);
    copy.#contentType = this.#contentType;
    copy.#origin = this.#origin;
    copy.#body = cloneBody(this.#use(), 'Response.clone');
    return copy;
  }

  /** §5.5 a network error. */
  static error(): Response {
    const response = new Response();
    response.#status = 0;
    response.#origin = { type: 'error', url: '', isRedirected: false };
    freeze(response.headers);
    return response;
  }

  static redirect(url: string | { toString(): string }, status: number = 302): Response {
    const location = needPart('urls', 'Response.redirect').parse(String(url)).href;
    if (!isRedirectStatus(status)) {
      throw new RangeError(`Response.redirect: status must be 301, 302, 303, 307 or 308, not ${String(status)}`);
    }
    const response = new Response();
    response.#status = status;
    response.headers.set('location', location);
    freeze(response.headers);
    return response;
  }

  static json(data: unknown, init?: ResponseInit | null): Response {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('Response.json: the value has no JSON form');
    const response = new Response(null, init);
    if (isNullBodyStatus(response.#status)) {
      throw new TypeError(`Response.json: a response with status ${response.#status} cannot have a body`);
    }
    response.#body = text;
    if (response.#headers === null) response.#contentType = 'application/json';
    else if (!response.#headers.has('content-type')) response.#headers.set('content-type', 'application/json');
    return response;
  }

  get [Symbol.toStringTag](): string {
    return 'Response';
  }

  static {
    toWire = (value) => {
      if (typeof value !== 'object' || value === null || !(#status in value)) return null;
      const response = value as Response;
      const body = response.#body;
      if (typeof body === 'string') response.#body = sent;
      return {
        status: response.#status,
        statusText: response.#statusText,
        headerLines: response.#headers === null ? typeLine(response.#contentType) : linesOf(response.#headers),
        body: typeof body === 'string' || body === null ? body : sendable(response.#use() as Body),
      };
    };
    receivedResponse = (status, statusText, headers, body, origin) => {
      const response = new Response();
      response.#status = status;
      response.#statusText = statusText;
      response.#headers = headers;
      response.#body = body;
      response.#origin = origin;
      return response;
    };
  }
}
