/** The kernel of a cell, alone in a process, and its ConfigMaps over HTTPS with the administrator's certificate. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from '@diatom/test/tools/npm';
import { freePort } from '../measure/ports.ts';
import { pinned, serverProcessor } from '../measure/processors.ts';
import { startServer } from '../measure/server-process.ts';
import { type Credentials, connectKubernetes } from './kubernetes-client.ts';
import { untilReady } from './ready.ts';
import type { KeyValueServer } from './stores.ts';

/**
 * As `diatom up` (cli/cell-process.ts): what has been compiled once is not compiled again, one heap of the C library for all
 * threads, memory given back after work.
 */
const flags = ['--max-semi-space-size=4', '--expose-gc', '--disable-warning=ExperimentalWarning'] as const;
const environment = { NODE_COMPILE_CACHE: join(checkout, '.cache/bench/cache/node'), MALLOC_ARENA_MAX: '1' };

/** Compiling happens once for a version and is no part of a start. */
export async function prepareDiatom(directory: string): Promise<void> {
  await (await startDiatom('', directory, 1)).stop();
}

export async function startDiatom(version: string, directory: string, connections: number): Promise<KeyValueServer> {
  const port = await freePort();
  const program = join(import.meta.dirname, 'kernel-main.ts');
  const words = [...flags, program, directory, String(port)];
  const startedMs = performance.now();
  const server = startServer({ ...pinned(serverProcessor, process.execPath, words), environment });
  await untilReady(port, '/readyz', server);
  const readyMs = performance.now() - startedMs;
  const kubeconfig = await readFile(join(directory, 'kubeconfig'), 'utf8');
  const { close, ...client } = await connectKubernetes({ port, credentials: credentials(kubeconfig), connections });
  return {
    ...client,
    name: 'diatom',
    busyWrites: 4_000,
    version,
    pid: server.pid,
    readyMs,
    stop: async () => {
      close();
      await server.stop();
    },
  };
}

/** The kubeconfig is ours: one cluster, one user, data inline. */
function credentials(kubeconfig: string): Credentials {
  const field = (name: string): string => {
    const value = new RegExp(`"?${name}"?:\\s*"?([A-Za-z0-9+/=]+)`).exec(kubeconfig)?.[1];
    if (value === undefined) throw new Error(`the kubeconfig has no ${name}`);
    return Buffer.from(value, 'base64').toString();
  };
  return {
    ca: field('certificate-authority-data'),
    cert: field('client-certificate-data'),
    key: field('client-key-data'),
  };
}
