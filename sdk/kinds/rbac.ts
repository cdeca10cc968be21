/** rbac.authorization.k8s.io/v1 */
import type { KubernetesObject } from '../api/meta.ts';

export interface Rule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  verbs: string[];
  nonResourceURLs?: string[];
}

export interface Subject {
  kind: 'User' | 'Group' | 'ServiceAccount';
  apiGroup?: string;
  name: string;
  namespace?: string;
}

export interface RoleReference {
  apiGroup: string;
  kind: 'Role' | 'ClusterRole';
  name: string;
}

export interface Role extends KubernetesObject {
  rules?: Rule[];
}

export interface ClusterRole extends KubernetesObject {
  rules?: Rule[];
  aggregationRule?: unknown;
}

export interface RoleBinding extends KubernetesObject {
  subjects?: Subject[];
  roleRef: RoleReference;
}

export interface ClusterRoleBinding extends KubernetesObject {
  subjects?: Subject[];
  roleRef: RoleReference;
}
