import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { openAccess } from '../test-access.ts';
import type { UsedSecret } from './legacy-tokens.ts';
import { createTokenAuthenticator } from './service-accounts.ts';
import { createTokenSigner } from './token.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

const claims = {
  iss: 'kubernetes/serviceaccount',
  'kubernetes.io/serviceaccount/namespace': 'shop',
  'kubernetes.io/serviceaccount/secret.name': 'robot-token',
  'kubernetes.io/serviceaccount/service-account.name': 'robot',
  'kubernetes.io/serviceaccount/service-account.uid': 'u1',
  sub: 'system:serviceaccount:shop:robot',
};

/** As another program with the key writes it: it has its own name for the key. */
function tokenOf(body: object, header: object = { alg: 'ES256', kid: 'mine' }): string {
  const signed = [header, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

test('a token in a Secret is good for as long as the Secret and its ServiceAccount are there', async () => {
  await using cluster = openAccess();
  const used: UsedSecret[] = [];
  const signer = createTokenSigner({ privateKey, publicKey });
  const tokens = createTokenAuthenticator(
    cluster.store,
    signer,
    () => cluster.clock.nowMs,
    (secret) => used.push(secret),
  );
  const token = tokenOf(claims);
  const secret = (value: string, metadata: object = {}) =>
    cluster.put('', 'secrets', {
      metadata: { name: 'robot-token', namespace: 'shop', uid: 's1', ...metadata },
      type: 'kubernetes.io/service-account-token',
      data: { token: Buffer.from(value).toString('base64') },
    });
  const error = (shown: string): string => {
    const answer = tokens.authenticate(shown);
    return answer.kind === 'invalid' ? answer.error : 'valid';
  };
  await cluster.put('', 'serviceaccounts', { metadata: { name: 'robot', namespace: 'shop', uid: 'u1' } });
  assert.equal(error(token), 'Token has been invalidated');
  await secret('another');
  assert.equal(error(token), "Token does not match server's copy");
  await secret(token);
  assert.deepEqual(tokens.authenticate(token), {
    kind: 'valid',
    identity: {
      name: 'system:serviceaccount:shop:robot',
      uid: 'u1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    },
    audiences: ['https://kubernetes.default.svc.cluster.local'],
  });
  assert.deepEqual(used, [{ namespace: 'shop', name: 'robot-token', uid: 's1', lastUsed: '' }]);
  assert.equal(tokens.authenticate(token, ['vault']).kind, 'invalid', 'it is for the API server alone');
  assert.equal(error(tokenOf({ ...claims, sub: 'system:serviceaccount:shop:root' })), 'sub claim is invalid');
  assert.equal(error(tokenOf(claims, { alg: 'none' })), 'invalid bearer token');
  await secret(token, { labels: { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' } });
  assert.match(error(token), /has been marked invalid/);
  await secret(token);
  await cluster.put('', 'serviceaccounts', { metadata: { name: 'robot', namespace: 'shop', uid: 'u2' } });
  assert.equal(error(token), 'ServiceAccount UID (u2) does not match claim (u1)');
});
