import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeoutOf } from './request-timeout.ts';

test('a client may wait shorter than the server, not longer', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['/version', 60_000],
    ['/version?timeout=32s', 32_000],
    ['/version?limit=1&timeout=1m0.5s', 60_000],
    ['/version?timeout=1.5s250ms', 1750],
    ['/version?timeout=3m', 60_000],
    ['/version?timeout=0s', 60_000],
    ['/version?timeout=0', 60_000],
    ['/version?timeout=-5s', 60_000],
    ['/version?timeout=', 60_000],
    ['/version?timeoutSeconds=5', 60_000],
  ];
  for (const [path, expected] of cases) assert.equal(timeoutOf(path, 60_000), expected, path);
});

test('a timeout that is no duration is refused in the words of Kubernetes', () => {
  const start = 'invalid timeout specified in the request URL - time: ';
  const cases: readonly (readonly [string, string])[] = [
    ['invalid', 'invalid duration "invalid"'],
    ['10', 'missing unit in duration "10"'],
    ['10d', 'unknown unit "d" in duration "10d"'],
    ['-', 'invalid duration "-"'],
  ];
  for (const [text, why] of cases)
    assert.throws(
      () => timeoutOf(`/api/v1/pods?timeout=${text}`, 60_000),
      (error: Error & { code?: number }) => error.message === start + why && error.code === 400,
      text,
    );
});
