import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Manifest } from '@diatom/libos/manifest';
import { normaliseReference } from './reference.ts';
import { createImageStore } from './store.ts';

const declared = (name: string): Omit<Manifest, 'layers'> => ({
  schemaVersion: 1,
  machineVersion: 1,
  name,
  created: '2000-01-01T00:00:00Z',
  generator: 'diatom test',
  ports: [{ name: 'http', port: 8080 }],
  connect: [],
  memory: { initialBytes: 131072, maximumBytes: 131072, stackBytes: 65536 },
  machineCalls: ['exit'],
  systemCalls: ['exit_group'],
  functions: [],
});

const layers = (seed: string) => ({
  wasm: Buffer.from(`wasm ${seed}`),
  process: Buffer.from(`elf ${seed}`),
  symbols: Buffer.from('{}'),
});

const withStore = async (
  work: (store: ReturnType<typeof createImageStore>, directory: string) => Promise<void>,
): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-images-'));
  try {
    await work(createImageStore(directory), directory);
  } finally {
    await rm(directory, { recursive: true });
  }
};

test('an image that was put is found by name, by name with tag and by digest', () =>
  withStore(async (store) => {
    const image = await store.put('hello', declared('hello'), layers('1'));
    assert.equal(image.reference, 'hello:latest');
    for (const reference of ['hello', 'hello:latest', image.digest, `hello@${image.digest}`]) {
      assert.deepEqual(await store.get(reference), image);
    }
    const elf = image.manifest.layers.find((layer) => layer.role === 'process');
    assert.equal(await readFile(store.blobPath(elf?.digest ?? ''), 'utf8'), 'elf 1');
    assert.equal(await store.get('other'), undefined);
  }));

test('an empty store lists nothing and removes nothing', () =>
  withStore(async (store, directory) => {
    assert.deepEqual(await store.list(), []);
    assert.equal(await store.remove('hello'), false);
    assert.deepEqual(await readdir(directory), []);
  }));

test('the layout is one that OCI tools read', () =>
  withStore(async (store, directory) => {
    const image = await store.put('hello:1.2', declared('hello'), layers('1'));
    assert.deepEqual(JSON.parse(await readFile(join(directory, 'oci-layout'), 'utf8')), {
      imageLayoutVersion: '1.0.0',
    });
    const index = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8'));
    assert.equal(index.manifests[0].digest, image.digest);
    assert.equal(index.manifests[0].annotations['org.opencontainers.image.ref.name'], 'hello:1.2');
  }));

test('the same image has the same digest whenever it is built', () =>
  withStore(async (store) => {
    const first = await store.put('one', declared('hello'), layers('1'));
    const second = await store.put('two', declared('hello'), layers('1'));
    assert.equal(first.digest, second.digest);
  }));

test('putting a name again replaces it', () =>
  withStore(async (store) => {
    await store.put('hello', declared('hello'), layers('1'));
    const second = await store.put('hello', declared('hello'), layers('2'));
    assert.deepEqual(await store.list(), [second]);
  }));

test('removing an image removes the blobs that no other image has', () =>
  withStore(async (store, directory) => {
    await store.put('one', declared('one'), layers('shared'));
    const two = await store.put('two', declared('two'), layers('shared'));
    assert.equal(await store.remove('one'), true);
    assert.deepEqual(await store.get('two'), two);
    assert.equal(await store.remove(two.digest), true);
    assert.deepEqual(await readdir(join(directory, 'blobs', 'sha256')), []);
  }));

test('concurrent writers lose nothing', () =>
  withStore(async (_, directory) => {
    const names = Array.from({ length: 12 }, (_, index) => `image-${index}`);
    await Promise.all(names.map((name) => createImageStore(directory).put(name, declared(name), layers(name))));
    const listed = (await createImageStore(directory).list()).map((image) => image.manifest.name);
    assert.deepEqual(listed.sort(), names.sort());
  }));

test('a lock whose owner has died is taken over', () =>
  withStore(async (store, directory) => {
    await store.put('one', declared('one'), layers('1'));
    await writeFile(join(directory, 'index.lock'), '4194304');
    await store.put('two', declared('two'), layers('2'));
    assert.equal((await store.list()).length, 2);
  }));

test('a changed blob is noticed when the image is read', () =>
  withStore(async (store) => {
    const image = await store.put('hello', declared('hello'), layers('1'));
    await writeFile(store.blobPath(image.digest), '{}');
    await assert.rejects(store.get('hello'), { code: 'CorruptImage' });
  }));

test('putting an image again repairs a blob that was changed without changing its length', () =>
  withStore(async (store) => {
    const image = await store.put('hello', declared('hello'), layers('1'));
    const path = store.blobPath(image.manifest.layers.find((layer) => layer.role === 'process')?.digest ?? '');
    await writeFile(path, 'elf 2');
    await store.put('hello', declared('hello'), layers('1'));
    assert.equal(await readFile(path, 'utf8'), 'elf 1');
  }));

test('a name that is no image reference is refused', () =>
  withStore(async (store) => {
    for (const reference of ['', 'Hello', '../etc/passwd', 'hello:', 'a b', 'hello:x/y']) {
      await assert.rejects(store.put(reference, declared('x'), layers('1')), { code: 'InvalidReference' }, reference);
    }
    assert.throws(() => store.blobPath('sha256:../../etc/passwd'), { code: 'InvalidReference' });
  }));

test('a manifest with a wrong field is refused by name of the field', () =>
  withStore(async (store) => {
    const wrong = { ...declared('x'), ports: [{ name: 'http', port: 70000 }] };
    await assert.rejects(store.put('x', wrong, layers('1')), /"ports"/);
  }));

test('a manifest whose words would flood or control what shows them is refused', () =>
  withStore(async (store) => {
    const hostile: Readonly<Record<string, Partial<Manifest>>> = {
      name: { name: 'x'.repeat(1000) },
      generator: { generator: '\u001b[2J' },
      ports: { ports: Array.from({ length: 1000 }, () => ({ name: 'http', port: 1 })) },
      connect: { connect: ['a\nb:1'] },
      systemCalls: { systemCalls: Array.from({ length: 100_000 }, () => 'openat') },
    };
    for (const [field, change] of Object.entries(hostile)) {
      await assert.rejects(store.put('x', { ...declared('x'), ...change }, layers('1')), new RegExp(`"${field}"`));
    }
  }));

test('references keep registry, path and tag', () => {
  assert.equal(normaliseReference('localhost:5000/team/hello'), 'localhost:5000/team/hello:latest');
  assert.equal(normaliseReference('registry.example/hello:1.2'), 'registry.example/hello:1.2');
});

test('an index that is not JSON is named, and what to do', () =>
  withStore(async (store, directory) => {
    await store.put('hello', declared('hello'), layers('1'));
    await writeFile(join(directory, 'index.json'), '{');
    await assert.rejects(store.list(), /index\.json is not JSON \(.*\); remove it and build the image again/);
  }));
