import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { test } from 'node:test';
import { generateLoad } from './load.ts';
import { getRoot } from './request.ts';
import { createResponseCounter } from './response-counter.ts';

async function withServer(listener: RequestListener, use: (port: number) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    await use(typeof address === 'object' && address !== null ? address.port : 0);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const plan = { host: '127.0.0.1', request: getRoot, connections: 4, durationMs: 10_000, requestsMax: 40 };

test('every request is answered and counted once', async () => {
  let served = 0;
  await withServer(
    (_, response) => {
      served++;
      response.end('hello');
    },
    async (port) => {
      const result = await generateLoad({ ...plan, port });
      assert.equal(result.failed, 0);
      assert.equal(result.requests, served);
      assert.equal(result.requests, 40);
      assert.ok(result.p50Ms > 0 && result.p99Ms >= result.p50Ms);
    },
  );
});

test('a wrong status and a broken connection are failures, and the first one is named', async () => {
  await withServer(
    (_, response) => response.writeHead(503).end(),
    async (port) => {
      const result = await generateLoad({ ...plan, port });
      assert.equal(result.failed, 40);
      assert.equal(result.firstFailure, 'status 503');
    },
  );
  await withServer(
    (request) => request.socket.destroy(),
    async (port) => {
      const result = await generateLoad({ ...plan, port });
      assert.equal(result.failed, 40);
    },
  );
});

test('a port that refuses is a failure', async () => {
  let free = 0;
  await withServer(
    () => {},
    async (port) => {
      free = port;
    },
  );
  const result = await generateLoad({ ...plan, port: free, requestsMax: 4 });
  assert.equal(result.failed, 4);
  assert.match(result.firstFailure ?? '', /cannot connect.*ECONNREFUSED/);
});

test('responses are found wherever the stream is cut', () => {
  const stream = Buffer.from(
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' +
      'HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n' +
      'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
  );
  for (let cut = 1; cut < stream.length; cut++) {
    const counter = createResponseCounter();
    const statuses = [...counter.push(stream.subarray(0, cut)), ...counter.push(stream.subarray(cut))];
    assert.deepEqual(statuses, [200, 404, 200], `cut at ${cut}`);
  }
});

test('what is not HTTP is an error', () => {
  assert.throws(() => createResponseCounter().push(Buffer.from('SSH-2.0-x\r\n\r\n')), /not an HTTP/);
  assert.throws(() => createResponseCounter().push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nx\r\n')), /neither/);
});
