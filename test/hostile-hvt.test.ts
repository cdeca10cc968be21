/** Guests that try to get out of their virtual machine. Each ends alone, with a reason; the tender and others go on. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { buildImage, dataAddress } from './hostile/image.ts';
import { bytes, forever, load, loadFrom, program, spin, storeTo } from './hostile/machine-code.ts';
import { startTestTender, type TestTender, tenderPid } from './hostile/native-tender.ts';
import { seededRandom, testSeed } from './hostile/random.ts';
import { foreignAddresses, memoryAttacks, ruleAttacks } from './hostile-hvt/attacks.ts';
import { forbidden, harmless } from './hostile-hvt/instructions.ts';
import {
  control,
  forEachOf,
  hvtExit,
  hvtImage,
  hvtIsMissing,
  hvtSurvive,
  hvtSurvivedStatus,
  hypercall,
  ports,
  runGuest,
} from './hostile-hvt/rig.ts';
import { sleepingGuest } from './hostile-hvt/sleeping-guest.ts';

const options = { skip: hvtIsMissing };
let subject: TestTender;

before(async () => {
  if (hvtIsMissing === false) subject = await startTestTender();
});

after(async () => {
  if (hvtIsMissing === false) await subject[Symbol.asyncDispose]();
});

let guests = 0;
const nextId = (): string => {
  guests += 1;
  return `guest-${guests}`;
};

for (const { name, text, message } of [...memoryAttacks, ...ruleAttacks]) {
  test(`a guest that ${name} is ended`, options, async () => {
    const exited = await runGuest(subject, nextId(), hvtImage(text));
    assert.notEqual(exited.code, hvtSurvivedStatus, 'the attack succeeded');
    assert.match(exited.message, message);
    assert.ok(exited.code > 128);
  });
}

test('no address outside of what a guest has can be read, written or executed', options, async () => {
  const attempts = foreignAddresses.flatMap((address) => [
    { address, text: loadFrom(address) },
    { address, text: storeTo(address) },
    { address, text: program(load('rax', address), bytes(0xff, 0xe0)) },
  ]);
  await forEachOf(attempts, async ({ address, text }) => {
    const { code, message } = await runGuest(subject, nextId(), hvtImage(program(text, hvtSurvive)));
    assert.ok(code > 128, `0x${address.toString(16)}: ended with ${code} ${message}`);
  });
});

for (const { name, code } of forbidden) {
  test(`a guest that tries ${name} is ended`, options, async () => {
    const exited = await runGuest(subject, nextId(), hvtImage(program(code, hvtSurvive)));
    assert.notEqual(exited.code, hvtSurvivedStatus, 'the attack succeeded');
    assert.equal(exited.reason, 'Trap', exited.message);
    assert.ok(exited.code > 128);
  });
}

/** What the machine makes of these is its business: if the guest goes on, then as the guest that it was. */
const withoutPrivilege = bytes(0xfa); // cli

test('instructions that are of no use to a guest give it no privilege', options, async () => {
  const repeated = program(
    load('rdx', ports.flush),
    load('rsi', dataAddress),
    load('rdi', dataAddress),
    load('rcx', 4),
  );
  const more = [
    { name: 'rep outsd to a hypercall', code: program(repeated, bytes(0xf3, 0x6f)) },
    { name: 'rep insd from a hypercall', code: program(repeated, bytes(0xf3, 0x6d)) },
  ];
  await forEachOf([...harmless, ...more], async ({ name, code }) => {
    const exited = await runGuest(subject, nextId(), hvtImage(program(code, withoutPrivilege, hvtSurvive)));
    assert.ok(exited.code > 128, `${name}: ended with ${exited.code} ${exited.message}`);
    assert.notEqual(exited.reason, 'DeadlineExceeded', name);
  });
});

test('no software interrupt leads to ring 0', options, async () => {
  const vectors = Array.from({ length: 256 }, (_, vector) => vector);
  await forEachOf(vectors, async (vector) => {
    const text = program(bytes(0xcd, vector), withoutPrivilege, hvtSurvive);
    const { code, message } = await runGuest(subject, nextId(), hvtImage(text));
    assert.ok(code > 128, `int ${vector}: ended with ${code} ${message}`);
  });
});

/** out dx, al/ax/eax and in al/ax/eax, dx */
const portOperations: readonly (readonly number[])[] = [[0xee], [0x66, 0xef], [0xef], [0xec], [0x66, 0xed], [0xed]];
const openPorts = { first: 0x10, last: 0x1f } as const;

/** DIATOM_ALL_PORTS=1 tries all of them, which takes minutes; otherwise those that machines have, and some others. */
test('no port but those of hypercalls can be reached, by any width', options, async () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const all = process.env.DIATOM_ALL_PORTS === '1';
  const known = [0, 1, 0x20, 0x21, 0x22, 0x40, 0x43, 0x60, 0x64, 0x70, 0x71, 0x80, 0x92, 0xa0, 0x1f0, 0x3f8, 0x501];
  const some = [
    ...known,
    0xcf8,
    0xcfc,
    0x5658,
    0x7fff,
    0xfffd,
    0xffff,
    ...Array.from({ length: 80 }, () => random(65_536)),
  ];
  const chosen = all ? Array.from({ length: 65_536 }, (_, port) => port) : some;
  await forEachOf(chosen, async (port) => {
    if (port >= openPorts.first && port <= openPorts.last) return;
    const operation = portOperations[random(portOperations.length)] ?? [];
    const text = program(load('rdx', port), bytes(...operation), hvtSurvive);
    const { code, message } = await runGuest(subject, nextId(), hvtImage(text));
    assert.equal(code, 139, `seed ${seed}: port ${port} by ${operation}: ended with ${code} ${message}`);
  });
});

test('an access that only begins at an open port is not let through', options, async () => {
  for (const port of [0x0d, 0x0e, 0x0f, 0x1d, 0x1e]) {
    const text = program(load('rdx', port), bytes(0xef), hvtSurvive);
    const { code, message } = await runGuest(subject, nextId(), hvtImage(text));
    assert.equal(code, 139, `port ${port}: ended with ${code} ${message}`);
  }
});

test('an image for one target is not run by another', options, async () => {
  const elf = hvtImage(hvtSurvive);
  await assert.rejects(subject.runToEnd('for-hvt', elf, { target: 'process' }), { code: 'InvalidImage' });
  const other = buildImage({ text: hvtSurvive, target: 'process' });
  await assert.rejects(runGuest(subject, 'for-process', other), { code: 'InvalidImage' });
});

test('random damage to an image never harms the tender', options, async () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const images = Array.from({ length: 200 }, () => {
    const elf = hvtImage(hvtExit(5), { memories: [{ initialPages: 1 + random(3), maximumPages: 4 }] });
    for (let change = random(4); change >= 0; change -= 1) elf[random(64 + 4 * 56)] = random(256);
    return random(4) === 0 ? elf.subarray(0, random(elf.length)) : elf;
  });
  await forEachOf([...images.entries()], async ([index, elf]) => {
    const ended = await runGuest(subject, nextId(), elf, { timeLimitMs: 2000 }).catch(
      (error: { code: string }) => error,
    );
    const isRefused = ['InvalidImage', 'MemoryLimitTooLow'].includes(String(ended.code));
    assert.ok(isRefused || typeof ended.code === 'number', `seed ${seed}, image ${index}: ${ended.code}`);
  });
});

test('a guest of random bytes is ended or ends', options, async () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const texts = Array.from({ length: 200 }, () => Uint8Array.from({ length: 256 }, () => random(256)));
  await forEachOf([...texts.entries()], async ([index, text]) => {
    const id = nextId();
    // Some of them loop; half a second is long enough to see that this is all they do.
    const exited = await runGuest(subject, id, hvtImage(text), { timeLimitMs: 500 });
    assert.ok(exited.code <= 255, `seed ${seed}, guest ${index}`);
  });
});

test('a guest that never yields is ended by stop, and by its time limit', options, async () => {
  for (const text of [spin, forever(hypercall(ports.flush)), forever(hypercall(ports.entropy))]) {
    const id = nextId();
    await subject.tender.start(await subject.spec(id, hvtImage(text), { target: 'hvt' }));
    await subject.tender.stop(id, 20);
    const { state } = await subject.when((event) => event.id === id && event.state.kind === 'ended');
    assert.equal(state.kind === 'ended' && state.exit.code, 137);
    const limited = await runGuest(subject, nextId(), hvtImage(text), { timeLimitMs: 100 });
    assert.equal(limited.reason, 'DeadlineExceeded');
  }
});

test('a guest whose machine is made anew while it sleeps is the same guest after it', options, async () => {
  const exited = await runGuest(subject, nextId(), hvtImage(program(sleepingGuest(1_500_000_000), withoutPrivilege)));
  assert.match(exited.message, /general protection/, `ended with ${exited.code} ${exited.message}`);
});

test('a guest that floods its console fills neither the disk nor the tender, and others go on', options, async () => {
  const id = nextId();
  // add dword [consoleHead], 16384; flush
  const more = program(load('rax', control.consoleHead), bytes(0x81, 0x00, 0, 0x40, 0, 0), hypercall(ports.flush));
  const spec = await subject.spec(id, hvtImage(forever(more)), { target: 'hvt' });
  await subject.tender.start(spec);
  const rotated = (): Promise<boolean> => readdir(subject.directory).then((names) => names.includes(`${id}.log.1`));
  while (!(await rotated())) {
    assert.equal((await runGuest(subject, nextId(), hvtImage(hvtExit(3)))).code, 3);
  }
  await subject.tender.stop(id, 0);
});

test('after all of this the tender has no process and no descriptor more', options, async () => {
  const witness = await subject.tender.start(await subject.spec('witness', hvtImage(spin), { target: 'hvt' }));
  const pid = await tenderPid(witness.kind === 'running' ? witness.pid : 0);
  const descriptors = async (): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;
  const before = await descriptors();
  await forEachOf(forbidden, async ({ code }) => {
    await runGuest(subject, nextId(), hvtImage(code));
  });
  assert.equal(await descriptors(), before);
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  assert.equal(children.trim(), String(witness.kind === 'running' ? witness.pid : 0));
  await subject.tender.stop('witness', 0);
});
