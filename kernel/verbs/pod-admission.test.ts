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
