import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Identity, KubernetesObject } from '@diatom/sdk/api';
import { ApiError } from '../../wire/status.ts';
import { openAccess, rbacGroup, type TestAccess } from '../test-access.ts';
import { impersonate } from './impersonation.ts';

interface Review extends KubernetesObject {
  readonly spec?: Record<string, unknown>;
  readonly status: Record<string, unknown>;
}

const review = (kind: string, spec: object): KubernetesObject =>
  ({ apiVersion: 'v1', kind, metadata: {}, spec }) as unknown as KubernetesObject;
const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace: 'a', uid: 'uid-1' } };
const jane: Identity = { name: 'jane', groups: ['system:authenticated'] };

async function issue(cell: TestAccess, spec: object = {}): Promise<Review> {
  await cell.put('', 'serviceaccounts', account);
  return cell.access.reviews.tokenRequest(review('TokenRequest', spec), account) as Review;
}

const check = (cell: TestAccess, token: unknown, audiences: readonly string[] = []) =>
  (cell.access.reviews.tokenReview(review('TokenReview', { token, audiences })) as Review).status;

describe('service account tokens', () => {
  it('stand for their account until they expire', async () => {
    await using cell = openAccess();
    const { status } = await issue(cell, { expirationSeconds: 700 });
    assert.equal(status.expirationTimestamp, '2026-01-01T00:11:40Z');
    const { authenticated, user } = check(cell, status.token) as {
      authenticated: boolean;
      user: Record<string, unknown>;
    };
    assert.equal(authenticated, true);
    assert.equal(user.username, 'system:serviceaccount:a:robot');
    assert.deepEqual(user.groups, ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated']);
    cell.clock.nowMs += 699_000;
    assert.equal(check(cell, status.token).authenticated, true);
    cell.clock.nowMs += 1_000;
    assert.match(String(check(cell, status.token).error), /expired/);
  });

  it('die with their account, also when one of the same name follows', async () => {
    await using cell = openAccess();
    const { status } = await issue(cell);
    await cell.put('', 'serviceaccounts', { ...account, metadata: { ...account.metadata, uid: 'uid-2' } });
    assert.match(String(check(cell, status.token).error), /made anew/);
    await cell.remove('', 'serviceaccounts', 'robot', 'a');
    assert.match(String(check(cell, status.token).error), /deleted/);
  });

  it('die with the pod they are bound to', async () => {
    await using cell = openAccess();
    const metadata = { name: 'p', namespace: 'a', uid: 'pod-1' };
    await cell.put('', 'nodes', { metadata: { name: 'n', uid: 'node-1' } });
    await cell.put('', 'pods', { metadata, spec: { serviceAccountName: 'robot', nodeName: 'n' } });
    const { status } = await issue(cell, { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } });
    const { user } = check(cell, status.token) as { user: { extra: Record<string, unknown> } };
    assert.deepEqual(user.extra['authentication.kubernetes.io/pod-name'], ['p']);
    assert.deepEqual(user.extra['authentication.kubernetes.io/node-uid'], ['node-1']);
    await cell.remove('', 'nodes', 'n');
    assert.equal(check(cell, status.token).authenticated, true, 'the node of its pod is told, no more');
    await cell.remove('', 'pods', 'p', 'a');
    assert.match(String(check(cell, status.token).error), /pod a\/p has been deleted/);
  });

  it('are made for the account and the object that were meant only', async () => {
    await using cell = openAccess();
    await cell.put('', 'serviceaccounts', account);
    await cell.put('', 'nodes', { metadata: { name: 'n', uid: 'node-1' } });
    await cell.put('', 'pods', {
      metadata: { name: 'p', namespace: 'a', uid: 'pod-1' },
      spec: { serviceAccountName: 'other' },
    });
    const ask = (spec: object, metadata: object = {}) =>
      cell.access.reviews.tokenRequest({ ...review('TokenRequest', spec), metadata }, account) as Review;
    const bound = (kind: string, name: string, more: object = {}) => ({
      boundObjectRef: { apiVersion: 'v1', kind, name, ...more },
    });
    assert.throws(() => ask({}, { uid: 'uid-9' }), /the UID in the token request \(uid-9\) does not match/);
    assert.throws(() => ask(bound('Pod', 'p')), /running with different serviceaccount name/);
    assert.throws(
      () => ask(bound('Node', 'n', { uid: 'x' })),
      /the UID in the bound object reference \(x\) does not match/,
    );
    assert.throws(() => ask(bound('ConfigMap', 'c')), /cannot bind token to object of type v1, Kind=ConfigMap/);
    const { metadata, status } = ask(bound('Node', 'n', { uid: 'node-1' }));
    assert.equal(metadata?.uid, 'uid-1');
    assert.equal(metadata?.creationTimestamp, '2026-01-01T00:00:00Z');
    assert.equal(check(cell, status.token).authenticated, true);
    await cell.remove('', 'nodes', 'n');
    assert.match(String(check(cell, status.token).error), /deleted/);
  });

  it('are good for their audiences only', async () => {
    await using cell = openAccess();
    const { status } = await issue(cell, { audiences: ['vault'] });
    assert.match(String(check(cell, status.token).error), /audiences/);
    assert.deepEqual(check(cell, status.token, ['vault', 'other']).audiences, ['vault']);
  });

  it('cannot be made up or changed', async () => {
    await using cell = openAccess();
    const token = String((await issue(cell)).status.token);
    const [header = '', body = '', signature = ''] = token.split('.');
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const forged = [
      `${header}.${encode({ ...claims, sub: 'root' })}.${signature}`,
      `${encode({ alg: 'none' })}.${body}.`,
      `${encode({ alg: 'HS256' })}.${body}.${signature}`,
      `${header}.${body}.`,
      `${token}.x`,
      '',
      'x',
      '..',
    ];
    for (const text of forged) {
      assert.equal(cell.access.tokens.authenticate(text).kind, 'invalid', text);
    }
  });

  it('live ten minutes at least', async () => {
    await using cell = openAccess();
    await assert.rejects(issue(cell, { expirationSeconds: 599 }), /may not specify a duration less than 10 minutes/);
  });
});

describe('bootstrap tokens', () => {
  const data = (fields: Record<string, string>) =>
    Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
  const fields = {
    'token-id': 'abcdef',
    'token-secret': '0123456789abcdef',
    'usage-bootstrap-authentication': 'true',
    'auth-extra-groups': 'system:bootstrappers:workers',
    expiration: '2026-01-01T01:00:00Z',
  };
  const type = 'bootstrap.kubernetes.io/token';
  const metadata = { name: 'bootstrap-token-abcdef', namespace: 'kube-system' };
  const token = 'abcdef.0123456789abcdef';

  it('stand for who they were made for until they expire', async () => {
    await using cell = openAccess();
    await cell.put('', 'secrets', { type, metadata, data: data(fields) });
    const answer = cell.access.tokens.authenticate(token);
    assert.deepEqual(answer.kind === 'valid' && answer.identity, {
      name: 'system:bootstrap:abcdef',
      groups: ['system:bootstrappers', 'system:bootstrappers:workers', 'system:authenticated'],
    });
    assert.equal(cell.access.tokens.authenticate('abcdef.0123456789abcdee').kind, 'invalid');
    cell.clock.nowMs += 3_600_000;
    assert.equal(cell.access.tokens.authenticate(token).kind, 'invalid');
  });

  it('are good only in the form and place that is theirs', async () => {
    const wrong: readonly object[] = [
      { type: 'Opaque', data: data(fields) },
      { type, data: data({ ...fields, 'usage-bootstrap-authentication': 'false' }) },
      { type, data: data({ ...fields, 'token-id': 'abcdeg' }) },
      { type, data: data({ ...fields, 'auth-extra-groups': 'system:masters' }) },
      { type, data: data({ ...fields, expiration: 'never' }) },
      { type, data: data(fields), metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
      { type, data: data(fields), metadata: { ...metadata, namespace: 'default' } },
      { type },
    ];
    for (const secret of wrong) {
      await using cell = openAccess();
      await cell.put('', 'secrets', { metadata, ...secret });
      assert.equal(cell.access.tokens.authenticate(token).kind, 'invalid', JSON.stringify(secret));
    }
  });
});

describe('reviews', () => {
  it('answer what RBAC says, about oneself and others', async () => {
    await using cell = openAccess();
    const rules = [
      { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
      { verbs: ['get'], nonResourceURLs: ['/metrics'] },
    ];
    await cell.put(rbacGroup, 'clusterroles', { metadata: { name: 'r' }, rules });
    const roleRef = { kind: 'ClusterRole', name: 'r' };
    await cell.put(rbacGroup, 'clusterrolebindings', {
      metadata: { name: 'b' },
      roleRef,
      subjects: [{ kind: 'User', name: 'jane' }],
    });
    const { reviews } = cell.access;
    const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'x' };
    const self = (spec: object) =>
      (reviews.selfSubjectAccessReview(review('SelfSubjectAccessReview', spec), jane) as Review).status;
    assert.deepEqual(self({ resourceAttributes }), {
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to User "jane"',
    });
    assert.deepEqual(self({ resourceAttributes: { ...resourceAttributes, verb: 'delete' } }), { allowed: false });
    assert.equal(self({ nonResourceAttributes: { verb: 'get', path: '/metrics' } }).allowed, true);
    assert.throws(() => self({}), ApiError);
    const other = (user: string) =>
      (reviews.subjectAccessReview(review('SubjectAccessReview', { user, resourceAttributes })) as Review).status
        .allowed;
    assert.deepEqual([other('jane'), other('bob')], [true, false]);
    assert.throws(
      () =>
        reviews.localSubjectAccessReview(review('LocalSubjectAccessReview', { user: 'jane', resourceAttributes }), 'y'),
      /must match metadata.namespace/,
    );
    const listed = (
      reviews.selfSubjectRulesReview(review('SelfSubjectRulesReview', { namespace: 'x' }), jane) as Review
    ).status;
    assert.deepEqual(listed, {
      resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }],
      incomplete: false,
    });
    const who = (reviews.selfSubjectReview(review('SelfSubjectReview', {}), jane) as Review).status;
    assert.deepEqual(who, { userInfo: { username: 'jane', groups: ['system:authenticated'] } });
  });
});

describe('impersonation', () => {
  const root: Identity = { name: 'root', groups: ['system:masters'] };

  it('needs the right to impersonate each part', async () => {
    await using cell = openAccess();
    const act = (headers: Record<string, string>) => impersonate(cell.access, jane, headers);
    assert.equal(act({}), jane);
    assert.throws(
      () => act({ 'impersonate-user': 'bob' }),
      /users "bob" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope/,
    );
    const rules = [{ verbs: ['impersonate'], apiGroups: [''], resources: ['users'] }];
    await cell.put(rbacGroup, 'clusterroles', { metadata: { name: 'r' }, rules });
    const roleRef = { kind: 'ClusterRole', name: 'r' };
    await cell.put(rbacGroup, 'clusterrolebindings', {
      metadata: { name: 'b' },
      roleRef,
      subjects: [{ kind: 'User', name: 'jane' }],
    });
    assert.equal(act({ 'impersonate-user': 'bob' }).name, 'bob');
    assert.throws(
      () => act({ 'impersonate-user': 'bob', 'impersonate-group': 'system:masters' }),
      /cannot impersonate resource "groups"/,
    );
  });

  it('of a service account brings its groups', async () => {
    await using cell = openAccess();
    const headers = {
      'impersonate-user': 'system:serviceaccount:a:robot',
      'impersonate-extra-acme.com%2fx': 'one\ntwo',
    };
    assert.deepEqual(impersonate(cell.access, root, headers), {
      name: 'system:serviceaccount:a:robot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'],
      extra: { 'acme.com/x': ['one', 'two'] },
    });
  });

  it('of a group alone is refused', async () => {
    await using cell = openAccess();
    assert.throws(() => impersonate(cell.access, root, { 'impersonate-group': 'a' }), /without impersonating a user/);
  });
});
