import {
  type Client,
  controllerOf,
  controllerReference,
  type EventRecorder,
  Expectations,
  type Informer,
  isNamespaceTerminating,
  isNotFound,
  isPodActive,
  type Pod,
  type ReconcileResult,
  type ReplicaSet,
  resources,
  splitKey,
} from '@diatom/sdk';
import { isSame } from '../../same.ts';
import { claimObjects } from '../claim-objects.ts';
import { type Failure, planReplicas, planStatus, slowStartBatches } from './plan.ts';

export class ReplicaSetReconciler {
  readonly expectations = new Expectations();
  readonly #client: Client;
  readonly #replicaSets: Informer<ReplicaSet>;
  /** Indexed by `controller` (uid) and `orphan` (namespace, of pods nobody controls). */
  readonly #pods: Informer<Pod>;
  readonly #events: EventRecorder;

  constructor(client: Client, replicaSets: Informer<ReplicaSet>, pods: Informer<Pod>, events: EventRecorder) {
    this.#client = client;
    this.#replicaSets = replicaSets;
    this.#pods = pods;
    this.#events = events;
  }

  readonly reconcile = async (key: string): Promise<ReconcileResult | undefined> => {
    const replicaSet = this.#replicaSets.get(key);
    if (replicaSet === undefined) {
      this.expectations.forget(key);
      return undefined;
    }
    const { namespace, name } = splitKey(key);
    const uid = replicaSet.metadata.uid ?? '';
    // Before the pods are read: an event that comes in between counts for the next time.
    const mayDecide = this.expectations.areMet(key, this.#client.clock.now());
    const candidates = [...this.#pods.byIndex('controller', uid), ...this.#pods.byIndex('orphan', namespace)];
    const pods = await claimObjects(replicaSet, candidates, this.#client.resource(resources.pods, namespace), () =>
      this.#isAlive(namespace, name, uid),
    );
    let failure: Failure | 'unknown' | undefined = 'unknown';
    let thrown: unknown;
    if (mayDecide && replicaSet.metadata.deletionTimestamp === undefined) {
      const result = await this.#manage(key, replicaSet, pods);
      failure = result.failure;
      thrown = result.error;
    }
    const requeueAfterMs = await this.#writeStatus(replicaSet, pods, failure);
    if (thrown !== undefined) throw thrown;
    return { requeueAfterMs };
  };

  async #isAlive(namespace: string, name: string, uid: string): Promise<boolean> {
    try {
      const live = await this.#client.resource(resources.replicaSets, namespace).get(name);
      return live.metadata.uid === uid && live.metadata.deletionTimestamp === undefined;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #manage(
    key: string,
    replicaSet: ReplicaSet,
    pods: readonly Pod[],
  ): Promise<{ readonly failure: Failure | undefined; readonly error?: unknown }> {
    const active = pods.filter(isPodActive);
    const plan = planReplicas(replicaSet, active, this.#relatedPods(replicaSet));
    for (const size of slowStartBatches(plan.createCount)) {
      const results = await Promise.allSettled(Array.from({ length: size }, () => this.#create(key, replicaSet)));
      const rejected = results.find((result) => result.status === 'rejected');
      if (rejected === undefined) continue;
      // Nothing can be created in a namespace that is going; its pods are going too.
      if (isNamespaceTerminating(rejected.reason)) return { failure: undefined };
      return this.#failed(replicaSet, 'FailedCreate', 'Error creating: ', rejected.reason);
    }
    const results = await Promise.allSettled(plan.deletions.map((pod) => this.#delete(key, replicaSet, pod)));
    const rejected = results.find((result) => result.status === 'rejected');
    if (rejected !== undefined) return this.#failed(replicaSet, 'FailedDelete', 'Error deleting: ', rejected.reason);
    return { failure: undefined };
  }

  #failed(replicaSet: ReplicaSet, reason: Failure['reason'], prefix: string, error: unknown) {
    const message = error instanceof Error ? error.message : String(error);
    this.#events.record(replicaSet, { type: 'Warning', reason, message: prefix + message });
    return { failure: { reason, message }, error };
  }

  /** Active pods of the ReplicaSets of the same owner (a Deployment's rollout has several). */
  #relatedPods(replicaSet: ReplicaSet): Pod[] {
    const owner = controllerOf(replicaSet)?.uid;
    const uids =
      owner === undefined
        ? [replicaSet.metadata.uid ?? '']
        : this.#replicaSets.byIndex('controller', owner).map((sibling) => sibling.metadata.uid ?? '');
    return uids.flatMap((uid) => this.#pods.byIndex('controller', uid)).filter(isPodActive);
  }

  async #create(key: string, replicaSet: ReplicaSet): Promise<void> {
    const { namespace } = splitKey(key);
    const { metadata, spec } = replicaSet.spec.template;
    const pod = await this.#client.resource(resources.pods, namespace).create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        generateName: `${replicaSet.metadata.name ?? ''}-`,
        namespace,
        ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
        ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
        ...(metadata?.finalizers === undefined ? {} : { finalizers: metadata.finalizers }),
        ownerReferences: [controllerReference({ ...replicaSet, apiVersion: 'apps/v1', kind: 'ReplicaSet' })],
      },
      spec,
    });
    this.expectations.expect(key, pod.metadata.uid ?? '', this.#client.clock.now());
    const message = `Created pod: ${pod.metadata.name ?? ''}`;
    this.#events.record(replicaSet, { type: 'Normal', reason: 'SuccessfulCreate', message });
  }

  async #delete(key: string, replicaSet: ReplicaSet, pod: Pod): Promise<void> {
    const { name = '', namespace = '', uid = '' } = pod.metadata;
    this.expectations.expect(key, `deleted ${uid}`, this.#client.clock.now());
    try {
      await this.#client.resource(resources.pods, namespace).delete(name, { preconditions: { uid } });
    } catch (error) {
      this.expectations.observe(key, `deleted ${uid}`);
      if (isNotFound(error)) return;
      throw error;
    }
    this.#events.record(replicaSet, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` });
  }

  async #writeStatus(
    replicaSet: ReplicaSet,
    pods: readonly Pod[],
    failure: Failure | 'unknown' | undefined,
  ): Promise<number | undefined> {
    const { status, requeueAfterMs } = planStatus(replicaSet, pods, failure, this.#client.clock.now());
    if (!isSame(status, replicaSet.status ?? {})) {
      const { namespace } = replicaSet.metadata;
      const written = await this.#client
        .resource(resources.replicaSets, namespace)
        .updateStatus({ ...replicaSet, status });
      this.#replicaSets.learn(written);
    }
    return requeueAfterMs;
  }
}
