import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@diatom/sdk';
import type { Exit } from '@diatom/tender';
import { type Container, newContainer } from '../container/container.ts';
import { bootOfFound, podStatus } from './status.ts';

const now = '2026-01-01T00:01:00Z';

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'hello', namespace: 'default', uid: 'u1', generation: 1 },
  spec: { containers: [{ name: 'hello', image: 'hello' }] },
};

const exit = (code: number): Exit => ({
  code,
  signal: 0,
  reason: code === 0 ? 'Completed' : 'Error',
  message: '',
  startedAt: '2026-01-01T00:00:00.123456789Z',
  finishedAt: '2026-01-01T00:00:10Z',
});

const running: Container = {
  ...newContainer,
  phase: {
    kind: 'up',
    slot: { kind: 'running', bootCount: 1, pid: 1, startedAt: '2026-01-01T00:00:00.5Z' },
    isRestarting: false,
  },
  isReady: true,
  isStarted: true,
};
const asleep: Container = {
  ...running,
  phase: { kind: 'up', slot: { kind: 'asleep', bootCount: 3 }, isRestarting: false },
};
const done = (code: number): Container => ({
  ...newContainer,
  phase: { kind: 'ended', exit: exit(code), retryAt: undefined },
});
const looping: Container = {
  ...newContainer,
  restartCount: 2,
  backOffMs: 80_000,
  lastExit: exit(1),
  phase: { kind: 'ended', exit: exit(1), retryAt: 5 },
};

function statusOf(containers: readonly Container[], subject: Pod = pod, isOverdue = false) {
  return podStatus(
    subject,
    {
      containers: containers.map((container, index) => ({
        name: `c${index}`,
        image: 'hello',
        imageId: 'sha256:1',
        slotId: `u1.c${index}`,
        container,
        bootsPerConnection: false,
      })),
      podIP: '127.20.0.16',
      hostIP: '127.0.0.1',
      startTime: '2026-01-01T00:00:00Z',
      isOverdue,
    },
    now,
  );
}

const conditionOf = (status: ReturnType<typeof statusOf>, type: string) =>
  status.conditions?.find((one) => one.type === type);

test('a slot that was found boots per connection only when its status says so', () => {
  const [status] = statusOf([asleep]).containerStatuses ?? [];
  assert.equal(bootOfFound(status, 'per-connection'), 'lazy');
  assert.equal(bootOfFound(undefined, 'per-connection'), 'lazy');
  assert.equal(bootOfFound(status, 'eager'), 'eager');
  const observed = { name: 'c', image: '', imageId: '', slotId: '', container: asleep, bootsPerConnection: true };
  const around = { podIP: '127.20.0.16', hostIP: '127.0.0.1', startTime: now, isOverdue: false };
  const [witness] = podStatus(pod, { ...around, containers: [observed] }, now).containerStatuses ?? [];
  assert.equal(bootOfFound(witness, 'eager'), 'per-connection');
});

test('a pod past its deadline fails once its containers have ended, however they did', () => {
  const stopping: Container = { ...running, phase: { kind: 'stopping', exit: undefined } };
  const active = { ...pod, status: { phase: 'Running' as const } };
  assert.equal(statusOf([stopping], active, true).phase, 'Running');
  const stopped: Container = { ...running, phase: { kind: 'stopped', exit: exit(0) } };
  const { phase, reason, message } = statusOf([stopped], active, true);
  assert.deepEqual([phase, reason], ['Failed', 'DeadlineExceeded']);
  assert.equal(message, 'Pod was active on the node longer than the specified deadline');
});

test('the phase follows from the containers as on Kubernetes', () => {
  const cases: readonly (readonly [readonly Container[], string])[] = [
    [[newContainer], 'Pending'],
    [[running], 'Running'],
    [[asleep], 'Running'],
    [[running, newContainer], 'Pending'],
    [[running, done(0)], 'Running'],
    [[looping], 'Running'],
    [[done(0), done(0)], 'Succeeded'],
    [[done(0), done(2)], 'Failed'],
  ];
  for (const [containers, phase] of cases) assert.equal(statusOf(containers).phase, phase);
});

test('a sleeping container waits with the reason Asleep and is ready', () => {
  const status = statusOf([asleep]);
  assert.equal(conditionOf(status, 'Ready')?.status, 'True');
  assert.deepEqual(status.containerStatuses?.[0]?.state, {
    waiting: { reason: 'Asleep', message: 'booted 3 times; boots on the next connection' },
  });
});

test('a crash loop is explained in the words of the kubelet', () => {
  const status = statusOf([looping]);
  assert.deepEqual(status.containerStatuses?.[0]?.state?.waiting, {
    reason: 'CrashLoopBackOff',
    message: 'back-off 1m20s restarting failed container=c0 pod=hello_default(u1)',
  });
  assert.equal(status.containerStatuses?.[0]?.lastState?.terminated?.startedAt, '2026-01-01T00:00:00Z');
  assert.equal(conditionOf(status, 'Ready')?.message, 'containers with unready status: [c0]');
});

test('the time of a condition changes with its status only', () => {
  const before = '2025-12-31T00:00:00Z';
  const conditions = [
    { type: 'Ready', status: 'True' as const, lastTransitionTime: before },
    { type: 'ContainersReady', status: 'False' as const, lastTransitionTime: before },
    { type: 'Foreign', status: 'True' as const },
  ];
  const status = statusOf([running], { ...pod, status: { conditions } });
  assert.equal(conditionOf(status, 'Ready')?.lastTransitionTime, before);
  assert.equal(conditionOf(status, 'ContainersReady')?.lastTransitionTime, now);
  assert.equal(conditionOf(status, 'Foreign')?.status, 'True');
});

test('a closed readiness gate keeps the pod unready', () => {
  const gated: Pod = { ...pod, spec: { ...pod.spec, readinessGates: [{ conditionType: 'gate' }] } };
  assert.equal(conditionOf(statusOf([running], gated), 'Ready')?.reason, 'ReadinessGatesNotReady');
  const open: Pod = { ...gated, status: { conditions: [{ type: 'gate', status: 'True' }] } };
  assert.equal(conditionOf(statusOf([running], open), 'Ready')?.status, 'True');
});

test('the quality of service is the one Kubernetes would give', () => {
  const withResources = (resources: Pod['spec']['containers'][number]['resources']): Pod => ({
    ...pod,
    spec: { containers: [{ name: 'hello', ...(resources === undefined ? {} : { resources }) }] },
  });
  assert.equal(statusOf([running]).qosClass, 'BestEffort');
  assert.equal(statusOf([running], withResources({ requests: { cpu: '10m' } })).qosClass, 'Burstable');
  assert.equal(
    statusOf([running], withResources({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m' } })).qosClass,
    'Guaranteed',
  );
});
