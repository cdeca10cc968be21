import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import { Agent, request } from 'node:https';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { ApiResponse, ChunkSource } from '@diatom/sdk/api';
import { startServer } from './test-server.ts';

/** What a watch is: text and bytes, some of it at once, some later, then an end. */
function sourceOf(chunks: readonly (string | Uint8Array)[]): ChunkSource {
  const waiting = [...chunks];
  const turns = [2, 1, chunks.length];
  let ready = 0;
  let listener = (): void => {};
  const more = (): void => {
    ready += turns.shift() ?? 0;
    listener();
    if (turns.length > 0) setImmediate(more);
  };
  setImmediate(more);
  return {
    take: () => (ready-- > 0 ? waiting.shift() : undefined),
    get isOver() {
      return waiting.length === 0;
    },
    onReady: (call) => {
      listener = call;
    },
  };
}

async function* pieces(chunks: readonly (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* chunks;
}

const big = Buffer.alloc(300_000, 'bytes ');
const parts = ['first\n', 'süß\n', Buffer.from('shared\n'), big, 'last\n'];
const expected = Buffer.concat(parts.map((part) => Buffer.from(part))).toString();

const answer = (more: Pick<Extract<ApiResponse['body'], { cancel(): void }>, 'isWhole' | 'source'>): ApiResponse => ({
  status: 200,
  headers: { 'content-type': 'text/plain' },
  body: { chunks: pieces(parts), cancel: () => {}, ...more },
});

for (const version of ['http1', 'http2'] as const) {
  test(`a long answer in pieces is compressed for who wants it, and whole (${version})`, async () => {
    await using server = await startServer(async () => answer({ isWhole: true }));
    const client = server.client('someone', []);
    const plain = await server[version]('/x', {}, client);
    assert.equal(plain.body.toString(), expected);
    assert.equal(plain.headers['content-encoding'], undefined);
    const compressed = await server[version]('/x', { headers: { 'accept-encoding': 'gzip' } }, client);
    assert.equal(compressed.headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(compressed.body).toString(), expected);
    const stream = await server[version]('/x', { method: 'HEAD' }, client);
    assert.deepEqual([stream.status, stream.body.length], [200, 0]);
  });

  test(`a stream that is pushed arrives as it was (${version})`, async () => {
    await using server = await startServer(async () => answer({ source: sourceOf(parts) }));
    const { body } = await server[version]('/x', { headers: { 'accept-encoding': 'gzip' } }, server.client('a', []));
    assert.equal(body.toString(), expected);
  });
}

test('a connection serves other requests behind a stream that has ended', async () => {
  await using server = await startServer(async ({ path }) =>
    path === '/stream' ? answer({ source: sourceOf(parts) }) : { status: 200, headers: {}, body: path },
  );
  const { certificate, key } = server.client('someone', []);
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    ca: server.authority.certificate,
    cert: certificate,
    key,
  });
  const ports = new Set<number | undefined>();
  const ask = async (path: string): Promise<string> => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, agent }).end();
    const [incoming] = (await once(sent, 'response')) as [IncomingMessage];
    ports.add(incoming.socket.localPort);
    return Buffer.concat(await incoming.toArray()).toString();
  };
  for (let round = 0; round < 12; round++) {
    assert.equal(await ask('/stream'), expected);
    assert.equal(await ask('/other'), '/other');
  }
  assert.equal(ports.size, 1);
  agent.destroy();
});

for (const version of ['http1', 'http2'] as const) {
  test(`a reader of a pushed stream that takes nothing is cut off, and little is kept for it (${version})`, async () => {
    let taken = 0;
    const cancelled = Promise.withResolvers<void>();
    const chunk = Buffer.alloc(60_000, 'x');
    const source: ChunkSource = {
      take: () => {
        taken++;
        return chunk;
      },
      isOver: false,
      onReady: () => {},
    };
    const body = { chunks: pieces([]), cancel: () => cancelled.resolve(), source };
    await using server = await startServer(async () => ({ status: 200, headers: {}, body }), { slowReaderMs: 100 });
    const target = { host: '127.0.0.1', port: server.port, ca: server.authority.certificate };
    const end = version === 'http1' ? await stuckOverHttp1(target) : await stuckOverHttp2(target);
    await cancelled.promise;
    assert.ok(taken < 1_000, `${taken} chunks were taken`);
    end();
  });
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
}

async function stuckOverHttp1(target: Target): Promise<() => void> {
  const asked = request({ ...target, path: '/x' }).end();
  asked.on('error', () => {});
  const [incoming] = (await once(asked, 'response')) as [IncomingMessage];
  incoming.on('error', () => {});
  return () => asked.destroy();
}

async function stuckOverHttp2({ host, port, ca }: Target): Promise<() => void> {
  const session = connect(`https://${host}:${port}`, { ca, ALPNProtocols: ['h2'] });
  session.on('error', () => {});
  const stream = session.request({ ':path': '/x' });
  stream.on('error', () => {});
  await once(stream, 'response');
  return () => session.destroy();
}
