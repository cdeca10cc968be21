import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runChurn } from './churn.ts';

const growthLimitBytes = 4 * 1024 * 1024;

test('watchers under churn end with what a list says, and memory does not grow with the writes', async () => {
  const { findings, heapBytes, events } = await runChurn({ seed: 7, rounds: 3, writesPerRound: 800 });
  assert.deepEqual(findings, []);
  assert.ok(events > 2400, `${events} events`);
  const [, second = 0, third = 0] = heapBytes;
  assert.ok(third - second < growthLimitBytes, `the heap grew from ${second} to ${third} bytes over 800 writes`);
});
