/** For tests: the HTTPS door over an API made up by the test. */

import type { IncomingHttpHeaders } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, type RequestOptions, request } from 'node:https';
import type { ApiHandler } from '@diatom/sdk/api';
import type { Authorizer } from '../access/access.ts';
import type { TokenAuthenticator } from '../access/authn/service-accounts.ts';
import { type Credentials, issue } from '../access/pki/certificate.ts';
import { createFront, type FrontOptions } from './front.ts';
import { listen } from './server.ts';

const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly log: string[];
  readonly authority: Credentials;
  http1(path: string, sent?: Sent, client?: Credentials): Promise<Answer>;
  http2(path: string, sent?: Sent, client?: Credentials): Promise<Answer>;
  client(commonName: string, organizations: readonly string[], authority?: Credentials): Credentials;
  renew(): void;
  close(graceMs?: number): Promise<void>;
}

const allowEverything: Authorizer = { authorize: () => ({ allowed: true, reason: '' }) };

export async function startServer(
  api: ApiHandler,
  { slowReaderMs = 30_000, ...front }: Partial<FrontOptions> & { readonly slowReaderMs?: number } = {},
): Promise<TestServer> {
  const log: string[] = [];
  const authority = issue({ subject: { commonName: 'test authority' }, usage: 'authority', ...validity });
  const alternativeNames = ['127.0.0.1', 'localhost'];
  const credentials = () =>
    issue({ subject: { commonName: 'kernel' }, usage: 'server', alternativeNames, ...validity }, authority);
  const tokens: TokenAuthenticator = {
    authenticate: (token) =>
      token === 'good'
        ? { kind: 'valid', identity: { name: 'token user', groups: [] }, audiences: [] }
        : { kind: 'invalid', error: 'no such token' },
  };
  const handler = createFront({ api, authorizer: allowEverything, log: (message) => log.push(message), ...front });
  const server = await listen({
    host: '127.0.0.1',
    port: 0,
    credentials: credentials(),
    clientAuthority: authority.certificate,
    tokens,
    handler,
    slowReaderMs,
    log: (message) => log.push(message),
  });
  const tls = (client?: Credentials) => ({
    ca: authority.certificate,
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
  });
  const agents: Agent[] = [];
  const close = async (graceMs = 0): Promise<void> => {
    await server.close(graceMs);
    for (const agent of agents) agent.destroy();
  };
  return {
    port: server.port,
    log,
    authority,
    http1: (path, sent = {}, client) => {
      const agent = new Agent({ keepAlive: false });
      agents.push(agent);
      const options: RequestOptions = { host: '127.0.0.1', port: server.port, path, agent, ...tls(client) };
      return send({ ...options, method: sent.method ?? 'GET', headers: sent.headers ?? {} }, sent.body);
    },
    http2: (path, sent = {}, client) =>
      new Promise((resolve, reject) => {
        const session = connectHttp2(`https://127.0.0.1:${server.port}`, tls(client));
        session.on('error', reject);
        const stream = session.request({ ':path': path, ':method': sent.method ?? 'GET', ...sent.headers });
        let head: IncomingHttpHeaders = {};
        const chunks: Buffer[] = [];
        stream.on('response', (headers) => {
          head = headers;
        });
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('error', reject);
        stream.on('end', () => {
          session.close();
          resolve({
            status: Number(head[':status' as keyof IncomingHttpHeaders]),
            headers: head,
            body: Buffer.concat(chunks),
          });
        });
        stream.end(sent.body);
      }),
    client: (commonName, organizations, by = authority) =>
      issue({ subject: { commonName, organizations }, usage: 'client', ...validity }, by),
    renew: () => server.renew(credentials()),
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

function send(options: RequestOptions, body: string | Buffer | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
