import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../kinds/json.ts';
import { openApi, pod, pods } from './test-api.ts';

test('an update of a pod gets back the tolerations and the priority that every pod has', async () => {
  await using api = await openApi();
  const made = (await api.call('POST', pods, pod('a'))).body;
  const before = made.spec as JsonRecord;
  const own = { key: 'own', operator: 'Exists', effect: 'NoSchedule' };
  const { priority: _priority, preemptionPolicy: _policy, ...rest } = before;
  const answer = await api.call('PUT', `${pods}/a`, { ...made, spec: { ...rest, tolerations: [own] } });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const spec = answer.body.spec as JsonRecord;
  assert.deepEqual(spec.tolerations, [own, ...(before.tolerations as JsonRecord[])]);
  assert.deepEqual([spec.priority, spec.preemptionPolicy], [before.priority, before.preemptionPolicy]);
});

test('a pod that gets a deadline is charged to the quota of pods that have one', async () => {
  await using api = await openApi();
  const quotas = '/api/v1/namespaces/default/resourcequotas';
  const hard = { pods: '1' };
  const made = await api.call('POST', quotas, { metadata: { name: 'q' }, spec: { hard, scopes: ['Terminating'] } });
  await api.call('PUT', `${quotas}/q/status`, { ...made.body, status: { hard } });
  assert.equal((await api.call('POST', pods, pod('a'))).status, 201);
  const mergePatch = { 'content-type': 'application/merge-patch+json' };
  const timed = await api.call('PATCH', `${pods}/a`, { spec: { activeDeadlineSeconds: 60 } }, mergePatch);
  assert.equal(timed.status, 200, timed.text);
  const second = await api.call('POST', pods, pod('b', { activeDeadlineSeconds: 60 }));
  assert.equal(second.status, 403);
  assert.match(String(second.body.message), /exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1/);
  assert.equal((await api.call('POST', pods, pod('c'))).status, 201);
});
