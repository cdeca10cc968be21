/** The HTTP server on a simulated machine: whatever the network does, clients receive the same bytes. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { buildPortable } from '@diatom/seal';
import { accepted, refused } from './http-cases.ts';
import { simulate } from './simulated-machine.ts';

const applications = join(dirname(createRequire(import.meta.url).resolve('@diatom/libos/abi')), 'guest/test-apps');

async function moduleOf(application: string): Promise<WebAssembly.Module> {
  const { wasm } = await buildPortable({ file: join(applications, application) });
  return new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
}

let module: WebAssembly.Module;
/** Takes four connections at a time and keeps idle ones for 600 ms. */
let limited: WebAssembly.Module;
before(async () => {
  module = await moduleOf('http.ts');
  limited = await moduleOf('http-limits.ts');
});

/** Mulberry32. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

const requests: readonly string[] = [
  ...accepted.map(({ request }) => request),
  'GET /big?bytes=20000 HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /stream?pieces=9&bytes=7000 HTTP/1.1\r\nHost: x\r\n\r\n',
  'HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /close HTTP/1.1\r\nHost: x\r\n\r\n',
  `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n${'diatom...'.repeat(1000)}`,
  `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${`8\r\n01234567\r\n`.repeat(700)}0\r\n\r\n`,
];
const endings: readonly string[] = ['', '', 'GET /hello HTTP/1.1\r\nHo', ...refused.map(({ request }) => request)];

const seed = Number(process.env.DIATOM_SEED ?? 20260803);
for (let round = 0; round < 40; round++) {
  test(`round ${round} of seed ${seed}: same bytes however they travel`, () => {
    const next = random(seed + round);
    const pick = (from: readonly string[]): string => from[next(from.length)] ?? '';
    const connections = Array.from({ length: 1 + next(8) }, () => {
      const text = Array.from({ length: next(6) }, () => pick(requests)).join('') + pick(endings);
      return { sends: Buffer.from(text, 'latin1') };
    });
    const expected = simulate(module, connections);
    const outcome = simulate(module, connections, next);
    for (const [i, received] of outcome.received.entries()) {
      assert.equal(received.toString('latin1'), expected.received[i]?.toString('latin1'), `connection ${i}`);
    }
    assert.equal(outcome.open, 0, 'every connection is closed');
    assert.equal(outcome.elapsedNs, 0n, 'nothing waited for a timeout');
  });
}

for (let round = 0; round < 20; round++) {
  test(`round ${round} of seed ${seed}: at the connection limit nobody waits for the idle time of others`, () => {
    const next = random(seed + 1000 + round);
    const connections = Array.from({ length: 12 }, () => ({
      sends: Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi'),
      stays: true,
    }));
    const outcome = simulate(limited, connections, next);
    for (const received of outcome.received) assert.match(received.toString('latin1'), /^HTTP\/1\.1 200 /);
    assert.equal(outcome.open, 0);
    assert.equal(outcome.elapsedNs, 600_000_000n, 'only the last ones stayed until their own idle time was over');
  });
}

const slowRequests: Readonly<Record<string, string>> = {
  head: 'POST / HTTP/1.1\r\nX: ',
  body: 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1234',
};

for (const [part, text] of Object.entries(slowRequests)) {
  for (let round = 0; round < 10; round++) {
    test(`round ${round} of seed ${seed}: at the connection limit the slowest over its ${part} makes room`, () => {
      const next = random(seed + 2000 + round);
      const slow = Array.from({ length: 4 }, () => ({ sends: Buffer.from(text), stays: true }));
      const honest = { sends: Buffer.from('POST / HTTP/1.1\r\nHost: x\r\n\r\n'), stays: true };
      const outcome = simulate(limited, [...slow, honest], next);
      assert.match(outcome.received[4]?.toString('latin1') ?? '', /^HTTP\/1\.1 200 /);
      for (const received of outcome.received.slice(0, 4))
        assert.match(received.toString('latin1'), /^HTTP\/1\.1 408 /);
      // A tenth of the 300 ms a request may take.
      assert.equal(outcome.answeredNs[4], 30_000_000n);
    });
  }
}
