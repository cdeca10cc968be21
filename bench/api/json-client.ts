/** JSON over HTTP(S) with keep-alive, as thin as Node allows: the client's cost should not hide the server's. */
import { request as httpRequest, type IncomingMessage, Agent as PlainAgent, type RequestOptions } from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';
import { createInterface } from 'node:readline';

export interface JsonClient {
  /** Throws on a status of 300 and above. */
  call(method: string, path: string, body?: unknown): Promise<string>;
  /** Calls `onLine` for each line of an answer without end. Resolves when the answer has begun. */
  lines(method: string, path: string, body: unknown, onLine: (line: string) => void): Promise<{ cancel(): void }>;
  close(): void;
}

export interface Endpoint {
  readonly address: string;
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly connections: number;
}

export function createJsonClient({ address, tls, connections }: Endpoint): JsonClient {
  const { hostname, port } = new URL(address);
  const settings = { keepAlive: true, maxSockets: connections };
  const agent = tls === undefined ? new PlainAgent(settings) : new SecureAgent({ ...settings, ...tls });
  const request = tls === undefined ? httpRequest : httpsRequest;

  const send = (options: RequestOptions, body: unknown): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const headers =
        text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      const sent = request({ hostname, port, headers, ...(tls ?? {}), ...options }, resolve);
      sent.on('error', reject);
      sent.end(text);
    });

  return {
    call: async (method, path, body) => {
      const response = await send({ method, path, agent }, body);
      const text = await textOf(response);
      const status = response.statusCode ?? 0;
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`);
      return text;
    },
    lines: async (method, path, body, onLine) => {
      const response = await send({ method, path, agent: false }, body);
      const status = response.statusCode ?? 0;
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${(await textOf(response)).slice(0, 300)}`);
      response.on('error', () => {});
      createInterface({ input: response })
        .on('line', onLine)
        .on('error', () => {});
      return { cancel: () => response.destroy() };
    },
    close: () => agent.destroy(),
  };
}

function textOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => resolve(text));
    response.on('error', reject);
  });
}
