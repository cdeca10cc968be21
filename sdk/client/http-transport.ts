import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { TransportError } from './errors.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';

export interface HttpTransportOptions {
  /** `https://host:port` with an optional path prefix; `http://` for `kubectl proxy`. */
  readonly server: string;
  /** PEM. Without it the system's authorities are trusted. */
  readonly certificateAuthority?: string | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  /** A function is asked for every request: tokens in files are rotated. */
  readonly token?: string | (() => string) | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Dangerous: anybody on the way can pose as the server and read the credentials. */
  readonly skipTlsVerify?: boolean | undefined;
  /** Name to expect in the server's certificate when it is not the host of `server`. */
  readonly tlsServerName?: string | undefined;
  /** Sent as Impersonate-User and Impersonate-Group. */
  readonly impersonate?: { readonly user: string; readonly groups?: readonly string[] } | undefined;
}

/** A dead peer is noticed by TCP after this long without traffic; watches are silent for a minute at most (bookmarks). */
const keepAliveProbeMs = 30_000;

/** The API over HTTP(S), connections kept and reused. */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const base = new URL(options.server);
  const isSecure = base.protocol === 'https:';
  if (!isSecure && base.protocol !== 'http:') {
    throw new Error(`server "${options.server}" must start with https:// or http://`);
  }
  // Loaded at first use: a server of a cell, which has a port instead, saves the 3 MB that HTTP and TLS cost a thread.
  const http = process.getBuiltinModule('node:http');
  const https = process.getBuiltinModule('node:https');
  const prefix = base.pathname === '/' ? '' : base.pathname.replace(/\/$/, '');
  const agentOptions = { keepAlive: true, keepAliveMsecs: keepAliveProbeMs };
  const agent = isSecure
    ? new https.Agent({
        ...agentOptions,
        ca: options.certificateAuthority,
        cert: options.clientCertificate,
        key: options.clientKey,
        rejectUnauthorized: options.skipTlsVerify !== true,
        ...(options.tlsServerName === undefined ? {} : { servername: options.tlsServerName }),
      })
    : new http.Agent(agentOptions);
  const closed = Promise.withResolvers<Error>();
  const open = new Set<ClientRequest>();
  let isClosed = false;

  function requestHeaders(request: TransportRequest): Record<string, string | string[]> {
    const headers: Record<string, string | string[]> = { ...request.headers };
    const token = typeof options.token === 'function' ? options.token() : options.token;
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    else if (options.username !== undefined) {
      const pair = `${options.username}:${options.password ?? ''}`;
      headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    }
    if (options.impersonate !== undefined) {
      headers['impersonate-user'] = options.impersonate.user;
      if (options.impersonate.groups !== undefined) headers['impersonate-group'] = [...options.impersonate.groups];
    }
    if (request.body !== undefined) headers['content-length'] = String(Buffer.byteLength(request.body));
    return headers;
  }

  function attemptOnce(request: TransportRequest): Promise<TransportResponse> {
    const attempt = `${request.method} ${request.path}`;
    return new Promise((resolve, reject) => {
      const outgoing = (isSecure ? https : http).request({
        agent,
        protocol: base.protocol,
        hostname: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port === '' ? (isSecure ? 443 : 80) : base.port,
        method: request.method,
        path: prefix + request.path,
        headers: requestHeaders(request),
      });
      open.add(outgoing);
      const abort = (): void => {
        reject(request.signal?.reason);
        outgoing.destroy();
      };
      const release = (): void => {
        open.delete(outgoing);
        request.signal?.removeEventListener('abort', abort);
      };
      request.signal?.addEventListener('abort', abort, { once: true });
      outgoing.on('close', release);
      outgoing.on('error', (error) => {
        reject(new StaleSocketError(attempt, error, outgoing.reusedSocket));
      });
      outgoing.on('response', (incoming) => {
        incoming.setEncoding('utf8');
        const head = { status: incoming.statusCode ?? 0, headers: flatten(incoming.headers) };
        if (request.stream && head.status < 400) {
          resolve({ kind: 'stream', ...head, chunks: readChunks(attempt, incoming, outgoing, request.signal) });
          return;
        }
        let body = '';
        incoming.on('data', (chunk: string) => {
          body += chunk;
        });
        incoming.on('end', () => resolve({ kind: 'complete', ...head, body }));
        incoming.on('error', (error) => reject(new TransportError(attempt, error)));
      });
      outgoing.end(request.body);
    });
  }

  async function send(request: TransportRequest): Promise<TransportResponse> {
    if (request.signal?.aborted === true) throw request.signal.reason;
    if (isClosed) throw new TransportError(`${request.method} ${request.path}`, new Error('the transport was closed'));
    try {
      return await attemptOnce(request);
    } catch (error) {
      // The server closed a kept connection at the moment it was reused; reading again changes nothing.
      if (error instanceof StaleSocketError && error.wasReused && request.method === 'GET') return attemptOnce(request);
      throw error;
    }
  }

  return {
    send,
    closed: closed.promise,
    async close() {
      isClosed = true;
      for (const request of open) request.destroy();
      agent.destroy();
      closed.resolve(new Error('the transport was closed'));
    },
  };
}

class StaleSocketError extends TransportError {
  readonly wasReused: boolean;
  constructor(attempt: string, cause: Error, wasReused: boolean) {
    super(attempt, cause);
    this.wasReused = wasReused;
  }
}

async function* readChunks(
  attempt: string,
  incoming: IncomingMessage,
  outgoing: ClientRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  try {
    for await (const chunk of incoming) yield String(chunk);
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    throw new TransportError(attempt, error);
  } finally {
    outgoing.destroy();
  }
}

function flatten(headers: IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
