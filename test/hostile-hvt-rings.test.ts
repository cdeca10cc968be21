/** Guests that get everything wrong that they share with their monitor; and what one leaves for the next. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type SlotSpec, startEgress } from '@diatom/tender';
import { startPeer } from './egress/rig.ts';
import { spin } from './hostile/machine-code.ts';
import { startTestTender, type TestTender, tenderPid } from './hostile/native-tender.ts';
import { seededRandom, testSeed } from './hostile/random.ts';
import { hostileGuest } from './hostile-hvt/guest-image.ts';
import { forEachOf, hvtImage, hvtIsMissing, runGuest } from './hostile-hvt/rig.ts';

const options = { skip: hvtIsMissing };
const brokenRule = 159;
const memoryLimitBytes = 16 * 1024 * 1024;

let subject: TestTender;
let guest: Uint8Array;
let witnessPid = 0;

before(async () => {
  if (hvtIsMissing !== false) return;
  [subject, guest] = await Promise.all([startTestTender(), hostileGuest()]);
  const witness = await subject.tender.start(await subject.spec('witness', hvtImage(spin), { target: 'hvt' }));
  witnessPid = witness.kind === 'running' ? witness.pid : 0;
});

after(async () => {
  if (hvtIsMissing === false) await subject[Symbol.asyncDispose]();
});

let guests = 0;
interface Attack {
  readonly attack: 'everything' | 'commands' | 'hoard' | 'secrets' | 'remnants' | 'memory';
  readonly seed?: number;
  readonly rounds?: number;
  readonly listen?: SlotSpec['listen'];
  /** Where it connects to, through this egress. */
  readonly outgoing?: { readonly target: string; readonly socketPath: string };
}

const attackWith = async ({ attack, seed = 1, rounds = 1, listen = [], outgoing }: Attack) => {
  guests += 1;
  const id = `${attack}-${guests}`;
  const environment = { ATTACK: attack, SEED: String(seed), ROUNDS: String(rounds) };
  if (outgoing === undefined) return runGuest(subject, id, guest, { environment, listen, memoryLimitBytes });
  const { target, socketPath } = outgoing;
  const { manifest } = await subject.spec(id, guest);
  return runGuest(subject, id, guest, {
    environment: { ...environment, TARGET: target },
    listen,
    memoryLimitBytes,
    manifest: { ...manifest, machineCalls: ['sock_connect'], connect: [target] },
    egress: { socketPath, scope: '' },
  });
};

/** An address of this machine's own network that no other test has. */
const addressOf = (index: number): string => `127.77.${process.pid & 255}.${index}`;
const hostPort = 8080;

/** Clients that send, read, wait and leave as they like until they are told to stop. */
const disturb = (address: string, seed: number): Disposable => {
  const random = seededRandom(seed);
  const sockets = new Set<Socket>();
  let isOver = false;
  const open = (): void => {
    if (isOver) return;
    const socket = connect(hostPort, address);
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('connect', () => {
      socket.write(randomBytes(1 + random(40_000)));
      const mood = random(3);
      if (mood === 0) socket.end();
      else if (mood === 1) setTimeout(() => socket.resetAndDestroy(), 3).unref();
    });
    socket.on('data', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      setTimeout(open, 1).unref();
    });
  };
  for (let client = 0; client < 6; client += 1) open();
  return {
    [Symbol.dispose]: () => {
      isOver = true;
      for (const socket of sockets) socket.destroy();
    },
  };
};

const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => testSeed() + index);

test('a guest that writes anything anywhere in the shared region ends by itself or by a rule', options, async () => {
  await forEachOf(seeds(80), async (seed) => {
    const { code, message } = await attackWith({ attack: 'everything', seed, rounds: 300 });
    assert.ok(code === 0 || code === brokenRule, `DIATOM_SEED=${seed}: ended with ${code} ${message}`);
  });
});

test(
  'a guest whose commands are nearly right ends by itself or by a rule, whatever its clients do',
  options,
  async () => {
    await forEachOf([...seeds(60).entries()], async ([index, seed]) => {
      const listen = [{ port: 8080, address: addressOf(1 + index), hostPort }];
      const running = attackWith({ attack: 'commands', seed, rounds: 1000, listen });
      using _ = disturb(addressOf(1 + index), seed);
      const { code, message } = await running;
      assert.ok(code === 0 || code === brokenRule, `DIATOM_SEED=${seed}: ended with ${code} ${message}`);
    });
  },
);

test('a guest that makes connections as it likes ends by itself or by a rule, and leaves none', options, async () => {
  await using egress = await startEgress({ socketPath: join(subject.directory, 'egress.sock'), timeoutMs: 2000 });
  const random = seededRandom(testSeed());
  await using peer = await startPeer((socket) => {
    socket.write(randomBytes(1 + random(40_000)));
    const mood = random(4);
    if (mood === 0) socket.end();
    else if (mood === 1) setTimeout(() => socket.resetAndDestroy(), 3).unref();
    else if (mood === 2) socket.pipe(socket);
    else socket.resume();
  });
  const outgoing = { target: peer.address, socketPath: egress.socketPath };
  await forEachOf([...seeds(40).entries()], async ([index, seed]) => {
    const attack = index % 4 === 0 ? 'everything' : 'commands';
    const listen = [{ port: 8080, address: addressOf(1 + index), hostPort }];
    const { code, message } = await attackWith({ attack, seed, rounds: 600, listen, outgoing });
    assert.ok(code === 0 || code === brokenRule, `DIATOM_SEED=${seed}: ended with ${code} ${message}`);
  });
  for (const socket of peer.sockets) socket.destroy();
  while (egress.connectionCount > 0) await wait(10);
});

test('a guest that reads no events and gives no buffer back does no harm', options, async () => {
  const listen = [{ port: 8080, address: addressOf(200), hostPort }];
  const running = attackWith({ attack: 'hoard', rounds: 5000, listen });
  using _ = disturb(addressOf(200), testSeed());
  const { code, message } = await running;
  assert.equal(code, 0, message);
});

test('a guest gets the memory of its limit and not more', options, async () => {
  const exited = await attackWith({ attack: 'memory' });
  assert.equal(exited.code, 0, exited.message);
});

test('nothing of a guest is left for the next', options, async () => {
  for (let round = 0; round < 10; round += 1) {
    const [left] = await Promise.all([attackWith({ attack: 'secrets' }), attackWith({ attack: 'secrets' })]);
    assert.equal(left.code, 0, left.message);
    const found = await attackWith({ attack: 'remnants' });
    assert.equal(found.code, 0, `remnants: ${found.code} ${found.message}`);
  }
});

test('all that time the tender had the same descriptors and no process but those that ran', options, async () => {
  const pid = await tenderPid(witnessPid);
  const descriptors = async (): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;
  const before = await descriptors();
  await forEachOf(seeds(20), async (seed) => {
    await attackWith({ attack: 'commands', seed, rounds: 20 });
  });
  assert.equal(await descriptors(), before);
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  assert.equal(children.trim(), String(witnessPid));
});
