/** A kernel over one data directory: store, access and API behind HTTPS and message ports. */
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import type { Identity } from '@diatom/sdk/api';
import { bootstrap } from './access/bootstrap/bootstrap.ts';
import { createAccess } from './access/create-access.ts';
import { certificatePath, type KeyFiles, keyPath, loadKeyFiles, writePrivately } from './access/pki/key-files.ts';
import { kubeconfig } from './access/pki/kubeconfig.ts';
import { createFront } from './http/front.ts';
import { createPodLogProxy } from './http/pod-log-proxy.ts';
import { type PortServer, servePort } from './http/port.ts';
import { type ListeningServer, listen } from './http/server.ts';
import type { Kernel, KernelOptions } from './kernel.ts';
import { openSqliteStore } from './store/sqlite-store.ts';
import { createApi } from './verbs/index.ts';

/** How long requests in flight may take to finish when the kernel closes. */
const closeGraceMs = 2000;

export async function createKernel(options: KernelOptions): Promise<Kernel> {
  const { dataDirectory, listen: address, now = Date.now } = options;
  const log = options.log ?? ((message) => process.stderr.write(`kernel: ${message}\n`));
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  // First, because opening it is what keeps a second kernel off the directory.
  const store = openSqliteStore({ directory: dataDirectory, now, log });
  try {
    const names = [
      hostname().toLowerCase(),
      ...(address === undefined ? [] : [address.host]),
      ...(options.names ?? []),
    ];
    const keys = loadKeyFiles(dataDirectory, names.filter(isName), now());
    const access = createAccess({ store, tokenKey: keys.tokenKey, now, log });
    const logs = createPodLogProxy({ store, client: keys.kubeletClient, authority: keys.authority.certificate });
    const api = createApi({ store, access, podLog: logs.podLog, now, log });
    await bootstrap(store, api);
    const handle = createFront({ api, authorizer: access, log });
    const server =
      address === undefined
        ? undefined
        : await listen({
            ...address,
            credentials: keys.server,
            clientAuthority: keys.authority.certificate,
            tokens: access.tokens,
            handler: handle,
            log,
          });
    const ports = new Set<PortServer>();
    const close = async (): Promise<void> => {
      for (const port of ports) port.close();
      await server?.close(closeGraceMs);
      logs.close();
      access.close();
      await store.close();
    };
    let closing: Promise<void> | undefined;
    return {
      handle,
      attachPort: (port: MessagePort, identity: Identity) => {
        const served = servePort(port, identity, handle);
        ports.add(served);
        port.once('close', () => ports.delete(served));
      },
      address: server && { host: server.host, port: server.port, url: urlOf(server) },
      kubeconfigPath: writeKubeconfig(dataDirectory, server, keys),
      agentCredentials: {
        certificatePath: certificatePath(keys.directory, 'agent'),
        keyPath: keyPath(keys.directory, 'agent'),
        clientAuthorityPath: certificatePath(keys.directory, 'ca'),
      },
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

const isName = (name: string): boolean => /^[A-Za-z0-9.:-]+$/.test(name) && name !== '0.0.0.0' && name !== '::';

/** An address that means "all" is reached over loopback. */
function urlOf({ host, port }: ListeningServer): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `https://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function writeKubeconfig(dataDirectory: string, server: ListeningServer | undefined, keys: KeyFiles): string {
  const path = join(dataDirectory, 'kubeconfig');
  if (server !== undefined) writePrivately(path, kubeconfig(urlOf(server), keys.authority.certificate, keys.admin));
  return path;
}
