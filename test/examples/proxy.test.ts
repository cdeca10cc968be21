/** examples/proxy before an upstream of this test: what passes through it, how much of it at once, and what does not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunningApplication } from '../conformance/application.ts';
import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { needsHvt } from '../hvt.ts';
import { checkout } from '../tools/npm.ts';

const megabyte = 1_000_000;
const longBytes = 50 * megabyte;

/** Progress of what the upstream sends and receives. */
let sentBytes = 0;
let receivedBytes = 0;
let goneCount = 0;

const routes: Readonly<Record<string, (asked: IncomingMessage, response: ServerResponse) => unknown>> = {
  '/echo': async (asked, response) => {
    const body = Buffer.concat(await asked.toArray()).toString();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method: asked.method, url: asked.url, headers: asked.headers, body }));
  },
  '/fields': (_asked, response) => {
    response.writeHead(418, 'Teapot', { 'set-cookie': ['a=1', 'b=2'], 'x-secret': 'hop', connection: 'x-secret' });
    response.end('short and stout');
  },
  '/length': async (asked, response) => {
    for await (const chunk of asked) receivedBytes += (chunk as Buffer).length;
    response.end(String(receivedBytes));
  },
  '/long': (_asked, response) => {
    const part = Buffer.alloc(50_000, 'x');
    const more = (): void => {
      for (let isMore = true; isMore && sentBytes < longBytes; sentBytes += part.length) isMore = response.write(part);
      if (sentBytes >= longBytes) response.end();
    };
    response.on('drain', more);
    more();
  },
  '/mirror': (asked, response) => {
    response.flushHeaders();
    asked.pipe(response);
  },
  '/redirect': (_asked, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
  '/never': (asked) => asked.socket.once('close', () => goneCount++),
  '/head': (_asked, response) => response.writeHead(200, { 'content-length': '1234' }).end(),
};

const upstream = createServer((asked, response) => {
  const route = routes[new URL(asked.url ?? '/', 'http://h').pathname];
  if (route === undefined) response.writeHead(404).end(asked.url);
  else void Promise.resolve(route(asked, response)).catch(() => response.destroy());
});

let directory: string;

before(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  directory = await mkdtemp(join(tmpdir(), 'diatom-proxy-'));
  await cp(join(checkout, 'examples/proxy'), directory, { recursive: true });
  const project = JSON.parse(await readFile(join(directory, 'diatom.json'), 'utf8'));
  // A third of what is passed through.
  const memory = { maximumBytes: 16 * 2 ** 20 };
  await writeFile(join(directory, 'diatom.json'), JSON.stringify({ ...project, connect: [address()], memory }));
});

after(async () => {
  upstream.closeAllConnections();
  upstream.close();
  await rm(directory, { recursive: true });
});

const address = (): string => `127.0.0.1:${(upstream.address() as AddressInfo).port}`;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** Until it has not changed for a while. */
async function settled(value: () => number): Promise<number> {
  let earlier = -1;
  for (let quiet = 0; quiet < 15; ) {
    quiet = value() === earlier ? quiet + 1 : 0;
    earlier = value();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return earlier;
}

for (const target of ['process', 'hvt'] as const) {
  const needs = target === 'hvt' ? needsHvt : { skip: false };
  test(`examples/proxy passes on both ways what it gets: ${target}`, needs, async (t) => {
    const start = startOn(nativeTarget(target));
    const environment = { UPSTREAM: `http://${address()}` };
    await using running: RunningApplication = await start(join(directory, 'proxy.ts'), { environment });
    const url = (path: string): string => `http://127.0.0.1:${running.address.port}${path}`;
    const ask = (path: string, init?: RequestInit) => fetch(url(path), init);

    await t.test('method, path, query, fields and body', async () => {
      const headers = { 'x-mine': 'yes', 'proxy-authorization': 'secret', 'accept-encoding': 'gzip' };
      const got = (await (await ask('/echo?a=b%20c', { method: 'PUT', body: 'grün', headers })).json()) as {
        readonly headers: Readonly<Record<string, string>>;
      };
      const { headers: fields, ...rest } = got;
      assert.deepEqual(rest, { method: 'PUT', url: '/echo?a=b%20c', body: 'grün' });
      assert.equal(fields['x-mine'], 'yes');
      assert.equal(fields['proxy-authorization'], undefined);
      assert.equal(fields['accept-encoding'], 'identity');
      assert.equal(fields.host, address());
      assert.equal(fields['x-forwarded-host'], `127.0.0.1:${running.address.port}`);
      assert.equal(fields['x-forwarded-proto'], 'http');
      assert.equal(fields.via, '1.1 diatom-proxy');
    });

    await t.test('status, reason, cookies; not what is about its connection', async () => {
      const answer = await ask('/fields');
      assert.equal(answer.status, 418);
      assert.deepEqual(answer.headers.getSetCookie(), ['a=1', 'b=2']);
      assert.equal(answer.headers.get('x-secret'), null);
      assert.equal(await answer.text(), 'short and stout');
      assert.equal((await ask('/redirect', { redirect: 'manual' })).headers.get('location'), '/elsewhere');
      assert.equal((await ask('/head', { method: 'HEAD' })).headers.get('content-length'), '1234');
    });

    await t.test('a path that looks like another host stays a path', async () => {
      const answer = await ask('//127.0.0.1:1/');
      assert.deepEqual([answer.status, await answer.text()], [404, '//127.0.0.1:1/']);
    });

    await t.test('50 MB up', async () => {
      receivedBytes = 0;
      const answer = await ask('/length', { method: 'POST', body: Buffer.alloc(longBytes) });
      assert.equal(await answer.text(), String(longBytes));
    });

    await t.test('50 MB down to a slow reader, who slows down the upstream', async () => {
      sentBytes = 0;
      const sent = request(url('/long'), { agent: false }).end();
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      await once(answer, 'readable');
      const waiting = await settled(() => sentBytes);
      assert.ok(waiting < longBytes / 2, `${waiting} bytes were sent to a reader that takes none`);
      let sizeBytes = 0;
      for await (const chunk of answer) sizeBytes += chunk.length;
      assert.equal(sizeBytes, longBytes);
    });

    await t.test('the first bytes come back before the last are sent', async () => {
      const sent = request(url('/mirror'), { method: 'POST', agent: false });
      sent.write('first');
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      assert.equal(`${(await once(answer, 'data'))[0]}`, 'first');
      sent.end('last');
      assert.equal(Buffer.concat(await answer.toArray()).toString(), 'last');
    });

    await t.test('a client that goes away ends the request to the upstream', async () => {
      const earlier = goneCount;
      const sent = request(url('/never'), { agent: false }).end();
      sent.on('error', () => {});
      await once(sent, 'finish');
      // Sent does not mean arrived: the upstream has it when the next one is answered.
      await (await ask('/echo')).text();
      sent.destroy();
      await until(() => goneCount > earlier);
    });

    await t.test('two hundred at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 200 }, async (_, at) => (await ask('/echo', { method: 'POST', body: `${at}` })).json()),
      );
      assert.deepEqual(
        answers.map((answer) => (answer as { readonly body: string }).body),
        answers.map((_, at) => `${at}`),
      );
    });
  });
}

test('without an upstream that answers it is 502, and the log says why', async () => {
  const start = startOn(nativeTarget('process'));
  await using running = await start(join(directory, 'proxy.ts'), { environment: { UPSTREAM: 'http://127.0.0.1:1' } });
  const answer = await fetch(`http://127.0.0.1:${running.address.port}/`);
  assert.deepEqual([answer.status, await answer.text()], [502, 'the upstream does not answer\n']);
  // The log is written a moment after the answer.
  const says = '127.0.0.1:1 is not among the hosts this image may connect to';
  while (!(await running.console()).some((line) => line.includes(says))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
});
