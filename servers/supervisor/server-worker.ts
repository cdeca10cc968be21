/** Entry of a server's worker thread: loads the module, hands it its context, tells the supervisor how it goes. */

import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Server } from '../server.ts';
import type { FromWorker, ServerWorkerData, ToWorker } from './protocol.ts';
import { ReconnectingPort } from './reconnecting-port.ts';

const parent = parentPort;
if (parent === null) throw new Error('server-worker.ts is the entry of a worker thread, started by the supervisor');

const data = workerData as ServerWorkerData;
const port = new ReconnectingPort();
const stopping = new AbortController();
const tell = (message: FromWorker): void => parent.postMessage(message);

const connected = Promise.withResolvers<void>();

parent.on('message', (message: ToWorker) => {
  if (message.kind === 'connect') port.connect(message.port);
  else stopping.abort(new Error('the cell stops'));
  connected.resolve();
});

try {
  const module = (await import(data.module)) as { readonly server?: Server };
  if (module.server === undefined) throw new Error(`${data.module} exports no \`server\``);
  tell({ kind: 'declared', rules: module.server.rules });
  // A server that ran before its rights are written would only collect refusals.
  await connected.promise;
  if (!stopping.signal.aborted) await run(module.server);
  if (!stopping.signal.aborted) tell({ kind: 'failed', why: 'its run function returned without having been stopped' });
} catch (error) {
  tell({ kind: 'failed', why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
port.close();
// Whatever the server left open (timers, sockets, watches) must not keep a thread that has failed or finished.
process.exit(0);

function run(server: Server): Promise<void> {
  const log = (line: string): void => tell({ kind: 'log', line });
  return server.run({ port, settings: data.settings, log, signal: stopping.signal }, () => {
    tell({ kind: 'ready' });
    // A worker that is killed later writes nothing any more, and the next start would compile again.
    setTimeout(flushCompileCache, 1000).unref();
  });
}
