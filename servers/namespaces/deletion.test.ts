import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCondition, type Namespace, resources } from '@diatom/sdk';
import { deletionConditions, type Sweep } from './deletion.ts';

const namespace: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } };

const held = (finalizers: readonly string[]) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', finalizers: [...finalizers] },
});

const clean: Sweep = { remaining: [], discoveryError: undefined, deletionErrors: [] };
const remaining = [
  { resource: { ...resources.pods, verbs: [] }, objects: [held(['a/b']), held(['a/b', 'c/d']), held([])] },
];

const rows: readonly (readonly [string, Sweep, string, string, string, string])[] = [
  [
    'nothing is left',
    clean,
    'NamespaceContentRemaining',
    'False',
    'ContentRemoved',
    'All content successfully removed',
  ],
  [
    'pods are left',
    { ...clean, remaining },
    'NamespaceContentRemaining',
    'True',
    'SomeResourcesRemain',
    'Some resources are remaining: pods. has 3 resource instances',
  ],
  [
    'finalizers hold',
    { ...clean, remaining },
    'NamespaceFinalizersRemaining',
    'True',
    'SomeFinalizersRemain',
    'Some content in the namespace has finalizers remaining: a/b in 2 resource instances, c/d in 1 resource instances',
  ],
  [
    'discovery fails',
    { ...clean, discoveryError: 'no answer' },
    'NamespaceDeletionDiscoveryFailure',
    'True',
    'DiscoveryFailed',
    'no answer',
  ],
  [
    'deletions fail',
    { ...clean, deletionErrors: ['one', 'two'] },
    'NamespaceDeletionContentFailure',
    'True',
    'ContentDeletionFailed',
    'one; two',
  ],
];

for (const [name, sweep, type, status, reason, message] of rows) {
  test(`${name}: ${type} is ${status}`, () => {
    const condition = findCondition(deletionConditions(namespace, sweep, 0), type);
    assert.deepEqual([condition?.status, condition?.reason, condition?.message], [status, reason, message]);
  });
}

test('a second look that finds the same writes nothing', () => {
  const conditions = deletionConditions(namespace, { ...clean, remaining }, 0);
  const seen: Namespace = { ...namespace, status: { phase: 'Terminating', conditions } };
  assert.equal(deletionConditions(seen, { ...clean, remaining }, 60_000), conditions);
});
