/** What a Kubernetes control plane tells about itself: how its parts are, what it counts, what it has to offer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, namesOf, suite } from './rig.ts';

const { api } = suite();

test('ComponentStatus tells how the store is, and is only read', async () => {
  const path = '/api/v1/componentstatuses';
  assert.deepEqual(namesOf(await api.get(path)), ['etcd-0']);
  const one = await api.send('GET', `${path}/etcd-0`);
  assert.deepEqual(at(one.body, 'conditions.0.status'), 'True');
  assert.match(String(one.headers.warning), /v1 ComponentStatus is deprecated in v1\.19\+/);
  assert.equal((await api.send('GET', `${path}/nothing`)).status, 404);
  assert.equal((await api.send('DELETE', `${path}/etcd-0`)).status, 405);
  assert.equal((await api.send('GET', `${path}?watch=true`)).status, 405);
  const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
  const table = (await api.send('GET', path, undefined, accept)).body;
  assert.deepEqual(at(table, 'rows.0.cells'), ['etcd-0', 'Healthy', 'ok', '']);
});

test('metrics are for those who may read them, in Prometheus text', async () => {
  const namespace = await api.namespace();
  await api.get(`/api/v1/namespaces/${namespace}/configmaps`);
  const answer = await api.send('GET', '/metrics');
  assert.match(String(answer.headers['content-type']), /^text\/plain; version=0\.0\.4/);
  const counted =
    /^apiserver_request_total\{code="200",component="apiserver",verb="LIST",dry_run="",group="",version="v1",resource="configmaps",subresource="",scope="namespace"\} \d+$/m;
  assert.match(answer.text, counted);
  for (const name of [
    'apiserver_request_duration_seconds_bucket',
    'apiserver_current_inflight_requests{request_kind="mutating"}',
    'apiserver_resource_objects{group="",resource="namespaces"}',
    'apiserver_storage_objects{resource="namespaces"}',
    'apiserver_storage_size_bytes{storage_cluster_id="etcd-0"}',
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'nodejs_eventloop_lag_seconds',
    'diatom_store_revision',
  ]) {
    assert.ok(answer.text.includes(`\n${name}`), name);
  }
  const { text } = await api.send('GET', '/metrics/slis');
  assert.match(text, /^kubernetes_healthcheck\{name="etcd-0",type="readyz"\} 1$/m);
  assert.equal((await api.send('GET', '/metrics', undefined, { 'impersonate-user': 'jane' })).status, 403);
  const monitoring = { 'impersonate-user': 'prometheus', 'impersonate-group': 'system:monitoring' };
  assert.equal((await api.send('GET', '/metrics', undefined, monitoring)).status, 200);
});

test('the root lists the paths', async () => {
  const paths = (await api.get('/')).paths as readonly string[];
  for (const path of ['/api', '/apis/apps', '/apis/apps/v1', '/apis/apiregistration.k8s.io', '/metrics', '/version']) {
    assert.ok(paths.includes(path), path);
  }
});

test('methods that mean nothing are forbidden to those without rights and refused to the others', async () => {
  const path = `/api/v1/namespaces/${await api.namespace()}/configmaps`;
  for (const method of ['OPTIONS', 'TRACE']) {
    assert.equal((await api.send(method, path)).status, 405, method);
    assert.equal((await api.send(method, path, undefined, { 'impersonate-user': 'jane' })).status, 403, method);
  }
  assert.equal((await api.send('HEAD', path)).status, 405);
  const pod = path.replace('configmaps', 'pods/a');
  assert.equal((await api.send('PUT', `${pod}/exec`)).status, 405);
  assert.equal((await api.send('PUT', `${pod}/portforward`)).status, 405);
});
