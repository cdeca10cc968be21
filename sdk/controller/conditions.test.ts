import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '../api/meta.ts';
import { setCondition } from './conditions.ts';

const ready = (status: Condition['status'], reason: string): Condition => ({ type: 'Ready', status, reason });

test('lastTransitionTime moves with the status and with nothing else', () => {
  const first = setCondition(undefined, ready('False', 'Starting'), 0);
  const reworded = setCondition(first, ready('False', 'Waiting'), 60_000);
  assert.equal(reworded[0]?.reason, 'Waiting');
  assert.equal(reworded[0]?.lastTransitionTime, '1970-01-01T00:00:00Z');
  const flipped = setCondition(reworded, ready('True', 'Fine'), 60_000);
  assert.equal(flipped[0]?.lastTransitionTime, '1970-01-01T00:01:00Z');
});

test('a condition that says nothing new leaves the very same list', () => {
  const conditions = setCondition([], ready('True', 'Fine'), 0);
  assert.equal(setCondition(conditions, ready('True', 'Fine'), 99_000), conditions);
});

test('other conditions keep their place', () => {
  const conditions = [ready('True', 'a'), { ...ready('True', 'b'), type: 'Other' }];
  assert.deepEqual(
    setCondition(conditions, ready('False', 'c'), 0).map(({ type }) => type),
    ['Ready', 'Other'],
  );
});
