/** Entry of the kernel's worker thread: opens the store, answers HTTPS, and takes the ports of the servers. */
import { flushCompileCache } from 'node:module';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { createKernel } from '@diatom/kernel';
import type { FromWorker, ToKernelWorker } from '@diatom/servers/supervisor/protocol.ts';
import { rest } from '@diatom/servers/supervisor/rest.ts';
import { isListenedOn } from './listened-ports.ts';
import type { RuntimeClassRow } from './runtime-classes.ts';
import { ensureRuntimeClasses, grant, identityOf, revokeOthers } from './server-access.ts';
import { serverTable } from './server-table.ts';

export interface KernelWorkerData {
  readonly dataDirectory: string;
  readonly host: string;
  readonly port: number;
  readonly names: readonly string[];
  /** The addresses of this cell's Services. */
  readonly serviceBlock: string;
  readonly runtimeClasses: readonly RuntimeClassRow[];
  readonly audit?: { readonly logPath: string; readonly policyPath: string };
}

/** What the kernel says about itself once it is ready. */
export interface KernelInfo {
  readonly url: string;
  readonly kubeconfigPath: string;
}

async function work(parent: MessagePort, data: KernelWorkerData): Promise<void> {
  const { dataDirectory, host, port, names, serviceBlock, audit } = data;
  const tell = (message: FromWorker): void => parent.postMessage(message);
  // No listener until the kernel is there: messages wait in the port.
  const log = (line: string): void => tell({ kind: 'log', line });
  const kernel = await createKernel({
    dataDirectory,
    listen: { host, port },
    names,
    serviceBlocks: [serviceBlock],
    isPortInUse: isListenedOn,
    ...(audit === undefined ? {} : { audit }),
    log,
  });
  await ensureRuntimeClasses(kernel.handle, data.runtimeClasses);

  const attach = async ({ server, rules, port: end }: ToKernelWorker & { readonly kind: 'attach' }): Promise<void> => {
    try {
      await grant(kernel.handle, server, rules);
      kernel.attachPort(end, identityOf(server));
    } catch (error) {
      // A kernel that cannot write roles serves nobody: the supervisor starts it again.
      tell({ kind: 'failed', why: `granting ${server} its rights: ${String(error)}` });
      process.exit(1);
    }
  };
  const stop = async (): Promise<void> => {
    try {
      await kernel.close();
    } catch (error) {
      // The cell goes down all the same, but whoever stopped it has to know that something may not be on the disk.
      log(`closing: ${error instanceof Error ? error.message : String(error)}`);
    }
    parent.close();
  };
  parent.on('message', (message: ToKernelWorker) => {
    switch (message.kind) {
      case 'attach':
        void attach(message);
        return;
      case 'stop':
        void stop();
        return;
      case 'rest':
        rest();
        return;
      case 'connect':
        throw new Error('the kernel is nobody’s client');
    }
  });

  const info: KernelInfo = { url: kernel.address?.url ?? '', kubeconfigPath: kernel.kubeconfigPath };
  tell({ kind: 'ready', info });
  setTimeout(flushCompileCache, 1000).unref();
  revokeOthers(
    kernel.handle,
    serverTable.map(({ name }) => name),
  ).catch((error: unknown) => log(`removing old roles: ${String(error)}`));
}

// Imported only to have it compiled (compile.ts), this module does nothing.
if (import.meta.main) {
  if (parentPort === null) throw new Error('kernel-worker.ts is the entry of a worker thread of the supervisor');
  await work(parentPort, workerData as KernelWorkerData);
}
