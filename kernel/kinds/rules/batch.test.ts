import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../json.ts';
import { jobRules } from './batch.ts';

const job = (pod: JsonRecord, suspend: boolean, status: JsonRecord = {}): JsonRecord => ({
  spec: { suspend, template: { spec: { containers: [{ name: 'main', image: 'a' }], ...pod } } },
  status,
});

const resources = { requests: { cpu: '2' } };
const changes: Readonly<Record<string, JsonRecord>> = {
  resources: { containers: [{ name: 'main', image: 'a', resources }] },
  placement: { nodeSelector: { disk: 'ssd' }, tolerations: [{ operator: 'Exists' }] },
  'affinity to nodes': {
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }] } },
  },
};

const refused = (after: JsonRecord, before: JsonRecord): readonly string[] =>
  (jobRules.validateUpdate?.(after, before) ?? []).map(({ field }) => field);

const suspended = { startTime: '2026-01-01T00:00:00Z', conditions: [{ type: 'Suspended', status: 'True' }] };

for (const [what, change] of Object.entries(changes))
  test(`a job at rest takes other ${what}, one that has pods does not`, () => {
    assert.deepEqual(refused(job(change, true), job({}, true)), []);
    assert.deepEqual(refused(job(change, false), job({}, true, suspended)), [], 'it may be resumed with the change');
    assert.deepEqual(refused(job(change, true), job({}, true, { ...suspended, active: 1 })), ['spec.template']);
    assert.deepEqual(refused(job(change, false), job({}, false)), ['spec.template']);
    const started = { startTime: suspended.startTime };
    assert.deepEqual(refused(job(change, true), job({}, true, started)), ['spec.template'], 'not yet suspended');
  });

test('a job at rest keeps its image and its affinity to pods', () => {
  const image = { containers: [{ name: 'main', image: 'b' }] };
  const affinity = { affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }] } } };
  for (const change of [image, affinity])
    assert.deepEqual(refused(job(change, true), job({}, true)), ['spec.template.spec']);
});

const identity = { nowMs: 0, user: { name: 'test', groups: [] }, others: () => [] };

function created(labels?: Record<string, string>, metadata: JsonRecord = {}): JsonRecord {
  const template = { metadata: labels === undefined ? {} : { labels: { ...labels } }, spec: { containers: [] } };
  const object: JsonRecord = { metadata: { name: 'sum', uid: 'u1', ...metadata }, spec: { template } };
  jobRules.defaults?.(object);
  jobRules.prepareCreate?.(object, identity);
  return object;
}

const generated = {
  'controller-uid': 'u1',
  'job-name': 'sum',
  'batch.kubernetes.io/controller-uid': 'u1',
  'batch.kubernetes.io/job-name': 'sum',
};
const labelsOf = (object: JsonRecord): unknown => (object.metadata as JsonRecord).labels;

test("a job without labels has its pods' labels, the generated ones among them", () => {
  assert.deepEqual(labelsOf(created({ app: 'sum' })), { app: 'sum', ...generated });
  assert.deepEqual(labelsOf(created({ app: 'sum' }, { labels: { team: 'a' } })), { team: 'a' });
  assert.deepEqual(labelsOf(created()), generated);
});

test('labels somebody put in the place of the generated ones are refused, not replaced', () => {
  const messages = (jobRules.validateCreate?.(created({ 'controller-uid': 'other' })) ?? []).map(
    ({ field, message }) => `${field}: ${message}`,
  );
  assert.match(
    messages[0] ?? '',
    /^spec\.template\.metadata\.labels\[controller-uid\]: Invalid value: .*must be 'u1'$/,
  );
});
