/**
 * The roles every cell is born with, as a table (kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go).
 * Rights over kinds a cell does not serve are left in: they grant nothing until a CustomResourceDefinition brings them.
 */
import type { PolicyRule } from '../rbac/rule.ts';
import { events, paths, read, rule, write } from './role-rows.ts';

export interface ClusterRoleRow {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** ClusterRoles with this label are its rules. */
  readonly aggregate?: string;
  readonly rules?: readonly PolicyRule[];
}

const aggregateTo = (role: string): string => `rbac.authorization.k8s.io/aggregate-to-${role}`;

/** Those of kubernetes.io, each with a role of those who may approve its requests. */
const signers = ['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving', 'legacy-unknown'];

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
      rule(`${read} ${write}`, 'rbac.authorization.k8s.io', 'rolebindings roles'),
    ],
  },
  {
    name: 'system:aggregate-to-edit',
    labels: { [aggregateTo('edit')]: 'true' },
    rules: [
      rule(read, '', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
      rule('impersonate', '', 'serviceaccounts'),
      rule(write, '', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
      rule('create', '', 'pods/eviction'),
      rule(
        write,
        '',
        'configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
      ),
      rule('create', '', 'serviceaccounts/token'),
      rule(write, 'core events.k8s.io', 'events'),
      rule(
        write,
        'apps',
        'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
      ),
      rule(write, 'autoscaling', 'horizontalpodautoscalers'),
      rule(write, 'batch', 'cronjobs jobs'),
      rule(
        write,
        'extensions',
        'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
      ),
      rule(write, 'policy', 'poddisruptionbudgets'),
      rule(write, 'networking.k8s.io', 'ingresses networkpolicies'),
      rule(`${read} ${write}`, 'coordination.k8s.io', 'leases'),
      rule(write, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'),
    ],
  },
  {
    name: 'system:aggregate-to-view',
    labels: { [aggregateTo('view')]: 'true' },
    rules: [
      rule(
        read,
        '',
        'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
      ),
      rule(
        read,
        '',
        'bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
      ),
      rule(read, '', 'namespaces'),
      rule(read, 'core events.k8s.io', 'events'),
      rule(read, 'discovery.k8s.io', 'endpointslices'),
      rule(
        read,
        'apps',
        'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
      ),
      rule(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
      rule(read, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
      rule(
        read,
        'extensions',
        'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
      ),
      rule(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
      rule(read, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
      rule(read, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'),
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
    name: 'system:basic-user',
    rules: [
      rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
      rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
    ],
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    rules: [rule('create', 'certificates.k8s.io', 'certificatesigningrequests/nodeclient')],
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    rules: [rule('create', 'certificates.k8s.io', 'certificatesigningrequests/selfnodeclient')],
  },
  {
    name: 'system:discovery',
    rules: [
      paths(
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
        '/version',
        '/version/',
      ),
    ],
  },
  {
    name: 'system:heapster',
    rules: [rule(read, '', 'events namespaces nodes pods'), rule(read, 'extensions', 'deployments')],
  },
  {
    name: 'system:kube-aggregator',
    rules: [rule(read, '', 'endpoints services')],
  },
  {
    name: 'system:kube-controller-manager',
    rules: [
      events,
      rule('create', 'coordination.k8s.io', 'leases'),
      rule('get update', 'coordination.k8s.io', 'leases', 'kube-controller-manager'),
      rule('create', '', 'secrets serviceaccounts'),
      rule('delete', '', 'secrets'),
      rule('get', '', 'configmaps namespaces secrets serviceaccounts'),
      rule('update', '', 'secrets serviceaccounts'),
      rule('create', 'authentication.k8s.io', 'tokenreviews'),
      rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
      rule('list watch', '*', '*'),
      rule('create', '', 'serviceaccounts/token'),
    ],
  },
  {
    name: 'system:kube-dns',
    rules: [rule('list watch', '', 'endpoints services')],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      events,
      rule('create', 'coordination.k8s.io', 'leases'),
      rule(`${read} update`, 'coordination.k8s.io', 'leases', 'kube-scheduler'),
      rule(`${read} ${write}`, 'coordination.k8s.io', 'leasecandidates'),
      rule(read, '', 'nodes'),
      rule(`${read} delete`, '', 'pods'),
      rule('create', '', 'bindings pods/binding'),
      rule('patch update', '', 'pods/status'),
      rule(read, '', 'replicationcontrollers services'),
      rule(read, 'apps extensions', 'replicasets'),
      rule(read, 'apps', 'statefulsets'),
      rule(read, 'policy', 'poddisruptionbudgets'),
      rule(read, '', 'persistentvolumeclaims persistentvolumes'),
      rule('create', 'authentication.k8s.io', 'tokenreviews'),
      rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
      rule(read, 'storage.k8s.io', 'csinodes'),
      rule(read, 'storage.k8s.io', 'volumeattachments'),
      rule(read, '', 'namespaces'),
      rule(read, 'storage.k8s.io', 'csidrivers'),
      rule(read, 'storage.k8s.io', 'csistoragecapacities'),
      rule(read, 'resource.k8s.io', 'deviceclasses'),
      rule(`${read} patch update`, 'resource.k8s.io', 'resourceclaims'),
      rule(`${read} patch update`, 'resource.k8s.io', 'resourceclaims/status'),
      rule('update', '', 'pods/finalizers'),
      rule(read, 'resource.k8s.io', 'resourceslices'),
      rule('create delete', 'resource.k8s.io', 'resourceclaims'),
      rule('patch update', 'resource.k8s.io', 'resourceclaims/binding'),
    ],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      rule(read, '', 'nodes'),
      rule('proxy', '', 'nodes'),
      rule('*', '', 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
      rule('*', '', 'nodes/configz nodes/healthz nodes/pods'),
    ],
  },
  {
    name: 'system:monitoring',
    rules: [
      paths(
        '/flagz',
        '/healthz',
        '/healthz/*',
        '/livez',
        '/livez/*',
        '/metrics',
        '/metrics/slis',
        '/readyz',
        '/readyz/*',
        '/statusz',
      ),
      rule('get', '', 'nodes/metrics'),
    ],
  },
  {
    name: 'system:node',
    rules: [
      rule('create', 'authentication.k8s.io', 'tokenreviews'),
      rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'),
      rule(read, '', 'services'),
      rule(`${read} create`, '', 'nodes'),
      rule('patch update', '', 'nodes/status'),
      rule('patch update', '', 'nodes'),
      events,
      rule(read, '', 'pods'),
      rule('create delete', '', 'pods'),
      rule('patch update', '', 'pods/status'),
      rule('create', '', 'pods/eviction'),
      rule(read, '', 'configmaps secrets'),
      rule('get', '', 'persistentvolumeclaims persistentvolumes'),
      rule('get', '', 'endpoints'),
      rule(`${read} create`, 'certificates.k8s.io', 'certificatesigningrequests'),
      rule('create delete get patch update', 'coordination.k8s.io', 'leases'),
      rule('get', 'storage.k8s.io', 'volumeattachments'),
      rule('create', '', 'serviceaccounts/token'),
      rule('get patch update', '', 'persistentvolumeclaims/status'),
      rule(read, 'storage.k8s.io', 'csidrivers'),
      rule('create delete get patch update', 'storage.k8s.io', 'csinodes'),
      rule(read, 'node.k8s.io', 'runtimeclasses'),
      rule('get', 'resource.k8s.io', 'resourceclaims'),
      rule('deletecollection', 'resource.k8s.io', 'resourceslices'),
      rule('get', '', 'serviceaccounts'),
    ],
  },
  {
    name: 'system:node-bootstrapper',
    rules: [rule(`${read} create`, 'certificates.k8s.io', 'certificatesigningrequests')],
  },
  {
    name: 'system:node-problem-detector',
    rules: [rule('get', '', 'nodes'), rule('patch', '', 'nodes/status'), events],
  },
  {
    name: 'system:node-proxier',
    rules: [
      rule('list watch', '', 'endpoints services'),
      rule(read, '', 'nodes'),
      events,
      rule('list watch', 'networking.k8s.io', 'servicecidrs'),
      rule('list watch', 'discovery.k8s.io', 'endpointslices'),
    ],
  },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      rule(`${read} create delete`, '', 'persistentvolumes'),
      rule(`${read} update`, '', 'persistentvolumeclaims'),
      rule(read, 'storage.k8s.io', 'storageclasses'),
      rule('watch', '', 'events'),
      events,
    ],
  },
  {
    name: 'system:public-info-viewer',
    rules: [paths('/healthz', '/livez', '/readyz', '/version', '/version/')],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      paths(
        '/.well-known/openid-configuration',
        '/.well-known/openid-configuration/',
        '/openid/v1/jwks',
        '/openid/v1/jwks/',
      ),
    ],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      rule(`${read} patch update`, '', 'persistentvolumes'),
      rule(read, 'storage.k8s.io', 'storageclasses'),
      rule(`${read} patch update`, '', 'persistentvolumeclaims'),
    ],
  },
  ...signers.map((signer) => ({
    name: `system:certificates.k8s.io:${signer}-approver`,
    rules: [rule('approve', 'certificates.k8s.io', 'signers', `kubernetes.io/${signer}`)],
  })),
];

export const namespaces: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
