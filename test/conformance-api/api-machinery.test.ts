/** What the upstream conformance tests of sig-api-machinery check of discovery, reads, watches, namespaces and quotas. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { supportsOperations, writesStatus } from './operations.ts';
import { at, type Body, itemsOf, nameOf, namesOf, suite, type Watch } from './rig.ts';

const { api } = suite();

const configMapsOf = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`;
const configMap = (name: string, labels: Record<string, string> = {}) => ({ metadata: { name, labels }, data: {} });
const revisionOf = (object: Body): string => String(at(object, 'metadata.resourceVersion'));

test('server version should find the server version', async () => {
  const body = await api.get('/version');
  assert.match(`${body.major}.${body.minor}`, /^\d+\.\d+$/);
});

test('Discovery should validate PreferredVersion for each APIGroup', async () => {
  const groups = (await api.get('/apis')).groups as Body[];
  assert.ok(groups.length > 5);
  for (const { name, preferredVersion, versions } of groups) {
    assert.ok(
      (versions as Body[]).some(({ version }) => version === at(preferredVersion, 'version')),
      String(name),
    );
    for (const { groupVersion } of versions as Body[]) {
      assert.equal((await api.get(`/apis/${groupVersion}`)).groupVersion, groupVersion);
    }
  }
});

test('Discovery should locate the groupVersion and a resource within each APIGroup', async () => {
  const expected = [
    ['apiregistration.k8s.io/v1', 'apiservices'],
    ['admissionregistration.k8s.io/v1', 'mutatingwebhookconfigurations'],
    ['apiextensions.k8s.io/v1', 'customresourcedefinitions'],
    ['apps/v1', 'deployments'],
    ['authentication.k8s.io/v1', 'tokenreviews'],
    ['authorization.k8s.io/v1', 'selfsubjectaccessreviews'],
    ['autoscaling/v1', 'horizontalpodautoscalers'],
    ['autoscaling/v2', 'horizontalpodautoscalers'],
    ['batch/v1', 'jobs'],
    ['certificates.k8s.io/v1', 'certificatesigningrequests'],
    ['coordination.k8s.io/v1', 'leases'],
    ['discovery.k8s.io/v1', 'endpointslices'],
    ['events.k8s.io/v1', 'events'],
    ['networking.k8s.io/v1', 'ingresses'],
    ['node.k8s.io/v1', 'runtimeclasses'],
    ['policy/v1', 'poddisruptionbudgets'],
    ['rbac.authorization.k8s.io/v1', 'clusterroles'],
    ['scheduling.k8s.io/v1', 'priorityclasses'],
    ['storage.k8s.io/v1', 'csinodes'],
  ] as const;
  const groups = (await api.get('/apis')).groups as Body[];
  for (const [groupVersion, resource] of expected) {
    const [group = ''] = groupVersion.split('/');
    const found = groups.find(({ name }) => name === group);
    assert.ok(
      ((found?.versions ?? []) as Body[]).some((version) => version.groupVersion === groupVersion),
      groupVersion,
    );
    const { resources } = await api.get(`/apis/${groupVersion}`);
    assert.ok(
      (resources as Body[]).some(({ name }) => name === resource),
      `${groupVersion} ${resource}`,
    );
  }
});

const aggregated = 'application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList';

async function aggregatedGroups(path: string, accept = aggregated): Promise<readonly Body[]> {
  const { body, headers } = await api.send('GET', path, undefined, { accept });
  assert.equal(body.kind, 'APIGroupDiscoveryList');
  assert.match(headers['content-type'] ?? '', /as=APIGroupDiscoveryList/);
  return itemsOf(body);
}

const versionOf = (groups: readonly Body[], group: string, version: string): Body | undefined => {
  const found = groups.find((item) => (at(item, 'metadata.name') ?? '') === group);
  return ((found?.versions ?? []) as Body[]).find((item) => item.version === version);
};

test('AggregatedDiscovery should support aggregated discovery interface', async () => {
  const groups = await aggregatedGroups('/apis');
  for (const [group, version, resource] of [
    ['apps', 'v1', 'deployments'],
    ['batch', 'v1', 'jobs'],
    ['rbac.authorization.k8s.io', 'v1', 'roles'],
    ['apiextensions.k8s.io', 'v1', 'customresourcedefinitions'],
  ] as const) {
    const found = (versionOf(groups, group, version)?.resources ?? []) as Body[];
    assert.ok(
      found.some((item) => item.resource === resource),
      `${group}/${version} ${resource}`,
    );
  }
  const core = (versionOf(await aggregatedGroups('/api'), '', 'v1')?.resources ?? []) as Body[];
  const pods = core.find(({ resource }) => resource === 'pods');
  assert.deepEqual([pods?.scope, pods?.singularResource], ['Namespaced', 'pod']);
});

test('AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers', async () => {
  for (const accept of [
    aggregated,
    aggregated.replace('v=v2;', 'v=v2beta1;'),
    `${aggregated},application/json`,
    `application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,${aggregated.replace('v=v2;', 'v=v2beta1;')},application/json`,
  ]) {
    for (const path of ['/api', '/apis']) assert.ok((await aggregatedGroups(path, accept)).length > 0);
  }
  assert.equal((await api.send('GET', '/apis')).body.kind, 'APIGroupList');
});

const definition = (plural: string, group = 'discovery.example.com') => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural, singular: plural.slice(0, -1), kind: plural[0]?.toUpperCase() + plural.slice(1, -1) },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

test('AggregatedDiscovery should support aggregated discovery interface for CRDs', async () => {
  await api.create(definitions, definition('foos'));
  const resources = (versionOf(await aggregatedGroups('/apis'), 'discovery.example.com', 'v1')?.resources ??
    []) as Body[];
  assert.deepEqual(
    resources.map(({ resource, scope, responseKind }) => [resource, scope, at(responseKind, 'kind')]),
    [['foos', 'Namespaced', 'Foo']],
  );
  await api.delete(`${definitions}/foos.discovery.example.com`);
  await api.waitForGone(definitions, 'foos.discovery.example.com');
  assert.equal(versionOf(await aggregatedGroups('/apis'), 'discovery.example.com', 'v1'), undefined);
});

test('AggregatedDiscovery should support raw aggregated discovery request for CRDs', async () => {
  await api.create(definitions, definition('raws', 'raw.example.com'));
  const { body, headers } = await api.send('GET', '/apis', undefined, { accept: aggregated });
  assert.ok(versionOf(itemsOf(body), 'raw.example.com', 'v1') !== undefined);
  const again = { accept: aggregated, 'if-none-match': headers.etag ?? '' };
  assert.equal((await api.send('GET', '/apis', undefined, again)).status, 304);
});

test('Servers with support for API chunking should return chunks of results for list calls', async () => {
  const namespace = await api.namespace();
  const path = `/api/v1/namespaces/${namespace}/podtemplates`;
  const template = { template: { spec: { containers: [{ name: 'test', image: 'test2' }] } } };
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      api.create(path, { metadata: { name: `template-${String(index).padStart(4, '0')}` }, ...template }),
    ),
  );
  for (const limit of [7, 16, 39, 100]) {
    const names: string[] = [];
    let next = '';
    let revision: string | undefined;
    do {
      const list = await api.get(`${path}?limit=${limit}${next === '' ? '' : `&continue=${next}`}`);
      names.push(...namesOf(list));
      assert.ok(itemsOf(list).length <= limit);
      revision ??= revisionOf(list);
      assert.equal(revisionOf(list), revision);
      assert.equal(at(list, 'metadata.remainingItemCount') ?? 0, 40 - names.length);
      next = String(at(list, 'metadata.continue') ?? '');
    } while (next !== '');
    assert.equal(names.length, 40);
    assert.deepEqual(names, [...new Set(names)].sort());
  }
});

test('Servers with support for Table transformation should return a 406 for a backend which does not implement metadata', async () => {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
  };
  const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  assert.equal((await api.send('POST', path, review, accept)).status, 406);
});

// ---- watches -------------------------------------------------------------------------------------------------------

/** The next events of a watch, as type and name. */
async function take(watch: Watch, count: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count) {
    const { type, object } = await watch.next();
    seen.push(`${type} ${nameOf(object)}`);
  }
  await watch.close();
  return seen;
}

test('Watchers should observe add, update, and delete watch notifications on configmaps', async () => {
  const path = configMapsOf(await api.namespace());
  const from = revisionOf(await api.get(path));
  const open = (selector: string): Promise<Watch> =>
    api.watch(`${path}?resourceVersion=${from}&labelSelector=${encodeURIComponent(selector)}`);
  const [a, b, both] = await Promise.all([open('watch=A'), open('watch=B'), open('watch in (A,B)')]);
  await api.create(path, configMap('a', { watch: 'A' }));
  await api.patch(`${path}/a`, { data: { mutation: '1' } });
  await api.patch(`${path}/a`, { data: { mutation: '2' } });
  await api.delete(`${path}/a`);
  await api.create(path, configMap('b', { watch: 'B' }));
  await api.delete(`${path}/b`);
  const ofA = ['ADDED a', 'MODIFIED a', 'MODIFIED a', 'DELETED a'];
  const ofB = ['ADDED b', 'DELETED b'];
  assert.deepEqual(await take(a, 4), ofA);
  assert.deepEqual(await take(b, 2), ofB);
  assert.deepEqual(await take(both, 6), [...ofA, ...ofB]);
});

test('Watchers should be able to start watching from a specific resource version', async () => {
  const path = configMapsOf(await api.namespace());
  await api.create(path, configMap('a'));
  const first = await api.patch(`${path}/a`, { data: { x: '1' } });
  await api.patch(`${path}/a`, { data: { x: '2' } });
  await api.delete(`${path}/a`);
  const watch = await api.watch(`${path}?resourceVersion=${revisionOf(first)}`);
  assert.deepEqual(await take(watch, 2), ['MODIFIED a', 'DELETED a']);
});

test('Watchers should be able to restart watching from the last resource version observed by the previous watch', async () => {
  const path = configMapsOf(await api.namespace());
  const broken = await api.watch(`${path}?resourceVersion=${revisionOf(await api.get(path))}`);
  await api.create(path, configMap('a'));
  await api.patch(`${path}/a`, { data: { x: '1' } });
  await broken.until('ADDED');
  const last = await broken.until('MODIFIED');
  await broken.close();
  await api.patch(`${path}/a`, { data: { x: '2' } });
  await api.delete(`${path}/a`);
  const resumed = await api.watch(`${path}?resourceVersion=${revisionOf(last)}`);
  assert.deepEqual(await take(resumed, 2), ['MODIFIED a', 'DELETED a']);
});

test('Watchers should observe an object deletion if it stops meeting the requirements of the selector', async () => {
  const path = configMapsOf(await api.namespace());
  const created = await api.create(path, configMap('a', { in: 'yes' }));
  const watch = await api.watch(`${path}?resourceVersion=${revisionOf(created)}&labelSelector=in%3Dyes`);
  await api.patch(`${path}/a`, { data: { x: '1' } });
  await api.patch(`${path}/a`, { metadata: { labels: { in: 'no' } } });
  await api.patch(`${path}/a`, { data: { x: '2' } });
  await api.patch(`${path}/a`, { metadata: { labels: { in: 'yes' } } });
  await api.patch(`${path}/a`, { data: { x: '3' } });
  await api.delete(`${path}/a`);
  assert.deepEqual(await take(watch, 5), ['MODIFIED a', 'DELETED a', 'ADDED a', 'MODIFIED a', 'DELETED a']);
});

test('Watchers should receive events on concurrent watches in same order', async () => {
  const path = configMapsOf(await api.namespace());
  const from = revisionOf(await api.get(path));
  const writes = Array.from({ length: 30 }, async (_, index) => {
    await api.create(path, configMap(`c${index}`));
    await api.patch(`${path}/c${index}`, { data: { x: '1' } });
    if (index % 2 === 0) await api.delete(`${path}/c${index}`);
  });
  const opened = Array.from({ length: 5 }, async () => take(await api.watch(`${path}?resourceVersion=${from}`), 75));
  await Promise.all(writes);
  const [first, ...others] = await Promise.all(opened);
  for (const other of others) assert.deepEqual(other, first);
});

// ---- namespaces ----------------------------------------------------------------------------------------------------

test('Namespaces should patch a Namespace', async () => {
  const path = `/api/v1/namespaces/${await api.namespace()}`;
  await api.patch(path, { metadata: { labels: { testLabel: 'testValue' } } }, 'strategic');
  assert.equal(at(await api.get(path), 'metadata.labels.testLabel'), 'testValue');
});

test('Namespaces should apply an update to a Namespace', async () => {
  const path = `/api/v1/namespaces/${await api.namespace()}`;
  const updated = await api.change(path, (seen) => {
    const metadata = seen.metadata as { labels: Record<string, string>; name: string };
    metadata.labels[metadata.name] = 'updated';
  });
  assert.equal(at(updated, `metadata.labels.${nameOf(updated)}`), 'updated');
});

test('Namespaces should apply changes to a namespace status', async () => {
  const path = `/api/v1/namespaces/${await api.namespace()}`;
  const condition = (type: string) => ({ type, status: 'True', reason: 'E2E', message: `${type} by an e2e test` });
  const stored = await api.get(`${path}/status`);
  assert.equal(at(stored, 'status.phase'), 'Active');
  const change = {
    metadata: { annotations: { 'e2e-patched-ns-status': nameOf(stored) } },
    status: { conditions: [condition('StatusPatch')] },
  };
  const patched = await api.patch(`${path}/status`, change);
  assert.equal(at(patched, 'metadata.annotations.e2e-patched-ns-status'), nameOf(stored));
  assert.equal(at(patched, 'status.conditions.0.type'), 'StatusPatch');
  const updated = await api.change(`${path}/status`, (seen) => {
    const status = seen.status as { conditions: object[] };
    status.conditions.push(condition('StatusUpdate'));
  });
  assert.equal(at(updated, 'status.conditions.1.type'), 'StatusUpdate');
});

test('Namespaces should apply a finalizer to a Namespace', async () => {
  const path = `/api/v1/namespaces/${await api.namespace()}`;
  const finalizer = 'e2e.example.com/fakeFinalizer';
  const stored = await api.get(path);
  const before = at(stored, 'spec.finalizers') as string[];
  const added = await api.update(`${path}/finalize`, { ...stored, spec: { finalizers: [...before, finalizer] } });
  assert.deepEqual(at(added, 'spec.finalizers'), [...before, finalizer]);
  const removed = await api.update(`${path}/finalize`, { ...added, spec: { finalizers: before } });
  assert.deepEqual(at(removed, 'spec.finalizers'), before);
});

// ---- flow control --------------------------------------------------------------------------------------------------

const flowControl = '/apis/flowcontrol.apiserver.k8s.io/v1';
const conditions = [{ type: 'Dangling', status: 'False', reason: 'E2E', message: 'Set by an e2e test' }];

test('API priority and fairness should support FlowSchema API operations', () =>
  supportsOperations(api, {
    root: flowControl,
    resource: 'flowschemas',
    kind: 'FlowSchema',
    object: () => ({
      spec: {
        matchingPrecedence: 10000,
        priorityLevelConfiguration: { name: 'global-default' },
        distinguisherMethod: { type: 'ByUser' },
        rules: [
          {
            subjects: [{ kind: 'User', user: { name: 'example-e2e-non-existent-user' } }],
            nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
          },
        ],
      },
    }),
    change: { spec: { matchingPrecedence: 9999 } },
    status: { conditions },
  }));

test('API priority and fairness should support PriorityLevelConfiguration API operations', () =>
  supportsOperations(api, {
    root: flowControl,
    resource: 'prioritylevelconfigurations',
    kind: 'PriorityLevelConfiguration',
    object: () => ({
      spec: {
        type: 'Limited',
        limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } },
      },
    }),
    change: { spec: { limited: { nominalConcurrencyShares: 4 } } },
    status: { conditions },
  }));

// ---- quotas, as objects; what they count is in quota.test.ts ---------------------------------------------------------

test('ResourceQuota should be able to update and delete ResourceQuota.', async () => {
  const path = `/api/v1/namespaces/${await api.namespace()}/resourcequotas`;
  const hard = (spec: unknown): unknown => at(spec, 'spec.hard');
  const created = await api.create(path, {
    metadata: { name: 'q' },
    spec: { hard: { cpu: '1', memory: '500Mi' } },
  });
  assert.deepEqual(hard(created), { cpu: '1', memory: '500Mi' });
  assert.deepEqual(hard(await api.get(`${path}/q`)), { cpu: '1', memory: '500Mi' });
  const updated = await api.change(`${path}/q`, (seen) => {
    seen.spec = { hard: { cpu: '2', memory: '1Gi' } };
  });
  assert.deepEqual(hard(updated), { cpu: '2', memory: '1Gi' });
  assert.deepEqual(hard(await api.get(`${path}/q`)), { cpu: '2', memory: '1Gi' });
  await api.delete(`${path}/q`);
  await api.gone(`${path}/q`);
});

test('ResourceQuota should manage the lifecycle of a ResourceQuota', async () => {
  const namespace = await api.namespace();
  const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
  await api.create(path, {
    metadata: { name: 'q', labels: { 'e2e-rq-label': 'q' } },
    spec: { hard: { cpu: '1', memory: '500Mi' } },
  });
  const patched = await api.patch(
    `${path}/q`,
    { metadata: { labels: { q: 'patched' } }, spec: { hard: { memory: '750Mi' } } },
    'strategic',
  );
  assert.equal(at(patched, 'metadata.labels.q'), 'patched');
  assert.deepEqual(at(patched, 'spec.hard'), { cpu: '1', memory: '750Mi' });
  const everywhere = await api.get('/api/v1/resourcequotas?labelSelector=e2e-rq-label%3Dq');
  assert.deepEqual(namesOf(everywhere), ['q']);
  await api.delete(`${path}?labelSelector=e2e-rq-label%3Dq`);
  await api.gone(`${path}/q`);
});

test('ResourceQuota should apply changes to a resourcequota status', async () => {
  const path = `/api/v1/namespaces/${await api.namespace()}/resourcequotas`;
  await api.create(path, { metadata: { name: 'q' }, spec: { hard: { cpu: '500m', memory: '500Mi' } } });
  const hard = { cpu: '500m', memory: '500Mi' };
  const used = { cpu: '0', memory: '0' };
  await writesStatus(api, `${path}/q`, { hard, used });
  assert.deepEqual(at(await api.get(`${path}/q`), 'spec.hard'), hard);
});

test('Events should delete a collection of events', async () => {
  const namespace = await api.namespace();
  const path = `/api/v1/namespaces/${namespace}/events`;
  for (const name of ['test-event-1', 'test-event-2', 'test-event-3']) {
    const involvedObject = { namespace, kind: 'Pod', name: 'x' };
    await api.create(path, {
      metadata: { name, labels: { testevent: 'true' } },
      involvedObject,
      reason: 'Test',
      type: 'Normal',
    });
  }
  assert.equal(itemsOf(await api.get(`${path}?labelSelector=testevent%3Dtrue`)).length, 3);
  await api.delete(`${path}?labelSelector=testevent%3Dtrue`);
  assert.deepEqual(itemsOf(await api.get(path)), []);
});
