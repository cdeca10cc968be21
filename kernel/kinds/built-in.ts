/**
 * The kinds a cell has from the start: one row each, registered through the same door as a CustomResourceDefinition's
 * (registry.ts). Fields come from tables/, behaviour (defaults, validation, columns) from rules.ts.
 */
import type { KindView, VersionConversion } from './kind.ts';
import { autoscalingV1 } from './versions/autoscaling-v1.ts';

export interface BuiltInRow {
  /** Package and name of the Go type: `apps.v1.Deployment`. */
  readonly type: string;
  readonly group: string;
  readonly resource: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** `status`, `scale` and the names that verbs/subresources.ts knows. */
  readonly subresources: readonly string[];
  /** Field selectors beside metadata.name and metadata.namespace. */
  readonly selectable: readonly string[];
}

const rbac = 'rbac.authorization.k8s.io';
const flowControl = 'flowcontrol.apiserver.k8s.io';
const storage = 'storage.k8s.io';
const devices = 'resource.k8s.io';
const admission = 'admissionregistration.k8s.io';

type Scope = 'namespaced' | 'cluster';

function row(
  type: string,
  group: string,
  resource: string,
  scope: Scope,
  shortNames = '',
  subresources = '',
  categories = '',
  selectable = '',
): BuiltInRow {
  const words = (text: string): string[] => (text === '' ? [] : text.split(' '));
  return {
    type,
    group,
    resource,
    namespaced: scope === 'namespaced',
    shortNames: words(shortNames),
    categories: words(categories),
    subresources: words(subresources),
    selectable: words(selectable),
  };
}

const podFields =
  'spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork status.phase status.podIP status.nominatedNodeName';
const eventFields =
  'involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid involvedObject.apiVersion involvedObject.resourceVersion involvedObject.fieldPath reason reportingComponent source=source.component|reportingComponent type';

export const builtInRows: readonly BuiltInRow[] = [
  row('core.v1.Namespace', '', 'namespaces', 'cluster', 'ns', 'status finalize', '', 'status.phase'),
  row('core.v1.Node', '', 'nodes', 'cluster', 'no', 'status', '', 'spec.unschedulable'),
  row(
    'core.v1.Pod',
    '',
    'pods',
    'namespaced',
    'po',
    'status binding ephemeralcontainers eviction log resize',
    'all',
    podFields,
  ),
  row('core.v1.Service', '', 'services', 'namespaced', 'svc', 'status', 'all', 'spec.clusterIP spec.type'),
  row('core.v1.Endpoints', '', 'endpoints', 'namespaced', 'ep'),
  row('core.v1.ConfigMap', '', 'configmaps', 'namespaced', 'cm'),
  row('core.v1.Secret', '', 'secrets', 'namespaced', '', '', '', 'type'),
  row('core.v1.Event', '', 'events', 'namespaced', 'ev', '', '', eventFields),
  row('core.v1.ServiceAccount', '', 'serviceaccounts', 'namespaced', 'sa', 'token'),
  row('core.v1.PersistentVolume', '', 'persistentvolumes', 'cluster', 'pv', 'status'),
  row('core.v1.PersistentVolumeClaim', '', 'persistentvolumeclaims', 'namespaced', 'pvc', 'status'),
  row('core.v1.LimitRange', '', 'limitranges', 'namespaced', 'limits'),
  row('core.v1.ResourceQuota', '', 'resourcequotas', 'namespaced', 'quota', 'status'),
  row('core.v1.PodTemplate', '', 'podtemplates', 'namespaced'),
  row(
    'core.v1.ReplicationController',
    '',
    'replicationcontrollers',
    'namespaced',
    'rc',
    'status scale',
    'all',
    'status.replicas',
  ),
  row('apps.v1.Deployment', 'apps', 'deployments', 'namespaced', 'deploy', 'status scale', 'all'),
  row('apps.v1.ReplicaSet', 'apps', 'replicasets', 'namespaced', 'rs', 'status scale', 'all', 'status.replicas'),
  row('apps.v1.StatefulSet', 'apps', 'statefulsets', 'namespaced', 'sts', 'status scale', 'all'),
  row('apps.v1.DaemonSet', 'apps', 'daemonsets', 'namespaced', 'ds', 'status', 'all'),
  row('apps.v1.ControllerRevision', 'apps', 'controllerrevisions', 'namespaced'),
  row('batch.v1.Job', 'batch', 'jobs', 'namespaced', '', 'status', 'all', 'status.successful'),
  row('batch.v1.CronJob', 'batch', 'cronjobs', 'namespaced', 'cj', 'status', 'all'),
  row(
    'autoscaling.v2.HorizontalPodAutoscaler',
    'autoscaling',
    'horizontalpodautoscalers',
    'namespaced',
    'hpa',
    'status',
    'all',
  ),
  row(
    'autoscaling.v1.HorizontalPodAutoscaler',
    'autoscaling',
    'horizontalpodautoscalers',
    'namespaced',
    'hpa',
    'status',
    'all',
  ),
  row(
    'certificates.v1.CertificateSigningRequest',
    'certificates.k8s.io',
    'certificatesigningrequests',
    'cluster',
    'csr',
    'status approval',
    '',
    'spec.signerName',
  ),
  row('coordination.v1.Lease', 'coordination.k8s.io', 'leases', 'namespaced'),
  row('discovery.v1.EndpointSlice', 'discovery.k8s.io', 'endpointslices', 'namespaced'),
  row(
    'events.v1.Event',
    'events.k8s.io',
    'events',
    'namespaced',
    'ev',
    '',
    '',
    'regarding.kind regarding.namespace regarding.name regarding.uid regarding.apiVersion regarding.resourceVersion regarding.fieldPath reason reportingController type',
  ),
  row('flowcontrol.v1.FlowSchema', flowControl, 'flowschemas', 'cluster', '', 'status'),
  row('flowcontrol.v1.PriorityLevelConfiguration', flowControl, 'prioritylevelconfigurations', 'cluster', '', 'status'),
  row('networking.v1.IPAddress', 'networking.k8s.io', 'ipaddresses', 'cluster', 'ip'),
  row('networking.v1.ServiceCIDR', 'networking.k8s.io', 'servicecidrs', 'cluster', '', 'status'),
  row('networking.v1.Ingress', 'networking.k8s.io', 'ingresses', 'namespaced', 'ing', 'status'),
  row('networking.v1.IngressClass', 'networking.k8s.io', 'ingressclasses', 'cluster'),
  row('networking.v1.NetworkPolicy', 'networking.k8s.io', 'networkpolicies', 'namespaced', 'netpol'),
  row('node.v1.RuntimeClass', 'node.k8s.io', 'runtimeclasses', 'cluster'),
  row('policy.v1.PodDisruptionBudget', 'policy', 'poddisruptionbudgets', 'namespaced', 'pdb', 'status'),
  row('rbac.v1.Role', rbac, 'roles', 'namespaced'),
  row('rbac.v1.RoleBinding', rbac, 'rolebindings', 'namespaced'),
  row('rbac.v1.ClusterRole', rbac, 'clusterroles', 'cluster'),
  row('rbac.v1.ClusterRoleBinding', rbac, 'clusterrolebindings', 'cluster'),
  row('resource.v1.DeviceClass', devices, 'deviceclasses', 'cluster'),
  row('resource.v1.ResourceClaim', devices, 'resourceclaims', 'namespaced', '', 'status'),
  row('resource.v1.ResourceClaimTemplate', devices, 'resourceclaimtemplates', 'namespaced'),
  row('resource.v1.ResourceSlice', devices, 'resourceslices', 'cluster', '', '', '', 'spec.nodeName spec.driver'),
  row('scheduling.v1.PriorityClass', 'scheduling.k8s.io', 'priorityclasses', 'cluster', 'pc'),
  row('storage.v1.StorageClass', storage, 'storageclasses', 'cluster', 'sc'),
  row('storage.v1.VolumeAttachment', storage, 'volumeattachments', 'cluster', '', 'status'),
  row('storage.v1.VolumeAttributesClass', storage, 'volumeattributesclasses', 'cluster', 'vac'),
  row('storage.v1.CSIDriver', storage, 'csidrivers', 'cluster'),
  row('storage.v1.CSINode', storage, 'csinodes', 'cluster'),
  row('storage.v1.CSIStorageCapacity', storage, 'csistoragecapacities', 'namespaced'),
  row(
    'admissionregistration.v1.MutatingAdmissionPolicy',
    admission,
    'mutatingadmissionpolicies',
    'cluster',
    '',
    '',
    'api-extensions',
  ),
  row(
    'admissionregistration.v1.MutatingAdmissionPolicyBinding',
    admission,
    'mutatingadmissionpolicybindings',
    'cluster',
    '',
    '',
    'api-extensions',
  ),
  row(
    'admissionregistration.v1.MutatingWebhookConfiguration',
    admission,
    'mutatingwebhookconfigurations',
    'cluster',
    '',
    '',
    'api-extensions',
  ),
  row(
    'admissionregistration.v1.ValidatingAdmissionPolicy',
    admission,
    'validatingadmissionpolicies',
    'cluster',
    '',
    'status',
    'api-extensions',
  ),
  row(
    'admissionregistration.v1.ValidatingAdmissionPolicyBinding',
    admission,
    'validatingadmissionpolicybindings',
    'cluster',
    '',
    '',
    'api-extensions',
  ),
  row(
    'admissionregistration.v1.ValidatingWebhookConfiguration',
    admission,
    'validatingwebhookconfigurations',
    'cluster',
    '',
    '',
    'api-extensions',
  ),
  row(
    'apiregistration.v1.APIService',
    'apiregistration.k8s.io',
    'apiservices',
    'cluster',
    '',
    'status',
    'api-extensions',
  ),
  row(
    'apiextensions.v1.CustomResourceDefinition',
    'apiextensions.k8s.io',
    'customresourcedefinitions',
    'cluster',
    'crd crds',
    'status',
    'api-extensions',
  ),
];

/** Versions whose objects are stored as those of another type, by type. */
export const storedAs: Readonly<Record<string, { readonly type: string; readonly conversion: VersionConversion }>> = {
  'autoscaling.v1.HorizontalPodAutoscaler': {
    type: 'autoscaling.v2.HorizontalPodAutoscaler',
    conversion: autoscalingV1,
  },
};

/** Kinds whose objects go one by one: all namespaces at once would be a whole cell. */
export const deletedOneByOne: ReadonlySet<string> = new Set(['core.v1.Namespace']);

/** Kinds that are another kind under other field names, by type. */
export const viewsByType: Readonly<Record<string, KindView>> = {
  'events.v1.Event': {
    of: { group: '', version: 'v1', resource: 'events' },
    fields: {
      regarding: 'involvedObject',
      note: 'message',
      reportingController: 'reportingComponent',
      deprecatedSource: 'source',
      deprecatedFirstTimestamp: 'firstTimestamp',
      deprecatedLastTimestamp: 'lastTimestamp',
      deprecatedCount: 'count',
    },
  },
};

/** Kinds that are questions: posted, answered, never stored. `review` is the name in kernel/access's `Reviews`. */
export const reviewRows = [
  {
    type: 'authentication.v1.TokenReview',
    group: 'authentication.k8s.io',
    resource: 'tokenreviews',
    namespaced: false,
    review: 'tokenReview',
  },
  {
    type: 'authentication.v1.SelfSubjectReview',
    group: 'authentication.k8s.io',
    resource: 'selfsubjectreviews',
    namespaced: false,
    review: 'selfSubjectReview',
  },
  {
    type: 'authorization.v1.SubjectAccessReview',
    group: 'authorization.k8s.io',
    resource: 'subjectaccessreviews',
    namespaced: false,
    review: 'subjectAccessReview',
  },
  {
    type: 'authorization.v1.SelfSubjectAccessReview',
    group: 'authorization.k8s.io',
    resource: 'selfsubjectaccessreviews',
    namespaced: false,
    review: 'selfSubjectAccessReview',
  },
  {
    type: 'authorization.v1.SelfSubjectRulesReview',
    group: 'authorization.k8s.io',
    resource: 'selfsubjectrulesreviews',
    namespaced: false,
    review: 'selfSubjectRulesReview',
  },
  {
    type: 'authorization.v1.LocalSubjectAccessReview',
    group: 'authorization.k8s.io',
    resource: 'localsubjectaccessreviews',
    namespaced: true,
    review: 'localSubjectAccessReview',
  },
] as const;

/** Kinds that are told, never stored. */
export const computedRows = [
  {
    type: 'core.v1.ComponentStatus',
    group: '',
    resource: 'componentstatuses',
    namespaced: false,
    singular: 'componentstatus',
    shortNames: ['cs'],
  },
] as const;

/** Types that are on the wire but are no kind of their own: bodies of subresources and options. */
export const unstoredTypes: readonly string[] = [
  ...reviewRows.map((review) => review.type),
  ...computedRows.map((row) => row.type),
  'authentication.v1.TokenRequest',
  'autoscaling.v1.Scale',
  'core.v1.Binding',
  'policy.v1.Eviction',
  'meta.v1.DeleteOptions',
  'meta.v1.Status',
  'meta.v1.ListMeta',
  'meta.v1.APIVersions',
  'meta.v1.APIGroup',
  'meta.v1.APIGroupList',
  'meta.v1.APIResourceList',
];
