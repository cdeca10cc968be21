/**
 * The roles every cell is born with, as a table (kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go).
 * Rights over kinds a cell does not serve are left in: they grant nothing until a CustomResourceDefinition brings them.
 */
import type { PolicyRule } from '../rbac/rule.ts';

export interface ClusterRoleRow {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** ClusterRoles with this label are its rules. */
  readonly aggregate?: string;
  readonly rules?: readonly PolicyRule[];
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** `rule('get list', 'apps', 'deployments deployments/scale')`; the core group is `''`. */
const rule = (verbs: string, groups: string, resources: string): PolicyRule => ({
  verbs: words(verbs),
  apiGroups: groups === '' ? [''] : words(groups),
  resources: words(resources),
});

const paths = (...urls: readonly string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs: urls });

const read = 'get list watch';
const write = 'create delete deletecollection patch update';
const aggregateTo = (role: string): string => `rbac.authorization.k8s.io/aggregate-to-${role}`;
const health = ['/healthz', '/livez', '/readyz'];
const version = ['/version', '/version/'];

export const clusterRoles: readonly ClusterRoleRow[] = [
  {
    name: 'cluster-admin',
    rules: [rule('*', '*', '*'), { verbs: ['*'], nonResourceURLs: ['*'] }],
  },
  { name: 'admin', aggregate: aggregateTo('admin') },
  { name: 'edit', aggregate: aggregateTo('edit'), labels: { [aggregateTo('admin')]: 'true' } },
  { name: 'view', aggregate: aggregateTo('view'), labels: { [aggregateTo('edit')]: 'true' } },
  {
    name: 'system:aggregate-to-admin',
    labels: { [aggregateTo('admin')]: 'true' },
    rules: [
      rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
      rule(`${write} ${read}`, 'rbac.authorization.k8s.io', 'roles rolebindings'),
    ],
  },
  {
    name: 'system:aggregate-to-edit',
    labels: { [aggregateTo('edit')]: 'true' },
    rules: [
      rule(read, '', 'pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy'),
      rule('impersonate', '', 'serviceaccounts'),
      rule(write, '', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
      rule('create', '', 'pods/eviction serviceaccounts/token'),
      rule(write, '', 'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale'),
      rule(write, '', 'secrets serviceaccounts services services/proxy'),
      rule(write, 'apps', 'daemonsets deployments deployments/rollback deployments/scale'),
      rule(write, 'apps', 'replicasets replicasets/scale statefulsets statefulsets/scale'),
      rule(write, 'autoscaling', 'horizontalpodautoscalers'),
      rule(write, 'batch', 'cronjobs jobs'),
      rule(write, 'policy', 'poddisruptionbudgets'),
      rule(write, 'networking.k8s.io', 'ingresses networkpolicies'),
      rule(`${write} ${read}`, 'coordination.k8s.io', 'leases'),
    ],
  },
  {
    name: 'system:aggregate-to-view',
    labels: { [aggregateTo('view')]: 'true' },
    rules: [
      rule(read, '', 'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods'),
      rule(read, '', 'replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status'),
      rule(read, '', 'bindings events limitranges namespaces/status pods/log pods/status'),
      rule(read, '', 'replicationcontrollers/status resourcequotas resourcequotas/status namespaces'),
      rule(read, 'discovery.k8s.io', 'endpointslices'),
      rule(read, 'apps', 'controllerrevisions daemonsets daemonsets/status'),
      rule(read, 'apps', 'deployments deployments/scale deployments/status'),
      rule(read, 'apps', 'replicasets replicasets/scale replicasets/status'),
      rule(read, 'apps', 'statefulsets statefulsets/scale statefulsets/status'),
      rule(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
      rule(read, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
      rule(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
      rule(read, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
    ],
  },
  {
    name: 'system:discovery',
    rules: [paths('/api', '/api/*', '/apis', '/apis/*', ...health, '/openapi', '/openapi/*', ...version)],
  },
  { name: 'system:public-info-viewer', rules: [paths(...health, ...version)] },
  {
    name: 'system:monitoring',
    rules: [paths('/metrics', '/metrics/*', ...health.flatMap((path) => [path, `${path}/*`]))],
  },
  {
    name: 'system:basic-user',
    rules: [
      rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
      rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
    ],
  },
  {
    name: 'system:auth-delegator',
    rules: [
      rule('create', 'authentication.k8s.io', 'tokenreviews'),
      rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    ],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      rule('get list watch proxy', '', 'nodes'),
      rule('*', '', 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
    ],
  },
  {
    name: 'system:node',
    rules: [
      rule('create', 'authentication.k8s.io', 'tokenreviews'),
      rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'),
      rule(read, '', 'services'),
      rule(`create patch update ${read}`, '', 'nodes'),
      rule('patch update', '', 'nodes/status pods/status'),
      rule('create patch update', '', 'events'),
      rule(`create delete ${read}`, '', 'pods'),
      rule('create', '', 'pods/eviction serviceaccounts/token'),
      rule(read, '', 'configmaps secrets'),
      rule('get', '', 'endpoints persistentvolumeclaims persistentvolumes'),
      rule(`create ${read}`, 'certificates.k8s.io', 'certificatesigningrequests'),
      rule('create delete get patch update', 'coordination.k8s.io', 'leases'),
      rule('get', 'storage.k8s.io', 'volumeattachments'),
      rule(read, 'storage.k8s.io', 'csidrivers csinodes'),
      rule(read, 'node.k8s.io', 'runtimeclasses'),
    ],
  },
  {
    name: 'system:node-proxier',
    rules: [
      rule('list watch', '', 'endpoints services'),
      rule(read, '', 'nodes'),
      rule('create patch update', '', 'events'),
      rule('list watch', 'discovery.k8s.io', 'endpointslices'),
    ],
  },
  {
    name: 'system:kube-dns',
    rules: [rule('list watch', '', 'endpoints services')],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      { ...rule('create patch update', '', 'events'), apiGroups: ['', 'events.k8s.io'] },
      rule('create get list update watch', 'coordination.k8s.io', 'leases'),
      rule(read, '', 'nodes namespaces persistentvolumeclaims persistentvolumes replicationcontrollers services'),
      rule(`delete ${read}`, '', 'pods'),
      rule('create', '', 'bindings pods/binding'),
      rule('patch update', '', 'pods/status'),
      rule(read, 'apps', 'replicasets statefulsets'),
      rule(read, 'policy', 'poddisruptionbudgets'),
      rule(read, 'storage.k8s.io', 'csidrivers csinodes csistoragecapacities storageclasses'),
      rule('create', 'authentication.k8s.io', 'tokenreviews'),
      rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    ],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [paths('/.well-known/openid-configuration', '/openid/v1/jwks')],
  },
];

export interface ClusterRoleBindingRow {
  readonly name: string;
  readonly role: string;
  readonly groups: readonly string[];
}

export const clusterRoleBindings: readonly ClusterRoleBindingRow[] = [
  { name: 'cluster-admin', role: 'cluster-admin', groups: ['system:masters'] },
  { name: 'system:discovery', role: 'system:discovery', groups: ['system:authenticated'] },
  { name: 'system:basic-user', role: 'system:basic-user', groups: ['system:authenticated'] },
  {
    name: 'system:public-info-viewer',
    role: 'system:public-info-viewer',
    groups: ['system:authenticated', 'system:unauthenticated'],
  },
  { name: 'system:monitoring', role: 'system:monitoring', groups: ['system:monitoring'] },
  // Nobody: nodes are bound one by one.
  { name: 'system:node', role: 'system:node', groups: [] },
  {
    name: 'system:service-account-issuer-discovery',
    role: 'system:service-account-issuer-discovery',
    groups: ['system:serviceaccounts'],
  },
];

/** Roles of one namespace. */
export const roles: readonly {
  readonly name: string;
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
}[] = [
  {
    // Bound to every aggregated API server.
    name: 'extension-apiserver-authentication-reader',
    namespace: 'kube-system',
    rules: [{ ...rule(read, '', 'configmaps'), resourceNames: ['extension-apiserver-authentication'] }],
  },
];

export const namespaces: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
