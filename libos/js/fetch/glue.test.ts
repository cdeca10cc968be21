import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/node-host.ts';
import '../link/signals.ts';
import '../link/streams.ts';
import '../link/urls.ts';
import type { BodyReader } from '../host.ts';
import { ReadableStream } from '../streams/streams.ts';
import { abandonRequest, incomingRequest, type Send, send, setFieldReader } from './glue.ts';
import { Request } from './request.ts';
import { Response } from './response.ts';

const reader = (...chunks: readonly string[]): BodyReader => {
  const rest = chunks.map((chunk) => new TextEncoder().encode(chunk));
  return {
    whole: () => undefined,
    read: async () => rest.shift() ?? null,
    cancel: () => {
      rest.length = 0;
    },
  };
};

interface Outgoing {
  readonly status: number;
  readonly headerLines: string;
  readonly body: Parameters<Send>[3];
}

function outgoing(response: unknown): Outgoing {
  const sent: Outgoing[] = [];
  send(response, 1, (_, status, headerLines, body) => sent.push({ status, headerLines, body }));
  return sent[0] as Outgoing;
}

const get = (headers: readonly string[] = []): Request => incomingRequest('GET', 'http://h/x', headers, null);

test('an incoming request is a Request', () => {
  const request = get(['accept', '*/*']);
  assert.ok(request instanceof Request);
  assert.deepEqual([request.method, request.url, request.body], ['GET', 'http://h/x', null]);
  assert.deepEqual([...request.headers], [['accept', '*/*']]);
});

test('headers are asked for once, and only when somebody looks', () => {
  let count = 0;
  setFieldReader((exchange) => [`n${exchange + count++}`, 'v']);
  const request = incomingRequest('GET', 'http://h/', 1, null);
  assert.equal(count, 0);
  assert.equal(request.headers.get('n1'), 'v');
  assert.equal(request.headers.get('n1'), 'v');
  assert.equal(count, 1);
});

test('several lines of one name are one value; cookies are joined as RFC 6265 writes them', () => {
  const { headers } = get(['accept', 'a', 'accept', 'b', 'cookie', 'x=1', 'cookie', 'y=2']);
  assert.equal(headers.get('accept'), 'a, b');
  assert.equal(headers.get('cookie'), 'x=1; y=2');
});

test('headers of an incoming request cannot be changed, those of a copy can', () => {
  const request = get(['a', '1']);
  assert.throws(() => request.headers.set('a', '2'), TypeError);
  const copy = new Request(request);
  copy.headers.set('a', '2');
  assert.equal(copy.headers.get('a'), '2');
});

test('a body that comes in chunks is read whole by text()', async () => {
  const request = incomingRequest('POST', 'http://h/', [], reader('{"a"', ':1}'));
  assert.deepEqual(await request.json(), { a: 1 });
  assert.ok(request.bodyUsed);
});

test('a body that comes in chunks is a stream of those chunks', async () => {
  const request = incomingRequest('POST', 'http://h/', [], reader('ab', 'c'));
  const sizes: number[] = [];
  for await (const chunk of request.body ?? []) sizes.push((chunk as Uint8Array).length);
  assert.deepEqual(sizes, [2, 1]);
});

test('cancelling the stream tells the reader', async () => {
  let isCancelled = false;
  const source: BodyReader = {
    ...reader('ab'),
    cancel: () => {
      isCancelled = true;
    },
  };
  await incomingRequest('POST', 'http://h/', [], source).body?.cancel();
  assert.ok(isCancelled);
});

test('a reader that fails makes text() reject', async () => {
  const source: BodyReader = { ...reader(), read: () => Promise.reject(new Error('gone')) };
  await assert.rejects(incomingRequest('POST', 'http://h/', [], source).text(), /gone/);
});

test('a request can be cloned before its body is read', async () => {
  const request = incomingRequest('POST', 'http://h/', [], reader('a', 'b'));
  const copy = request.clone();
  assert.deepEqual([await request.text(), await copy.text()], ['ab', 'ab']);
});

test('the signal of a request whose peer has gone is aborted', () => {
  const request = get();
  const { signal } = request;
  abandonRequest(request);
  assert.ok(signal.aborted);
  assert.equal((signal.reason as Error).name, 'AbortError');
});

test('a text goes out as the string it is, with its type', () => {
  assert.deepEqual(outgoing(new Response('hello')), {
    status: 200,
    headerLines: 'content-type: text/plain;charset=UTF-8\r\n',
    body: 'hello',
  });
});

test('all headers go out, cookies each on a line', () => {
  const response = new Response(null, { status: 204, headers: { 'X-A': '1' } });
  response.headers.append('set-cookie', 'a=1');
  response.headers.append('set-cookie', 'b=2');
  const { status, headerLines, body } = outgoing(response);
  assert.deepEqual([status, body], [204, null]);
  assert.equal(headerLines, 'x-a: 1\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n');
});

test('a stream goes out chunk by chunk; empty chunks are left out', async () => {
  const stream = new ReadableStream({
    start(controller) {
      for (const size of [1, 0, 2]) controller.enqueue(new Uint8Array(size));
      controller.close();
    },
  });
  const { body } = outgoing(new Response(stream));
  assert.ok(typeof body === 'object' && body !== null && 'read' in body);
  assert.equal((await body.read())?.length, 1);
  assert.equal((await body.read())?.length, 2);
  assert.equal(await body.read(), null);
});

test('a stream of something else than bytes fails when it is read', async () => {
  const stream = new ReadableStream({ start: (controller) => controller.enqueue('text') });
  const { body } = outgoing(new Response(stream));
  assert.ok(typeof body === 'object' && body !== null && 'read' in body);
  await assert.rejects(body.read(), TypeError);
});

test('a response is sent once', () => {
  const response = new Response('x');
  outgoing(response);
  assert.ok(response.bodyUsed);
  assert.throws(() => outgoing(response), /read already/);
});

test('a request body can be the response body without being read in between', () => {
  const source = reader('a');
  const request = incomingRequest('POST', 'http://h/', [], source);
  const { body } = outgoing(new Response(request.body));
  assert.ok(typeof body === 'object' && body !== null && 'read' in body);
});

for (const [what, value, message] of [
  ['nothing', undefined, /undefined \(is a return missing\?\)/],
  ['a string', 'text', /a string/],
  ['another object', { status: 200 }, /class Object/],
  ["Node's own Response", new globalThis.Response(), /class Response/],
  ['a network error', Response.error(), /cannot be sent/],
] as const) {
  test(`${what} cannot be sent, and the error says what it is`, () => {
    assert.throws(() => outgoing(value), message);
  });
}

test('a GET has no body, so that it can be copied', () => {
  const request = incomingRequest('GET', 'http://h/', [], reader());
  assert.equal(request.body, null);
  assert.equal(new Request(request).method, 'GET');
});

test('a request made from another URL and a request takes over method, headers and body', async () => {
  const model = incomingRequest('POST', 'http://h/a', ['x', 'y'], reader('text'));
  const copy = new Request('http://other/b', model);
  assert.deepEqual([copy.method, copy.url, copy.headers.get('x')], ['POST', 'http://other/b', 'y']);
  assert.equal(await copy.text(), 'text');
  assert.ok(model.bodyUsed);
});
