import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../json.ts';
import { recordAt, recordsAt } from '../json.ts';
import { preparePod } from './pod-defaults.ts';
import { labelKeyErrors } from './pod-label-keys.ts';

const prepared = (spec: JsonRecord): JsonRecord => {
  const pod: JsonRecord = { metadata: { labels: { app: 'web', hash: 'a1' } }, spec };
  preparePod(pod, { nowMs: Date.parse('2026-01-01T00:00:00Z') });
  return pod;
};

test('keys of labels become expressions of the selector, with the values the new pod has', () => {
  const strict = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  const labelSelector = { matchLabels: { app: 'web' } };
  const spec = {
    affinity: {
      podAffinity: { [strict]: [{ labelSelector: { ...labelSelector }, matchLabelKeys: ['hash', 'absent'] }] },
      podAntiAffinity: {
        [preferred]: [{ podAffinityTerm: { labelSelector: { ...labelSelector }, mismatchLabelKeys: ['hash'] } }],
      },
    },
    topologySpreadConstraints: [
      { labelSelector: { ...labelSelector }, matchLabelKeys: ['hash'] },
      { matchLabelKeys: ['hash'] },
    ],
  };
  prepared(spec);
  const same = { ...labelSelector, matchExpressions: [{ key: 'hash', operator: 'In', values: ['a1'] }] };
  const other = { ...labelSelector, matchExpressions: [{ key: 'hash', operator: 'NotIn', values: ['a1'] }] };
  assert.deepEqual(recordsAt(spec, 'affinity', 'podAffinity', strict)[0]?.labelSelector, same);
  const [anti] = recordsAt(spec, 'affinity', 'podAntiAffinity', preferred);
  assert.deepEqual(recordAt(anti ?? {}, 'podAffinityTerm', 'labelSelector'), other);
  assert.deepEqual(spec.topologySpreadConstraints[0]?.labelSelector, same);
  assert.equal(spec.topologySpreadConstraints[1]?.labelSelector, undefined, 'it matches nothing and goes on to do so');
});

test('keys of labels are refused where they say nothing or contradict', () => {
  const told = (term: JsonRecord): readonly string[] => labelKeyErrors(term, 'at').map(({ field }) => field);
  const labelSelector = { matchLabels: { app: 'web' } };
  assert.deepEqual(told({ matchLabelKeys: ['hash'] }), ['at.matchLabelKeys']);
  assert.deepEqual(told({ labelSelector, mismatchLabelKeys: ['a b'] }), ['at.mismatchLabelKeys[0]']);
  const merged = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] };
  assert.deepEqual(told({ labelSelector: merged, matchLabelKeys: ['app'] }), ['at[0]']);
  const both = { labelSelector, matchLabelKeys: ['a'], mismatchLabelKeys: ['a'] };
  assert.deepEqual(told(both), ['at.matchLabelKeys[0]']);
});

test('a pod behind gates says so from the beginning', () => {
  const { status } = prepared({ schedulingGates: [{ name: 'quota' }] });
  const [condition] = recordsAt(status as JsonRecord, 'conditions');
  assert.deepEqual(
    [condition?.type, condition?.status, condition?.reason],
    ['PodScheduled', 'False', 'SchedulingGated'],
  );
  assert.equal(recordsAt(prepared({}).status as JsonRecord, 'conditions').length, 0);
});
