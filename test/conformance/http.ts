/** The HTTP server's conformance suite: the same for every tender, so that targets cannot drift apart. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RunningApplication, StartApplication } from './application.ts';
import { accepted, refused } from './http-cases.ts';
import { RawClient } from './raw-client.ts';

const hello = 'GET /hello HTTP/1.1\r\nHost: x\r\n\r\n';
const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;

export function testHttp(target: string, start: StartApplication): void {
  describe(`HTTP on ${target}`, () => {
    let running: RunningApplication;
    before(async () => {
      running = await start('http.ts');
    });
    after(() => running[Symbol.asyncDispose]());
    const open = () => RawClient.open(running.address);

    for (const { name, request, status } of accepted) {
      test(`accepts ${name}`, async () => {
        using client = await open();
        client.send(request);
        assert.equal((await client.response()).status, status);
        client.send(hello);
        assert.equal((await client.response()).body.toString(), 'hello\n', 'the connection is kept');
      });
      test(`accepts ${name}, byte by byte`, async () => {
        using client = await open();
        await client.trickle(request, request.length > 4000 ? 997 : 1);
        assert.equal((await client.response()).status, status);
      });
    }

    for (const { name, request, status } of refused) {
      test(`refuses ${name} with ${status}`, async () => {
        using client = await open();
        // What follows must not be taken for a request.
        client.send(request + hello);
        const response = await client.response();
        assert.equal(response.status, status);
        assert.equal(response.headers.get('connection'), 'close');
        assert.equal((await client.closed()).length, 0, 'nothing after the refusal');
      });
    }

    test('a response has a date, a length and a type', async () => {
      using client = await open();
      client.send(hello);
      const { headers, reason } = await client.response();
      assert.equal(reason, 'OK');
      assert.match(
        headers.get('date') ?? '',
        /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
      );
      assert.ok(Math.abs(Date.parse(headers.get('date') ?? '') - Date.now()) < 5000);
      assert.equal(headers.get('content-length'), '6');
      assert.equal(headers.get('content-type'), 'text/plain; charset=utf-8');
      assert.equal(headers.get('connection'), undefined);
    });

    test('the handler sees method, path, query and fields', async () => {
      using client = await open();
      client.send(
        'PATCH /describe?a=1&b HTTP/1.1\r\nHost: x\r\nX-One: 1\r\nAccept: a\r\naccept: b\r\nContent-Length: 0\r\n\r\n',
      );
      const body = (await client.response()).body.toString();
      assert.equal(body, 'PATCH /describe ?a=1&b\nhost: x\nx-one: 1\naccept: a, b\naccept: a, b\ncontent-length: 0\n');
    });

    test('absolute form gives the handler the path', async () => {
      using client = await open();
      client.send('GET http://other?q HTTP/1.1\r\nHost: x\r\n\r\n');
      assert.equal((await client.response()).status, 404);
      client.send('GET HTTP://other:80/describe?q HTTP/1.1\r\nHost: x\r\n\r\n');
      assert.match((await client.response()).body.toString(), /^GET \/describe \?q\n/);
    });

    test('query parameters are decoded', async () => {
      using client = await open();
      for (const [query, value] of [
        ['name=a%20b+c', '<a b c>'],
        ['x=1&name=%C3%BC', '<ü>'],
        ['name', '<>'],
        ['name=%zz%4', '<%zz%4>'],
        ['other=1', 'none'],
      ] as const) {
        client.send(get(`/parameter?${query}`));
        assert.equal((await client.response()).body.toString(), value);
      }
    });

    test('pipelined requests are answered in order', async () => {
      using client = await open();
      const count = 100;
      client.send(Array.from({ length: count }, (_, i) => get(`/parameter?name=${i}`)).join(''));
      for (let i = 0; i < count; i++) assert.equal((await client.response()).body.toString(), `<${i}>`);
    });

    test('pipelined requests with bodies are answered in order', async () => {
      using client = await open();
      const post = (body: string) => `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const chunked =
        'POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n';
      await client.trickle(post('one') + chunked + hello + post('two'), 7);
      const bodies = ['one', 'abcdefg', 'hello\n', 'two'];
      for (const body of bodies) assert.equal((await client.response()).body.toString(), body);
    });

    test('requests before a refused one are answered first', async () => {
      using client = await open();
      client.send(`${hello}${hello}BAD\r\n\r\n${hello}`);
      assert.equal((await client.response()).status, 200);
      assert.equal((await client.response()).status, 200);
      assert.equal((await client.response()).status, 400);
      assert.equal((await client.closed()).length, 0);
    });

    test('HEAD has the head of GET and no body', async () => {
      using client = await open();
      client.send('HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n');
      const { status, headers } = await client.response(true);
      assert.equal(status, 200);
      assert.equal(headers.get('content-length'), '6');
      client.send('HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n');
      assert.equal((await client.response(true)).headers.get('transfer-encoding'), 'chunked');
      client.send(hello);
      assert.equal((await client.response()).body.toString(), 'hello\n');
    });

    test('OPTIONS of a resource is the application’s', async () => {
      using client = await open();
      client.send('OPTIONS /describe HTTP/1.1\r\nHost: x\r\n\r\n');
      assert.match((await client.response()).body.toString(), /^OPTIONS \/describe/);
    });

    test('Connection: close closes after the response', async () => {
      using client = await open();
      client.send(`GET /hello HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n${hello}`);
      assert.equal((await client.response()).headers.get('connection'), 'close');
      assert.equal((await client.closed()).length, 0);
    });

    test('the application can close the connection', async () => {
      using client = await open();
      client.send(get('/close'));
      assert.equal((await client.response()).headers.get('connection'), 'close');
      await client.closed();
    });

    test('HTTP/1.0 closes unless asked to keep alive', async () => {
      using once = await open();
      once.send('GET /hello HTTP/1.0\r\n\r\n');
      assert.equal((await once.response()).headers.get('connection'), 'close');
      await once.closed();
      using kept = await open();
      for (let i = 0; i < 2; i++) {
        kept.send('GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
        assert.equal((await kept.response()).headers.get('connection'), 'keep-alive');
      }
    });

    test('a client that has said all it will is still answered', async () => {
      using client = await open();
      client.send(hello + hello);
      client.end();
      assert.equal((await client.response()).status, 200);
      assert.equal((await client.response()).status, 200);
      await client.closed();
    });

    test('a request cut off is closed without an answer', async () => {
      using client = await open();
      client.send('GET /hello HTTP/1.1\r\nHo');
      client.end();
      assert.equal((await client.closed()).length, 0);
    });

    test('the end of a stream is noticed however it arrives', async () => {
      // The end may be reported together with the last bytes, before them or after: all of these happen in 300 rounds.
      for (let round = 0; round < 300; round++) {
        using client = await open();
        client.send('GET /hello HTTP/1.1\r\nHo');
        client.end();
        await client.closed();
      }
    });

    test('100-continue is said when the body is awaited, not when it is there', async () => {
      using client = await open();
      const head = 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';
      client.send(head);
      const interim = 'HTTP/1.1 100 Continue\r\n\r\n';
      assert.equal((await client.bytes(interim.length)).toString(), interim);
      client.send('hello');
      assert.equal((await client.response()).body.toString(), 'hello');
      client.send(`${head}hello`);
      assert.equal((await client.response()).body.toString(), 'hello');
    });

    test('a body too large is refused before it is sent', async () => {
      using client = await open();
      client.send('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n');
      assert.equal((await client.response()).status, 413);
    });

    test('a refusal survives that the client goes on sending', async () => {
      using client = await open();
      client.send('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n');
      client.send(Buffer.alloc(300_000, 97));
      assert.equal((await client.response()).status, 413);
      await client.closed();
    });

    test('bodies of a megabyte come back as they went', async () => {
      const body = Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => (i * 31) & 255));
      using fixed = await open();
      fixed.send(`POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
      fixed.send(body);
      assert.ok((await fixed.response()).body.equals(body));
      using chunked = await open();
      chunked.send('POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (let at = 0; at < body.length; at += 50_000) {
        const part = body.subarray(at, at + 50_000);
        chunked.send(`${part.length.toString(16)}\r\n`);
        chunked.send(part);
        chunked.send('\r\n');
      }
      chunked.send('0\r\n\r\n');
      assert.ok((await chunked.response()).body.equals(body));
    });

    test('upload after upload, memory suffices', async () => {
      const body = Buffer.alloc(1 << 20, 'diatom');
      for (let size = 5_000; size <= 100_000; size += 9_500) {
        using client = await open();
        client.send('POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
        for (let at = 0; at < body.length; at += size) {
          const part = body.subarray(at, at + size);
          client.send(`${part.length.toString(16)}\r\n`);
          client.send(part);
          client.send('\r\n');
        }
        client.send('0\r\n\r\n');
        assert.equal((await client.response()).body.toString(), String(body.length));
      }
    });

    test('a chunked body split at every place is the same body', async () => {
      const request =
        'POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: v\r\n\r\n';
      using client = await open();
      for (let cut = 1; cut < request.length; cut += 3) {
        await client.trickle(request.slice(0, cut), request.length);
        client.send(request.slice(cut));
        assert.equal((await client.response()).body.toString(), 'hello world', `cut at ${cut}`);
      }
    });

    test('a response larger than every buffer arrives whole, also at a slow reader', async () => {
      using client = await open();
      client.pause();
      client.send(get('/big?bytes=3000000') + hello);
      // Another connection is served meanwhile.
      using other = await open();
      other.send(hello);
      assert.equal((await other.response()).status, 200);
      client.resume();
      const { body } = await client.response();
      assert.equal(body.length, 3_000_000);
      for (let i = 0; i < body.length; i += 99_991) assert.equal(body[i], 97 + (i % 26));
      assert.equal((await client.response()).body.toString(), 'hello\n');
    });

    test('a body of unknown length is sent in chunks', async () => {
      using client = await open();
      client.send(get('/stream?pieces=3&bytes=4'));
      const { body, framing } = await client.response();
      assert.equal(framing, 'chunked');
      assert.equal(body.toString(), 'aaaabbbbcccc');
      client.send(get('/stream?pieces=0') + get('/stream?pieces=200&bytes=50000'));
      assert.equal((await client.response()).body.length, 0);
      assert.equal((await client.response()).body.length, 10_000_000);
      client.send(hello);
      assert.equal((await client.response()).body.toString(), 'hello\n');
    });

    test('to HTTP/1.0 a body of unknown length ends with the connection', async () => {
      using client = await open();
      client.send('GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
      const { body, framing, headers } = await client.response();
      assert.equal(framing, 'close');
      assert.equal(headers.get('connection'), 'close');
      assert.equal(body.toString(), 'aaaaabbbbbccccc');
    });

    test('a source whose reader went away is told so', async () => {
      using client = await open();
      client.pause();
      client.send(get('/stream?pieces=2000&bytes=50000'));
      using other = await open();
      other.send(hello);
      await other.response();
      client.reset();
      for (let i = 0; !(await running.console()).includes('canceled'); i++) {
        assert.ok(i < 200, 'canceled() was never called');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });

    test('statuses and fields are the application’s', async () => {
      using client = await open();
      for (const code of [201, 302, 404, 500, 599]) {
        client.send(get(`/status?code=${code}`));
        assert.equal((await client.response()).status, code);
      }
      client.send(get('/status?code=42'));
      assert.equal((await client.response()).status, 500, 'no status of HTTP');
      client.send(get('/status?code=304') + hello);
      assert.equal((await client.response()).status, 304);
      assert.equal((await client.response()).body.toString(), 'hello\n');
      client.send(get('/type'));
      assert.equal((await client.response()).headers.get('content-type'), 'text/html');
      client.send(get('/empty'));
      const empty = await client.response();
      assert.equal(empty.status, 204);
      assert.equal(empty.headers.get('content-length'), undefined);
      client.send(get('/redirect'));
      assert.equal((await client.response()).headers.get('location'), '/hello');
    });

    test('a value from outside cannot add fields to a response', async () => {
      using client = await open();
      client.send(get('/header?value=a%0D%0AX-Injected:%20yes%00b'));
      const { headers } = await client.response();
      assert.equal(headers.get('x-value'), 'a  X-Injected: yes b');
      assert.equal(headers.get('x-injected'), undefined);
    });

    test('many connections at once are all answered', async () => {
      const clients = await Promise.all(Array.from({ length: 300 }, open));
      for (const client of clients) client.send(hello);
      for (const client of clients) {
        assert.equal((await client.response()).status, 200);
        client[Symbol.dispose]();
      }
    });

    test('random bytes never end the instance', async () => {
      const seed = 20260801;
      let state = seed;
      const next = (limit: number): number => {
        // xorshift32 (Marsaglia 2003): the same bytes on every run.
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state >>> 0) % limit;
      };
      const words = [
        'GET ',
        '/hello',
        ' HTTP/1.1',
        '\r\n',
        '\r',
        '\n',
        'Host: x',
        ':',
        ' ',
        'Content-Length: 9',
        'Transfer-Encoding: chunked',
        '5\r\nhello',
        '0\r\n',
        '\0',
        '\xff',
      ];
      for (let round = 0; round < 60; round++) {
        using client = await open();
        client.send(Array.from({ length: 1 + next(30) }, () => words[next(words.length)]).join(''));
        client.end();
        // Answered or not, it is over at once; only a reset is as good as an end.
        await client.closed().catch((error) => assert.match(String(error), /ECONNRESET|EPIPE/));
      }
      using client = await open();
      client.send(hello);
      assert.equal((await client.response()).status, 200, `after random bytes of seed ${seed}`);
    });
  });

  describe(`HTTP limits on ${target}`, () => {
    let running: RunningApplication;
    before(async () => {
      running = await start('http-limits.ts');
    });
    after(() => running[Symbol.asyncDispose]());
    const open = () => RawClient.open(running.address);
    const echo = (body: string) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

    test('the body limit is the service’s', async () => {
      using client = await open();
      client.send(echo('a'.repeat(1024)));
      assert.equal((await client.response()).body.length, 1024);
      client.send(echo('a'.repeat(1025)));
      assert.equal((await client.response()).status, 413);
    });

    test('a chunked body counts what it decodes to', async () => {
      using client = await open();
      const chunk = `100\r\n${'a'.repeat(256)}\r\n`;
      client.send(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(4)}0\r\n\r\n`);
      assert.equal((await client.response()).body.length, 1024);
      client.send(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(4)}1\r\n`);
      assert.equal((await client.response()).status, 413);
    });

    test('a head that takes too long gets 408', async () => {
      using client = await open();
      client.send('GET / HTTP/1.1\r\n');
      assert.equal((await client.response()).status, 408);
      await client.closed();
    });

    test('a trickle of bytes does not prolong it', async () => {
      using client = await open();
      client.send('GET / HTTP/1.1\r\n');
      const timer = setInterval(() => client.send('X: y\r\n'), 50);
      try {
        assert.equal((await client.response()).status, 408);
      } finally {
        clearInterval(timer);
      }
    });

    test('a body that takes too long gets 408', async () => {
      using client = await open();
      client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel');
      assert.equal((await client.response()).status, 408);
      await client.closed();
    });

    test('a connection without a request is closed', async () => {
      using silent = await open();
      using idle = await open();
      idle.send(echo('x'));
      await idle.response();
      assert.equal((await silent.closed()).length, 0);
      assert.equal((await idle.closed()).length, 0);
    });

    test('at the connection limit idle connections make room, busy ones make others wait', async () => {
      const idle = await Promise.all(Array.from({ length: 4 }, open));
      for (const client of idle) {
        client.send(echo('x'));
        await client.response();
      }
      using fifth = await open();
      fifth.send(echo('fifth'));
      assert.equal((await fifth.response()).body.toString(), 'fifth');
      for (const client of idle) client[Symbol.dispose]();

      // Unfinished requests hold their places until they time out; nobody is refused meanwhile.
      const busy = await Promise.all(Array.from({ length: 8 }, open));
      for (const client of busy) client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n');
      for (const client of busy.slice(0, 4)) client.send('y');
      const answered = await Promise.all(busy.map((client) => client.response().then(({ status }) => status)));
      assert.ok(
        answered.every((status) => status === 200 || status === 408),
        answered.join(' '),
      );
      for (const client of busy) client[Symbol.dispose]();
    });
  });
}
