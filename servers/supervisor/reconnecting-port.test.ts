import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import type { PortReply, PortRequest } from '@diatom/sdk/api';
import { ReconnectingPort } from './reconnecting-port.ts';

test('a stream whose chunks were acknowledged ends when the kernel goes away', async () => {
  const { port1: kernel, port2 } = new MessageChannel();
  const client = new ReconnectingPort();
  client.connect(port2);
  const seen: string[] = [];
  const ended = Promise.withResolvers<void>();
  client.on('message', (reply: PortReply) => {
    seen.push(`${reply.kind} ${reply.id}`);
    if (reply.kind === 'chunk') client.postMessage({ kind: 'taken', id: reply.id });
    if (reply.kind === 'end') ended.resolve();
  });
  kernel.on('message', (message: PortRequest) => {
    const { id } = message;
    if (message.kind === 'request') {
      const head: PortReply = { kind: 'response', id, status: 200, headers: {}, body: '', streaming: true };
      kernel.postMessage(head);
      kernel.postMessage({ kind: 'chunk', id, data: 'x' } satisfies PortReply);
    } else if (message.kind === 'taken') kernel.close();
  });
  client.postMessage({ kind: 'request', id: 1, method: 'GET', path: '/w?watch=1' });
  await ended.promise;
  assert.deepEqual(seen, ['response 1', 'chunk 1', 'end 1']);
  client.close();
});
