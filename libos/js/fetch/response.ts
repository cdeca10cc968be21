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
import {
  freeze,
  type Headers,
  type HeadersInit,
  headersOfLines,
  isTypeInLastLines,
  linesFrom,
  linesOf,
} from './headers.ts';

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

/** What few responses have: a field of a class costs each of its objects time, used or not. */
interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly origin: Origin | null;
}

/**
 * Takes what goes out for a response; arguments rather than an object, which would cost the engine as much as the whole
 * response. `headerLines` is `name: value\r\n` for each field, values are bytes-in-a-string.
 */
export type Send = (
  exchange: number,
  status: number,
  headerLines: string,
  body: string | Uint8Array<ArrayBuffer> | BodyReader | null,
) => void;

const textLine = 'content-type: text/plain;charset=UTF-8\r\n';
const jsonLine = 'content-type: application/json\r\n';
const typeInLines = /^content-type:/m;

/** The line of the Content-Type that a body brings along. */
function typeLine(type: string | null): string {
  if (type === null) return '';
  if (type === 'text/plain;charset=UTF-8') return textLine;
  return `content-type: ${type}\r\n`;
}

/** Sends a response, which counts as reading its body. Its status; -1 when the value is no Response, 0 for a network error: not sent. */
export let deliver: (value: unknown, exchange: number, send: Send) => number;

/** A response that came from the network. */
export let receivedResponse: (
  status: number,
  statusText: string,
  headers: Headers,
  body: Body | null,
  origin: Origin,
) => Response;

function checkedStatus(given: unknown): number {
  // Web IDL unsigned short, without [EnforceRange]: modulo 2^16.
  const number = Number(given);
  const status = number >= 0 && number < 65536 ? Math.trunc(number) : ((Math.trunc(number) % 65536) + 65536) % 65536;
  if (!(status >= 200 && status <= 599)) {
    throw new RangeError(`Response: status must be from 200 to 599, not ${String(given)}`);
  }
  return status;
}

function checkedReason(given: unknown): string {
  const text = String(given);
  if (!reasonPhrase.test(text)) throw new TypeError('Response: statusText may not hold control characters');
  return text;
}

const noBody = (owner: string, status: number): TypeError =>
  new TypeError(`${owner}: a response with status ${status} cannot have a body`);

/** In place of a string that has been sent. */
const sent = Symbol('sent');

export class Response {
  /** The status, where there is nothing else to tell. */
  #head: number | Head = 200;
  /** Lines as they are sent until somebody asks for the object: most responses never need one. */
  #headers: Headers | string = '';
  /** A string becomes a Body only when something other than sending is done with it. */
  #body: Body | string | typeof sent | null = null;

  constructor(body?: BodyInit | null, init?: ResponseInit | null) {
    let status = 200;
    let lines = '';
    let hasType = false;
    // §5.5 initialize a response, steps 1 to 5.
    if (init !== undefined && init !== null) {
      const { status: number, statusText, headers } = init;
      if (number !== undefined && number !== 200) this.#head = status = checkedStatus(number);
      if (statusText !== undefined && statusText !== '') {
        this.#head = { status, statusText: checkedReason(statusText), origin: null };
      }
      if (headers !== undefined) {
        this.#headers = lines = linesFrom(headers);
        hasType = isTypeInLastLines;
      }
    }
    if (body === undefined || body === null) return;
    if (status !== 200 && isNullBodyStatus(status)) throw noBody('Response', status);
    if (typeof body === 'string') {
      this.#body = body;
      if (!hasType) this.#headers = lines === '' ? textLine : lines + textLine;
    } else {
      this.#body = extract(body, 'Response');
      if (!hasType) this.#headers = lines + typeLine(typeOfLastExtracted());
    }
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
    if (typeof this.#headers === 'string') this.#headers = headersOfLines(this.#headers);
    return this.#headers;
  }

  get status(): number {
    return typeof this.#head === 'number' ? this.#head : this.#head.status;
  }

  get statusText(): string {
    return typeof this.#head === 'number' ? '' : this.#head.statusText;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  get type(): ResponseType {
    return typeof this.#head === 'number' ? 'default' : (this.#head.origin?.type ?? 'default');
  }

  get url(): string {
    return typeof this.#head === 'number' ? '' : (this.#head.origin?.url ?? '');
  }

  get redirected(): boolean {
    return typeof this.#head === 'number' ? false : (this.#head.origin?.isRedirected ?? false);
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
    copy.#head = this.#head;
    copy.#headers = typeof this.#headers === 'string' ? this.#headers : linesOf(this.#headers);
    copy.#body = cloneBody(this.#use(), 'Response.clone');
    return copy;
  }

  /** §5.5 a network error. */
  static error(): Response {
    const response = new Response();
    response.#head = { status: 0, statusText: '', origin: { type: 'error', url: '', isRedirected: false } };
    freeze(response.headers);
    return response;
  }

  static redirect(url: string | { toString(): string }, status: number = 302): Response {
    const location = needPart('urls', 'Response.redirect').parse(String(url)).href;
    if (!isRedirectStatus(status)) {
      throw new RangeError(`Response.redirect: status must be 301, 302, 303, 307 or 308, not ${String(status)}`);
    }
    const response = new Response();
    response.#head = status;
    response.headers.set('location', location);
    freeze(response.headers);
    return response;
  }

  static json(data: unknown, init?: ResponseInit | null): Response {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('Response.json: the value has no JSON form');
    const response = new Response(null, init);
    const lines = response.#headers as string;
    if (isNullBodyStatus(response.status)) throw noBody('Response.json', response.status);
    response.#body = text;
    if (lines === '') response.#headers = jsonLine;
    else if (!typeInLines.test(lines)) response.#headers = lines + jsonLine;
    return response;
  }

  get [Symbol.toStringTag](): string {
    return 'Response';
  }

  static {
    deliver = (value, exchange, send) => {
      if (typeof value !== 'object' || value === null || !(#head in value)) return -1;
      const response = value as Response;
      const head = response.#head;
      const status = typeof head === 'number' ? head : head.status;
      if (status === 0) return 0;
      const headers = response.#headers;
      const lines = typeof headers === 'string' ? headers : linesOf(headers);
      const body = response.#body;
      if (body === null) send(exchange, status, lines, null);
      else if (typeof body === 'string') {
        response.#body = sent;
        send(exchange, status, lines, body);
      } else send(exchange, status, lines, sendable(response.#use() as Body));
      return status;
    };
    receivedResponse = (status, statusText, headers, body, origin) => {
      const response = new Response();
      response.#head = { status, statusText, origin };
      response.#headers = headers;
      response.#body = body;
      return response;
    };
  }
}
