/** Group versions that somebody else serves: APIServices with a service, kept current by a watch of them. */
import { type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import { resourcePrefix } from '../store/keys.ts';

export const apiServicesPrefix = resourcePrefix('apiregistration.k8s.io', 'apiservices');

/** Where a remote API is, and how it shows that it is the one. */
export interface RemoteTarget {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  /** PEM; empty: what this machine believes. */
  readonly certificateAuthority: string;
  readonly isInsecure: boolean;
}

export interface Remote {
  /** `v1beta1.metrics.k8s.io` */
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly groupPriority: number;
  readonly versionPriority: number;
  readonly target: RemoteTarget;
  readonly isAvailable: boolean;
}

/** Undefined for a local APIService. */
export function readRemote(object: JsonRecord): Remote | undefined {
  const spec = recordAt(object, 'spec');
  const service = recordAt(spec, 'service');
  if (stringAt(service, 'name') === '') return undefined;
  return {
    name: stringAt(object, 'metadata', 'name'),
    group: stringAt(spec, 'group'),
    version: stringAt(spec, 'version'),
    groupPriority: numberAt(spec, 'groupPriorityMinimum') ?? 0,
    versionPriority: numberAt(spec, 'versionPriority') ?? 0,
    target: {
      namespace: stringAt(service, 'namespace'),
      service: stringAt(service, 'name'),
      port: numberAt(service, 'port') ?? 443,
      certificateAuthority: Buffer.from(stringAt(spec, 'caBundle'), 'base64').toString('utf8'),
      isInsecure: spec.insecureSkipTLSVerify === true,
    },
    isAvailable: recordsAt(object, 'status', 'conditions').some(
      ({ type, status }) => type === 'Available' && status === 'True',
    ),
  };
}
