/** Who may do what, through the real door: certificates, tokens, impersonation, RBAC. */
import assert from 'node:assert/strict';
import { createPublicKey, type JsonWebKeyInput, verify } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createKernel } from '@diatom/kernel';
import type { Transport } from '@diatom/sdk';
import { call, configMap, startKernel, type TestKernel } from './kernel.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const maps = '/api/v1/namespaces/default/configmaps';

async function created(transport: Transport, path: string, object: object): Promise<void> {
  const answer = await call(transport, 'POST', path, object);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
}

const bind = (name: string, role: string, subject: object) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [subject],
});

/** A transport with a fresh token of a new ServiceAccount `default/<name>`. */
async function asAccount(cell: TestKernel, name: string): Promise<Transport> {
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  const metadata = { name };
  await created(cell.port(), accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const answer = await call<{ status: { token: string } }>(cell.port(), 'POST', `${accounts}/${name}/token`, request);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return cell.https({ token: answer.body.status.token });
}

const account = (name: string) => ({ kind: 'ServiceAccount', name, namespace: 'default' });

describe('the door', () => {
  it('knows the administrator by certificate, and nobody without one', async () => {
    await using cell = await startKernel();
    assert.equal((await call(cell.https(), 'GET', '/api/v1/nodes')).status, 200);
    const anonymous = cell.https({});
    const refused = await call<{ message: string }>(anonymous, 'GET', maps);
    assert.equal(refused.status, 403);
    assert.equal(
      refused.body.message,
      'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "default"',
    );
    for (const path of ['/version', '/healthz', '/livez', '/readyz']) {
      assert.equal((await call(anonymous, 'GET', path)).status, 200, path);
    }
    assert.equal((await call(anonymous, 'GET', '/apis')).status, 403);
    assert.equal((await call(cell.https({ token: 'made.up.token' }), 'GET', '/version')).status, 401);
  });

  it('answers who one is', async () => {
    await using cell = await startKernel();
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const answer = await call<{ status: { userInfo: { username: string; groups: string[] } } }>(
      cell.https(),
      'POST',
      path,
      review,
    );
    assert.deepEqual(answer.body.status.userInfo, {
      username: 'kubernetes-admin',
      groups: ['system:masters', 'system:authenticated'],
    });
  });

  it('keeps its keys to itself', async () => {
    await using cell = await startKernel();
    for (const file of ['kubeconfig', 'store.sqlite', 'pki/ca.key', 'pki/service-accounts.key', 'pki/agent.key']) {
      assert.equal(statSync(join(cell.directory, file)).mode & 0o077, 0, file);
    }
  });

  it('is one per data directory', async () => {
    await using cell = await startKernel();
    await assert.rejects(createKernel({ dataDirectory: cell.directory }), /is in use by this process/);
  });
});

describe('a service account', () => {
  it('may do what its bindings say, from the moment they are written to the moment they go', async () => {
    await using cell = await startKernel();
    const robot = await asAccount(cell, 'robot');
    const bindings = `${rbac}/namespaces/default/rolebindings`;
    assert.equal((await call(robot, 'GET', maps)).status, 403);
    await created(cell.port(), bindings, bind('robot-views', 'view', account('robot')));
    assert.equal((await call(robot, 'GET', maps)).status, 200);
    assert.equal((await call(robot, 'POST', maps, configMap('a'))).status, 403);
    assert.equal((await call(robot, 'GET', '/api/v1/configmaps')).status, 403);
    assert.equal((await call(robot, 'GET', '/api/v1/namespaces/kube-system/configmaps')).status, 403);
    assert.equal((await call(robot, 'GET', '/api/v1/namespaces/default')).status, 200);
    assert.equal((await call(cell.port(), 'DELETE', `${bindings}/robot-views`)).status, 200);
    assert.equal((await call(robot, 'GET', maps)).status, 403);
  });

  it('is nobody any more when it is deleted', async () => {
    await using cell = await startKernel();
    const robot = await asAccount(cell, 'robot');
    assert.equal((await call(robot, 'GET', '/version')).status, 200);
    await call(cell.port(), 'DELETE', '/api/v1/namespaces/default/serviceaccounts/robot');
    assert.equal((await call(robot, 'GET', '/version')).status, 401);
  });

  it('with admin in its namespace hands out what it has and nothing more', async () => {
    await using cell = await startKernel();
    const robot = await asAccount(cell, 'robot');
    const bindings = `${rbac}/namespaces/default/rolebindings`;
    await created(cell.port(), bindings, bind('robot-admin', 'admin', account('robot')));
    await created(robot, bindings, bind('other-views', 'view', account('other')));
    const refused = await call<{ message: string }>(
      robot,
      'POST',
      bindings,
      bind('me', 'cluster-admin', account('robot')),
    );
    assert.equal(refused.status, 403);
    assert.match(refused.body.message, /is attempting to grant RBAC permissions not currently held:/);
    const rules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'all' }, rules };
    assert.equal((await call(robot, 'POST', `${rbac}/namespaces/default/roles`, role)).status, 403);
    const change = { ...bind('other-views', 'admin', account('other')) };
    assert.equal((await call(robot, 'PUT', `${bindings}/other-views`, change)).status, 422);
  });

  it('has a token that anybody with the published key can check', async () => {
    await using cell = await startKernel();
    const robot = await asAccount(cell, 'robot');
    const { body } = await call<{ keys: (JsonWebKeyInput['key'] & { kid: string })[] }>(
      robot,
      'GET',
      '/openid/v1/jwks',
    );
    const [key] = body.keys;
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const path = '/api/v1/namespaces/default/serviceaccounts/robot/token';
    const answer = await call<{ status: { token: string } }>(cell.port(), 'POST', path, request);
    const [head = '', claims = '', signature = ''] = answer.body.status.token.split('.');
    assert.equal(JSON.parse(Buffer.from(head, 'base64url').toString()).kid, key?.kid);
    const publicKey = createPublicKey({ key: key ?? {}, format: 'jwk' });
    const signed = Buffer.from(`${head}.${claims}`);
    const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
    assert.ok(verify('sha256', signed, options, Buffer.from(signature, 'base64url')));
    assert.equal((await call(robot, 'GET', '/.well-known/openid-configuration')).status, 200);
    assert.equal((await call(cell.https({}), 'GET', '/openid/v1/jwks')).status, 403);
  });

  it('cannot widen a role by any way of writing it', async () => {
    await using cell = await startKernel();
    const robot = await asAccount(cell, 'robot');
    await created(
      cell.port(),
      `${rbac}/namespaces/default/rolebindings`,
      bind('robot-admin', 'admin', account('robot')),
    );
    const roles = `${rbac}/namespaces/default/roles`;
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'r' }, rules: [] };
    await created(robot, roles, role);
    const rules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];
    const ways: readonly [string, string, unknown][] = [
      ['PUT', 'application/json', { ...role, rules }],
      ['PATCH', 'application/merge-patch+json', { rules }],
      ['PATCH', 'application/strategic-merge-patch+json', { rules }],
      ['PATCH', 'application/json-patch+json', [{ op: 'replace', path: '/rules', value: rules }]],
    ];
    for (const [method, type, body] of ways) {
      const answer = await call(robot, method, `${roles}/r`, body as object, { 'content-type': type });
      assert.equal(answer.status, 403, `${method} ${type}`);
    }
    const stored = await call<{ rules?: unknown[] }>(cell.port(), 'GET', `${roles}/r`);
    assert.deepEqual(stored.body.rules ?? [], []);
  });

  it('acts as somebody else only when it may', async () => {
    await using cell = await startKernel();
    const robot = await asAccount(cell, 'robot');
    const as = { 'impersonate-user': 'kubernetes-admin', 'impersonate-group': 'system:masters' };
    assert.equal((await call(robot, 'GET', maps, undefined, as)).status, 403);
    assert.equal((await call(cell.https(), 'GET', maps, undefined, { 'impersonate-user': 'bob' })).status, 403);
    assert.equal((await call(cell.https(), 'GET', maps, undefined, as)).status, 200);
  });
});

it('a server on a port has its own rights, not those of the kernel', async () => {
  await using cell = await startKernel();
  const server = cell.port({ name: 'system:serviceaccount:kube-system:scheduler', groups: ['system:authenticated'] });
  assert.equal((await call(server, 'GET', '/api')).status, 200);
  assert.equal((await call(server, 'GET', maps)).status, 403);
});
