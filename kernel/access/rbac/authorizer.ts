/** RBAC as an `Authorizer`: allowed when any rule of any binding of the caller says so; members of system:masters always. */
import type { Identity } from '@diatom/sdk/api';
import type { AccessDecision, Attributes, Authorizer } from '../access.ts';
import type { Binding } from './objects.ts';
import type { RoleIndex } from './role-index.ts';
import { ruleAllows } from './rule.ts';

export const mastersGroup = 'system:masters';

/** `first` is asked before the roles are; what it does not allow they may. */
export function createAuthorizer(index: RoleIndex, first?: Authorizer): Authorizer {
  return {
    authorize: (identity, attributes) => {
      const early = first?.authorize(identity, attributes);
      if (early?.allowed === true) return early;
      const decision = decide(index, identity, attributes);
      if (decision.allowed || early === undefined || early.reason === '') return decision;
      return { allowed: false, reason: [early.reason, decision.reason].filter((reason) => reason !== '').join(', ') };
    },
  };
}

function decide(index: RoleIndex, identity: Identity, attributes: Attributes): AccessDecision {
  if (identity.groups.includes(mastersGroup)) return { allowed: true, reason: '' };
  const namespace = attributes.kind === 'resource' ? (attributes.namespace ?? '') : '';
  const { grants, problems } = index.grants(identity, namespace);
  const grant = grants.find(({ rules }) => rules.some((rule) => ruleAllows(rule, attributes)));
  if (grant !== undefined)
    return { allowed: true, reason: `RBAC: allowed by ${describe(grant.binding, grant.subject)}` };
  return { allowed: false, reason: problems.length === 0 ? '' : `RBAC: ${problems.join(', ')}` };
}

/** `ClusterRoleBinding "x" of ClusterRole "y" to User "z"` (kubernetes pkg/registry/rbac/validation/rule.go) */
function describe({ kind, name, namespace, role }: Binding, subject: string): string {
  const binding = namespace === '' ? name : `${name}/${namespace}`;
  return `${kind} ${JSON.stringify(binding)} of ${role.kind} ${JSON.stringify(role.name)} to ${describeSubject(subject)}`;
}

function describeSubject(subject: string): string {
  const name = subject.slice(2);
  if (subject.startsWith('g:')) return `Group ${JSON.stringify(name)}`;
  const prefix = 'system:serviceaccount:';
  if (!name.startsWith(prefix)) return `User ${JSON.stringify(name)}`;
  const [namespace = '', account = ''] = name.slice(prefix.length).split(':');
  return `ServiceAccount ${JSON.stringify(`${account}/${namespace}`)}`;
}
