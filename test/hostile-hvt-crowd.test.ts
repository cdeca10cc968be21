/** Many virtual machines on few processors: each computes, answers for itself, and is nobody else. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build } from '@diatom/seal';
import { createImageStore, type SlotSpec } from '@diatom/tender';
import { spin } from './hostile/machine-code.ts';
import { startTestTender, type TestTender, tenderPid } from './hostile/native-tender.ts';
import { forEachOf, hvtImage, hvtIsMissing } from './hostile-hvt/rig.ts';

const options = { skip: hvtIsMissing };
const machines = 64;
const hostPort = 8080;
/** Below 50,000 (test/hostile-hvt/guest/computing.ts). */
const primes = 5133;

let subject: TestTender;
before(async () => {
  if (hvtIsMissing === false) subject = await startTestTender();
});

after(async () => {
  if (hvtIsMissing === false) await subject[Symbol.asyncDispose]();
});

/** Of this machine's own network; no other test has it. */
const addressOf = (index: number): string => `127.76.${process.pid & 255}.${index + 1}`;

const ask = async (index: number): Promise<string> => {
  const response = await fetch(`http://${addressOf(index)}:${hostPort}/`, { headers: { connection: 'close' } });
  return await response.text();
};

type Honest = Pick<SlotSpec, 'manifest' | 'imagePath' | 'memoryLimitBytes'>;

const buildGuest = async (name: string): Promise<Honest> => {
  const file = join(import.meta.dirname, `hostile-hvt/guest/${name}.ts`);
  const { manifest, layers } = await build({ file, targets: ['hvt'] });
  const store = createImageStore(join(subject.directory, 'images'));
  const stored = (await store.put(name, manifest, layers)).manifest;
  const layer = stored.layers.find(({ role }) => role === 'hvt');
  if (layer === undefined) throw new Error('the build made no hvt layer');
  const memoryLimitBytes = stored.memory.maximumBytes + stored.memory.stackBytes;
  return { manifest: stored, imagePath: store.blobPath(layer.digest), memoryLimitBytes };
};

const specOf = async (guest: Honest, index: number): Promise<SlotSpec> => ({
  ...(await subject.spec(`crowd-${index}`, hvtImage(spin), { target: 'hvt' })),
  ...guest,
  listen: [{ port: 8080, address: addressOf(index), hostPort }],
  environment: { NAME: `machine-${index}` },
});

test(`${machines} virtual machines at once each compute and answer for themselves`, options, async () => {
  const guest = await buildGuest('computing');
  const all = Array.from({ length: machines }, (_, index) => index);
  const witness = await subject.tender.start(await subject.spec('witness', hvtImage(spin), { target: 'hvt' }));
  const witnessPid = witness.kind === 'running' ? witness.pid : 0;
  const tender = await tenderPid(witnessPid);
  const descriptors = (await readdir(`/proc/${tender}/fd`)).length;
  for (const index of all) {
    const { kind } = await subject.tender.start(await specOf(guest, index));
    assert.equal(kind, 'running');
  }

  const answers = await Promise.all([...all, ...all].map(ask));
  assert.deepEqual(
    answers,
    [...all, ...all].map((index) => `machine-${index} ${primes}\n`),
  );

  // Every third one is ended in the middle of everything; the others do not notice.
  const survivors = all.filter((index) => index % 3 !== 0);
  const again = Promise.all(survivors.map(ask));
  await forEachOf(
    all.filter((index) => index % 3 === 0),
    (index) => subject.tender.stop(`crowd-${index}`, 0),
  );
  assert.deepEqual(
    await again,
    survivors.map((index) => `machine-${index} ${primes}\n`),
  );

  await forEachOf(survivors, (index) => subject.tender.stop(`crowd-${index}`, 0));
  const children = await readFile(`/proc/${tender}/task/${tender}/children`, 'utf8');
  assert.equal(children.trim(), String(witnessPid), 'a virtual machine is left');
  assert.equal((await readdir(`/proc/${tender}/fd`)).length, descriptors);
});

test('a machine for each connection knows nothing of the connection before', options, async () => {
  const index = machines + 1;
  await subject.tender.start({ ...(await specOf(await buildGuest('counting'), index)), boot: 'per-connection' });
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(index)));
    assert.deepEqual(new Set(answers), new Set(['1\n']));
  }
  await subject.tender.stop(`crowd-${index}`, 0);
});
