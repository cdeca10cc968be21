import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Identity } from '@diatom/sdk/api';
import { openAccess, rbacGroup } from '../test-access.ts';

const jane: Identity = { name: 'jane', groups: [] };
const type = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' };
const object = { ...type, metadata: { name: 'a' }, spec: { signerName: 'example.com/one' } };

const decide = (subresource: string) =>
  ({
    identity: jane,
    verb: 'update',
    group: 'certificates.k8s.io',
    resource: 'certificatesigningrequests',
    subresource,
    namespace: '',
    name: 'a',
    object,
    previous: object,
  }) as const;

test('who decides a signing request needs the right over its signer, or all of its domain', async () => {
  for (const signer of ['example.com/one', 'example.com/*']) {
    await using cell = openAccess();
    assert.match(cell.access.admit(decide('approval'))?.message ?? '', /user not permitted to approve requests/);
    await cell.put(rbacGroup, 'clusterroles', {
      metadata: { name: 'approver' },
      rules: [
        { verbs: ['approve'], apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: [signer] },
      ],
    });
    await cell.put(rbacGroup, 'clusterrolebindings', {
      metadata: { name: 'approver' },
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'approver' },
      subjects: [{ kind: 'User', name: 'jane', apiGroup: rbacGroup }],
    });
    assert.equal(cell.access.admit(decide('approval')), undefined);
    assert.match(cell.access.admit(decide('status'))?.message ?? '', /user not permitted to sign requests/);
    assert.equal(cell.access.admit(decide('')), undefined);
  }
});
