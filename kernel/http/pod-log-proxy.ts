/**
 * pods/NAME/log, answered by the agent of the pod's node: GET https://<node>:<port>/containerLogs/<ns>/<pod>/<container>
 * with the kernel's client certificate (kubernetes pkg/registry/core/pod/strategy.go LogLocation).
 */
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { ApiResponse, KubernetesObject } from '@diatom/sdk/api';
import type { Credentials } from '../access/pki/certificate.ts';
import { objectKey } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { ApiError, badRequest, internalError, notFound } from '../wire/status.ts';
import { errorResponse } from './front.ts';
import type { PodLog } from './pod-log.ts';

export interface PodLogProxyOptions {
  readonly store: Store;
  readonly client: Credentials;
  /** PEM: an agent is believed when this authority signed its certificate. */
  readonly authority: string;
}

export interface PodLogProxy {
  readonly podLog: PodLog;
  /** Shows agents another certificate from now on. */
  renew(client: Credentials): void;
  close(): void;
}

const connectTimeoutMs = 10_000;
const passedOn = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes'] as const;

interface Pod extends KubernetesObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly containers?: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string }[];
  };
}

interface Node {
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } };
  };
}

export function createPodLogProxy({ store, client, authority }: PodLogProxyOptions): PodLogProxy {
  const agentWith = ({ certificate, key }: Credentials): Agent =>
    new Agent({ cert: certificate, key, ca: authority, keepAlive: true, maxSockets: 100 });
  let agent = agentWith(client);
  return {
    podLog: async ({ pod, query }) => {
      try {
        const target = locate(store, pod as Pod, query);
        return target === undefined ? text('') : await carry(agent, target);
      } catch (error) {
        return errorResponse(error);
      }
    },
    renew: (fresh) => {
      // The old one lives on until what it carries is finished.
      agent = agentWith(fresh);
    },
    close: () => agent.destroy(),
  };
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** Undefined: the pod has no node yet and so no log. */
function locate(store: Store, pod: Pod, query: URLSearchParams): Target | undefined {
  const { name = '', namespace = '' } = pod.metadata;
  const container = chooseContainer(pod, query.get('container') ?? '');
  const { nodeName } = pod.spec;
  if (nodeName === undefined || nodeName === '') return undefined;
  const stored = store.get(objectKey({ group: '', resource: 'nodes', name: nodeName }));
  if (stored === undefined) throw notFound({ group: '', resource: 'nodes' }, nodeName);
  const { status } = JSON.parse(stored.value) as Node;
  const host = status?.addresses?.find((address) => address.type === 'InternalIP')?.address;
  const port = status?.daemonEndpoints?.kubeletEndpoint?.Port;
  if (host === undefined || port === undefined) {
    throw internalError(`node ${nodeName} says no address or port for logs (status.addresses, status.daemonEndpoints)`);
  }
  const options = new URLSearchParams(passedOn.flatMap((key) => query.getAll(key).map((value) => [key, value])));
  const path = ['containerLogs', namespace, name, container].map(encodeURIComponent).join('/');
  return { host, port, path: `/${path}${options.size === 0 ? '' : `?${options}`}` };
}

function chooseContainer(pod: Pod, wanted: string): string {
  const { name = '' } = pod.metadata;
  const names = (pod.spec.containers ?? []).map((container) => container.name);
  const initNames = (pod.spec.initContainers ?? []).map((container) => container.name);
  if (wanted !== '') {
    if ([...names, ...initNames].includes(wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  }
  const [first] = names;
  if (first !== undefined && names.length === 1) return first;
  const init = initNames.length === 0 ? '' : ` or one of the init containers: [${initNames.join(' ')}]`;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]${init}`);
}

async function carry(agent: Agent, target: Target): Promise<ApiResponse> {
  const incoming = await open(agent, target);
  const { statusCode = 502 } = incoming;
  if (statusCode === 200) {
    return {
      status: 200,
      headers: { 'content-type': incoming.headers['content-type'] ?? 'text/plain' },
      body: { chunks: incoming as AsyncIterable<Uint8Array>, cancel: () => incoming.destroy() },
    };
  }
  const message = (await readText(incoming)).trim();
  if (statusCode === 400) throw badRequest(message);
  const reason = statusCode === 404 ? 'NotFound' : statusCode === 403 ? 'Forbidden' : 'InternalError';
  throw new ApiError(statusCode, reason, message === '' ? `the agent answered ${statusCode}` : message, {});
}

function open(agent: Agent, { host, port, path }: Target): Promise<IncomingMessage> {
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, timeout: connectTimeoutMs }, (incoming) => {
      // Only the answer's head is awaited by the clock; a followed log may be silent for long.
      outgoing.setTimeout(0);
      resolve(incoming);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout: the agent does not answer')));
    outgoing.on('error', (error) => reject(internalError(`Get ${JSON.stringify(url)}: ${error.message}`)));
    outgoing.end();
  });
}

async function readText(incoming: IncomingMessage): Promise<string> {
  let result = '';
  for await (const chunk of incoming.setEncoding('utf8')) {
    result += chunk;
    if (result.length > 64 * 1024) break;
  }
  return result;
}

const text = (body: string): ApiResponse => ({ status: 200, headers: { 'content-type': 'text/plain' }, body });
