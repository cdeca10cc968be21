import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInDefinitions } from '../built-in-definitions.ts';
import type { JsonRecord } from '../json.ts';
import { KindRegistry } from '../registry.ts';
import { humanDuration } from './duration.ts';
import { summarisePod } from './pod.ts';
import { tableColumns } from './table-columns.ts';

const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const waiting = (reason: string) => ({ waiting: { reason } });
const terminated = (more: JsonRecord) => ({ terminated: more });
const status = (name: string, state: JsonRecord, more: JsonRecord = {}): JsonRecord => ({
  name,
  state,
  ready: false,
  restartCount: 0,
  ...more,
});

const cases: readonly { readonly name: string; readonly pod: JsonRecord; readonly shown: string }[] = [
  { name: 'new', pod: { status: { phase: 'Pending' } }, shown: '0/1 Pending 0' },
  {
    name: 'creating',
    pod: { status: { phase: 'Pending', containerStatuses: [status('a', waiting('ContainerCreating'))] } },
    shown: '0/1 ContainerCreating 0',
  },
  {
    name: 'running',
    pod: { status: { phase: 'Running', containerStatuses: [status('a', running, { ready: true })] } },
    shown: '1/1 Running 0',
  },
  {
    name: 'asleep: ready, though nothing runs',
    pod: { status: { phase: 'Running', containerStatuses: [status('a', waiting('Asleep'), { ready: true })] } },
    shown: '1/1 Asleep 0',
  },
  {
    name: 'crashing',
    pod: {
      status: { phase: 'Running', containerStatuses: [status('a', waiting('CrashLoopBackOff'), { restartCount: 4 })] },
    },
    shown: '0/1 CrashLoopBackOff 4',
  },
  {
    name: 'completed',
    pod: {
      status: {
        phase: 'Succeeded',
        containerStatuses: [status('a', terminated({ reason: 'Completed', exitCode: 0 }))],
      },
    },
    shown: '0/1 Completed 0',
  },
  {
    name: 'ended by a signal',
    pod: { status: { phase: 'Failed', containerStatuses: [status('a', terminated({ signal: 9 }))] } },
    shown: '0/1 Signal:9 0',
  },
  {
    name: 'ended with a code',
    pod: { status: { phase: 'Failed', containerStatuses: [status('a', terminated({ exitCode: 3 }))] } },
    shown: '0/1 ExitCode:3 0',
  },
  {
    name: 'terminating',
    pod: {
      metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
      status: { phase: 'Running', containerStatuses: [status('a', running, { ready: true })] },
    },
    shown: '1/1 Terminating 0',
  },
  {
    name: 'initialising',
    pod: {
      spec: { containers: [{ name: 'a' }], initContainers: [{ name: 'i' }, { name: 'j' }] },
      status: {
        phase: 'Pending',
        initContainerStatuses: [status('i', terminated({ exitCode: 0 })), status('j', running)],
      },
    },
    shown: '0/1 Init:1/2 0',
  },
  {
    name: 'failing to initialise',
    pod: {
      spec: { containers: [{ name: 'a' }], initContainers: [{ name: 'i' }] },
      status: {
        phase: 'Pending',
        initContainerStatuses: [status('i', waiting('CrashLoopBackOff'), { restartCount: 2 })],
      },
    },
    shown: '0/1 Init:CrashLoopBackOff 2',
  },
  {
    name: 'with a sidecar',
    pod: {
      spec: { containers: [{ name: 'a' }], initContainers: [{ name: 's', restartPolicy: 'Always' }] },
      status: {
        phase: 'Running',
        initContainerStatuses: [status('s', running, { ready: true, started: true })],
        containerStatuses: [status('a', running, { ready: true })],
      },
    },
    shown: '2/2 Running 0',
  },
  { name: 'evicted', pod: { status: { phase: 'Failed', reason: 'Evicted' } }, shown: '0/1 Evicted 0' },
];

for (const { name, pod, shown } of cases) {
  test(`a pod that is ${name}`, () => {
    const summary = summarisePod({ spec: { containers: [{ name: 'a' }] }, ...pod });
    assert.equal(`${summary.ready}/${summary.total} ${summary.status} ${summary.restarts}`, shown);
  });
}

test('durations shorten as they grow', () => {
  const seconds: readonly (readonly [number, string])[] = [
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [125, '2m5s'],
    [600, '10m'],
    [10_800, '3h'],
    [11_000, '3h3m'],
    [172_800, '2d'],
    [180_000, '2d2h'],
    [864_000, '10d'],
    [63_072_000, '2y'],
    [-5, '<invalid>'],
  ];
  for (const [given, expected] of seconds) assert.equal(humanDuration(given * 1000), expected, String(given));
});

test('every built-in kind prints a row for an object with nothing in it', () => {
  const registry = new KindRegistry();
  for (const definition of builtInDefinitions()) {
    const kind = registry.register(definition);
    for (const column of tableColumns(kind)) {
      const cell = column.cell({ metadata: { name: 'x' } }, 0);
      assert.ok(cell === null || ['string', 'number', 'boolean'].includes(typeof cell), `${kind.kind} ${column.name}`);
    }
  }
});
