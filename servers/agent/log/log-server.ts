/** The kubelet's endpoint, as far as the kernel uses it: logs, over TLS, for the cell's own clients only. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Pod } from '@diatom/sdk';
import type { AgentSettings } from '../settings.ts';
import { parseLogOptions } from './cri-line.ts';
import { keyReader, readKeys } from './key-reader.ts';
import { readLog } from './read-log.ts';

export interface ContainerLog {
  readonly path: string;
  readonly isOver: () => boolean;
}

export interface LogServerOptions {
  readonly tls: AgentSettings['tls'];
  readonly host: string;
  readonly pods: () => readonly Pod[];
  /** The file of a container's present or previous instance; a sentence when there is none. */
  readonly find: (namespace: string, pod: string, container: string, previous: boolean) => ContainerLog | string;
}

export interface LogServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startLogServer(options: LogServerOptions): Promise<LogServer> {
  const { tls, host } = options;
  const server: Server = createServer(
    {
      ...readKeys(tls),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      answer(request, response, options).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (response.headersSent) response.destroy();
        else plain(response, error instanceof RangeError || error instanceof URIError ? 400 : 500, message);
      });
    },
  );
  const renewed = keyReader(tls);
  // Before the handshake, and for clients that name no host, too, which an SNI callback would not see.
  server.prependListener('connection', () => {
    const keys = renewed();
    if (keys !== undefined) server.setSecureContext(keys);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: LogServerOptions): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://agent');
  if (request.method !== 'GET') {
    plain(response, 405, 'only GET is answered here');
    return;
  }
  if (url.pathname === '/healthz') {
    plain(response, 200, 'ok');
    return;
  }
  if (url.pathname === '/pods' || url.pathname === '/pods/') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: options.pods() }));
    return;
  }
  const match = /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(url.pathname);
  if (match === null) {
    plain(
      response,
      404,
      `${url.pathname} is not served; try /containerLogs/NAMESPACE/POD/CONTAINER, /pods or /healthz`,
    );
    return;
  }
  const [, namespace = '', pod = '', container = ''] = match.map(decodeURIComponent);
  const logOptions = parseLogOptions(url.searchParams, Date.now());
  const found = options.find(namespace, pod, container, logOptions.previous);
  if (typeof found === 'string') {
    plain(response, 400, found);
    return;
  }
  response.setHeader('content-type', 'text/plain');
  response.flushHeaders();
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  for await (const text of readLog({ ...found, signal: gone.signal }, logOptions)) {
    if (!response.write(text)) await new Promise((resolve) => onceEither(response, resolve));
    if (gone.signal.aborted) return;
  }
  response.end();
}

function onceEither(response: ServerResponse, resolve: (value: unknown) => void): void {
  const done = (): void => {
    response.off('drain', done);
    response.off('close', done);
    resolve(undefined);
  };
  response.once('drain', done);
  response.once('close', done);
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(text);
}
