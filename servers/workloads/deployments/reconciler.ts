import {
  type Client,
  type Deployment,
  type EventRecorder,
  type Informer,
  isAlreadyExists,
  isControlledBy,
  isEmptySelector,
  isNamespaceTerminating,
  isNotFound,
  type Pod,
  type ReconcileResult,
  type ReplicaSet,
  resources,
  splitKey,
} from '@diatom/sdk';
import { isSame } from '../../same.ts';
import { claimObjects } from '../claim-objects.ts';
import { type Action, plan } from './plan.ts';
import { revisionAnnotation, specReplicas } from './replicas.ts';
import { isSameTemplate } from './template.ts';

export class DeploymentReconciler {
  readonly #client: Client;
  readonly #deployments: Informer<Deployment>;
  /** Indexed by `controller` (uid) and `orphan` (namespace, of ReplicaSets nobody controls). */
  readonly #replicaSets: Informer<ReplicaSet>;
  /** Indexed by `controller` (uid). */
  readonly #pods: Informer<Pod>;
  readonly #events: EventRecorder;

  constructor(
    client: Client,
    deployments: Informer<Deployment>,
    replicaSets: Informer<ReplicaSet>,
    pods: Informer<Pod>,
    events: EventRecorder,
  ) {
    this.#client = client;
    this.#deployments = deployments;
    this.#replicaSets = replicaSets;
    this.#pods = pods;
    this.#events = events;
  }

  readonly reconcile = async (key: string): Promise<ReconcileResult | undefined> => {
    const deployment = this.#deployments.get(key);
    if (deployment === undefined) return undefined;
    if (isEmptySelector(deployment.spec.selector)) {
      const message = 'This deployment is selecting all pods. A non-empty selector is required.';
      this.#events.record(deployment, { type: 'Warning', reason: 'SelectingAll', message });
      return undefined;
    }
    const { namespace, name } = splitKey(key);
    const uid = deployment.metadata.uid ?? '';
    const replicaSets = await claimObjects(
      deployment,
      [...this.#replicaSets.byIndex('controller', uid), ...this.#replicaSets.byIndex('orphan', namespace)],
      this.#client.resource(resources.replicaSets, namespace),
      () => this.#isAlive(namespace, name, uid),
    );
    const pods = replicaSets.flatMap(({ metadata }) => this.#pods.byIndex('controller', metadata.uid ?? ''));
    let collisionCount = deployment.status?.collisionCount ?? 0;
    const next = plan(deployment, replicaSets, pods, collisionCount, this.#client.clock.now());
    let current = deployment;
    for (const action of next.actions) {
      const result = await this.#perform(current, action);
      if (result === 'collision') collisionCount += 1;
      else if (result !== undefined) current = result;
    }
    const status = collisionCount === 0 ? next.status : { ...next.status, collisionCount };
    if (!isSame(status, deployment.status ?? {})) {
      const written = await this.#client
        .resource(resources.deployments, namespace)
        .updateStatus({ ...current, status });
      this.#deployments.learn(written);
    }
    return { requeueAfterMs: next.requeueAfterMs };
  };

  async #isAlive(namespace: string, name: string, uid: string): Promise<boolean> {
    try {
      const live = await this.#client.resource(resources.deployments, namespace).get(name);
      return live.metadata.uid === uid && live.metadata.deletionTimestamp === undefined;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /** Answers the Deployment when it changed by that. */
  async #perform(deployment: Deployment, action: Action): Promise<Deployment | 'collision' | undefined> {
    const { namespace } = deployment.metadata;
    const replicaSets = this.#client.resource(resources.replicaSets, namespace);
    switch (action.kind) {
      case 'create':
        return this.#create(deployment, action.replicaSet);
      case 'update': {
        const { replicaSet, replicas, annotations, minReadySeconds } = action;
        const { name = '', resourceVersion } = replicaSet.metadata;
        // The resourceVersion: sizes were computed from this very state, and sums of old states break the limits.
        const changes = { metadata: { resourceVersion, annotations }, spec: { replicas, minReadySeconds } };
        this.#replicaSets.learn(await replicaSets.patch(name, { kind: 'merge', changes }));
        this.#recordScaling(deployment, name, specReplicas(replicaSet), replicas);
        return undefined;
      }
      case 'delete': {
        const { name = '', uid = '' } = action.replicaSet.metadata;
        try {
          await replicaSets.delete(name, { preconditions: { uid }, propagationPolicy: 'Background' });
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
        return undefined;
      }
      case 'note-revision': {
        const changes = { metadata: { annotations: { [revisionAnnotation]: String(action.revision) } } };
        const name = deployment.metadata.name ?? '';
        return this.#client.resource(resources.deployments, namespace).patch(name, { kind: 'merge', changes });
      }
    }
  }

  async #create(deployment: Deployment, replicaSet: ReplicaSet): Promise<'collision' | undefined> {
    const { name = '', namespace } = replicaSet.metadata;
    const client = this.#client.resource(resources.replicaSets, namespace);
    try {
      await client.create(replicaSet);
      this.#recordScaling(deployment, name, 0, specReplicas(replicaSet));
      return undefined;
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      if (!isAlreadyExists(error)) throw error;
    }
    // Created by the look before this one, and the informer has not shown it yet; or a clash of hashes.
    const existing = await client.get(name);
    const isOurs =
      isControlledBy(existing, deployment) && isSameTemplate(existing.spec.template, deployment.spec.template);
    return isOurs ? undefined : 'collision';
  }

  #recordScaling(deployment: Deployment, name: string, from: number, to: number): void {
    if (from === to) return;
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`;
    this.#events.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }
}
