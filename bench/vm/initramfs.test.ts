import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modes, writeArchive } from './initramfs.ts';

const text = (archive: Uint8Array, from: number, length: number): string =>
  Buffer.from(archive.subarray(from, from + length)).toString('latin1');

test('an archive is headers, names and contents on boundaries of four bytes, and a last entry', () => {
  const archive = writeArchive([
    { path: 'dev/console', mode: modes.characterDevice, device: { major: 5, minor: 1 } },
    { path: 'init', mode: modes.program, content: Buffer.from('hello') },
  ]);
  assert.equal(archive.length % 4, 0);
  // 6 characters magic, 13 fields of 8: 1 the mode, 6 the size, 9 and 10 the device, 11 the length of the name with its NUL.
  const field = (entry: number, index: number): number => Number.parseInt(text(archive, entry + 6 + index * 8, 8), 16);
  assert.equal(text(archive, 0, 6), '070701');
  assert.deepEqual([field(0, 1), field(0, 9), field(0, 10), field(0, 11)], [0o20600, 5, 1, 12]);
  assert.equal(text(archive, 110, 12), 'dev/console\0');
  const init = 124;
  assert.deepEqual([field(init, 1), field(init, 6)], [0o100755, 5]);
  assert.equal(text(archive, init + 116, 5), 'hello');
  assert.equal(text(archive, init + 124 + 110, 10), 'TRAILER!!!');
});
