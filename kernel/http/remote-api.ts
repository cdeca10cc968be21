/**
 * Requests to aggregated API servers (kube-aggregator pkg/apiserver/handler_proxy.go): HTTPS to the address of a Service,
 * with the kernel's front-proxy certificate and, in headers, who asks. The remote believes those headers because of the
 * certificate, so nothing a client sent under these names may pass.
 */
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { ApiRequest, ApiResponse, Identity } from '@diatom/sdk/api';
import type { Credentials } from '../access/pki/certificate.ts';
import type { RemoteTarget } from '../aggregation/remote.ts';
import type { Store } from '../store/store.ts';
import { addressOf } from './service-address.ts';

export interface RemoteCall {
  readonly target: RemoteTarget;
  readonly request: ApiRequest;
  readonly identity: Identity;
  /** For the answer's head; absent: as long as it takes. */
  readonly timeoutMs?: number;
  /** Hand the body over as it comes. */
  readonly stream: boolean;
}

/** Rejects with what went wrong, in one sentence, when there is no answer. */
export type CallRemote = (call: RemoteCall) => Promise<ApiResponse>;

export interface RemoteCaller {
  readonly call: CallRemote;
  /** Shows remotes another certificate from now on. */
  renew(client: Credentials): void;
  close(): void;
}

/** Answers that are not streams are held whole. */
const longestAnswerBytes = 64 * 1024 * 1024;
const connections = { keepAlive: true, maxSockets: 256, maxFreeSockets: 8, timeout: 60_000 };

/** Of one connection alone (RFC 9110 §7.6.1), or said anew here. */
const dropped =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|accept-encoding|authorization|cookie|impersonate-.*|x-remote-.*|x-forwarded-.*|:.*)$/;

export function createRemoteCaller(store: Store, client: Credentials): RemoteCaller {
  const agentWith = ({ certificate, key }: Credentials): Agent => new Agent({ ...connections, cert: certificate, key });
  let agent = agentWith(client);
  return {
    call: async (call) => {
      const incoming = await open(agent, store, call);
      const headers = readHeaders(incoming);
      const { statusCode: status = 502 } = incoming;
      if (call.stream && status === 200) {
        return { status, headers, body: { chunks: incoming, cancel: () => incoming.destroy() } };
      }
      return { status, headers, body: await readWhole(incoming) };
    },
    renew: (fresh) => {
      // The old one lives on until what it carries is finished.
      agent = agentWith(fresh);
    },
    close: () => agent.destroy(),
  };
}

function open(agent: Agent, store: Store, { target, request: wanted, identity, timeoutMs }: RemoteCall) {
  const place = addressOf(store, { namespace: target.namespace, name: target.service, port: target.port });
  const hostname = `${target.service}.${target.namespace}.svc`;
  const { certificateAuthority, isInsecure } = target;
  return new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(
      {
        ...place,
        agent,
        method: wanted.method,
        path: wanted.path,
        headers: {
          ...passedOn(wanted.headers),
          host: `${hostname}:${target.port}`,
          'content-length': wanted.body.length,
          ...identityHeaders(identity),
        },
        servername: hostname,
        ...(isInsecure ? { rejectUnauthorized: false } : {}),
        // As in Go, any certificate of the bundle is an anchor: people put the server's own there.
        ...(certificateAuthority === '' ? {} : { ca: certificateAuthority, allowPartialTrustChain: true }),
        ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
      },
      resolve,
    );
    outgoing.on('error', reject);
    outgoing.end(wanted.body);
  });
}

function passedOn(headers: ApiRequest['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.test(name)));
}

/** The names that the ConfigMap extension-apiserver-authentication tells remotes to read. */
function identityHeaders({ name, uid, groups, extra = {} }: Identity): Record<string, string | string[]> {
  return {
    'x-remote-user': bytesOf(name),
    ...(uid === undefined ? {} : { 'x-remote-uid': bytesOf(uid) }),
    'x-remote-group': groups.map(bytesOf),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [`x-remote-extra-${encodeURIComponent(key)}`, values.map(bytesOf)]),
    ),
  };
}

/** Names are UTF-8 on the wire, as Go sends them; Node writes one byte for each character of a header. */
const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

function readHeaders(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value === undefined || dropped.test(name)) continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

async function readWhole(incoming: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > longestAnswerBytes) throw new Error(`the answer is longer than ${longestAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
