import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../json.ts';
import { countedBy, growth, isInScope, missingFromPod, podResources, usageOf } from './quota-usage.ts';

const nowMs = Date.parse('2026-01-01T00:00:00Z');
const pods = { group: '', resource: 'pods' };
const container = (name: string, requests: JsonRecord, more: JsonRecord = {}): JsonRecord => ({
  name,
  resources: { requests },
  ...more,
});
const pod = (spec: JsonRecord, more: JsonRecord = {}): JsonRecord => ({ metadata: { name: 'p' }, spec, ...more });

const requestRows: readonly (readonly [string, JsonRecord, JsonRecord])[] = [
  [
    'containers together',
    { containers: [container('a', { cpu: '1' }), container('b', { cpu: '500m' })] },
    { cpu: '1500m' },
  ],
  [
    'what start-up needs at most',
    {
      containers: [container('a', { cpu: '1' })],
      initContainers: [container('i', { cpu: '2' }), container('j', { cpu: '3' })],
    },
    { cpu: '3' },
  ],
  [
    'sidecars run with all that comes after them',
    {
      containers: [container('a', { cpu: '1' })],
      initContainers: [container('s', { cpu: '2' }, { restartPolicy: 'Always' }), container('i', { cpu: '3' })],
    },
    { cpu: '5' },
  ],
  ['overhead on top', { containers: [container('a', { cpu: '1' })], overhead: { cpu: '250m' } }, { cpu: '1250m' }],
  [
    'the pod as a whole for its containers',
    { containers: [container('a', { cpu: '1', memory: '1Gi' })], resources: { requests: { cpu: '4' } } },
    { cpu: '4', memory: '1Gi' },
  ],
];

for (const [what, spec, expected] of requestRows) {
  test(`a pod requests ${what}`, () => assert.deepEqual(podResources(pod(spec), 'requests'), expected));
}

test('a pod counts its extended resources as requests alone', () => {
  const usage = usageOf(pods, pod({ containers: [container('a', { 'example.com/gpu': '2' })] }), nowMs);
  assert.deepEqual(usage, { 'count/pods': '1', pods: '1', 'requests.example.com/gpu': '2' });
});

test('of a pod that has ended, or should have, only the object is counted', () => {
  const spec = { containers: [container('a', { cpu: '1' })] };
  const ended = pod(spec, { status: { phase: 'Failed' } });
  const metadata = { name: 'p', deletionTimestamp: '2025-12-31T23:59:00Z', deletionGracePeriodSeconds: 30 };
  assert.deepEqual(usageOf(pods, ended, nowMs), { 'count/pods': '1' });
  assert.deepEqual(usageOf(pods, { metadata, spec }, nowMs), { 'count/pods': '1' });
  const late = { ...metadata, deletionGracePeriodSeconds: 90 };
  assert.equal(usageOf(pods, { metadata: late, spec }, nowMs).pods, '1');
});

const countedRows = [
  ['count/deployments.apps', 'apps', 'deployments'],
  ['count/things.example.com', 'example.com', 'things'],
  ['count/pods', '', 'pods'],
  ['services.nodeports', '', 'services'],
  ['requests.storage', '', 'persistentvolumeclaims'],
  ['gold.storageclass.storage.k8s.io/persistentvolumeclaims', '', 'persistentvolumeclaims'],
  ['limits.memory', '', 'pods'],
  ['requests.example.com/gpu', '', 'pods'],
  ['hugepages-2Mi', '', 'pods'],
] as const;

for (const [name, group, resource] of countedRows) {
  test(`${name} is counted by ${resource}`, () => assert.deepEqual(countedBy(name), { group, resource }));
}

test('a load balancer without node ports takes those it names', () => {
  const ports = [{ port: 1 }, { port: 2, nodePort: 30000 }];
  const spec = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports };
  const usage = usageOf({ group: '', resource: 'services' }, { spec }, nowMs);
  assert.deepEqual(usage, {
    'count/services': '1',
    services: '1',
    'services.nodeports': '1',
    'services.loadbalancers': '1',
  });
});

test('containers that say nothing of what is limited are named', () => {
  const spec = { containers: [container('b', {}), container('a', { cpu: '1' })] };
  assert.equal(
    missingFromPod(pod(spec), ['cpu', 'limits.cpu', 'ephemeral-storage']),
    'must specify cpu for: b; limits.cpu for: a,b',
  );
  assert.equal(missingFromPod(pod(spec), ['pods']), undefined);
});

test('a quota with scopes is of pods alone', () => {
  const quota = { spec: { scopes: ['NotTerminating', 'BestEffort'] } };
  const idle = pod({ containers: [{ name: 'a' }] });
  assert.equal(isInScope(quota, pods, idle), true);
  assert.equal(isInScope(quota, pods, pod({ containers: [{ name: 'a' }], activeDeadlineSeconds: 1 })), false);
  assert.equal(isInScope(quota, { group: '', resource: 'services' }, {}), false);
});

test('one scope is of claims: the attributes they have, ask for, or are on the way to', () => {
  const quota = (operator: string, ...values: readonly string[]): JsonRecord => ({
    spec: { scopeSelector: { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator, values }] } },
  });
  const claims = { group: '', resource: 'persistentvolumeclaims' };
  const claim = { spec: { volumeAttributesClassName: 'a' }, status: { currentVolumeAttributesClassName: 'b' } };
  assert.equal(isInScope(quota('In', 'b', 'c'), claims, claim), true);
  assert.equal(isInScope(quota('In', 'c'), claims, claim), false);
  assert.equal(isInScope(quota('Exists'), claims, claim), true);
  assert.equal(isInScope(quota('Exists'), claims, {}), false);
  assert.equal(isInScope(quota('DoesNotExist'), claims, {}), true);
  assert.equal(isInScope({ spec: { scopes: ['BestEffort'] } }, claims, claim), false);
});

test('growth is what is more, and never less than nothing', () => {
  assert.deepEqual(growth({ a: '3', b: '1', c: '2' }, { a: '1', b: '2' }), { a: '2', c: '2' });
});
