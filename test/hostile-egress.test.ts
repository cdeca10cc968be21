/** Images that misuse the way to outgoing connections. Others do not notice. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Egress, type SlotSpec, startEgress } from '@diatom/tender';
import { echo, startPeer, startRig } from './egress/rig.ts';
import { buildImage, dataAddress, everySystemCall, textAddress } from './hostile/image.ts';
import { forever, program, spin, survive, survivedStatus, systemCall } from './hostile/machine-code.ts';
import { startTestTender, type TestTender, tenderPid } from './hostile/native-tender.ts';

let subject: TestTender;
let egress: Egress;

before(async () => {
  subject = await startTestTender();
  egress = await startEgress({ socketPath: join(subject.directory, 'egress.sock'), timeoutMs: 2000 });
});

after(async () => {
  await subject[Symbol.asyncDispose]();
  await egress.close();
});

const systemCalls = [...everySystemCall, 'recvmsg', 'fcntl', 'dup3'];
const requests = 4;
const firstConnection = 5;
const noSignal = 0x4000;
const closeOnExec = 0o2000000;
const constantsOffset = 2048;
const constants = textAddress + constantsOffset;

/** An image with some bytes at `constants`. */
const imageWith = (code: Uint8Array, data: string | Uint8Array = ''): Uint8Array => {
  const text = Buffer.alloc(4096);
  text.set(code);
  text.set(Buffer.from(data as string), constantsOffset);
  return buildImage({ text });
};

const spec = async (id: string, elf: Uint8Array, connect: readonly string[] = []): Promise<SlotSpec> => {
  const plain = await subject.spec(id, elf, { systemCalls, egress: { socketPath: egress.socketPath, scope: '' } });
  return { ...plain, manifest: { ...plain.manifest, machineCalls: ['sock_connect'], connect } };
};

/** A request of the bindings: number, text. */
const request = (text: string): string => `\0\0\0\0${text}`;

const ask = (length: number): Uint8Array => systemCall(44, requests, constants, length, noSignal, 0, 0);

const denied: readonly (readonly [what: string, message: RegExp, code: Uint8Array])[] = [
  ['opens a socket', /socket \(41\)/, systemCall(41, 1, 1, 0)],
  ['connects by itself', /connect \(42\)/, systemCall(42, requests, dataAddress, 16)],
  ['makes a pair of sockets', /socketpair \(53\)/, systemCall(53, 1, 1, 0, dataAddress)],
  ['sends a message with descriptors', /sendmsg \(46\)/, systemCall(46, requests, dataAddress, 0)],
  ['sends to an address', /sendto \(44\)/, systemCall(44, requests, constants, 8, noSignal, dataAddress, 16)],
  ['receives messages elsewhere', /recvmsg \(47\)/, systemCall(47, firstConnection, dataAddress, 0)],
  ['closes the socket for requests', /close \(3\)/, systemCall(3, requests)],
  ['copies its console', /fcntl \(72\)/, systemCall(72, 1, 1030, 0)],
  ['makes its console block nobody', /fcntl \(72\)/, systemCall(72, 1, 4, 0o4000)],
  ['puts something in the place of its console', /dup3 \(292\)/, systemCall(292, firstConnection, 1, closeOnExec)],
  ['copies the socket for requests', /dup3 \(292\)/, systemCall(292, requests, 9, closeOnExec)],
  ['asks how the socket is set', /getsockopt \(55\)/, systemCall(55, requests, 1, 3, dataAddress, dataAddress)],
];

for (const [what, message, code] of denied) {
  test(`an image with an egress that ${what} is stopped`, async () => {
    const id = what.replaceAll(' ', '-');
    await subject.tender.start(await spec(id, imageWith(program(code, survive))));
    const { state } = await subject.when((event) => event.id === id && event.state.kind === 'ended');
    await subject.tender.stop(id, 0);
    assert.ok(state.kind === 'ended');
    assert.notEqual(state.exit.code, survivedStatus);
    assert.equal(state.exit.reason, 'SystemCallDenied');
    assert.match(state.exit.message, message);
  });
}

const garbage: readonly (readonly [what: string, data: string | Uint8Array, length: number])[] = [
  ['nothing but a number', '\0\0\0\0', 4],
  ['one byte', 'x', 1],
  ['a line’s end', request('a:1\n{"connect":["b:1"]}'), 26],
  ['bytes above ASCII', Buffer.concat([Buffer.alloc(4), Buffer.alloc(20, 0xff)]), 24],
  ['a text without end', request('a'.repeat(400)), 404],
];

for (const [what, data, length] of garbage) {
  test(`who asks for ${what} gets no connections any more, and nothing else happens`, async () => {
    const id = `garbage-${length}`;
    await subject.tender.start(await spec(id, imageWith(program(ask(length), spin), data)));
    while (!(await subject.log(id)).includes('\n')) await wait(5);
    assert.match(await subject.log(id), /stderr F no outgoing connections any more/);
    assert.equal((await subject.tender.list()).find((slot) => slot.id === id)?.state.kind, 'running');
    await subject.tender.stop(id, 0);
  });
}

const descriptorCount = async (pid: number): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;

test('images that ask without end and listen to no answer hold up nobody', async () => {
  await using peer = await startPeer(echo);
  const asking = request(peer.address);
  const denying = request('somewhere.example:1');
  const floods = await Promise.all(
    [asking, denying, asking].map(async (text, index) => {
      const flood = await spec(`flood-${index}`, imageWith(forever(ask(text.length)), text), [peer.address]);
      const state = await subject.tender.start(flood);
      return state.kind === 'running' ? state.pid : 0;
    }),
  );
  const tender = await tenderPid(floods[0] ?? 0);
  await wait(500);
  const started = performance.now();
  await using rig = await startRig('process', {}, subject.tender, egress);
  const { console } = await rig.run({
    connect: [peer.address],
    environment: { TARGETS: peer.address, TIMES: '20' },
  });
  assert.deepEqual(console, ['done ended=20 failed=0']);
  assert.ok(performance.now() - started < 15_000);
  // Some answers lie in each flood's socket; what it may have on its way besides is counted.
  assert.ok((await descriptorCount(tender)) < 200, `${await descriptorCount(tender)} descriptors`);
  for (const index of floods.keys()) await subject.tender.stop(`flood-${index}`, 0);
  while ([...peer.sockets].some((socket) => !socket.readableEnded)) await wait(5);
});
