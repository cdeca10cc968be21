/** Entry of the kernel's worker thread: opens the store, answers HTTPS, and takes the ports of the servers. */
import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { createKernel } from '@diatom/kernel';
import type { FromWorker, ToKernelWorker } from '@diatom/servers/supervisor/protocol.ts';
import { grant, identityOf, revokeOthers } from './server-access.ts';
import { serverTable } from './server-table.ts';

export interface KernelWorkerData {
  readonly dataDirectory: string;
  readonly host: string;
  readonly port: number;
  readonly names: readonly string[];
}

/** What the kernel says about itself once it is ready. */
export interface KernelInfo {
  readonly url: string;
  readonly kubeconfigPath: string;
}

const parent = parentPort;
if (parent === null) throw new Error('kernel-worker.ts is the entry of a worker thread, started by the supervisor');

const { dataDirectory, host, port, names } = workerData as KernelWorkerData;
const tell = (message: FromWorker): void => parent.postMessage(message);
const waiting: ToKernelWorker[] = [];
parent.on('message', (message: ToKernelWorker) => waiting.push(message));

const kernel = await createKernel({
  dataDirectory,
  listen: { host, port },
  names,
  log: (line) => tell({ kind: 'log', line }),
});

const take = (message: ToKernelWorker): void => {
  switch (message.kind) {
    case 'attach':
      attach(message).catch((error: unknown) => {
        // A kernel that cannot write roles serves nobody: the supervisor starts it again.
        const why = error instanceof Error ? error.message : String(error);
        tell({ kind: 'failed', why: `granting ${message.server} its rights: ${why}` });
        process.exit(1);
      });
      return;
    case 'stop':
      void kernel.close().then(() => parent.close());
      return;
    case 'connect':
      throw new Error('the kernel is nobody’s client');
  }
};
async function attach({ server, rules, port }: ToKernelWorker & { readonly kind: 'attach' }): Promise<void> {
  await grant(kernel.handle, server, rules);
  kernel.attachPort(port, identityOf(server));
}

parent.removeAllListeners('message');
parent.on('message', take);
for (const message of waiting) take(message);

const info: KernelInfo = { url: kernel.address?.url ?? '', kubeconfigPath: kernel.kubeconfigPath };
tell({ kind: 'ready', info });
revokeOthers(
  kernel.handle,
  serverTable.map(({ name }) => name),
).catch((error: unknown) => tell({ kind: 'log', line: `removing old roles: ${String(error)}` }));
setTimeout(flushCompileCache, 1000).unref();
