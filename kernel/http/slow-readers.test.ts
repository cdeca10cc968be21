import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlowReaders } from './slow-readers.ts';

/** Looked through by the test, not by the clock. */
function openReaders(): { readonly readers: SlowReaders; readonly cut: string[]; look(times: number): void } {
  const readers = new SlowReaders(2 ** 30);
  const look = (times: number): void => {
    for (let index = 0; index < times; index++) readers.look();
  };
  return { readers, cut: [], look };
}

test('a reader is cut off when it has taken nothing for four looks and what was left of the first', () => {
  const { readers, cut, look } = openReaders();
  const slow = readers.add(() => cut.push('slow'));
  slow.begin();
  look(4);
  assert.deepEqual(cut, []);
  look(1);
  assert.deepEqual(cut, ['slow']);
  slow.leave();
  look(9);
  assert.deepEqual(cut, ['slow']);
});

test('a reader that takes something from time to time is not cut off, nor one for which there is nothing', () => {
  const { readers, cut, look } = openReaders();
  const busy = readers.add(() => cut.push('busy'));
  readers.add(() => cut.push('idle'));
  for (let round = 0; round < 5; round++) {
    busy.begin();
    look(4);
    busy.end();
  }
  look(9);
  busy.leave();
  assert.deepEqual(cut, []);
});
