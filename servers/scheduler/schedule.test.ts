import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod, PodSpec, Taint } from '@diatom/sdk';
import { seededRandom } from '@diatom/sdk/testing';
import { byPriority, schedule } from './schedule.ts';
import { place, takeSnapshot } from './snapshot.ts';

function node(
  name: string,
  more: { spec?: Node['spec']; labels?: Record<string, string>; ready?: 'True' | 'False' | 'Unknown' } = {},
): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: more.labels ?? {} },
    ...(more.spec === undefined ? {} : { spec: more.spec }),
    status: {
      allocatable: { cpu: '2', memory: '4Gi', pods: '3' },
      conditions: [{ type: 'Ready', status: more.ready ?? 'True' }],
    },
  };
}

function pod(name: string, spec: Partial<PodSpec> = {}, owner?: string): Pod {
  const ownerReferences = [
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: owner ?? '', controller: true },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: name, ...(owner === undefined ? {} : { ownerReferences }) },
    spec: { containers: [{ name: 'c' }], ...spec },
  };
}

const asks = (requests: Record<string, string>): Partial<PodSpec> => ({
  containers: [{ name: 'c', resources: { requests } }],
});
const taint: Taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };
const hostPort = (port: number): Partial<PodSpec> => ({
  containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: port }] }],
});
const zone = (operator: 'In' | 'NotIn' | 'Gt', ...values: string[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator, values }] }],
      },
    },
  },
});

/** what the pod asks, the nodes, the pods on them → the node, or the reason. */
const rows: readonly (readonly [string, Pod, readonly Node[], readonly Pod[], string])[] = [
  ['no nodes', pod('p'), [], [], 'no nodes available to schedule pods'],
  ['room', pod('p', asks({ cpu: '2', memory: '4Gi' })), [node('a')], [], 'a'],
  ['memory', pod('p', asks({ memory: '5Gi' })), [node('a')], [], '0/1 nodes are available: 1 Insufficient memory.'],
  [
    'cpu taken by others, and memory',
    pod('p', asks({ cpu: '1500m', memory: '5Gi' })),
    [node('a'), node('b')],
    [pod('x', { ...asks({ cpu: '600m' }), nodeName: 'a' })],
    '0/2 nodes are available: 1 Insufficient cpu, 2 Insufficient memory.',
  ],
  [
    'decimal sums',
    pod('p', asks({ cpu: '700m' })),
    [node('a')],
    [pod('x', { ...asks({ cpu: '1200m' }), nodeName: 'a' }), pod('y', { ...asks({ cpu: '100m' }), nodeName: 'a' })],
    'a',
  ],
  [
    'too many pods',
    pod('p'),
    [node('a')],
    ['x', 'y', 'z'].map((name) => pod(name, { nodeName: 'a' })),
    '0/1 nodes are available: 1 Too many pods.',
  ],
  [
    'an unknown resource',
    pod('p', asks({ 'x/gpu': '1' })),
    [node('a')],
    [],
    '0/1 nodes are available: 1 Insufficient x/gpu.',
  ],
  [
    'a selector',
    pod('p', { nodeSelector: { zone: 'b' } }),
    [node('a', { labels: { zone: 'a' } }), node('b', { labels: { zone: 'b' } })],
    [],
    'b',
  ],
  [
    'affinity nobody meets',
    pod('p', zone('In', 'c')),
    [node('a', { labels: { zone: 'a' } })],
    [],
    "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
  ],
  [
    'affinity to a label nobody has set',
    pod('p', {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }],
          },
        },
      },
    }),
    [node('a')],
    [],
    "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
  ],
  [
    'a node selector nobody meets',
    pod('p', { nodeSelector: { zone: 'a', 'diatom.dev/hvt': 'true' } }),
    [node('a', { labels: { zone: 'a' } })],
    [],
    "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector (diatom.dev/hvt=true).",
  ],
  ['affinity by number', pod('p', zone('Gt', '4')), [node('a', { labels: { zone: '5' } })], [], 'a'],
  [
    'a taint',
    pod('p'),
    [node('a', { spec: { taints: [taint] } })],
    [],
    '0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.',
  ],
  [
    'a taint it tolerates',
    pod('p', { tolerations: [{ key: 'gpu', operator: 'Exists' }] }),
    [node('a', { spec: { taints: [taint] } })],
    [],
    'a',
  ],
  [
    'a toleration of another value',
    pod('p', { tolerations: [{ key: 'gpu', value: 'no' }] }),
    [node('a', { spec: { taints: [taint] } })],
    [],
    '0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.',
  ],
  [
    'a cordoned node',
    pod('p'),
    [node('a', { spec: { unschedulable: true } })],
    [],
    '0/1 nodes are available: 1 node(s) were unschedulable.',
  ],
  [
    'a node that is not ready',
    pod('p'),
    [node('a', { ready: 'False' })],
    [],
    '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.',
  ],
  [
    'a host port in use',
    pod('p', hostPort(80)),
    [node('a')],
    [pod('x', { ...hostPort(80), nodeName: 'a' })],
    "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  ],
  ['another host port', pod('p', hostPort(81)), [node('a')], [pod('x', { ...hostPort(80), nodeName: 'a' })], 'a'],
  ['the emptier node', pod('p'), [node('a'), node('b')], [pod('x', { ...asks({ cpu: '1' }), nodeName: 'a' })], 'b'],
  [
    'away from its siblings, also to the fuller node',
    pod('p', {}, 'r'),
    [node('a'), node('b')],
    [pod('x', { nodeName: 'a' }, 'r'), pod('y', { ...asks({ cpu: '1' }), nodeName: 'b' })],
    'b',
  ],
];

for (const [name, wanted, nodes, pods, expected] of rows) {
  test(`${name} → ${expected}`, () => {
    const verdict = schedule(wanted, takeSnapshot(nodes, pods));
    assert.equal(verdict.kind === 'node' ? verdict.name : verdict.message, expected);
  });
}

test('higher priority goes first, then who came first', () => {
  const at = (name: string, creationTimestamp: string, priority: number): Pod => {
    const { metadata, ...rest } = pod(name, { priority });
    return { ...rest, metadata: { ...metadata, creationTimestamp } };
  };
  const queue = [at('late', '2026-01-01T00:00:09Z', 0), at('early', '2026-01-01T00:00:01Z', 0), at('high', '2027', 5)];
  assert.deepEqual(
    queue.sort(byPriority).map(({ metadata }) => metadata.name),
    ['high', 'early', 'late'],
  );
});

test('pods of one owner are spread evenly, and no node is ever overcommitted', () => {
  const random = seededRandom(3);
  for (let round = 0; round < 200; round += 1) {
    const nodes = Array.from({ length: 1 + random.below(5) }, (_, index) => node(`n${index}`));
    const snapshot = takeSnapshot(nodes, []);
    for (let count = 0; count < 20; count += 1) {
      const wanted = pod(`p${count}`, asks({ cpu: `${random.below(1500)}m` }), `owner ${random.below(2)}`);
      const verdict = schedule(wanted, snapshot);
      if (verdict.kind === 'nowhere') continue;
      const state = snapshot.get(verdict.name);
      assert.ok(state !== undefined);
      place(state, wanted);
      assert.ok((state.requested.cpu ?? 0) <= 2 + 1e-9 && state.podCount <= 3, `SEED=${random.seed} round ${round}`);
    }
  }
});
