import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { nodeHost } from '../testing/node-host.ts';
import '../link/signals.ts';
import { AbortController } from '../events/abort-controller.ts';
import { hasListeners } from '../events/event-target.ts';
import { type IncomingResponse, type OutgoingRequest, setHost } from '../host.ts';
import { fetch } from './fetch.ts';

interface Answer {
  readonly status?: number;
  readonly headers?: readonly string[];
  readonly body?: string;
}

let sent: OutgoingRequest[] = [];
let answers: Readonly<Record<string, Answer>> = {};

async function answer(request: OutgoingRequest): Promise<IncomingResponse> {
  sent.push(request);
  const { status = 200, headers = [], body } = answers[request.url] ?? { status: 404 };
  let rest = body === undefined ? null : new TextEncoder().encode(body);
  return {
    status,
    statusText: '',
    headers,
    body: {
      whole: () => undefined,
      read: async () => {
        const chunk = rest;
        rest = null;
        return chunk;
      },
      cancel: () => undefined,
    },
  };
}

const headerOf = ({ headers }: OutgoingRequest, name: string): string | undefined => {
  const at = headers.indexOf(name);
  return at < 0 ? undefined : headers[at + 1];
};

beforeEach(() => {
  sent = [];
  setHost({ ...nodeHost, fetch: answer });
});

test('the answer is a Response with url, status, headers and body', async () => {
  answers = { 'http://h/a#f': { status: 201, headers: ['x', 'y'], body: 'text' } };
  const response = await fetch('http://h/a#f');
  assert.deepEqual([response.status, response.ok, response.type, response.redirected], [201, true, 'basic', false]);
  assert.deepEqual([response.url, response.headers.get('x'), await response.text()], ['http://h/a', 'y', 'text']);
  assert.throws(() => response.headers.set('a', 'b'), TypeError);
});

test('accept and user-agent are added, headers of the connection are not the program’s', async () => {
  await fetch('http://h/', { headers: { host: 'other', connection: 'close', 'content-length': '9', a: '1' } });
  const [request] = sent;
  assert.ok(request);
  assert.deepEqual(
    ['accept', 'user-agent', 'host', 'connection', 'content-length', 'a'].map((name) => headerOf(request, name)),
    ['*/*', 'Diatom', undefined, undefined, undefined, '1'],
  );
});

test('a body goes out as bytes with its type', async () => {
  await fetch('http://h/', { method: 'POST', body: 'é' });
  assert.deepEqual(sent[0]?.body, new Uint8Array([0xc3, 0xa9]));
  assert.equal(headerOf(sent[0] as OutgoingRequest, 'content-type'), 'text/plain;charset=UTF-8');
});

test('redirects are followed, relative ones too, and the fragment stays', async () => {
  answers = {
    'http://h/a#f': { status: 302, headers: ['location', '/b'] },
    'http://h/b#f': { status: 307, headers: ['location', 'http://i/c'] },
    'http://i/c#f': { body: 'end' },
  };
  const response = await fetch('http://h/a#f', { headers: { authorization: 'secret' } });
  assert.deepEqual([await response.text(), response.url, response.redirected], ['end', 'http://i/c', true]);
  assert.deepEqual(
    sent.map((request) => headerOf(request, 'authorization')),
    ['secret', 'secret', undefined],
  );
});

for (const [status, method, expected] of [
  [301, 'POST', 'GET'],
  [302, 'POST', 'GET'],
  [303, 'PUT', 'GET'],
  [307, 'POST', 'POST'],
  [308, 'PUT', 'PUT'],
  [302, 'PUT', 'PUT'],
  [303, 'HEAD', 'HEAD'],
] as const) {
  test(`a ${method} redirected with ${status} goes on as ${expected}`, async () => {
    answers = { 'http://h/a': { status, headers: ['location', '/b'] }, 'http://h/b': {} };
    await fetch('http://h/a', method === 'HEAD' ? { method } : { method, body: 'x' });
    assert.equal(sent[1]?.method, expected);
    assert.equal(sent[1]?.body === null, expected === 'GET' || expected === 'HEAD');
  });
}

test('redirect: manual gives the redirect itself, error rejects', async () => {
  answers = { 'http://h/': { status: 302, headers: ['location', '/b'] } };
  assert.equal((await fetch('http://h/', { redirect: 'manual' })).status, 302);
  await assert.rejects(fetch('http://h/', { redirect: 'error' }), /redirects/);
});

test('a circle of redirects ends', async () => {
  answers = { 'http://h/': { status: 302, headers: ['location', '/'] } };
  await assert.rejects(fetch('http://h/'), /more than 20 redirects/);
  assert.equal(sent.length, 21);
});

test('a redirect to something else than http is refused', async () => {
  answers = { 'http://h/': { status: 302, headers: ['location', 'file:///etc/passwd'] } };
  await assert.rejects(fetch('http://h/'), /no http\(s\) URL/);
});

test('an aborted signal rejects with its reason, before and during', async () => {
  const before = new AbortController();
  before.abort('early');
  await assert.rejects(fetch('http://h/', { signal: before.signal }), (reason) => reason === 'early');
  assert.equal(sent.length, 0);
  const during = new AbortController();
  let isTold = false;
  setHost({
    ...nodeHost,
    fetch: ({ onAbort }) => {
      onAbort(() => {
        isTold = true;
      });
      return new Promise(() => undefined);
    },
  });
  const pending = fetch('http://h/', { signal: during.signal });
  setTimeout(() => during.abort('late'), 0);
  await assert.rejects(pending, (reason) => reason === 'late');
  assert.ok(isTold);
});

test('reading on after an abort rejects', async () => {
  answers = { 'http://h/': { body: 'x' } };
  const controller = new AbortController();
  const response = await fetch('http://h/', { signal: controller.signal });
  controller.abort(7);
  await assert.rejects(response.text(), (reason) => reason === 7);
});

test('other schemes are refused', async () => {
  await assert.rejects(fetch('ftp://h/'), /not an http\(s\) URL/);
  await assert.rejects(fetch('nonsense'), TypeError);
});

test('without a way out the error says so', async () => {
  setHost(nodeHost);
  await assert.rejects(fetch('http://h/'), /no way out/);
});

test('a signal that outlives the fetch keeps no listener of it', async () => {
  answers = { 'http://h/': { body: 'x' }, 'http://h/empty': { status: 204 } };
  const { signal } = new AbortController();
  assert.equal(await (await fetch('http://h/', { signal })).text(), 'x');
  await fetch('http://h/empty', { signal });
  await assert.rejects(fetch('ftp://h/', { signal }));
  answers = { 'http://h/': { status: 302, headers: ['location', 'x:'] } };
  await assert.rejects(fetch('http://h/', { signal }));
  assert.equal(hasListeners(signal, 'abort'), false);
});
