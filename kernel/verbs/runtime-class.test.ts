import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { openApi, pod, pods, type TestApi } from './test-api.ts';

const classes = '/apis/node.k8s.io/v1/runtimeclasses';

const runtimeClass = (name: string, more: JsonRecord = {}): JsonRecord => ({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name },
  handler: name,
  ...more,
});

const toleration = { key: 'kvm', operator: 'Exists', effect: 'NoSchedule' };

async function openApiWithClasses(): Promise<TestApi> {
  const api = await openApi();
  const hvt = { scheduling: { nodeSelector: { 'diatom.dev/hvt': 'true' }, tolerations: [toleration] } };
  for (const one of [
    runtimeClass('process'),
    runtimeClass('hvt', hvt),
    runtimeClass('heavy', { overhead: { podFixed: { memory: '1Mi' } } }),
  ]) {
    assert.equal((await api.call('POST', classes, one)).status, 201);
  }
  return api;
}

const specOf = (answer: { readonly body: JsonRecord }): JsonRecord => answer.body.spec as JsonRecord;

test('a pod of a RuntimeClass that is not there is forbidden, in the words of Kubernetes', async () => {
  await using api = await openApiWithClasses();
  const answer = await api.call('POST', pods, pod('a', { runtimeClassName: 'gvisor' }));
  assert.equal(answer.status, 403);
  assert.equal(answer.body.reason, 'Forbidden');
  assert.equal(answer.body.message, 'pods "a" is forbidden: pod rejected: RuntimeClass "gvisor" not found');
  assert.equal((await api.call('POST', pods, pod('b', { runtimeClassName: 'process' }))).status, 201);
});

test("the class's node selector and tolerations are added to the pod's own", async () => {
  await using api = await openApiWithClasses();
  const own = { key: 'kvm', operator: 'Equal', value: 'x', effect: 'NoSchedule' };
  const other = { key: 'other', operator: 'Exists' };
  const answer = await api.call(
    'POST',
    pods,
    pod('a', { runtimeClassName: 'hvt', nodeSelector: { zone: 'b' }, tolerations: [own, other] }),
  );
  const spec = specOf(answer);
  assert.deepEqual(spec.nodeSelector, { zone: 'b', 'diatom.dev/hvt': 'true' });
  const tolerations = spec.tolerations as JsonRecord[];
  // Its own is covered by the class's, which takes its place.
  assert.deepEqual(
    tolerations.filter(({ key }) => key === 'kvm'),
    [toleration],
  );
  assert.ok(tolerations.some(({ key }) => key === 'other'));
});

test('a node selector that contradicts the class is forbidden', async () => {
  await using api = await openApiWithClasses();
  const nodeSelector = { 'diatom.dev/hvt': 'false' };
  const answer = await api.call('POST', pods, pod('a', { runtimeClassName: 'hvt', nodeSelector }));
  assert.equal(answer.status, 403);
  assert.equal(
    answer.body.message,
    'pods "a" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[diatom.dev/hvt] = true; pod.spec.nodeSelector[diatom.dev/hvt] = false',
  );
});

test('overhead comes from the class and from nowhere else', async () => {
  await using api = await openApiWithClasses();
  const created = await api.call('POST', pods, pod('a', { runtimeClassName: 'heavy' }));
  assert.deepEqual(specOf(created).overhead, { memory: '1Mi' });
  const wrong = await api.call('POST', pods, pod('b', { runtimeClassName: 'heavy', overhead: { memory: '2Mi' } }));
  assert.match(String(wrong.body.message), /Pod's Overhead doesn't match RuntimeClass's defined Overhead/);
  const alone = await api.call('POST', pods, pod('c', { overhead: { memory: '2Mi' } }));
  assert.match(String(alone.body.message), /Overhead set without corresponding RuntimeClass defined Overhead/);
});

test('a RuntimeClass that could not be used is refused', async () => {
  await using api = await openApi();
  const selector = await api.call(
    'POST',
    classes,
    runtimeClass('a', { scheduling: { nodeSelector: { 'not a label': 'x' } } }),
  );
  assert.equal(selector.status, 422);
  assert.match(String(selector.body.message), /scheduling\.nodeSelector/);
  const handler = await api.call('POST', classes, runtimeClass('b', { handler: 'Not_a_label' }));
  assert.match(String(handler.body.message), /handler/);
});
