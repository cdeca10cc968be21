/** The two ends of a request as the HTTP server of the library OS sees them; no program imports this. */

import type { BodyReader } from '../host.ts';
import { needPart } from '../parts.ts';
import { Body } from './body.ts';
import { incoming, knownSignal, type Request, setFieldReader } from './request.ts';
import { deliver, type Send } from './response.ts';

export { type Send, setFieldReader };

/**
 * A request that has arrived.
 *
 * @param url absolute, as `http://<Host><target>`
 * @param headers name, value, name, value …: names lower case, values without surrounding whitespace, one byte a
 *   character; or the number that the field reader gives that for, asked at most once and only when the program looks at headers
 */
export function incomingRequest(
  method: string,
  url: string,
  headers: readonly string[] | number,
  body: BodyReader | Uint8Array<ArrayBuffer> | null,
): Request {
  // Fetch has no body there, and a copy of the request could not be made of one that has (§5.4 step 36).
  const hasBody = body !== null && method !== 'GET' && method !== 'HEAD';
  return incoming(method, url, headers, hasBody ? new Body(body) : null);
}

/** The peer has gone: ends `request.signal`, if the program ever looked at it. */
export function abandonRequest(request: Request): void {
  const signal = knownSignal(request);
  if (signal !== null) needPart('signals', 'Request.signal').abort(signal);
}

/**
 * Sends the value a handler gave; counts as reading its body.
 * Throws TypeError when it is no Response, is a network error or its body has been read.
 */
export function send(response: unknown, exchange: number, how: Send): void {
  const status = deliver(response, exchange, how);
  if (status > 0) return;
  if (status < 0) throw new TypeError(`fetch gave ${describe(response)}, not a Response`);
  throw new TypeError('fetch gave Response.error(), which cannot be sent');
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined (is a return missing?)';
  if (value === null || typeof value !== 'object') return value === null ? 'null' : `a ${typeof value}`;
  return `an object of class ${value.constructor?.name ?? 'null'}`;
}
