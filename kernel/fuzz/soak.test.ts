import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSoak } from './soak.ts';

test('under steady work every watcher sees every event, and memory and file stay bounded', async () => {
  const { findings, samples } = await runSoak({ seed: 11, until: (round) => round === 24, sampleRounds: 8 });
  assert.deepEqual(findings, []);
  const [, second, third] = samples;
  assert.ok(second !== undefined && third !== undefined && third.reconnects > 50);
  const measured = JSON.stringify(samples);
  assert.ok(third.keptRevisions < 4_500, measured);
  assert.ok(third.heapMb - second.heapMb < 4, measured);
  assert.ok(third.databaseMb < 48, measured);
});
