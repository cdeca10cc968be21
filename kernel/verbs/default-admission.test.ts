/** What upstream's plug-ins do that look at other objects: classes, limits, accounts, namespaces that stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonRecord, recordAt } from '../kinds/json.ts';
import { openApi, pod, pods } from './test-api.ts';

const merge = { 'content-type': 'application/merge-patch+json' };
const claims = '/api/v1/namespaces/default/persistentvolumeclaims';
const claim = (name: string, storage: string, more: JsonRecord = {}): JsonRecord => ({
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...more },
});

test('what names no class gets the default one, the newest of several', async () => {
  await using api = await openApi();
  const storage = '/apis/storage.k8s.io/v1/storageclasses';
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  for (const name of ['a', 'b']) {
    await api.call('POST', storage, { metadata: { name, annotations }, provisioner: 'example.com/p' });
    api.clock.nowMs += 2000;
  }
  const classOf = async (name: string, more: JsonRecord = {}): Promise<unknown> =>
    recordAt((await api.call('POST', claims, claim(name, '1Gi', more))).body, 'spec').storageClassName;
  assert.deepEqual(
    [await classOf('x'), await classOf('y', { storageClassName: '' }), await classOf('z', { storageClassName: 'a' })],
    ['b', '', 'a'],
  );
  await api.call('POST', '/apis/networking.k8s.io/v1/ingressclasses', {
    metadata: { name: 'web', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
    spec: { controller: 'example.com/c' },
  });
  const backend = { service: { name: 's', port: { number: 80 } } };
  const ingress = await api.call('POST', '/apis/networking.k8s.io/v1/namespaces/default/ingresses', {
    metadata: { name: 'i' },
    spec: { defaultBackend: backend },
  });
  assert.equal(recordAt(ingress.body, 'spec').ingressClassName, 'web', ingress.text);
});

test('a claim keeps within the limit ranges, and grows when it is bound and its class lets it', async () => {
  await using api = await openApi();
  await api.call('POST', '/api/v1/namespaces/default/limitranges', {
    metadata: { name: 'l' },
    spec: { limits: [{ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '5Gi' } }] },
  });
  for (const [size, why] of [
    ['500Mi', /minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi/],
    ['6Gi', /maximum storage usage per PersistentVolumeClaim is 5Gi, but limit is 6Gi/],
  ] as const) {
    const refused = await api.call('POST', claims, claim('c', size));
    assert.equal(refused.status, 403);
    assert.match(String(refused.body.message), why);
  }
  const classes = '/apis/storage.k8s.io/v1/storageclasses';
  await api.call('POST', classes, { metadata: { name: 'a' }, provisioner: 'example.com/p' });
  assert.equal((await api.call('POST', claims, claim('c', '1Gi', { storageClassName: 'a' }))).status, 201);
  const grow = () => api.call('PATCH', `${claims}/c`, { spec: { resources: { requests: { storage: '2Gi' } } } }, merge);
  assert.match(String((await grow()).body.message), /Only bound persistent volume claims can be expanded/);
  await api.call('PATCH', `${claims}/c/status`, { status: { phase: 'Bound' } }, merge);
  assert.match(String((await grow()).body.message), /the storageclass that provisions the pvc must support resize/);
  await api.call('PATCH', `${classes}/a`, { allowVolumeExpansion: true }, merge);
  assert.equal((await grow()).status, 200);
});

test('a pod without secrets for its images takes those of its account', async () => {
  await using api = await openApi();
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  await api.call('POST', accounts, { metadata: { name: 'default' }, imagePullSecrets: [{ name: 's' }] });
  const { body } = await api.call('POST', pods, pod('p'));
  assert.deepEqual(recordAt(body, 'spec').imagePullSecrets, [{ name: 's' }]);
});

test('the namespaces every cell has cannot be deleted', async () => {
  await using api = await openApi();
  const { status, body } = await api.call('DELETE', '/api/v1/namespaces/default');
  assert.deepEqual(
    [status, body.message],
    [403, 'namespaces "default" is forbidden: this namespace may not be deleted'],
  );
});
