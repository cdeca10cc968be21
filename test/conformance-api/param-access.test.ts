/** Who writes admission policies has to be allowed to read their parameters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suite } from './rig.ts';

const { api } = suite();

const admission = '/apis/admissionregistration.k8s.io/v1';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const jane = { 'impersonate-user': 'jane' };
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };

async function grant(name: string, rules: object): Promise<void> {
  await api.create(`${rbac}/clusterroles`, { metadata: { name }, rules: [rules] });
  await api.create(`${rbac}/clusterrolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
  });
}

test('policies and bindings with parameters take the right to read these', async () => {
  await grant('policies', { apiGroups: ['admissionregistration.k8s.io'], resources: ['*'], verbs: ['*'] });
  const policy = {
    metadata: { name: 'p' },
    spec: {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: 'params != null' }],
    },
  };
  const binding = {
    metadata: { name: 'b' },
    spec: {
      policyName: 'p',
      validationActions: ['Deny'],
      paramRef: { name: 'c', namespace: 'default', parameterNotFoundAction: 'Deny' },
    },
  };
  const [policies, bindings] = [
    `${admission}/validatingadmissionpolicies`,
    `${admission}/validatingadmissionpolicybindings`,
  ];
  const send = (path: string, object: object) => api.send('POST', path, object, jane);
  const refused = await send(policies, policy);
  assert.equal(refused.status, 422);
  assert.match(
    String(refused.body.message),
    /spec\.paramKind: Forbidden: user jane must have "get" permission on all objects of the referenced paramKind \(kind=ConfigMap, apiVersion=v1\)/,
  );
  assert.match(
    String((await send(bindings, binding)).body.message),
    /spec\.paramRef: Forbidden: unable to get policy p to determine minimum required permissions/,
  );
  await grant('maps', { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] });
  assert.equal((await send(policies, policy)).status, 201);
  assert.equal((await send(bindings, binding)).status, 201);
  const { name: _name, ...selected } = { ...binding.spec.paramRef, selector: {} };
  const all = { ...binding, metadata: { name: 'all' }, spec: { ...binding.spec, paramRef: selected } };
  assert.match(
    String((await send(bindings, all)).body.message),
    /user jane does not have "list" permission on the object referenced by paramRef/,
  );
});
