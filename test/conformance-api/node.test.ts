/** What the upstream conformance tests of sig-node and sig-instrumentation ask of the API alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { supportsOperations } from './operations.ts';
import { at, type Body, itemsOf, nameOf, namesOf, suite } from './rig.ts';

const { api } = suite();

const within = (namespace: string, resource: string): string => `/api/v1/namespaces/${namespace}/${resource}`;
const pod = (name: string, spec: object = {}, labels: Record<string, string> = {}) => ({
  metadata: { name, labels },
  spec: { containers: [{ name: 'web', image: 'pause' }], ...spec },
});

// ---- config maps and secrets -----------------------------------------------------------------------------------------

test('ConfigMap should fail to create ConfigMap with empty key', async () => {
  const path = within(await api.namespace(), 'configmaps');
  await api.refused(422, 'POST', path, { metadata: { name: 'emptykey' }, data: { '': 'value-1' } });
});

test('ConfigMap should run through a ConfigMap lifecycle', async () => {
  const namespace = await api.namespace();
  const path = within(namespace, 'configmaps');
  const selector = 'labelSelector=test-configmap-static%3Dtrue';
  const watch = await api.watch(`${path}?${selector}`);
  await api.create(path, {
    metadata: { name: 'test-configmap', labels: { 'test-configmap-static': 'true' } },
    data: { valueName: 'value' },
  });
  await watch.until('ADDED');
  const patched = await api.patch(
    `${path}/test-configmap`,
    { metadata: { labels: { 'test-configmap': 'patched' } }, data: { valueName: 'value1' } },
    'strategic',
  );
  assert.deepEqual(patched.data, { valueName: 'value1' });
  await watch.until('MODIFIED');
  assert.deepEqual(namesOf(await api.get(`/api/v1/configmaps?${selector}`)), ['test-configmap']);
  await api.delete(`${path}?${selector}`);
  await watch.until('DELETED');
  await watch.close();
  assert.deepEqual(itemsOf(await api.get(`${path}?${selector}`)), []);
});

test('ConfigMap should be immutable if `immutable` field is set', async () => {
  const path = within(await api.namespace(), 'configmaps');
  await api.create(path, { metadata: { name: 'immutable' }, data: { a: '1' } });
  await api.change(`${path}/immutable`, (seen) => {
    seen.data = { a: '2' };
  });
  await api.patch(`${path}/immutable`, { immutable: true });
  const merge = 'application/merge-patch+json';
  await api.refused(422, 'PATCH', `${path}/immutable`, { data: { a: '3' } }, merge);
  await api.refused(422, 'PATCH', `${path}/immutable`, { immutable: false }, merge);
  await api.patch(`${path}/immutable`, { metadata: { labels: { changed: 'yes' } } });
});

test('Secrets should fail to create secret due to empty secret key', async () => {
  const path = within(await api.namespace(), 'secrets');
  await api.refused(422, 'POST', path, { metadata: { name: 'a' }, data: { '': 'dmFsdWU=' } });
});

test('Secrets should patch a secret', async () => {
  const namespace = await api.namespace();
  const path = within(namespace, 'secrets');
  await api.create(path, {
    metadata: { name: 'test-secret', labels: { testsecret: 'true' } },
    data: { key: Buffer.from('value').toString('base64') },
    type: 'Opaque',
  });
  const data = { key: Buffer.from('value1').toString('base64') };
  await api.patch(
    `${path}/test-secret`,
    { metadata: { labels: { 'testsecret-constant': 'true' } }, data },
    'strategic',
  );
  const list = await api.get('/api/v1/secrets?labelSelector=testsecret-constant%3Dtrue');
  assert.deepEqual(
    itemsOf(list).map((secret) => secret.data),
    [data],
  );
  await api.delete(`${path}?labelSelector=testsecret%3Dtrue`);
  await api.gone(`${path}/test-secret`);
});

test('Secrets should be immutable if `immutable` field is set', async () => {
  const path = within(await api.namespace(), 'secrets');
  await api.create(path, { metadata: { name: 'immutable' }, data: { a: 'MQ==' } });
  await api.patch(`${path}/immutable`, { immutable: true });
  const merge = 'application/merge-patch+json';
  await api.refused(422, 'PATCH', `${path}/immutable`, { data: { a: 'Mg==' } }, merge);
  await api.refused(422, 'PATCH', `${path}/immutable`, { immutable: false }, merge);
  await api.patch(`${path}/immutable`, { metadata: { labels: { changed: 'yes' } } });
});

// ---- pods ------------------------------------------------------------------------------------------------------------

test('Pods should be updated', async () => {
  const namespace = await api.namespace();
  const path = within(namespace, 'pods');
  await api.create(path, pod('pod-update', {}, { name: 'foo', time: '1' }));
  assert.equal(itemsOf(await api.get(`${path}?labelSelector=time%3D1`)).length, 1);
  await api.change(`${path}/pod-update`, (seen) => {
    (seen.metadata as { labels: Record<string, string> }).labels.time = 'updated';
  });
  assert.equal(itemsOf(await api.get(`${path}?labelSelector=time%3Dupdated`)).length, 1);
});

test('Pods should be submitted and removed', async () => {
  const path = within(await api.namespace(), 'pods');
  const watch = await api.watch(`${path}?labelSelector=time%3D2`);
  await api.create(path, pod('pod-submit-remove', {}, { name: 'foo', time: '2' }));
  await watch.until('ADDED');
  await api.patch(`${path}/pod-submit-remove`, { metadata: { finalizers: ['example.com/held'] } });
  await api.delete(`${path}/pod-submit-remove`);
  await watch.until('MODIFIED', (seen) => at(seen, 'metadata.deletionTimestamp') !== undefined);
  await api.patch(`${path}/pod-submit-remove`, { metadata: { finalizers: null } });
  await watch.until('DELETED');
  await watch.close();
  assert.deepEqual(itemsOf(await api.get(`${path}?labelSelector=time%3D2`)), []);
});

test('Pods should delete a collection of pods', async () => {
  const path = within(await api.namespace(), 'pods');
  for (const name of ['test-pod-1', 'test-pod-2', 'test-pod-3'])
    await api.create(path, pod(name, {}, { type: 'Testing' }));
  await api.delete(`${path}?labelSelector=type%3DTesting`);
  assert.deepEqual(namesOf(await api.get(path)), []);
});

test('Pods should patch a pod status', async () => {
  const path = within(await api.namespace(), 'pods');
  await api.create(path, pod('test-pod'));
  const patched = await api.patch(`${path}/test-pod/status`, {
    metadata: { annotations: { patchedstatus: 'true' } },
    status: { message: 'Patched by e2e test', reason: 'E2E' },
  });
  assert.deepEqual([at(patched, 'status.message'), at(patched, 'status.reason')], ['Patched by e2e test', 'E2E']);
  assert.equal(at(await api.get(`${path}/test-pod/status`), 'metadata.annotations.patchedstatus'), 'true');
});

test('Pods should run through the lifecycle of Pods and PodStatus', async () => {
  const namespace = await api.namespace();
  const path = within(namespace, 'pods');
  const selector = 'labelSelector=test-pod-static%3Dtrue';
  const watch = await api.watch(`${path}?${selector}`);
  await api.create(path, pod('pod-test', { terminationGracePeriodSeconds: 1 }, { 'test-pod-static': 'true' }));
  await watch.until('ADDED');
  const patched = await api.patch(
    `${path}/pod-test`,
    {
      metadata: { labels: { 'test-pod': 'patched' } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'web', image: 'pause:2' }] },
    },
    'strategic',
  );
  assert.equal(at(patched, 'spec.containers.0.image'), 'pause:2');
  await watch.until('MODIFIED');
  const condition = { type: 'Ready', status: 'False', reason: 'E2E' };
  const updated = await api.change(`${path}/pod-test/status`, (seen) => {
    seen.status = { ...(seen.status as object), conditions: [condition] };
  });
  assert.equal(at(updated, 'status.conditions.0.status'), 'False');
  assert.equal(at(await api.get(`${path}/pod-test/status`), 'status.conditions.0.type'), 'Ready');
  assert.equal(itemsOf(await api.get(`/api/v1/pods?${selector}`)).length, 1);
  await api.delete(`${path}?${selector}`);
  await watch.until('DELETED');
  await watch.close();
});

test('Pods should allow activeDeadlineSeconds to be updated', async () => {
  const path = within(await api.namespace(), 'pods');
  await api.create(path, pod('pod-update-activedeadlineseconds'));
  const updated = await api.change(`${path}/pod-update-activedeadlineseconds`, (seen) => {
    (seen.spec as { activeDeadlineSeconds: number }).activeDeadlineSeconds = 5;
  });
  assert.equal(at(updated, 'spec.activeDeadlineSeconds'), 5);
  const more = { spec: { activeDeadlineSeconds: 6 } };
  await api.refused(422, 'PATCH', `${path}/pod-update-activedeadlineseconds`, more, 'application/merge-patch+json');
});

test('Pods Extended Pods Set QOS Class should be set on Pods with matching resource requests and limits for memory and cpu', async () => {
  const path = within(await api.namespace(), 'pods');
  const amounts = { cpu: '100m', memory: '100Mi' };
  const created = await api.create(path, {
    metadata: { name: 'pod-qos' },
    spec: { containers: [{ name: 'agnhost', image: 'agnhost', resources: { requests: amounts, limits: amounts } }] },
  });
  assert.equal(at(created, 'status.qosClass'), 'Guaranteed');
});

test('Ephemeral Containers will start an ephemeral container in an existing pod', async () => {
  const path = within(await api.namespace(), 'pods');
  await api.create(path, pod('ephemeral-containers-target-pod'));
  const target = `${path}/ephemeral-containers-target-pod`;
  const debug = { name: 'debugger', image: 'busybox', command: ['/bin/sh'], stdin: true, tty: true };
  const patched = await api.patch(
    `${target}/ephemeralcontainers`,
    { spec: { ephemeralContainers: [debug] } },
    'strategic',
  );
  assert.equal(at(patched, 'spec.ephemeralContainers.0.name'), 'debugger');
  // They are added by their subresource alone, and stay.
  const merge = 'application/merge-patch+json';
  await api.refused(422, 'PATCH', target, { spec: { ephemeralContainers: null } }, merge);
  await api.refused(422, 'PATCH', `${target}/ephemeralcontainers`, { spec: { ephemeralContainers: [] } }, merge);
});

test('Ephemeral Containers should update the ephemeral containers in an existing pod', async () => {
  const path = within(await api.namespace(), 'pods');
  await api.create(path, pod('target'));
  const debug = (name: string) => ({ name, image: 'busybox' });
  await api.patch(
    `${path}/target/ephemeralcontainers`,
    { spec: { ephemeralContainers: [debug('debugger')] } },
    'strategic',
  );
  const updated = await api.change(`${path}/target/ephemeralcontainers`, (seen) => {
    const spec = seen.spec as { ephemeralContainers: object[] };
    spec.ephemeralContainers.push(debug('debugger2'));
  });
  const names = (at(updated, 'spec.ephemeralContainers') as Body[]).map(({ name }) => name);
  assert.deepEqual(names, ['debugger', 'debugger2']);
});

test('Pod InPlace Resize API changes the resources of containers alone', async () => {
  const path = within(await api.namespace(), 'pods');
  const resources = (cpu: string) => ({ requests: { cpu, memory: '64Mi' }, limits: { cpu: '1', memory: '128Mi' } });
  await api.create(
    path,
    pod('resized', { containers: [{ name: 'web', image: 'pause', resources: resources('100m') }] }),
  );
  const patched = await api.patch(
    `${path}/resized/resize`,
    { spec: { containers: [{ name: 'web', resources: resources('200m') }] } },
    'strategic',
  );
  assert.equal(at(patched, 'spec.containers.0.resources.requests.cpu'), '200m');
  const strategic = 'application/strategic-merge-patch+json';
  const image = { spec: { containers: [{ name: 'web', image: 'other' }] } };
  // What else is in the body of a resize is not written.
  const same = await api.ok('PATCH', `${path}/resized/resize`, image, { 'content-type': strategic });
  assert.equal(at(same, 'spec.containers.0.image'), 'pause');
  await api.refused(
    422,
    'PATCH',
    `${path}/resized`,
    { spec: { containers: [{ name: 'web', resources: resources('300m') }] } },
    strategic,
  );
});

// ---- templates, leases, nodes, runtime classes -----------------------------------------------------------------------

const template = (name: string) => ({
  metadata: { name, labels: { 'podtemplate-static': 'true' } },
  template: { spec: { containers: [{ name: 'nginx', image: 'nginx' }] } },
});

test('PodTemplates should run the lifecycle of PodTemplates', async () => {
  const namespace = await api.namespace();
  const path = within(namespace, 'podtemplates');
  await api.create(path, template('nginx-pod-template'));
  const patched = await api.patch(`${path}/nginx-pod-template`, { metadata: { labels: { podtemplate: 'patched' } } });
  assert.equal(at(patched, 'metadata.labels.podtemplate'), 'patched');
  await api.delete(`${path}/nginx-pod-template`);
  assert.deepEqual(itemsOf(await api.get('/api/v1/podtemplates?labelSelector=podtemplate-static%3Dtrue')), []);
});

test('PodTemplates should delete a collection of pod templates', async () => {
  const path = within(await api.namespace(), 'podtemplates');
  for (const name of ['test-podtemplate-1', 'test-podtemplate-2', 'test-podtemplate-3'])
    await api.create(path, template(name));
  await api.delete(`${path}?labelSelector=podtemplate-static%3Dtrue`);
  assert.deepEqual(namesOf(await api.get(path)), []);
});

test('PodTemplates should replace a pod template', async () => {
  const path = within(await api.namespace(), 'podtemplates');
  await api.create(path, template('replaced'));
  const updated = await api.change(`${path}/replaced`, (seen) => {
    (seen.metadata as { annotations: Record<string, string> }).annotations = { updated: 'true' };
  });
  assert.equal(at(updated, 'metadata.annotations.updated'), 'true');
});

test('Lease lease API should be available', async () => {
  const namespace = await api.namespace();
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const spec = {
    holderIdentity: 'holder',
    leaseDurationSeconds: 30,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:02.000000Z',
    leaseTransitions: 0,
  };
  await api.create(path, { metadata: { name: 'lease' }, spec });
  assert.deepEqual((await api.get(`${path}/lease`)).spec, spec);
  const next = { ...spec, holderIdentity: 'holder2', leaseDurationSeconds: 45, leaseTransitions: 1 };
  const updated = await api.change(`${path}/lease`, (seen) => {
    seen.spec = next;
  });
  assert.deepEqual(updated.spec, next);
  const patched = await api.patch(`${path}/lease`, { spec: { leaseDurationSeconds: 60 } }, 'strategic');
  assert.equal(at(patched, 'spec.leaseDurationSeconds'), 60);
  await api.create(path, { metadata: { name: 'lease2', labels: { deletecollection: 'true' } }, spec });
  assert.equal(itemsOf(await api.get(path)).length, 2);
  await api.delete(`${path}?labelSelector=deletecollection%3Dtrue`);
  assert.deepEqual(namesOf(await api.get(path)), ['lease']);
  await api.delete(`${path}/lease`);
  await api.gone(`${path}/lease`);
});

test('Node Lifecycle should run through the lifecycle of a node', async () => {
  const path = '/api/v1/nodes';
  const selector = 'labelSelector=e2e-node%3De2e-fake-node';
  await api.create(path, {
    metadata: { name: 'e2e-fake-node', labels: { 'e2e-node': 'e2e-fake-node' } },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', message: 'Set from an e2e test' }] },
  });
  assert.equal(nameOf(await api.get(`${path}/e2e-fake-node`)), 'e2e-fake-node');
  const patched = await api.patch(`${path}/e2e-fake-node`, { metadata: { labels: { 'e2e-fake-node': 'patched' } } });
  assert.equal(at(patched, 'metadata.labels.e2e-fake-node'), 'patched');
  const updated = await api.change(`${path}/e2e-fake-node`, (seen) => {
    (seen.metadata as { labels: Record<string, string> }).labels['e2e-fake-node'] = 'updated';
  });
  assert.equal(at(updated, 'metadata.labels.e2e-fake-node'), 'updated');
  const status = await api.patch(`${path}/e2e-fake-node/status`, {
    status: { conditions: [{ type: 'Ready', status: 'False', message: 'Patched' }] },
  });
  assert.equal(at(status, 'status.conditions.0.message'), 'Patched');
  await api.change(`${path}/e2e-fake-node/status`, (seen) => {
    seen.status = { ...(seen.status as object), conditions: [{ type: 'Ready', status: 'True', message: 'Updated' }] };
  });
  assert.equal(at(await api.get(`${path}/e2e-fake-node`), 'status.conditions.0.message'), 'Updated');
  await api.delete(`${path}?${selector}`);
  await api.gone(`${path}/e2e-fake-node`);
});

test('RuntimeClass should support RuntimeClasses API operations', () =>
  supportsOperations(api, {
    root: '/apis/node.k8s.io/v1',
    resource: 'runtimeclasses',
    kind: 'RuntimeClass',
    object: () => ({ handler: 'e2e-handler' }),
  }));

test('RuntimeClass should reject a Pod requesting a non-existent RuntimeClass', async () => {
  const path = within(await api.namespace(), 'pods');
  await api.refused(403, 'POST', path, pod('rejected', { runtimeClassName: 'nonexistent' }));
});

test('RuntimeClass should reject a Pod requesting a deleted RuntimeClass', async () => {
  const path = within(await api.namespace(), 'pods');
  await api.create('/apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: 'short' }, handler: 'short' });
  await api.delete('/apis/node.k8s.io/v1/runtimeclasses/short');
  await api.refused(403, 'POST', path, pod('rejected', { runtimeClassName: 'short' }));
});

test('RuntimeClass should schedule a Pod requesting a RuntimeClass and initialize its Overhead', async () => {
  const path = within(await api.namespace(), 'pods');
  const podFixed = { cpu: '10m', memory: '1Mi' };
  await api.create('/apis/node.k8s.io/v1/runtimeclasses', {
    metadata: { name: 'heavy' },
    handler: 'heavy',
    overhead: { podFixed },
  });
  const created = await api.create(path, pod('with-overhead', { runtimeClassName: 'heavy' }));
  assert.deepEqual(at(created, 'spec.overhead'), podFixed);
});

test('RuntimeClass should schedule a Pod requesting a RuntimeClass without PodOverhead', async () => {
  const path = within(await api.namespace(), 'pods');
  await api.create('/apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: 'light' }, handler: 'light' });
  const created = await api.create(path, pod('without-overhead', { runtimeClassName: 'light' }));
  assert.equal(at(created, 'spec.overhead'), undefined);
});

test('Sysctls should reject invalid sysctls', async () => {
  const path = within(await api.namespace(), 'pods');
  const sysctls = [
    { name: 'foo-', value: 'bar' },
    { name: 'kernel.shmmax', value: '100000000' },
    { name: 'safe-and-unsafe', value: '100000000' },
    { name: 'bar..', value: '42' },
  ];
  const message = await api.refused(422, 'POST', path, pod('sysctls', { securityContext: { sysctls } }));
  assert.match(message, /Invalid value: "foo-"/);
  assert.match(message, /Invalid value: "bar\.\."/);
  assert.doesNotMatch(message, /safe-and-unsafe|kernel\.shmmax/);
});

// ---- events ----------------------------------------------------------------------------------------------------------

test('Events should manage the lifecycle of an event', async () => {
  const namespace = await api.namespace();
  const path = within(namespace, 'events');
  await api.create(path, {
    metadata: { name: 'event-test', labels: { 'testevent-constant': 'true' } },
    message: 'This is a test event',
    reason: 'Test',
    type: 'Normal',
    count: 1,
    involvedObject: { namespace },
  });
  const all = await api.get('/api/v1/events?labelSelector=testevent-constant%3Dtrue');
  assert.deepEqual(namesOf(all), ['event-test']);
  await api.patch(`${path}/event-test`, { message: 'This is a test event - patched' });
  assert.equal((await api.get(`${path}/event-test`)).message, 'This is a test event - patched');
  const series = { count: 100, lastObservedTime: '2026-01-01T00:00:00.000000Z' };
  const updated = await api.change(`${path}/event-test`, (seen) => {
    seen.series = series;
  });
  assert.deepEqual(updated.series, series);
  await api.delete(`${path}/event-test`);
  await api.gone(`${path}/event-test`);
});

const eventsApi = '/apis/events.k8s.io/v1';
const newEvent = (namespace: string, name: string) => ({
  metadata: { name, labels: { 'testevent-set': 'true' } },
  regarding: { kind: 'Pod', name: 'test-pod', namespace },
  reportingController: 'test-controller',
  reportingInstance: 'test-node',
  eventTime: '2026-01-01T00:00:00.000000Z',
  reason: 'Test',
  action: 'Do',
  type: 'Normal',
  note: 'This is a test event',
});

test('Events API should ensure that an event can be fetched, patched, deleted, and listed', async () => {
  const namespace = await api.namespace();
  const path = `${eventsApi}/namespaces/${namespace}/events`;
  await api.create(path, newEvent(namespace, 'event-test'));
  assert.ok(namesOf(await api.get(`${eventsApi}/events`)).includes('event-test'));
  assert.deepEqual(namesOf(await api.get(path)), ['event-test']);
  assert.deepEqual(
    namesOf(await api.get(`${path}?fieldSelector=reason%3DTest%2CreportingController%3Dtest-controller`)),
    ['event-test'],
  );
  const series = { count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z' };
  await api.patch(`${path}/event-test`, { series }, 'strategic');
  assert.deepEqual((await api.get(`${path}/event-test`)).series, series);
  await api.change(`${path}/event-test`, (seen) => {
    seen.series = { ...series, count: 3 };
  });
  assert.equal(at(await api.get(`${path}/event-test`), 'series.count'), 3);
  await api.delete(`${path}/event-test`);
  assert.deepEqual(namesOf(await api.get(path)), []);
});

test('Events API should delete a collection of events', async () => {
  const namespace = await api.namespace();
  const path = `${eventsApi}/namespaces/${namespace}/events`;
  for (const name of ['test-event-1', 'test-event-2', 'test-event-3'])
    await api.create(path, newEvent(namespace, name));
  assert.equal(itemsOf(await api.get(`${path}?labelSelector=testevent-set%3Dtrue`)).length, 3);
  await api.delete(`${path}?labelSelector=testevent-set%3Dtrue`);
  assert.deepEqual(namesOf(await api.get(path)), []);
});
