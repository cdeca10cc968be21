/** Garbage collector and Namespaces, as the upstream tests of these names ask for them, with the servers that do it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ControllersRig } from '../controllers-rig.ts';
import { Api, at, type Body, itemsOf, nameOf, namesOf } from './rig.ts';

let rig: ControllersRig;
const api = new Api(() => rig.client.transport);

before(async () => {
  rig = await ControllersRig.start(['gc', 'namespaces', 'deployments', 'replicasets']);
});
after(() => rig[Symbol.asyncDispose]());

const within = (namespace: string, resource: string, root = '/api/v1'): string =>
  `${root}/namespaces/${namespace}/${resource}`;
const container = { name: 'nginx', image: 'nginx' };

const referenceTo = (owner: Body, more: object = {}) => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: nameOf(owner),
  uid: at(owner, 'metadata.uid'),
  ...more,
});

/** A replication controller and pods that are its own. Nobody here acts on one, so the test makes the pods. */
async function controllerWithPods(namespace: string, name: string, count: number): Promise<Body> {
  const labels = { name };
  const controller = await api.create(within(namespace, 'replicationcontrollers'), {
    metadata: { name },
    spec: { replicas: count, selector: labels, template: { metadata: { labels }, spec: { containers: [container] } } },
  });
  for (let index = 0; index < count; index++) {
    const ownerReferences = [referenceTo(controller, { controller: true, blockOwnerDeletion: true })];
    await api.create(within(namespace, 'pods'), {
      metadata: { name: `${name}-${index}`, labels, ownerReferences },
      spec: { containers: [container] },
    });
  }
  return controller;
}

/** Waits until so many are left. */
async function left(collection: string, count: number): Promise<readonly Body[]> {
  const list = await api.get(collection);
  let items = itemsOf(list);
  const watch = await api.watch(`${collection}?resourceVersion=${at(list, 'metadata.resourceVersion')}`);
  while (items.length !== count) {
    await watch.next();
    items = itemsOf(await api.get(collection));
  }
  await watch.close();
  return items;
}

test('Garbage collector should delete pods created by rc when not orphaning', async () => {
  const namespace = await api.namespace();
  const rc = await controllerWithPods(namespace, 'simpletest-rc', 2);
  await api.delete(`${within(namespace, 'replicationcontrollers')}/simpletest-rc`, {
    propagationPolicy: 'Background',
    preconditions: { uid: at(rc, 'metadata.uid') },
  });
  await left(within(namespace, 'pods'), 0);
});

test('Garbage collector should orphan pods created by rc if delete options say so', async () => {
  const namespace = await api.namespace();
  await controllerWithPods(namespace, 'simpletest-rc', 3);
  const controllers = within(namespace, 'replicationcontrollers');
  await api.delete(`${controllers}/simpletest-rc`, { propagationPolicy: 'Orphan' });
  await api.waitForGone(controllers, 'simpletest-rc');
  const pods = itemsOf(await api.get(within(namespace, 'pods')));
  assert.equal(pods.length, 3);
  for (const pod of pods) assert.equal(at(pod, 'metadata.ownerReferences'), undefined);
});

test('Garbage collector should keep the rc around until all its pods are deleted if the deleteOptions says so', async () => {
  const namespace = await api.namespace();
  await controllerWithPods(namespace, 'simpletest-rc', 2);
  const pods = within(namespace, 'pods');
  await api.patch(`${pods}/simpletest-rc-1`, { metadata: { finalizers: ['example.com/held'] } });
  const controllers = within(namespace, 'replicationcontrollers');
  await api.delete(`${controllers}/simpletest-rc`, { propagationPolicy: 'Foreground' });
  const [last] = await left(pods, 1);
  assert.equal(nameOf(last), 'simpletest-rc-1');
  const waiting = await api.get(`${controllers}/simpletest-rc`);
  assert.deepEqual(at(waiting, 'metadata.finalizers'), ['foregroundDeletion']);
  await api.patch(`${pods}/simpletest-rc-1`, { metadata: { finalizers: null } });
  await api.waitForGone(controllers, 'simpletest-rc');
});

test("Garbage collector should not delete dependents that have both valid owner and owner that's waiting for dependents to be deleted", async () => {
  const namespace = await api.namespace();
  await controllerWithPods(namespace, 'simpletest-rc-to-be-deleted', 4);
  const stays = await controllerWithPods(namespace, 'simpletest-rc-to-stay', 0);
  const pods = within(namespace, 'pods');
  for (const index of [0, 1])
    await api.patch(
      `${pods}/simpletest-rc-to-be-deleted-${index}`,
      { metadata: { ownerReferences: [referenceTo(stays)] } },
      'strategic',
    );
  const controllers = within(namespace, 'replicationcontrollers');
  await api.delete(`${controllers}/simpletest-rc-to-be-deleted`, { propagationPolicy: 'Foreground' });
  await api.waitForGone(controllers, 'simpletest-rc-to-be-deleted');
  const remaining = itemsOf(await api.get(pods));
  assert.deepEqual(remaining.map(nameOf), ['simpletest-rc-to-be-deleted-0', 'simpletest-rc-to-be-deleted-1']);
  for (const pod of remaining) {
    assert.equal(at(pod, 'metadata.deletionTimestamp'), undefined);
    assert.equal((at(pod, 'metadata.ownerReferences') as Body[]).length, 1);
  }
});

test('Garbage collector should not be blocked by dependency circle', async () => {
  const namespace = await api.namespace();
  const path = within(namespace, 'pods');
  const made: Body[] = [];
  for (const name of ['pod1', 'pod2', 'pod3'])
    made.push(await api.create(path, { metadata: { name }, spec: { containers: [container] } }));
  for (const [name, owner] of [
    ['pod1', made[2]],
    ['pod2', made[0]],
    ['pod3', made[1]],
  ] as const)
    await api.patch(
      `${path}/${name}`,
      { metadata: { ownerReferences: [referenceTo(owner ?? {}, { controller: true, blockOwnerDeletion: true })] } },
      'strategic',
    );
  await api.delete(`${path}/pod1`, {
    propagationPolicy: 'Foreground',
    preconditions: { uid: at(made[0], 'metadata.uid') },
  });
  await left(path, 0);
});

const deployment = {
  metadata: { name: 'simpletest.deployment' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'gc' } },
    template: { metadata: { labels: { app: 'gc' } }, spec: { containers: [container] } },
  },
};

test('Garbage collector should delete RS created by deployment when not orphaning', async () => {
  const namespace = await api.namespace();
  const [deployments, sets] = [
    within(namespace, 'deployments', '/apis/apps/v1'),
    within(namespace, 'replicasets', '/apis/apps/v1'),
  ];
  await api.create(deployments, deployment);
  await left(sets, 1);
  await api.delete(`${deployments}/simpletest.deployment`, { propagationPolicy: 'Background' });
  await left(sets, 0);
});

test('Garbage collector should orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan', async () => {
  const namespace = await api.namespace();
  const [deployments, sets] = [
    within(namespace, 'deployments', '/apis/apps/v1'),
    within(namespace, 'replicasets', '/apis/apps/v1'),
  ];
  await api.create(deployments, deployment);
  const [set] = await left(sets, 1);
  await api.delete(`${deployments}/simpletest.deployment`, { propagationPolicy: 'Orphan' });
  await api.waitForGone(deployments, 'simpletest.deployment');
  const orphan = await api.get(`${sets}/${nameOf(set)}`);
  assert.equal(at(orphan, 'metadata.ownerReferences'), undefined);
});

// ---- namespaces ------------------------------------------------------------------------------------------------------

test('Namespaces should ensure that all pods are removed when a namespace is deleted', async () => {
  const namespace = await api.namespace();
  await api.create(within(namespace, 'pods'), { metadata: { name: 'test-pod' }, spec: { containers: [container] } });
  await api.delete(`/api/v1/namespaces/${namespace}`);
  await api.waitForGone('/api/v1/namespaces', namespace);
  await api.create('/api/v1/namespaces', { metadata: { name: namespace } });
  assert.deepEqual(namesOf(await api.get(within(namespace, 'pods'))), []);
});

test('Namespaces should ensure that all services are removed when a namespace is deleted', async () => {
  const namespace = await api.namespace();
  await api.create(within(namespace, 'services'), {
    metadata: { name: 'test-service' },
    spec: { ports: [{ port: 80 }] },
  });
  await api.delete(`/api/v1/namespaces/${namespace}`);
  await api.waitForGone('/api/v1/namespaces', namespace);
  await api.create('/api/v1/namespaces', { metadata: { name: namespace } });
  assert.deepEqual(namesOf(await api.get(within(namespace, 'services'))), []);
});

test('ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace', async () => {
  const namespace = await api.namespace();
  const path = within(namespace, 'configmaps');
  const hasAuthority = (object: Body): boolean =>
    String(at(object, 'data')).length > 0 && 'ca.crt' in (object.data as object);
  const first = await api.waitFor(path, 'kube-root-ca.crt', hasAuthority);
  await api.delete(`${path}/kube-root-ca.crt`);
  const second = await api.waitFor(path, 'kube-root-ca.crt', hasAuthority);
  assert.deepEqual(second.data, first.data);
  await api.patch(`${path}/kube-root-ca.crt`, { data: { 'ca.crt': 'changed' } });
  await api.waitFor(
    path,
    'kube-root-ca.crt',
    (object) => at(object, 'data') !== undefined && (object.data as Body)['ca.crt'] === (first.data as Body)['ca.crt'],
  );
});
