/** Bodies of requests, as a program gets them: whole, as they come, too long, broken off, not at all. On any target. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunningApplication, StartApplication } from '../conformance/application.ts';
import { cut, cutBody, framed } from './cutting-server.ts';

const program = join(import.meta.dirname, 'programs/bodies/bodies.ts');
const limitBytes = 100_000;

interface Raw {
  readonly socket: Socket;
  send(text: string): void;
  /** What has come, once it matches. */
  received(pattern: RegExp): Promise<string>;
  /** All there is, when the other side has closed. */
  end(): Promise<string>;
}

const post = (path: string, ...fields: readonly string[]): string =>
  `${[`POST ${path} HTTP/1.1`, 'Host: x', ...fields].join('\r\n')}\r\n\r\n`;
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const chunkedField = 'Transfer-Encoding: chunked';

interface Server {
  /** Or another, over the same programs. */
  readonly isLibraryOs: boolean;
}

export function testBodies(
  target: string,
  start: StartApplication,
  { isLibraryOs }: Server = { isLibraryOs: true },
): void {
  const ofLibraryOs = { skip: isLibraryOs ? false : 'it is another server that reads the connection' };
  let running: RunningApplication;
  const url = (path: string): string => `http://127.0.0.1:${running.address.port}${path}`;
  const name = (what: string) => `${target}: ${what}`;
  const logged = async (line: string): Promise<void> => {
    while (!(await running.console()).includes(line)) await new Promise((resolve) => setImmediate(resolve));
  };
  const loggedCount = async (line: string) => (await running.console()).filter((other) => other === line).length;

  async function open(): Promise<Raw> {
    const socket = connect(running.address.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.setNoDelay(true);
    let text = '';
    let wake = (): void => {};
    let isOver = false;
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      isOver = true;
      wake();
    });
    const until = async (isEnough: () => boolean): Promise<string> => {
      while (!isEnough() && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return text;
    };
    return {
      socket,
      send: (bytes) => void socket.write(bytes, 'latin1'),
      received: async (pattern) => {
        const found = await until(() => pattern.test(text));
        assert.match(found, pattern);
        return found;
      },
      end: () => until(() => false),
    };
  }

  /** One request, sent in these pieces, each on its own, to the end of the connection. */
  async function exchange(...pieces: readonly string[]): Promise<string> {
    const raw = await open();
    for (const piece of pieces) {
      raw.send(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return raw.end();
  }

  before(async () => {
    running = await start(program);
  });
  after(() => running[Symbol.asyncDispose]());

  test(name('a handler begins when the head is complete'), async () => {
    const raw = await open();
    raw.send(post('/unread', 'Content-Length: 5'));
    assert.match(await raw.received(/not read/), /^HTTP\/1\.1 200 /);
    // What was not read is skipped, and the connection serves on.
    raw.send(`abcde${post('/text', 'Content-Length: 2', 'Connection: close')}ok`);
    assert.match(await raw.end(), /not read[\s\S]*ok$/);
  });

  test(
    name('a body that nobody reads and that is long ends the connection, and the response says so'),
    ofLibraryOs,
    async () => {
      for (const path of ['/unread', '/unread-later']) {
        const raw = await open();
        raw.send(post(path, 'Content-Length: 1000000'));
        assert.match(await raw.end(), /Connection: close\r\n[\s\S]*not read$/);
      }
    },
  );

  test(name('a body in chunks that nobody reads is skipped up to a bound'), async () => {
    const raw = await open();
    raw.send(post('/unread', chunkedField) + chunk('x'.repeat(1000)));
    await raw.received(/not read/);
    raw.send(`0\r\n\r\n${post('/text', 'Content-Length: 2')}ok`);
    await raw.received(/ok$/);
    raw.send(post('/unread', chunkedField) + chunk('x'));
    await raw.received(/ok[\s\S]*not read/);
    const endless = chunk('x'.repeat(30_000));
    const more = setInterval(() => raw.send(endless), 1);
    await raw.end();
    clearInterval(more);
  });

  for (const path of ['/text', '/later', '/stream-text']) {
    test(name(`a body in pieces is whole in the end, however it is cut (${path})`), async () => {
      // Fixed: the cuts are those of an arithmetic series, 1 to 40 bytes apart.
      const text = Array.from({ length: 60 }, (_, at) => `piece ${at} `).join('');
      const chunks = `${chunk(text.slice(0, 7))}${chunk(text.slice(7, 400))}${chunk(text.slice(400))}0\r\n\r\n`;
      for (const whole of [
        post(path, `Content-Length: ${text.length}`, 'Connection: close') + text,
        post(path, chunkedField, 'Connection: close') + chunks,
      ]) {
        for (const step of [1, 7, 13, 40, 333]) {
          const pieces = Array.from({ length: Math.ceil(whole.length / step) }, (_, at) =>
            whole.slice(at * step, (at + 1) * step),
          );
          const answer = await exchange(...pieces);
          assert.ok(answer.endsWith(text) || answer.includes(text), `${step}: ${answer.slice(0, 300)}`);
        }
      }
    });
  }

  test(name('a body is the same however it is cut into chunks and pieces, several on a connection'), async () => {
    const first = Number(process.env.SEED ?? 1);
    for (let seed = first; seed < first + 60; seed += 3) {
      const seeds = [seed, seed + 1, seed + 2];
      const whole = seeds
        .filter((each) => cutBody(each).length <= limitBytes)
        .map((each) => `POST /size HTTP/1.1\r\nHost: x\r\n${framed(each)}`)
        .join('');
      const answer = await exchange(...cut(seed, `${whole}${post('/unread', 'Connection: close')}`));
      const sizes = [...answer.matchAll(/\r\n\r\n(\d+)HTTP/g)].map(([, size]) => Number(size));
      const expected = seeds.map((each) => cutBody(each).length).filter((size) => size <= limitBytes);
      assert.deepEqual(sizes, expected, `SEED=${seed}`);
    }
  });

  test(name('copies, forms and empty bodies are as ever'), async () => {
    const form = new FormData();
    form.append('a', 'b'.repeat(20_000));
    assert.deepEqual(await (await fetch(url('/form'), { method: 'POST', body: form })).json(), [
      ['a', 'b'.repeat(20_000)],
    ]);
    const twice = await exchange(
      post('/twice', chunkedField, 'Connection: close'),
      chunk('a'),
      chunk('b'),
      '0\r\n\r\n',
    );
    assert.match(twice, /ab ab$/);
    assert.match(
      await exchange(post('/text', chunkedField, 'Connection: close'), '0\r\n\r\n'),
      /Content-Length: 0\r\n/i,
    );
    assert.match(await exchange(post('/size', 'Content-Length: 0', 'Connection: close')), /\r\n\r\n0$/);
  });

  test(name('the first bytes are answered before the last are sent'), async () => {
    const raw = await open();
    raw.send(post('/echo', chunkedField));
    await raw.received(/^HTTP\/1\.1 200 /);
    for (const part of ['one', 'two', 'three']) {
      raw.send(chunk(part));
      await raw.received(new RegExp(`${part}\r\n$`));
    }
    raw.send(`0\r\n\r\n${post('/text', 'Content-Length: 4', 'Connection: close')}last`);
    assert.match(await raw.end(), /0\r\n\r\nHTTP\/1\.1 200 [\s\S]*last$/);
  });

  test(name('the peer sends no faster than the program reads'), async () => {
    const raw = await open();
    const sizeBytes = 60_000_000;
    raw.send(post('/pause', `Content-Length: ${sizeBytes}`, 'Connection: close'));
    let taken = 0;
    const part = Buffer.alloc(50_000, 'x');
    for (let at = 0; at < sizeBytes; at += part.length) {
      raw.socket.write(part, () => {
        taken += part.length;
      });
    }
    await logged('paused');
    // Buffers of the kernel take some; then nothing more is taken.
    let earlier = -1;
    for (let quiet = 0; quiet < 20; ) {
      quiet = taken === earlier ? quiet + 1 : 0;
      earlier = taken;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(taken < sizeBytes / 2, `${taken} bytes were taken`);
    // Going on with one request while another is handled touches neither that nor those behind it.
    const after = `${post('/text', 'Content-Length: 2')}ok`;
    const resumed = await exchange(
      `GET /resume HTTP/1.1\r\nHost: x\r\n\r\n${after.repeat(100)}${post('/text', 'Content-Length: 3', 'Connection: close')}end`,
    );
    assert.equal(resumed.match(/HTTP\/1\.1 200 OK/g)?.length, 102);
    assert.match(resumed, /end$/);
    assert.match(await raw.end(), /true$/);
  });

  test(name('more than may be held at once is 413, unless the program has another answer'), async () => {
    const long = 'x'.repeat(limitBytes + 1);
    for (const init of [{ body: long }, { body: new Blob([long]).stream(), duplex: 'half' }]) {
      const refused = await fetch(url('/text'), { method: 'POST', ...init } as RequestInit);
      assert.equal(refused.status, 413);
      assert.match(await refused.text(), /limits\.bodyBytes in diatom\.json/);
    }
    assert.equal((await fetch(url('/stream-text'), { method: 'POST', body: long })).status, 413);
    const caught = await fetch(url('/text-or'), { method: 'POST', body: long });
    assert.equal(caught.status, 422);
    assert.match(await caught.text(), /^TypeError: the body is longer than the 100000 bytes/);
    const just = await fetch(url('/text-or'), { method: 'POST', body: long.slice(1) });
    assert.equal(await just.text(), `${limitBytes}`);
  });

  test(name('a stream may be longer'), async () => {
    const body = Buffer.alloc(20_000_000, 'x');
    assert.equal(await (await fetch(url('/size'), { method: 'POST', body })).json(), body.length);
  });

  test(name('a body longer than any may be is refused'), ofLibraryOs, async () => {
    const raw = await open();
    raw.send(post('/size', 'Content-Length: 100000001'));
    assert.match(await raw.end(), /^HTTP\/1\.1 413 /);
    const inChunks = await exchange(post('/size', chunkedField), '6000000\r\nabc');
    assert.match(inChunks, /^HTTP\/1\.1 413 /);
  });

  test(name('who asks whether to continue is told when the body is read'), ofLibraryOs, async () => {
    const raw = await open();
    raw.send(post('/text', 'Content-Length: 4', 'Expect: 100-continue'));
    await raw.received(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    raw.send('body');
    await raw.received(/200 OK[\s\S]*body$/);
    raw.send(post('/unread', 'Content-Length: 4', 'Expect: 100-continue'));
    const answer = await raw.end();
    assert.match(
      answer.slice(answer.indexOf('body') + 4),
      /^HTTP\/1\.1 200 OK[\s\S]*Connection: close[\s\S]*not read$/,
    );
  });

  test(name('chunks that are wrong are 400'), async () => {
    for (const wrong of ['zz\r\n', '2\r\nabc\r\n', '-1\r\n', '2\nab\n', '\r\n']) {
      assert.match(await exchange(post('/text', chunkedField), chunk('a'), wrong), /^HTTP\/1\.1 400 /, wrong);
      assert.match(await exchange(post('/size', chunkedField) + wrong), /^HTTP\/1\.1 400 /, wrong);
    }
  });

  test(name('a client that goes away fails the reading and aborts the signal'), async () => {
    const raw = await open();
    raw.send(`${post('/gone', 'Content-Length: 500')}abc`);
    await logged('reading');
    raw.socket.destroy();
    await logged('signal: AbortError');
    await logged('read: the client has gone away before its body was complete, or has its answer already');
    assert.equal(await loggedCount('complete'), 0);
  });

  test(name('reading on after the answer fails'), async () => {
    const raw = await open();
    raw.send(post('/afterwards', 'Content-Length: 5'));
    await raw.received(/answered$/);
    await logged('afterwards: the client has gone away before its body was complete, or has its answer already');
    raw.send(`abcde${post('/text', 'Content-Length: 1', 'Connection: close')}z`);
    assert.match(await raw.end(), /z$/);
  });

  test(name('a program that has read enough answers'), async () => {
    const raw = await open();
    raw.send(post('/first', chunkedField) + chunk('enough'));
    await raw.received(/enough$/);
    raw.send(`${chunk('more')}0\r\n\r\n${post('/text', 'Content-Length: 1', 'Connection: close')}z`);
    assert.match(await raw.end(), /z$/);
  });

  test(name('clients that go away in the midst leave nothing behind'), async () => {
    for (let round = 0; round < 30; round++) {
      const raw = await open();
      raw.send(post(round % 2 === 0 ? '/echo' : '/size', 'Content-Length: 90000') + 'x'.repeat(1000 * round));
      if (round % 3 === 0) await raw.received(/^/);
      raw.socket.destroy();
    }
    assert.equal(await (await fetch(url('/size'), { method: 'POST', body: 'abc' })).json(), 3);
  });
}
