/**
 * One pass over the pods that wait for a node. Decisions are made one after the other on one snapshot; bindings go out
 * side by side, and a pod counts as placed from the decision on, until the informer shows it or the binding failed.
 */
import {
  type Client,
  type EventRecorder,
  formatTime,
  type Informer,
  isConflict,
  isNotFound,
  isPodFinished,
  keyOf,
  type Node,
  type Pod,
  podCondition,
  resources,
} from '@diatom/sdk';
import { byPriority, schedule } from './schedule.ts';
import { place, type Snapshot, takeSnapshot } from './snapshot.ts';

const schedulerName = 'default-scheduler';
const firstBackoffMs = 100;
const maxBackoffMs = 10_000;

interface Attempt {
  readonly count: number;
  readonly notBeforeMs: number;
  /** Waits for something to change in the cluster. */
  readonly isParked: boolean;
}

export interface SchedulerOptions {
  readonly client: Client;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly events: EventRecorder;
  readonly log: (message: string) => void;
  /** Something is to be scheduled, now or later. */
  readonly wake: (afterMs: number) => void;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  /** Decided and not yet seen bound, by uid. */
  readonly #assumed = new Map<string, Pod>();
  readonly #attempts = new Map<string, Attempt>();
  readonly #bindings = new Set<Promise<void>>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Pods that waited for the cluster to change get another try, each after its own back-off. */
  clusterChanged(): void {
    if (this.#attempts.size === 0) return;
    const nowMs = this.#options.client.clock.now();
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const [uid, attempt] of this.#attempts) {
      this.#attempts.set(uid, { ...attempt, isParked: false });
      earliestMs = Math.min(earliestMs, attempt.notBeforeMs);
    }
    this.#options.wake(Math.max(0, earliestMs - nowMs));
  }

  podGone(pod: Pod): void {
    this.#assumed.delete(pod.metadata.uid ?? '');
    this.#attempts.delete(pod.metadata.uid ?? '');
  }

  podBound(pod: Pod): void {
    this.podGone(pod);
  }

  pass(): void {
    const { client, pods, nodes } = this.#options;
    const nowMs = client.clock.now();
    const waiting = pods.byIndex('waiting', 'yes').filter((pod) => this.#isDue(pod, nowMs));
    if (waiting.length === 0) return;
    const bound = pods.byIndex('waiting', 'bound');
    const snapshot = takeSnapshot(nodes.list(), [...bound, ...this.#assumed.values()]);
    for (const pod of waiting.sort(byPriority)) this.#decide(pod, snapshot, nowMs);
  }

  /** Resolves when no binding is under way. */
  async drained(): Promise<void> {
    while (this.#bindings.size > 0) await Promise.all(this.#bindings);
  }

  #isDue(pod: Pod, nowMs: number): boolean {
    const uid = pod.metadata.uid ?? '';
    if (this.#assumed.has(uid)) return false;
    const attempt = this.#attempts.get(uid);
    if (attempt === undefined) return true;
    if (attempt.isParked) return false;
    if (attempt.notBeforeMs <= nowMs) return true;
    this.#options.wake(attempt.notBeforeMs - nowMs);
    return false;
  }

  #decide(pod: Pod, snapshot: Snapshot, nowMs: number): void {
    const uid = pod.metadata.uid ?? '';
    const verdict = schedule(pod, snapshot);
    if (verdict.kind === 'nowhere') {
      this.#postpone(uid, nowMs, true);
      this.#track(this.#reportUnschedulable(pod, verdict.message), pod);
      return;
    }
    const placed: Pod = { ...pod, spec: { ...pod.spec, nodeName: verdict.name } };
    this.#assumed.set(uid, placed);
    const state = snapshot.get(verdict.name);
    if (state !== undefined) place(state, placed);
    this.#track(this.#bind(pod, verdict.name), pod);
  }

  #postpone(uid: string, nowMs: number, isParked: boolean): number {
    const count = (this.#attempts.get(uid)?.count ?? 0) + 1;
    const backoffMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** (count - 1));
    this.#attempts.set(uid, { count, notBeforeMs: nowMs + backoffMs, isParked });
    return backoffMs;
  }

  #track(work: Promise<void>, pod: Pod): void {
    const guarded = work
      .catch((error: unknown) => {
        this.#assumed.delete(pod.metadata.uid ?? '');
        // Gone, or bound by somebody else: its own event says the rest.
        if (isNotFound(error)) return;
        const afterMs = this.#postpone(pod.metadata.uid ?? '', this.#options.client.clock.now(), false);
        this.#options.wake(afterMs);
        if (isConflict(error)) return;
        this.#options.log(`${keyOf(pod)}: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => this.#bindings.delete(guarded));
    this.#bindings.add(guarded);
  }

  async #bind(pod: Pod, nodeName: string): Promise<void> {
    const { name = '', namespace = '', uid = '' } = pod.metadata;
    await this.#options.client.resource(resources.pods, namespace).createSubresource(name, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
    });
    const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
    this.#options.events.record(pod, { type: 'Normal', reason: 'Scheduled', message });
  }

  async #reportUnschedulable(pod: Pod, message: string): Promise<void> {
    const { name = '', namespace = '' } = pod.metadata;
    const { client, events } = this.#options;
    const old = podCondition(pod, 'PodScheduled');
    if (old?.status === 'False' && old.message === message) return;
    events.record(pod, { type: 'Warning', reason: 'FailedScheduling', message });
    const lastTransitionTime = old?.status === 'False' ? old.lastTransitionTime : formatTime(client.clock.now());
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime };
    await client
      .resource(resources.pods, namespace)
      .patch(name, { kind: 'strategic', changes: { status: { conditions: [condition] } } }, { subresource: 'status' });
  }
}

/** Index: who is to be scheduled by this scheduler, and who takes room on a node. */
export function waitingIndex(pod: Pod): readonly string[] {
  if (isPodFinished(pod)) return [];
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== '') return ['bound'];
  const isOurs = (pod.spec.schedulerName ?? schedulerName) === schedulerName;
  const isGated = (pod.spec.schedulingGates ?? []).length > 0;
  return isOurs && !isGated && pod.metadata.deletionTimestamp === undefined ? ['yes'] : [];
}
