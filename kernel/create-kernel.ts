/** A kernel over one data directory: store, access and API behind HTTPS and message ports. */
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import type { Identity } from '@diatom/sdk/api';
import type { Authorizer } from './access/access.ts';
import { issuerDocuments } from './access/authn/issuer-documents.ts';
import { keepTokenSecrets } from './access/authn/token-secrets.ts';
import { publishAuthentication } from './access/bootstrap/authentication-config.ts';
import { bootstrap } from './access/bootstrap/bootstrap.ts';
import { beginTracking, noteUse } from './access/bootstrap/legacy-token-tracking.ts';
import { createAccess } from './access/create-access.ts';
import { certificatePath, type KeyFiles, keyPath, loadKeyFiles, writePrivately } from './access/pki/key-files.ts';
import { kubeconfig } from './access/pki/kubeconfig.ts';
import { keepOwnObjects } from './allocation/own-objects.ts';
import { createFront } from './http/front.ts';
import { createInFlight } from './http/in-flight.ts';
import { createPodLogProxy } from './http/pod-log-proxy.ts';
import { type PortServer, servePort } from './http/port.ts';
import { createRemoteCaller } from './http/remote-api.ts';
import { type ListeningServer, listen } from './http/server.ts';
import { createWebhookCaller } from './http/webhooks.ts';
import type { Kernel, KernelOptions } from './kernel.ts';
import { createRequestMetrics, kernelMetrics } from './metrics/index.ts';
import { storeFiles } from './store/data-file.ts';
import { openSqliteStore } from './store/sqlite-store.ts';
import { createApi } from './verbs/index.ts';

/** kube-apiserver's, without any option. */
const defaultServiceBlocks: readonly string[] = ['10.0.0.0/24'];
/** How long requests in flight may take to finish when the kernel closes. */
const closeGraceMs = 2000;
/** Certificates about to expire are made anew while the kernel runs, too. */
const renewalIntervalMs = 24 * 60 * 60_000;

export async function createKernel(options: KernelOptions): Promise<Kernel> {
  const { dataDirectory, listen: address, serviceBlocks: blocks = defaultServiceBlocks, now = Date.now } = options;
  const log = options.log ?? ((message) => process.stderr.write(`kernel: ${message}\n`));
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  // What is open, closed in reverse order: by `close`, or here when a later part cannot start.
  await using opening = new AsyncDisposableStack();
  // First, because opening it is what keeps a second kernel off the directory.
  const store = opening.adopt(openSqliteStore({ directory: dataDirectory, now, log }), (opened) => opened.close());
  const keys = loadKeyFiles(dataDirectory, namesOf(options), now());
  const access = opening.adopt(
    createAccess({
      store,
      tokenKey: keys.tokenKey,
      now,
      log,
      onLegacyToken: (secret) => {
        noteUse(api, secret, now()).catch((error: unknown) => log(`a use of a token is not noted down: ${error}`));
      },
    }),
    (opened) => opened.close(),
  );
  const authority = keys.authority.certificate;
  const logs = opening.adopt(createPodLogProxy({ store, client: keys.kubeletClient, authority }), (opened) =>
    opened.close(),
  );
  const remotes = opening.adopt(createRemoteCaller(store, keys.frontProxyClient), (opened) => opened.close());
  // A write that changes nothing takes the way of every write, so it fails when they would.
  const checks = { store: () => store.write('health', () => ({ kind: 'keep' })) };
  const inFlight = createInFlight();
  const metrics = createRequestMetrics(() => performance.now());
  const api = createApi({
    store,
    access,
    // The store is what upstream's clients know as etcd.
    components: { 'etcd-0': checks.store },
    metrics: kernelMetrics(metrics, inFlight, storeFiles(dataDirectory)),
    podLog: logs.podLog,
    callWebhook: createWebhookCaller(store),
    callRemote: remotes.call,
    services: { blocks, ...(options.isPortInUse === undefined ? {} : { isPortInUse: options.isPortInUse }) },
    now,
    log,
  });
  await bootstrap(store, api);
  await publishAuthentication(api, keys);
  opening.adopt(keepTokenSecrets({ store, handle: api, signer: access.signer, authority, log }), (opened) =>
    opened.close(),
  );
  await beginTracking(api, now());
  const documents = issuerDocuments(keys.tokenKey.publicKey);
  const audit = await openAudit(options, access, now, log);
  if (audit !== undefined) opening.defer(() => audit.log.close());
  const handle = createFront({
    api,
    ...(audit === undefined ? {} : { audit: audit.audit }),
    authorizer: access,
    inFlight,
    metrics,
    checks,
    documents,
    log,
  });
  const door = {
    credentials: keys.server,
    clientAuthority: authority,
    tokens: access.tokens,
    handler: handle,
    log,
    tellsSource: audit !== undefined,
  };
  const server =
    address && opening.adopt(await listen({ ...address, ...door }), (opened) => opened.close(closeGraceMs));
  // Who asks whether the server is ready may want to use it, too.
  const kubeconfigPath = writeKubeconfig(dataDirectory, server, keys);
  if (server !== undefined)
    await keepOwnObjects({
      store,
      handle: api,
      blocks,
      address: reachable(server.host),
      port: server.port,
      nowMs: now,
      log,
    });
  const ports = opening.adopt(new Set<PortServer>(), (opened) => {
    for (const port of opened) port.close();
  });
  const renewal = setInterval(() => {
    try {
      const fresh = loadKeyFiles(dataDirectory, namesOf(options), now());
      server?.renew(fresh.server);
      logs.renew(fresh.kubeletClient);
      remotes.renew(fresh.frontProxyClient);
      writeKubeconfig(dataDirectory, server, fresh);
    } catch (error) {
      log(`the certificates could not be looked through for renewal: ${error}`);
    }
  }, renewalIntervalMs).unref();
  opening.defer(() => clearInterval(renewal));
  const open = opening.move();
  let closing: Promise<void> | undefined;
  return {
    handle,
    attachPort: (port: MessagePort, identity: Identity) => {
      const served = servePort(port, identity, handle);
      ports.add(served);
      port.once('close', () => ports.delete(served));
    },
    address: server && { host: server.host, port: server.port, url: urlOf(server) },
    kubeconfigPath,
    agentCredentials: {
      certificatePath: certificatePath(keys.directory, 'agent'),
      keyPath: keyPath(keys.directory, 'agent'),
      clientAuthorityPath: certificatePath(keys.directory, 'ca'),
    },
    close: () => {
      closing ??= open.disposeAsync();
      return closing;
    },
  };
}

async function openAudit(
  { audit: wanted }: KernelOptions,
  authorizer: Authorizer,
  now: () => number,
  log: (message: string) => void,
) {
  if (wanted === undefined) return undefined;
  // Off by default, so most kernels never load it.
  const { createAudit, loadPolicy, openAuditLog } = await import('./audit/index.ts');
  const policy = await loadPolicy(wanted.policyPath);
  const file = await openAuditLog(wanted.logPath, log);
  return { log: file, audit: createAudit({ policy, authorizer, now, write: file.write }) };
}

/** What the server's certificate has to be good for, besides the names every kernel has. */
function namesOf({ listen: address, names = [] }: KernelOptions): readonly string[] {
  const all = [hostname().toLowerCase(), ...(address === undefined ? [] : [address.host]), ...names];
  return all.filter(isName);
}

const isName = (name: string): boolean => /^[A-Za-z0-9.:-]+$/.test(name) && name !== '0.0.0.0' && name !== '::';

/** An address that means "all" is reached over loopback. */
const reachable = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host);

function urlOf({ host, port }: ListeningServer): string {
  const name = reachable(host);
  return `https://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function writeKubeconfig(dataDirectory: string, server: ListeningServer | undefined, keys: KeyFiles): string {
  const path = join(dataDirectory, 'kubeconfig');
  if (server !== undefined) writePrivately(path, kubeconfig(urlOf(server), keys.authority.certificate, keys.admin));
  return path;
}
