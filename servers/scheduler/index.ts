/** scheduler: gives each pod a node it fits on. It decides and binds; it never starts, moves or ends a pod. */
import {
  Controller,
  changesOf,
  connectPort,
  EventRecorder,
  Informers,
  isPodFinished,
  type Node,
  resources,
} from '@diatom/sdk';
import { runControllers } from '../run-controllers.ts';
import type { Server } from '../server.ts';
import { Scheduler, waitingIndex } from './scheduler.ts';

/** Decisions are made on one picture of the whole cell, so there is one key. */
const passKey = 'pass';

export const server: Server = {
  name: 'scheduler',
  rules: [
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['pods/binding'], verbs: ['create'] },
    { apiGroups: [''], resources: ['pods/status'], verbs: ['patch', 'update'] },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  ],
  async run(context, ready) {
    const { port, log } = context;
    const client = connectPort(port, { userAgent: 'diatom-scheduler' });
    const events = new EventRecorder(client, { component: 'default-scheduler', log });
    const informers = new Informers(client, { log });
    const pods = informers.of(resources.pods).addIndex('waiting', waitingIndex);
    const nodes = informers.of(resources.nodes);
    const controller: Controller = new Controller({
      name: 'scheduler',
      log,
      concurrency: 1,
      sources: [
        changesOf(pods, (pod) => (waitingIndex(pod)[0] === 'yes' ? [passKey] : [])),
        changesOf(nodes, () => []),
      ],
      reconcile: async () => {
        scheduler.pass();
        return undefined;
      },
    });
    const scheduler = new Scheduler({
      client,
      pods,
      nodes,
      events,
      log,
      wake: (afterMs) => controller.queue.addAfter(passKey, afterMs),
    });
    pods.on({
      update(pod, old) {
        const nodeName = pod.spec.nodeName ?? '';
        if (nodeName !== '' && (old.spec.nodeName ?? '') === '') scheduler.podBound(pod);
        if (isPodFinished(pod) && !isPodFinished(old)) scheduler.clusterChanged();
      },
      delete(pod) {
        scheduler.podGone(pod);
        scheduler.clusterChanged();
      },
    });
    nodes.on({
      add: () => scheduler.clusterChanged(),
      update: (node, old) => {
        if (offer(node) !== offer(old)) scheduler.clusterChanged();
      },
    });
    await runControllers(context, client, informers, [controller], ready);
    await scheduler.drained();
    await events.drained();
  },
};

/** What of a node matters to scheduling; heartbeats do not. */
function offer({ metadata, spec, status }: Node): string {
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
  return JSON.stringify([metadata.labels, spec, status?.allocatable, ready]);
}
