/** What the upstream conformance tests of sig-storage and sig-scheduling ask of the API alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { supportsOperations, writesStatus } from './operations.ts';
import { at, type Body, itemsOf, namesOf, suite } from './rig.ts';

const { api } = suite();

const root = '/apis/storage.k8s.io/v1';
const labels = { 'special-label': 'e2e' };
const selector = 'labelSelector=special-label%3De2e';

test('StorageClasses CSI Conformance should run through the lifecycle of a StorageClass', () =>
  supportsOperations(api, {
    root,
    resource: 'storageclasses',
    kind: 'StorageClass',
    object: () => ({ provisioner: 'e2e-fake-provisioner', reclaimPolicy: 'Delete' }),
  }));

test('CSIInlineVolumes should run through the lifecycle of a CSIDriver', () =>
  supportsOperations(api, {
    root,
    resource: 'csidrivers',
    kind: 'CSIDriver',
    object: () => ({ spec: { attachRequired: true, podInfoOnMount: true, volumeLifecycleModes: ['Ephemeral'] } }),
  }));

test('CSIInlineVolumes should support CSIVolumeSource in Pod API', async () => {
  const path = `/api/v1/namespaces/${await api.namespace()}/pods`;
  const csi = { driver: 'inline.example.com', volumeAttributes: { secretProviderClass: 'x' } };
  await api.create(path, {
    metadata: { name: 'pod-csi-inline-volumes', labels },
    spec: {
      containers: [{ name: 'c', image: 'pause', volumeMounts: [{ name: 'v', mountPath: '/mnt' }] }],
      volumes: [{ name: 'v', csi }],
    },
  });
  const listed = itemsOf(await api.get(`/api/v1/pods?${selector}`)).find(
    (pod) => at(pod, 'metadata.name') === 'pod-csi-inline-volumes',
  );
  assert.deepEqual(at(listed, 'spec.volumes.0.csi'), csi);
  const patched = await api.patch(`${path}/pod-csi-inline-volumes`, { metadata: { labels: { patched: 'true' } } });
  assert.equal(at(patched, 'metadata.labels.patched'), 'true');
  await api.delete(`${path}?${selector}`);
  assert.deepEqual(namesOf(await api.get(path)), []);
});

test('CSINodes CSI Conformance should run through the lifecycle of a csinode', () =>
  supportsOperations(api, {
    root,
    resource: 'csinodes',
    kind: 'CSINode',
    object: () => ({ spec: { drivers: [{ name: 'driver.example.com', nodeID: 'node', topologyKeys: [] }] } }),
  }));

test('CSIStorageCapacity should support CSIStorageCapacities API operations', async () =>
  supportsOperations(api, {
    root,
    resource: 'csistoragecapacities',
    kind: 'CSIStorageCapacity',
    namespace: await api.namespace(),
    object: () => ({ storageClassName: 'fake', nodeTopology: {}, capacity: '1Gi' }),
    change: { capacity: '2Gi' },
  }));

const attachment = { attacher: 'e2e-attacher', nodeName: 'node', source: { persistentVolumeName: 'pv' } };

test('VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment', () =>
  supportsOperations(api, {
    root,
    resource: 'volumeattachments',
    kind: 'VolumeAttachment',
    object: () => ({ spec: attachment }),
  }));

test('VolumeAttachment Conformance should apply changes to a volumeattachment status', async () => {
  const path = `${root}/volumeattachments`;
  await api.create(path, { metadata: { name: 'va-e2e' }, spec: attachment });
  await writesStatus(api, `${path}/va-e2e`, { attached: true });
  await api.delete(`${path}/va-e2e`);
});

const volume = (name: string) => ({
  metadata: { name, labels: { 'e2e-pv-pool': name } },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    persistentVolumeReclaimPolicy: 'Retain',
    storageClassName: 'e2e-class',
    csi: { driver: 'e2e-driver', volumeHandle: 'e2e-status-conformance' },
  },
});
const claim = (name: string) => ({
  metadata: { name, labels: { 'e2e-pv-pool': name } },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'e2e-class', resources: { requests: { storage: '1Gi' } } },
});

test('PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC', async () => {
  const namespace = await api.namespace();
  const [volumes, claims] = ['/api/v1/persistentvolumes', `/api/v1/namespaces/${namespace}/persistentvolumeclaims`];
  await api.create(volumes, volume('pv-a'));
  await api.create(claims, claim('pvc-a'));
  assert.deepEqual(namesOf(await api.get(`${volumes}?labelSelector=e2e-pv-pool%3Dpv-a`)), ['pv-a']);
  assert.deepEqual(namesOf(await api.get(claims)), ['pvc-a']);
  assert.deepEqual(namesOf(await api.get('/api/v1/persistentvolumeclaims?labelSelector=e2e-pv-pool%3Dpvc-a')), [
    'pvc-a',
  ]);
  for (const path of [`${volumes}/pv-a`, `${claims}/pvc-a`]) {
    const patched = await api.patch(path, { metadata: { labels: { patched: 'true' } } });
    assert.equal(at(patched, 'metadata.labels.patched'), 'true');
    const updated = await api.change(path, (seen) => {
      (seen.metadata as { labels: Record<string, string> }).labels.updated = 'true';
    });
    assert.equal(at(updated, 'metadata.labels.updated'), 'true');
    await api.delete(path);
    await api.gone(path);
  }
  await api.create(volumes, volume('pv-b'));
  await api.create(claims, claim('pvc-b'));
  await api.delete(`${claims}?labelSelector=e2e-pv-pool%3Dpvc-b`);
  await api.delete(`${volumes}?labelSelector=e2e-pv-pool%3Dpv-b`);
  await api.gone(`${volumes}/pv-b`);
  await api.gone(`${claims}/pvc-b`);
});

test('PersistentVolumes CSI Conformance should apply changes to a pv/pvc status', async () => {
  const namespace = await api.namespace();
  await api.create('/api/v1/persistentvolumes', volume('pv-status'));
  await writesStatus(api, '/api/v1/persistentvolumes/pv-status', {
    phase: 'Failed',
    message: 'StatusPatched',
    reason: 'E2E patchStatus',
  });
  const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
  await api.create(claims, claim('pvc-status'));
  const condition = { type: 'StatusPatched', status: 'True', reason: 'E2E', message: 'Set from e2e test' };
  await writesStatus(api, `${claims}/pvc-status`, { conditions: [condition] });
  await api.delete('/api/v1/persistentvolumes/pv-status');
});

test('VolumeAttributesClass should run through the lifecycle of a VolumeAttributesClass', () =>
  supportsOperations(api, {
    root,
    resource: 'volumeattributesclasses',
    kind: 'VolumeAttributesClass',
    object: () => ({ driverName: 'e2e.example.com', parameters: { iops: '100' } }),
  }));

// ---- scheduling ------------------------------------------------------------------------------------------------------

const limits = {
  type: 'Container',
  min: { cpu: '50m', memory: '100Mi', 'ephemeral-storage': '100Gi' },
  max: { cpu: '500m', memory: '500Mi', 'ephemeral-storage': '500Gi' },
  default: { cpu: '500m', memory: '500Mi', 'ephemeral-storage': '500Gi' },
  defaultRequest: { cpu: '100m', memory: '200Mi', 'ephemeral-storage': '200Gi' },
};

test('LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied.', async () => {
  const namespace = await api.namespace();
  const ranges = `/api/v1/namespaces/${namespace}/limitranges`;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  await api.create(ranges, { metadata: { name: 'limit-range' }, spec: { limits: [limits] } });
  assert.deepEqual(at(await api.get(`${ranges}/limit-range`), 'spec.limits.0.default'), limits.default);
  const pod = (name: string, resources: object = {}) => ({
    metadata: { name },
    spec: { containers: [{ name: 'pause', image: 'pause', resources }] },
  });
  const plain = await api.create(pods, pod('pod-no-resources'));
  assert.deepEqual(at(plain, 'spec.containers.0.resources'), {
    limits: limits.default,
    requests: limits.defaultRequest,
  });
  const partial = await api.create(
    pods,
    pod('pod-partial-resources', {
      requests: { memory: '150Mi', 'ephemeral-storage': '150Gi' },
      limits: { cpu: '300m' },
    }),
  );
  assert.deepEqual(at(partial, 'spec.containers.0.resources'), {
    // A request that is left out is that of the limit, where there is one.
    requests: { cpu: '300m', memory: '150Mi', 'ephemeral-storage': '150Gi' },
    limits: { cpu: '300m', memory: '500Mi', 'ephemeral-storage': '500Gi' },
  });
  const tooLittle = { requests: { cpu: '10m', memory: '50Mi', 'ephemeral-storage': '50Gi' } };
  await api.refused(403, 'POST', pods, pod('pod-too-little', tooLittle));
  const tooMuch = { requests: { cpu: '600m', memory: '600Mi', 'ephemeral-storage': '600Gi' } };
  await api.refused(422, 'POST', pods, pod('pod-too-much', { ...tooMuch, limits: { cpu: '500m' } }));
  await api.change(`${ranges}/limit-range`, (seen) => {
    const spec = seen.spec as { limits: { min: object }[] };
    for (const each of spec.limits) each.min = { cpu: '9m', memory: '49Mi', 'ephemeral-storage': '49Gi' };
  });
  await api.create(pods, pod('pod-too-little', tooLittle));
  await api.delete(`${ranges}/limit-range`);
  await api.create(pods, pod('pod-much', tooMuch));
});

test('LimitRange should list, patch and delete a LimitRange by collection', async () => {
  const [first, second] = [await api.namespace(), await api.namespace()];
  for (const namespace of [first, second])
    await api.create(`/api/v1/namespaces/${namespace}/limitranges`, {
      metadata: { name: 'e2e-limitrange', labels },
      spec: { limits: [limits] },
    });
  assert.equal(itemsOf(await api.get(`/api/v1/limitranges?${selector}`)).length, 2);
  const path = `/api/v1/namespaces/${first}/limitranges`;
  const patched = await api.patch(
    `${path}/e2e-limitrange`,
    {
      metadata: { labels: { 'e2e-limitrange': 'patched' } },
      spec: { limits: [{ ...limits, max: { ...limits.max, cpu: '1' } }] },
    },
    'strategic',
  );
  assert.equal((at(patched, 'spec.limits') as Body[]).length, 1);
  assert.equal(at(patched, 'spec.limits.0.max.cpu'), '1');
  await api.delete(`${path}?labelSelector=e2e-limitrange%3Dpatched`);
  assert.deepEqual(namesOf(await api.get(path)), []);
  assert.equal(itemsOf(await api.get(`/api/v1/limitranges?${selector}`)).length, 1);
});

test('SchedulerPreemption PriorityClass endpoints verify PriorityClass endpoints can be operated with different HTTP methods', async () => {
  const path = '/apis/scheduling.k8s.io/v1/priorityclasses';
  for (const [name, value] of [
    ['p1', 2147],
    ['p2', 2148],
  ] as const)
    await api.create(path, { metadata: { name, labels }, value });
  assert.deepEqual(
    itemsOf(await api.get(`${path}?${selector}`)).map((each) => each.value),
    [2147, 2148],
  );
  const merge = 'application/merge-patch+json';
  assert.match(
    await api.refused(422, 'PATCH', `${path}/p1`, { value: 5000 }, merge),
    /may not be changed in an update/,
  );
  const patched = await api.patch(`${path}/p1`, { description: 'patched', metadata: { labels: { patched: 'yes' } } });
  assert.equal(patched.description, 'patched');
  const updated = await api.change(`${path}/p2`, (seen) => {
    seen.description = 'updated';
  });
  assert.equal(updated.description, 'updated');
  await api.refused(422, 'PUT', `${path}/p2`, { ...updated, value: 1 });
  await api.delete(`${path}?${selector}`);
  assert.deepEqual(namesOf(await api.get(`${path}?${selector}`)), []);
});
