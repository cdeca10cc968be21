import type { Client, Controller, Informers } from '@diatom/sdk';
import type { ServerContext } from './server.ts';

/**
 * Runs controllers until the context's signal aborts; `ready` is called when all of them have their sources in sync.
 * Rejects when the port to the kernel closed for good: the supervisor starts the server again with a new one.
 */
export async function runControllers(
  context: ServerContext,
  client: Client,
  informers: Informers,
  controllers: readonly Controller[],
  ready: () => void,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  let waiting = controllers.length;
  const running = controllers.map((controller) =>
    controller.run(signal, () => {
      waiting -= 1;
      if (waiting === 0) ready();
    }),
  );
  const lost = client.transport.closed.then((reason) => {
    if (!context.signal.aborted) throw reason;
  });
  try {
    await Promise.race([Promise.all(running), lost]);
  } finally {
    stop.abort();
    await Promise.allSettled(running);
    await informers.close();
  }
}
