import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import type { ApiHandler, PortReply } from '@diatom/sdk/api';
import { servePort } from './port.ts';

const identity = { name: 'system:serviceaccount:kube-system:scheduler', groups: ['system:authenticated'] };

function open(handler: ApiHandler) {
  const { port1, port2 } = new MessageChannel();
  const server = servePort(port1, identity, handler);
  const replies: PortReply[] = [];
  port2.on('message', (reply: PortReply) => replies.push(reply));
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  };
  return { client: port2, server, replies, until, [Symbol.dispose]: () => server.close() };
}

it('a request is answered with the identity of the port', async () => {
  using port = open(async ({ method, path, headers, body }, who) => ({
    status: 201,
    headers: { a: 'b' },
    body: JSON.stringify([method, path, headers, Buffer.from(body).toString(), who.name]),
  }));
  port.client.postMessage({ kind: 'request', id: 7, method: 'POST', path: '/x', headers: { c: 'd' }, body: 'ä' });
  await port.until(() => port.replies.length === 1);
  const body = JSON.stringify(['POST', '/x', { c: 'd' }, 'ä', identity.name]);
  assert.deepEqual(port.replies, [
    { kind: 'response', id: 7, status: 201, headers: { a: 'b' }, body, streaming: false },
  ]);
});

it('chunks of one turn come as one message, in order, and the end after them', async () => {
  async function* chunks() {
    yield* ['a', 'b', 'c'];
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    yield* ['d', new TextEncoder().encode('e')];
  }
  using port = open(async () => ({ status: 200, headers: {}, body: { chunks: chunks(), cancel: () => {} } }));
  port.client.postMessage({ kind: 'request', id: 1, method: 'GET', path: '/w?watch=1' });
  await port.until(() => port.replies.at(-1)?.kind === 'end');
  const text = port.replies.flatMap((reply) => (reply.kind === 'chunk' ? [Buffer.from(reply.data).toString()] : []));
  assert.deepEqual(text, ['abc', 'de']);
});

it('cancelling stops the stream and nothing more is said about it', async () => {
  const cancelled = Promise.withResolvers<void>();
  async function* endless() {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      yield 'x';
    }
  }
  using port = open(async () => ({ status: 200, headers: {}, body: { chunks: endless(), cancel: cancelled.resolve } }));
  port.client.postMessage({ kind: 'request', id: 1, method: 'GET', path: '/w?watch=1' });
  await port.until(() => port.replies.length > 3);
  port.client.postMessage({ kind: 'cancel', id: 1 });
  await cancelled.promise;
  assert.ok(!port.replies.some((reply) => reply.kind === 'end'));
});

it('a client that takes nothing stops the producer, and taking lets it go on', async () => {
  let produced = 0;
  async function* flood() {
    for (; produced < 1000; produced++) {
      await new Promise((resolve) => setImmediate(resolve));
      yield 'x';
    }
  }
  using port = open(async () => ({ status: 200, headers: {}, body: { chunks: flood(), cancel: () => {} } }));
  port.client.postMessage({ kind: 'request', id: 1, method: 'GET', path: '/w?watch=1' });
  let before = -1;
  while (before !== produced) {
    before = produced;
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(produced < 100, `${produced} were produced`);
  let taken = 0;
  const takeAll = (): void => {
    const chunks = port.replies.filter((reply) => reply.kind === 'chunk').length;
    for (; taken < chunks; taken++) port.client.postMessage({ kind: 'taken', id: 1 });
  };
  await port.until(() => {
    takeAll();
    return port.replies.at(-1)?.kind === 'end';
  });
  const text = port.replies.flatMap((reply) => (reply.kind === 'chunk' ? [String(reply.data)] : [])).join('');
  assert.equal(text, 'x'.repeat(1000));
});

it('closing the port cancels every stream', async () => {
  let open_ = 0;
  const all = Promise.withResolvers<void>();
  using port = open(async () => {
    open_++;
    return {
      status: 200,
      headers: {},
      body: {
        chunks: (async function* () {
          yield 'x';
          await new Promise(() => {});
        })(),
        cancel: () => {
          if (--open_ === 0) all.resolve();
        },
      },
    };
  });
  for (let id = 0; id < 5; id++) port.client.postMessage({ kind: 'request', id, method: 'GET', path: '/w?watch=1' });
  await port.until(() => port.replies.length === 10);
  port.client.close();
  await once(port.client, 'close');
  await all.promise;
});

it('a stream that ends by itself is told that nobody reads it any more', async () => {
  let cancelled = 0;
  async function* chunks() {
    yield 'a';
  }
  using port = open(async () => ({ status: 200, headers: {}, body: { chunks: chunks(), cancel: () => cancelled++ } }));
  port.client.postMessage({ kind: 'request', id: 1, method: 'GET', path: '/w?watch=1' });
  await port.until(() => port.replies.at(-1)?.kind === 'end');
  assert.equal(cancelled, 1);
});
