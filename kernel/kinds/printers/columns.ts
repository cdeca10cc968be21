/** Printer columns of the built-in kinds, by type name (kubernetes pkg/printers/internalversion/printers.go). */
import { arrayAt, isRecord, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../json.ts';
import type { Column } from '../kind.ts';
import { formatSelector } from '../selector-text.ts';
import { scalingTargets } from './autoscaling.ts';
import { ageLast, at, createdAt, integer, joined, labelsText, none, text, value, wide } from './column.ts';
import { controlColumns } from './control.ts';
import { deviceColumns } from './devices.ts';
import { podColumns } from './pod.ts';
import { storageColumns } from './storage.ts';
import { age, nameColumn } from './table-columns.ts';
import * as workloads from './workloads.ts';

// ---- nodes -------------------------------------------------------------------------------------------------------

function nodeStatus(node: JsonRecord): string {
  const ready = recordsAt(node, 'status', 'conditions').find((condition) => condition.type === 'Ready');
  const parts = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (recordAt(node, 'spec').unschedulable === true) parts.push('SchedulingDisabled');
  return parts.join(',');
}

const rolePrefix = 'node-role.kubernetes.io/';

function nodeRoles(node: JsonRecord): string {
  const labels = recordAt(node, 'metadata', 'labels');
  const roles = Object.keys(labels)
    .filter((key) => key.startsWith(rolePrefix))
    .map((key) => key.slice(rolePrefix.length))
    .filter((role) => role !== '');
  return joined(roles.sort());
}

const nodeAddress = (type: string) => (node: JsonRecord) =>
  stringAt(
    recordsAt(node, 'status', 'addresses').find((address) => address.type === type),
    'address',
  ) || none;

const healthOf = (component: JsonRecord): JsonRecord | undefined =>
  recordsAt(component, 'conditions').find(({ type }) => type === 'Healthy');

function healthStatus(component: JsonRecord): string {
  const health = healthOf(component);
  return health === undefined ? 'Unknown' : health.status === 'True' ? 'Healthy' : 'Unhealthy';
}

const unknown =
  (...path: readonly string[]) =>
  (object: JsonRecord): string =>
    stringAt(object, ...path) || '<unknown>';

const nodeColumns: readonly Column[] = [
  text('Status', nodeStatus),
  text('Roles', nodeRoles),
  ageLast,
  text('Version', (node) => stringAt(node, 'status', 'nodeInfo', 'kubeletVersion')),
  wide('Internal-IP', nodeAddress('InternalIP')),
  wide('External-IP', nodeAddress('ExternalIP')),
  wide('OS-Image', unknown('status', 'nodeInfo', 'osImage')),
  wide('Kernel-Version', unknown('status', 'nodeInfo', 'kernelVersion')),
  wide('Container-Runtime', unknown('status', 'nodeInfo', 'containerRuntimeVersion')),
];

// ---- services and endpoints ----------------------------------------------------------------------------------------

function externalAddress(service: JsonRecord): string {
  const fixed = arrayAt(service, 'spec', 'externalIPs').map(String);
  switch (stringAt(service, 'spec', 'type')) {
    case 'ExternalName':
      return stringAt(service, 'spec', 'externalName');
    case 'LoadBalancer': {
      const given = recordsAt(service, 'status', 'loadBalancer', 'ingress').map(
        (entry) => stringAt(entry, 'ip') || stringAt(entry, 'hostname'),
      );
      return given.length + fixed.length === 0 ? '<pending>' : [...given, ...fixed].join(',');
    }
    default:
      return joined(fixed);
  }
}

function servicePorts(service: JsonRecord): string {
  return joined(
    recordsAt(service, 'spec', 'ports').map((port) => {
      const nodePort = numberAt(port, 'nodePort') ?? 0;
      return `${String(port.port)}${nodePort > 0 ? `:${nodePort}` : ''}/${stringAt(port, 'protocol')}`;
    }),
  );
}

const shownEndpoints = 3;

function endpointsText(object: JsonRecord): string {
  const all = recordsAt(object, 'subsets').flatMap((subset) => {
    const addresses = recordsAt(subset, 'addresses').map((address) => stringAt(address, 'ip'));
    const ports = recordsAt(subset, 'ports');
    if (ports.length === 0) return addresses;
    return ports.flatMap((port) => addresses.map((address) => `${address}:${String(port.port)}`));
  });
  const shown = all.slice(0, shownEndpoints).join(',');
  return all.length > shownEndpoints ? `${shown} + ${all.length - shownEndpoints} more...` : shown || none;
}

function sliceEndpoints(slice: JsonRecord): string {
  const all = recordsAt(slice, 'endpoints').flatMap((endpoint) => arrayAt(endpoint, 'addresses').map(String));
  const shown = all.slice(0, shownEndpoints).join(',');
  return all.length > shownEndpoints ? `${shown} + ${all.length - shownEndpoints} more...` : shown || '<unset>';
}

function slicePorts(slice: JsonRecord): string {
  const ports = recordsAt(slice, 'ports').map((port) => (port.port === undefined ? '*' : String(port.port)));
  const shown = ports.slice(0, shownEndpoints).join(',');
  return ports.length > shownEndpoints ? `${shown} + ${ports.length - shownEndpoints} more...` : shown || '<unset>';
}

function ingressPorts(ingress: JsonRecord): string {
  return recordsAt(ingress, 'spec', 'tls').length > 0 ? '80, 443' : '80';
}

function ingressHosts(ingress: JsonRecord): string {
  const hosts = recordsAt(ingress, 'spec', 'rules').map((rule) => stringAt(rule, 'host') || '*');
  return hosts.length === 0 ? '*' : hosts.join(',');
}

// ---- events --------------------------------------------------------------------------------------------------------

function eventTime(event: JsonRecord, ...fields: readonly string[]): string {
  return fields.map((field) => stringAt(event, ...field.split('.'))).find((time) => time !== '') ?? '';
}

const lastSeen = (event: JsonRecord, nowMs: number) =>
  age(eventTime(event, 'series.lastObservedTime', 'lastTimestamp', 'eventTime', 'metadata.creationTimestamp'), nowMs);

const firstSeen = (event: JsonRecord, nowMs: number) =>
  age(eventTime(event, 'firstTimestamp', 'eventTime', 'metadata.creationTimestamp'), nowMs);

const eventColumns: readonly Column[] = [
  text('Last Seen', lastSeen),
  text('Type', (event) => stringAt(event, 'type')),
  text('Reason', (event) => stringAt(event, 'reason')),
  text(
    'Object',
    (event) =>
      `${stringAt(event, 'involvedObject', 'kind').toLowerCase()}/${stringAt(event, 'involvedObject', 'name')}`,
  ),
  wide('Subobject', (event) => stringAt(event, 'involvedObject', 'fieldPath')),
  wide('Source', (event) => stringAt(event, 'source', 'component') || stringAt(event, 'reportingComponent')),
  text('Message', (event) => stringAt(event, 'message').trim()),
  wide('First Seen', firstSeen),
  wide('Count', (event) => String(numberAt(event, 'series', 'count') ?? numberAt(event, 'count') ?? 1)),
  { ...nameColumn, priority: 1 },
];

// ---- access --------------------------------------------------------------------------------------------------------

const subjects = (kind: string) => (binding: JsonRecord) =>
  joined(
    recordsAt(binding, 'subjects')
      .filter((subject) => subject.kind === kind)
      .map((subject) =>
        kind === 'ServiceAccount'
          ? `${stringAt(subject, 'namespace')}/${stringAt(subject, 'name')}`
          : stringAt(subject, 'name'),
      ),
  );

const bindingColumns: readonly Column[] = [
  text('Role', (binding) => `${stringAt(binding, 'roleRef', 'kind')}/${stringAt(binding, 'roleRef', 'name')}`),
  ageLast,
  wide('Users', subjects('User')),
  wide('Groups', subjects('Group')),
  wide('ServiceAccounts', subjects('ServiceAccount')),
];

// ---- the rest -------------------------------------------------------------------------------------------------------

const count =
  (...fields: readonly string[]) =>
  (object: JsonRecord) =>
    fields.reduce(
      (sum, field) =>
        sum + (isRecord(object[field]) ? Object.keys(object[field]).length : arrayAt(object, field).length),
      0,
    );
const quotaText = (isLimit: boolean) => (quota: JsonRecord) => {
  const used = recordAt(quota, 'status', 'used');
  return Object.entries(recordAt(quota, 'status', 'hard'))
    .filter(([name]) => name.startsWith('limits.') === isLimit)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => `${name}: ${String(used[name] ?? 0)}/${String(hard)}`)
    .join(', ');
};

export const columnsByKind: Readonly<Record<string, readonly Column[]>> = {
  ...deviceColumns,
  ...storageColumns,
  ...controlColumns,
  'core.v1.Namespace': [text('Status', at('status', 'phase')), ageLast],
  'core.v1.Node': nodeColumns,
  'core.v1.ComponentStatus': [
    text('Status', (object) => healthStatus(object)),
    text('Message', (object) => stringAt(healthOf(object), 'message')),
    text('Error', (object) => stringAt(healthOf(object), 'error')),
  ],
  'core.v1.Pod': podColumns,
  'core.v1.Service': [
    text('Type', at('spec', 'type')),
    text('Cluster-IP', at('spec', 'clusterIP')),
    text('External-IP', externalAddress),
    text('Port(s)', servicePorts),
    ageLast,
    wide('Selector', (service) => labelsText(recordAt(service, 'spec', 'selector'))),
  ],
  'core.v1.Endpoints': [text('Endpoints', endpointsText), ageLast],
  'core.v1.ConfigMap': [integer('Data', count('data', 'binaryData')), ageLast],
  'core.v1.Secret': [text('Type', at('type')), integer('Data', count('data')), ageLast],
  'core.v1.Event': eventColumns,
  'core.v1.ServiceAccount': [integer('Secrets', count('secrets')), ageLast],
  'core.v1.LimitRange': [createdAt],
  'core.v1.ResourceQuota': [text('Request', quotaText(false)), text('Limit', quotaText(true)), ageLast],
  'core.v1.ReplicationController': workloads.replicaSetColumns,
  'apps.v1.Deployment': workloads.deploymentColumns,
  'apps.v1.ReplicaSet': workloads.replicaSetColumns,
  'apps.v1.StatefulSet': workloads.statefulSetColumns,
  'apps.v1.DaemonSet': workloads.daemonSetColumns,
  'apps.v1.ControllerRevision': [
    text('Controller', (revision) => {
      const owner = recordsAt(revision, 'metadata', 'ownerReferences').find(
        (reference) => reference.controller === true,
      );
      return owner === undefined
        ? none
        : `${stringAt(owner, 'kind').toLowerCase()}.${stringAt(owner, 'apiVersion').split('/')[0]}/${stringAt(owner, 'name')}`;
    }),
    integer('Revision', (revision) => revision.revision ?? 0),
    ageLast,
  ],
  'batch.v1.Job': workloads.jobColumns,
  'batch.v1.CronJob': workloads.cronJobColumns,
  'autoscaling.v1.Scale': [
    integer('Desired', (scale) => numberAt(scale, 'spec', 'replicas') ?? 0),
    integer('Available', (scale) => numberAt(scale, 'status', 'replicas') ?? 0),
    ageLast,
  ],
  'autoscaling.v2.HorizontalPodAutoscaler': [
    text(
      'Reference',
      (scaler) =>
        `${stringAt(scaler, 'spec', 'scaleTargetRef', 'kind')}/${stringAt(scaler, 'spec', 'scaleTargetRef', 'name')}`,
    ),
    text('Targets', scalingTargets),
    integer('MinPods', (scaler) => numberAt(scaler, 'spec', 'minReplicas') ?? 1),
    integer('MaxPods', (scaler) => numberAt(scaler, 'spec', 'maxReplicas') ?? 0),
    integer('Replicas', (scaler) => numberAt(scaler, 'status', 'currentReplicas') ?? 0),
    ageLast,
  ],
  'coordination.v1.Lease': [text('Holder', value('', 'spec', 'holderIdentity')), ageLast],
  'discovery.v1.EndpointSlice': [
    text('AddressType', value('', 'addressType')),
    text('Ports', slicePorts),
    text('Endpoints', sliceEndpoints),
    ageLast,
  ],
  'networking.v1.Ingress': [
    text('Class', at('spec', 'ingressClassName')),
    text('Hosts', ingressHosts),
    text('Address', (ingress) =>
      recordsAt(ingress, 'status', 'loadBalancer', 'ingress')
        .map((entry) => stringAt(entry, 'ip') || stringAt(entry, 'hostname'))
        .join(','),
    ),
    text('Ports', ingressPorts),
    ageLast,
  ],
  'networking.v1.IngressClass': [
    text('Controller', at('spec', 'controller')),
    text('Parameters', (object) => {
      const parameters = recordAt(object, 'spec', 'parameters');
      const group = stringAt(parameters, 'apiGroup');
      return parameters.kind === undefined
        ? none
        : `${stringAt(parameters, 'kind')}${group === '' ? '' : `.${group}`}/${stringAt(parameters, 'name')}`;
    }),
    ageLast,
  ],
  'networking.v1.NetworkPolicy': [
    text('Pod-Selector', (policy) => formatSelector(recordAt(policy, 'spec', 'podSelector')) || none),
    ageLast,
  ],
  'node.v1.RuntimeClass': [text('Handler', at('handler')), ageLast],
  'policy.v1.PodDisruptionBudget': [
    text('Min Available', value('N/A', 'spec', 'minAvailable')),
    text('Max Unavailable', value('N/A', 'spec', 'maxUnavailable')),
    integer('Allowed Disruptions', (budget) => numberAt(budget, 'status', 'disruptionsAllowed') ?? 0),
    ageLast,
  ],
  'rbac.v1.Role': [createdAt],
  'rbac.v1.ClusterRole': [createdAt],
  'rbac.v1.RoleBinding': bindingColumns,
  'rbac.v1.ClusterRoleBinding': bindingColumns,
  'scheduling.v1.PriorityClass': [
    integer('Value', (object) => numberAt(object, 'value') ?? 0),
    text('Global-Default', (object) => String(object.globalDefault === true)),
    ageLast,
    wide('PreemptionPolicy', at('preemptionPolicy')),
  ],
  'apiregistration.v1.APIService': [
    text('Service', (object) => {
      const { namespace, name } = recordAt(object, 'spec', 'service');
      return name === undefined ? 'Local' : `${String(namespace)}/${String(name)}`;
    }),
    text('Available', (object) => {
      const found = recordsAt(object, 'status', 'conditions').find(({ type }) => type === 'Available');
      if (found === undefined) return 'Unknown';
      return found.status === 'True' ? 'True' : `${String(found.status)} (${String(found.reason)})`;
    }),
    ageLast,
  ],
  'apiextensions.v1.CustomResourceDefinition': [createdAt],
};
