/** Which rules each built-in kind has, by type name. */
import type { KindRules } from '../kind.ts';

/** `system:node` and the like: anything that fits into a path (kubernetes pkg/apis/rbac/validation). */
const namedFreely: KindRules = { name: 'path-segment' };

export const rulesByKind: Readonly<Record<string, KindRules>> = {
  'rbac.v1.Role': namedFreely,
  'rbac.v1.RoleBinding': namedFreely,
  'rbac.v1.ClusterRole': namedFreely,
  'rbac.v1.ClusterRoleBinding': namedFreely,
};
