/** What the upstream conformance tests of sig-auth ask of the API. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Api, at, type Body, itemsOf, namesOf, suite } from './rig.ts';

const { api } = suite();

test('ServiceAccounts should run through the lifecycle of a ServiceAccount', async () => {
  const namespace = await api.namespace();
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const selector = 'labelSelector=test-serviceaccount-static%3Dtrue';
  const watch = await api.watch(`${path}?${selector}`);
  await api.create(path, {
    metadata: { name: 'testserviceaccount', labels: { 'test-serviceaccount-static': 'true' } },
  });
  await watch.until('ADDED');
  const patched = await api.patch(`${path}/testserviceaccount`, { automountServiceAccountToken: false }, 'strategic');
  assert.equal(patched.automountServiceAccountToken, false);
  await watch.until('MODIFIED');
  assert.deepEqual(namesOf(await api.get(`/api/v1/serviceaccounts?${selector}`)), ['testserviceaccount']);
  await api.delete(`${path}?${selector}`);
  await watch.until('DELETED');
  await watch.close();
  await api.gone(`${path}/testserviceaccount`);
});

test('ServiceAccounts should update a ServiceAccount', async () => {
  const path = `/api/v1/namespaces/${await api.namespace()}/serviceaccounts`;
  await api.create(path, { metadata: { name: 'e2e-sa' }, automountServiceAccountToken: false });
  const updated = await api.change(`${path}/e2e-sa`, (seen) => {
    seen.automountServiceAccountToken = true;
  });
  assert.equal(updated.automountServiceAccountToken, true);
});

test('SubjectReview should support SubjectReview API operations', async () => {
  const namespace = await api.namespace();
  const account = `system:serviceaccount:${namespace}:e2e`;
  await api.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'e2e' } });
  const root = '/apis/authorization.k8s.io/v1';
  const review = (kind: string) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind,
    metadata: kind === 'LocalSubjectAccessReview' ? { namespace } : {},
    spec: { user: account, resourceAttributes: { verb: 'list', resource: 'configmaps', namespace, version: 'v1' } },
  });
  const ask = async (client: Api): Promise<readonly unknown[]> => [
    at(await client.create(`${root}/subjectaccessreviews`, review('SubjectAccessReview')), 'status.allowed'),
    at(
      await client.create(
        `${root}/namespaces/${namespace}/localsubjectaccessreviews`,
        review('LocalSubjectAccessReview'),
      ),
      'status.allowed',
    ),
  ];
  const impersonated = { 'impersonate-user': account };
  assert.deepEqual(await ask(api), [false, false]);
  const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
  assert.equal((await api.send('GET', configMaps, undefined, impersonated)).status, 403);
  await api.create(`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {
    metadata: { name: 'view' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'ServiceAccount', name: 'e2e', namespace }],
  });
  assert.deepEqual(await ask(api), [true, true]);
  assert.equal((await api.send('GET', configMaps, undefined, impersonated)).status, 200);
});

test('ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer', async () => {
  const body = await api.get('/.well-known/openid-configuration');
  assert.match(String(body.jwks_uri), /\/openid\/v1\/jwks$/);
  const [key, ...others] = (await api.get('/openid/v1/jwks')).keys as Body[];
  assert.deepEqual([others.length, key?.use], [0, 'sig']);
});

const signingRequest = Buffer.from(
  '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n',
).toString('base64');

test('Certificates API should support CSR API operations', async () => {
  const root = '/apis/certificates.k8s.io/v1';
  const path = `${root}/certificatesigningrequests`;
  const { resources } = await api.get(root);
  const names = (resources as Body[]).map(({ name }) => name);
  for (const name of [
    'certificatesigningrequests',
    'certificatesigningrequests/approval',
    'certificatesigningrequests/status',
  ])
    assert.ok(names.includes(name), name);
  const request = (name: string) => ({
    metadata: { name, labels: { 'special-label': 'csr' } },
    spec: {
      request: signingRequest,
      signerName: 'example.com/e2e-test',
      expirationSeconds: 3600,
      usages: ['digital signature', 'key encipherment', 'server auth'],
    },
  });
  const selector = 'labelSelector=special-label%3Dcsr';
  for (const name of ['e2e-example-csr-a', 'e2e-example-csr-b', 'e2e-example-csr-c'])
    await api.create(path, request(name));
  const own = `${path}/e2e-example-csr-a`;
  const list = await api.get(`${path}?${selector}`);
  assert.equal(itemsOf(list).length, 3);
  const watch = await api.watch(`${path}?${selector}&resourceVersion=${at(list, 'metadata.resourceVersion')}`);
  await api.patch(own, { metadata: { annotations: { patched: 'true' } } });
  await watch.until('MODIFIED', (seen) => at(seen, 'metadata.annotations.patched') === 'true');
  const condition = { type: 'ApprovalUpdate', status: 'True', reason: 'E2E', message: 'Set from an e2e test' };
  const approvalPatched = await api.patch(`${own}/approval`, {
    metadata: { annotations: { patchedapproval: 'true' } },
    status: { conditions: [{ ...condition, type: 'ApprovalPatch' }] },
  });
  assert.equal(at(approvalPatched, 'status.conditions.0.type'), 'ApprovalPatch');
  const approved = await api.change(`${own}/approval`, (seen) => {
    seen.status = { ...(seen.status as object), conditions: [{ ...condition, type: 'Approved' }, condition] };
  });
  assert.ok((at(approved, 'status.conditions') as Body[]).some(({ type }) => type === 'ApprovalUpdate'));
  const certificate = Buffer.from('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n').toString('base64');
  const status = await api.patch(`${own}/status`, { status: { certificate } });
  assert.equal(at(status, 'status.certificate'), certificate);
  await api.change(`${own}/status`, (seen) => {
    const conditions = (at(seen, 'status.conditions') ?? []) as object[];
    seen.status = { ...(seen.status as object), conditions: [...conditions, { ...condition, type: 'StatusUpdate' }] };
  });
  assert.ok(
    (at(await api.get(`${own}/status`), 'status.conditions') as Body[]).some(({ type }) => type === 'StatusUpdate'),
  );
  await api.delete(own);
  await watch.until('DELETED');
  await watch.close();
  await api.delete(`${path}?${selector}`);
  assert.deepEqual(itemsOf(await api.get(`${path}?${selector}`)), []);
});

test('ServiceAccounts a request for a token names its own account, if any', async () => {
  const namespace = await api.namespace();
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await api.create(accounts, { metadata: { name: 'e2e' } });
  const ask = (metadata: object) =>
    api.send('POST', `${accounts}/e2e/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata,
    });
  assert.equal((await ask({ name: 'e2e', namespace })).status, 201);
  assert.match((await ask({ name: 'other' })).text, /must match the service account name if specified/);
  assert.match((await ask({ namespace: 'other' })).text, /does not match the namespace sent on the request/);
});
