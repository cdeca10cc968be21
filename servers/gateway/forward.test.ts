import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Forwarder, type ForwarderOptions } from './forward.ts';
import type { Route, Target } from './routes.ts';

/** A target that answers with what `serve` does, and its address. */
async function target(
  context: TestContext,
  serve: (socket: Socket) => void,
): Promise<{ server: Server; target: Target }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    serve(socket);
  });
  server.listen(0, '127.0.0.1', 4096);
  await once(server, 'listening');
  context.after(() => server.close());
  return { server, target: { address: '127.0.0.1', port: portOf(server), pod: undefined } };
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

/** A port nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

async function forwarder(context: TestContext, targets: readonly Target[], over: Partial<ForwarderOptions> = {}) {
  const port = await freePort();
  const forward = new Forwarder({ isAwake: () => true, log: () => {}, waitMs: 10_000, longestQueue: 4096, ...over });
  const route: Route = {
    key: `127.0.0.1:${port}`,
    address: '127.0.0.1',
    port,
    service: 'default/s',
    hasClientAffinity: false,
    targets,
  };
  await forward.set(route);
  context.after(() => forward.close());
  return { forward, route, port };
}

/** Sends, half-closes, and collects the answer until the end of the stream. */
async function exchange(port: number, bytes: Buffer | string): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.end(bytes);
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Echoes only after the client has ended: an end that is not passed on would hang it. */
function echoAtEnd(socket: Socket): void {
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  socket.on('end', () => socket.end(Buffer.concat(parts)));
}

test('every byte arrives in order both ways and each end of stream by itself', async (context) => {
  const echo = await target(context, echoAtEnd);
  const { port } = await forwarder(context, [echo.target]);
  const sent = Buffer.alloc(5 * 1024 * 1024, 'diatom ');
  assert.ok((await exchange(port, sent)).equals(sent));
});

test('the server may end first and still receive', async (context) => {
  const received = Promise.withResolvers<string>();
  const greeter = await target(context, (socket) => {
    let text = '';
    socket.end('bye');
    socket.on('data', (part: Buffer) => {
      text += part;
    });
    socket.on('end', () => received.resolve(text));
  });
  const { port } = await forwarder(context, [greeter.target]);
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  let got = '';
  socket.on('data', (part: Buffer) => {
    got += part;
  });
  await once(socket, 'end');
  assert.equal(got, 'bye');
  socket.end('late words');
  assert.equal(await received.promise, 'late words');
});

test('a connection to a service without endpoints waits for one and is then passed on', async (context) => {
  const echo = await target(context, echoAtEnd);
  const { forward, route, port } = await forwarder(context, []);
  const answer = exchange(port, 'patience');
  const other = connect({ host: '127.0.0.1', port });
  await once(other, 'connect');
  other.destroy();
  await forward.set({ ...route, targets: [echo.target] });
  assert.equal((await answer).toString(), 'patience');
});

test('a target that refuses is passed over, and one that refuses for now is tried again', async (context) => {
  const echo = await target(context, echoAtEnd);
  const dead: Target = { address: '127.0.0.1', port: await freePort(), pod: undefined };
  const both = await forwarder(context, [dead, echo.target]);
  for (let turn = 0; turn < 4; turn += 1) assert.equal((await exchange(both.port, `${turn}`)).toString(), `${turn}`);
  const late = await forwarder(context, [dead]);
  const answer = exchange(late.port, 'again');
  const server = createServer({ allowHalfOpen: true }, echoAtEnd).listen(dead.port, '127.0.0.1');
  context.after(() => server.close());
  assert.equal((await answer).toString(), 'again');
});

test('a connection that waited in vain is reset, and so is one too many', async (context) => {
  const { forward, port } = await forwarder(context, [], { waitMs: 30, longestQueue: 1 });
  const outcomes = await Promise.allSettled([exchange(port, 'a'), exchange(port, 'b')]);
  assert.deepEqual(
    outcomes.map((outcome) =>
      outcome.status === 'rejected' ? (outcome.reason as NodeJS.ErrnoException).code : 'answered',
    ),
    ['ECONNRESET', 'ECONNRESET'],
  );
  assert.equal(forward.counts.refused, 2);
});

test('a target that breaks off resets the client instead of ending the answer', async (context) => {
  const broken = await target(context, (socket) => {
    socket.once('data', () => socket.write('half an ans', () => socket.resetAndDestroy()));
  });
  const { port } = await forwarder(context, [broken.target]);
  await assert.rejects(exchange(port, 'x'), { code: 'ECONNRESET' });
});

test('a target that resets at once is tried three times', async (context) => {
  let count = 0;
  const rude = await target(context, (socket) => {
    count += 1;
    socket.resetAndDestroy();
  });
  const { port } = await forwarder(context, [rude.target]);
  await assert.rejects(exchange(port, 'x'), { code: 'ECONNRESET' });
  assert.ok(count <= 3, `${count} times`);
});

test('a connection whose target slept is counted as cold', async (context) => {
  const echo = await target(context, echoAtEnd);
  let isAwake = false;
  const { forward, port } = await forwarder(context, [echo.target], { isAwake: () => isAwake });
  await exchange(port, 'first');
  isAwake = true;
  await exchange(port, 'second');
  assert.deepEqual(forward.counts, { passed: 2, cold: 1, refused: 0 });
});

test('a slow reader slows the sender down', async (context) => {
  let written = 0;
  const total = 64 * 1024 * 1024;
  const block = Buffer.alloc(64 * 1024);
  const producer = await target(context, (socket) => {
    const more = (): void => {
      while (written < total && socket.write(block)) written += block.length;
      if (written < total) socket.once('drain', more);
      else socket.end();
    };
    more();
  });
  const { port } = await forwarder(context, [producer.target]);
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'readable');
  let before = -1;
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok(written < total / 2, `${written} bytes were taken although nobody reads`);
  socket.destroy();
});

test('1,000 connections at once are all answered', async (context) => {
  const echo = await target(context, echoAtEnd);
  const { port, forward } = await forwarder(context, [echo.target]);
  const answers = await Promise.all(Array.from({ length: 1000 }, (_, index) => exchange(port, `number ${index}`)));
  answers.forEach((answer, index) => {
    assert.equal(answer.toString(), `number ${index}`);
  });
  assert.equal(forward.counts.passed, 1000);
});
