import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonRecord, recordAt, recordsAt } from '../json.ts';
import { cronJobRules, jobRules } from './batch.ts';
import { replicationControllerRules } from './workloads.ts';

test('a condition of a failure policy means that it is true', () => {
  const spec = () => ({
    podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] },
  });
  const one: JsonRecord = { spec: spec() };
  jobRules.defaults?.(one);
  const schedule: JsonRecord = { spec: { jobTemplate: { spec: spec() } } };
  cronJobRules.defaults?.(schedule);
  const patterns = [recordAt(one, 'spec'), recordAt(schedule, 'spec', 'jobTemplate', 'spec')].map((owner) =>
    recordsAt(owner, 'podFailurePolicy', 'rules').flatMap((rule) => recordsAt(rule, 'onPodConditions')),
  );
  assert.deepEqual(patterns, [
    [{ type: 'DisruptionTarget', status: 'True' }],
    [{ type: 'DisruptionTarget', status: 'True' }],
  ]);
});

test('a replication controller without labels and selector has the labels of its pods', () => {
  const controller: JsonRecord = {
    metadata: { name: 'c' },
    spec: { template: { metadata: { labels: { app: 'x' } } } },
  };
  replicationControllerRules.defaults?.(controller);
  assert.deepEqual(recordAt(controller, 'metadata', 'labels'), { app: 'x' });
  assert.deepEqual(recordAt(controller, 'spec', 'selector'), { app: 'x' });
});
