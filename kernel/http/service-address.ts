import { arrayAt, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';

export interface ServicePort {
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
}

/** Where the connection goes. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * Where a Service's port is served: at one of its ready endpoints (apiserver pkg/util/proxy/proxy.go, ResolveEndpoint), which
 * needs nobody who forwards the Service's own address; at that address while there is none, since it may wake one.
 */
export function addressOf(store: Store, { name, namespace, port }: ServicePort): Place {
  const service = read(store, 'services', namespace, name);
  if (service === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
  const spec = recordAt(service, 'spec');
  if (stringAt(spec, 'type') === 'ExternalName') return { host: stringAt(spec, 'externalName'), port };
  const served = recordsAt(spec, 'ports').find((item) => item.port === port);
  if (served === undefined) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
  const places = endpointsOf(store, namespace, name, stringAt(served, 'name'));
  const place = places[Math.floor(Math.random() * places.length)];
  if (place !== undefined) return place;
  const host = stringAt(spec, 'clusterIP');
  if (host === '' || host === 'None') throw new Error(`service ${JSON.stringify(name)} has no address to call`);
  return { host, port };
}

function endpointsOf(store: Store, namespace: string, name: string, portName: string): readonly Place[] {
  const endpoints = read(store, 'endpoints', namespace, name);
  if (endpoints === undefined) return inSlices(store, namespace, name, portName);
  return recordsAt(endpoints, 'subsets').flatMap((subset) => {
    const found = recordsAt(subset, 'ports').find((item) => stringAt(item, 'name') === portName);
    const port = found === undefined ? undefined : numberAt(found, 'port');
    if (port === undefined) return [];
    return recordsAt(subset, 'addresses').map((address) => ({ host: stringAt(address, 'ip'), port }));
  });
}

function inSlices(store: Store, namespace: string, service: string, portName: string): readonly Place[] {
  const { items } = store.list(resourcePrefix('discovery.k8s.io', 'endpointslices', namespace));
  const slices = items.map(({ value }) => JSON.parse(value) as JsonRecord);
  return slices.flatMap((slice) => {
    if (stringAt(slice, 'metadata', 'labels', 'kubernetes.io/service-name') !== service) return [];
    const found = recordsAt(slice, 'ports').find((item) => stringAt(item, 'name') === portName);
    const port = found === undefined ? undefined : numberAt(found, 'port');
    if (port === undefined) return [];
    const ready = recordsAt(slice, 'endpoints').filter((item) => recordAt(item, 'conditions').ready !== false);
    return ready.map((item) => ({ host: String(arrayAt(item, 'addresses')[0] ?? ''), port }));
  });
}

function read(store: Store, resource: string, namespace: string, name: string): JsonRecord | undefined {
  const stored = store.get(resourcePrefix('', resource, namespace) + name);
  return stored === undefined ? undefined : (JSON.parse(stored.value) as JsonRecord);
}
