import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@diatom/sdk/testing';
import { Deadline } from './deadline.ts';

function rig() {
  const clock = new FakeClock();
  let passed = 0;
  const deadline = new Deadline(clock, new Date(clock.now()).toISOString(), () => {
    passed += 1;
  });
  return { clock, deadline, passed: () => passed };
}

test('a deadline passes once', async () => {
  const { clock, deadline, passed } = rig();
  deadline.set(5);
  deadline.watch();
  await clock.advance(4_999);
  assert.equal(passed(), 0);
  await clock.advance(1);
  assert.equal(passed(), 1);
  deadline.watch();
  await clock.advance(10_000);
  assert.equal(passed(), 1);
});

test('a deadline that is moved counts from the start all the same, and none never passes', async () => {
  const { clock, deadline, passed } = rig();
  deadline.watch();
  await clock.advance(2_000);
  deadline.set(3);
  deadline.watch();
  await clock.advance(1_000);
  assert.equal(passed(), 1);
});

test('a deadline in the past passes at once', async () => {
  const { clock, deadline, passed } = rig();
  await clock.advance(60_000);
  deadline.set(30);
  assert.ok(deadline.isPast);
  deadline.watch();
  assert.equal(passed(), 1);
});
