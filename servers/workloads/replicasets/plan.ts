/**
 * What a ReplicaSet needs, as a pure function of it and its pods
 * (pkg/controller/replicaset/replica_set.go, pkg/controller/controller_utils.go upstream).
 */
import {
  findCondition,
  isPodActive,
  isPodReady,
  matchesLabels,
  type Pod,
  podCondition,
  type ReplicaSet,
  type ReplicaSetStatus,
  removeCondition,
  setCondition,
} from '@diatom/sdk';

/** At most this many pods are created or deleted in one go (BurstReplicas upstream). */
const mostAtOnce = 500;

export interface Plan {
  readonly createCount: number;
  readonly deletions: readonly Pod[];
}

/** `related`: active pods of all ReplicaSets of the same owner; nodes carrying many of them give pods up first. */
export function planReplicas(replicaSet: ReplicaSet, active: readonly Pod[], related: readonly Pod[]): Plan {
  const difference = active.length - (replicaSet.spec.replicas ?? 1);
  if (difference < 0) return { createCount: Math.min(-difference, mostAtOnce), deletions: [] };
  if (difference === 0) return { createCount: 0, deletions: [] };
  return { createCount: 0, deletions: deletionOrder(active, related).slice(0, Math.min(difference, mostAtOnce)) };
}

/** Who goes first. Each rule decides only between pods that are equal by those before it (ActivePodsWithRanks). */
export function deletionOrder(pods: readonly Pod[], related: readonly Pod[]): Pod[] {
  const perNode = new Map<string, number>();
  for (const { spec } of related) perNode.set(spec.nodeName ?? '', (perNode.get(spec.nodeName ?? '') ?? 0) + 1);
  const rules: readonly ((pod: Pod) => number)[] = [
    (pod) => (pod.spec.nodeName === undefined ? 0 : 1),
    (pod) => phaseOrder[pod.status?.phase ?? 'Pending'],
    (pod) => (isPodReady(pod) ? 1 : 0),
    (pod) => Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0,
    (pod) => -(perNode.get(pod.spec.nodeName ?? '') ?? 0),
    (pod) => -readySinceMs(pod),
    (pod) => -restartCount(pod),
    (pod) => -Date.parse(pod.metadata.creationTimestamp ?? '') || 0,
  ];
  return [...pods].sort((a, b) => {
    for (const rule of rules) {
      const difference = rule(a) - rule(b);
      if (difference !== 0) return difference;
    }
    return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
  });
}

const phaseOrder = { Pending: 0, Unknown: 1, Running: 2, Succeeded: 2, Failed: 2 } as const;

/** Never ready counts as ready since for ever later: such pods go first. */
function readySinceMs(pod: Pod): number {
  const condition = podCondition(pod, 'Ready');
  return condition?.status === 'True' ? Date.parse(condition.lastTransitionTime ?? '') || 0 : 0;
}

function restartCount(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
}

/** 1, 2, 4, …: a quota or a broken template costs one refused request, not `count`. */
export function slowStartBatches(count: number): number[] {
  const batches: number[] = [];
  for (let size = 1, left = count; left > 0; left -= size, size *= 2) batches.push(Math.min(size, left));
  return batches;
}

export interface Failure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

export interface StatusPlan {
  readonly status: ReplicaSetStatus;
  /** When the next pod becomes available by the passing of time alone. */
  readonly requeueAfterMs: number | undefined;
}

/** `failure`: what went wrong just now; `'unknown'` when nothing was tried, which leaves the condition as it is. */
export function planStatus(
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
  failure: Failure | 'unknown' | undefined,
  nowMs: number,
): StatusPlan {
  const active = pods.filter(isPodActive);
  const templateLabels = replicaSet.spec.template.metadata?.labels;
  const minReadyMs = (replicaSet.spec.minReadySeconds ?? 0) * 1000;
  let requeueAfterMs: number | undefined;
  let availableCount = 0;
  const ready = active.filter(isPodReady);
  for (const pod of ready) {
    const leftMs = minReadyMs === 0 ? 0 : readySinceMs(pod) + minReadyMs - nowMs;
    if (leftMs <= 0) availableCount += 1;
    else requeueAfterMs = Math.min(leftMs, requeueAfterMs ?? Number.POSITIVE_INFINITY);
  }
  const conditions = planConditions(replicaSet, failure, nowMs);
  const fullyLabeledCount = active.filter((pod) => matchesLabels(templateLabels, pod.metadata.labels)).length;
  return {
    requeueAfterMs,
    status: {
      replicas: active.length,
      ...(fullyLabeledCount === 0 ? {} : { fullyLabeledReplicas: fullyLabeledCount }),
      ...(ready.length === 0 ? {} : { readyReplicas: ready.length }),
      ...(availableCount === 0 ? {} : { availableReplicas: availableCount }),
      observedGeneration: replicaSet.metadata.generation ?? 0,
      ...(conditions.length === 0 ? {} : { conditions }),
    },
  };
}

function planConditions(replicaSet: ReplicaSet, failure: Failure | 'unknown' | undefined, nowMs: number) {
  const conditions = replicaSet.status?.conditions;
  if (failure === 'unknown') return conditions ?? [];
  if (failure === undefined) return removeCondition(conditions, 'ReplicaFailure');
  if (findCondition(conditions, 'ReplicaFailure') !== undefined) return conditions ?? [];
  return setCondition(conditions, { type: 'ReplicaFailure', status: 'True', ...failure }, nowMs);
}
