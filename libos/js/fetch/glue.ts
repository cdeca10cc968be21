/** The two ends of a request as the HTTP server of the library OS sees them; no program imports this. */

import type { BodyReader } from '../host.ts';
import { needPart } from '../parts.ts';
import { Body, claim } from './body.ts';
import { flatten, type Headers } from './headers.ts';
import { incoming, knownSignal, type Request } from './request.ts';
import { isResponse, partsOf } from './response.ts';

/**
 * A request that has arrived.
 *
 * @param url absolute, as `http://<Host><target>`
 * @param headers name, value, name, value …: names lower case, values without surrounding whitespace, one byte a
 *   character; or a function giving that, called at most once and only when the program looks at headers
 */
export function incomingRequest(
  method: string,
  url: string,
  headers: readonly string[] | (() => readonly string[]),
  body: BodyReader | Uint8Array<ArrayBuffer> | null,
): Request {
  return incoming({ method, url, headers, body: body === null ? null : new Body(body) });
}

/** The peer has gone: ends `request.signal`, if the program ever looked at it. */
export function abandonRequest(request: Request): void {
  const signal = knownSignal(request);
  if (signal !== null) needPart('signals', 'Request.signal').abort(signal);
}

export interface OutgoingResponse {
  readonly status: number;
  /** Empty: the usual phrase of the status. */
  readonly statusText: string;
  /** `name: value\r\n` for each field; values are bytes-in-a-string. */
  readonly headerLines: string;
  readonly body: string | Uint8Array<ArrayBuffer> | BodyReader | null;
}

/** The lines of the Content-Types that bodies bring along: the usual response makes no string for its head. */
const textLine = 'content-type: text/plain;charset=UTF-8\r\n';
const jsonLine = 'content-type: application/json\r\n';

function typeLine(type: string | null): string {
  if (type === null) return '';
  if (type === 'text/plain;charset=UTF-8') return textLine;
  return type === 'application/json' ? jsonLine : `content-type: ${type}\r\n`;
}

function linesOf(headers: Headers): string {
  const list = flatten(headers);
  let lines = '';
  for (let at = 0; at < list.length; at += 2) lines += `${list[at]}: ${list[at + 1]}\r\n`;
  return lines;
}

/**
 * What to send for the value a handler gave; counts as reading the body.
 * Throws TypeError when it is no Response, is a network error or its body has been read.
 */
export function outgoing(response: unknown): OutgoingResponse {
  if (!isResponse(response)) {
    throw new TypeError(`fetch gave ${describe(response)}, not a Response`);
  }
  const { status, statusText, headers, contentType, body } = partsOf(response);
  if (status === 0) throw new TypeError('fetch gave Response.error(), which cannot be sent');
  return {
    status,
    statusText,
    headerLines: headers === null ? typeLine(contentType) : linesOf(headers),
    body: body === null ? null : sendable(body),
  };
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined (is a return missing?)';
  if (value === null || typeof value !== 'object') return value === null ? 'null' : `a ${typeof value}`;
  return `an object of class ${value.constructor?.name ?? 'null'}`;
}

function sendable(body: Body): string | Uint8Array<ArrayBuffer> | BodyReader {
  const source = claim(body, 'fetch');
  if (body.stream === null) return source as string | Uint8Array<ArrayBuffer> | BodyReader;
  return needPart('streams', 'Response.body').reader(body.stream);
}
