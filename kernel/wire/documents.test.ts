import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { openApi } from '../verbs/test-api.ts';

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

test('aggregated discovery has every kind once, and an ETag', async () => {
  await using api = await openApi();
  const answer = await api.call('GET', '/apis', undefined, { accept: aggregated });
  assert.equal(answer.headers['content-type'], 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
  const groups = answer.body.items as {
    metadata: { name: string };
    versions: { version: string; resources: JsonRecord[] }[];
  }[];
  const apps = groups.find(({ metadata }) => metadata.name === 'apps');
  const deployments = apps?.versions[0]?.resources.find(({ resource }) => resource === 'deployments');
  assert.deepEqual(deployments, {
    resource: 'deployments',
    responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' },
    scope: 'Namespaced',
    singularResource: 'deployment',
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: [
      {
        subresource: 'status',
        responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' },
        verbs: ['get', 'patch', 'update'],
      },
      {
        subresource: 'scale',
        responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
        verbs: ['get', 'patch', 'update'],
      },
    ],
  });
  const again = await api.call('GET', '/apis', undefined, {
    accept: aggregated,
    'if-none-match': answer.headers.etag ?? '',
  });
  assert.equal(again.status, 304);
});

test('plain discovery: versions, groups, resources', async () => {
  await using api = await openApi();
  assert.deepEqual((await api.call('GET', '/api')).body.versions, ['v1']);
  const groups = (await api.call('GET', '/apis')).body.groups as JsonRecord[];
  assert.ok(groups.every(({ name }) => name !== ''));
  assert.deepEqual((await api.call('GET', '/apis/batch')).body.preferredVersion, {
    groupVersion: 'batch/v1',
    version: 'v1',
  });
  const resources = (await api.call('GET', '/api/v1')).body.resources as JsonRecord[];
  const eviction = resources.find(({ name }) => name === 'pods/eviction');
  assert.deepEqual([eviction?.group, eviction?.version, eviction?.kind], ['policy', 'v1', 'Eviction']);
  // As the world knows them: of group, version and kind that are stored, so both groups of events have the same.
  const hashOf = async (path: string, resource: string) =>
    ((await api.call('GET', path)).body.resources as JsonRecord[]).find(({ name }) => name === resource)
      ?.storageVersionHash;
  assert.equal(await hashOf('/api/v1', 'pods'), 'xPOwRZ+Yhw8=');
  assert.equal(await hashOf('/apis/events.k8s.io/v1', 'events'), 'r2yiGXH7wu8=');
  assert.equal(await hashOf('/apis/autoscaling/v1', 'horizontalpodautoscalers'), 'qwQve8ut294=');
  assert.equal(await hashOf('/apis/authentication.k8s.io/v1', 'tokenreviews'), undefined);
});

test('every OpenAPI document refers only to what it contains', async () => {
  await using api = await openApi();
  const { paths } = (await api.call('GET', '/openapi/v3')).body as {
    paths: Record<string, { serverRelativeURL: string }>;
  };
  assert.ok(paths['api/v1'] !== undefined && paths['apis/apps/v1'] !== undefined);
  for (const { serverRelativeURL } of Object.values(paths)) {
    const answer = await api.call('GET', serverRelativeURL);
    assert.equal(answer.headers['cache-control'], 'public, immutable');
    const { components } = answer.body as { components: { schemas: JsonRecord } };
    for (const [, name = ''] of answer.text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      assert.ok(components.schemas[name] !== undefined, `${serverRelativeURL} lacks ${name}`);
    }
  }
});

test('OpenAPI documents have no empty lists of parameters, which no reader of Go keeps', async () => {
  await using api = await openApi();
  for (const path of ['/openapi/v3/api/v1', '/openapi/v3/apis/storage.k8s.io/v1'])
    assert.doesNotMatch(JSON.stringify((await api.call('GET', path)).body), /"parameters":\[\]/, path);
});

test('PATCH says in its document that it validates fields and runs dry', async () => {
  await using api = await openApi();
  const { paths } = (await api.call('GET', '/openapi/v3/apis/apps/v1')).body as {
    paths: Record<string, { patch: JsonRecord }>;
  };
  const patch = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.patch;
  assert.deepEqual(patch?.['x-kubernetes-group-version-kind'], { group: 'apps', version: 'v1', kind: 'Deployment' });
  const names = ((patch?.parameters ?? []) as JsonRecord[]).map(({ name }) => name);
  for (const name of ['dryRun', 'fieldValidation', 'fieldManager', 'force']) assert.ok(names.includes(name), name);
});

test('a stale hash is sent on to the present one', async () => {
  await using api = await openApi();
  const answer = await api.call('GET', '/openapi/v3/api/v1?hash=OLD');
  assert.equal(answer.status, 301);
  assert.match(answer.headers.location ?? '', /^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{64}$/);
});

test('/version has integers, as conformance wants', async () => {
  await using api = await openApi();
  const { major, minor } = (await api.call('GET', '/version')).body;
  assert.deepEqual([major, minor], ['1', '35']);
});

test('groups come by their priority: the aggregator’s own, apps before batch, definitions of users last', async () => {
  await using api = await openApi();
  const { body } = await api.call('GET', '/apis');
  const names = (body.groups as JsonRecord[]).map(({ name }) => name);
  assert.deepEqual(names.slice(0, 4), ['apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io']);
  assert.ok(names.indexOf('batch') < names.indexOf('policy'));
});

test('documents are nobody’s but the asker’s, save those that have their hash in their address', async () => {
  await using api = await openApi();
  for (const path of [
    '/api',
    '/api/v1',
    '/apis',
    '/apis/apps',
    '/apis/apps/v1',
    '/version',
    '/openapi/v2',
    '/openapi/v3',
  ]) {
    const { headers } = await api.call('GET', path);
    assert.equal(headers['cache-control'], 'no-cache, private', path);
  }
});

test('OpenAPI v3 has the scale of what can be scaled, with its type', async () => {
  await using api = await openApi();
  const { body } = await api.call('GET', '/openapi/v3/apis/apps/v1');
  const path = (body.paths as JsonRecord)[
    '/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale'
  ] as JsonRecord;
  assert.deepEqual((path.get as JsonRecord)['x-kubernetes-group-version-kind'], {
    group: 'autoscaling',
    version: 'v1',
    kind: 'Scale',
  });
  assert.ok('io.k8s.api.autoscaling.v1.Scale' in ((body.components as JsonRecord).schemas as JsonRecord));
});

test('OpenAPI v2 in JSON names the paths of all groups and versions', async () => {
  await using api = await openApi();
  const { body } = await api.call('GET', '/openapi/v2');
  const paths = Object.keys(body.paths as JsonRecord);
  for (const path of ['/api/', '/api/v1/', '/apis/apps/', '/apis/apps/v1/', '/apis/apiextensions.k8s.io/'])
    assert.ok(paths.includes(path), path);
});
