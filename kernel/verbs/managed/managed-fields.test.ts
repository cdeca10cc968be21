import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../../kinds/json.ts';
import { configMap, configMaps, deployments, openApi, pods, type TestApi } from '../test-api.ts';

const mergePatch = { 'content-type': 'application/merge-patch+json' };
const yaml = { 'content-type': 'application/apply-patch+yaml' };
const createdAt = '2026-01-01T00:00:00Z';

const entriesOf = (object: JsonRecord): JsonRecord[] =>
  ((object.metadata as JsonRecord).managedFields ?? []) as JsonRecord[];
const names = (object: JsonRecord): string[] =>
  entriesOf(object).map(({ manager, operation, subresource }) =>
    [manager, operation, ...(subresource === undefined ? [] : [subresource])].join(' '),
  );

async function patch(api: TestApi, path: string, manager: string, change: JsonRecord): Promise<JsonRecord> {
  api.clock.nowMs += 1000;
  const { status, body, text } = await api.call('PATCH', `${path}?fieldManager=${manager}`, change, mergePatch);
  assert.equal(status, 200, text);
  return body;
}

test('a new Pod is all its creator’s, in the form kube-apiserver writes', async () => {
  await using api = await openApi();
  const pod = {
    metadata: { generateName: 'web-', labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }] }] },
  };
  const { body } = await api.call('POST', `${pods}?fieldManager=kubectl-create`, pod);
  const [entry, ...others] = entriesOf(body);
  assert.deepEqual(others, []);
  const leaf = {};
  assert.deepEqual(entry, {
    manager: 'kubectl-create',
    operation: 'Update',
    apiVersion: 'v1',
    time: createdAt,
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': { 'f:generateName': leaf, 'f:labels': { '.': leaf, 'f:app': leaf } },
      'f:spec': {
        'f:containers': {
          'k:{"name":"web"}': {
            '.': leaf,
            'f:image': leaf,
            'f:imagePullPolicy': leaf,
            'f:name': leaf,
            'f:ports': {
              '.': leaf,
              'k:{"containerPort":80,"protocol":"TCP"}': { '.': leaf, 'f:containerPort': leaf, 'f:protocol': leaf },
            },
            'f:resources': leaf,
            'f:terminationMessagePath': leaf,
            'f:terminationMessagePolicy': leaf,
          },
        },
        'f:dnsPolicy': leaf,
        'f:enableServiceLinks': leaf,
        'f:restartPolicy': leaf,
        'f:schedulerName': leaf,
        'f:securityContext': leaf,
        'f:terminationGracePeriodSeconds': leaf,
      },
    },
  });
});

test('a manager without a name is its user agent up to the version', async () => {
  await using api = await openApi();
  const agent = { 'user-agent': 'kube-controller-manager/v1.35.0 (linux/amd64) kubernetes/1234567' };
  const { body } = await api.call('POST', configMaps, configMap('a', { data: { x: '1' } }), agent);
  assert.deepEqual(names(body), ['kube-controller-manager Update']);
  const unnamed = await api.call('POST', configMaps, configMap('b', { data: { x: '1' } }));
  assert.deepEqual(names(unnamed.body), ['unknown Update']);
  const long = await api.call('POST', `${configMaps}?fieldManager=${'x'.repeat(129)}`, configMap('c'));
  assert.equal(long.status, 422);
});

test('who changes a field takes it; who takes one away is not noted down', async () => {
  await using api = await openApi();
  await api.call('POST', `${configMaps}?fieldManager=one`, configMap('a', { data: { x: '1', y: '1' } }));
  const path = `${configMaps}/a`;
  const changed = await patch(api, path, 'two', { data: { x: '2' } });
  assert.deepEqual(
    entriesOf(changed).map(({ manager, time, fieldsV1 }) => [manager, time, fieldsV1]),
    [
      ['one', createdAt, { 'f:data': { '.': {}, 'f:y': {} } }],
      ['two', '2026-01-01T00:00:01Z', { 'f:data': { 'f:x': {} } }],
    ],
  );
  const removed = await patch(api, path, 'three', { data: { y: null } });
  assert.deepEqual(
    entriesOf(removed).map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
    [
      ['one', { 'f:data': {} }],
      ['two', { 'f:data': { 'f:x': {} } }],
    ],
  );
});

test('a write that changes nothing changes no time and no version', async () => {
  await using api = await openApi();
  const { body: created } = await api.call(
    'POST',
    `${configMaps}?fieldManager=one`,
    configMap('a', { data: { x: '1' } }),
  );
  const same = await patch(api, `${configMaps}/a`, 'two', { data: { x: '1' } });
  assert.deepEqual(same.metadata, created.metadata);
});

test('status and scale are written by managers of their own', async () => {
  await using api = await openApi();
  const web = {
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'b' }] } },
    },
  };
  await api.call('POST', `${deployments}?fieldManager=one`, web);
  await patch(api, `${deployments}/web/status`, 'one', { status: { replicas: 1 } });
  await patch(api, `${deployments}/web/scale`, 'one', { spec: { replicas: 3 } });
  const { body } = await api.call('GET', `${deployments}/web`);
  assert.deepEqual(names(body), ['one Update', 'one Update status', 'one Update scale']);
  assert.deepEqual(entriesOf(body)[2]?.fieldsV1, { 'f:spec': { 'f:replicas': {} } });
});

test('server-side apply to scale owns the replicas, conflicts over them and changes nothing else', async () => {
  await using api = await openApi();
  await api.call('POST', `${deployments}?fieldManager=one`, {
    metadata: { name: 'web' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'b' }] } },
    },
  });
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas: 4 } };
  const path = `${deployments}/web/scale?fieldManager=scaler`;
  const refused = await api.call('PATCH', path, scale, yaml);
  assert.equal(
    refused.body.message,
    `Apply failed with 1 conflict: conflict with "one" using apps/v1 at ${createdAt}: .spec.replicas`,
  );
  const forced = await api.call('PATCH', `${path}&force=true`, scale, yaml);
  assert.deepEqual([forced.status, forced.body.kind, forced.body.spec], [200, 'Scale', { replicas: 4 }]);
  const { body } = await api.call('GET', `${deployments}/web`);
  assert.deepEqual(names(body), ['scaler Apply scale', 'one Update']);
  assert.deepEqual(entriesOf(body)[0]?.fieldsV1, { 'f:spec': { 'f:replicas': {} } });
  const absent = await api.call('PATCH', `${deployments}/none/scale?fieldManager=x`, { ...scale, metadata: {} }, yaml);
  assert.equal(absent.status, 404);
});

test('an empty list makes an object that nobody manages until it is applied', async () => {
  await using api = await openApi();
  await api.call('POST', configMaps, configMap('a', { data: { x: '1' } }));
  const path = `${configMaps}/a`;
  const emptied = await patch(api, path, 'one', { metadata: { managedFields: [{}] } });
  assert.deepEqual(entriesOf(emptied), []);
  assert.deepEqual(entriesOf(await patch(api, path, 'one', { data: { x: '2' } })), []);
  const { body } = await api.call('PATCH', `${path}?fieldManager=two`, configMap('a', { data: { y: '1' } }), yaml);
  assert.deepEqual(names(body), ['two Apply', 'before-first-apply Update']);
});

test('a list that cannot be understood is not taken over', async () => {
  await using api = await openApi();
  const { body: created } = await api.call('POST', configMaps, configMap('a', { data: { x: '1' } }));
  const broken = [{ manager: 'x', operation: 'Guess', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }];
  const written = await patch(api, `${configMaps}/a`, 'one', { metadata: { managedFields: broken } });
  assert.deepEqual(entriesOf(written), entriesOf(created));
});

test('of more than ten updaters the oldest become ancient-changes', async () => {
  await using api = await openApi();
  const path = `${configMaps}/a`;
  await api.call('POST', `${configMaps}?fieldManager=m0`, configMap('a', { data: { k0: '' } }));
  let last: JsonRecord = {};
  for (let count = 1; count <= 11; count++) last = await patch(api, path, `m${count}`, { data: { [`k${count}`]: '' } });
  assert.deepEqual(names(last), [
    'ancient-changes Update',
    ...Array.from({ length: 9 }, (_, index) => `m${index + 3} Update`),
  ]);
  assert.deepEqual(entriesOf(last)[0]?.fieldsV1, { 'f:data': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {} } });
});

test('kubectl’s apply keeps the annotation of its client-side half in step', async () => {
  await using api = await openApi();
  const key = 'kubectl.kubernetes.io/last-applied-configuration';
  const old = JSON.stringify(configMap('a', { data: { x: '1' } }));
  await api.call('POST', `${configMaps}?fieldManager=kubectl-client-side-apply`, {
    metadata: { name: 'a', annotations: { [key]: old } },
    data: { x: '1' },
  });
  const applied = configMap('a', { data: { x: '2' } });
  const { body, status } = await api.call('PATCH', `${configMaps}/a?fieldManager=kubectl`, applied, yaml);
  assert.equal(status, 200);
  const annotations = (body.metadata as JsonRecord).annotations as Record<string, string>;
  assert.deepEqual(JSON.parse(annotations[key] ?? ''), { ...applied, metadata: { name: 'a', namespace: 'default' } });
});
