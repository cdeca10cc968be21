/**
 * Fetch standard §5.6 the fetch method, §4.4 HTTP-network-or-cache fetch, §4.5 HTTP-redirect fetch: what is left of them
 * without cache, cookies, CORS and service workers. The host sends one request and gives one response; redirects are
 * followed here.
 */

import '../link/urls.ts';
import { type BodyReader, host, type IncomingResponse } from '../host.ts';
import { needPart } from '../parts.ts';
import { parseUrl } from '../url/parser.ts';
import { serialize } from '../url/record.ts';
import { AbortLink } from './abort-link.ts';
import { Body, claim } from './body.ts';
import { parseDataUrl } from './data-url.ts';
import { flatten, Headers, trusted } from './headers.ts';
import { outgoingParts, Request, type RequestInit } from './request.ts';
import { type Response, receivedResponse } from './response.ts';

/** §4.5 step 7. */
const redirectLimit = 20;

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

/** Headers that belong to the body and go with it (§4.5 step 13). */
const bodyHeaders: readonly string[] = ['content-encoding', 'content-language', 'content-location', 'content-type'];

/** Headers that the connection sets; a program's would contradict it (RFC 9110 §7.6.1, RFC 9112 §6). */
const connectionHeaders: readonly string[] = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Headers that are for one origin only (§4.5 step 14; cookies are the program's own here). */
const credentialHeaders: readonly string[] = ['authorization', 'cookie', 'proxy-authorization'];

type Payload = Uint8Array<ArrayBuffer> | null | BodyReader;

/** Bytes that are here go out with their length, anything else as it comes. */
function payloadOf(body: Body | null): Payload {
  if (body === null) return null;
  const { stream } = body;
  const source = claim(body, 'fetch');
  if (stream !== null) return needPart('streams', 'fetch.body').reader(stream);
  if (typeof source === 'string') return host.encodeUtf8(source);
  const reader = source as Uint8Array<ArrayBuffer> | BodyReader;
  return reader instanceof Uint8Array ? reader : (reader.whole() ?? reader);
}

function send(
  method: string,
  url: string,
  headers: Headers,
  body: Payload,
  link: AbortLink | null,
): Promise<IncomingResponse> {
  if (host.fetch === undefined) {
    return Promise.reject(
      new TypeError(
        'fetch failed: this image has no way out: its target gives it no connections to other hosts (host.fetch is missing)',
      ),
    );
  }
  const lines = new Headers(headers);
  for (const name of connectionHeaders) lines.delete(name);
  if (!lines.has('accept')) lines.set('accept', '*/*');
  if (!lines.has('user-agent')) lines.set('user-agent', 'Diatom');
  // RFC 9110 §12.5.3: without it any coding would do, and undoing one costs the interpreter more than the network gains.
  if (!lines.has('accept-encoding')) lines.set('accept-encoding', 'identity');
  const onAbort = (stop: () => void): void => link?.onAbort(stop);
  const response = host.fetch({ method, url, headers: flatten(lines), body, onAbort });
  return link === null ? response : link.race(response);
}

/** A body that nobody holds any more has no use for its signal, which may outlive many. */
const dropped = new FinalizationRegistry((link: AbortLink) => link.release());

/** A reader that fails once the signal is aborted (§5.6 "abort the fetch()"), and lets go of it at the end. */
function watched(reader: BodyReader, link: AbortLink | null): BodyReader {
  if (link === null) return reader;
  const watching: BodyReader = {
    whole: () => undefined,
    read: async () => {
      const chunk = await link.race(reader.read());
      if (chunk === null) link.release();
      return chunk;
    },
    cancel: () => {
      link.release();
      reader.cancel();
    },
  };
  dropped.register(watching, link);
  return watching;
}

/** Where a redirect leads; null when the response is none. */
function locationOf(response: IncomingResponse, url: string): string | null {
  if (!redirectStatuses.includes(response.status)) return null;
  const given = trusted(response.headers, true).get('location');
  if (given === null) return null;
  // Bytes as they are: those that are no ASCII are meant as UTF-8 (as browsers and Node take them).
  const location = /[\x80-\xff]/.test(given)
    ? host.decodeUtf8(Uint8Array.from(given, (letter) => letter.charCodeAt(0)))
    : given;
  const base = parseUrl(url);
  const target = parseUrl(location, base);
  if (base === null || target === null || !/^https?$/.test(target.scheme)) {
    throw new TypeError(`fetch failed: ${url} redirects to "${location}", which is no http(s) URL`);
  }
  target.fragment ??= base.fragment;
  return serialize(target);
}

const originPattern = /^[a-z]+:\/\/[^/?#]*/;

/** The exchanges of one fetch, until there is an answer that is no redirect to follow. */
async function exchange(request: Request, body: Body | null, link: AbortLink | null): Promise<Response> {
  let { url, method } = request;
  const headers = new Headers(request.headers);
  let payload = payloadOf(body);
  for (let count = 0; ; count++) {
    const response = await send(method, url, headers, payload, link);
    const location = request.redirect === 'manual' ? null : locationOf(response, url);
    if (location === null) return receive(response, url, count > 0, link, method);
    response.body?.cancel();
    if (request.redirect === 'error') throw new TypeError(`fetch failed: ${url} redirects, and redirect is "error"`);
    if (count === redirectLimit) {
      throw new TypeError(`fetch failed: more than ${redirectLimit} redirects, the last from ${url}`);
    }
    const { status } = response;
    if (status !== 303 && payload !== null && !(payload instanceof Uint8Array)) {
      throw new TypeError(`fetch failed: ${url} redirects with status ${status}, and a stream cannot be sent twice`);
    }
    // §4.5 step 13: 303 always becomes a GET, 301 and 302 make one of a POST.
    if ((status === 303 && method !== 'GET' && method !== 'HEAD') || (status < 303 && method === 'POST')) {
      method = 'GET';
      payload = null;
      for (const name of bodyHeaders) headers.delete(name);
    }
    // Not to a stranger.
    if (originPattern.exec(location)?.[0] !== originPattern.exec(url)?.[0]) {
      for (const name of credentialHeaders) headers.delete(name);
    }
    url = location;
  }
}

export async function fetch(
  input: Request | string | { toString(): string },
  init?: RequestInit | null,
): Promise<Response> {
  const request = new Request(input, init);
  const { body, signal } = outgoingParts(request);
  signal?.throwIfAborted();
  if (request.url.startsWith('data:')) return dataResponse(request.url);
  if (!/^https?:/.test(request.url)) throw new TypeError(`fetch failed: ${request.url} is not an http(s) URL`);
  const link = signal === null ? null : new AbortLink(signal);
  try {
    return await exchange(request, body, link);
  } catch (error) {
    link?.release();
    throw error;
  }
}

/** §4.2 scheme fetch. */
function dataResponse(url: string): Response {
  const found = parseDataUrl(url);
  if (found === null) throw new TypeError('fetch failed: the data: URL is not well-formed');
  const origin = { type: 'basic', url: url.replace(/#.*$/s, ''), isRedirected: false } as const;
  return receivedResponse(200, 'OK', trusted(['content-type', found.type], true), new Body(found.body), origin);
}

/** RFC 9110 §8.4.1; any other makes the body what it is. */
const knownCodings: Readonly<Record<string, 'gzip' | 'deflate'>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
};
/** More than one is odd, many are an attack. */
const mostCodings = 5;

/** §4.7 "handle content codings". */
function decoded(body: BodyReader, headers: Headers): BodyReader {
  const given = headers.get('content-encoding');
  if (given === null || host.decompress === undefined) return body;
  const codings = given.split(',').map((coding) => knownCodings[coding.trim().toLowerCase()]);
  if (codings.length > mostCodings) {
    body.cancel();
    throw new TypeError(
      `fetch failed: the response has ${codings.length} content codings, at most ${mostCodings} are undone`,
    );
  }
  let reader = body;
  for (const coding of codings.reverse()) {
    if (coding === undefined) return body;
    reader = host.decompress(reader, coding);
  }
  return reader;
}

function receive(
  { status, statusText, headers: lines, body }: IncomingResponse,
  url: string,
  isRedirected: boolean,
  link: AbortLink | null,
  method: string,
): Response {
  // Fetch §4.7: null where there cannot be any; empty is something else.
  const isNull = method === 'HEAD' || status === 204 || status === 205 || status === 304;
  if (isNull || body === null) link?.release();
  const origin = { type: 'basic', url: url.replace(/#.*$/s, ''), isRedirected } as const;
  const headers = trusted(lines, true);
  const content = isNull ? null : new Body(body === null ? '' : watched(decoded(body, headers), link));
  return receivedResponse(status, statusText, headers, content, origin);
}
