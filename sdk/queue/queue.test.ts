import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../testing/fake-clock.ts';
import { seededRandom } from '../testing/random.ts';
import { WorkQueue } from './work-queue.ts';

test('a key added many times is handed out once', async () => {
  const queue = new WorkQueue();
  for (let count = 0; count < 3; count += 1) queue.add('a');
  queue.add('b');
  assert.equal(await queue.take(), 'a');
  assert.equal(await queue.take(), 'b');
  assert.equal(queue.length, 0);
});

test('a key added while it is worked on comes back afterwards, once', async () => {
  const queue = new WorkQueue();
  queue.add('a');
  await queue.take();
  queue.add('a');
  queue.add('a');
  assert.equal(queue.length, 0);
  queue.done('a');
  assert.equal(await queue.take(), 'a');
  queue.done('a');
  assert.equal(queue.length, 0);
});

test('a key added for later is there at its time, the earliest of several', async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock });
  queue.addAfter('a', 500);
  queue.addAfter('a', 200);
  queue.addAfter('a', 900);
  await clock.advance(199);
  assert.equal(queue.length, 0);
  await clock.advance(1);
  assert.equal(queue.length, 1);
  await clock.advance(1_000);
  assert.equal(queue.length, 1);
});

test('retries come later each time, and at once again after forget', () => {
  const queue = new WorkQueue({ clock: new FakeClock(), firstBackoffMs: 10, maxBackoffMs: 60 });
  assert.deepEqual([queue.retry('a'), queue.retry('a'), queue.retry('a'), queue.retry('a')], [10, 20, 40, 60]);
  queue.forget('a');
  assert.equal(queue.retry('a'), 10);
});

test('when everything fails at once, retries are spread by the rate limit', async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock, retriesPerSecond: 10, retryBurst: 5, firstBackoffMs: 1 });
  for (let count = 0; count < 25; count += 1) queue.retry(`key ${count}`);
  await clock.advance(1);
  assert.equal(queue.length, 5);
  await clock.advance(1_000);
  assert.equal(queue.length, 15);
});

test('shut-down lets what is in work finish and tells those who wait', async () => {
  const queue = new WorkQueue();
  queue.add('a');
  await queue.take();
  const waiting = queue.take();
  let isDrained = false;
  const drained = queue.shutDown().then(() => {
    isDrained = true;
  });
  assert.equal(await waiting, undefined);
  assert.equal(isDrained, false);
  queue.add('b');
  queue.done('a');
  await drained;
  assert.equal(queue.length, 0);
});

test('no key is ever in two pairs of hands, and none is lost', async () => {
  const random = seededRandom(7);
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock });
  const held = new Set<string>();
  const owed = new Set<string>();
  for (let step = 0; step < 5_000; step += 1) {
    const key = `key ${random.below(6)}`;
    const context = `SEED=${random.seed} step ${step}`;
    switch (random.below(4)) {
      case 0:
        queue.add(key);
        owed.add(key);
        break;
      case 1:
        queue.addAfter(key, random.below(50));
        owed.add(key);
        break;
      case 2: {
        if (queue.length === 0) break;
        const taken = (await queue.take()) ?? '';
        assert.ok(!held.has(taken), context);
        held.add(taken);
        owed.delete(taken);
        break;
      }
      case 3:
        if (held.delete(key)) queue.done(key);
        await clock.advance(random.below(20));
        break;
    }
  }
  for (const key of held) queue.done(key);
  await clock.advance(1_000);
  const rest = new Set<string>();
  while (queue.length > 0) rest.add((await queue.take()) ?? '');
  assert.deepEqual(
    [...owed].filter((key) => !rest.has(key)),
    [],
    `SEED=${random.seed}`,
  );
});
