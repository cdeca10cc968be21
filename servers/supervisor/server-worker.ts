/** Entry of a server's worker thread: loads the module, hands it its context, tells the supervisor how it goes. */
import { flushCompileCache } from 'node:module';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Server } from '../server.ts';
import type { FromWorker, ServerWorkerData, ToWorker } from './protocol.ts';
import { ReconnectingPort } from './reconnecting-port.ts';
import { rest } from './rest.ts';

async function work(parent: MessagePort, data: ServerWorkerData): Promise<void> {
  const port = new ReconnectingPort();
  const stopping = new AbortController();
  const connected = Promise.withResolvers<void>();
  const tell = (message: FromWorker): void => parent.postMessage(message);
  const log = (line: string): void => tell({ kind: 'log', line });

  parent.on('message', (message: ToWorker) => {
    if (message.kind === 'rest') return rest();
    if (message.kind === 'connect') port.connect(message.port);
    else stopping.abort(new Error('the cell stops'));
    connected.resolve();
  });

  const ready = (): void => {
    tell({ kind: 'ready' });
    // A worker that is killed later writes nothing any more, and the next start would compile again.
    setTimeout(flushCompileCache, 1000).unref();
  };

  try {
    const { server } = (await import(data.module)) as { readonly server?: Server };
    if (server === undefined) throw new Error(`${data.module} exports no \`server\``);
    tell({ kind: 'declared', rules: server.rules });
    // A server that ran before its rights are written would only collect refusals.
    await connected.promise;
    if (stopping.signal.aborted) return;
    await server.run({ port, settings: data.settings, log, signal: stopping.signal }, ready);
    if (!stopping.signal.aborted) throw new Error('its run function returned without having been stopped');
  } catch (error) {
    tell({ kind: 'failed', why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
  port.close();
}

// Imported only to have it compiled (cli/cell/compile.ts), this module does nothing.
if (import.meta.main) {
  if (parentPort === null) throw new Error('server-worker.ts is the entry of a worker thread of the supervisor');
  await work(parentPort, workerData as ServerWorkerData);
  // Whatever the server left open (timers, sockets, watches) must not keep a thread that has failed or finished.
  process.exit(0);
}
