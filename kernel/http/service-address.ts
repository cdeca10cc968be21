import { type JsonRecord, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
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

/** Where a Service's port is served (apiserver pkg/util/proxy/proxy.go, ResolveCluster). */
export function addressOf(store: Store, { name, namespace, port }: ServicePort): Place {
  const stored = store.get(resourcePrefix('', 'services', namespace) + name);
  if (stored === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
  const service = JSON.parse(stored.value) as JsonRecord;
  const type = stringAt(service, 'spec', 'type');
  if (type === 'ExternalName') return { host: stringAt(service, 'spec', 'externalName'), port };
  if (!recordsAt(service, 'spec', 'ports').some((item) => item.port === port))
    throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
  const host = stringAt(recordAt(service, 'spec'), 'clusterIP');
  if (host === '' || host === 'None') throw new Error(`service ${JSON.stringify(name)} has no address to call`);
  return { host, port };
}
