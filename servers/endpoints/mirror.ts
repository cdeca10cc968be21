/**
 * EndpointSlices for Endpoints that somebody wrote himself, of a Service without a selector: pure, from the Endpoints and the
 * slices there are (pkg/controller/endpointslicemirroring upstream).
 */
import {
  controllerReference,
  type Endpoint,
  type EndpointAddress,
  type EndpointPort,
  type EndpointSlice,
  type Endpoints,
} from '@diatom/sdk';
import { isSame } from '../same.ts';
import { managedByLabel, type SlicePlan, serviceNameLabel } from './slices.ts';

export const mirrorName = 'endpointslicemirroring-controller.k8s.io';
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'endpoints.kubernetes.io/last-change-trigger-time',
]);
const mostEndpoints = 1000;

interface Mirrored {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** Endpoints that are a lock of the old leader election, or say so, are nobody's addresses. */
export function isMirrored({ metadata }: Endpoints): boolean {
  return metadata.labels?.[skipLabel] !== 'true' && metadata.annotations?.[leaderAnnotation] === undefined;
}

/** Undefined Endpoints: there is nothing to mirror any more. */
export function planMirrors(endpoints: Endpoints | undefined, existing: readonly EndpointSlice[]): SlicePlan {
  const plan = { creates: [] as EndpointSlice[], updates: [] as EndpointSlice[], deletes: [] as EndpointSlice[] };
  const left = new Set(existing.filter(({ metadata }) => metadata.deletionTimestamp === undefined));
  for (const mirrored of endpoints === undefined ? [] : mirroredBy(endpoints)) {
    const { addressType, ports } = mirrored;
    const slice = [...left].find((each) => each.addressType === addressType && isSame(each.ports ?? [], ports));
    const wanted = sliceOf(endpoints as Endpoints, mirrored, slice);
    if (slice === undefined) plan.creates.push(wanted);
    else {
      left.delete(slice);
      if (!isSame(wanted, slice)) plan.updates.push(wanted);
    }
  }
  plan.deletes.push(...left);
  return plan;
}

/** A slice is of one family of addresses, and of one list of ports. */
function mirroredBy({ subsets = [] }: Endpoints): readonly Mirrored[] {
  const groups = new Map<string, { addressType: Mirrored['addressType']; ports: EndpointPort[]; all: Endpoint[] }>();
  for (const { addresses = [], notReadyAddresses = [], ports: given = [] } of subsets) {
    const ports = given.map(({ name = '', protocol = 'TCP', ...rest }) => ({ name, protocol, ...rest }));
    const endpoints = [
      ...addresses.map((address) => endpointOf(address, true)),
      ...notReadyAddresses.map((address) => endpointOf(address, false)),
    ];
    for (const endpoint of endpoints) {
      const addressType = endpoint.addresses[0]?.includes(':') === true ? 'IPv6' : 'IPv4';
      const key = JSON.stringify([addressType, ports]);
      const group = groups.get(key) ?? { addressType, ports, all: [] };
      group.all.push(endpoint);
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ addressType, ports, all }) => ({
    addressType,
    ports,
    endpoints: all.slice(0, mostEndpoints),
  }));
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  };
}

function sliceOf(
  endpoints: Endpoints,
  { addressType, ports, endpoints: members }: Mirrored,
  slice: EndpointSlice | undefined,
): EndpointSlice {
  const { name = '', namespace, labels, annotations = {} } = endpoints.metadata;
  const copied = Object.entries(annotations).filter(([key]) => !notCopied.has(key));
  const { annotations: _, ...metadata } = slice?.metadata ?? {
    generateName: `${name}-`,
    ...(namespace === undefined ? {} : { namespace }),
    ownerReferences: [controllerReference({ ...endpoints, apiVersion: 'v1', kind: 'Endpoints' })],
  };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType,
    metadata: {
      ...metadata,
      ...(copied.length === 0 ? {} : { annotations: Object.fromEntries(copied) }),
      labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: mirrorName },
    },
    endpoints: [...members],
    ...(ports.length === 0 ? {} : { ports: [...ports] }),
  };
}
