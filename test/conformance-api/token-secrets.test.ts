/** Secrets that hold a token of a ServiceAccount, as they are made by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, suite } from './rig.ts';

const { api } = suite();
const type = 'kubernetes.io/service-account-token';

const secretOf = (account: string) => ({
  metadata: { name: 'robot-token', annotations: { 'kubernetes.io/service-account.name': account } },
  type,
});

const decoded = (secret: unknown, key: string): string =>
  Buffer.from(String((at(secret, 'data') as Record<string, unknown>)[key]), 'base64').toString();

test('a Secret of that type gets a token that is good while it and the account are there', async () => {
  const namespace = await api.namespace();
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await api.create(accounts, { metadata: { name: 'robot' } });
  await api.create(secrets, secretOf('robot'));
  const filled = await api.waitFor(secrets, 'robot-token', (secret) => at(secret, 'data.token') !== undefined);
  assert.match(decoded(filled, 'ca.crt'), /BEGIN CERTIFICATE/);
  assert.equal(decoded(filled, 'namespace'), namespace);
  const review = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token: decoded(filled, 'token') },
  };
  const ask = async () => (await api.create('/apis/authentication.k8s.io/v1/tokenreviews', review)).status;
  assert.equal(at(await ask(), 'user.username'), `system:serviceaccount:${namespace}:robot`);
  await api.delete(`${accounts}/robot`);
  assert.equal(at(await ask(), 'authenticated'), undefined);
  await api.waitForGone(secrets, 'robot-token');
});

test('a Secret of that type for an account that is not there goes again', async () => {
  const namespace = await api.namespace();
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;
  await api.create(secrets, secretOf('nobody'));
  await api.waitForGone(secrets, 'robot-token');
});
