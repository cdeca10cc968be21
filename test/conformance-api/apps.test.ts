/** What the upstream conformance tests of sig-apps ask of the API: objects, scales, statuses, collections. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { supportsOperations, writesStatus } from './operations.ts';
import { type Api, at, type Body, itemsOf, namesOf, suite } from './rig.ts';

const { api } = suite();

const apps = '/apis/apps/v1';
const batch = '/apis/batch/v1';
const labels = { name: 'sample' };
const template = (image = 'httpd', own: object = labels) => ({
  metadata: { labels: own },
  spec: { containers: [{ name: 'web', image }] },
});
const workload = (name: string, more: object = {}) => ({
  metadata: { name, labels },
  spec: { replicas: 1, selector: { matchLabels: labels }, template: template(), ...more },
});
const within = (root: string, namespace: string, resource: string): string =>
  `${root}/namespaces/${namespace}/${resource}`;
const condition = (type: string) => ({ type, status: 'True', reason: 'E2E', message: 'Set from an e2e test' });

/** The scale is read and written, and with it the object. */
async function hasScale(client: Api, path: string): Promise<void> {
  const scale = await client.get(`${path}/scale`);
  assert.deepEqual([scale.kind, scale.apiVersion, at(scale, 'spec.replicas')], ['Scale', 'autoscaling/v1', 1]);
  const updated = await client.update(`${path}/scale`, {
    ...scale,
    metadata: { ...(scale.metadata as object), resourceVersion: '' },
    spec: { replicas: 2 },
  });
  assert.equal(at(updated, 'spec.replicas'), 2);
  assert.equal(at(await client.get(path), 'spec.replicas'), 2);
  const patched = await client.patch(`${path}/scale`, { spec: { replicas: 4 } });
  assert.equal(at(patched, 'spec.replicas'), 4);
  assert.equal(at(await client.get(path), 'spec.replicas'), 4);
}

/** Status conditions are read, updated and patched, and a watcher sees it. */
async function hasStatusEndpoints(client: Api, collection: string, name: string): Promise<void> {
  const path = `${collection}/${name}`;
  const watch = await client.watch(`${collection}?fieldSelector=metadata.name%3D${name}`);
  assert.equal(at(await client.get(`${path}/status`), 'metadata.name'), name);
  await client.change(`${path}/status`, (seen) => {
    const status = seen.status as { conditions?: object[] };
    status.conditions = [...(status.conditions ?? []), condition('StatusUpdate')];
  });
  const hasCondition = (type: string) => (object: Body) =>
    ((at(object, 'status.conditions') ?? []) as Body[]).some((each) => each.type === type);
  await watch.until('MODIFIED', hasCondition('StatusUpdate'));
  await client.patch(`${path}/status`, { status: { conditions: [condition('StatusPatched')] } });
  await watch.until('MODIFIED', hasCondition('StatusPatched'));
  await watch.close();
}

/** Lists over all namespaces by label, deletes by label. */
async function isACollection(client: Api, root: string, namespace: string, resource: string): Promise<void> {
  const selector = 'labelSelector=name%3Dsample';
  assert.equal(itemsOf(await client.get(`${root}/${resource}?${selector}`)).length > 0, true);
  await client.delete(`${within(root, namespace, resource)}?${selector}&propagationPolicy=Background`);
  assert.deepEqual(namesOf(await client.get(within(root, namespace, resource))), []);
}

// ---- deployments and replica sets ------------------------------------------------------------------------------------

test('Deployment Deployment should have a working scale subresource', async () => {
  const path = within(apps, await api.namespace(), 'deployments');
  await api.create(path, workload('test-new-deployment'));
  await hasScale(api, `${path}/test-new-deployment`);
});

test('Deployment should validate Deployment Status endpoints', async () => {
  const path = within(apps, await api.namespace(), 'deployments');
  await api.create(path, workload('test-deployment'));
  await hasStatusEndpoints(api, path, 'test-deployment');
});

test('Deployment should run the lifecycle of a Deployment', async () => {
  const namespace = await api.namespace();
  const path = within(apps, namespace, 'deployments');
  const selector = 'labelSelector=test-deployment-static%3Dtrue';
  const object = workload('test-deployment');
  await api.create(path, { ...object, metadata: { ...object.metadata, labels: { 'test-deployment-static': 'true' } } });
  const watch = await api.watch(`${path}?${selector}`);
  await watch.until('ADDED');
  const patched = await api.patch(
    `${path}/test-deployment`,
    {
      metadata: { labels: { 'test-deployment': 'patched' } },
      spec: {
        replicas: 2,
        template: { spec: { terminationGracePeriodSeconds: 5, containers: [{ name: 'web', image: 'agnhost' }] } },
      },
    },
    'strategic',
  );
  assert.equal(at(patched, 'spec.template.spec.containers.0.image'), 'agnhost');
  await watch.until('MODIFIED');
  assert.equal(itemsOf(await api.get(`${apps}/deployments?${selector}`)).length, 1);
  await writesStatus(api, `${path}/test-deployment`, { readyReplicas: 1, replicas: 1 });
  assert.equal(at(await api.get(`${path}/test-deployment/status`), 'status.readyReplicas'), 1);
  await api.delete(`${path}?${selector}`);
  await watch.until('DELETED');
  await watch.close();
});

test('ReplicaSet Replicaset should have a working scale subresource', async () => {
  const path = within(apps, await api.namespace(), 'replicasets');
  await api.create(path, workload('test-rs'));
  await hasScale(api, `${path}/test-rs`);
});

test('ReplicaSet Replace and Patch tests', async () => {
  const path = within(apps, await api.namespace(), 'replicasets');
  await api.create(path, workload('test-rs'));
  await api.change(`${path}/test-rs`, (seen) => {
    (seen.spec as { replicas: number }).replicas = 2;
  });
  const patched = await api.patch(
    `${path}/test-rs`,
    {
      metadata: { labels: { 'test-rs': 'patched' } },
      spec: {
        replicas: 3,
        template: { spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'web', image: 'pause' }] } },
      },
    },
    'strategic',
  );
  assert.deepEqual(
    [
      at(patched, 'metadata.labels.test-rs'),
      at(patched, 'spec.replicas'),
      at(patched, 'spec.template.spec.containers.0.image'),
    ],
    ['patched', 3, 'pause'],
  );
});

test('ReplicaSet should list and delete a collection of ReplicaSets', async () => {
  const namespace = await api.namespace();
  await api.create(within(apps, namespace, 'replicasets'), workload('test-rs'));
  await isACollection(api, apps, namespace, 'replicasets');
});

test('ReplicaSet should validate Replicaset Status endpoints', async () => {
  const path = within(apps, await api.namespace(), 'replicasets');
  await api.create(path, workload('test-rs'));
  await hasStatusEndpoints(api, path, 'test-rs');
});

// ---- stateful sets, daemon sets, revisions ---------------------------------------------------------------------------

test('StatefulSet Basic StatefulSet functionality should have a working scale subresource', async () => {
  const path = within(apps, await api.namespace(), 'statefulsets');
  await api.create(path, workload('ss', { serviceName: 'test' }));
  await hasScale(api, `${path}/ss`);
});

test('StatefulSet Basic StatefulSet functionality should list, patch and delete a collection of StatefulSets', async () => {
  const namespace = await api.namespace();
  const path = within(apps, namespace, 'statefulsets');
  await api.create(path, workload('test-ss', { serviceName: 'test' }));
  const patched = await api.patch(
    `${path}/test-ss`,
    {
      metadata: { labels: { 'test-ss': 'patched' } },
      spec: {
        replicas: 2,
        template: { spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'web', image: 'pause' }] } },
      },
    },
    'strategic',
  );
  assert.deepEqual([at(patched, 'spec.replicas'), at(patched, 'spec.template.spec.containers.0.image')], [2, 'pause']);
  await isACollection(api, apps, namespace, 'statefulsets');
});

test('StatefulSet Basic StatefulSet functionality should validate Statefulset Status endpoints', async () => {
  const path = within(apps, await api.namespace(), 'statefulsets');
  await api.create(path, workload('ss', { serviceName: 'test' }));
  await hasStatusEndpoints(api, path, 'ss');
});

const daemonSet = (name: string) => ({
  metadata: { name, labels },
  spec: { selector: { matchLabels: labels }, template: template() },
});

test('Daemon set should list and delete a collection of DaemonSets', async () => {
  const namespace = await api.namespace();
  await api.create(within(apps, namespace, 'daemonsets'), daemonSet('daemon-set'));
  await isACollection(api, apps, namespace, 'daemonsets');
});

test('Daemon set should verify changes to a daemon set status', async () => {
  const path = within(apps, await api.namespace(), 'daemonsets');
  await api.create(path, daemonSet('daemon-set'));
  await hasStatusEndpoints(api, path, 'daemon-set');
});

test('ControllerRevision should manage the lifecycle of a ControllerRevision', async () => {
  const namespace = await api.namespace();
  const path = within(apps, namespace, 'controllerrevisions');
  const revision = (name: string, number: number) => ({
    metadata: { name, labels: { 'e2e-revisions': namespace } },
    data: { spec: { template: template() } },
    revision: number,
  });
  await api.create(path, revision('first', 1));
  assert.equal((await api.get(`${path}/first`)).revision, 1);
  const patched = await api.patch(`${path}/first`, { metadata: { labels: { first: 'patched' } } });
  assert.equal(at(patched, 'metadata.labels.first'), 'patched');
  await api.create(path, revision('second', 2));
  const updated = await api.change(`${path}/second`, (seen) => {
    (seen.metadata as { labels: Record<string, string> }).labels.second = 'updated';
  });
  assert.equal(at(updated, 'metadata.labels.second'), 'updated');
  await api.refused(422, 'PATCH', `${path}/second`, { data: { other: true } }, 'application/merge-patch+json');
  const selector = `labelSelector=e2e-revisions%3D${namespace}`;
  assert.deepEqual(namesOf(await api.get(`${apps}/controllerrevisions?${selector}`)), ['first', 'second']);
  await api.delete(`${path}/first`);
  await api.gone(`${path}/first`);
  await api.delete(`${path}?${selector}`);
  assert.deepEqual(namesOf(await api.get(path)), []);
});

// ---- jobs ------------------------------------------------------------------------------------------------------------

const jobTemplate = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } };
const job = (name: string, more: object = {}) => ({
  metadata: { name, labels: { 'e2e-job-label': name } },
  spec: { completions: 4, parallelism: 2, backoffLimit: 6, template: jobTemplate, ...more },
});

test('CronJob should support CronJob API operations', async () => {
  const namespace = await api.namespace();
  await supportsOperations(api, {
    root: batch,
    resource: 'cronjobs',
    kind: 'CronJob',
    namespace,
    object: () => ({ spec: { schedule: '*/1 * * * ?', jobTemplate: { spec: { template: jobTemplate } } } }),
    change: { spec: { suspend: true } },
    status: { lastScheduleTime: '2026-01-01T00:00:00Z' },
  });
});

test('Job should apply changes to a job status', async () => {
  const path = within(batch, await api.namespace(), 'jobs');
  await api.create(path, job('suspend-false-to-true', { suspend: true }));
  await hasStatusEndpoints(api, path, 'suspend-false-to-true');
});

test('Job should manage the lifecycle of a job', async () => {
  const namespace = await api.namespace();
  const path = within(batch, namespace, 'jobs');
  await api.create(path, job('e2e-job', { suspend: true }));
  const patched = await api.patch(`${path}/e2e-job`, { metadata: { labels: { 'e2e-job': 'patched' } } }, 'strategic');
  assert.equal(at(patched, 'metadata.labels.e2e-job'), 'patched');
  const updated = await api.change(`${path}/e2e-job`, (seen) => {
    (seen.spec as { suspend: boolean }).suspend = false;
    (seen.metadata as { annotations: Record<string, string> }).annotations = { updated: 'true' };
  });
  assert.deepEqual([at(updated, 'spec.suspend'), at(updated, 'metadata.annotations.updated')], [false, 'true']);
  const selector = 'labelSelector=e2e-job%3Dpatched';
  assert.deepEqual(namesOf(await api.get(`${batch}/jobs?${selector}`)), ['e2e-job']);
  await api.delete(`${path}?${selector}&propagationPolicy=Background`);
  await api.gone(`${path}/e2e-job`);
});

// ---- replication controllers -----------------------------------------------------------------------------------------

const controller = (name: string, replicas = 1) => ({
  metadata: { name, labels: { 'test-rc-static': 'true' } },
  spec: { replicas, selector: { 'test-rc-static': 'true' }, template: template('pause', { 'test-rc-static': 'true' }) },
});

test('ReplicationController should get and update a ReplicationController scale', async () => {
  const path = within('/api/v1', await api.namespace(), 'replicationcontrollers');
  await api.create(path, controller('e2e-rc'));
  await hasScale(api, `${path}/e2e-rc`);
});

test('ReplicationController should test the lifecycle of a ReplicationController', async () => {
  const namespace = await api.namespace();
  const path = within('/api/v1', namespace, 'replicationcontrollers');
  const watch = await api.watch(`${path}?labelSelector=test-rc-static%3Dtrue`);
  await api.create(path, controller('rc-test'));
  await watch.until('ADDED');
  const patched = await api.patch(`${path}/rc-test`, { metadata: { labels: { 'test-rc': 'patched' } } }, 'strategic');
  assert.equal(at(patched, 'metadata.labels.test-rc'), 'patched');
  await watch.until('MODIFIED');
  await api.patch(`${path}/rc-test/status`, { status: { readyReplicas: 1, availableReplicas: 1, replicas: 1 } });
  assert.equal(at(await api.get(`${path}/rc-test/status`), 'status.readyReplicas'), 1);
  await api.patch(`${path}/rc-test/scale`, { spec: { replicas: 2 } });
  assert.equal(at(await api.get(`${path}/rc-test`), 'spec.replicas'), 2);
  await api.change(`${path}/rc-test`, (seen) => {
    (seen.metadata as { annotations: Record<string, string> }).annotations = { updated: 'true' };
  });
  const everywhere = await api.get('/api/v1/replicationcontrollers?labelSelector=test-rc-static%3Dtrue');
  assert.ok(namesOf(everywhere).includes('rc-test'));
  await api.delete(`${path}?labelSelector=test-rc-static%3Dtrue&propagationPolicy=Background`);
  await watch.until('DELETED');
  await watch.close();
});

// ---- disruption budgets ----------------------------------------------------------------------------------------------

const policy = '/apis/policy/v1';
const budget = (name: string, minAvailable: number | string = 1) => ({
  metadata: { name, labels: { 'foo-pdb': 'yes' } },
  spec: { minAvailable, selector: { matchLabels: { foo: 'bar' } } },
});

test('DisruptionController should create a PodDisruptionBudget', async () => {
  const path = within(policy, await api.namespace(), 'poddisruptionbudgets');
  await api.create(path, budget('foo', '1%'));
  const updated = await api.change(`${path}/foo`, (seen) => {
    (seen.spec as { minAvailable: string }).minAvailable = '2%';
  });
  assert.equal(at(updated, 'spec.minAvailable'), '2%');
  const patched = await api.patch(`${path}/foo`, { spec: { minAvailable: '3%' } }, 'strategic');
  assert.equal(at(patched, 'spec.minAvailable'), '3%');
  await api.delete(`${path}/foo`);
  await api.gone(`${path}/foo`);
});

test('DisruptionController Listing PodDisruptionBudgets for all namespaces should list and delete a collection of PodDisruptionBudgets', async () => {
  const [first, second] = [await api.namespace(), await api.namespace()];
  for (const name of ['foo', 'foo2']) await api.create(within(policy, first, 'poddisruptionbudgets'), budget(name));
  await api.create(within(policy, second, 'poddisruptionbudgets'), budget('foo3'));
  const selector = 'labelSelector=foo-pdb%3Dyes';
  assert.deepEqual(namesOf(await api.get(`${policy}/poddisruptionbudgets?${selector}`)), ['foo', 'foo2', 'foo3']);
  await api.delete(`${within(policy, first, 'poddisruptionbudgets')}?${selector}`);
  assert.deepEqual(namesOf(await api.get(`${policy}/poddisruptionbudgets?${selector}`)), ['foo3']);
});

test('DisruptionController should update/patch PodDisruptionBudget status', async () => {
  const path = within(policy, await api.namespace(), 'poddisruptionbudgets');
  await api.create(path, budget('foo'));
  const updated = await api.change(`${path}/foo/status`, (seen) => {
    seen.status = { ...(seen.status as object), disruptedPods: { 'pod-0': '2026-01-01T00:00:00Z' } };
  });
  assert.deepEqual(Object.keys(at(updated, 'status.disruptedPods') as object), ['pod-0']);
  const patched = await api.patch(`${path}/foo/status`, {
    status: { disruptedPods: { 'pod-0': null, 'pod-1': '2026-01-01T00:00:00Z' } },
  });
  assert.deepEqual(Object.keys(at(patched, 'status.disruptedPods') as object), ['pod-1']);
});

test('DisruptionController should block an eviction until the PDB is updated to allow it', async () => {
  const namespace = await api.namespace();
  const pods = within('/api/v1', namespace, 'pods');
  await api.create(pods, {
    metadata: { name: 'pod-0', labels: { foo: 'bar' } },
    spec: { containers: [{ name: 'c', image: 'pause' }] },
  });
  await api.patch(`${pods}/pod-0/status`, { status: { phase: 'Running' } });
  const budgets = within(policy, namespace, 'poddisruptionbudgets');
  await api.create(budgets, budget('foo', 1));
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'pod-0', namespace } };
  const blocked = await api.send('POST', `${pods}/pod-0/eviction`, eviction);
  assert.equal(blocked.status, 429);
  assert.equal(at(blocked.body, 'details.causes.0.reason'), 'DisruptionBudget');
  await api.patch(`${budgets}/foo`, { spec: { minAvailable: 0 } }, 'strategic');
  await api.patch(`${budgets}/foo/status`, { status: { disruptionsAllowed: 1, observedGeneration: 2 } });
  await api.create(`${pods}/pod-0/eviction`, eviction);
  await api.gone(`${pods}/pod-0`);
});
