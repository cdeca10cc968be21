import assert from 'node:assert/strict';
import { test } from 'node:test';
import { look, lookEveryMs } from './rest.ts';

/** The looks, counted from 0, after which a thread rests that was active for so many milliseconds before each. */
function rests(...activeMs: readonly number[]): number[] {
  let workedMs = 0;
  return activeMs.flatMap((active, index) => {
    const step = look(workedMs, active);
    workedMs = step.workedMs;
    return step.isTimeToRest ? [index] : [];
  });
}

test('a thread that worked rests once when it has become idle', () => {
  assert.deepEqual(rests(lookEveryMs, lookEveryMs, 5, 0, 0), [2]);
});

test('a busy thread is left alone, and so is one that has done next to nothing', () => {
  assert.deepEqual(rests(900, 900, 900, 100, 100), []);
  assert.deepEqual(rests(5, 0, 5, 0, 5), []);
});
