/** For tests: a kernel in a temporary directory and ways to talk to it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { createKernel, type Kernel } from '@diatom/kernel';
import { createHttpTransport, createPortTransport, type HttpTransportOptions, type Transport } from '@diatom/sdk';

export const masters = { name: 'test', groups: ['system:masters', 'system:authenticated'] };

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T;
}

export interface TestKernel extends AsyncDisposable {
  readonly kernel: Kernel;
  readonly directory: string;
  /** Admin over HTTPS with the kubeconfig's certificate, or as the options say. */
  https(options?: Partial<HttpTransportOptions>): Transport;
  port(identity?: { readonly name: string; readonly groups: readonly string[] }): Transport;
  /** Closes the kernel and starts another one on the same data. */
  restart(): Promise<Kernel>;
}

export async function startKernel(): Promise<TestKernel> {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-kernel-'));
  const open = () =>
    createKernel({ dataDirectory: directory, listen: { host: '127.0.0.1', port: 0 }, log: (line) => log.push(line) });
  const log: string[] = [];
  let kernel = await open();
  const transports: Transport[] = [];
  const keep = (transport: Transport): Transport => {
    transports.push(transport);
    return transport;
  };
  return {
    get kernel() {
      return kernel;
    },
    directory,
    https: (options) =>
      keep(
        createHttpTransport({
          server: kernel.address?.url ?? '',
          certificateAuthority: file(directory, 'ca.crt'),
          ...(options ?? { clientCertificate: file(directory, 'admin.crt'), clientKey: file(directory, 'admin.key') }),
        }),
      ),
    port: (identity = masters) => {
      const { port1, port2 } = new MessageChannel();
      kernel.attachPort(port1, identity);
      return keep(createPortTransport(port2));
    },
    restart: async () => {
      await kernel.close();
      kernel = await open();
      return kernel;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(transports.map((transport) => transport.close()));
      await kernel.close();
      rmSync(directory, { recursive: true });
      if (log.length > 0) throw new Error(`the kernel complained: ${log.join('\n')}`);
    },
  };
}

const file = (directory: string, name: string): string => readFileSync(join(directory, 'pki', name), 'utf8');

export async function call<T = Record<string, unknown>>(
  transport: Transport,
  method: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<T>> {
  const answer = await transport.send({
    method,
    path,
    headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
    stream: false,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.kind !== 'complete') throw new Error(`${method} ${path} was answered with a stream`);
  return { status: answer.status, body: answer.body.startsWith('{') ? JSON.parse(answer.body) : answer.body };
}

export interface WatchEvent {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name: string; readonly resourceVersion: string } };
}

/** The events of a watch one by one; ends when the stream does. */
export async function* watchEvents(
  transport: Transport,
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const headers = { accept: 'application/json' };
  const answer = await transport.send({ method: 'GET', path, headers, stream: true, signal });
  if (answer.kind !== 'stream') throw new Error(`${path} was answered ${answer.status}: ${answer.body}`);
  let rest = '';
  for await (const chunk of answer.chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as WatchEvent;
  }
}

export const configMap = (name: string, data: Record<string, string> = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});
