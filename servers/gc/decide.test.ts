import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '@diatom/sdk';
import { type Decision, decide, type OwnerState } from './decide.ts';

function object(owners: readonly OwnerState[], more: KubernetesObject['metadata'] = {}): KubernetesObject {
  const ownerReferences = owners.map((state, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: state,
    uid: `${index} ${state}`,
  }));
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'o', uid: 'o', ownerReferences, ...more } };
}

const dependent = (blockOwnerDeletion: boolean): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'o', blockOwnerDeletion }] },
});

const going = { deletionTimestamp: 'now' };

const rows: readonly (readonly [string, KubernetesObject, readonly KubernetesObject[], Decision])[] = [
  ['no owners', object([]), [], { kind: 'nothing' }],
  ['its owner is there', object(['present']), [], { kind: 'nothing' }],
  ['its owner is gone', object(['absent']), [], { kind: 'delete', policy: 'Background' }],
  ['all its owners are gone', object(['absent', 'absent']), [], { kind: 'delete', policy: 'Background' }],
  ['one of two owners is gone', object(['absent', 'present']), [], { kind: 'drop-references', uids: ['0 absent'] }],
  ['one waits, one is there', object(['waiting', 'present']), [], { kind: 'drop-references', uids: ['0 waiting'] }],
  ['its owner waits', object(['waiting']), [], { kind: 'delete', policy: 'Background' }],
  [
    'its owner waits and it has dependents',
    object(['waiting']),
    [dependent(true)],
    { kind: 'delete', policy: 'Foreground' },
  ],
  [
    'its owner is gone and it is to orphan',
    object(['absent'], { finalizers: ['orphan'] }),
    [],
    { kind: 'delete', policy: 'Orphan' },
  ],
  [
    'its owner waits, and so does its dependent',
    {
      ...object([]),
      metadata: {
        name: 'o',
        uid: 'o',
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'waiting', uid: 'w', blockOwnerDeletion: true }],
      },
    },
    [{ ...dependent(true), metadata: { deletionTimestamp: 'now', finalizers: ['foregroundDeletion'] } }],
    { kind: 'unblock-owners' },
  ],
  ['going, held by others', object(['absent'], { ...going, finalizers: ['x/y'] }), [], { kind: 'nothing' }],
  ['going, orphaning', object([], { ...going, finalizers: ['orphan'] }), [], { kind: 'orphan-dependents' }],
  [
    'going in the foreground, blocked',
    object([], { ...going, finalizers: ['foregroundDeletion'] }),
    [dependent(true)],
    { kind: 'wait-for-dependents' },
  ],
  [
    'going in the foreground, dependents that do not block',
    object([], { ...going, finalizers: ['foregroundDeletion'] }),
    [dependent(false)],
    { kind: 'release', finalizer: 'foregroundDeletion' },
  ],
];

for (const [name, subject, dependents, expected] of rows) {
  test(`${name} → ${expected.kind}`, () => {
    const stateOf = (owner: { readonly name: string }) => owner.name as OwnerState;
    assert.deepEqual(decide(subject, stateOf, dependents), expected);
  });
}
