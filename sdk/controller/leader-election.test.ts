import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease } from '../kinds/lease.ts';
import { heldLease, nextMove } from './leader-election.ts';

const options = { namespace: 'n', name: 'l', identity: 'me' };
const lease = (holderIdentity: string): Lease => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'l', namespace: 'n', resourceVersion: '5' },
  spec: { holderIdentity, leaseDurationSeconds: 15, leaseTransitions: 2, acquireTime: 'before' },
});

const rows = [
  ['no lease yet', undefined, 0, { kind: 'create' }],
  ['mine', lease('me'), 60_000, { kind: 'renew' }],
  ['given back', lease(''), 0, { kind: 'take' }],
  ['another’s, seen just now', lease('you'), 5_000, { kind: 'wait', delayMs: 10_000 }],
  ['another’s, silent for its whole duration', lease('you'), 15_000, { kind: 'take' }],
] as const;

for (const [name, present, ageMs, move] of rows) {
  test(`a candidate's next move: ${name} → ${move.kind}`, () => {
    assert.deepEqual(nextMove({ lease: present, seenMs: 1_000 }, 'me', 15_000, 1_000 + ageMs), move);
  });
}

test('taking a lease counts a transition, renewing it does not', () => {
  assert.equal(heldLease(lease('you'), options, 15_000, 0).spec?.leaseTransitions, 3);
  const renewed = heldLease(lease('me'), options, 15_000, 0);
  assert.equal(renewed.spec?.leaseTransitions, 2);
  assert.equal(renewed.spec?.acquireTime, 'before');
  assert.equal(renewed.metadata.resourceVersion, '5');
});
