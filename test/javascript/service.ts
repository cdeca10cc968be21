/** What an ordinary TypeScript service may rely on, on any target: one suite, run on each. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunningApplication, StartApplication } from '../conformance/application.ts';

const program = join(import.meta.dirname, 'programs/routes.ts');

export function testService(target: string, start: StartApplication): void {
  let running: RunningApplication;
  const url = (path: string): string => `http://127.0.0.1:${running.address.port}${path}`;
  const text = async (path: string, init?: RequestInit): Promise<string> => (await fetch(url(path), init)).text();
  /** Waits until a line of the console matches; gives it and the lines after it. */
  const logged = async (pattern: RegExp): Promise<readonly string[]> => {
    for (;;) {
      const lines = await running.console();
      const at = lines.findLastIndex((line) => pattern.test(line));
      if (at >= 0) return lines.slice(at);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  before(async () => {
    running = await start(program, { environment: { GREETING: 'grüß dich', EMPTY: '' } });
  });
  after(() => running[Symbol.asyncDispose]());

  const name = (what: string) => `${target}: ${what}`;

  test(name('a route that does not exist says so'), async () => {
    const response = await fetch(url('/nowhere?a=b'), { method: 'PUT', body: 'x' });
    assert.equal(response.status, 404);
    assert.equal(await response.text(), 'PUT /nowhere\n');
  });

  test(name('a body is echoed with its content type, in any script'), async () => {
    const response = await fetch(url('/echo'), {
      method: 'POST',
      body: 'grün 緑 \0 \u{1f600}',
      headers: { 'content-type': 'text/x-colour' },
    });
    assert.equal(await response.text(), 'grün 緑 \0 \u{1f600}');
    assert.equal(response.headers.get('content-type'), 'text/x-colour');
  });

  test(name('JSON in, JSON out, with a query'), async () => {
    const response = await fetch(url('/json?q=%C3%A9+b'), { method: 'POST', body: '{"number": 41}' });
    assert.deepEqual(await response.json(), { number: 42, query: 'é b' });
    assert.equal(response.headers.get('content-type'), 'application/json');
  });

  test(name('an answer that comes later still has headers and body of its request, also many at once'), async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        text('/later', { method: 'POST', body: `body ${at}`, headers: { 'x-name': `name ${at}` } }),
      ),
    );
    assert.deepEqual(
      answers,
      Array.from({ length: 20 }, (_, at) => `POST name ${at} body ${at}`),
    );
  });

  test(name('header fields are lower case and sorted, values byte for byte'), async () => {
    const request = get(url('/headers'), { headers: { 'X-B': Buffer.from('grün').toString('latin1'), 'x-a': '1' } });
    const [response] = await once(request, 'response');
    const fields = JSON.parse(Buffer.concat(await response.toArray()).toString('utf8'));
    assert.deepEqual(
      fields.filter(([field]: readonly string[]) => field?.startsWith('x-')),
      [
        ['x-a', '1'],
        ['x-b', Buffer.from('grün').toString('latin1')],
      ],
    );
  });

  test(name('variables of the environment are the second parameter'), async () => {
    const env = JSON.parse(await text('/environment'));
    assert.equal(env.GREETING, 'grüß dich');
    assert.equal(env.EMPTY, '');
  });

  test(name('text with NUL, bytes, a megabyte, and two cookies arrive as they are'), async () => {
    assert.equal(await text('/nul'), 'a\0b\u{1f600}\ufffd');
    assert.deepEqual([...new Uint8Array(await (await fetch(url('/bytes'))).arrayBuffer())], [0, 1, 128, 255]);
    assert.equal(await text('/large'), '0123456789'.repeat(100_000));
    assert.equal(await text('/joined'), 'a'.repeat(9_000) + 'ä'.repeat(9_000));
    assert.equal(await text('/empty'), '');
    const cookies = await fetch(url('/cookies'));
    assert.equal(cookies.status, 204);
    assert.deepEqual(cookies.headers.getSetCookie(), ['a=1', 'b=2']);
  });

  test(name('bodies are taken up to the limit of the project'), async () => {
    const body = '0123456789'.repeat(300_000);
    assert.equal((await text('/echo', { method: 'POST', body })) === body, true);
    // Only announced: the answer comes before the body, and who goes on sending may be cut off before reading it.
    const tooLong = request(url('/echo'), {
      method: 'POST',
      headers: { 'content-length': body.length + 1 },
      agent: false,
    });
    tooLong.flushHeaders();
    const [refusal] = await once(tooLong, 'response');
    assert.equal(refusal.statusCode, 413);
    tooLong.destroy();
  });

  test(name('a response that has a date has no second one'), async () => {
    const dates = (await fetch(url('/dated'))).headers.get('date');
    assert.equal(dates, 'Sun, 06 Nov 1994 08:49:37 GMT');
    assert.ok(Date.parse((await fetch(url('/nowhere'))).headers.get('date') ?? '') > Date.parse('2020-01-01'));
  });

  test(name('HEAD gets the head alone'), async () => {
    const response = await fetch(url('/large'), { method: 'HEAD' });
    assert.equal(response.headers.get('content-length'), '1000000');
    assert.equal(await response.text(), '');
    assert.equal((await fetch(url('/stream'), { method: 'HEAD' })).status, 200);
  });

  test(name('a handler that throws answers 500 and names its place in the source'), async () => {
    const response = await fetch(url('/throw'));
    assert.equal(response.status, 500);
    assert.equal(await response.text(), 'Internal Server Error\n');
    const [, place] = await logged(/^Uncaught Error: thrown at once$/);
    assert.match(place ?? '', /^ {4}at \S+ \(routes\.ts:\d+\)$/);
    assert.equal((await fetch(url('/reject'))).status, 500);
    await logged(/^Uncaught TypeError: thrown later$/);
  });

  test(name('what fetch gives must be a Response'), async () => {
    assert.equal((await fetch(url('/nothing'))).status, 500);
    await logged(/^Uncaught TypeError: fetch gave undefined/);
  });

  test(name('a rejection nobody listens to is told'), async () => {
    assert.equal(await text('/unhandled'), 'answered');
    await logged(/^Unhandled rejection: Error: nobody listens$/);
  });

  test(name('background work goes on after the answer'), async () => {
    assert.equal(await text('/background'), 'answered');
    await logged(/^background work is done$/);
  });

  test(name('background work still has the request; others are told that it is over'), async () => {
    const request = { method: 'POST', body: 'of the request', headers: { 'x-name': 'name' } };
    assert.equal(await text('/after', request), 'answered');
    await logged(/^afterwards name of the request$/);
    assert.equal(await text('/too-late', request), 'answered');
    await logged(/^TypeError: the body of a request can be read until it is answered/);
  });

  test(name('a promise that nobody can settle is answered'), async () => {
    assert.equal((await fetch(url('/never'))).status, 500);
    await logged(/the promise that fetch gave was dropped/);
  });

  for (const path of ['/spin', '/spin-later']) {
    test(name(`a turn without end is interrupted, other requests are answered (${path})`), async () => {
      const before = fetch(url('/later'), { method: 'POST', body: 'b', headers: { 'x-name': 'n' } });
      const spinning = fetch(url(path));
      assert.equal((await spinning).status, 500);
      assert.equal(await (await before).text(), 'POST n b');
      assert.match((await logged(/interrupted: one turn/))[1] ?? '', /^ {4}at \S+ \(routes\.ts:\d+\)$/);
      assert.equal((await fetch(url('/clock'))).status, 200);
    });
  }

  test(name('code made at run time is an error the program can catch'), async () => {
    assert.match(await text('/code'), /^EvalError: code is not made at run time in an image/);
  });

  test(name('recursion without end is an error the program can catch'), async () => {
    assert.equal(await text('/recurse'), 'RangeError: Maximum call stack size exceeded');
  });

  test(name('a program that takes all memory gets an error, and what it took back'), async () => {
    for (let round = 0; round < 3; round++) {
      assert.equal((await fetch(url('/memory'))).status, 500);
      assert.equal((await fetch(url('/clock'))).status, 200);
    }
    await logged(/out of memory/);
  });

  test(name('the clock is that of the machine, and randomness is new'), async () => {
    assert.ok(Math.abs(Number(await text('/clock')) - Date.now()) < 5000);
    assert.notEqual(await text('/random'), await text('/random'));
  });

  test(name('a streamed body arrives piece by piece'), async () => {
    const response = await fetch(url('/stream'));
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.equal(await response.text(), 'part 1\npart 2\npart 3\n');
  });

  test(name('a large stream arrives whole, also to a client that reads slowly'), async () => {
    const request = get(url('/stream-large'));
    const [response] = await once(request, 'response');
    let sizeBytes = 0;
    for await (const chunk of response) {
      sizeBytes += chunk.length;
      if (sizeBytes % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(sizeBytes, 64 * 65_536);
  });

  test(name('a client that goes away before its answer aborts the signal of its request'), async () => {
    const request = get(url('/until-gone'));
    request.on('error', () => undefined);
    await logged(/^somebody waits$/);
    request.destroy();
    await logged(/^gone: AbortError$/);
    assert.equal((await fetch(url('/clock'))).status, 200);
  });

  test(name('clients that go away end the streams they were reading, and nothing else'), async () => {
    const gone = async (): Promise<void> => {
      const request = get(url('/stream-endless'));
      request.on('error', () => undefined);
      const [response] = await once(request, 'response');
      response.on('error', () => undefined);
      await once(response, 'readable');
      request.destroy();
    };
    const kept = text('/later', { method: 'POST', headers: { 'x-name': 'kept' } });
    const told = async () => (await running.console()).filter((line) => line === 'nobody reads any more').length;
    const earlier = await told();
    for (let round = 0; round < 5; round++) await Promise.all([gone(), gone(), gone()]);
    while ((await told()) < earlier + 15) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await kept, 'POST kept ');
    assert.equal(await text('/nowhere'), 'GET /nowhere\n');
  });

  test(name('a stream that fails is cut off, not ended'), async () => {
    const response = await fetch(url('/stream-failing'));
    await assert.rejects(response.text());
    await logged(/^Uncaught Error: the source ran dry$/);
  });

  test(name('requests in a row on one connection are answered in order, late ones too'), async () => {
    const socket = connect(running.address.port, '127.0.0.1');
    const head = (path: string, extra = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${extra}\r\n`;
    socket.write(
      head('/later', 'x-name: first\r\n') + head('/nowhere') + head('/stream') + head('/one', 'Connection: close\r\n'),
    );
    const all = Buffer.concat(await socket.toArray()).toString('utf8');
    const found = [...all.matchAll(/GET first|GET \/nowhere|part 3|GET \/one/g)].map(([part]) => part);
    assert.deepEqual(found, ['GET first', 'GET /nowhere', 'part 3', 'GET /one']);
  });
}
