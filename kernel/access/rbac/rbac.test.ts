import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Identity, KubernetesObject } from '@diatom/sdk/api';
import type { AdmissionRequest, ResourceAttributes } from '../access.ts';
import { forbidden } from '../forbidden.ts';
import { openAccess, rbacGroup, type TestAccess, type TestObject } from '../test-access.ts';

const jane: Identity = { name: 'jane', groups: ['devs', 'system:authenticated'] };
const list = (resource: string, namespace = ''): ResourceAttributes => ({
  kind: 'resource',
  verb: 'list',
  group: '',
  resource,
  namespace,
});
const reader = (name: string, resources: readonly string[], more: object = {}) => ({
  metadata: { name, ...more },
  rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources }],
});
const binding = (
  name: string,
  kind: string,
  role: string,
  subjects: readonly object[],
  namespace?: string,
): TestObject => ({
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  roleRef: { apiGroup: rbacGroup, kind, name: role },
  subjects,
});
const may = ({ access }: TestAccess, identity: Identity, attributes: ResourceAttributes) =>
  access.authorize(identity, attributes).allowed;

describe('RBAC', () => {
  it('lets in nobody without a binding, and members of system:masters always', async () => {
    await using cell = openAccess();
    assert.equal(may(cell, jane, list('pods')), false);
    assert.equal(may(cell, { name: 'root', groups: ['system:masters'] }, list('pods')), true);
  });

  it('grants through users, groups and service accounts, from the answer of the write on', async () => {
    await using cell = openAccess();
    await cell.put(rbacGroup, 'clusterroles', reader('pods', ['pods']));
    const account: Identity = { name: 'system:serviceaccount:a:robot', groups: [] };
    const rows: [Identity, object][] = [
      [jane, { kind: 'User', name: 'jane' }],
      [jane, { kind: 'Group', name: 'devs' }],
      [account, { kind: 'ServiceAccount', namespace: 'a', name: 'robot' }],
    ];
    for (const [identity, subject] of rows) {
      await cell.put(rbacGroup, 'clusterrolebindings', binding('b', 'ClusterRole', 'pods', [subject]));
      assert.equal(may(cell, identity, list('pods', 'x')), true);
      assert.equal(may(cell, identity, list('secrets', 'x')), false);
      await cell.remove(rbacGroup, 'clusterrolebindings', 'b');
      assert.equal(may(cell, identity, list('pods', 'x')), false);
    }
  });

  it('keeps a RoleBinding to its namespace, whichever kind of role it names', async () => {
    await using cell = openAccess();
    await cell.put(rbacGroup, 'clusterroles', reader('pods', ['pods']));
    await cell.put(rbacGroup, 'roles', reader('secrets', ['secrets'], { namespace: 'a' }));
    const subjects = [{ kind: 'User', name: 'jane' }];
    await cell.put(rbacGroup, 'rolebindings', binding('p', 'ClusterRole', 'pods', subjects, 'a'));
    await cell.put(rbacGroup, 'rolebindings', binding('s', 'Role', 'secrets', subjects, 'a'));
    for (const resource of ['pods', 'secrets']) {
      assert.equal(may(cell, jane, list(resource, 'a')), true);
      assert.equal(may(cell, jane, list(resource, 'b')), false);
      assert.equal(may(cell, jane, list(resource)), false);
    }
  });

  it('gathers aggregated roles by label, as roles come and go', async () => {
    await using cell = openAccess();
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { 'to-view': 'true' } }] };
    await cell.put(rbacGroup, 'clusterroles', { ...reader('view', ['stale']), aggregationRule });
    const subjects = [{ kind: 'User', name: 'jane' }];
    await cell.put(rbacGroup, 'clusterrolebindings', binding('b', 'ClusterRole', 'view', subjects));
    assert.equal(may(cell, jane, list('pods')), false);
    assert.equal(may(cell, jane, list('stale')), false);
    await cell.put(rbacGroup, 'clusterroles', reader('part', ['pods'], { labels: { 'to-view': 'true' } }));
    assert.equal(may(cell, jane, list('pods')), true);
    await cell.remove(rbacGroup, 'clusterroles', 'part');
    assert.equal(may(cell, jane, list('pods')), false);
  });

  it('says which role is missing', async () => {
    await using cell = openAccess();
    await cell.put(
      rbacGroup,
      'clusterrolebindings',
      binding('b', 'ClusterRole', 'gone', [{ kind: 'User', name: 'jane' }]),
    );
    const decision = cell.access.authorize(jane, list('pods'));
    assert.equal(decision.reason, 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found');
  });
});

describe('the words of a refusal', () => {
  const message = (attributes: Parameters<typeof forbidden>[1]) => forbidden(jane, attributes).message;

  it('are those of Kubernetes', () => {
    assert.equal(
      message(list('pods', 'default')),
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    assert.equal(
      message({ kind: 'resource', verb: 'delete', group: 'apps', resource: 'deployments', name: 'x', namespace: 'a' }),
      'deployments.apps "x" is forbidden: User "jane" cannot delete resource "deployments" in API group "apps" in the namespace "a"',
    );
    assert.equal(
      message({
        kind: 'resource',
        verb: 'get',
        group: '',
        resource: 'pods',
        subresource: 'log',
        name: 'x',
        namespace: 'a',
      }),
      'pods "x" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "a"',
    );
    assert.equal(
      message(list('nodes')),
      'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope',
    );
    assert.equal(
      message({ kind: 'path', verb: 'get', path: '/metrics' }),
      'forbidden: User "jane" cannot get path "/metrics"',
    );
  });
});

describe('escalation', () => {
  const base = { verb: 'create', group: rbacGroup, subresource: '', namespace: '', previous: undefined } as const;
  const writeRole = (object: TestObject, more: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
    ...base,
    identity: jane,
    resource: 'clusterroles',
    name: object.metadata.name,
    object: object as unknown as KubernetesObject,
    ...more,
  });

  async function withPodReader(): Promise<TestAccess> {
    const cell = openAccess();
    await cell.put(rbacGroup, 'clusterroles', reader('pods', ['pods']));
    await cell.put(
      rbacGroup,
      'clusterrolebindings',
      binding('b', 'ClusterRole', 'pods', [{ kind: 'User', name: 'jane' }]),
    );
    return cell;
  }

  it('to rights the writer has is none, to others it is refused', async () => {
    await using cell = await withPodReader();
    assert.equal(cell.access.admit(writeRole(reader('x', ['pods']))), undefined);
    const refusal = cell.access.admit(writeRole(reader('x', ['secrets'])));
    assert.equal(refusal?.code, 403);
    assert.equal(
      refusal?.message,
      'clusterroles.rbac.authorization.k8s.io "x" is forbidden: user "jane" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    );
    const root: Identity = { name: 'root', groups: ['system:masters'] };
    assert.equal(cell.access.admit(writeRole(reader('x', ['secrets']), { identity: root })), undefined);
  });

  it('does not concern an update that leaves the rules alone', async () => {
    await using cell = await withPodReader();
    const previous = reader('x', ['secrets']) as unknown as KubernetesObject;
    const relabelled = reader('x', ['secrets'], { labels: { a: 'b' } });
    assert.equal(cell.access.admit(writeRole(relabelled, { verb: 'update', previous })), undefined);
    assert.equal(cell.access.admit(writeRole(reader('x', ['nodes']), { verb: 'update', previous }))?.code, 403);
  });

  it('by aggregation needs everything', async () => {
    await using cell = await withPodReader();
    const object = { ...reader('x', []), rules: [], aggregationRule: { clusterRoleSelectors: [{}] } };
    assert.match(String(cell.access.admit(writeRole(object))?.message), /must have cluster-admin privileges/);
  });

  it('by binding needs the rights of the role, or the verb bind; the role of a binding is final', async () => {
    await using cell = await withPodReader();
    await cell.put(rbacGroup, 'clusterroles', reader('secrets', ['secrets']));
    const bind = (role: string, more: Partial<AdmissionRequest> = {}) =>
      cell.access.admit(
        writeRole(binding('new', 'ClusterRole', role, []), { resource: 'clusterrolebindings', ...more }),
      );
    assert.equal(bind('pods'), undefined);
    assert.equal(bind('secrets')?.code, 403);
    assert.equal(bind('missing')?.code, 404);
    const previous = binding('new', 'ClusterRole', 'secrets', []) as unknown as KubernetesObject;
    assert.match(String(bind('pods', { verb: 'update', previous })?.message), /cannot change roleRef/);
    const rule = { verbs: ['bind', 'escalate'], apiGroups: [rbacGroup], resources: ['clusterroles'] };
    await cell.put(rbacGroup, 'clusterroles', { metadata: { name: 'pods' }, rules: [rule] });
    assert.equal(bind('secrets'), undefined);
    assert.equal(cell.access.admit(writeRole(reader('x', ['secrets']))), undefined);
  });
});
