/**
 * What of a cluster's Services is the kernel's own, as kube-apiserver has it: the ServiceCIDR `kubernetes` with its
 * blocks, the Service `default/kubernetes` on the first address of the first of them, and the endpoint it leads to, by
 * which programs find the API. Whoever deletes one of them meets it again.
 */
import type { ApiHandler } from '@diatom/sdk/api';
import { kernelIdentity } from '../access/bootstrap/bootstrap.ts';
import {
  arrayAt,
  deepEqual,
  isRecord,
  type JsonRecord,
  parseJson,
  recordsAt,
  stringAt,
  valueAt,
} from '../kinds/json.ts';
import { objectKey } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { blockOf, familyOf, toText } from './address.ts';
import { defaultBlocksName } from './address-pool.ts';

export interface OwnObjectsOptions {
  readonly store: Store;
  readonly handle: ApiHandler;
  readonly blocks: readonly string[];
  /** Where the kernel answers. */
  readonly address: string;
  readonly port: number;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

const name = 'kubernetes';
const namespace = 'default';
const networking = '/apis/networking.k8s.io/v1/servicecidrs';
const core = `/api/v1/namespaces/${namespace}`;
const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
const https = { name: 'https', protocol: 'TCP' } as const;

const keys = {
  blocks: objectKey({ group: 'networking.k8s.io', resource: 'servicecidrs', name: defaultBlocksName }),
  service: objectKey({ group: '', resource: 'services', namespace, name }),
  endpoints: objectKey({ group: '', resource: 'endpoints', namespace, name }),
  slice: objectKey({ group: 'discovery.k8s.io', resource: 'endpointslices', namespace, name }),
} as const;

/** Makes them true now, and again whenever one of them is deleted; ends with the store. */
export async function keepOwnObjects(options: OwnObjectsOptions): Promise<void> {
  const { store, log } = options;
  await publish(options);
  for (const key of Object.values(keys)) {
    store.watch({
      prefix: key,
      after: store.revision,
      onEvents: (events) => {
        if (events.some((event) => event.key === key && event.kind === 'delete'))
          publish(options).catch((error: unknown) => log(`${key} could not be made again: ${error}`));
      },
      onEnd: (reason) => {
        if (reason !== 'closed') log(`${key} is no longer followed: the watch of it ended (${reason}); restart`);
      },
    });
  }
}

async function publish(options: OwnObjectsOptions): Promise<void> {
  await publishBlocks(options);
  await publishService(options);
  await publishEndpoint(options);
}

async function publishBlocks(options: OwnObjectsOptions): Promise<void> {
  const { blocks, nowMs } = options;
  const path = `${networking}/${defaultBlocksName}`;
  const present = stored(options, keys.blocks);
  const cidrs = present === undefined ? [] : arrayAt(present, 'spec', 'cidrs');
  // A second family may be added beside the one there is; everything else is another object.
  const isExtended = cidrs.length === 1 && blocks.length === 2 && cidrs[0] === blocks[0];
  if (isExtended) await send(options, 'PATCH', path, { spec: { cidrs: blocks } });
  const isKept = isExtended || deepEqual(cidrs, blocks);
  if (present !== undefined && !isKept) await send(options, 'DELETE', path);
  if (!isKept)
    await send(options, 'POST', networking, { metadata: { name: defaultBlocksName }, spec: { cidrs: blocks } });
  const conditions = recordsAt(stored(options, keys.blocks), 'status', 'conditions');
  if (conditions.some(({ type }) => type === 'Ready')) return;
  const lastTransitionTime = `${new Date(nowMs()).toISOString().slice(0, 19)}Z`;
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: '',
    message: 'Kubernetes default Service CIDR is ready',
    lastTransitionTime,
  };
  await send(options, 'PATCH', `${path}/status`, { status: { conditions: [...conditions, ready] } });
}

async function publishService(options: OwnObjectsOptions): Promise<void> {
  const clusterIP = apiAddress(options.blocks);
  const ports = [{ ...https, port: 443, targetPort: options.port }];
  const present = stored(options, keys.service);
  const isKept = present !== undefined && stringAt(present, 'spec', 'clusterIP') === clusterIP;
  // On an address of another range than the present one it could not be reached, and its address cannot be changed.
  if (present !== undefined && !isKept) await send(options, 'DELETE', `${core}/services/${name}`);
  if (!isKept) {
    const labels = { component: 'apiserver', provider: 'kubernetes' };
    const spec = { type: 'ClusterIP', clusterIP, sessionAffinity: 'None', ports };
    await send(options, 'POST', `${core}/services`, { metadata: { name, labels }, spec });
  } else if (valueAt(recordsAt(present, 'spec', 'ports')[0], ['targetPort']) !== options.port)
    await send(options, 'PATCH', `${core}/services/${name}`, { spec: { ports } });
}

/** As Endpoints and as EndpointSlice: upstream's programs read either. */
async function publishEndpoint(options: OwnObjectsOptions): Promise<void> {
  const { address, port } = options;
  // Listening by a name: endpoints are addresses.
  if (familyOf(address) === undefined) return;
  const ports = [{ ...https, port }];
  const rows = [
    {
      key: keys.endpoints,
      path: `${core}/endpoints`,
      labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
      content: { subsets: [{ addresses: [{ ip: address }], ports }] },
    },
    {
      key: keys.slice,
      path: slices,
      labels: { 'kubernetes.io/service-name': name },
      content: {
        addressType: familyOf(address),
        endpoints: [{ addresses: [address], conditions: { ready: true } }],
        ports,
      },
    },
  ];
  for (const { key, path, labels, content } of rows) {
    const present = stored(options, key);
    if (present === undefined) await send(options, 'POST', path, { metadata: { name, labels }, ...content });
    else if (Object.entries(content).some(([field, value]) => !deepEqual(present[field], value)))
      await send(options, 'PATCH', `${path}/${name}`, content);
  }
}

/** The first address there is for a Service. */
function apiAddress([first = '']: readonly string[]): string {
  const block = blockOf(first);
  return block === undefined ? '' : toText(block.first, block.family);
}

function stored({ store }: OwnObjectsOptions, key: string): JsonRecord | undefined {
  const text = store.get(key)?.value;
  const object = text === undefined ? undefined : parseJson(text);
  return isRecord(object) ? object : undefined;
}

async function send({ handle }: OwnObjectsOptions, method: string, path: string, object?: JsonRecord): Promise<void> {
  const body = object === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(object));
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const headers = { 'content-type': type, accept: 'application/json' };
  const response = await handle({ method, path, headers, body }, kernelIdentity);
  // Somebody else may have been faster, with the same or with a deletion.
  if (response.status < 300 || response.status === 409 || response.status === 404) return;
  throw new Error(`${method} ${path}: ${response.status} ${typeof response.body === 'string' ? response.body : ''}`);
}
