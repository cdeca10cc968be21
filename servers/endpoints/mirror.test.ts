import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoints } from '@diatom/sdk';
import { isMirrored, planMirrors } from './mirror.ts';

const endpoints = (subsets: Endpoints['subsets'], metadata: Endpoints['metadata'] = {}): Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name: 's', namespace: 'n', uid: 'u', ...metadata },
  ...(subsets === undefined ? {} : { subsets }),
});
const port = { name: 'http', port: 80, protocol: 'TCP' };

test('Endpoints become a slice for each family of addresses and list of ports', () => {
  const plan = planMirrors(
    endpoints([
      { addresses: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }], notReadyAddresses: [{ ip: '10.0.0.2' }], ports: [port] },
      { addresses: [{ ip: '10.0.0.3', hostname: 'h' }], ports: [{ port: 443 }] },
    ]),
    [],
  );
  assert.deepEqual([plan.updates, plan.deletes], [[], []]);
  assert.deepEqual(
    plan.creates.map(({ addressType, ports, endpoints: members }) => [
      addressType,
      ports?.[0]?.port,
      members.map(({ addresses, conditions }) => [addresses[0], conditions?.ready]),
    ]),
    [
      [
        'IPv4',
        80,
        [
          ['10.0.0.1', true],
          ['10.0.0.2', false],
        ],
      ],
      ['IPv6', 80, [['fd00::1', true]]],
      ['IPv4', 443, [['10.0.0.3', true]]],
    ],
  );
  const [first] = plan.creates;
  assert.equal(first?.metadata.labels?.['kubernetes.io/service-name'], 's');
  assert.equal(
    first?.metadata.labels?.['endpointslice.kubernetes.io/managed-by'],
    'endpointslicemirroring-controller.k8s.io',
  );
  assert.deepEqual(first?.metadata.ownerReferences?.[0]?.kind, 'Endpoints');
});

test('a slice follows its Endpoints and goes with them; one that is right is left alone', () => {
  const before = endpoints([{ addresses: [{ ip: '10.0.0.1' }], ports: [port] }]);
  const made = planMirrors(before, []).creates.map((slice) => ({
    ...slice,
    metadata: { ...slice.metadata, name: 's-1', resourceVersion: '5' },
  }));
  assert.deepEqual(planMirrors(before, made), { creates: [], updates: [], deletes: [] });
  const moved = planMirrors(endpoints([{ addresses: [{ ip: '10.0.0.9' }], ports: [port] }]), made);
  assert.deepEqual(
    moved.updates.map(({ metadata, endpoints: members }) => [metadata.name, members[0]?.addresses]),
    [['s-1', ['10.0.0.9']]],
  );
  assert.deepEqual(planMirrors(undefined, made).deletes, made);
  assert.deepEqual(planMirrors(endpoints([]), made).deletes, made);
});

test('locks of leaders and Endpoints that say so are not mirrored', () => {
  assert.equal(isMirrored(endpoints([])), true);
  assert.equal(isMirrored(endpoints([], { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } })), false);
  assert.equal(isMirrored(endpoints([], { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } })), false);
});
