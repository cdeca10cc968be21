import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { trim } from './cache.ts';
import { CodePack } from './code-cache.ts';

const keyOf = (letter: string) => letter.repeat(64);
const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (value: Uint8Array | undefined) => (value === undefined ? undefined : new TextDecoder().decode(value));

function packOf(...letters: readonly string[]): Uint8Array {
  const pack = new CodePack(new Uint8Array(0));
  for (const letter of letters) pack.put(keyOf(letter), bytesOf(`code ${letter}`));
  return pack.write(1000);
}

test('what is put into a pack is found in it once it is written', () => {
  const pack = new CodePack(packOf('a', 'b'));
  assert.equal(textOf(pack.get(keyOf('a'))), 'code a');
  assert.equal(textOf(pack.get(keyOf('b'))), 'code b');
  assert.equal(pack.get(keyOf('c')), undefined);
  assert.equal(pack.hasNews, false);
});

test('every damaged byte costs entries and never changes one', () => {
  const whole = packOf('a', 'b');
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Uint8Array.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x41;
    const pack = new CodePack(damaged);
    const found = ['a', 'b'].map((letter) => textOf(pack.get(keyOf(letter))));
    assert.ok(found.every((text, index) => text === undefined || text === ['code a', 'code b'][index]));
    assert.ok(found.includes(undefined));
  }
  for (let length = 0; length < whole.length; length += 1) {
    assert.equal(new CodePack(whole.subarray(0, length)).get(keyOf('b')), undefined);
  }
});

test('a pack that is full loses what was not used', () => {
  const pack = new CodePack(packOf('a', 'b', 'c'));
  pack.get(keyOf('c'));
  pack.put(keyOf('d'), bytesOf('code d'));
  const next = new CodePack(pack.write(packOf('a', 'b', 'c').length));
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((letter) => textOf(next.get(keyOf(letter)))),
    ['code a', undefined, 'code c', 'code d'],
  );
});

test('a folder of kept results loses the files that were not used for longest', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-trim-'));
  try {
    for (const [index, name] of ['old', 'middle', 'new'].entries()) {
      await writeFile(join(directory, name), new Uint8Array(100));
      await utimes(join(directory, name), 1000 + index, 1000 + index);
    }
    await trim(directory, 300);
    assert.equal((await readdir(directory)).length, 3);
    await trim(directory, 200);
    assert.deepEqual((await readdir(directory)).sort(), ['middle', 'new']);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
