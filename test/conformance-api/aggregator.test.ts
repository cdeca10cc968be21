/** The aggregator: another API server, registered with an APIService, is part of the cell's API. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { kubectl, needsKubectl } from '../kubectl.ts';
import { type Api, at, type Body, itemsOf, namesOf, suite } from './rig.ts';
import { type SampleApiServer, startSampleApiServer } from './sample-api-server.ts';

const { api, kernel } = suite();

const apiServices = '/apis/apiregistration.k8s.io/v1/apiservices';
const all = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const flunders = {
  group: 'wardle.example.com',
  version: 'v1alpha1',
  plural: 'flunders',
  kind: 'Flunder',
  namespaced: true,
  verbs: all,
};
const frontProxyAuthority = (): string => readFileSync(join(kernel().directory, 'pki/front-proxy-ca.crt'), 'utf8');

const available = (object: Body): Body | undefined =>
  ((at(object, 'status.conditions') ?? []) as Body[]).find(({ type }) => type === 'Available');

/** A Service that leads to a port of this machine. */
async function serviceTo(namespace: string, name: string, port: number): Promise<void> {
  const ports = [{ port, protocol: 'TCP' }];
  await api.create(`/api/v1/namespaces/${namespace}/services`, { metadata: { name }, spec: { ports } });
  const subsets = [{ addresses: [{ ip: '127.0.0.1' }], ports }];
  await api.create(`/api/v1/namespaces/${namespace}/endpoints`, { metadata: { name }, subsets });
}

const apiService = (group: string, version: string, namespace: string, name: string, server: SampleApiServer) => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: `${version}.${group}` },
  spec: {
    group,
    version,
    groupPriorityMinimum: 2000,
    versionPriority: 200,
    service: { namespace, name, port: server.port },
    caBundle: Buffer.from(server.authority).toString('base64'),
  },
});

test('Aggregator Should be able to support the 1.17 Sample API Server using the current Aggregator', async () => {
  const namespace = await api.namespace();
  await using server = await startSampleApiServer(`sample-api.${namespace}.svc`, frontProxyAuthority(), [flunders]);
  await serviceTo(namespace, 'sample-api', server.port);
  const name = 'v1alpha1.wardle.example.com';
  await api.create(apiServices, apiService('wardle.example.com', 'v1alpha1', namespace, 'sample-api', server));
  const registered = await api.waitFor(apiServices, name, (object) => available(object)?.status === 'True');
  assert.deepEqual([available(registered)?.reason, available(registered)?.message], ['Passed', 'all checks passed']);

  const path = `/apis/wardle.example.com/v1alpha1/namespaces/${namespace}/flunders`;
  const flunder = (flunderName: string) => ({
    apiVersion: 'wardle.example.com/v1alpha1',
    kind: 'Flunder',
    metadata: { name: flunderName, labels: { 'sample-label': 'yes' } },
  });
  assert.equal(itemsOf(await api.get(path)).length, 0);
  const watch = await api.watch(path);
  await api.create(path, flunder('rest-flunder'));
  await watch.until('ADDED');
  assert.deepEqual(namesOf(await api.get(path)), ['rest-flunder']);
  assert.equal(at(await api.patch(`${path}/rest-flunder`, { spec: { reference: 'x' } }), 'spec.reference'), 'x');
  await watch.until('MODIFIED');
  await api.delete(`${path}/rest-flunder`);
  await watch.until('DELETED');
  await watch.close();
  assert.equal(itemsOf(await api.get(path)).length, 0);

  // Who asks is told; what a client says of itself under those names is not passed on.
  await api.ok('GET', path, undefined, { 'x-remote-user': 'system:admin', authorization: 'Bearer secret' });
  const last = server.asked.at(-1);
  assert.deepEqual([last?.user, last?.groups], ['test', ['system:masters', 'system:authenticated']]);
  assert.equal(last?.headers.authorization, undefined);

  const groups = (await api.get('/apis')).groups as Body[];
  assert.equal(
    at(
      groups.find((group) => group.name === 'wardle.example.com'),
      'preferredVersion.version',
    ),
    'v1alpha1',
  );
  const own = await api.get('/apis/wardle.example.com/v1alpha1');
  assert.deepEqual(
    (own.resources as Body[]).map((resource) => resource.name),
    ['flunders'],
  );
  const accept = 'application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList';
  const discovered = itemsOf((await api.send('GET', '/apis', undefined, { accept })).body);
  const wardle = discovered.find((group) => at(group, 'metadata.name') === 'wardle.example.com');
  assert.equal(at(wardle, 'versions.0.resources.0.resource'), 'flunders');
  assert.ok(Object.hasOwn((await api.get('/openapi/v2')).definitions as object, 'com.example.Flunder'));
  const { paths } = await api.get('/openapi/v3');
  const document = (paths as Record<string, Body>)['apis/wardle.example.com/v1alpha1'];
  assert.equal((await api.get(String(document?.serverRelativeURL))).openapi, '3.0.0');

  // RBAC is asked before anything is passed on.
  const count = server.asked.length;
  const stranger = kernel().port({ name: 'nobody', groups: ['system:authenticated'] });
  const refused = await stranger.send({ method: 'GET', path, headers: { accept: 'application/json' }, stream: false });
  assert.equal(refused.status, 403);
  assert.equal(server.asked.length, count);

  const named = kernel().port({ name: 'Jörg', groups: ['system:masters'] });
  await named.send({ method: 'GET', path, headers: { accept: 'application/json' }, stream: false });
  assert.equal(Buffer.from(server.asked.at(-1)?.user ?? '', 'latin1').toString('utf8'), 'Jörg');

  const patched = await api.patch(`${apiServices}/${name}`, {
    metadata: { labels: { 'e2e-wardle': 'patched' } },
    spec: { versionPriority: 400 },
  });
  assert.equal(at(patched, 'spec.versionPriority'), 400);
  assert.deepEqual(namesOf(await api.get(`${apiServices}?labelSelector=e2e-wardle%3Dpatched`)), [name]);
  const condition = { type: 'StatusUpdated', status: 'True', reason: 'E2E', message: 'Set by e2e test' };
  const updated = await api.change(`${apiServices}/${name}/status`, (object) => {
    (object.status as { conditions: object[] }).conditions.push(condition);
  });
  assert.ok((at(updated, 'status.conditions') as Body[]).some(({ type }) => type === 'StatusUpdated'));
  await api.delete(`${apiServices}?labelSelector=e2e-wardle%3Dpatched`);
  await api.gone(`${apiServices}/${name}`);
  assert.equal((await api.send('GET', path)).status, 404);
});

test('an aggregated API that cannot be reached says why, and comes back by itself', async () => {
  const namespace = await api.namespace();
  const group = 'late.example.com';
  const late = { ...flunders, group };
  const server = await startSampleApiServer(`late.${namespace}.svc`, frontProxyAuthority(), [late]);
  await using _ = server;
  const name = `v1alpha1.${group}`;
  const path = `/apis/${group}/v1alpha1/namespaces/${namespace}/flunders`;
  await api.create(apiServices, apiService(group, 'v1alpha1', namespace, 'late', server));
  const missing = await api.waitFor(apiServices, name, (object) => available(object)?.status === 'False');
  assert.equal(available(missing)?.reason, 'ServiceNotFound');
  const answer = await api.send('GET', path);
  assert.deepEqual([answer.status, answer.body.reason], [503, 'ServiceUnavailable']);
  // The rest of the API does not suffer.
  assert.ok(((await api.get('/apis')).groups as Body[]).length > 5);
  await serviceTo(namespace, 'late', server.port);
  await api.waitFor(apiServices, name, (object) => available(object)?.status === 'True');
  await api.get(path);
  await api.delete(`${apiServices}/${name}`);
});

test('a server whose certificate is not of the named authority is not believed', async () => {
  const namespace = await api.namespace();
  const group = 'false.example.com';
  await using server = await startSampleApiServer(`false.${namespace}.svc`, frontProxyAuthority(), [
    { ...flunders, group },
  ]);
  await serviceTo(namespace, 'false', server.port);
  const other = apiService(group, 'v1alpha1', namespace, 'false', { ...server, authority: frontProxyAuthority() });
  await api.create(apiServices, other);
  const name = `v1alpha1.${group}`;
  const refused = await api.waitFor(apiServices, name, (object) => available(object)?.status === 'False');
  assert.equal(available(refused)?.reason, 'FailedDiscoveryCheck');
  await api.patch(`${apiServices}/${name}`, { spec: { caBundle: null, insecureSkipTLSVerify: true } });
  await api.waitFor(apiServices, name, (object) => available(object)?.status === 'True');
  await api.delete(`${apiServices}/${name}`);
});

test('every group version the kernel serves has its APIService', async () => {
  const list = await api.get(apiServices);
  const apps = itemsOf(list).find((object) => at(object, 'metadata.name') === 'v1.apps');
  assert.equal(available(apps ?? {})?.reason, 'Local');
  assert.ok(namesOf(list).includes('v1.'));
  await api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'things.services.example.com' },
    spec: {
      group: 'services.example.com',
      scope: 'Cluster',
      names: { plural: 'things', singular: 'thing', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  });
  await api.waitFor(apiServices, 'v1.services.example.com', (object) => at(object, 'spec.versionPriority') === 100);
  await api.delete('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.services.example.com');
  await api.waitForGone(apiServices, 'v1.services.example.com');
  await api.delete(`${apiServices}/v1.batch`);
  await api.waitFor(apiServices, 'v1.batch', (object) => available(object)?.reason === 'Local');
});

test('an aggregated API server finds out whom to believe', async () => {
  const map = await api.get('/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication');
  assert.equal(at(map, 'data.requestheader-client-ca-file'), frontProxyAuthority());
  assert.equal(at(map, 'data.requestheader-username-headers'), '["X-Remote-User"]');
  assert.equal(at(map, 'data.requestheader-allowed-names'), '["front-proxy-client"]');
  const role = await api.get(
    '/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/roles/extension-apiserver-authentication-reader',
  );
  assert.deepEqual(at(role, 'rules.0.resourceNames'), ['extension-apiserver-authentication']);
});

test('kubectl top shows what an aggregated metrics API measures', needsKubectl, async () => {
  await withMetrics(api, async (run) => {
    assert.match(
      await run('top nodes'),
      /^NAME\s+CPU\(cores\)\s+CPU\(%\)\s+MEMORY\(bytes\)\s+MEMORY\(%\)\s*\nnode-1\s+250m\s+12%\s+512Mi\s+50%/m,
    );
    assert.match(await run('get apiservice v1beta1.metrics.k8s.io'), /metrics-server\s+True/);
    assert.match(
      await run('api-resources --api-group=metrics.k8s.io'),
      /nodes\s+metrics\.k8s\.io\/v1beta1\s+false\s+NodeMetrics/,
    );
  });
});

async function withMetrics(client: Api, use: (run: (command: string) => Promise<string>) => Promise<void>) {
  const namespace = await client.namespace();
  const resource = (plural: string, kind: string, namespaced: boolean) => ({
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    plural,
    kind,
    namespaced,
    verbs: ['get', 'list'],
  });
  await using server = await startSampleApiServer(`metrics-server.${namespace}.svc`, frontProxyAuthority(), [
    resource('nodes', 'NodeMetrics', false),
    resource('pods', 'PodMetrics', true),
  ]);
  server.objects.set('nodes/node-1', {
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind: 'NodeMetrics',
    metadata: { name: 'node-1' },
    timestamp: '2026-01-01T00:00:00Z',
    window: '10s',
    usage: { cpu: '250m', memory: '512Mi' },
  });
  await client.create('/api/v1/nodes', {
    metadata: { name: 'node-1' },
    status: { capacity: { cpu: '2', memory: '1Gi' }, allocatable: { cpu: '2', memory: '1Gi' } },
  });
  await serviceTo(namespace, 'metrics-server', server.port);
  await client.create(apiServices, apiService('metrics.k8s.io', 'v1beta1', namespace, 'metrics-server', server));
  await client.waitFor(apiServices, 'v1beta1.metrics.k8s.io', (object) => available(object)?.status === 'True');
  const home = mkdtempSync(join(tmpdir(), 'diatom-top-'));
  try {
    await use(async (command) => {
      const result = await kubectl(command.split(' '), { kubeconfig: kernel().kernel.kubeconfigPath, home });
      assert.equal(result.code, 0, result.stderr);
      return result.stdout;
    });
  } finally {
    rmSync(home, { recursive: true });
    await client.delete(`${apiServices}/v1beta1.metrics.k8s.io`);
  }
}
