/** The least that makes an object of each built-in kind valid: where fuzzing starts from. */
import type { JsonRecord } from '../kinds/json.ts';

const containers = [{ name: 'main', image: 'example/hello:1' }];
const template = { metadata: { labels: { app: 'a' } }, spec: { containers } };
const selector = { matchLabels: { app: 'a' } };
const endingTemplate = { spec: { containers, restartPolicy: 'Never' } };
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const clusterRole = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
const subjects = [{ kind: 'User', name: 'someone', apiGroup: 'rbac.authorization.k8s.io' }];
const rules = [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }];
const signingRequest = Buffer.from(
  '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n',
).toString('base64');

/** Policies are evaluated and let what is stored be sent back: they warn, or change new objects only. */
const configMapRule = {
  operations: ['CREATE', 'UPDATE'],
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
};
const webhook = {
  name: 'hook.fuzz.example.com',
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  clientConfig: { url: 'https://127.0.0.1:1/hook' },
};

const deviceClaim = { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } }] } };

export const templates: Readonly<Record<string, JsonRecord>> = {
  'core.v1.Namespace': {},
  'core.v1.Node': {},
  'core.v1.Pod': { spec: { containers } },
  'core.v1.Service': { spec: { ports: [{ port: 80 }], selector: { app: 'a' } } },
  'core.v1.Endpoints': { subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ port: 80 }] }] },
  'core.v1.ConfigMap': { data: { a: 'b' } },
  'core.v1.Secret': { data: { a: 'Yg==' } },
  'core.v1.Event': { involvedObject: { namespace: 'default', kind: 'Pod', name: 'p' }, reason: 'Fuzz' },
  'core.v1.ServiceAccount': {},
  'core.v1.PersistentVolume': {
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp/x' } },
  },
  'core.v1.PersistentVolumeClaim': { spec: claim },
  'core.v1.LimitRange': { spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] } },
  'core.v1.ResourceQuota': { spec: { hard: { pods: '3' } } },
  'core.v1.PodTemplate': { template },
  'core.v1.ReplicationController': { spec: { selector: { app: 'a' }, template } },
  'apps.v1.Deployment': { spec: { selector, template } },
  'apps.v1.ReplicaSet': { spec: { selector, template } },
  'apps.v1.StatefulSet': { spec: { selector, template, serviceName: 'a' } },
  'apps.v1.DaemonSet': { spec: { selector, template } },
  'apps.v1.ControllerRevision': { revision: 1, data: { a: 1 } },
  'batch.v1.Job': { spec: { template: endingTemplate } },
  'batch.v1.CronJob': { spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: endingTemplate } } } },
  'autoscaling.v2.HorizontalPodAutoscaler': {
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' } },
  },
  'autoscaling.v1.HorizontalPodAutoscaler': {
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' } },
  },
  'certificates.v1.CertificateSigningRequest': {
    spec: { request: signingRequest, signerName: 'example.com/fuzz', usages: ['client auth'] },
  },
  'coordination.v1.Lease': { spec: { holderIdentity: 'a', leaseDurationSeconds: 15 } },
  'discovery.v1.EndpointSlice': {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.1.2.3'] }],
    ports: [{ port: 80 }],
  },
  'events.v1.Event': {
    regarding: { namespace: 'default', kind: 'Pod', name: 'p' },
    reason: 'Fuzz',
    action: 'Try',
    type: 'Normal',
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'example.com/fuzz',
    reportingInstance: 'fuzz-1',
  },
  'flowcontrol.v1.FlowSchema': { spec: { priorityLevelConfiguration: { name: 'a' } } },
  'flowcontrol.v1.PriorityLevelConfiguration': {
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
  },
  'networking.v1.Ingress': { spec: { defaultBackend: { service: { name: 'a', port: { number: 80 } } } } },
  'networking.v1.IngressClass': { spec: { controller: 'example.com/a' } },
  'networking.v1.NetworkPolicy': { spec: { podSelector: {} } },
  'networking.v1.IPAddress': { spec: { parentRef: { resource: 'services', name: 'a', namespace: 'default' } } },
  'networking.v1.ServiceCIDR': { spec: { cidrs: ['10.9.0.0/16'] } },
  'node.v1.RuntimeClass': { handler: 'a' },
  'policy.v1.PodDisruptionBudget': { spec: { minAvailable: 1, selector } },
  'rbac.v1.Role': { rules },
  'rbac.v1.RoleBinding': { roleRef: clusterRole, subjects },
  'rbac.v1.ClusterRole': { rules },
  'rbac.v1.ClusterRoleBinding': { roleRef: clusterRole, subjects },
  'resource.v1.DeviceClass': { spec: {} },
  'resource.v1.ResourceClaim': { spec: deviceClaim },
  'resource.v1.ResourceClaimTemplate': { spec: { spec: deviceClaim } },
  'resource.v1.ResourceSlice': {
    spec: {
      driver: 'gpu.example.com',
      nodeName: 'n',
      pool: { name: 'n', generation: 1, resourceSliceCount: 1 },
      devices: [{ name: 'gpu-0', attributes: { memory: { string: 'much' } } }],
    },
  },
  'scheduling.v1.PriorityClass': { value: 10 },
  'storage.v1.StorageClass': { provisioner: 'example.com/a' },
  'storage.v1.VolumeAttachment': { spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'v' } } },
  'storage.v1.VolumeAttributesClass': { driverName: 'a', parameters: { a: 'b' } },
  'storage.v1.CSIDriver': {},
  'storage.v1.CSINode': { spec: { drivers: [{ name: 'a', nodeID: 'n' }] } },
  'storage.v1.CSIStorageCapacity': { storageClassName: 'a', capacity: '1Gi' },
  'admissionregistration.v1.MutatingAdmissionPolicy': {
    spec: {
      matchConstraints: { resourceRules: [{ ...configMapRule, operations: ['CREATE'] }] },
      mutations: [
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: { expression: "Object{metadata: Object.metadata{labels: {'fuzz': 'x'}}}" },
        },
      ],
    },
  },
  'admissionregistration.v1.MutatingAdmissionPolicyBinding': { spec: { policyName: 'fuzz-1' } },
  'admissionregistration.v1.ValidatingAdmissionPolicy': {
    spec: {
      matchConstraints: { resourceRules: [configMapRule] },
      variables: [{ name: 'labels', expression: 'object.?metadata.labels.orValue({})' }],
      validations: [
        {
          expression: "!('fuzz' in variables.labels) || variables.labels['fuzz'].size() < 5",
          messageExpression: "'too long: ' + request.name",
        },
      ],
    },
  },
  'admissionregistration.v1.ValidatingAdmissionPolicyBinding': {
    spec: { policyName: 'fuzz-1', validationActions: ['Warn'] },
  },
  'admissionregistration.v1.MutatingWebhookConfiguration': { webhooks: [webhook] },
  'admissionregistration.v1.ValidatingWebhookConfiguration': { webhooks: [webhook] },
  'apiregistration.v1.APIService': {
    spec: {
      group: 'fuzz.example.com',
      version: 'v1',
      groupPriorityMinimum: 2000,
      versionPriority: 15,
      service: { namespace: 'default', name: 'a' },
    },
  },
  'apiextensions.v1.CustomResourceDefinition': {
    spec: {
      group: 'fuzz.example.com',
      names: { plural: 'things', kind: 'Thing' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
};

/** Names that are not free: by kind, the n-th one. */
export function nameOf(type: string, index: number): string {
  if (type === 'networking.v1.IPAddress') return `10.0.0.${index + 1}`;
  if (type === 'apiextensions.v1.CustomResourceDefinition') return 'things.fuzz.example.com';
  if (type === 'apiregistration.v1.APIService') return 'v1.fuzz.example.com';
  return `fuzz-${index}`;
}
