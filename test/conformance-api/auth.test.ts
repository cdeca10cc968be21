/** What the upstream conformance tests of sig-auth check of the API alone, each under its name there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, startKernel } from '../kernel.ts';

const mergePatch = { 'content-type': 'application/merge-patch+json' };

test('ServiceAccounts should run through the lifecycle of a ServiceAccount', async () => {
  await using kernel = await startKernel();
  const api = kernel.port();
  const path = '/api/v1/namespaces/default/serviceaccounts';
  const account = { metadata: { name: 'testserviceaccount', labels: { 'test-serviceaccount-static': 'true' } } };
  assert.equal((await call(api, 'POST', path, account)).status, 201);
  const change = { automountServiceAccountToken: false };
  const patched = await call(api, 'PATCH', `${path}/testserviceaccount`, change, mergePatch);
  assert.equal(patched.body.automountServiceAccountToken, false);
  const selected = `labelSelector=test-serviceaccount-static%3Dtrue`;
  const { body } = await call<{ items: object[] }>(api, 'GET', `/api/v1/serviceaccounts?${selected}`);
  assert.equal(body.items.length, 1);
  assert.equal((await call(api, 'DELETE', `${path}?${selected}`)).status, 200);
  assert.equal((await call(api, 'GET', `${path}/testserviceaccount`)).status, 404);
});

test('SubjectReview should support SubjectReview API operations', async () => {
  await using kernel = await startKernel();
  const api = kernel.port();
  interface Review {
    readonly status: { readonly allowed: boolean };
  }
  const review = (kind: string) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind,
    metadata: { namespace: 'default' },
    spec: { user: 'e2e', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' } },
  });
  const subject = await call<Review>(
    api,
    'POST',
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    review('SubjectAccessReview'),
  );
  const local = await call<Review>(
    api,
    'POST',
    '/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews',
    review('LocalSubjectAccessReview'),
  );
  assert.deepEqual([subject.status, local.status], [201, 201]);
  assert.equal(subject.body.status.allowed, local.body.status.allowed);
});

test('ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer', async () => {
  await using kernel = await startKernel();
  const api = kernel.port();
  const { status, body } = await call<Record<string, string>>(api, 'GET', '/.well-known/openid-configuration');
  assert.equal(status, 200);
  assert.match(body.jwks_uri ?? '', /\/openid\/v1\/jwks$/);
  const keys = await call<{ keys: object[] }>(api, 'GET', '/openid/v1/jwks');
  assert.equal(keys.body.keys.length, 1);
});
