/** replicasets: keeps as many pods as each ReplicaSet asks for. It never looks at Deployments but to spread deletions. */
import {
  byController,
  Controller,
  changesOf,
  connectPort,
  controllerOf,
  EventRecorder,
  Informers,
  isEmptySelector,
  keyOf,
  matchesSelector,
  type Pod,
  resources,
} from '@diatom/sdk';
import { runControllers } from '../../run-controllers.ts';
import type { Server } from '../../server.ts';
import { ReplicaSetReconciler } from './reconciler.ts';

export const server: Server = {
  name: 'replicasets',
  rules: [
    { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['get', 'list', 'watch', 'update', 'patch'] },
    { apiGroups: ['apps'], resources: ['replicasets/status'], verbs: ['update', 'patch'] },
    // Owner references that block deletion may be set only by who may set finalizers on the owner.
    { apiGroups: ['apps'], resources: ['replicasets/finalizers'], verbs: ['update'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  ],
  async run(context, ready) {
    const { port, log } = context;
    const client = connectPort(port, { userAgent: 'diatom-replicasets' });
    const events = new EventRecorder(client, { component: 'replicaset-controller', log });
    const informers = new Informers(client, { log });
    const replicaSets = informers.of(resources.replicaSets).addIndex('controller', byController);
    replicaSets.addIndex('namespace', (object) => [object.metadata.namespace ?? '']);
    const pods = informers
      .of(resources.pods)
      .addIndex('controller', byController)
      .addIndex('orphan', (pod) => (controllerOf(pod) === undefined ? [pod.metadata.namespace ?? ''] : []));
    const reconciler = new ReplicaSetReconciler(client, replicaSets, pods, events);

    /** The ReplicaSet that controls the pod, or those that may adopt it. */
    const keysOfPod = (pod: Pod): string[] => {
      const controller = controllerOf(pod);
      if (controller !== undefined) {
        return controller.kind === 'ReplicaSet' ? [`${pod.metadata.namespace ?? ''}/${controller.name}`] : [];
      }
      return replicaSets
        .byIndex('namespace', pod.metadata.namespace ?? '')
        .filter(({ spec }) => !isEmptySelector(spec.selector) && matchesSelector(spec.selector, pod.metadata.labels))
        .map(keyOf);
    };
    const observe = (pod: Pod, isGone: boolean): void => {
      const [key] = controllerOf(pod) === undefined ? [] : keysOfPod(pod);
      const uid = pod.metadata.uid ?? '';
      reconciler.expectations.observe(key, uid);
      if (isGone || pod.metadata.deletionTimestamp !== undefined) {
        reconciler.expectations.observe(key, `deleted ${uid}`);
      }
    };
    // Before the controller's own handlers, so that a key is added when its expectations are already met.
    pods.on({
      add: (pod) => observe(pod, false),
      update: (pod) => observe(pod, false),
      delete: (pod) => observe(pod, true),
    });
    const controller = new Controller({
      name: 'replicasets',
      log,
      concurrency: 16,
      sources: [
        changesOf(replicaSets),
        changesOf(pods, (pod, old) => (old === undefined ? keysOfPod(pod) : [...keysOfPod(old), ...keysOfPod(pod)])),
      ],
      reconcile: reconciler.reconcile,
    });
    await runControllers(context, client, informers, [controller], ready);
    await events.drained();
  },
};
