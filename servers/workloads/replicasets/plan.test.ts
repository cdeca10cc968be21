import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, ReplicaSet } from '@diatom/sdk';
import { deletionOrder, planReplicas, planStatus, slowStartBatches } from './plan.ts';

interface Shape {
  readonly node?: string;
  readonly phase?: 'Pending' | 'Running';
  readonly readySince?: string;
  readonly cost?: string;
  readonly restarts?: number;
  readonly created?: string;
}

const day = '2026-01-01T00:00';

function pod(name: string, shape: Shape = {}): Pod {
  const {
    node = 'n',
    phase = 'Running',
    readySince = `${day}:00Z`,
    restarts = 0,
    created = `${day}:00Z`,
    cost,
  } = shape;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      creationTimestamp: created,
      ...(cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { containers: [], ...(node === '' ? {} : { nodeName: node }) },
    status: {
      phase,
      conditions: readySince === '' ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: readySince }],
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: restarts }],
    },
  };
}

function replicaSet(replicas: number, minReadySeconds = 0): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'r', generation: 4 },
    spec: { replicas, minReadySeconds, selector: {}, template: { spec: { containers: [] } } },
  };
}

/** Who goes before a plain, ready, older pod. */
const whoGoesFirst: readonly (readonly [string, Shape])[] = [
  ['one without a node', { node: '' }],
  ['one still pending', { phase: 'Pending' }],
  ['one that is not ready', { readySince: '' }],
  ['a cheaper one', { cost: '-5' }],
  ['one that became ready later', { readySince: `${day}:30Z` }],
  ['one restarted more often', { restarts: 3 }],
  ['a younger one', { created: `${day}:30Z` }],
];

for (const [name, shape] of whoGoesFirst) {
  test(`when pods must go, ${name} goes first`, () => {
    const order = deletionOrder([pod('a'), pod('z', shape)], []);
    assert.deepEqual(
      order.map(({ metadata }) => metadata.name),
      ['z', 'a'],
    );
  });
}

test('a node with more pods of the same owner gives one up first', () => {
  const crowded = [pod('b', { node: 'crowded' }), pod('c', { node: 'crowded' })];
  const [first] = deletionOrder([pod('a', { node: 'quiet' }), ...crowded], [pod('a', { node: 'quiet' }), ...crowded]);
  assert.equal(first?.spec.nodeName, 'crowded');
});

test('missing pods are created, surplus ones deleted, at most 500 at once', () => {
  assert.equal(planReplicas(replicaSet(3), [pod('a')], []).createCount, 2);
  assert.equal(planReplicas(replicaSet(900), [], []).createCount, 500);
  assert.equal(planReplicas(replicaSet(0), [pod('a'), pod('b')], []).deletions.length, 2);
});

test('creation starts slowly', () => {
  assert.deepEqual(slowStartBatches(10), [1, 2, 4, 3]);
  assert.deepEqual(slowStartBatches(0), []);
});

test('a ready pod is available after minReadySeconds, and the status says when to look again', () => {
  const nowMs = Date.parse(`${day}:10Z`);
  const pods = [pod('a', { readySince: `${day}:00Z` }), pod('b', { readySince: `${day}:07Z` })];
  const { status, requeueAfterMs } = planStatus(replicaSet(2, 8), pods, undefined, nowMs);
  assert.deepEqual([status.readyReplicas, status.availableReplicas, requeueAfterMs], [2, 1, 5_000]);
  assert.equal(status.observedGeneration, 4);
});

test('a failure becomes a condition and goes when things work again', () => {
  const failure = { reason: 'FailedCreate', message: 'quota' } as const;
  const { status } = planStatus(replicaSet(1), [], failure, 0);
  assert.equal(status.conditions?.[0]?.type, 'ReplicaFailure');
  const failed = { ...replicaSet(1), status };
  assert.equal(planStatus(failed, [], 'unknown', 0).status.conditions?.length, 1);
  assert.equal(planStatus(failed, [], undefined, 0).status.conditions, undefined);
});
