import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exit, SlotState } from '@diatom/tender';
import {
  advance,
  type Container,
  type ContainerEvent,
  type ContainerPolicy,
  leaveMs,
  newContainer,
} from './container.ts';

const policy: ContainerPolicy = {
  name: 'hello',
  image: 'hello:1',
  podName: 'hello-1_default(uid)',
  restartPolicy: 'Always',
  hasReadinessProbe: false,
  hasStartupProbe: false,
  isLazy: false,
  graceMs: 30_000,
};

const running = (bootCount = 1): SlotState => ({ kind: 'running', bootCount, pid: 7, startedAt: iso(0) });
const asleep = (bootCount = 0): SlotState => ({ kind: 'asleep', bootCount });
const ended = (code: number, at = 0, ranMs = 5): SlotState => ({
  kind: 'ended',
  bootCount: 1,
  exit: exit(code, at, ranMs),
});

function exit(code: number, at: number, ranMs: number): Exit {
  return {
    code,
    signal: 0,
    reason: code === 0 ? 'Completed' : 'Error',
    message: '',
    startedAt: iso(at - ranMs),
    finishedAt: iso(at),
  };
}

function iso(ms: number): string {
  return new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
}

/** Plays events and keeps what had to be done, as words. */
function play(
  script: readonly (readonly [number, ContainerEvent])[],
  over: Partial<ContainerPolicy> = {},
  from: Container = newContainer,
) {
  let container = from;
  const done: string[] = [];
  for (const [now, event] of script) {
    const step = advance(container, event, now, { ...policy, ...over });
    container = step.container;
    for (const effect of step.effects) {
      done.push(
        effect.kind === 'event'
          ? effect.reason
          : effect.kind === 'wake'
            ? `wake ${effect.at}`
            : effect.kind === 'stop'
              ? `stop ${effect.graceMs}${effect.delayMs > 0 ? ` after ${effect.delayMs}` : ''}`
              : effect.kind,
      );
    }
  }
  return { container, done };
}

const start: ContainerEvent = { kind: 'start' };
const up: ContainerEvent = { kind: 'started', slot: running() };

test('a container without probes is ready as soon as it runs', () => {
  const { container, done } = play([
    [0, start],
    [1, up],
  ]);
  assert.deepEqual(done, ['start', 'Created', 'Started']);
  assert.ok(container.isReady && container.isStarted);
});

test('the first end is followed by a start at once, later ones wait 10 s, 20 s, 40 s, at most 5 min', () => {
  let { container, done } = play([
    [0, start],
    [0, up],
    [0, { kind: 'slot', slot: ended(1) }],
  ]);
  assert.equal(done.at(-1), 'start');
  assert.equal(container.restartCount, 1);
  const waits: number[] = [];
  for (let crash = 0; crash < 7; crash += 1) {
    ({ container } = play(
      [
        [0, up],
        [0, { kind: 'slot', slot: ended(1) }],
      ],
      {},
      container,
    ));
    assert.equal(container.phase.kind === 'ended' && container.phase.retryAt !== undefined, true);
    waits.push(container.phase.kind === 'ended' ? (container.phase.retryAt ?? -1) : -1);
    ({ container, done } = play([[waits.at(-1) ?? 0, { kind: 'due' }]], {}, container));
    assert.deepEqual(done, ['start']);
  }
  assert.deepEqual(waits, [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  assert.equal(container.restartCount, 8);
});

test('a container that ran ten minutes is started again without waiting', () => {
  const crashed = play([
    [0, start],
    [0, up],
    [0, { kind: 'slot', slot: ended(1) }],
    [0, up],
    [0, { kind: 'slot', slot: ended(1) }],
  ]);
  const { container, done } = play(
    [
      [10_000, { kind: 'due' }],
      [10_000, up],
      [700_000, { kind: 'slot', slot: ended(1, 700_000, 690_000) }],
    ],
    {},
    crashed.container,
  );
  assert.equal(done.at(-1), 'start');
  assert.equal(container.backOffMs, 0);
});

test('restart policies: Never stays ended, OnFailure stays ended after success', () => {
  for (const [restartPolicy, code, isRestarted] of [
    ['Never', 1, false],
    ['Never', 0, false],
    ['OnFailure', 0, false],
    ['OnFailure', 3, true],
    ['Always', 0, true],
  ] as const) {
    const { container } = play(
      [
        [0, start],
        [0, up],
        [0, { kind: 'slot', slot: ended(code) }],
      ],
      { restartPolicy },
    );
    assert.equal(container.phase.kind === 'starting', isRestarted, `${restartPolicy} after exit ${code}`);
  }
});

test('a lazy container is ready asleep and awake, and booting is no restart', () => {
  const { container } = play(
    [
      [0, start],
      [0, { kind: 'started', slot: asleep() }],
      [5, { kind: 'slot', slot: running(1) }],
      [9, { kind: 'slot', slot: asleep(1) }],
      [12, { kind: 'slot', slot: running(2) }],
    ],
    { isLazy: true, hasReadinessProbe: true },
  );
  assert.ok(container.isReady);
  assert.equal(container.restartCount, 0);
  assert.equal(container.phase.kind === 'up' && container.phase.slot.bootCount, 2);
});

test('a readiness probe decides, and only while the container runs', () => {
  const waiting = play(
    [
      [0, start],
      [0, up],
    ],
    { hasReadinessProbe: true },
  );
  assert.equal(waiting.container.isReady, false);
  const ready = play([[1, { kind: 'readiness', isReady: true }]], { hasReadinessProbe: true }, waiting.container);
  assert.equal(ready.container.isReady, true);
  const gone = play(
    [
      [2, { kind: 'slot', slot: ended(1) }],
      [3, { kind: 'readiness', isReady: true }],
    ],
    { hasReadinessProbe: true },
    ready.container,
  );
  assert.equal(gone.container.isReady, false);
});

test('a failed liveness probe stops the container once and starts it again when it is gone', () => {
  const { container, done } = play([
    [0, start],
    [0, up],
    [1, { kind: 'unhealthy', probe: 'Liveness' }],
    [2, { kind: 'unhealthy', probe: 'Liveness' }],
    [3, { kind: 'stopped' }],
  ]);
  assert.deepEqual(done, ['start', 'Created', 'Started', 'Killing', 'stop 30000', 'start']);
  assert.equal(container.restartCount, 1);
  assert.equal(container.lastExit?.code, 137);
});

test('what cannot be started is tried again with growing delays that a start forgets', () => {
  const refused: ContainerEvent = {
    kind: 'blocked',
    reason: 'ErrImagePull',
    message: 'no such image',
    event: { type: 'Warning', reason: 'Failed', message: 'no such image' },
  };
  const { container, done } = play([
    [0, start],
    [0, refused],
    [10_000, { kind: 'due' }],
    [10_000, refused],
    [30_000, { kind: 'due' }],
    [30_000, up],
  ]);
  assert.deepEqual(done, [
    'start',
    'Failed',
    'wake 10000',
    'start',
    'Failed',
    'wake 30000',
    'start',
    'Created',
    'Started',
  ]);
  assert.equal(container.blockedMs, 0);
});

test('deleting a pod while its slot is being prepared stops the slot once it is there', () => {
  const { container, done } = play([
    [0, start],
    [1, { kind: 'stop' }],
    [2, up],
    [3, { kind: 'stopped' }],
  ]);
  assert.deepEqual(done, ['start', 'stop 30000']);
  assert.equal(container.phase.kind, 'stopped');
});

test('an instance that is ready leaves the endpoints before it stops; one that is not, or must go now, stops at once', () => {
  const deletion: readonly (readonly [number, ContainerEvent])[] = [
    [0, start],
    [0, up],
    [1, { kind: 'stop' }],
  ];
  assert.equal(play(deletion).done.at(-1), `stop 30000 after ${leaveMs}`);
  assert.equal(play(deletion, { hasReadinessProbe: true }).done.at(-1), 'stop 30000');
  assert.equal(play(deletion, { graceMs: 0 }).done.at(-1), 'stop 0');
});

test('a lost tender means the same start again, not a restart', () => {
  const { container, done } = play([
    [0, start],
    [0, up],
    [1, { kind: 'lost' }],
  ]);
  assert.equal(done.at(-1), 'start');
  assert.equal(container.restartCount, 0);
});

test('a late report about an earlier boot changes nothing', () => {
  const { container } = play(
    [
      [0, start],
      [0, { kind: 'started', slot: running(3) }],
      [1, { kind: 'slot', slot: asleep(2) }],
    ],
    { isLazy: true },
  );
  assert.equal(container.phase.kind === 'up' && container.phase.slot.kind, 'running');
});

test('a slot that must be made anew is stopped in order and started, which is no restart', () => {
  const { container, done } = play([
    [0, start],
    [1, up],
    [2, { kind: 'replace', why: 'it shall' }],
    [3, { kind: 'slot', slot: ended(137) }],
    [4, { kind: 'stopped' }],
    [5, { kind: 'started', slot: asleep() }],
  ]);
  assert.deepEqual(done, [
    'start',
    'Created',
    'Started',
    'Killing',
    `stop 30000 after ${leaveMs}`,
    'start',
    'Created',
    'Started',
  ]);
  assert.equal(container.restartCount, 0);
  assert.equal(container.phase.kind, 'up');
});

test('a slot that is being started again is not replaced on top', () => {
  const { done } = play([
    [0, start],
    [1, { kind: 'replace', why: 'it shall' }],
  ]);
  assert.deepEqual(done, ['start']);
});
