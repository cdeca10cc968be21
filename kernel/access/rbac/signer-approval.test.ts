import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Identity } from '@diatom/sdk/api';
import { sequence, set, utf8 } from '../pki/der.ts';
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

test('nobody becomes a member of system:masters through the signer of API clients', async () => {
  await using cell = openAccess();
  const attribute = (type: readonly number[], value: string) =>
    set(sequence(Uint8Array.of(0x06, 0x03, 0x55, 0x04, ...type), utf8(value)));
  const pemOf = (organization: string): string => {
    const subject = sequence(attribute([0x03], 'jane'), attribute([0x0a], organization));
    const body = sequence(sequence(Uint8Array.of(0x02, 0x01, 0x00), subject));
    return `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(body).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  };
  const create = (pem: string, signerName = 'kubernetes.io/kube-apiserver-client') => {
    const spec = { signerName, request: Buffer.from(pem).toString('base64') };
    return cell.access.admit({
      ...decide(''),
      verb: 'create',
      object: { ...object, spec } as typeof object,
      previous: undefined,
    });
  };
  const message = 'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed';
  assert.ok(create(pemOf('system:masters'))?.message?.endsWith(message));
  assert.equal(create(pemOf('developers')), undefined);
  assert.equal(create(pemOf('system:masters'), 'example.com/own'), undefined);
  assert.match(create(pemOf('x').slice(0, 50))?.message ?? '', /failed to parse CSR/);
});
