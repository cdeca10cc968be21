/**
 * Which EndpointSlices a Service should have: pure, from the Service, its pods and the slices there are
 * (pkg/controller/endpointslice, staging/src/k8s.io/endpointslice upstream).
 */
import {
  controllerReference,
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  type Endpoints,
  isPodFinished,
  isPodReady,
  type Pod,
  type Service,
} from '@diatom/sdk';
import { isSame } from '../same.ts';

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const managerName = 'endpointslice-controller.k8s.io';
const maxEndpoints = 100;

/** Pods that serve the same ports; a named target port may stand for a different number in each pod. */
interface Group {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: Map<string, Endpoint>;
}

export interface SlicePlan {
  readonly creates: readonly EndpointSlice[];
  readonly updates: readonly EndpointSlice[];
  readonly deletes: readonly EndpointSlice[];
}

export function planSlices(service: Service, pods: readonly Pod[], existing: readonly EndpointSlice[]): SlicePlan {
  const groups = groupPods(service, pods);
  const plan = { creates: [] as EndpointSlice[], updates: [] as EndpointSlice[], deletes: [] as EndpointSlice[] };
  const left = new Set(existing.filter((slice) => slice.metadata.deletionTimestamp === undefined));
  for (const { ports, endpoints } of groups) {
    const missing = new Map(endpoints);
    const kept: { slice: EndpointSlice; endpoints: Endpoint[] }[] = [];
    // Endpoints stay in the slice they are in: a change of one pod writes one slice.
    for (const slice of left) {
      if (!isSame(slice.ports ?? [], ports)) continue;
      left.delete(slice);
      const stay: Endpoint[] = [];
      for (const endpoint of slice.endpoints ?? []) {
        const wanted = missing.get(identityOf(endpoint));
        if (wanted === undefined) continue;
        missing.delete(identityOf(endpoint));
        stay.push(wanted);
      }
      kept.push({ slice, endpoints: stay });
    }
    const rest = [...missing.values()];
    for (const entry of kept.sort((a, b) => b.endpoints.length - a.endpoints.length)) {
      entry.endpoints.push(...rest.splice(0, maxEndpoints - entry.endpoints.length));
    }
    let size = kept.reduce((total, entry) => total + entry.endpoints.length, 0) + rest.length;
    for (const { slice, endpoints: next } of kept) {
      // One slice stays when there is nothing: it says that the Service has been looked at.
      if (next.length === 0 && (size > 0 || groups.length > 1)) plan.deletes.push(slice);
      else {
        const wanted = describe(service, slice, ports, next);
        if (!isSame(wanted, slice)) plan.updates.push(wanted);
        if (next.length === 0) size = 1;
      }
    }
    while (rest.length > 0) plan.creates.push(describe(service, undefined, ports, rest.splice(0, maxEndpoints)));
    if (kept.length === 0 && endpoints.size === 0) plan.creates.push(describe(service, undefined, ports, []));
  }
  plan.deletes.push(...left);
  return plan;
}

function groupPods(service: Service, pods: readonly Pod[]): Group[] {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const endpoint = endpointOf(service, pod);
    if (endpoint === undefined) continue;
    const ports = portsFor(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    group.endpoints.set(identityOf(endpoint), endpoint);
    groups.set(key, group);
  }
  if (groups.size === 0) groups.set('', { ports: [], endpoints: new Map() });
  return [...groups.values()];
}

function identityOf(endpoint: Endpoint): string {
  return `${endpoint.targetRef?.uid ?? ''} ${endpoint.addresses.join(' ')}`;
}

function endpointOf(service: Service, pod: Pod): Endpoint | undefined {
  const ip = pod.status?.podIP;
  if (ip === undefined || ip === '' || isPodFinished(pod)) return undefined;
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const { name, namespace, uid } = pod.metadata;
  const { hostname, subdomain, nodeName } = pod.spec;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  return {
    addresses: [ip],
    conditions: { ready, serving, terminating },
    ...(hostname !== undefined && subdomain === service.metadata.name ? { hostname } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: {
      kind: 'Pod',
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      ...(uid === undefined ? {} : { uid }),
    },
  };
}

/** A port whose name the pod does not have is left out for it (FindPort upstream). */
function portsFor(service: Service, pod: Pod): EndpointPort[] {
  const found: EndpointPort[] = [];
  for (const { name = '', port, targetPort, protocol = 'TCP', appProtocol } of service.spec?.ports ?? []) {
    const target = targetPort === undefined || targetPort === 0 || targetPort === '' ? port : targetPort;
    const number =
      typeof target === 'number'
        ? target
        : pod.spec.containers
            .flatMap((container) => container.ports ?? [])
            .find((each) => each.name === target && (each.protocol ?? 'TCP') === protocol)?.containerPort;
    if (number === undefined) continue;
    found.push({ name, port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) });
  }
  return found;
}

function describe(
  service: Service,
  slice: EndpointSlice | undefined,
  ports: readonly EndpointPort[],
  endpoints: readonly Endpoint[],
): EndpointSlice {
  const { name = '', namespace, labels } = service.metadata;
  const headless = service.spec?.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {};
  const base: EndpointSlice = slice ?? {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      ownerReferences: [controllerReference({ ...service, apiVersion: 'v1', kind: 'Service' })],
    },
    addressType: 'IPv4',
    endpoints: [],
  };
  return {
    ...base,
    metadata: {
      ...base.metadata,
      labels: { ...labels, ...headless, [serviceNameLabel]: name, [managedByLabel]: managerName },
    },
    endpoints: [...endpoints],
    ...(ports.length > 0 || (slice?.ports !== undefined && slice.ports.length > 0) ? { ports: [...ports] } : {}),
  };
}

/** The core/v1 Endpoints of the same pods: at most 1,000 addresses, for clients that still read them. */
export function planEndpoints(service: Service, pods: readonly Pod[]): Endpoints {
  const { name = '', namespace, labels } = service.metadata;
  const subsets = groupPods(service, pods)
    .filter((group) => group.endpoints.size > 0)
    .map(({ ports, endpoints }) => {
      const all = [...endpoints.values()].slice(0, 1000);
      const addressesWhere = (ready: boolean) =>
        all
          .filter(({ conditions }) => conditions?.ready === ready && (ready || conditions.terminating !== true))
          .map(({ addresses, hostname, nodeName, targetRef }) => ({
            ip: addresses[0] ?? '',
            ...(hostname === undefined ? {} : { hostname }),
            ...(nodeName === undefined ? {} : { nodeName }),
            ...(targetRef === undefined ? {} : { targetRef }),
          }));
      const ready = addressesWhere(true);
      const notReady = addressesWhere(false);
      return {
        ...(ready.length === 0 ? {} : { addresses: ready }),
        ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
        ports: ports.map(({ name: portName = '', port = 0, protocol = 'TCP' }) => ({
          ...(portName === '' ? {} : { name: portName }),
          port,
          protocol,
        })),
      };
    })
    .filter(({ addresses, notReadyAddresses }) => addresses !== undefined || notReadyAddresses !== undefined);
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, [endpointsManagedByLabel]: endpointsManagerName },
    },
    ...(subsets.length === 0 ? {} : { subsets }),
  };
}

export const endpointsManagedByLabel = 'endpoints.kubernetes.io/managed-by';
export const endpointsManagerName = 'endpoint-controller';
