/** gc: deletes what has lost its owners, and lets owners go when their dependents are gone. It knows no kind by name. */
import { Controller, changesOf, connectPort, Informers, resources } from '@diatom/sdk';
import { runControllers } from '../run-controllers.ts';
import type { Server } from '../server.ts';
import { Collector } from './collector.ts';

const refreshKey = 'kinds';

export const server: Server = {
  name: 'gc',
  rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch', 'patch', 'update', 'delete'] }],
  async run(context, ready) {
    const { port, log } = context;
    const client = connectPort(port, { userAgent: 'diatom-gc' });
    const informers = new Informers(client, { log });
    const definitions = informers.of(resources.customResourceDefinitions);
    const collector = new Collector(client, log, (key) => objects.queue.add(key));
    const objects: Controller = new Controller({
      name: 'gc',
      log,
      concurrency: 16,
      sources: [],
      reconcile: collector.reconcile,
    });
    const kinds = new Controller({
      name: 'gc kinds',
      log,
      concurrency: 1,
      sources: [changesOf(definitions, () => [refreshKey])],
      reconcile: async (_, signal) => {
        await collector.refresh(signal);
        return undefined;
      },
    });
    // A half-built graph is safe: what is not in it is asked of the API before anything is deleted.
    try {
      await collector.refresh(context.signal);
      await runControllers(context, client, informers, [objects, kinds], ready);
    } catch (error) {
      // Being told to stop while still looking around is no failure.
      if (!context.signal.aborted) throw error;
    } finally {
      await collector.close();
      await informers.close();
    }
  },
};
