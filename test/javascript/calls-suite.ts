/** `fetch` to other hosts from an image, on any target: beside Node's fetch where that decides. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunningApplication, StartApplication } from '../conformance/application.ts';
import { cutBody, startCutting } from './cutting-server.ts';
import { hostileAnswers } from './hostile-answers.ts';
import { type Asked, type Outcome, outcome } from './programs/calls/outcome.ts';
import { startHostile, startUpstream, type Upstream } from './upstream.ts';

const sources = join(import.meta.dirname, 'programs/calls');

/** Each is sent by Node and by the image; the outcomes must be the same. */
const alike: readonly (readonly [what: string, path: string, asked?: Asked])[] = [
  ['a GET', '/echo?a=b%20c#fragment'],
  ['a HEAD', '/short', { method: 'HEAD' }],
  ['a DELETE', '/echo', { method: 'DELETE' }],
  ['a method of its own', '/echo', { method: 'PROPFIND', body: '<x/>' }],
  ['a POST with a text', '/echo', { method: 'POST', body: 'grün' }],
  ['a POST without a body', '/echo', { method: 'POST' }],
  ['a PUT with an empty body', '/echo', { method: 'PUT', body: '' }],
  ['a body that is a stream', '/echo', { method: 'POST', pieces: ['one ', '', 'two ', 'three'] }],
  ['fields of the program', '/echo', { headers: { 'X-One': ' 1 ', 'x-latin': 'gr\u00fcn', cookie: 'a=b' } }],
  ['another content type', '/echo', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }],
  ...[200, 201, 204, 304, 400, 404, 500, 503].map((code) => [`status ${code}`, `/status?code=${code}`] as const),
  ['a reason of its own', '/status?code=299&text=As+it+pleases'],
  ['no body, asked with GET', '/status?code=204'],
  ['cookies and bytes in fields', '/cookies'],
  ['a body in chunks', '/chunks'],
  ['interim responses before the one that counts', '/interim'],
  ['a large body', '/large'],
  ['a connection that is closed', '/close'],
  ...['gzip', 'x-gzip', 'deflate', 'raw', 'gzip, gzip', 'gzip, rot13', 'two-members', 'named'].map(
    (coding) => [`coding ${coding}`, `/encoded?coding=${coding}`] as const,
  ),
  ['a body that is compressed and long', '/encoded-long'],
  ['a body that is compressed and does not compress', '/encoded-random'],
  ['a body that is compressed and empty', '/encoded-empty'],
  ['a coding nobody knows', '/encoded?coding=rot13'],
  ...[301, 302, 303, 307, 308].flatMap((code) =>
    (['GET', 'POST', 'PUT', 'HEAD'] as const).map(
      (method) =>
        [
          `${method} and ${code}`,
          `/redirect?code=${code}`,
          method === 'POST' || method === 'PUT' ? { method, body: 'content' } : { method },
        ] as const,
    ),
  ),
  [
    'a redirect to another origin drops what is secret',
    '/redirect?other',
    { headers: { authorization: 'x', cookie: 'y', 'x-z': 'z' } },
  ],
  ['a redirect to the same origin keeps it', '/redirect', { headers: { authorization: 'x', cookie: 'y' } }],
  ['redirects one after the other', '/redirect?times=5'],
  ['twenty redirects', '/redirect?times=20'],
  ['a redirect without a location', '/redirect?nowhere'],
  ['a redirect that is to be an error', '/redirect', { redirect: 'error' }],
  ['a stream redirected with 303', '/redirect?code=303', { method: 'POST', pieces: ['a'] }],
  ['aborted before', '/echo', { abort: 'before' }],
];

/** Node's answer is an error of another text. */
const alikeButText: typeof alike = [
  ['twenty-one redirects', '/redirect?times=21'],
  ['a redirect to what is no http URL', '/redirect?to=ftp://h/'],
  ['a stream redirected with 307', '/redirect?code=307', { method: 'POST', pieces: ['a'] }],
  ['a stream redirected with 302', '/redirect?code=302', { method: 'POST', pieces: ['a'] }],
  ['a stream that fails', '/echo', { method: 'POST', pieces: ['a', 'FAIL'] }],
  ['no answer before the time is over', '/never', { abort: 'timeout' }],
  ['aborted while its body is read', '/endless', { abort: 'body' }],
];

interface Client {
  /** Or another, over the same programs, which need not be as strict. */
  readonly isLibraryOs: boolean;
}

export function testCalls(
  target: string,
  start: StartApplication,
  { isLibraryOs }: Client = { isLibraryOs: true },
): void {
  const ofLibraryOs = { skip: isLibraryOs ? false : 'it is another client that reads the response' };
  let other: Upstream;
  let upstream: Upstream;
  let hostile: Upstream;
  let cutting: Upstream;
  let running: RunningApplication;
  let directory: string;
  const url = (path: string): string => `http://127.0.0.1:${running.address.port}${path}`;
  const name = (what: string) => `${target}: ${what}`;
  const text = async (path: string, init?: RequestInit) => (await fetch(url(path), init)).text();
  const inImage = async (to: string, asked: Asked = {}): Promise<Outcome> =>
    (await fetch(url('/outcome'), { method: 'POST', body: JSON.stringify({ url: to, asked }) })).json();
  /** Node's server numbers the seconds; connections are each client's own affair, and what CORS would say nobody's. */
  const comparable = ({ headers, message: _message, cause: _cause, type: _type, ...outcome }: Outcome): object => ({
    ...outcome,
    headers: headers?.filter(([field]) => !/^(?:date|connection|keep-alive)$/.test(field)),
  });

  before(async () => {
    other = await startUpstream();
    upstream = await startUpstream(() => other.url);
    hostile = await startHostile(hostileAnswers.map(({ answer }) => answer));
    cutting = await startCutting();
    directory = await mkdtemp(join(tmpdir(), 'diatom-calls-'));
    await cp(sources, directory, { recursive: true });
    const connect = [upstream, other, hostile, cutting].map(({ address }) => address).concat('127.0.0.1:1');
    const limits = { bodyBytes: 1_000_000, streamBytes: 100_000_000 };
    await writeFile(join(directory, 'diatom.json'), JSON.stringify({ connect, limits }));
    running = await start(join(directory, 'calls.ts'), { environment: { UPSTREAM: upstream.url } });
  });
  after(async () => {
    await running[Symbol.asyncDispose]();
    await Promise.all([upstream, other, hostile, cutting].map((server) => server[Symbol.asyncDispose]()));
    await rm(directory, { recursive: true });
  });

  for (const [what, path, asked = {}] of [...alike, ...alikeButText]) {
    test(name(`${what}: as in Node`), async () => {
      const expected = await outcome(`${upstream.url}${path}`, asked);
      assert.deepEqual(comparable(await inImage(`${upstream.url}${path}`, asked)), comparable(expected));
    });
  }

  for (const kind of ['cut', 'checksum', 'length', 'text', 'distance']) {
    test(name(`a compressed body that is wrong is an error: ${kind}`), async () => {
      const { error, message } = await inImage(`${upstream.url}/broken?kind=${kind}`);
      assert.equal(error, 'TypeError');
      assert.match(message ?? '', /the compressed body of the response/);
    });
  }

  test(name('redirect: manual gives the redirect itself'), async () => {
    const { status, headers } = await inImage(`${upstream.url}/redirect`, { redirect: 'manual' });
    assert.equal(status, 302);
    assert.deepEqual(
      headers?.find(([field]) => field === 'location'),
      ['location', '/echo'],
    );
  });

  test(name('a host that is not allowed is an error that says what to write where'), async () => {
    const { error, message, cause } = await inImage('http://127.0.0.1:2/');
    assert.equal(error, 'TypeError');
    assert.equal(message, 'fetch failed: 127.0.0.1:2 is not among the hosts this image may connect to');
    assert.match(cause ?? '', /put it into diatom\.json, \{ "connect": \["127\.0\.0\.1:2"\] \}/);
  });

  test(name('a host where nobody listens is an error that names it'), async () => {
    const { error, message } = await inImage('http://127.0.0.1:1/');
    assert.equal(error, 'TypeError');
    assert.match(message ?? '', /^fetch failed: 127\.0\.0\.1:1: /);
  });

  for (const [at, { what, expected }] of hostileAnswers.entries()) {
    test(name(`a server that answers with ${what}`), ofLibraryOs, async () => {
      const { error, message, body } = await inImage(`${hostile.url}/${at}`);
      if (typeof expected === 'string') assert.equal(body, expected, message ?? '');
      else {
        assert.equal(error, 'TypeError');
        assert.match(message ?? '', expected);
      }
      assert.equal(await text('/one-by-one?count=1'), '1');
    });
  }

  test(name('requests one after the other use one connection'), async () => {
    const earlier = upstream.connectionCount();
    assert.equal(await text('/one-by-one?count=200'), '200');
    assert.ok(upstream.connectionCount() - earlier <= 1, `${upstream.connectionCount() - earlier} connections`);
  });

  test(name('a connection that the server gave up is replaced'), async () => {
    for (let round = 0; round < 5; round++) {
      assert.equal((await inImage(`${upstream.url}/close`)).body, 'closing');
      assert.equal(await text('/one-by-one?count=1'), '1');
    }
  });

  test(name('an upload that is aborted cancels what it was made of'), async () => {
    assert.deepEqual(JSON.parse(await text('/abandoned-upload')), ['RangeError', 'cancelled']);
  });

  test(name('a response is the same however it is cut into chunks and pieces'), ofLibraryOs, async () => {
    const first = Number(process.env.SEED ?? 1);
    for (let seed = first; seed < first + 60; seed++) {
      const { body, message } = await inImage(`${cutting.url}/${seed}`);
      assert.equal(body === cutBody(seed), true, `SEED=${seed}: ${message ?? body?.length}`);
    }
    assert.equal(await text('/one-by-one?count=1'), '1');
  });

  test(name('200 at once'), async () => {
    assert.equal(await text('/at-once?count=200'), '200');
  });

  test(name('responses that nobody reads give their connections back'), async () => {
    assert.equal(await text('/dropped?count=50'), 'dropped');
    while (upstream.openCount() > 20) await new Promise((resolve) => setImmediate(resolve));
  });

  test(name('what the program does not read stays with the server'), async () => {
    assert.equal(await text('/slowly?count=100'), 'read a little');
    assert.equal(await text('/size?path=/large'), '3000000');
  });

  test(name('a body goes through, both ways at once: the first byte is answered before the last is sent'), async () => {
    const sent = request(url('/pass?path=/mirror'), { method: 'POST', agent: false });
    sent.write('first');
    const [response] = await once(sent, 'response');
    const [first] = await once(response, 'data');
    assert.equal(`${first}`, 'first');
    sent.end('last');
    assert.equal(Buffer.concat(await response.toArray()).toString(), 'last');
  });

  test(name('a long body goes through'), async () => {
    const body = Buffer.alloc(20_000_000, 'z');
    assert.equal(await text('/pass?path=/length', { method: 'POST', body }), `${body.length}`);
  });

  test(name('a request is passed on as it is, and what comes of it'), async () => {
    const fields = { 'x-mine': 'yes', 'content-type': 'text/x' };
    for (const body of ['short', 'long'.repeat(30_000)]) {
      const answer = await fetch(url('/forward'), { method: 'PUT', body, headers: fields });
      const got = (await answer.json()) as {
        readonly method: string;
        readonly headers: unknown;
        readonly body: string;
      };
      assert.equal(got.method, 'PUT');
      assert.equal(got.body === body, true);
      const seen = Object.fromEntries(got.headers as [string, string][]);
      assert.deepEqual([seen['x-mine'], seen['content-type']], ['yes', 'text/x']);
      assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/json']);
    }
  });

  test(name('a request may be sent behind the answer'), async () => {
    assert.equal(await text('/behind'), 'answered');
    while (!(await running.console()).includes('behind: GET /short')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  test(name('bytes are sent as their peer takes them, with their length'), async () => {
    // More than the library OS has for all its connections.
    assert.equal(await text('/upload?count=17000000'), '17000000');
    assert.equal(await text('/upload?count=65536'), '65536');
    assert.equal(await text('/upload?count=65537'), '65537');
  });

  test(name('a server that answers before it has read the body is heard'), async () => {
    const { status, body } = await inImage(`${upstream.url}/refuse-early`, {
      method: 'POST',
      pieces: Array.from({ length: 50 }, () => 'x'.repeat(10_000)),
    });
    assert.deepEqual([status, body], [403, 'no']);
  });
}
