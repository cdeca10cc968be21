/** Servers for the tests of `fetch`: an honest one, and one that answers what it is told to, byte by byte. */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';

export interface Upstream extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly url: string;
  /** Connections there have been. */
  connectionCount(): number;
  /** Connections there are. */
  openCount(): number;
}

async function listening(server: Server, onClose: () => void = () => {}): Promise<Upstream> {
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
      response.setHeader('content-encoding', coding);
      response.end(coding === 'gzip' ? gzipSync(text) : coding === 'deflate' ? deflateSync(text) : text);
    },
    '/broken-gzip': (_request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(text).subarray(0, 40));
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
