import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { describe, it } from 'node:test';
import { connect } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import type { ApiHandler, ApiStream } from '@diatom/sdk/api';
import { issue } from '../access/pki/certificate.ts';
import { startServer } from './test-server.ts';

const echo: ApiHandler = async ({ method, path, body }, identity) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ method, path, size: body.length, name: identity.name, groups: identity.groups }),
});

const json = (answer: { readonly body: Buffer }) => JSON.parse(answer.body.toString());

for (const version of ['http1', 'http2'] as const) {
  describe(`${version}: who is asking`, () => {
    it('is the common name and organizations of a certificate the authority signed', async () => {
      await using server = await startServer(echo);
      const client = server.client('jane, "the" doe', ['a', 'b=c']);
      const { name, groups } = json(await server[version]('/x', {}, client));
      assert.equal(name, 'jane, "the" doe');
      assert.deepEqual(groups, ['a', 'b=c', 'system:authenticated']);
    });

    it('is nobody without credentials, and 401 with bad ones', async () => {
      await using server = await startServer(echo);
      assert.equal(json(await server[version]('/x')).name, 'system:anonymous');
      assert.equal(json(await server[version]('/x', { headers: { authorization: 'Bearer good' } })).name, 'token user');
      const wrongToken = await server[version]('/x', { headers: { authorization: 'Bearer bad' } });
      assert.equal(wrongToken.status, 401);
      assert.equal(json(wrongToken).reason, 'Unauthorized');
      const stranger = issue({
        subject: { commonName: 'other authority' },
        usage: 'authority',
        notBefore: new Date(Date.now() - 60_000),
        notAfter: new Date(Date.now() + 60_000),
      });
      assert.equal((await server[version]('/x', {}, server.client('eve', ['system:masters'], stranger))).status, 401);
    });

    it('does not matter for health', async () => {
      await using server = await startServer(echo);
      for (const path of ['/healthz', '/livez', '/readyz', '/readyz/ping', '/livez?verbose']) {
        const answer = await server[version](path, { headers: { authorization: 'Bearer bad' } });
        assert.equal(answer.status, 200, path);
        assert.match(answer.body.toString(), /^ok$|livez check passed/);
      }
    });

    it('is not told why a check failed, only that it did', async () => {
      const checks = { store: () => Promise.reject(new Error('secret reason')), other: async () => {} };
      await using server = await startServer(echo, { checks });
      const all = await server[version]('/readyz');
      assert.equal(all.status, 500);
      const text = '[+]ping ok\n[-]store failed: reason withheld\n[+]other ok\nreadyz check failed\n';
      assert.equal(all.body.toString(), text);
      assert.equal((await server[version]('/readyz?exclude=store')).status, 200);
      const excluded = await server[version]('/readyz?verbose&exclude=store&exclude=nothing');
      const warning = 'warn: some health checks cannot be excluded: no matches for "nothing"';
      const lines = ['[+]ping ok', '[+]store excluded: ok', '[+]other ok', warning, 'readyz check passed\n'];
      assert.equal(String(excluded.body), lines.join('\n'));
      assert.equal((await server[version]('/readyz/other')).status, 200);
      assert.equal((await server[version]('/readyz/unknown')).status, 404);
    });

    it('may be somebody else, group by group, when impersonating', async () => {
      await using server = await startServer(echo);
      const headers = { 'impersonate-user': 'bob', 'impersonate-group': ['x, y', 'z'] };
      const { name, groups } = json(await server[version]('/x', { headers }));
      assert.equal(name, 'bob');
      assert.deepEqual(groups, ['x, y', 'z', 'system:authenticated']);
    });
  });

  describe(`${version}: limits`, () => {
    it('answers 413 to a body of more than 3 MiB and takes one of exactly that', async () => {
      await using server = await startServer(echo);
      const limit = 3 * 1024 * 1024;
      assert.equal(json(await server[version]('/x', { method: 'POST', body: Buffer.alloc(limit) })).size, limit);
      const answer = await server[version]('/x', {
        method: 'POST',
        headers: { 'content-length': String(limit + 1) },
        body: Buffer.alloc(limit + 1),
      });
      assert.equal(answer.status, 413);
      assert.equal(json(answer).reason, 'RequestEntityTooLarge');
    });

    it('answers 429 with Retry-After when too much is in flight, and serves again after', async () => {
      const release = Promise.withResolvers<void>();
      const api: ApiHandler = async (request, identity) => {
        if (request.path === '/slow') await release.promise;
        return echo(request, identity);
      };
      await using server = await startServer(api, { limits: { reading: 1, writing: 1, waiting: 0 } });
      const slow = server[version]('/slow');
      while ((await server[version]('/x')).status !== 429);
      const refused = await server[version]('/x');
      assert.equal(refused.headers['retry-after'], '1');
      assert.equal((await server[version]('/x', { method: 'POST' })).status, 200);
      assert.equal((await server[version]('/x?watch=1')).status, 200);
      release.resolve();
      assert.equal((await slow).status, 200);
      assert.equal((await server[version]('/x')).status, 200);
    });

    it('does not let a write past the line for naming a watch', async () => {
      await using server = await startServer(echo, { limits: { reading: 1, writing: 0, waiting: 0 } });
      assert.equal((await server[version]('/x?watch=1', { method: 'POST' })).status, 429);
    });

    it('lets a burst wait in line', async () => {
      const order: string[] = [];
      const api: ApiHandler = async (request, identity) => {
        order.push(request.path);
        await new Promise((resolve) => setImmediate(resolve));
        return echo(request, identity);
      };
      await using server = await startServer(api, { limits: { reading: 1, writing: 1, waiting: 50 } });
      const paths = Array.from({ length: 20 }, (_, index) => `/${index}`);
      const answers = await Promise.all(paths.map((path) => server[version](path)));
      assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([200]));
      assert.equal(order.length, 20);
    });

    it('answers 504 after the deadline', async () => {
      await using server = await startServer(() => new Promise(() => {}), { timeoutMs: 20 });
      const answer = await server[version]('/x');
      assert.equal(answer.status, 504);
      // Clients would repeat a write that may still be made.
      assert.equal(answer.headers['retry-after'], undefined);
      assert.equal(json(answer).reason, 'Timeout');
    });

    it('turns a failure of the API into a 500, and stays up', async () => {
      await using server = await startServer(async () => {
        throw new Error('broken on purpose');
      });
      const answer = await server[version]('/x');
      assert.equal(answer.status, 500);
      assert.equal(json(answer).message, 'Internal error occurred: broken on purpose');
      assert.match(server.log.join('\n'), /broken on purpose/);
      assert.equal((await server[version]('/readyz')).status, 200);
    });
  });

  describe(`${version}: bodies`, () => {
    it('are compressed when large and when the client can read it', async () => {
      const text = JSON.stringify({ items: Array.from({ length: 20_000 }, (_, index) => `item ${index}`) });
      await using server = await startServer(async () => ({ status: 200, headers: {}, body: text }));
      const compressed = await server[version]('/x', { headers: { 'accept-encoding': 'deflate, gzip' } });
      assert.equal(compressed.headers['content-encoding'], 'gzip');
      assert.equal(gunzipSync(compressed.body).toString(), text);
      const refused = await server[version]('/x', { headers: { 'accept-encoding': 'gzip;q=0' } });
      assert.equal(refused.headers['content-encoding'], undefined);
      assert.equal(refused.body.toString(), text);
    });

    it('are left out of the answer to HEAD, and of 304', async () => {
      const api: ApiHandler = async ({ path }) => ({
        status: path === '/same' ? 304 : 200,
        headers: { etag: '"x"' },
        body: 'text',
      });
      await using server = await startServer(api);
      const head = await server[version]('/x', { method: 'HEAD' });
      assert.deepEqual([head.status, head.body.length, head.headers['content-length']], [200, 0, '4']);
      const same = await server[version]('/same');
      assert.deepEqual([same.status, same.body.length, same.headers.etag], [304, 0, '"x"']);
    });

    it('carry an audit id', async () => {
      await using server = await startServer(echo);
      assert.match(String((await server[version]('/x')).headers['audit-id']), /^[0-9a-f-]{36}$/);
    });
  });
}

/** Chunks as the test gives them out. */
function handmadeStream(): ApiStream & { push(text: string): void; readonly cancelled: Promise<void> } {
  const { readable, writable } = new TransformStream<string, string>(undefined, { highWaterMark: 1000 });
  const writer = writable.getWriter();
  const cancelled = Promise.withResolvers<void>();
  return {
    chunks: readable,
    push: (text) => void writer.write(text),
    cancel: () => {
      cancelled.resolve();
      writer.close().catch(() => {});
    },
    cancelled: cancelled.promise,
  };
}

describe('streams', () => {
  it('bring their head and each chunk at once over HTTP/1.1, and are cancelled when the client goes', async () => {
    const stream = handmadeStream();
    await using server = await startServer(async () => ({ status: 200, headers: {}, body: stream }));
    const outgoing = request({
      host: '127.0.0.1',
      port: server.port,
      path: '/w?watch=1',
      ca: server.authority.certificate,
    });
    outgoing.on('error', () => {});
    outgoing.end();
    const [incoming] = await once(outgoing, 'response');
    for (const text of ['first', 'second']) {
      stream.push(text);
      const [chunk] = await once(incoming, 'data');
      assert.equal(String(chunk), text);
    }
    outgoing.destroy();
    await stream.cancelled;
  });

  it('do the same over HTTP/2, many on one connection', async () => {
    const streams = new Map<string, ReturnType<typeof handmadeStream>>();
    await using server = await startServer(async ({ path }) => {
      const body = handmadeStream();
      streams.set(path, body);
      return { status: 200, headers: {}, body };
    });
    const session = connectHttp2(`https://127.0.0.1:${server.port}`, { ca: server.authority.certificate });
    const open = Array.from({ length: 150 }, async (_, index) => {
      const path = `/w${index}?watch=1`;
      const watch = session.request({ ':path': path });
      await once(watch, 'response');
      streams.get(path)?.push(path);
      const [chunk] = await once(watch, 'data');
      assert.equal(String(chunk), path);
    });
    await Promise.all(open);
    session.destroy();
    await Promise.all([...streams.values()].map((stream) => stream.cancelled));
  });

  it('stop pulling from the producer while the client does not read, and in the end cut it off', async () => {
    let pulled = 0;
    const cancelled = Promise.withResolvers<void>();
    async function* flood() {
      for (;;) {
        pulled++;
        yield 'x'.repeat(100_000);
      }
    }
    const body = { chunks: flood(), cancel: () => cancelled.resolve() };
    await using server = await startServer(async () => ({ status: 200, headers: {}, body }), { slowReaderMs: 100 });
    const outgoing = request({
      host: '127.0.0.1',
      port: server.port,
      path: '/w?watch=1',
      ca: server.authority.certificate,
    });
    outgoing.on('error', () => {});
    outgoing.end();
    const [incoming] = await once(outgoing, 'response');
    incoming.on('error', () => {});
    incoming.pause();
    await cancelled.promise;
    assert.ok(pulled < 1000, `${pulled} chunks were pulled`);
    incoming.resume();
    await new Promise<void>((resolve) => incoming.once('close', () => resolve()));
    assert.equal(incoming.complete, false);
  });

  it('end when the server closes', async () => {
    const stream = handmadeStream();
    const server = await startServer(async () => ({ status: 200, headers: {}, body: stream }));
    const outgoing = request({
      host: '127.0.0.1',
      port: server.port,
      path: '/w?watch=1',
      ca: server.authority.certificate,
    });
    outgoing.on('error', () => {});
    outgoing.end();
    const [incoming] = await once(outgoing, 'response');
    incoming.resume();
    const started = performance.now();
    await server.close(10_000);
    assert.ok(performance.now() - started < 5_000, 'the stream held up the close');
    await stream.cancelled;
    if (!incoming.readableEnded) await once(incoming, 'end');
    assert.equal(incoming.complete, true);
  });
});

it('a renewed certificate is shown to new connections, old ones go on', async () => {
  await using server = await startServer(echo);
  const show = () => {
    const socket = connect({ host: '127.0.0.1', port: server.port, ca: server.authority.certificate });
    return once(socket, 'secureConnect').then(() => socket);
  };
  const before = await show();
  server.renew();
  const after = await show();
  assert.notEqual(before.getPeerX509Certificate()?.serialNumber, after.getPeerX509Certificate()?.serialNumber);
  assert.equal(json(await server.http1('/x', {}, server.client('jane', []))).name, 'jane');
  before.write('GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n');
  assert.match(String((await once(before, 'data'))[0]), /200 OK/);
  for (const socket of [before, after]) socket.destroy();
});

describe('bad input', () => {
  const garbage: Readonly<Record<string, string>> = {
    'no HTTP': 'hello\r\n\r\n',
    'a header without a name': 'GET / HTTP/1.1\r\nhost: x\r\n: y\r\n\r\n',
    'two lengths': 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
    'a bad chunk': 'POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    'endless headers': `GET / HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(20_000)}\r\n`,
    'a strange path': 'GET %%%/../\\?a=%zz&&&= HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    'a body that breaks off': 'POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc',
    'no TLS inside': '\0\x01\x02',
  };
  for (const [what, bytes] of Object.entries(garbage)) {
    it(`does no harm: ${what}`, async () => {
      await using server = await startServer(echo);
      const socket = connect({ host: '127.0.0.1', port: server.port, ca: server.authority.certificate });
      socket.on('error', () => {});
      await once(socket, 'secureConnect');
      socket.end(bytes);
      socket.resume();
      await new Promise<void>((resolve) => socket.once('close', () => resolve()));
      assert.equal((await server.http1('/readyz')).status, 200);
      assert.deepEqual(server.log, []);
    });
  }
});

it('lets a client of HTTP/1.1 that goes on writing see that its body is too large, and serves it again', async () => {
  await using server = await startServer(echo);
  const body = Buffer.alloc(32 * 1024 * 1024);
  for (let count = 0; count < 3; count++) {
    const { status } = await server.http1('/x', { method: 'POST', body });
    assert.equal(status, 413);
  }
  assert.equal((await server.http1('/x', { method: 'POST', body: Buffer.alloc(1) })).status, 200);
});
