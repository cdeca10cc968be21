/**
 * A client of the Kubernetes API that costs as little as Node allows: HTTP/1.1 written by hand on TLS connections that
 * stay open, answers counted and not read. What it costs would otherwise be the limit of what it measures.
 */
import { connect as connectHttp2 } from 'node:http2';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { type Answer, createAnswerReader } from './answers.ts';
import type { KeyValueServer, Watch } from './stores.ts';

export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Endpoint {
  readonly port: number;
  readonly credentials: Credentials;
  readonly connections: number;
}

const collection = '/api/v1/namespaces/default/configmaps';
const mergePatch = 'application/merge-patch+json';
const host = '127.0.0.1';

const configMap = (name: string, value: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } });

function message(method: string, path: string, body = '', contentType = 'application/json'): string {
  const content = body === '' ? '' : `content-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench/1\r\naccept: application/json\r\n${content}\r\n${body}`;
}

export type KubernetesClient = Pick<
  KeyValueServer,
  'create' | 'get' | 'update' | 'patch' | 'list' | 'watch' | 'crowds'
> & { readonly close: () => void };

export async function connectKubernetes({ port, credentials, connections }: Endpoint): Promise<KubernetesClient> {
  const options = { host, port, ...credentials, ALPNProtocols: ['http/1.1'] };
  const open = (): Promise<TLSSocket> => opened(options);
  const idle: Connection[] = await Promise.all(
    Array.from({ length: connections }, async () => new Connection(await open())),
  );
  const all = [...idle];
  const waiting: ((connection: Connection) => void)[] = [];

  const call = async (text: string): Promise<Answer> => {
    const connection = idle.pop() ?? (await new Promise<Connection>((resolve) => waiting.push(resolve)));
    try {
      const answer = await connection.call(text);
      if (answer.status >= 300) throw new Error(`${text.split('\r\n', 1)[0]}: ${answer.status} ${answer.text}`);
      return answer;
    } finally {
      const next = waiting.shift();
      if (next === undefined) idle.push(connection);
      else next(connection);
    }
  };
  const watchPath = async (): Promise<string> => {
    const { text } = await call(message('GET', `${collection}?limit=1`));
    const version = /"resourceVersion":"(\d+)"/.exec(text)?.[1] ?? '0';
    return `${collection}?watch=true&resourceVersion=${version}`;
  };

  return {
    create: async (name, value) => {
      await call(message('POST', collection, configMap(name, value)));
    },
    get: async (name) => {
      await call(message('GET', `${collection}/${name}`));
    },
    update: async (name, value) => {
      await call(message('PUT', `${collection}/${name}`, configMap(name, value)));
    },
    patch: async (name, value) => {
      await call(message('PATCH', `${collection}/${name}`, JSON.stringify({ data: { value } }), mergePatch));
    },
    list: async () => (await call(message('GET', collection))).bodyBytes,
    watch: async (onEvent) => {
      let rest = '';
      const socket = await watching(await open(), await watchPath(), (part) => {
        const lines = (rest + part.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onEvent(JSON.parse(line).object.metadata.name);
      });
      return { cancel: () => socket.destroy() };
    },
    crowds: {
      'a connection each': async (count, onEvents) => {
        const path = await watchPath();
        const sockets: TLSSocket[] = [];
        for (let index = 0; index < count; index++) {
          sockets.push(await watching(await open(), path, createEventCounter(onEvents)));
        }
        return { cancel: () => sockets.map((socket) => socket.destroy()) };
      },
      '100 on a connection': async (count, onEvents) => {
        const path = await watchPath();
        const sessions = await Promise.all(
          Array.from({ length: Math.ceil(count / 100) }, (_, index) =>
            watchingTogether({ port, credentials }, path, Math.min(100, count - index * 100), onEvents),
          ),
        );
        return { cancel: () => sessions.map((session) => session.cancel()) };
      },
    },
    close: () => {
      for (const connection of all) connection.close();
    },
  };
}

function opened(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(options, () => resolve(socket));
    socket.setNoDelay(true);
    socket.on('error', reject);
  });
}

/** One request at a time. */
class Connection {
  readonly #socket: TLSSocket;
  #pending: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    const read = createAnswerReader((answer) => this.#pending?.resolve(answer));
    const fail = (error: Error): void => this.#pending?.reject(error);
    socket.on('data', read);
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the server closed the connection')));
  }

  call(text: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket.write(text);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Resolves when the answer has begun. */
function watching(socket: TLSSocket, path: string, onPart: (part: Buffer) => void): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    let hasBegun = false;
    const read = createAnswerReader(() => {}, onPart);
    socket.on('data', (chunk: Buffer) => {
      read(chunk);
      if (hasBegun) return;
      hasBegun = true;
      const status = chunk.toString('latin1', 9, 12);
      if (status === '200') resolve(socket);
      else reject(new Error(`GET ${path}: ${chunk.toString('latin1', 0, 500)}`));
    });
    socket.on('close', () => reject(new Error(`GET ${path}: the server closed the connection`)));
    socket.write(message('GET', path));
  });
}

/** An event is a line; JSON has no line end inside. */
function createEventCounter(onEvents: (count: number) => void): (part: Buffer) => void {
  return (part) => {
    let count = 0;
    for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) count++;
    if (count > 0) onEvents(count);
  };
}

async function watchingTogether(
  { port, credentials }: Pick<Endpoint, 'port' | 'credentials'>,
  path: string,
  count: number,
  onEvents: (count: number) => void,
): Promise<Watch> {
  // The windows of Go's client: one slow watch must not hold back the others of its connection.
  const settings = { initialWindowSize: 4 * 1024 * 1024 };
  const session = connectHttp2(`https://${host}:${port}`, { ...credentials, ALPNProtocols: ['h2'], settings });
  session.setMaxListeners(0);
  await new Promise<void>((resolve, reject) => {
    session.once('remoteSettings', () => resolve());
    session.on('error', reject);
  });
  session.setLocalWindowSize(2 ** 30);
  await Promise.all(
    Array.from({ length: count }, () => {
      const stream = session.request({ ':path': path });
      stream.on('data', createEventCounter(onEvents));
      return new Promise<void>((resolve, reject) => {
        stream.once('response', (headers) =>
          headers[':status'] === 200 ? resolve() : reject(new Error(`GET ${path}: ${headers[':status']}`)),
        );
        stream.on('error', reject);
      });
    }),
  );
  return { cancel: () => session.destroy() };
}
