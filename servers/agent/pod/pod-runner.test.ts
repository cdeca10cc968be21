import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Client, Pod } from '@diatom/sdk';
import { FakeClock } from '@diatom/sdk/testing';
import type { Exit, SlotSpec, SlotState, StoredImage } from '@diatom/tender';
import type { TenderLink } from '../tender-link.ts';
import { PodRunner } from './pod-runner.ts';

const image: StoredImage = {
  reference: 'hello:latest',
  digest: `sha256:${'00'.repeat(32)}`,
  sizeBytes: 1,
  manifest: {
    schemaVersion: 1,
    machineVersion: 1,
    name: 'hello',
    created: '2000-01-01T00:00:00Z',
    generator: 'test',
    ports: [{ name: 'http', port: 8080 }],
    connect: [],
    memory: { initialBytes: 65_536, maximumBytes: 65_536, stackBytes: 65_536 },
    machineCalls: [],
    systemCalls: [],
    functions: [],
    layers: [{ role: 'hvt', digest: `sha256:${'11'.repeat(32)}`, sizeBytes: 1 }],
  },
};

const ended = (reason: Exit['reason'], code: number): SlotState => {
  const at = new Date(0).toISOString();
  return { kind: 'ended', bootCount: 1, exit: { code, signal: 0, reason, message: '', startedAt: at, finishedAt: at } };
};

/** A runner of one pod over a tender that notes what it is asked. */
async function rig(over: Partial<Pod['spec']> = {}) {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'diatom-runner-'));
  const clock = new FakeClock();
  const asked: string[] = [];
  let changed = Promise.withResolvers<void>();
  const note = (text: string): void => {
    asked.push(text);
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const tender = {
    start: async (spec: SlotSpec): Promise<SlotState> => {
      note(`start ${spec.boot}`);
      return spec.boot === 'eager'
        ? { kind: 'running', bootCount: 1, pid: 1, startedAt: new Date(0).toISOString() }
        : { kind: 'asleep', bootCount: 0 };
    },
    stop: async (_id: string, graceMs: number): Promise<void> => note(`stop ${graceMs}`),
  } as unknown as TenderLink;
  const client = { clock, resource: () => ({ get: async () => ({ handler: 'hvt' }) }) } as unknown as Client;
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u' },
    spec: { containers: [{ name: 'main', image: 'hello' }], runtimeClassName: 'hvt', ...over },
    status: {},
  };
  const runner = new PodRunner(pod, '127.20.0.9', [], {
    around: {
      client,
      images: {
        get: async () => image,
        list: async () => [image],
        put: async () => image,
        remove: async () => false,
        blobPath: (digest) => digest,
      },
      imageStoreDirectory: dataDirectory,
      dataDirectory,
      runtimes: { kind: 'process', hvtProblem: undefined },
      egressPath: '/egress.sock',
      facts: { hostIP: '127.0.0.1', nodeName: 'node' },
    },
    tender,
    clock,
    record: () => {},
    onChange: () => note('changed'),
    log: () => {},
  });
  return {
    runner,
    pod,
    clock,
    asked,
    slotId: runner.slotIds[0] ?? '',
    /** Waits until the tender was asked for this, or the status became this. */
    until: async (fits: () => boolean): Promise<void> => {
      while (!fits()) await changed.promise;
    },
    [Symbol.asyncDispose]: async () => {
      await runner.leave();
      await rm(dataDirectory, { recursive: true });
    },
  };
}

const isRunning = (runner: PodRunner): boolean => runner.status().containerStatuses?.[0]?.state?.running !== undefined;

test('a slot is made anew when a Service starts to ask for an instance per connection, and when it stops', async () => {
  await using subject = await rig({ terminationGracePeriodSeconds: 0 });
  const { runner, pod, asked, until } = subject;
  runner.begin(new Map());
  await until(() => isRunning(runner));
  runner.update(pod, ['shop']);
  await until(() => asked.includes('start per-connection'));
  const isWaiting = () => runner.status().containerStatuses?.[0]?.state?.waiting?.reason === 'Asleep';
  await until(isWaiting);
  runner.update(pod, []);
  await until(() => asked.filter((one) => one === 'start eager').length === 2);
  await until(() => isRunning(runner));
  assert.equal(runner.status().containerStatuses?.[0]?.restartCount, 0);
});

test('a pod is stopped at its deadline, and not started again for having ended', async () => {
  await using subject = await rig({ activeDeadlineSeconds: 60, terminationGracePeriodSeconds: 0 });
  const { runner, clock, asked, until, slotId } = subject;
  runner.begin(new Map());
  await until(() => isRunning(runner));
  await clock.advance(60_000);
  runner.slotChanged({ id: slotId, state: ended('Killed', 137) });
  await until(() => runner.isStopped);
  const { phase, reason } = runner.status();
  assert.deepEqual([phase, reason], ['Failed', 'DeadlineExceeded']);
  assert.equal(asked.filter((one) => one.startsWith('start')).length, 1);
});

test('an instance that ends while the agent goes is not started again', async () => {
  await using subject = await rig();
  const { runner, asked, until, slotId } = subject;
  runner.begin(new Map());
  await until(() => isRunning(runner));
  await runner.leave();
  runner.slotChanged({ id: slotId, state: ended('Completed', 0) });
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    asked.filter((one) => one !== 'changed'),
    ['stop 0', 'start eager'],
  );
});
