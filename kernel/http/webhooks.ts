/**
 * Calls to webhooks (apiserver pkg/util/webhook/client.go): HTTPS to a URL or to a Service, whose address is looked up at
 * each call; the certificate has to be signed by the authority the configuration names, for the Service's name. What goes
 * wrong is told in the words of Go's HTTP client, because people search for them.
 */
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { posix } from 'node:path';
import { isRecord, type JsonRecord } from '../kinds/json.ts';
import type { ServiceReference, WebhookClient } from '../kinds/webhook-client.ts';
import type { Store } from '../store/store.ts';
import { addressOf, type Place } from './service-address.ts';

/** Resolves with the answer's JSON object; rejects with what went wrong, in one sentence. */
export type CallWebhook = (
  client: WebhookClient,
  body: JsonRecord,
  timeoutMs: number,
  mostAnswerBytes?: number,
) => Promise<JsonRecord>;

const longestAnswerBytes = 32 * 1024 * 1024;

/** Connections are kept for the next call; of those in use there is an end, further calls wait within their time. */
const connections = { keepAlive: true, maxSockets: 128, maxTotalSockets: 512, maxFreeSockets: 8, timeout: 60_000 };

export function createWebhookCaller(store: Store): CallWebhook {
  const agent = new Agent(connections);
  return async (client, body, timeoutMs, mostAnswerBytes = longestAnswerBytes) => {
    const { target, certificateAuthority } = client;
    const base = 'url' in target ? new URL(target.url) : serviceUrl(target.service);
    const url = new URL(`${base.href}?timeout=${Math.ceil(timeoutMs / 1000)}s`);
    const what = `Post ${JSON.stringify(url.href)}`;
    let place: Place;
    try {
      place = 'url' in target ? placeOf(base) : addressOf(store, target.service);
    } catch (error) {
      throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
    const call: Post = {
      agent,
      url,
      // The port as configured: a URL leaves out 443.
      hostHeader: 'url' in target ? base.host : `${base.hostname}:${target.service.port}`,
      place,
      timeoutMs,
      mostAnswerBytes,
      ca: certificateAuthority === '' ? undefined : certificateAuthority,
      body: JSON.stringify(body),
    };
    const { status, text } = await post(call, what);
    if (status < 200 || status > 299) throw new Error(refusalText(status, text));
    return parseAnswer(text);
  };
}

function parseAnswer(text: string): JsonRecord {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`couldn't get version/kind; json parse error: ${why}`);
  }
  if (!isRecord(answer)) throw new Error("couldn't get version/kind; json parse error: the answer is no JSON object");
  return answer;
}

/** client-go rest/request.go and apimachinery pkg/api/errors, NewGenericServerResponse. */
const refusals: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  403: 'forbidden',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  413: 'Request entity too large: limit is 3145728',
  415: 'the server was unable to respond with a content type that the client supports',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
};

function refusalText(status: number, text: string): string {
  const shown = text.trim().slice(0, 200);
  const known = refusals[status];
  if (known !== undefined) return known;
  if (status >= 500)
    return `an error on the server (${JSON.stringify(shown || 'unknown')}) has prevented the request from succeeding`;
  return `the server responded with the status code ${status} but did not return more information`;
}

function serviceUrl({ name, namespace, port, path }: ServiceReference): URL {
  return new URL(`https://${name}.${namespace}.svc:${port}${path.startsWith('/') ? path : `/${path}`}`);
}

const placeOf = (url: URL): Place => ({
  host: url.hostname.replace(/^\[|\]$/g, ''),
  port: url.port === '' ? 443 : Number(url.port),
});

/** Go's path.Join, through which client-go puts what it asks for: many a server redirects `//hook`. */
function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

interface Post {
  readonly agent: Agent;
  readonly url: URL;
  readonly hostHeader: string;
  readonly place: Place;
  readonly timeoutMs: number;
  readonly mostAnswerBytes: number;
  readonly ca: string | undefined;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function post(call: Post, what: string): Promise<Answer> {
  const signal = AbortSignal.timeout(call.timeoutMs);
  for (;;) {
    try {
      return await postOnce(call, signal);
    } catch (error) {
      // A kept connection may have been closed by the other side just now: nothing was said on it.
      if (error instanceof StaleConnection) continue;
      throw new Error(`${what}: ${explain(error, call)}`);
    }
  }
}

class StaleConnection extends Error {}

function postOnce(call: Post, signal: AbortSignal): Promise<Answer> {
  const { agent, url, hostHeader, place, ca, body, mostAnswerBytes } = call;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...place,
        agent,
        path: `${cleanPath(url.pathname)}${url.search}`,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          accept: 'application/json, */*',
          host: hostHeader,
        },
        // As in Go, any certificate of the bundle is an anchor: people put the server's own there.
        ...(ca === undefined ? {} : { ca, allowPartialTrustChain: true }),
        // An address is no name for SNI; the certificate then has to name the address.
        ...(/^[\d.]+$|:/.test(url.hostname) ? {} : { servername: url.hostname }),
        signal,
      },
      (incoming) => readAnswer(incoming, mostAnswerBytes).then(resolve, reject),
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(isStale ? new StaleConnection() : error);
    });
    outgoing.end(body);
  });
}

async function readAnswer(incoming: IncomingMessage, mostBytes: number): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > mostBytes) throw new Error(`the answer is longer than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}

const unknownAuthority = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** As Go would put it. */
function explain(error: unknown, { place, url }: Post): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '' } = error as NodeJS.ErrnoException;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'context deadline exceeded';
  if (code === 'ECONNREFUSED') return `dial tcp ${place.host}:${place.port}: connect: connection refused`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${place.host}: no such host`;
  if (code === 'ECONNRESET') return 'EOF';
  const invalid = 'tls: failed to verify certificate: x509:';
  if (unknownAuthority.has(code)) return `${invalid} certificate signed by unknown authority`;
  if (code === 'CERT_HAS_EXPIRED') return `${invalid} certificate has expired or is not yet valid`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `${invalid} certificate is not valid for ${url.hostname}: ${error.message}`;
  return error.message;
}
