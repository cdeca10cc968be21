/** Messages that are damaged at random: responses, compressed bodies, requests. Whatever comes of each, the image goes on. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { cut, cutBody, framed, randomOf } from './cutting-server.ts';
import type { Outcome } from './programs/calls/outcome.ts';
import { listening } from './upstream.ts';

const first = Number(process.env.SEED ?? 1);
const rounds = 400;
const bytesOfProtocol = '\r\n\0 :;,-0123456789abcdefABCDEFghkx/.\x7f\xff';

function damaged(seed: number, text: string): string {
  const random = randomOf(seed ^ 0xdead);
  let all = text;
  for (let count = 1 + random(4); count > 0; count--) {
    // Heads are short and matter most.
    const at = random(random(2) === 0 ? Math.min(all.length, 200) : all.length);
    const byte = bytesOfProtocol[random(bytesOfProtocol.length)] ?? '';
    const kind = random(5);
    if (kind === 0) all = all.slice(0, at) + byte + all.slice(at + 1);
    else if (kind === 1) all = all.slice(0, at) + byte + all.slice(at);
    else if (kind === 2) all = all.slice(0, at) + all.slice(at + 1 + random(8));
    else if (kind === 3) all = all.slice(0, at) + all.slice(at, at + random(60)) + all.slice(at);
    else all = all.slice(0, at);
  }
  return all;
}

function response(seed: number): string {
  const body = Buffer.from(cutBody(seed));
  if (seed % 3 === 0) return `HTTP/1.1 200 OK\r\nx-seed: ${seed}\r\n${framed(seed)}`;
  const [coding, bytes] = seed % 3 === 1 ? ['gzip', gzipSync(body)] : ['deflate', deflateSync(body)];
  const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\n\r\n`;
  // The coding is what is damaged here.
  return head + damaged(seed ^ 7, bytes.toString('latin1'));
}

test('an image outlives every response and every request, and serves on', async () => {
  await using peer = await listening(
    createServer((socket) => {
      socket.on('data', (chunk) => {
        const seed = Number(/^GET \/(\d+) /.exec(chunk.toString('latin1'))?.[1] ?? 0);
        const text = seed % 3 === 0 ? damaged(seed, response(seed)) : response(seed);
        for (const piece of cut(seed, text)) socket.write(piece, 'latin1');
        socket.end();
      });
    }),
  );
  const directory = await mkdtemp(join(tmpdir(), 'diatom-damage-'));
  try {
    await cp(join(import.meta.dirname, 'programs/calls'), directory, { recursive: true });
    const project = { connect: [peer.address], memory: { maximumBytes: 16 * 2 ** 20 }, limits: { bodyBytes: 300_000 } };
    await writeFile(join(directory, 'diatom.json'), JSON.stringify(project));
    await using running = await startOn(nativeTarget('process'))(join(directory, 'calls.ts'));
    const { port } = running.address;
    const ask = async (seed: number): Promise<Outcome> => {
      const body = JSON.stringify({ url: `${peer.url}/${seed}`, asked: {} });
      return (await fetch(`http://127.0.0.1:${port}/outcome`, { method: 'POST', body })).json();
    };
    let taken = 0;
    for (let seed = first; seed < first + rounds; seed++) {
      const { error, status } = await ask(seed);
      assert.ok(error === 'TypeError' || status !== undefined, `SEED=${seed}: ${error}`);
      if (status !== undefined) taken++;
    }
    // Not all of it was refused, and not all of it passed.
    assert.ok(taken > rounds / 20 && taken < rounds, `${taken} of ${rounds}`);
    for (let seed = first; seed < first + rounds; seed++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      const request = `POST /outcome HTTP/1.1\r\nHost: x\r\n${framed(seed)}`;
      for (const piece of cut(seed, damaged(seed, request))) socket.write(piece, 'latin1');
      socket.end();
      socket.resume();
      await once(socket, 'close');
    }
    assert.equal((await ask(first)).error === undefined || (await ask(first)).error === 'TypeError', true);
    const traps = (await running.console()).filter((line) => /trap|assertion|gave up/.test(line));
    assert.deepEqual(traps, []);
  } finally {
    await rm(directory, { recursive: true });
  }
});
