/** deployments: turns Deployments into ReplicaSets and moves replicas between them. It never touches a pod. */
import {
  byController,
  Controller,
  changesOf,
  connectPort,
  controllerOf,
  EventRecorder,
  Informers,
  isPodFinished,
  keyOf,
  matchesSelector,
  type Pod,
  type ReplicaSet,
  resources,
} from '@diatom/sdk';
import { runControllers } from '../../run-controllers.ts';
import type { Server } from '../../server.ts';
import { DeploymentReconciler } from './reconciler.ts';

export const server: Server = {
  name: 'deployments',
  rules: [
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch', 'update', 'patch'] },
    { apiGroups: ['apps'], resources: ['deployments/status'], verbs: ['update', 'patch'] },
    { apiGroups: ['apps'], resources: ['deployments/finalizers'], verbs: ['update'] },
    {
      apiGroups: ['apps'],
      resources: ['replicasets'],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
    },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  ],
  async run(context, ready) {
    const { port, log } = context;
    const client = connectPort(port, { userAgent: 'diatom-deployments' });
    const events = new EventRecorder(client, { component: 'deployment-controller', log });
    const informers = new Informers(client, { log });
    const deployments = informers
      .of(resources.deployments)
      .addIndex('namespace', (object) => [object.metadata.namespace ?? '']);
    const replicaSets = informers
      .of(resources.replicaSets)
      .addIndex('controller', byController)
      .addIndex('orphan', (object) => (controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : []));
    const pods = informers.of(resources.pods).addIndex('controller', byController);
    const reconciler = new DeploymentReconciler(client, deployments, replicaSets, pods, events);

    const keysOfReplicaSet = (replicaSet: ReplicaSet): string[] => {
      const namespace = replicaSet.metadata.namespace ?? '';
      const controller = controllerOf(replicaSet);
      if (controller !== undefined) return controller.kind === 'Deployment' ? [`${namespace}/${controller.name}`] : [];
      return deployments
        .byIndex('namespace', namespace)
        .filter(({ spec }) => matchesSelector(spec.selector, replicaSet.metadata.labels))
        .map(keyOf);
    };
    /** Recreate waits for old pods to end; nothing else here depends on a single pod. */
    const keysOfEndedPod = (pod: Pod): string[] => {
      const owner = controllerOf(pod);
      if (owner?.kind !== 'ReplicaSet') return [];
      const replicaSet = replicaSets.get(`${pod.metadata.namespace ?? ''}/${owner.name}`);
      return replicaSet === undefined ? [] : keysOfReplicaSet(replicaSet);
    };
    const controller = new Controller({
      name: 'deployments',
      log,
      concurrency: 16,
      sources: [
        changesOf(deployments),
        changesOf(replicaSets, (object, old) => [
          ...(old === undefined ? [] : keysOfReplicaSet(old)),
          ...keysOfReplicaSet(object),
        ]),
        {
          synced: pods.synced,
          start: (add) => {
            const addAll = (pod: Pod): void => {
              for (const key of keysOfEndedPod(pod)) add(key);
            };
            return pods.on({
              update: (pod, old) => {
                if (isPodFinished(pod) && !isPodFinished(old)) addAll(pod);
              },
              delete: addAll,
            });
          },
        },
      ],
      reconcile: reconciler.reconcile,
    });
    await runControllers(context, client, informers, [controller], ready);
    await events.drained();
  },
};
