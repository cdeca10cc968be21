import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../api/meta.ts';
import { ApiError } from '../client/errors.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { Controller, type Reconcile, type Source } from './controller.ts';
import { Expectations } from './expectations.ts';

interface Rig {
  readonly clock: FakeClock;
  readonly log: string[];
  readonly add: (key: string) => void;
  readonly controller: Controller;
  readonly stop: () => Promise<void>;
}

async function start(reconcile: Reconcile, concurrency = 2): Promise<Rig> {
  const clock = new FakeClock();
  const log: string[] = [];
  let add = (_key: string): void => {};
  const source: Source = {
    synced: Promise.resolve(),
    start(adder) {
      add = adder;
      return () => {};
    },
  };
  const logLine = (line: string): void => {
    log.push(line);
  };
  const controller = new Controller({ name: 'test', sources: [source], reconcile, concurrency, clock, log: logLine });
  const abort = new AbortController();
  const running = controller.run(abort.signal);
  await settle();
  const stop = (): Promise<void> => {
    abort.abort();
    return running;
  };
  return { clock, log, add, controller, stop };
}

test('a key is never reconciled twice at once, and changes meanwhile bring it back once', async () => {
  const gates: (() => void)[] = [];
  const rig = await start(async () => {
    await new Promise<void>((resolve) => gates.push(resolve));
    return undefined;
  });
  rig.add('a');
  await settle();
  rig.add('a');
  rig.add('a');
  await settle();
  assert.equal(gates.length, 1);
  gates[0]?.();
  await settle();
  assert.equal(gates.length, 2);
  gates[1]?.();
  await settle();
  assert.equal(rig.controller.metrics.reconcileCount, 2);
  await rig.stop();
});

test('as many keys are worked on at once as told, and stopping waits for them', async () => {
  const gates: (() => void)[] = [];
  const rig = await start(async () => {
    await new Promise<void>((resolve) => gates.push(resolve));
    return undefined;
  }, 2);
  for (const key of ['a', 'b', 'c']) rig.add(key);
  await settle();
  assert.equal(gates.length, 2);
  let hasStopped = false;
  const stopped = rig.stop().then(() => {
    hasStopped = true;
  });
  await settle();
  assert.equal(hasStopped, false);
  for (const open of gates) open();
  await stopped;
  assert.equal(gates.length, 2, 'nothing new is started after the signal');
});

test('a failure is logged and tried again later; a conflict only tried again', async () => {
  const conflict: Status = {
    apiVersion: 'v1',
    kind: 'Status',
    metadata: {},
    status: 'Failure',
    reason: 'Conflict',
    code: 409,
  };
  const errors: unknown[] = [new Error('out of luck'), new ApiError('PUT x', conflict)];
  let count = 0;
  const rig = await start(async () => {
    count += 1;
    const error = errors.shift();
    if (error !== undefined) throw error;
    return undefined;
  });
  rig.add('a');
  await settle();
  assert.equal(count, 1);
  await rig.clock.advance(5);
  assert.equal(count, 2);
  await rig.clock.advance(10);
  assert.equal(count, 3);
  assert.deepEqual(rig.log, ['test: a: out of luck; trying again in 5 ms']);
  const { errorCount, retryCount } = rig.controller.metrics;
  assert.deepEqual({ errorCount, retryCount }, { errorCount: 1, retryCount: 2 });
  await rig.stop();
});

test('requeueAfterMs brings the key back at that time', async () => {
  let count = 0;
  const rig = await start(async () => {
    count += 1;
    return count === 1 ? { requeueAfterMs: 60_000 } : undefined;
  });
  rig.add('a');
  await settle();
  await rig.clock.advance(59_999);
  assert.equal(count, 1);
  await rig.clock.advance(1);
  assert.equal(count, 2);
  await rig.stop();
});

test('expectations are met by the very uids, in whichever order event and answer come', () => {
  const expectations = new Expectations(1_000);
  expectations.expect('k', 'a', 0);
  expectations.observe('k', 'another');
  assert.equal(expectations.areMet('k', 0), false);
  expectations.observe('k', 'a');
  assert.equal(expectations.areMet('k', 0), true);
  expectations.observe('k', 'early');
  expectations.expect('k', 'early', 0);
  assert.equal(expectations.areMet('k', 0), true);
  expectations.expect('k', 'lost', 0);
  assert.equal(expectations.areMet('k', 999), false);
  assert.equal(expectations.areMet('k', 1_000), true);
});
