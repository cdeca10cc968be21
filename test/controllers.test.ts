import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ConfigMap,
  type Deployment,
  type Endpoints,
  findCondition,
  isConflict,
  isNotFound,
  isPodReady,
  type KubernetesObject,
  ownerReference,
  resources,
  resourceType,
  type Service,
} from '@diatom/sdk';
import { seededRandom, waitForGone, waitForObject, waitForObjects } from '@diatom/sdk/testing';
import { ControllersRig, type ServerName, servers } from './controllers-rig.ts';

const labels = { app: 'hello' };

function deployment(replicas: number, image = 'hello:1', more: Partial<Deployment['spec']> = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'hello', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'hello', image }] } },
      ...more,
    },
  };
}

const isAvailable = (replicas: number) => (object: Deployment) =>
  object.status?.observedGeneration === object.metadata.generation &&
  (object.status?.updatedReplicas ?? 0) === replicas &&
  (object.status?.replicas ?? 0) === replicas &&
  (object.status?.availableReplicas ?? 0) === replicas;

async function withRig(run: (rig: ControllersRig) => Promise<void>): Promise<void> {
  await using rig = await ControllersRig.start();
  await rig.startKubelet();
  try {
    await run(rig);
  } catch (error) {
    console.error(rig.log.join('\n'));
    throw error;
  }
}

const waitForRollout = (rig: ControllersRig, replicas: number) =>
  waitForObject(rig.client, resources.deployments, 'default/hello', isAvailable(replicas));

const waitForPods = (rig: ControllersRig, count: number) =>
  waitForObjects(rig.client, resources.pods, { namespace: 'default' }, (pods) => pods.length === count);

test('a Deployment becomes available, is scaled, and takes a new image without losing more than it may', () =>
  withRig(async (rig) => {
    const client = rig.client.resource(resources.deployments, 'default');
    await client.create(deployment(4));
    const first = await waitForRollout(rig, 4);
    assert.equal(findCondition(first.status?.conditions, 'Available')?.status, 'True');
    assert.equal(findCondition(first.status?.conditions, 'Progressing')?.reason, 'NewReplicaSetAvailable');
    assert.equal(first.metadata.annotations?.['deployment.kubernetes.io/revision'], '1');

    await client.scale('hello', 6);
    await waitForRollout(rig, 6);
    await client.scale('hello', 4);
    await waitForRollout(rig, 4);
    await waitForPods(rig, 4);

    let fewestReady = 4;
    const watching = waitForObjects(rig.client, resources.pods, { namespace: 'default' }, (pods) => {
      const alive = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
      fewestReady = Math.min(fewestReady, alive.filter(isPodReady).length);
      return alive.length === 4 && alive.every((pod) => pod.spec.containers[0]?.image === 'hello:2' && isPodReady(pod));
    });
    const changes = { spec: { template: { spec: { containers: [{ name: 'hello', image: 'hello:2' }] } } } };
    await client.patch('hello', { kind: 'strategic', changes });
    await watching;
    const second = await waitForRollout(rig, 4);
    assert.equal(second.metadata.annotations?.['deployment.kubernetes.io/revision'], '2');
    assert.ok(fewestReady >= 3, `only ${fewestReady} of 4 were ready, 3 must be`);
  }));

test('Recreate ends every old pod before it starts a new one', () =>
  withRig(async (rig) => {
    const client = rig.client.resource(resources.deployments, 'default');
    await client.create(deployment(3, 'hello:1', { strategy: { type: 'Recreate' } }));
    await waitForRollout(rig, 3);
    const watching = waitForObjects(rig.client, resources.pods, { namespace: 'default' }, (pods) => {
      const images = new Set(pods.map((pod) => pod.spec.containers[0]?.image));
      assert.ok(images.size <= 1, 'old and new pods at the same time');
      return pods.length === 3 && images.has('hello:2') && pods.every(isPodReady);
    });
    const changes = { spec: { template: { spec: { containers: [{ name: 'hello', image: 'hello:2' }] } } } };
    await client.patch('hello', { kind: 'strategic', changes });
    await watching;
    await waitForRollout(rig, 3);
  }));

test('a Service has the addresses of its ready pods, and loses them with the pods', () =>
  withRig(async (rig) => {
    const service: Service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'hello', namespace: 'default' },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    };
    await rig.client.resource(resources.services).create(service);
    await rig.client.resource(resources.deployments).create(deployment(3));
    const own = { namespace: 'default', labelSelector: 'kubernetes.io/service-name=hello' };
    const readyCount = (count: number) =>
      waitForObjects(rig.client, resources.endpointSlices, own, (slices) => {
        const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
        return endpoints.length === count && endpoints.every((endpoint) => endpoint.conditions?.ready === true);
      });
    const slices = await readyCount(3);
    assert.equal(slices.length, 1);
    assert.deepEqual(slices[0]?.ports, [{ name: '', port: 8080, protocol: 'TCP' }]);
    await rig.client.resource(resources.deployments, 'default').scale('hello', 1);
    await readyCount(1);
    await rig.client.resource(resources.services, 'default').delete('hello');
    await waitForObjects(rig.client, resources.endpointSlices, own, ({ length }) => length === 0);
    await waitForGone(rig.client, resources.endpoints, 'default/hello');
  }));

test('Endpoints that somebody made for no Service stay; those of a Service without selector go with it', () =>
  withRig(async (rig) => {
    const endpoints = rig.client.resource(resources.endpoints);
    const made = (name: string): Endpoints => ({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace: 'default' },
      subsets: [{ addresses: [{ ip: '10.0.0.24' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }],
    });
    await endpoints.create(made('alone'));
    const service: Service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'hello', namespace: 'default' },
      spec: { ports: [{ port: 80 }] },
    };
    await rig.client.resource(resources.services).create(service);
    await endpoints.create(made('hello'));
    await rig.client.resource(resources.services, 'default').delete('hello');
    await waitForGone(rig.client, resources.endpoints, 'default/hello');
    assert.equal((await rig.client.resource(resources.endpoints, 'default').get('alone')).metadata.name, 'alone');
  }));

for (const propagationPolicy of ['Background', 'Foreground', 'Orphan'] as const) {
  test(`deleting a Deployment in the way of ${propagationPolicy} does what it says to ReplicaSets and pods`, () =>
    withRig(async (rig) => {
      await rig.client.resource(resources.deployments).create(deployment(3));
      await waitForRollout(rig, 3);
      await rig.client.resource(resources.deployments, 'default').delete('hello', { propagationPolicy });
      await waitForGone(rig.client, resources.deployments, 'default/hello');
      if (propagationPolicy === 'Orphan') {
        const [replicaSet] = await waitForObjects(rig.client, resources.replicaSets, { namespace: 'default' }, (all) =>
          all.every(({ metadata }) => (metadata.ownerReferences ?? []).length === 0),
        );
        assert.equal(replicaSet?.status?.replicas, 3);
        // The same Deployment again adopts what the first one left.
        await rig.client.resource(resources.deployments).create(deployment(3));
        await waitForRollout(rig, 3);
        await waitForPods(rig, 3);
        return;
      }
      if (propagationPolicy === 'Foreground') {
        const { items } = await rig.client.resource(resources.pods, 'default').list();
        assert.equal(items.length, 0, 'the Deployment went before its pods');
      }
      await waitForPods(rig, 0);
      await waitForObjects(rig.client, resources.replicaSets, { namespace: 'default' }, ({ length }) => length === 0);
    }));
}

test('a namespace has its ServiceAccount and CA, and takes everything with it when it is deleted', () =>
  withRig(async (rig) => {
    const { client } = rig;
    await client
      .resource(resources.namespaces)
      .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
    await waitForObject(client, resources.serviceAccounts, 'team/default', () => true);
    await waitForObject(client, resources.configMaps, 'team/kube-root-ca.crt', (object) =>
      (object.data?.['ca.crt'] ?? '').includes('BEGIN CERTIFICATE'),
    );
    const object = deployment(2);
    await client.resource(resources.deployments).create({ ...object, metadata: { name: 'hello', namespace: 'team' } });
    await waitForObject(client, resources.deployments, 'team/hello', isAvailable(2));
    await client.resource(resources.namespaces).delete('team');
    await waitForGone(client, resources.namespaces, 'team');
    assert.equal((await client.resource(resources.pods, 'team').list()).items.length, 0);
    await assert.rejects(client.resource(resources.configMaps, 'team').get('kube-root-ca.crt'), isNotFound);
  }));

test('a namespace waits for finalizers of its content and says so', () =>
  withRig(async (rig) => {
    const { client } = rig;
    await client
      .resource(resources.namespaces)
      .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
    const configMaps = client.resource(resources.configMaps, 'team');
    await configMaps.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'held', finalizers: ['example.com/held'] },
    });
    await client.resource(resources.namespaces).delete('team');
    await waitForObject(
      client,
      resources.namespaces,
      'team',
      ({ status }) => findCondition(status?.conditions, 'NamespaceFinalizersRemaining')?.status === 'True',
    );
    await configMaps.patch('held', { kind: 'merge', changes: { metadata: { finalizers: null } } });
    await waitForGone(client, resources.namespaces, 'team');
  }));

test('a pod that fits nowhere says why, and is scheduled when there is room', () =>
  withRig(async (rig) => {
    const pods = rig.client.resource(resources.pods, 'default');
    await pods.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'big' },
      spec: { containers: [{ name: 'big', image: 'big', resources: { requests: { memory: '100Gi' } } }] },
    });
    const pod = await waitForObject(
      rig.client,
      resources.pods,
      'default/big',
      ({ status }) => findCondition(status?.conditions, 'PodScheduled')?.status === 'False',
    );
    const message = findCondition(pod.status?.conditions, 'PodScheduled')?.message;
    assert.equal(message, '0/1 nodes are available: 1 Insufficient memory.');
    await waitForObjects(rig.client, resources.events, { namespace: 'default' }, (events) =>
      events.some((event) => event.reason === 'FailedScheduling' && event.message === message),
    );
    await rig.startKubelet('node-2', { memory: '200Gi' });
    const placed = await waitForObject(rig.client, resources.pods, 'default/big', isPodReady);
    assert.equal(placed.spec.nodeName, 'node-2');
  }));

for (const victim of Object.keys(servers) as ServerName[]) {
  test(`${victim} is killed in the middle of scaling and comes back: the cell converges`, () =>
    withRig(async (rig) => {
      const client = rig.client.resource(resources.deployments, 'default');
      await client.create(deployment(8));
      await rig.kill(victim);
      await client.scale('hello', 3);
      await rig.startServer(victim);
      await waitForRollout(rig, 3);
      await client.scale('hello', 6);
      await rig.kill(victim);
      await rig.startServer(victim);
      await waitForRollout(rig, 6);
      await waitForPods(rig, 6);
    }));
}

const widgets = resourceType<KubernetesObject>('example.com', 'v1', 'widgets', 'Widget', 'namespaced');

async function defineWidgets(rig: ControllersRig): Promise<void> {
  await rig.client.resource(resources.customResourceDefinitions).create({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  });
  await waitForObject(
    rig.client,
    resources.customResourceDefinitions,
    'widgets.example.com',
    ({ status }) => findCondition(status?.conditions, 'Established')?.status === 'True',
  );
}

const widget = (name: string, namespace: string, more: KubernetesObject['metadata'] = {}): KubernetesObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name, namespace, ...more },
});

const owned = (name: string, ...owners: readonly KubernetesObject[]): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', ownerReferences: owners.map(ownerReference) },
});

test('kinds defined while the cell runs own, are owned, and go with their namespace', () =>
  withRig(async (rig) => {
    const { client } = rig;
    await defineWidgets(rig);
    const first = await client.resource(widgets).create(widget('first', 'default'));
    const second = await client.resource(widgets).create(widget('second', 'default'));
    const configMaps = client.resource(resources.configMaps);
    await configMaps.create(owned('of-first', first));
    await configMaps.create(owned('of-both', first, second));
    await client.resource(widgets).create(widget('child', 'default', { ownerReferences: [ownerReference(first)] }));
    await client.resource(widgets, 'default').delete('first');
    await waitForGone(client, resources.configMaps, 'default/of-first');
    await waitForGone(client, widgets, 'default/child');
    await waitForObject(
      client,
      resources.configMaps,
      'default/of-both',
      ({ metadata }) => metadata.ownerReferences?.length === 1 && metadata.ownerReferences[0]?.name === 'second',
    );
    // An owner that was never there, or was deleted before anybody looked.
    await configMaps.create(owned('of-nobody', first));
    await waitForGone(client, resources.configMaps, 'default/of-nobody');

    await client
      .resource(resources.namespaces)
      .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
    await client.resource(widgets).create(widget('w', 'team'));
    await client.resource(resources.namespaces).delete('team');
    await waitForGone(client, resources.namespaces, 'team');
    assert.equal((await client.resource(widgets, 'team').list()).items.length, 0);
  }));

test('servers killed at random moments under changing load: in the end there is what was asked for', () =>
  withRig(async (rig) => {
    const random = seededRandom(4);
    const names = Object.keys(servers) as ServerName[];
    const client = rig.client.resource(resources.deployments, 'default');
    await client.create(deployment(3));
    let replicas = 3;
    let image = 1;
    for (let step = 0; step < 25; step += 1) {
      const victim = random.pick(names);
      if (victim !== undefined && random.chance(0.6)) {
        await rig.kill(victim);
        await rig.startServer(victim);
      }
      if (random.chance(0.5)) {
        replicas = random.below(10);
        await client.scale('hello', replicas);
      }
      if (random.chance(0.3)) {
        image += 1;
        const changes = { spec: { template: { spec: { containers: [{ name: 'hello', image: `hello:${image}` }] } } } };
        await client.patch('hello', { kind: 'strategic', changes }).catch((error: unknown) => {
          if (!isConflict(error)) throw error;
        });
      }
    }
    const context = `SEED=${random.seed}`;
    await waitForRollout(rig, replicas);
    const pods = await waitForPods(rig, replicas);
    const right = pods.filter((pod) => isPodReady(pod) && pod.spec.containers[0]?.image === `hello:${image}`);
    assert.equal(right.length, replicas, context);
  }));

test('pods that never got a node go at once when they are no longer wanted', async () => {
  await using rig = await ControllersRig.start();
  const client = rig.client.resource(resources.deployments, 'default');
  await client.create(deployment(3));
  await waitForObjects(
    rig.client,
    resources.pods,
    { namespace: 'default' },
    (pods) =>
      pods.length === 3 &&
      pods.every(({ status }) => findCondition(status?.conditions, 'PodScheduled')?.reason === 'Unschedulable'),
  );
  await client.scale('hello', 0);
  await waitForPods(rig, 0);
  await waitForRollout(rig, 0);
});

test('a rollout whose pods never become ready stops at the limits, says so after its deadline, and can be undone', () =>
  withRig(async (rig) => {
    const client = rig.client.resource(resources.deployments, 'default');
    await client.create(deployment(4, 'hello:1', { progressDeadlineSeconds: 1 }));
    await waitForRollout(rig, 4);
    const setImage = (image: string) =>
      client.patch('hello', {
        kind: 'strategic',
        changes: { spec: { template: { spec: { containers: [{ name: 'hello', image }] } } } },
      });
    await setImage('broken');
    const stuck = await waitForObject(
      rig.client,
      resources.deployments,
      'default/hello',
      // A deadline of one second, in times of whole seconds, may be over before the first old pod has gone.
      ({ status }) =>
        findCondition(status?.conditions, 'Progressing')?.reason === 'ProgressDeadlineExceeded' &&
        status?.availableReplicas === 3,
    );
    assert.equal(findCondition(stuck.status?.conditions, 'Available')?.status, 'True');
    await setImage('hello:1');
    await waitForRollout(rig, 4);
    await waitForPods(rig, 4);
  }));
