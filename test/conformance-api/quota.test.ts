/** ResourceQuota: what the upstream tests of that name create and count, with the server that counts. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ControllersRig } from '../controllers-rig.ts';
import { Api, at } from './rig.ts';

let rig: ControllersRig;
const api = new Api(() => rig.client.transport);

before(async () => {
  rig = await ControllersRig.start(['quota']);
});
after(() => rig[Symbol.asyncDispose]());

type Amounts = Record<string, string>;
const pathIn = (namespace: string, resource: string, root = '/api/v1'): string =>
  `${root}/namespaces/${namespace}/${resource}`;

/** A quota with a status: what it counts before anything is there. */
async function quota(hard: Amounts, more: object = {}, name = 'test-quota'): Promise<string> {
  const namespace = await api.namespace();
  await api.create(pathIn(namespace, 'resourcequotas'), { metadata: { name }, spec: { hard, ...more } });
  await used(namespace, Object.fromEntries(Object.keys(hard).map((key) => [key, hard[key] === undefined ? '' : '*'])));
  return namespace;
}

/** Waits until the quota has counted this; `*` is any amount. */
async function used(namespace: string, wanted: Amounts, name = 'test-quota'): Promise<void> {
  await api.waitFor(pathIn(namespace, 'resourcequotas'), name, (object) => {
    const seen = (at(object, 'status.used') ?? {}) as Amounts;
    return Object.entries(wanted).every(([key, value]) =>
      value === '*' ? seen[key] !== undefined : seen[key] === value,
    );
  });
}

const pod = (name: string, resources: object = {}, more: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'pause', image: 'pause', resources }], ...more },
});
const hardPods = {
  pods: '5',
  cpu: '1',
  memory: '500Mi',
  'ephemeral-storage': '50Gi',
  'requests.example.com/dongle': '3',
};

test('ResourceQuota should create a ResourceQuota and ensure its status is promptly calculated.', async () => {
  const namespace = await quota({ ...hardPods, services: '10', resourcequotas: '1' });
  await used(namespace, { pods: '0', cpu: '0', memory: '0', services: '0', resourcequotas: '1' });
});

test('ResourceQuota should create a ResourceQuota and capture the life of a service.', async () => {
  const namespace = await quota({
    services: '10',
    'services.nodeports': '1',
    'services.loadbalancers': '1',
  });
  const services = pathIn(namespace, 'services');
  const service = (name: string, type: string, more: object = {}) => ({
    metadata: { name },
    spec: { type, ports: [{ port: 80, targetPort: 80 }], ...more },
  });
  await api.create(services, service('test-service', 'ClusterIP'));
  await api.create(services, service('test-service-np', 'NodePort'));
  const message = await api.refused(403, 'POST', services, service('test-service-lb', 'LoadBalancer'));
  assert.match(
    message,
    /exceeded quota: test-quota, requested: services\.nodeports=\d+, used: services\.nodeports=1, limited: services\.nodeports=1/,
  );
  await used(namespace, { services: '2', 'services.nodeports': '1', 'services.loadbalancers': '0' });
  await api.delete(`${services}/test-service`);
  await api.delete(`${services}/test-service-np`);
  await used(namespace, { services: '0', 'services.nodeports': '0', 'services.loadbalancers': '0' });
});

test('ResourceQuota should create a ResourceQuota and capture the life of a secret.', async () => {
  const namespace = await quota({ secrets: '10' });
  await used(namespace, { secrets: '0' });
  await api.create(pathIn(namespace, 'secrets'), {
    metadata: { name: 'test-secret' },
    data: { 'data-1': 'dmFsdWUtMQo=' },
  });
  assert.equal(at(await api.get(`${pathIn(namespace, 'resourcequotas')}/test-quota`), 'status.used.secrets'), '1');
  await api.delete(`${pathIn(namespace, 'secrets')}/test-secret`);
  await used(namespace, { secrets: '0' });
});

test('ResourceQuota should create a ResourceQuota and capture the life of a pod.', async () => {
  const namespace = await quota(hardPods);
  const pods = pathIn(namespace, 'pods');
  const amounts = { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', 'example.com/dongle': '2' };
  const dongles = { 'example.com/dongle': '2' };
  await api.create(pods, pod('test-pod', { requests: amounts, limits: dongles }));
  const counted = {
    pods: '1',
    cpu: '500m',
    memory: '252Mi',
    'ephemeral-storage': '30Gi',
    'requests.example.com/dongle': '2',
  };
  await used(namespace, counted);
  const more = { cpu: '600m', memory: '100Mi' };
  assert.equal(
    await api.refused(403, 'POST', pods, pod('fail-pod', { requests: more })),
    'pods "fail-pod" is forbidden: exceeded quota: test-quota, requested: cpu=600m, used: cpu=500m, limited: cpu=1',
  );
  const extended = {
    requests: { cpu: '500m', memory: '100Mi', 'ephemeral-storage': '30Gi', ...dongles },
    limits: dongles,
  };
  assert.match(
    await api.refused(403, 'POST', pods, pod('fail-pod-for-extended-resource', extended)),
    /requested: ephemeral-storage=30Gi,requests\.example\.com\/dongle=2, used: ephemeral-storage=30Gi,requests\.example\.com\/dongle=2, limited: ephemeral-storage=50Gi,requests\.example\.com\/dongle=3$/,
  );
  assert.equal(
    await api.refused(403, 'POST', pods, pod('unbounded')),
    'pods "unbounded" is forbidden: failed quota: test-quota: must specify cpu for: pause; memory for: pause',
  );
  await api.patch(`${pods}/test-pod`, { metadata: { annotations: { changed: 'yes' } } });
  await used(namespace, counted);
  await api.delete(`${pods}/test-pod?gracePeriodSeconds=0`);
  await used(namespace, { pods: '0', cpu: '0', memory: '0', 'requests.example.com/dongle': '0' });
});

test('ResourceQuota should create a ResourceQuota and capture the life of a configMap.', async () => {
  const namespace = await quota({ configmaps: '2' });
  const maps = pathIn(namespace, 'configmaps');
  await api.create(maps, { metadata: { name: 'test-configmap' }, data: { a: 'b' } });
  await used(namespace, { configmaps: '1' });
  await api.delete(`${maps}/test-configmap`);
  await used(namespace, { configmaps: '0' });
});

const template = { metadata: { labels: { name: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } };

test('ResourceQuota should create a ResourceQuota and capture the life of a replication controller.', async () => {
  const namespace = await quota({ replicationcontrollers: '1' });
  const controllers = pathIn(namespace, 'replicationcontrollers');
  const controller = (name: string) => ({
    metadata: { name },
    spec: { replicas: 0, selector: { name: 'a' }, template },
  });
  await api.create(controllers, controller('test-rc'));
  await used(namespace, { replicationcontrollers: '1' });
  assert.match(
    await api.refused(403, 'POST', controllers, controller('second')),
    /requested: replicationcontrollers=1, used: replicationcontrollers=1, limited: replicationcontrollers=1$/,
  );
  await api.delete(`${controllers}/test-rc?propagationPolicy=Background`);
  await used(namespace, { replicationcontrollers: '0' });
});

test('ResourceQuota should create a ResourceQuota and capture the life of a replica set.', async () => {
  const namespace = await quota({ 'count/replicasets.apps': '5' });
  const sets = pathIn(namespace, 'replicasets', '/apis/apps/v1');
  await api.create(sets, {
    metadata: { name: 'test-rs' },
    spec: { replicas: 0, selector: { matchLabels: { name: 'a' } }, template },
  });
  await used(namespace, { 'count/replicasets.apps': '1' });
  await api.delete(`${sets}/test-rs?propagationPolicy=Background`);
  await used(namespace, { 'count/replicasets.apps': '0' });
});

/** Two quotas of one namespace, by name. */
async function scoped(
  quotas: Readonly<Record<string, { readonly hard: Amounts; readonly scopes: readonly string[] }>>,
) {
  const namespace = await api.namespace();
  for (const [name, spec] of Object.entries(quotas))
    await api.create(pathIn(namespace, 'resourcequotas'), { metadata: { name }, spec });
  for (const [name, { hard }] of Object.entries(quotas))
    await used(namespace, Object.fromEntries(Object.keys(hard).map((key) => [key, '0'])), name);
  return namespace;
}

test('ResourceQuota should verify ResourceQuota with terminating scopes.', async () => {
  const hard = {
    pods: '5',
    'requests.cpu': '1',
    'requests.memory': '500Mi',
    'limits.cpu': '2',
    'limits.memory': '1Gi',
  };
  const namespace = await scoped({
    terminating: { hard, scopes: ['Terminating'] },
    'not-terminating': { hard, scopes: ['NotTerminating'] },
  });
  const resources = { requests: { cpu: '500m', memory: '200Mi' }, limits: { cpu: '1', memory: '400Mi' } };
  const none = { pods: '0', 'requests.cpu': '0', 'limits.memory': '0' };
  const one = {
    pods: '1',
    'requests.cpu': '500m',
    'requests.memory': '200Mi',
    'limits.cpu': '1',
    'limits.memory': '400Mi',
  };
  const pods = pathIn(namespace, 'pods');
  await api.create(pods, pod('test-pod', resources));
  await used(namespace, one, 'not-terminating');
  await used(namespace, none, 'terminating');
  await api.delete(`${pods}/test-pod?gracePeriodSeconds=0`);
  await used(namespace, none, 'not-terminating');
  await api.create(pods, pod('terminating-pod', resources, { activeDeadlineSeconds: 3600 }));
  await used(namespace, one, 'terminating');
  await used(namespace, none, 'not-terminating');
  await api.delete(`${pods}/terminating-pod?gracePeriodSeconds=0`);
  await used(namespace, none, 'terminating');
});

test('ResourceQuota should verify ResourceQuota with best effort scope.', async () => {
  const hard = { pods: '5' };
  const namespace = await scoped({
    'best-effort': { hard, scopes: ['BestEffort'] },
    'not-best-effort': { hard, scopes: ['NotBestEffort'] },
  });
  const pods = pathIn(namespace, 'pods');
  await api.create(pods, pod('best-effort'));
  await used(namespace, { pods: '1' }, 'best-effort');
  await used(namespace, { pods: '0' }, 'not-best-effort');
  await api.delete(`${pods}/best-effort?gracePeriodSeconds=0`);
  await used(namespace, { pods: '0' }, 'best-effort');
  const resources = { requests: { cpu: '500m', memory: '200Mi' }, limits: { cpu: '1', memory: '400Mi' } };
  await api.create(pods, pod('burstable', resources));
  await used(namespace, { pods: '1' }, 'not-best-effort');
  await used(namespace, { pods: '0' }, 'best-effort');
  await api.delete(`${pods}/burstable?gracePeriodSeconds=0`);
  await used(namespace, { pods: '0' }, 'not-best-effort');
});

// ---- beyond the names ------------------------------------------------------------------------------------------------

test('writes at once never take more than a quota leaves', async () => {
  const namespace = await quota({ configmaps: '7' });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      api.send('POST', pathIn(namespace, 'configmaps'), { metadata: { name: `c${index}` } }),
    ),
  );
  assert.equal(answers.filter(({ status }) => status === 201).length, 7);
  assert.equal(answers.filter(({ status }) => status === 403).length, 53);
  await used(namespace, { configmaps: '7' });
  const dry = await api.send('POST', `${pathIn(namespace, 'configmaps')}?dryRun=All`, { metadata: { name: 'dry' } });
  assert.equal(dry.status, 403);
});

test('custom resources are counted by their number', async () => {
  await api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'things', singular: 'thing', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  });
  const namespace = await quota({ 'count/things.example.com': '1' });
  const things = pathIn(namespace, 'things', '/apis/example.com/v1');
  const thing = (name: string) => ({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name } });
  await api.create(things, thing('a'));
  await used(namespace, { 'count/things.example.com': '1' });
  assert.equal(
    await api.refused(403, 'POST', things, thing('b')),
    'things.example.com "b" is forbidden: exceeded quota: test-quota, requested: count/things.example.com=1, used: count/things.example.com=1, limited: count/things.example.com=1',
  );
  await api.delete(`${things}/a`);
  await used(namespace, { 'count/things.example.com': '0' });
});

test('a pod that has ended makes room for another', async () => {
  const namespace = await quota({ pods: '1', 'count/pods': '5' });
  const pods = pathIn(namespace, 'pods');
  await api.create(pods, pod('a'));
  await api.refused(403, 'POST', pods, pod('b'));
  await api.patch(`${pods}/a/status`, { status: { phase: 'Succeeded' } });
  await used(namespace, { pods: '0', 'count/pods': '1' });
  await api.create(pods, pod('b'));
  await used(namespace, { pods: '1', 'count/pods': '2' });
});

test('a quota may be of pods of some priorities', async () => {
  await api.create('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'urgent' }, value: 10 });
  const scopeSelector = { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['urgent'] }] };
  const namespace = await quota({ pods: '1' }, { scopeSelector });
  const pods = pathIn(namespace, 'pods');
  await api.create(pods, pod('a'));
  await api.create(pods, pod('b', {}, { priorityClassName: 'urgent' }));
  await used(namespace, { pods: '1' });
  await api.refused(403, 'POST', pods, pod('c', {}, { priorityClassName: 'urgent' }));
  await api.create(pods, pod('d'));
});

test('claims count their storage, by class too', async () => {
  const namespace = await quota({
    persistentvolumeclaims: '2',
    'requests.storage': '5Gi',
    'gold.storageclass.storage.k8s.io/requests.storage': '1Gi',
  });
  const claims = pathIn(namespace, 'persistentvolumeclaims');
  const claim = (name: string, storage: string, storageClassName: string) => ({
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage } } },
  });
  await api.create(claims, claim('a', '1Gi', 'gold'));
  await used(namespace, { persistentvolumeclaims: '1', 'requests.storage': '1Gi' });
  assert.match(
    await api.refused(403, 'POST', claims, claim('b', '1Gi', 'gold')),
    /requested: gold\.storageclass\.storage\.k8s\.io\/requests\.storage=1Gi, used: /,
  );
  await api.create(claims, claim('c', '4Gi', 'silver'));
  await used(namespace, { persistentvolumeclaims: '2', 'requests.storage': '5Gi' });
});

test('a pod that is resized is charged with what it grows by', async () => {
  const namespace = await quota({ 'requests.cpu': '1' });
  const pods = pathIn(namespace, 'pods');
  await api.create(pods, pod('a', { requests: { cpu: '600m' } }));
  const resized = (cpu: string) => ({ spec: { containers: [{ name: 'pause', resources: { requests: { cpu } } }] } });
  const strategic = 'application/strategic-merge-patch+json';
  assert.match(
    await api.refused(403, 'PATCH', `${pods}/a/resize`, resized('1100m'), strategic),
    /requested: requests\.cpu=500m, used: requests\.cpu=600m, limited: requests\.cpu=1$/,
  );
  await api.patch(`${pods}/a/resize`, resized('900m'), 'strategic');
  await used(namespace, { 'requests.cpu': '900m' });
});
