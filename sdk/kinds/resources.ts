/** The resource types the servers use. A third party writes its own rows with `resourceType`. */
import type { KubernetesObject } from '../api/meta.ts';
import type * as core from './core.ts';
import type { CustomResourceDefinition } from './custom-resource-definition.ts';
import type { Deployment, ReplicaSet } from './deployment.ts';
import type { EndpointSlice, Endpoints } from './endpoint-slice.ts';
import type { Event } from './event.ts';
import type { Lease } from './lease.ts';
import type { Node } from './node.ts';
import type { Pod } from './pod.ts';
import type * as rbac from './rbac.ts';
import type { ResourceType } from './resource-type.ts';
import type { RuntimeClass } from './runtime-class.ts';
import type { Service } from './service.ts';

function row<T extends KubernetesObject>(
  group: string,
  version: string,
  plural: string,
  kind: string,
  scope: 'namespaced' | 'cluster',
): ResourceType<T> {
  return Object.freeze({ group, version, plural, kind, namespaced: scope === 'namespaced' });
}

export { row as resourceType };

const rbacGroup = 'rbac.authorization.k8s.io';

export const namespaces = row<core.Namespace>('', 'v1', 'namespaces', 'Namespace', 'cluster');
export const nodes = row<Node>('', 'v1', 'nodes', 'Node', 'cluster');
export const pods = row<Pod>('', 'v1', 'pods', 'Pod', 'namespaced');
export const services = row<Service>('', 'v1', 'services', 'Service', 'namespaced');
export const endpoints = row<Endpoints>('', 'v1', 'endpoints', 'Endpoints', 'namespaced');
export const events = row<Event>('', 'v1', 'events', 'Event', 'namespaced');
export const configMaps = row<core.ConfigMap>('', 'v1', 'configmaps', 'ConfigMap', 'namespaced');
export const secrets = row<core.Secret>('', 'v1', 'secrets', 'Secret', 'namespaced');
export const serviceAccounts = row<core.ServiceAccount>('', 'v1', 'serviceaccounts', 'ServiceAccount', 'namespaced');
export const deployments = row<Deployment>('apps', 'v1', 'deployments', 'Deployment', 'namespaced');
export const replicaSets = row<ReplicaSet>('apps', 'v1', 'replicasets', 'ReplicaSet', 'namespaced');
export const runtimeClasses = row<RuntimeClass>('node.k8s.io', 'v1', 'runtimeclasses', 'RuntimeClass', 'cluster');
export const leases = row<Lease>('coordination.k8s.io', 'v1', 'leases', 'Lease', 'namespaced');
export const endpointSlices = row<EndpointSlice>(
  'discovery.k8s.io',
  'v1',
  'endpointslices',
  'EndpointSlice',
  'namespaced',
);
export const customResourceDefinitions = row<CustomResourceDefinition>(
  'apiextensions.k8s.io',
  'v1',
  'customresourcedefinitions',
  'CustomResourceDefinition',
  'cluster',
);
export const roles = row<rbac.Role>(rbacGroup, 'v1', 'roles', 'Role', 'namespaced');
export const roleBindings = row<rbac.RoleBinding>(rbacGroup, 'v1', 'rolebindings', 'RoleBinding', 'namespaced');
export const clusterRoles = row<rbac.ClusterRole>(rbacGroup, 'v1', 'clusterroles', 'ClusterRole', 'cluster');
export const clusterRoleBindings = row<rbac.ClusterRoleBinding>(
  rbacGroup,
  'v1',
  'clusterrolebindings',
  'ClusterRoleBinding',
  'cluster',
);
