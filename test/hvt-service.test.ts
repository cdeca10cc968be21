/** Services in virtual machines: many connections, bodies larger than every buffer, sleep, time limits, a machine per connection. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from '@diatom/seal';
import { createImageStore, type ImageStore, type SlotSpec, type StoredImage } from '@diatom/tender';
import { startTestTender } from './hostile/native-tender.ts';
import { needsHvt } from './hvt.ts';

const address = '127.0.0.1';

const source = `
import { Connection, listen } from "diatom/net";
import { exit } from "diatom/process";
class Echo extends Connection {
  received(bytes: Uint8Array): void { this.write(bytes); }
}
class Command extends Connection {
  received(bytes: Uint8Array): void {
    const word = String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length).trim();
    if (word == "spin") while (true) {}
    if (word == "lines") {
      for (let i = 0; i < 2000; i++) console.log("line " + i.toString());
      unreachable();
    }
    if (word.startsWith("exit ")) exit(I32.parseInt(word.slice(5)));
    this.writeText(word + "!");
  }
}
console.log("ready");
listen(7, (): Connection => new Echo());
listen(8, (): Connection => new Command());
`;

let directory: string;
let store: ImageStore;
let image: StoredImage;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'diatom-hvt-service-'));
  const file = join(directory, 'service.ts');
  await writeFile(file, source);
  await writeFile(join(directory, 'diatom.json'), JSON.stringify({ memory: { maximumBytes: 64 * 1024 * 1024 } }));
  const { manifest, layers } = await build({ file, targets: ['hvt'] });
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

const specFor = async (id: string, more: Partial<SlotSpec> = {}): Promise<SlotSpec> => ({
  id,
  manifest: image.manifest,
  target: 'hvt',
  imagePath: store.blobPath(image.manifest.layers.find((layer) => layer.role === 'hvt')?.digest ?? ''),
  listen: [
    { port: 7, address, hostPort: await freePort() },
    { port: 8, address, hostPort: await freePort() },
  ],
  environment: {},
  memoryLimitBytes: 80 * 1024 * 1024,
  boot: 'eager',
  idleTimeoutMs: 0,
  timeLimitMs: 0,
  logPath: join(directory, `${id}.log`),
  ...more,
});

const open = (spec: SlotSpec, port: 7 | 8): Socket => {
  const socket = connect(spec.listen.find((entry) => entry.port === port)?.hostPort ?? 0, address);
  socket.on('error', () => undefined);
  return socket;
};

/** Sends, ends, and gives what came back until the other side has ended. */
const exchange = async (socket: Socket, bytes: Uint8Array | string): Promise<Buffer> => {
  socket.end(bytes);
  return Buffer.concat(await socket.toArray());
};

const isRefused = async (spec: SlotSpec): Promise<boolean> => {
  const socket = open(spec, 7);
  const outcome = await once(socket, 'connect').then(
    () => false,
    () => true,
  );
  socket.destroy();
  return outcome;
};

/** Whole lines: a piece that is marked P goes on in the next record. */
const logLines = async (spec: SlotSpec): Promise<readonly string[]> => {
  const records = (await readFile(spec.logPath, 'utf8')).matchAll(/^\S+ stdout ([FP]) (.*)$/gm);
  const text = [...records].map(([, mark, piece]) => (mark === 'F' ? `${piece}\n` : piece)).join('');
  return text.split('\n').slice(0, -1);
};

test('what is larger than every buffer comes back as it went', needsHvt, async () => {
  await using subject = await startTestTender();
  const spec = await specFor('echo');
  await subject.tender.start(spec);
  const sizes = [1, 16_383, 16_384, 16_385, 65_536, 1_000_003];
  for (const size of sizes) {
    const body = Buffer.from(Array.from({ length: size }, (_, i) => (i * 131 + size) & 255));
    const answer = await exchange(open(spec, 7), body);
    assert.ok(answer.equals(body), `${size} bytes: ${answer.length} came back`);
  }
});

test('a reader that takes nothing for a while holds up nobody else', needsHvt, async () => {
  await using subject = await startTestTender();
  const spec = await specFor('slow');
  await subject.tender.start(spec);
  const body = Buffer.alloc(4_000_000, 'diatom');
  const slow = Array.from({ length: 40 }, () => open(spec, 7).pause());
  for (const socket of slow) socket.end(body);
  assert.equal(String(await exchange(open(spec, 7), 'quick')), 'quick');
  const answers = await Promise.all(slow.map((socket) => socket.resume().toArray()));
  for (const answer of answers) assert.ok(Buffer.concat(answer).equals(body));
});

test('a thousand connections at once are all answered', needsHvt, async () => {
  await using subject = await startTestTender();
  const spec = await specFor('crowd');
  await subject.tender.start(spec);
  const sockets = Array.from({ length: 1000 }, () => open(spec, 7));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const answers = await Promise.all(sockets.map((socket, index) => exchange(socket, `number ${index}`)));
  answers.forEach((answer, index) => {
    assert.equal(String(answer), `number ${index}`);
  });
});

test('lines stay in order, and all that were printed before a trap are there', needsHvt, async () => {
  await using subject = await startTestTender();
  const spec = await specFor('lines');
  await subject.tender.start(spec);
  open(spec, 8).write('lines\n');
  await subject.when((event) => event.state.kind === 'ended');
  const expected = ['ready', ...Array.from({ length: 2000 }, (_, index) => `line ${index}`)];
  assert.deepEqual(await logLines(spec), expected);
});

for (const status of [0, 1, 255]) {
  test(`an image that exits with ${status} ends with it`, needsHvt, async () => {
    await using subject = await startTestTender();
    const spec = await specFor(`exit-${status}`);
    await subject.tender.start(spec);
    open(spec, 8).write(`exit ${status}\n`);
    const { state } = await subject.when((event) => event.state.kind === 'ended');
    assert.equal(state.kind === 'ended' && state.exit.code, status);
  });
}

test('an image that falls asleep wakes for the next connection', needsHvt, async () => {
  await using subject = await startTestTender();
  const spec = await specFor('sleeper', { boot: 'lazy', idleTimeoutMs: 60 });
  await subject.tender.start(spec);
  for (let boot = 1; boot <= 3; boot++) {
    assert.equal(String(await exchange(open(spec, 7), `boot ${boot}`)), `boot ${boot}`);
    await subject.when(({ state }) => state.kind === 'asleep' && state.bootCount === boot);
  }
});

/** Its kernel gives the machine back after a second without anything to do. */
const untilItRests = async (pid: number): Promise<void> => {
  const links = async (): Promise<readonly string[]> => {
    const names = await readdir(`/proc/${pid}/fd`);
    return Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  };
  while ((await links()).includes('anon_inode:kvm-vm')) await pause(20);
};

test('a machine that rests goes on where it was, with its connections', needsHvt, async () => {
  await using subject = await startTestTender();
  const spec = await specFor('rests');
  const state = await subject.tender.start(spec);
  if (state.kind !== 'running') throw new Error('unreachable');
  const socket = open(spec, 8);
  for (const word of ['before', 'after']) {
    socket.write(word);
    const [answer] = await once(socket, 'data');
    assert.equal(String(answer), `${word}!`);
    if (word === 'after') break;
    await untilItRests(state.pid);
    assert.equal(String(await exchange(open(spec, 7), 'new')), 'new');
  }
  socket.destroy();
});

test('an endless loop is ended by the time limit', needsHvt, async () => {
  await using subject = await startTestTender();
  const spec = await specFor('spins', { timeLimitMs: 150 });
  await subject.tender.start(spec);
  open(spec, 8).write('spin\n');
  const { state } = await subject.when((event) => event.state.kind === 'ended');
  if (state.kind !== 'ended') throw new Error('unreachable');
  const { code, reason, message } = state.exit;
  assert.deepEqual(
    { code, reason, message },
    { code: 137, reason: 'DeadlineExceeded', message: 'killed: it ran longer than its time limit of 150 ms' },
  );
});

test(
  'each connection gets a machine of its own, and one that fails takes only its own connection along',
  needsHvt,
  async () => {
    await using subject = await startTestTender();
    const spec = await specFor('each', { boot: 'per-connection' });
    await subject.tender.start(spec);
    const quiet = open(spec, 8);
    await once(quiet, 'connect');
    const failing = exchange(open(spec, 8), 'lines\n');
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => exchange(open(spec, 7), `number ${index}`)),
    );
    answers.forEach((answer, index) => {
      assert.equal(String(answer), `number ${index}`);
    });
    assert.equal((await failing).length, 0);
    quiet.write('still here');
    assert.equal(String((await once(quiet, 'data'))[0]), 'still here!');
    quiet.end();
    const [event] = await subject.tender.list();
    assert.deepEqual(event?.state, { kind: 'asleep', bootCount: 102 });
    await subject.tender.stop('each', 5000);
    const lines = await logLines(spec);
    assert.equal(lines.filter((line) => line === 'ready').length, 102);
    assert.match(await readFile(spec.logPath, 'utf8'), / stderr F trap unreachable at 0x/);
  },
);

test('a time limit ends the machine of one connection, not the slot', needsHvt, async () => {
  await using subject = await startTestTender();
  const spec = await specFor('each-limit', { boot: 'per-connection', timeLimitMs: 200 });
  await subject.tender.start(spec);
  assert.equal((await exchange(open(spec, 8), 'spin\n')).length, 0);
  assert.equal(String(await exchange(open(spec, 7), 'next')), 'next');
  assert.match(await readFile(spec.logPath, 'utf8'), / stderr F killed: the instance of one connection ran longer/);
});

test('a slot of machines for single connections that is stopped lets them finish', needsHvt, async () => {
  await using subject = await startTestTender();
  const spec = await specFor('each-stop', { boot: 'per-connection' });
  await subject.tender.start(spec);
  const socket = open(spec, 8);
  socket.write('one');
  assert.equal(String((await once(socket, 'data'))[0]), 'one!');
  const stopped = subject.tender.stop('each-stop', 60_000);
  while (!(await isRefused(spec)));
  socket.write('two');
  assert.equal(String((await once(socket, 'data'))[0]), 'two!');
  socket.end();
  await stopped;
});

test('a slot of machines for single connections that is stopped at once takes them along', needsHvt, async () => {
  await using subject = await startTestTender();
  const spec = await specFor('each-kill', { boot: 'per-connection' });
  await subject.tender.start(spec);
  const sockets = Array.from({ length: 20 }, () => open(spec, 8));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const [first] = sockets;
  first?.write('one');
  assert.equal(String((await once(first ?? open(spec, 8), 'data'))[0]), 'one!');
  const closed = sockets.map((socket) => once(socket.resume(), 'close'));
  await subject.tender.stop('each-kill', 0);
  await Promise.all(closed);
});
