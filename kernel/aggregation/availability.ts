/** Whether a remote API can be used now (kube-aggregator pkg/controllers/status/remote): the cheap questions first. */
import type { ApiResponse, Identity } from '@diatom/sdk/api';
import type { CallRemote } from '../http/remote-api.ts';
import { arrayAt, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import type { Remote } from './remote.ts';

export interface Availability {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** How the kernel asks for itself. */
export const aggregatorIdentity: Identity = { name: 'system:kube-aggregator', groups: ['system:masters'] };

const discoveryTimeoutMs = 5_000;

const no = (reason: string, message: string): Availability => ({ status: 'False', reason, message });

export async function checkAvailability(store: Store, callRemote: CallRemote, remote: Remote): Promise<Availability> {
  const problem = serviceProblem(store, remote);
  if (problem !== undefined) return problem;
  const { target, group, version } = remote;
  const path = `/apis/${group}/${version}`;
  const url = `https://${target.service}.${target.namespace}.svc:${target.port}${path}`;
  const failed = (why: string): Availability =>
    no('FailedDiscoveryCheck', `failing or missing response from ${url}: ${why}`);
  try {
    const { status } = await ask(callRemote, remote, path);
    return status >= 200 && status < 400
      ? { status: 'True', reason: 'Passed', message: 'all checks passed' }
      : failed(`bad status from ${url}: ${status}`);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

/** One of the remote's documents, asked for by the kernel itself. */
export function ask(callRemote: CallRemote, { target }: Remote, path: string): Promise<ApiResponse> {
  const request = { method: 'GET', path, headers: { accept: 'application/json' }, body: new Uint8Array(0) };
  return callRemote({ target, request, identity: aggregatorIdentity, timeoutMs: discoveryTimeoutMs, stream: false });
}

function serviceProblem(store: Store, { target }: Remote): Availability | undefined {
  const { namespace, service: name, port } = target;
  const read = (resource: string): JsonRecord | undefined => {
    const stored = store.get(resourcePrefix('', resource, namespace) + name);
    return stored === undefined ? undefined : (JSON.parse(stored.value) as JsonRecord);
  };
  const service = read('services');
  if (service === undefined)
    return no('ServiceNotFound', `service/${name} in ${JSON.stringify(namespace)} is not present`);
  const spec = recordAt(service, 'spec');
  if (stringAt(spec, 'type') === 'ExternalName') return undefined;
  const found = recordsAt(spec, 'ports').find((item) => numberAt(item, 'port') === port);
  if (found === undefined)
    return no('ServicePortError', `service/${name} in ${JSON.stringify(namespace)} is not listening on port ${port}`);
  // Who gives a Service without a selector its endpoints is not known; whether it answers is asked below.
  if (Object.keys(recordAt(spec, 'selector')).length === 0) return undefined;
  const endpoints = read('endpoints');
  if (endpoints === undefined)
    return no('EndpointsNotFound', `cannot find endpoints for service/${name} in ${JSON.stringify(namespace)}`);
  const portName = stringAt(found, 'name');
  const hasAddress = recordsAt(endpoints, 'subsets').some(
    (subset) =>
      arrayAt(subset, 'addresses').length > 0 &&
      recordsAt(subset, 'ports').some((item) => stringAt(item, 'name') === portName),
  );
  if (hasAddress) return undefined;
  const message = `endpoints for service/${name} in ${JSON.stringify(namespace)} have no addresses with port name ${JSON.stringify(portName)}`;
  return no('MissingEndpoints', message);
}
