/** What the upstream tests of deployments, replica sets, endpoints and the scheduler see happen, with a kubelet that pretends. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ControllersRig } from '../controllers-rig.ts';
import { Api, at, type Body, itemsOf, nameOf } from './rig.ts';

let rig: ControllersRig;
const api = new Api(() => rig.client.transport);

before(async () => {
  rig = await ControllersRig.start(['gc', 'deployments', 'replicasets', 'scheduler', 'endpoints']);
  await rig.startKubelet();
});
after(() => rig[Symbol.asyncDispose]());

const apps = '/apis/apps/v1';
const within = (namespace: string, resource: string, root = '/api/v1'): string =>
  `${root}/namespaces/${namespace}/${resource}`;
const template = (labels: object, image: string) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'web', image }] },
});

/** A Deployment of three, rolled out. */
async function deployed(namespace: string, more: object = {}, image = 'httpd:1'): Promise<string> {
  const labels = { name: 'sample-pod' };
  const path = within(namespace, 'deployments', apps);
  await api.create(path, {
    metadata: { name: 'd' },
    spec: { replicas: 3, selector: { matchLabels: labels }, template: template(labels, image), ...more },
  });
  await rolledOut(namespace, 3);
  return `${path}/d`;
}

const rolledOut = (namespace: string, replicas: number): Promise<Body> =>
  api.waitFor(within(namespace, 'deployments', apps), 'd', (seen) => {
    const status = (seen.status ?? {}) as Record<string, number>;
    return (
      status.observedGeneration === at(seen, 'metadata.generation') &&
      ['updatedReplicas', 'replicas', 'availableReplicas'].every((key) => status[key] === replicas)
    );
  });

const newImage = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'web', image }] } } } });

async function imagesOf(namespace: string): Promise<readonly unknown[]> {
  return itemsOf(await api.get(within(namespace, 'pods'))).map((pod) => at(pod, 'spec.containers.0.image'));
}

async function setsOf(namespace: string): Promise<readonly Body[]> {
  return itemsOf(await api.get(within(namespace, 'replicasets', apps)));
}

/** Looks again with every event of the collection until it holds. */
async function eventually<T>(collection: string, look: () => Promise<T | undefined>): Promise<T> {
  const watch = await api.watch(collection);
  try {
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      await watch.next();
    }
  } finally {
    await watch.close();
  }
}

// ---- deployments -----------------------------------------------------------------------------------------------------

test('Deployment RollingUpdateDeployment should delete old pods and create new ones', async () => {
  const namespace = await api.namespace();
  const path = await deployed(namespace);
  await api.patch(path, newImage('agnhost'), 'strategic');
  await rolledOut(namespace, 3);
  const sets = await eventually(within(namespace, 'replicasets', apps), async () => {
    const all = await setsOf(namespace);
    return all.filter((set) => at(set, 'status.replicas') === 0).length === 1 ? all : undefined;
  });
  assert.deepEqual(
    sets
      .map((set) => at(set, 'metadata.annotations'))
      .map((notes) => (notes as Body)['deployment.kubernetes.io/revision'])
      .sort(),
    ['1', '2'],
  );
});

test('Deployment RecreateDeployment should delete old pods and create new ones', async () => {
  const namespace = await api.namespace();
  const path = await deployed(namespace, { strategy: { type: 'Recreate' } });
  const pods = within(namespace, 'pods');
  const list = await api.get(pods);
  const watch = await api.watch(`${pods}?resourceVersion=${at(list, 'metadata.resourceVersion')}`);
  await api.patch(path, newImage('agnhost'), 'strategic');
  // Never a pod of the new template beside one of the old that is not ending.
  let old = 3;
  for (let made = 0; made < 3; ) {
    const { type, object } = await watch.next();
    const isOld = at(object, 'spec.containers.0.image') === 'httpd:1';
    if (type === 'DELETED' && isOld) old--;
    if (type === 'ADDED' && !isOld) {
      made++;
      assert.equal(old, 0);
    }
  }
  await watch.close();
  await rolledOut(namespace, 3);
});

test('Deployment deployment should delete old replica sets', async () => {
  const namespace = await api.namespace();
  const path = await deployed(namespace, { revisionHistoryLimit: 0 });
  await api.patch(path, newImage('agnhost'), 'strategic');
  await rolledOut(namespace, 3);
  const left = await eventually(within(namespace, 'replicasets', apps), async () => {
    const all = await setsOf(namespace);
    return all.length === 1 ? all : undefined;
  });
  assert.equal(at(left[0], 'spec.template.spec.containers.0.image'), 'agnhost');
});

test('Deployment deployment should support rollover', async () => {
  const namespace = await api.namespace();
  const path = await deployed(namespace);
  await api.patch(path, newImage('broken'), 'strategic');
  await eventually(within(namespace, 'replicasets', apps), async () =>
    (await setsOf(namespace)).length === 2 ? true : undefined,
  );
  await api.patch(path, newImage('agnhost'), 'strategic');
  await rolledOut(namespace, 3);
  const images = await eventually(within(namespace, 'pods'), async () => {
    const all = await imagesOf(namespace);
    return all.every((image) => image === 'agnhost') ? all : undefined;
  });
  assert.equal(images.length, 3);
});

test('Deployment deployment should support proportional scaling', async () => {
  const namespace = await api.namespace();
  const rollingUpdate = { maxSurge: 3, maxUnavailable: 2 };
  const path = await deployed(namespace, { strategy: { type: 'RollingUpdate', rollingUpdate } });
  await api.patch(path, { spec: { replicas: 10 } });
  await rolledOut(namespace, 10);
  await api.patch(path, newImage('broken'), 'strategic');
  const replicas = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await setsOf(namespace)).map((set) => [
        String(at(set, 'spec.template.spec.containers.0.image')),
        Number(at(set, 'spec.replicas') ?? 0),
      ]),
    );
  const reached = (first: number, second: number) => async () => {
    const seen = await replicas();
    return seen['httpd:1'] === first && seen.broken === second ? true : undefined;
  };
  const sets = within(namespace, 'replicasets', apps);
  // Two may be missing and three too many: 8 of the old, 5 of the new.
  await eventually(sets, reached(8, 5));
  await api.patch(path, { spec: { replicas: 30 } });
  // 33 in proportion: 20 and 13.
  await eventually(sets, reached(20, 13));
});

// ---- replica sets ----------------------------------------------------------------------------------------------------

test('ReplicaSet should adopt matching pods on creation and release no longer matching pods', async () => {
  const namespace = await api.namespace();
  const labels = { name: 'pod-adoption-release' };
  const pods = within(namespace, 'pods');
  await api.create(pods, {
    metadata: { name: 'pod-adoption-release', labels },
    spec: { containers: [{ name: 'web', image: 'httpd' }] },
  });
  const set = await api.create(within(namespace, 'replicasets', apps), {
    metadata: { name: 'pod-adoption-release' },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: template(labels, 'httpd') },
  });
  const isOwned = (pod: Body): boolean =>
    ((at(pod, 'metadata.ownerReferences') ?? []) as Body[]).some(({ uid }) => uid === at(set, 'metadata.uid'));
  await api.waitFor(pods, 'pod-adoption-release', isOwned);
  await api.patch(`${pods}/pod-adoption-release`, { metadata: { labels: { name: 'other' } } });
  await api.waitFor(pods, 'pod-adoption-release', (pod) => !isOwned(pod));
  await eventually(pods, async () => (itemsOf(await api.get(pods)).filter(isOwned).length === 1 ? true : undefined));
});

// ---- endpoints -------------------------------------------------------------------------------------------------------

const sliceSelector = (service: string): string => `labelSelector=kubernetes.io%2Fservice-name%3D${service}`;

test('EndpointSlice should create Endpoints and EndpointSlices for Pods matching a Service', async () => {
  const namespace = await api.namespace();
  const slices = within(namespace, 'endpointslices', '/apis/discovery.k8s.io/v1');
  for (const name of ['pod1', 'pod2'])
    await api.create(within(namespace, 'pods'), {
      metadata: { name, labels: { foo: 'bar', [name]: 'true' } },
      spec: { containers: [{ name: 'web', image: 'httpd', ports: [{ name: 'example-name', containerPort: 3000 }] }] },
    });
  const service = (name: string, selector: object) => ({
    metadata: { name },
    spec: { selector, ports: [{ name: 'example', port: 80, targetPort: 'example-name' }] },
  });
  await api.create(within(namespace, 'services'), service('example-int-port', { foo: 'bar' }));
  await api.create(within(namespace, 'services'), service('example-one', { pod1: 'true' }));
  for (const [name, count] of [
    ['example-int-port', 2],
    ['example-one', 1],
  ] as const) {
    const endpoints = await eventually(slices, async () => {
      const all = itemsOf(await api.get(`${slices}?${sliceSelector(name)}`)).flatMap(
        (slice) => (slice.endpoints ?? []) as Body[],
      );
      return all.length === count && all.every((each) => at(each, 'conditions.ready') === true) ? all : undefined;
    });
    assert.equal(endpoints.length, count);
    const object = await api.waitFor(
      within(namespace, 'endpoints'),
      name,
      (seen) => ((at(seen, 'subsets.0.addresses') ?? []) as Body[]).length === count,
    );
    assert.equal(at(object, 'subsets.0.ports.0.port'), 3000);
  }
});

test('EndpointSlice should create and delete Endpoints and EndpointSlices for a Service with a selector specified', async () => {
  const namespace = await api.namespace();
  const slices = within(namespace, 'endpointslices', '/apis/discovery.k8s.io/v1');
  const services = within(namespace, 'services');
  await api.create(services, {
    metadata: { name: 'example-empty-selector' },
    spec: { selector: { 'does-not-match-anything': 'x' }, ports: [{ port: 80 }] },
  });
  await api.waitFor(within(namespace, 'endpoints'), 'example-empty-selector', () => true);
  await eventually(slices, async () =>
    itemsOf(await api.get(`${slices}?${sliceSelector('example-empty-selector')}`)).length === 1 ? true : undefined,
  );
  await api.delete(`${services}/example-empty-selector`);
  await api.waitForGone(within(namespace, 'endpoints'), 'example-empty-selector');
  await eventually(slices, async () =>
    itemsOf(await api.get(`${slices}?${sliceSelector('example-empty-selector')}`)).length === 0 ? true : undefined,
  );
});

test('EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete', async () => {
  const namespace = await api.namespace();
  const slices = within(namespace, 'endpointslices', '/apis/discovery.k8s.io/v1');
  const endpoints = within(namespace, 'endpoints');
  const name = 'example-custom-endpoints';
  const subsets = (ip: string) => [{ addresses: [{ ip }], ports: [{ name: 'p', port: 8080 }] }];
  const mirrored = (ip: string | undefined) =>
    eventually(slices, async () => {
      const found = itemsOf(await api.get(`${slices}?${sliceSelector(name)}`));
      return JSON.stringify(found.map((slice) => at(slice, 'endpoints.0.addresses.0'))) ===
        JSON.stringify(ip === undefined ? [] : [ip])
        ? true
        : undefined;
    });
  await api.create(within(namespace, 'services'), { metadata: { name }, spec: { ports: [{ name: 'p', port: 80 }] } });
  const made = await api.create(endpoints, { metadata: { name }, subsets: subsets('10.1.2.3') });
  await mirrored('10.1.2.3');
  await api.update(`${endpoints}/${name}`, { ...made, subsets: subsets('10.2.3.4') });
  await mirrored('10.2.3.4');
  await api.delete(`${endpoints}/${name}`);
  await mirrored(undefined);
});

// ---- scheduling ------------------------------------------------------------------------------------------------------

const scheduled = (pod: Body): unknown => at(pod, 'spec.nodeName');
const refusedBecause = (pod: Body): string =>
  String(((at(pod, 'status.conditions') ?? []) as Body[]).find(({ type }) => type === 'PodScheduled')?.message ?? '');

test('SchedulerPredicates validates resource limits of pods that are allowed to run', async () => {
  const namespace = await api.namespace();
  await rig.startKubelet('small', { cpu: '1', memory: '1Gi', pods: '10' });
  const pods = within(namespace, 'pods');
  const pod = (name: string, cpu: string) => ({
    metadata: { name },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': 'small' },
      containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu } } }],
    },
  });
  await api.patch('/api/v1/nodes/small', { metadata: { labels: { 'kubernetes.io/hostname': 'small' } } });
  await api.create(pods, pod('filler-pod', '700m'));
  await api.waitFor(pods, 'filler-pod', (seen) => scheduled(seen) === 'small');
  await api.create(pods, pod('additional-pod', '700m'));
  const waiting = await api.waitFor(pods, 'additional-pod', (seen) => refusedBecause(seen) !== '');
  assert.match(refusedBecause(waiting), /Insufficient cpu/);
});

test('SchedulerPredicates validates that NodeSelector is respected if not matching', async () => {
  const pods = within(await api.namespace(), 'pods');
  await api.create(pods, {
    metadata: { name: 'restricted-pod' },
    spec: { nodeSelector: { label: 'nonempty' }, containers: [{ name: 'c', image: 'pause' }] },
  });
  const waiting = await api.waitFor(pods, 'restricted-pod', (seen) => refusedBecause(seen) !== '');
  assert.match(refusedBecause(waiting), /node affinity\/selector|node selector/i);
  assert.equal(scheduled(waiting), undefined);
});

test('SchedulerPredicates validates that NodeSelector is respected if matching', async () => {
  const pods = within(await api.namespace(), 'pods');
  await api.patch('/api/v1/nodes/node-1', { metadata: { labels: { 'kubernetes.io/e2e-label': '42' } } });
  await api.create(pods, {
    metadata: { name: 'with-labels' },
    spec: { nodeSelector: { 'kubernetes.io/e2e-label': '42' }, containers: [{ name: 'c', image: 'pause' }] },
  });
  const pod = await api.waitFor(pods, 'with-labels', (seen) => scheduled(seen) !== undefined);
  assert.deepEqual([nameOf(pod), scheduled(pod)], ['with-labels', 'node-1']);
});
