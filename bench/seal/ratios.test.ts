import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratios } from './ratios.ts';

const row = (name: string, subject: string, median: number, metric = 'run_ms') => ({
  case: name,
  subject,
  metric,
  median,
  min: median,
  max: median,
  runs: 1,
});

test('our time over that of each other subject: geometric mean, best and worst', () => {
  const rows = [
    row('a', 'ours', 2),
    row('a', 'theirs', 1),
    row('b', 'ours', 1),
    row('b', 'theirs', 8),
    row('b', 'theirs', 1000, 'compile_ms'),
    // Measured for one subject only: no ratio.
    row('c', 'ours', 5),
  ];
  assert.deepEqual(ratios(rows, 'ours'), [
    { case: 'all', subject: 'ours/theirs', metric: 'run_ratio', median: 0.5, min: 0.125, max: 2, runs: 2 },
  ]);
  assert.deepEqual(ratios([row('a', 'ours', 1)], 'ours'), []);
});
