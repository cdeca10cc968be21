import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice, Pod, Service } from '@diatom/sdk';
import { seededRandom } from '@diatom/sdk/testing';
import { planEndpoints, planSlices } from './slices.ts';

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', namespace: 'n', uid: 'service' },
  spec: { selector: { app: 's' }, ports: [{ name: 'http', port: 80, targetPort: 'web' }] },
};

interface Shape {
  readonly ready?: boolean;
  readonly terminating?: boolean;
  readonly port?: number;
  readonly ip?: string | undefined;
  readonly phase?: 'Running' | 'Succeeded';
}

function pod(
  name: string,
  { ready = true, terminating = false, port = 8080, phase = 'Running', ...rest }: Shape = {},
): Pod {
  const ip = 'ip' in rest ? rest.ip : `127.0.0.${name}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'n', uid: name, ...(terminating ? { deletionTimestamp: 'now' } : {}) },
    spec: { nodeName: 'node', containers: [{ name: 'c', ports: [{ name: 'web', containerPort: port }] }] },
    status: {
      phase,
      ...(ip === undefined ? {} : { podIP: ip }),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

const conditionsOf = (slices: readonly EndpointSlice[]) =>
  slices.flatMap((slice) => slice.endpoints.map((each) => each.conditions));

test('a ready pod is ready, a terminating one serves but is not ready', () => {
  const { creates } = planSlices(service, [pod('1'), pod('2', { terminating: true }), pod('3', { ready: false })], []);
  assert.deepEqual(conditionsOf(creates), [
    { ready: true, serving: true, terminating: false },
    { ready: false, serving: true, terminating: true },
    { ready: false, serving: false, terminating: false },
  ]);
  assert.deepEqual(creates[0]?.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }]);
});

test('publishNotReadyAddresses makes everybody ready', () => {
  const open: Service = { ...service, spec: { ...service.spec, publishNotReadyAddresses: true } };
  assert.equal(conditionsOf(planSlices(open, [pod('1', { ready: false })], []).creates)[0]?.ready, true);
});

test('pods without an address or at their end are left out', () => {
  const { creates } = planSlices(service, [pod('1', { ip: undefined }), pod('2', { phase: 'Succeeded' })], []);
  assert.deepEqual(
    creates.map((slice) => slice.endpoints),
    [[]],
  );
});

test('pods whose port of that name differs are in slices of their own', () => {
  const { creates } = planSlices(service, [pod('1'), pod('2', { port: 9090 })], []);
  assert.deepEqual(creates.map((slice) => slice.ports?.[0]?.port).sort(), [8080, 9090]);
});

test('Endpoints keep ready and other addresses apart', () => {
  const [subset] = planEndpoints(service, [pod('1'), pod('2', { ready: false })]).subsets ?? [];
  assert.deepEqual([subset?.addresses?.length, subset?.notReadyAddresses?.length], [1, 1]);
});

test('whatever changes, the slices name every pod once, stay within 100, and are rewritten only where they must', () => {
  const random = seededRandom(5);
  let slices: EndpointSlice[] = [];
  let serial = 0;
  const pods = new Map<string, Pod>();
  for (let round = 0; round < 60; round += 1) {
    for (let count = random.below(80); count > 0; count -= 1) {
      const name = String(random.below(400));
      if (random.chance(0.45)) pods.delete(name);
      else pods.set(name, pod(name, { ready: random.chance(0.8), port: random.chance(0.9) ? 8080 : 9090 }));
    }
    const context = `SEED=${random.seed} round ${round}`;
    const { creates, updates, deletes } = planSlices(service, [...pods.values()], slices);
    const gone = new Set(deletes.map(({ metadata }) => metadata.name));
    const written = new Map(updates.map((slice) => [slice.metadata.name, slice]));
    slices = slices.filter(({ metadata }) => !gone.has(metadata.name));
    slices = slices.map((slice) => written.get(slice.metadata.name) ?? slice);
    for (const slice of creates) {
      serial += 1;
      slices.push({ ...slice, metadata: { ...slice.metadata, name: `slice-${serial}` } });
    }
    const named = slices.flatMap((slice) => slice.endpoints.map((endpoint) => endpoint.targetRef?.name ?? ''));
    assert.deepEqual(named.sort(), [...pods.keys()].sort(), context);
    assert.ok(slices.length >= 1 && slices.every((slice) => slice.endpoints.length <= 100), context);
    const again = planSlices(service, [...pods.values()], slices);
    assert.deepEqual([again.creates, again.updates, again.deletes], [[], [], []], context);
  }
});
