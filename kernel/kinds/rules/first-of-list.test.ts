import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignNodeBlocks, alignPodAddresses } from './first-of-list.ts';

test('the address of a pod and the first of its addresses are one; the single one counts where they differ', () => {
  const rows = [
    [{ podIPs: [{ ip: '1.1.1.1' }, { ip: '::1' }] }, { podIP: '1.1.1.1', podIPs: [{ ip: '1.1.1.1' }, { ip: '::1' }] }],
    [{ podIP: '1.1.1.1' }, { podIP: '1.1.1.1', podIPs: [{ ip: '1.1.1.1' }] }],
    [
      { podIP: '2.2.2.2', podIPs: [{ ip: '1.1.1.1' }] },
      { podIP: '2.2.2.2', podIPs: [{ ip: '2.2.2.2' }] },
    ],
    [{ phase: 'Pending' }, { phase: 'Pending' }],
  ] as const;
  for (const [given, wanted] of rows) {
    const status = structuredClone(given) as Record<string, unknown>;
    alignPodAddresses(status);
    assert.deepEqual(status, wanted);
  }
});

test('so are the block of a node and the first of its blocks', () => {
  const spec: Record<string, unknown> = { podCIDRs: ['10.1.0.0/24'] };
  alignNodeBlocks(spec);
  assert.equal(spec.podCIDR, '10.1.0.0/24');
  const old: Record<string, unknown> = { podCIDR: '10.1.0.0/24' };
  alignNodeBlocks(old);
  assert.deepEqual(old.podCIDRs, ['10.1.0.0/24']);
});
