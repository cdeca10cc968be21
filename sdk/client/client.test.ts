import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import type { PortReply, PortRequest } from '../api/wire.ts';
import type { ConfigMap } from '../kinds/core.ts';
import { configMaps, deployments, namespaces } from '../kinds/resources.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { ScriptedTransport } from '../testing/scripted-transport.ts';
import { Client } from './client.ts';
import { ApiError, isConflict, isNotFound, TransportError } from './errors.ts';
import { createHttpTransport } from './http-transport.ts';
import { createPortTransport } from './port-transport.ts';

function failure(code: number, reason: string, message = reason) {
  return { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure', code, reason, message };
}

const configMap: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'n' } };

test('each call is the request Kubernetes expects', async () => {
  const transport = new ScriptedTransport();
  const client = new Client(transport);
  const resource = client.resource(configMaps, 'n');
  const calls: readonly (readonly [() => Promise<unknown>, string])[] = [
    [() => resource.get('a b'), 'GET /api/v1/namespaces/n/configmaps/a%20b'],
    [() => client.resource(configMaps).list({ labelSelector: 'a=b' }), 'GET /api/v1/configmaps?labelSelector=a%3Db'],
    [() => client.resource(configMaps).create(configMap), 'POST /api/v1/namespaces/n/configmaps'],
    [() => resource.updateStatus(configMap), 'PUT /api/v1/namespaces/n/configmaps/a/status'],
    [() => client.resource(namespaces).delete('x'), 'DELETE /api/v1/namespaces/x'],
    [() => client.resource(deployments, 'n').scale('d', 3), 'PATCH /apis/apps/v1/namespaces/n/deployments/d/scale'],
    [
      () => resource.apply(configMap, { fieldManager: 'me', force: true }),
      'PATCH /api/v1/namespaces/n/configmaps/a?fieldManager=me&force=true',
    ],
  ];
  for (const [call, expected] of calls) {
    const result = call();
    (await transport.next()).answer(200, { items: [], metadata: {} });
    await result;
    assert.equal(transport.requests.at(-1), expected);
  }
});

test('an object of a namespaced kind cannot be read without a namespace', () => {
  const client = new Client(new ScriptedTransport());
  assert.throws(() => client.resource(configMaps).get('a'), /configmaps "a" needs a namespace/);
});

test('a Status becomes an ApiError that says what was tried', async () => {
  const transport = new ScriptedTransport();
  const result = new Client(transport).resource(configMaps, 'n').get('a');
  (await transport.next()).answer(404, failure(404, 'NotFound', 'configmaps "a" not found'));
  await assert.rejects(result, (error) => {
    assert.ok(error instanceof ApiError && isNotFound(error) && !isConflict(error));
    assert.equal(error.message, 'GET /api/v1/namespaces/n/configmaps/a: configmaps "a" not found');
    return true;
  });
});

test('429 with Retry-After is asked again after that time, 409 is not', async () => {
  const transport = new ScriptedTransport();
  const clock = new FakeClock();
  const resource = new Client(transport, { clock }).resource(configMaps, 'n');
  const result = resource.update(configMap);
  (await transport.next()).answer(429, failure(429, 'TooManyRequests'), { 'retry-after': '2' });
  await settle();
  await clock.advance(1_999);
  assert.equal(transport.requests.length, 1);
  await clock.advance(1);
  (await transport.next()).answer(409, failure(409, 'Conflict'));
  await assert.rejects(result, isConflict);
  assert.equal(transport.requests.length, 2);
});

test('all pages of a list come from the first one’s snapshot', async () => {
  const transport = new ScriptedTransport();
  const resource = new Client(transport).resource(configMaps);
  const result = Array.fromAsync(resource.items({ limit: 1, resourceVersion: '7', resourceVersionMatch: 'Exact' }));
  (await transport.next()).answer(200, { metadata: { continue: 'next' }, items: [{ metadata: { name: 'a' } }] });
  (await transport.next()).answer(200, { metadata: {}, items: [{ metadata: { name: 'b' } }] });
  assert.deepEqual(
    (await result).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ['ConfigMap a', 'ConfigMap b'],
  );
  assert.equal(transport.requests[1], 'GET /api/v1/configmaps?limit=1&continue=next');
});

async function withHttp(listener: RequestListener, run: (server: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test('over HTTP a watch is read as it comes, with characters cut in half, and leaving it ends the request', async () => {
  const closed = Promise.withResolvers<void>();
  const listener: RequestListener = (request, response) => {
    assert.equal(request.headers.authorization, 'Bearer secret');
    const frame = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'é' } } })}\n`);
    response.writeHead(200);
    const middle = frame.indexOf(0xc3) + 1;
    response.write(frame.subarray(0, middle), () => setImmediate(() => response.write(frame.subarray(middle))));
    response.on('close', closed.resolve);
  };
  await withHttp(listener, async (server) => {
    const client = new Client(createHttpTransport({ server, token: () => 'secret' }));
    for await (const event of await client.resource(configMaps).watch()) {
      assert.equal(event.object.metadata.name, 'é');
      break;
    }
    await closed.promise;
    await client.close();
  });
});

test('over HTTP a broken connection is a TransportError and an aborted request its reason', async () => {
  const listener: RequestListener = (request, response) => {
    if (request.url?.endsWith('/break') === true) response.destroy();
  };
  await withHttp(listener, async (server) => {
    const client = new Client(createHttpTransport({ server }));
    const resource = client.resource(configMaps, 'n');
    await assert.rejects(resource.get('break'), TransportError);
    const abort = new AbortController();
    const hanging = resource.get('hang', { signal: abort.signal });
    abort.abort(new Error('enough'));
    await assert.rejects(hanging, /enough/);
    await client.close();
  });
});

test('over a port answers, streams and cancellation find their request', async () => {
  const { port1, port2 } = new MessageChannel();
  const cancelled = Promise.withResolvers<number>();
  const reply = (message: PortReply): void => port1.postMessage(message);
  port1.on('message', (message: PortRequest) => {
    if (message.kind === 'cancel') cancelled.resolve(message.id);
    else if (message.kind === 'taken') return;
    else if (message.path.includes('watch')) {
      reply({ kind: 'response', id: message.id, status: 200, headers: {}, body: '', streaming: true });
      reply({ kind: 'chunk', id: message.id, data: `${JSON.stringify({ type: 'ADDED', object: configMap })}\n` });
    } else {
      reply({
        kind: 'response',
        id: message.id,
        status: 200,
        headers: {},
        body: JSON.stringify(configMap),
        streaming: false,
      });
    }
  });
  const client = new Client(createPortTransport(port2));
  for await (const event of await client.resource(configMaps).watch()) {
    assert.equal(event.object.metadata.name, 'a');
    break;
  }
  assert.equal(await cancelled.promise, 1);
  assert.equal((await client.resource(configMaps, 'n').get('a')).metadata.name, 'a');
  port1.close();
  assert.match((await client.transport.closed).message, /port to the kernel closed/);
  await assert.rejects(client.resource(configMaps, 'n').get('a'), TransportError);
});
