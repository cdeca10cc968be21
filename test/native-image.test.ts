/** A sealed image in the native tender, as a process and as a virtual machine: what is told when it fails, and how it is asked to end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build } from '@diatom/seal';
import { createImageStore, type Exit, type ImageStore, type SlotSpec, type StoredImage } from '@diatom/tender';
import { startTestTender } from './hostile/native-tender.ts';
import { needsHvt } from './hvt.ts';

const address = '127.0.0.1';

/** One service that fails as its path says: sealing is the slow part of these tests. */
const source = `
import { Request, Response, serve } from "diatom/http";
function peek(at: usize): u8 { return load<u8>(at); }
function deeper(n: i32): i32 { return n == -1 ? 0 : deeper(n + 1) + n; }
function vectors(count: i32): i32 {
  let sum = i32x4.splat(0);
  for (let i = 0; i < count; i++) sum = i32x4.add(sum, i32x4.mul(i32x4.splat(i), i32x4(1, 10, 100, 1000)));
  return i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 3);
}
function keepEverything(size: i32): i32 {
  const kept = new Array<Uint8Array>();
  while (size > 0) kept.push(new Uint8Array(size));
  return kept.length;
}
serve(8080, (request: Request): Response => {
  const path = request.path;
  if (path == "/bounds") return Response.text(peek(0xfffffff0 - path.length).toString());
  if (path == "/stack") return Response.text(deeper(path.length).toString());
  if (path == "/zero") return Response.text((100 / (path.length - 5)).toString());
  if (path == "/throw") throw new Error("no luck");
  if (path == "/vectors") return Response.text(vectors(path.length).toString());
  if (path == "/memory") return Response.text(keepEverything(path.length << 14).toString());
  return Response.text("hello");
});
`;

const targets = ['process', 'hvt'] as const;

let directory: string;
let store: ImageStore;
let image: StoredImage;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'diatom-image-'));
  const file = join(directory, 'service.ts');
  await writeFile(file, source);
  const { manifest, layers } = await build({ file, targets });
  store = createImageStore(join(directory, 'images'));
  image = await store.put('service', manifest, layers);
});

after(() => rm(directory, { recursive: true, force: true }));

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const place = server.address();
  server.close();
  await once(server, 'close');
  return typeof place === 'object' && place !== null ? place.port : 0;
};

const specFor = async (id: string, target: SlotSpec['target']): Promise<SlotSpec> => {
  const executable = image.manifest.layers.find((layer) => layer.role === target);
  return {
    id,
    manifest: image.manifest,
    target,
    imagePath: store.blobPath(executable?.digest ?? ''),
    listen: [{ port: 8080, address, hostPort: await freePort() }],
    environment: {},
    memoryLimitBytes: 8 * 1024 * 1024,
    boot: 'eager',
    idleTimeoutMs: 0,
    timeLimitMs: 0,
    logPath: join(directory, `${id}.log`),
  };
};

const open = (spec: SlotSpec): Socket => {
  const socket = connect(spec.listen[0]?.hostPort ?? 0, address);
  socket.on('error', () => undefined);
  return socket;
};

const failures: readonly (readonly [path: string, reason: Exit['reason'], message: RegExp])[] = [
  ['bounds', 'Trap', /^out of bounds memory access in .*service.* ← .*serve/],
  ['stack', 'Trap', /^stack exhausted in .*deeper/],
  ['zero', 'Trap', /^integer divided by zero in .*service/],
  ['throw', 'Trap', /^uncaught error in .*service.*; the last line of its log says which$/],
  ['memory', 'OutOfMemory', /^out of memory in .*service.*; the limit is 8\.0 MiB$/],
];

const isRefused = async (spec: SlotSpec): Promise<boolean> => {
  const socket = open(spec);
  const outcome = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(false));
    socket.once('error', () => resolve(true));
  });
  socket.destroy();
  return outcome;
};

for (const target of targets) {
  const options = target === 'hvt' ? needsHvt : {};

  for (const [path, reason, message] of failures) {
    test(`${target}: the end of an image by /${path} is told with the names of its functions`, options, async () => {
      await using subject = await startTestTender();
      const spec = await specFor(path, target);
      await subject.tender.start(spec);
      open(spec).write(`GET /${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
      const { state } = await subject.when((event) => event.state.kind === 'ended');
      if (state.kind !== 'ended') throw new Error('unreachable');
      assert.match(state.exit.message, message);
      assert.equal(state.exit.reason, reason);
    });
  }

  test(`${target}: an image computes with vectors`, options, async () => {
    await using subject = await startTestTender();
    const spec = await specFor('vectors', target);
    await subject.tender.start(spec);
    const socket = open(spec);
    socket.write('GET /vectors HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n');
    const answer = Buffer.concat(await socket.toArray()).toString();
    // The sum of 0 … 7 in the lanes times 1 and 1000.
    assert.match(answer, /\r\n\r\n28028$/);
  });

  test(
    `${target}: an image that is stopped with grace answers the request it has, takes no other connection, and completes`,
    options,
    async () => {
      await using subject = await startTestTender();
      const spec = await specFor('drains', target);
      await subject.tender.start(spec);
      const socket = open(spec);
      let received = '';
      socket.setEncoding('utf8').on('data', (text: string) => {
        received += text;
      });
      // A whole request is answered first, so that the connection is the image's and not in the queue any more.
      socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\nGET / HTTP/1.1\r\nHo');
      while (!received.endsWith('hello')) await once(socket, 'data');
      received = '';
      const stopped = subject.tender.stop('drains', 60_000);
      while (!(await isRefused(spec)));
      socket.write('st: test\r\n\r\n');
      await once(socket, 'end');
      assert.match(received, /^HTTP\/1\.1 200 OK\r\n.*hello$/s);
      socket.end();
      await stopped;
      const { state } = await subject.when((event) => event.state.kind === 'ended');
      assert.equal(state.kind === 'ended' && state.exit.reason, 'Completed');
    },
  );

  test(
    `${target}: an image that is stopped with grace answers one more request on a connection that is idle, and says that it closes`,
    options,
    async () => {
      await using subject = await startTestTender();
      const spec = await specFor('drains-idle', target);
      await subject.tender.start(spec);
      const [busy, quiet] = [open(spec), open(spec)];
      const request = 'GET / HTTP/1.1\r\nHost: test\r\n\r\n';
      for (const socket of [busy, quiet]) {
        socket.write(request);
        let first = '';
        while (!first.endsWith('hello')) first += String((await once(socket, 'data'))[0]);
      }
      const quietEnds = once(quiet.resume(), 'end');
      const stopped = subject.tender.stop('drains-idle', 60_000);
      while (!(await isRefused(spec)));
      let received = '';
      busy.setEncoding('utf8').on('data', (text: string) => {
        received += text;
      });
      busy.write(request);
      await once(busy, 'end');
      assert.match(received, /^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*hello$/is);
      busy.end();
      await quietEnds;
      quiet.end();
      await stopped;
      const { state } = await subject.when((event) => event.state.kind === 'ended');
      assert.equal(state.kind === 'ended' && state.exit.reason, 'Completed');
    },
  );
}
