/**
 * Nobody hands out more than they have: writing a role needs its rights or the verb `escalate`, writing a binding needs
 * the rights of its role or the verb `bind` (kubernetes pkg/registry/rbac/{clusterrole,clusterrolebinding}/policybased).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Identity } from '@diatom/sdk/api';
import { type ApiError, forbidden, invalid, notFound } from '../../wire/status.ts';
import type { Admission, AdmissionRequest, Authorizer } from '../access.ts';
import { mastersGroup } from './authorizer.ts';
import { readRole, readRoleReference, readRules } from './objects.ts';
import type { RoleIndex } from './role-index.ts';
import { describeRules, type PolicyRule, uncovered } from './rule.ts';

const group = 'rbac.authorization.k8s.io';

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

const kinds: ReadonlyMap<string, { readonly kind: string; readonly what: 'role' | 'binding' }> = new Map([
  ['roles', { kind: 'Role', what: 'role' }],
  ['clusterroles', { kind: 'ClusterRole', what: 'role' }],
  ['rolebindings', { kind: 'RoleBinding', what: 'binding' }],
  ['clusterrolebindings', { kind: 'ClusterRoleBinding', what: 'binding' }],
]);

export function createEscalationCheck(index: RoleIndex, authorizer: Authorizer): Admission {
  return (request) => {
    if (request.group !== group || request.object === undefined) return undefined;
    const row = kinds.get(request.resource);
    if (row === undefined) return undefined;
    const refusal =
      row.what === 'role' ? checkRole(index, authorizer, request) : checkBinding(index, authorizer, request, row.kind);
    return refusal?.status;
  };
}

function checkRole(index: RoleIndex, authorizer: Authorizer, request: AdmissionRequest): ApiError | undefined {
  const { identity, object, previous, resource, namespace, name } = request;
  const unchanged =
    previous !== undefined &&
    isDeepStrictEqual(readRules(previous), readRules(object)) &&
    isDeepStrictEqual(readRole(previous).aggregates, readRole(object).aggregates);
  if (unchanged || identity.groups.includes(mastersGroup)) return undefined;
  if (
    authorizer.authorize(identity, { kind: 'resource', verb: 'escalate', group, resource, namespace, name }).allowed
  ) {
    return undefined;
  }
  if (readRole(object).aggregates.length > 0 && missing(index, identity, '', everything).length > 0) {
    return forbidden({ group, resource }, name, 'must have cluster-admin privileges to use the aggregationRule');
  }
  return refuse(index, request, namespace, readRules(object));
}

function checkBinding(
  index: RoleIndex,
  authorizer: Authorizer,
  request: AdmissionRequest,
  kind: string,
): ApiError | undefined {
  const { identity, object, previous, namespace, name } = request;
  const role = readRoleReference(object);
  if (previous !== undefined && !isDeepStrictEqual(readRoleReference(previous), role)) {
    const value = `{"apiGroup":"${group}","kind":"${role.kind}","name":"${role.name}"}`;
    const error = {
      reason: 'FieldValueInvalid',
      field: 'roleRef',
      message: `Invalid value: ${value}: cannot change roleRef`,
    };
    return invalid({ group, kind }, name, [{ ...error, reason: 'FieldValueInvalid' }]);
  }
  if (identity.groups.includes(mastersGroup)) return undefined;
  const roles = role.kind === 'Role' ? 'roles' : 'clusterroles';
  const bind = { kind: 'resource', verb: 'bind', group, resource: roles, namespace, name: role.name } as const;
  if (authorizer.authorize(identity, bind).allowed) return undefined;
  const rules = index.rules(role, namespace);
  return rules === undefined
    ? notFound({ group, resource: roles }, role.name)
    : refuse(index, request, namespace, rules);
}

const missing = (index: RoleIndex, identity: Identity, namespace: string, rules: readonly PolicyRule[]) =>
  uncovered(
    index.grants(identity, namespace).grants.flatMap((grant) => grant.rules),
    rules,
  );

function refuse(
  index: RoleIndex,
  { identity, resource, name }: AdmissionRequest,
  namespace: string,
  rules: readonly PolicyRule[],
): ApiError | undefined {
  const lacking = missing(index, identity, namespace, rules);
  if (lacking.length === 0) return undefined;
  const groups = identity.groups.map((item) => JSON.stringify(item)).join(' ');
  const who = `user ${JSON.stringify(identity.name)} (groups=[${groups}])`;
  const why = `${who} is attempting to grant RBAC permissions not currently held:\n${describeRules(lacking)}`;
  return forbidden({ group, resource }, name, why);
}
