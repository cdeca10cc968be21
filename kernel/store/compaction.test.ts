import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { type CompactionPolicy, defaultCompactionPolicy, planCompaction, type RevisionSample } from './compaction.ts';
import { put, until } from './conformance.ts';
import { openSqliteStore } from './sqlite-store.ts';

const policy: CompactionPolicy = { keepRevisions: 100, keepMs: 1000, maximumRevisions: 10_000, intervalMs: 100 };

/** Targets for a course of (time, revision), decided one after the other. */
function targets(course: readonly (readonly [number, number])[], by = policy): readonly number[] {
  let samples: readonly RevisionSample[] = [];
  return course.map(([atMs, revision]) => {
    const plan = planCompaction(by, samples, { atMs, revision });
    samples = plan.samples;
    assert.ok(samples.length <= by.keepMs / by.intervalMs + 2, `${samples.length} samples are kept`);
    return plan.target;
  });
}

it('young history is kept, however much there is of it up to the maximum', () => {
  assert.deepEqual(targets([[0, 500], [500, 5000], [900, 9000]]), [0, 0, 0]); // biome-ignore format: one line
  assert.deepEqual(targets([[0, 500], [500, 25_000]]), [0, 15_000]); // biome-ignore format: one line
});

it('old history goes, but never the newest revisions', () => {
  assert.deepEqual(targets([[0, 500], [1000, 5000], [2000, 5050]]), [0, 500, 4950]); // biome-ignore format: one line
  assert.deepEqual(targets([[0, 50], [5000, 60], [50_000, 60]]), [0, 0, 0]); // biome-ignore format: one line
});

it('a store left to itself forgets what is older than five minutes, however little was written', () => {
  const minute = 60_000;
  const course = [[0, 400], [4 * minute, 410], [5 * minute, 411], [9 * minute, 412]] as const; // biome-ignore format: one line
  assert.deepEqual(targets(course, defaultCompactionPolicy), [0, 0, 400, 410]);
});

it('few samples are kept over a long time', () => {
  const course = Array.from({ length: 500 }, (_, index) => [index * 100, 1000 + index] as const);
  assert.equal(targets(course).at(-1), 1399);
});

it('the store compacts itself by the policy', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const directory = mkdtempSync(join(tmpdir(), 'diatom-compaction-'));
  let nowMs = 0;
  const store = openSqliteStore({ directory, compaction: policy, now: () => nowMs });
  try {
    for (let count = 0; count < 300; count++) await store.write('a', () => put(String(count)));
    context.mock.timers.tick(policy.intervalMs);
    assert.equal(store.compactRevision, 0);
    nowMs = policy.keepMs;
    context.mock.timers.tick(policy.intervalMs);
    await until(() => store.compactRevision === store.revision - policy.keepRevisions, 'compaction');
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
});
