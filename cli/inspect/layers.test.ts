import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Manifest, type NativeTarget, symbolsRoles } from '@diatom/libos/manifest';
import { compile } from '@diatom/seal';
import { functionsOf, writeSymbols } from '@diatom/seal/symbols.ts';
import { assemble } from '@diatom/seal/testing/assemble.ts';
import { createImageStore, type ImageStore, type StoredImage } from '@diatom/tender';
import { describeImage } from './describe.ts';
import { chooseTarget, manifestFor, targetSizes, targetsOf } from './layers.ts';

let directory: string;
let store: ImageStore;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'diatom-inspect-'));
  store = createImageStore(directory);
});
after(() => rm(directory, { recursive: true, force: true }));

const wasm = assemble(`(module (memory 2) (memory 1) (global (mut i64) (i64.const 7))
  (func $bindings (global.set 0 (i64.const 8)))
  (func (export "_start") (call $bindings)))`);

/** The module has no names; its first function stands for the bindings, which differ between targets. */
function compileFor(target: NativeTarget) {
  const { elf, functions, systemCalls } = compile(wasm, { flavour: target });
  const nameOf = (name: string) => (name === 'function[0]' ? `bindings/${target}/index/yield` : name);
  return { target, elf, systemCalls, functions: functions.map((fn) => ({ ...fn, name: nameOf(fn.name) })) };
}

async function imageOf(...targets: readonly NativeTarget[]): Promise<StoredImage> {
  const compiled = targets.map(compileFor);
  const [first] = compiled;
  const manifest: Omit<Manifest, 'layers'> = {
    schemaVersion: 1,
    machineVersion: 1,
    name: 'small',
    created: '1970-01-01T00:00:00Z',
    generator: 'diatom 0.1.0',
    ports: [],
    connect: [],
    memory: { initialBytes: 3 * 65_536, maximumBytes: 3 * 65_536, stackBytes: 65_536 },
    machineCalls: ['yield'],
    systemCalls: first?.systemCalls ?? [],
    functions: functionsOf({ functions: first?.functions ?? [], packages: [] }),
  };
  return store.put(`small:${targets.join('-')}`, manifest, {
    wasm,
    ...Object.fromEntries(
      compiled.flatMap(({ target, elf, functions }) => [
        [target, elf],
        [symbolsRoles[target], writeSymbols(functions, [])],
      ]),
    ),
  });
}

test('the first target speaks for the image, another one when it is asked for', async () => {
  const image = await imageOf('process', 'hvt');
  assert.deepEqual(targetsOf(image.manifest), ['process', 'hvt']);
  assert.equal(chooseTarget(image, undefined), 'process');
  assert.equal(await manifestFor(store, image, 'process'), image.manifest);
  const hvt = await manifestFor(store, image, chooseTarget(image, 'hvt'));
  assert.deepEqual(image.manifest.systemCalls, ['exit_group']);
  assert.deepEqual(hvt.systemCalls, []);
  assert.deepEqual(
    [image.manifest, hvt].map(({ functions }) => functions.find(({ name }) => name.startsWith('bindings/'))?.origin),
    ['bindings/process', 'bindings/hvt'],
  );
});

test('a target the image was not built for is refused, naming those it has', async () => {
  const image = await imageOf('hvt');
  assert.equal(chooseTarget(image, undefined), 'hvt');
  assert.throws(() => chooseTarget(image, 'process'), {
    message: 'small:hvt was not built for the process target',
    advice: 'It has hvt; "diatom build --target" names others.',
  });
});

test('sizes are told for every target', async () => {
  const image = await imageOf('process', 'hvt');
  const sizes = await targetSizes(store, image);
  for (const { target, imageBytes, textBytes, dataBytes, memoryBytes } of sizes) {
    assert.equal(imageBytes, image.manifest.layers.find(({ role }) => role === target)?.sizeBytes);
    const { functions } = await manifestFor(store, image, target);
    const codeBytes = functions.reduce((sum, { bytes }) => sum + bytes, 0);
    assert.ok(textBytes >= codeBytes && textBytes < codeBytes + 64, `${target}: ${textBytes} of text`);
    assert.ok(dataBytes >= 8 && dataBytes < 4096, `${target}: ${dataBytes} of data`);
    assert.equal(memoryBytes, dataBytes + 3 * 65_536);
  }
  const terminal = { style: (_: unknown, text: string) => text, width: 100 };
  const text = describeImage(image, { target: 'hvt', sizes, isComplete: false, terminal });
  assert.match(text, /^TARGET +EXECUTABLE +TEXT +DATA +MEMORY\nprocess .*\nhvt .*\n\nCode of the hvt target:$/m);
  assert.match(text, /^system calls +none: the hvt target runs in a virtual machine$/m);
});
