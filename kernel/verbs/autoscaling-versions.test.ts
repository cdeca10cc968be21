/** autoscaling/v1 and v2: one stored object, two ways to see it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonRecord, recordAt, stringAt } from '../kinds/json.ts';
import { openApi, type TestApi } from './test-api.ts';

const path = (version: string, name = ''): string =>
  `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers${name === '' ? '' : `/${name}`}`;

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const processor = (averageUtilization: number): JsonRecord => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

async function inVersion(api: TestApi, version: string, name: string): Promise<JsonRecord> {
  const { status, body, text } = await api.call('GET', path(version, name));
  assert.equal(status, 200, text);
  assert.equal(body.apiVersion, `autoscaling/${version}`);
  return body;
}

test('an autoscaler of v1 is one of v2 with a metric for the processor', async () => {
  await using api = await openApi();
  const spec = { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 60 };
  const created = await api.call('POST', path('v1'), { metadata: { name: 'a' }, spec });
  assert.equal(created.status, 201, created.text);
  assert.deepEqual(created.body.spec, { ...spec, minReplicas: 1 });
  assert.deepEqual(created.body.status, { currentReplicas: 0, desiredReplicas: 0 });
  const second = await inVersion(api, 'v2', 'a');
  assert.deepEqual(second.spec, { scaleTargetRef, minReplicas: 1, maxReplicas: 3, metrics: [processor(60)] });
  assert.equal(stringAt(second, 'metadata', 'uid'), stringAt(created.body, 'metadata', 'uid'));
});

test('without a target an autoscaler of v1 aims at 80 %, as one of v2 does', async () => {
  await using api = await openApi();
  const { body } = await api.call('POST', path('v1'), {
    metadata: { name: 'a' },
    spec: { scaleTargetRef, maxReplicas: 3 },
  });
  assert.equal(recordAt(body, 'spec').targetCPUUtilizationPercentage, 80);
});

test('what only v2 can say stands in annotations of v1, and survives a write there', async () => {
  await using api = await openApi();
  const metrics = [
    processor(50),
    { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } },
    { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } } },
    {
      type: 'Object',
      object: {
        describedObject: { kind: 'Service', name: 's', apiVersion: 'v1' },
        metric: { name: 'queue' },
        target: { type: 'Value', value: '5' },
      },
    },
    {
      type: 'External',
      external: {
        metric: { name: 'jobs', selector: { matchLabels: { a: 'b' } } },
        target: { type: 'AverageValue', averageValue: '2' },
      },
    },
  ];
  const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } };
  const made = await api.call('POST', path('v2'), {
    metadata: { name: 'a', annotations: { own: 'x' } },
    spec: { scaleTargetRef, maxReplicas: 3, metrics, behavior },
  });
  assert.equal(made.status, 201, made.text);
  const first = await inVersion(api, 'v1', 'a');
  assert.equal(recordAt(first, 'spec').targetCPUUtilizationPercentage, 50);
  const annotations = recordAt(first, 'metadata', 'annotations');
  assert.equal(annotations.own, 'x');
  assert.deepEqual(JSON.parse(String(annotations['autoscaling.alpha.kubernetes.io/metrics'])), [
    { type: 'Resource', resource: { name: 'memory', targetAverageValue: '1Gi' } },
    { type: 'Pods', pods: { metricName: 'hits', targetAverageValue: '10' } },
    {
      type: 'Object',
      object: { target: { kind: 'Service', name: 's', apiVersion: 'v1' }, metricName: 'queue', targetValue: '5' },
    },
    {
      type: 'External',
      external: { metricName: 'jobs', metricSelector: { matchLabels: { a: 'b' } }, targetAverageValue: '2' },
    },
  ]);
  assert.match(
    String(annotations['autoscaling.alpha.kubernetes.io/behavior']),
    /"ScaleDown":\{"StabilizationWindowSeconds":60,"SelectPolicy":"Max"/,
  );
  const same = await api.call('PUT', path('v1', 'a'), first);
  assert.equal(same.status, 200, same.text);
  assert.equal(stringAt(same.body, 'metadata', 'resourceVersion'), stringAt(first, 'metadata', 'resourceVersion'));
  const patch = { spec: { maxReplicas: 9 } };
  const headers = { 'content-type': 'application/merge-patch+json' };
  assert.equal((await api.call('PATCH', path('v1', 'a'), patch, headers)).status, 200);
  const after = await inVersion(api, 'v2', 'a');
  assert.deepEqual(recordAt(after, 'metadata').annotations, { own: 'x' });
  assert.deepEqual(recordAt(after, 'spec').metrics, recordAt(made.body, 'spec').metrics);
  assert.deepEqual(recordAt(after, 'spec').behavior, recordAt(made.body, 'spec').behavior);
  assert.equal(recordAt(after, 'spec').maxReplicas, 9);
});

test('watchers and lists of each version see it in theirs, printed the same', async () => {
  await using api = await openApi();
  const watches = { v1: await api.watch(`${path('v1')}?watch=1`), v2: await api.watch(`${path('v2')}?watch=1`) };
  await api.call('POST', path('v1'), { metadata: { name: 'a' }, spec: { scaleTargetRef, maxReplicas: 3 } });
  for (const [version, watch] of Object.entries(watches)) {
    const { type, object } = await watch.next();
    assert.deepEqual([type, object.apiVersion], ['ADDED', `autoscaling/${version}`]);
    const list = await api.call('GET', path(version));
    assert.deepEqual((list.body.items as readonly JsonRecord[])[0], object);
  }
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const cells = async (version: string): Promise<unknown> => {
    const { body } = await api.call('GET', path(version), undefined, { accept });
    return (body.rows as readonly JsonRecord[])[0]?.cells;
  };
  assert.deepEqual(await cells('v1'), await cells('v2'));
  assert.match(JSON.stringify(await cells('v1')), /"cpu: <unknown>\/80%"/);
});

test('discovery names both and prefers v2', async () => {
  await using api = await openApi();
  const { body } = await api.call('GET', '/apis/autoscaling');
  assert.deepEqual(
    (body.versions as readonly JsonRecord[]).map(({ version }) => version),
    ['v2', 'v1'],
  );
  assert.equal(stringAt(body, 'preferredVersion', 'version'), 'v2');
});
