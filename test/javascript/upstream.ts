/** Servers for the tests of `fetch`: an honest one, and one that answers what it is told to, byte by byte. */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';

export interface Upstream extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly url: string;
  /** Connections there have been. */
  connectionCount(): number;
  /** Connections there are. */
  openCount(): number;
}

/** Of a server that is to listen, with what is needed to watch and to end it. */
export async function listening(server: Server, onClose: () => void = () => {}): Promise<Upstream> {
  const sockets = new Set<Socket>();
  let connectionCount = 0;
  server.on('connection', (socket) => {
    connectionCount += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    url: `http://${address}`,
    connectionCount: () => connectionCount,
    openCount: () => sockets.size,
    [Symbol.asyncDispose]: async () => {
      onClose();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What differs between clients without anybody having asked for it. */
const own =
  /^(?:user-agent|accept|accept-encoding|accept-language|sec-fetch-mode|connection|host|cache-control|pragma)$/;

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = Buffer.concat(await request.toArray()).toString('latin1');
  const headers = Object.entries(request.headers).filter(([name]) => !own.test(name));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: headers.sort(), body }));
}

const text = 'Pinnularia viridis '.repeat(200);

const numbers = Array.from({ length: 60_000 }, (_, at) => `${at * at}`).join(' ');

const members = Buffer.concat([gzipSync(text.slice(0, 100)), gzipSync(text.slice(100))]);
/** RFC 1952 §2.3: with extra field, name and comment. */
const plain = gzipSync(text);
const named = Buffer.concat([
  Buffer.from([0x1f, 0x8b, 8, 0x1c, 0, 0, 0, 0, 0, 3, 2, 0, 1, 2]),
  Buffer.from('name\0comment\0'),
  plain.subarray(10),
]);

const encoded: Readonly<Record<string, Buffer>> = {
  gzip: plain,
  'x-gzip': plain,
  deflate: deflateSync(text),
  raw: deflateRawSync(text),
  'gzip, gzip': gzipSync(plain),
  'two-members': members,
  named,
};

const headerOf: Readonly<Record<string, string>> = { raw: 'deflate', 'two-members': 'gzip', named: 'gzip' };

/** A part of it with other bytes. */
function changed(bytes: Buffer, at: number, ...others: readonly number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(others, at < 0 ? bytes.length + at : at);
  return copy;
}

const broken: Readonly<Record<string, Buffer>> = {
  cut: plain.subarray(0, 40),
  checksum: changed(plain, -8, 1, 2, 3, 4),
  length: changed(plain, -4, 1, 2, 3, 4),
  text: Buffer.from('this is no gzip at all, however long one looks at it'),
  // A fixed block that begins with a match: there is nothing before it.
  distance: Buffer.concat([plain.subarray(0, 10), Buffer.from([0x03 | 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00])]),
};

/** `other` is another origin, to redirect to. */
export function startUpstream(other: () => string = () => ''): Promise<Upstream> {
  const routes: Readonly<
    Record<string, (request: IncomingMessage, response: ServerResponse, search: URLSearchParams) => unknown>
  > = {
    '/echo': echo,
    '/short': (request, response) => response.end(`${request.method} ${request.url}`),
    '/slow': (request, response) => setTimeout(() => response.end(`${request.method} ${request.url}`), 20),
    '/never': () => {},
    '/status': (_request, response, search) => {
      response.writeHead(Number(search.get('code')), search.get('text') ?? undefined, { 'x-a': 'b' });
      response.end([204, 304].includes(Number(search.get('code'))) ? undefined : 'text');
    },
    '/redirect': (_request, response, search) => {
      const left = Number(search.get('times') ?? 1);
      const code = Number(search.get('code') ?? 302);
      const to = search.get('to') ?? '/echo';
      const isLast = left <= 1;
      const origin = search.has('other') && isLast ? other() : '';
      const location = isLast ? `${origin}${to}` : `/redirect?code=${code}&times=${left - 1}&to=${to}`;
      response.writeHead(code, search.has('nowhere') ? {} : { location });
      response.end('redirecting');
    },
    '/encoded': (_request, response, search) => {
      const coding = search.get('coding') ?? '';
      response.setHeader('content-encoding', headerOf[coding] ?? coding);
      response.end(encoded[coding] ?? text);
    },
    '/encoded-long': (_request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(numbers));
    },
    '/encoded-random': (_request, response) => {
      response.setHeader('content-encoding', 'deflate');
      const words = Uint32Array.from({ length: 50_000 }, (_, at) => Math.imul(at + 1, 2_654_435_761));
      response.end(deflateSync(Buffer.from(words.buffer).toString('hex')));
    },
    '/encoded-empty': (_request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end();
    },
    '/broken': (_request, response, search) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(broken[search.get('kind') ?? '']);
    },
    '/cookies': (_request, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2; Path=/']);
      response.setHeader('x-latin', Buffer.from('grün').toString('latin1'));
      response.end();
    },
    '/chunks': async (_request, response) => {
      for (const part of ['one ', 'two ', 'three']) {
        response.write(part);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      response.end();
    },
    '/interim': (_request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.end('after all');
    },
    '/large': (_request, response) => response.end(Buffer.alloc(3_000_000, 'x')),
    '/endless': (_request, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536, 'y')));
      };
      response.on('drain', more);
      response.on('close', () => response.off('drain', more));
      more();
    },
    '/close': (_request, response) => {
      response.setHeader('connection', 'close');
      response.end('closing');
    },
    '/mirror': (request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      response.flushHeaders();
      request.pipe(response);
    },
    '/length': async (request, response) => {
      let sizeBytes = 0;
      for await (const chunk of request) sizeBytes += (chunk as Buffer).length;
      response.end(String(sizeBytes));
    },
    '/refuse-early': (_request, response) => {
      response.writeHead(403);
      response.end('no');
    },
  };
  const server = createHttpServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://h');
    const route = routes[url.pathname];
    request.on('error', () => {});
    if (route === undefined) response.writeHead(404).end('there is none');
    else void Promise.resolve(route(request, response, url.searchParams)).catch(() => response.destroy());
  });
  return listening(server, () => server.closeAllConnections());
}

/** Answers each connection's first request with the bytes that its path (percent-encoded) stands for, and closes it. */
export function startHostile(answers: readonly string[]): Promise<Upstream> {
  const server = createServer((socket) => {
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const index = /^\w+ \/(\d+)/.exec(head)?.[1];
      head = '';
      const answer = index === undefined ? undefined : answers[Number(index)];
      if (answer === undefined) socket.destroy();
      else socket.end(Buffer.from(answer, 'latin1'));
    });
  });
  return listening(server);
}
