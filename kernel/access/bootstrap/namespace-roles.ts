/** Roles of one namespace every cell is born with (kubernetes bootstrappolicy/namespace_policy.go). */
import type { PolicyRule } from '../rbac/rule.ts';
import { events, read, rule } from './role-rows.ts';

export interface NamespaceRoleRow {
  readonly name: string;
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
}

const system = (name: string, ...rules: readonly PolicyRule[]): NamespaceRoleRow => ({
  name,
  namespace: 'kube-system',
  rules,
});

const leaderLocking = ['leases', 'leasecandidates'].map((resource) =>
  rule(`${read} create update`, 'coordination.k8s.io', resource),
);

export const namespaceRoles: readonly NamespaceRoleRow[] = [
  // Bound to every aggregated API server.
  system(
    'extension-apiserver-authentication-reader',
    rule(read, '', 'configmaps', 'extension-apiserver-authentication'),
  ),
  system('system::leader-locking-kube-controller-manager', ...leaderLocking),
  system('system::leader-locking-kube-scheduler', ...leaderLocking),
  system('system:controller:bootstrap-signer', rule(read, '', 'secrets')),
  system('system:controller:cloud-provider', rule(`${read} create`, '', 'configmaps')),
  system('system:controller:token-cleaner', rule(`${read} delete`, '', 'secrets'), events),
  {
    name: 'system:controller:bootstrap-signer',
    namespace: 'kube-public',
    rules: [rule(read, '', 'configmaps'), rule('update', '', 'configmaps', 'cluster-info'), events],
  },
];
