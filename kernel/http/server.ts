/**
 * The HTTPS door: HTTP/1.1 and HTTP/2 on one port. A client that speaks both gets HTTP/1.1. Measured with 10,000 GETs of
 * 1.5 KB over 16 connections or streams: 29 µs of processor time and 19 MB more resident against 44 µs and 110 MB.
 */
import { constants } from 'node:crypto';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { DEFAULT_CIPHERS, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { ApiHandler, Identity } from '@diatom/sdk/api';
import { anonymous, authenticate, certificateIdentity, type PeerCertificate } from '../access/authn/authentication.ts';
import type { TokenAuthenticator } from '../access/authn/service-accounts.ts';
import type { Credentials } from '../access/pki/certificate.ts';
import { ApiError, unauthorized } from '../wire/status.ts';
import { errorResponse } from './front.ts';
import { type Incoming, readRequest } from './request.ts';
import { type Closing, type Exchange, type Outgoing, respond } from './respond.ts';
import { SlowReaders } from './slow-readers.ts';

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly credentials: Credentials;
  /** PEM of the authority whose client certificates are believed. */
  readonly clientAuthority: string;
  readonly tokens: TokenAuthenticator;
  readonly handler: ApiHandler;
  readonly slowReaderMs?: number;
  /** Requests say where their client is: asking for it costs a little, so only where somebody wants to know. */
  readonly tellsSource?: boolean;
  readonly log: (message: string) => void;
}

export interface ListeningServer {
  readonly host: string;
  readonly port: number;
  /** What new connections are shown from now on. */
  renew(credentials: Credentials): void;
  /** Takes no new requests, ends streams, lets what is in flight finish for at most `graceMs`, then cuts. */
  close(graceMs: number): Promise<void>;
}

/** A request has to have arrived within this time; slower senders only hold connections. */
const receiveTimeoutMs = 60_000;
/** How long what is left of a refused body is read. */
const lingerMs = 5_000;
const defaultSlowReaderMs = 30_000;
/** Read by Node's HTTP/1.1 half, though the types of the HTTP/2 server do not say so. */
const http1Limits = {
  // Longer than clients keep idle connections (client-go: 90 s), so that none is closed under a new request.
  keepAliveTimeout: 120_000,
  headersTimeout: receiveTimeoutMs,
  requestTimeout: receiveTimeoutMs,
};
/** Watches and requests of one HTTP/2 connection. */
const maximumStreams = 1000;

export async function listen(options: ServerOptions): Promise<ListeningServer> {
  const { credentials, clientAuthority, host, port, slowReaderMs = defaultSlowReaderMs, log } = options;
  const server = createSecureServer({
    allowHTTP1: true,
    ALPNCallback: ({ protocols }) => ['http/1.1', 'h2'].find((protocol) => protocols.includes(protocol)),
    ...secureContext(credentials, clientAuthority),
    requestCert: true,
    // Anonymous callers and bearers of tokens have no certificate; a bad one is answered 401, not an alert.
    rejectUnauthorized: false,
    settings: { maxConcurrentStreams: maximumStreams },
    ...http1Limits,
  });
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // Small frames of a watch must not wait for each other (RFC 896).
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  const slowReaders = new SlowReaders(slowReaderMs);
  const closing: Closing = { listeners: new Set(), hasBegun: false };
  let serving = 0;
  server.on('request', (incoming: Incoming, answer: Outgoing | Http2ServerResponse) => {
    const outgoing = answer as Outgoing;
    // Errors of one exchange are its client's affair; without a listener they would end the process.
    for (const side of [incoming, outgoing]) side.on('error', () => {});
    const gone = new AbortController();
    // With a reason of our own no exception object is made up for every request.
    outgoing.once('close', () => {
      serving--;
      gone.abort('closed');
    });
    serving++;
    const acceptEncoding = incoming.headers['accept-encoding'] as string | undefined;
    const exchange = { outgoing, acceptEncoding, gone: gone.signal, closing, slowReaderMs, slowReaders };
    serve(options, incoming, exchange).catch((error) => {
      log(`${incoming.method} ${incoming.url}: ${error instanceof Error ? error.stack : error}`);
      outgoing.destroy();
    });
  });
  await started(server, host, port);
  server.on('error', (error) => log(`https server: ${error}`));
  const address = server.address() as AddressInfo;
  return {
    host,
    port: address.port,
    renew: (fresh) => server.setSecureContext(secureContext(fresh, clientAuthority)),
    close: async (graceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      closing.hasBegun = true;
      for (const end of [...closing.listeners]) end();
      for (const session of sessions) session.close();
      const end = Date.now() + graceMs;
      while (serving > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function secureContext({ certificate, key }: Credentials, clientAuthority: string): SecureContextOptions {
  return {
    cert: certificate,
    key,
    ca: clientAuthority,
    minVersion: 'TLSv1.2',
    // As Go's servers: 128 bits first where both sides have AES in hardware.
    ciphers: `TLS_AES_128_GCM_SHA256:${DEFAULT_CIPHERS}`,
    honorCipherOrder: true,
    // A resumed session does not show the client's certificate again.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

function started(server: Http2SecureServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const what = error.code === 'EADDRINUSE' ? 'the port is taken; choose another one' : error.message;
      reject(new Error(`cannot listen on ${host}:${port}: ${what}`, { cause: error }));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

async function serve(options: ServerOptions, incoming: Incoming, exchange: Exchange): Promise<void> {
  const { tokens, handler, tellsSource = false } = options;
  let request: Awaited<ReturnType<typeof readRequest>>;
  // Node's own limit knows HTTP/1.1 only.
  const slow = setTimeout(() => incoming.destroy(), receiveTimeoutMs);
  try {
    request = await readRequest(incoming);
  } catch (error) {
    if (!(error instanceof ApiError)) return;
    // The rest of the body is read and forgotten for a while: a connection that closes under a client that is still writing
    // shows it an error of the network instead of the answer.
    const end = setTimeout(() => incoming.destroy(), lingerMs);
    incoming.once('close', () => clearTimeout(end)).resume();
    await respond(exchange, errorResponse(error));
    return;
  } finally {
    clearTimeout(slow);
  }
  const sourceAddress = tellsSource ? incoming.socket.remoteAddress : undefined;
  if (sourceAddress !== undefined) request = { ...request, sourceAddress };
  const identity = identify(tokens, incoming, request.headers, request.path);
  const response = identity === undefined ? errorResponse(unauthorized()) : await handler(request, identity);
  await respond(exchange, response);
}

/** Health is answered to anybody, whatever they show. */
function identify(
  tokens: TokenAuthenticator,
  incoming: Incoming,
  headers: Readonly<Record<string, string>>,
  path: string,
): Identity | undefined {
  const identity = authenticate(tokens, peerCertificate(incoming), headers);
  return identity ?? (/^\/(healthz|livez|readyz)\b/.test(path) ? anonymous : undefined);
}

/** The certificate belongs to the connection and is read once for it. */
const peers = new WeakMap<object, PeerCertificate>();

function peerCertificate(incoming: Incoming): PeerCertificate {
  const connection = isHttp2(incoming) ? (incoming.stream.session ?? incoming.socket) : incoming.socket;
  const known = peers.get(connection);
  if (known !== undefined) return known;
  const peer = readPeer(
    (isHttp2(incoming) ? incoming.stream.session?.socket : incoming.socket) as TLSSocket | undefined,
  );
  peers.set(connection, peer);
  return peer;
}

const isHttp2 = (incoming: Incoming): incoming is Http2ServerRequest => incoming.httpVersionMajor === 2;

function readPeer(socket: TLSSocket | undefined): PeerCertificate {
  const certificate = socket?.getPeerX509Certificate?.();
  if (socket === undefined || certificate === undefined) return { kind: 'none' };
  const identity = socket.authorized ? certificateIdentity(certificate) : undefined;
  return identity === undefined ? { kind: 'untrusted' } : { kind: 'trusted', identity };
}
