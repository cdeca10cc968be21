/** What a Deployment says about its rollout (pkg/controller/deployment/{sync,progress}.go upstream). */
import {
  type Deployment,
  type DeploymentCondition,
  type DeploymentStatus,
  findCondition,
  formatTime,
  type ReplicaSet,
  removeCondition,
} from '@diatom/sdk';
import { availableReplicas, desiredReplicas, maxUnavailable, specReplicas, sum } from './replicas.ts';

export interface StatusPlan {
  readonly status: DeploymentStatus;
  /** When the progress deadline runs out. */
  readonly requeueAfterMs: number | undefined;
}

export interface StatusInput {
  readonly deployment: Deployment;
  /** The ReplicaSet of the current template, as it is in the API. */
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  /** The name of the ReplicaSet created for the current template just now. */
  readonly created?: string | undefined;
  readonly collisionCount: number;
  /** Paused or scaling: progress is not judged. */
  readonly isRollingOut: boolean;
  readonly nowMs: number;
}

export function planStatus(input: StatusInput): StatusPlan {
  const { deployment, current, old, nowMs } = input;
  const all = current === undefined ? [...old] : [...old, current];
  const available = sum(all, availableReplicas);
  const counts = {
    replicas: sum(all, (replicaSet) => replicaSet.status?.replicas ?? 0),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum(all, (replicaSet) => replicaSet.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(all, specReplicas) - available),
  };
  const present = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
  let conditions = setAvailable(deployment, available, nowMs);
  conditions = judgeProgress(input, counts, conditions);
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...present,
    ...(input.collisionCount === 0 ? {} : { collisionCount: input.collisionCount }),
    conditions,
  };
  return { status, requeueAfterMs: deadlineInMs(deployment, status, nowMs) };
}

function setAvailable(deployment: Deployment, available: number, nowMs: number): DeploymentCondition[] {
  const isAvailable = available >= desiredReplicas(deployment) - maxUnavailable(deployment);
  return setDeploymentCondition(
    deployment.status?.conditions,
    isAvailable
      ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
      : condition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'),
    nowMs,
  );
}

function judgeProgress(
  input: StatusInput,
  counts: { readonly replicas: number; readonly updatedReplicas: number } & Readonly<Record<string, number>>,
  before: DeploymentCondition[],
): DeploymentCondition[] {
  const { deployment, current, nowMs } = input;
  let conditions = before;
  const progressing = findCondition(conditions, 'Progressing');
  if (!hasDeadline(deployment)) {
    conditions = removeCondition(conditions, 'Progressing');
  } else if (!input.isRollingOut) {
    conditions = judgePause(deployment, conditions, nowMs);
  } else if (input.created !== undefined) {
    const message = `Created new replica set "${input.created}"`;
    conditions = setDeploymentCondition(
      conditions,
      condition('Progressing', 'True', 'NewReplicaSetCreated', message),
      nowMs,
    );
  } else {
    const subject =
      current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
    const wasComplete = counts.replicas === counts.updatedReplicas && progressing?.reason === 'NewReplicaSetAvailable';
    if (progressing === undefined && current !== undefined) {
      const message = `Found new replica set "${current.metadata.name}"`;
      conditions = setDeploymentCondition(
        conditions,
        condition('Progressing', 'True', 'FoundNewReplicaSet', message),
        nowMs,
      );
    }
    if (!wasComplete) {
      if (isComplete(deployment, counts)) {
        const message = `${subject} has successfully progressed.`;
        conditions = setDeploymentCondition(
          conditions,
          condition('Progressing', 'True', 'NewReplicaSetAvailable', message),
          nowMs,
        );
      } else if (isMoving(deployment, counts)) {
        const message = `${subject} is progressing.`;
        // Removed first: every step forward renews lastUpdateTime, which the deadline counts from.
        const kept = progressing?.status === 'True' ? progressing.lastTransitionTime : undefined;
        conditions = setDeploymentCondition(
          removeCondition(conditions, 'Progressing'),
          {
            ...condition('Progressing', 'True', 'ReplicaSetUpdated', message),
            ...(kept === undefined ? {} : { lastTransitionTime: kept }),
          },
          nowMs,
        );
      } else if (isOverdue(deployment, progressing, nowMs)) {
        const message = `${subject} has timed out progressing.`;
        conditions = setDeploymentCondition(
          conditions,
          condition('Progressing', 'False', 'ProgressDeadlineExceeded', message),
          nowMs,
        );
      }
    }
  }
  return copyFailure(input, conditions);
}

/** The pause must not count against the deadline: both its ends restart the clock. */
function judgePause(deployment: Deployment, conditions: DeploymentCondition[], nowMs: number): DeploymentCondition[] {
  const progressing = findCondition(conditions, 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return conditions;
  const isNoted = progressing?.reason === 'DeploymentPaused';
  if (deployment.spec.paused === true && !isNoted) {
    return setDeploymentCondition(
      conditions,
      condition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused'),
      nowMs,
    );
  }
  return conditions;
}

/** Called when a Deployment goes on that had been paused. */
export function resumed(deployment: Deployment, nowMs: number): Deployment {
  const progressing = findCondition(deployment.status?.conditions, 'Progressing');
  if (progressing?.reason !== 'DeploymentPaused' || !hasDeadline(deployment)) return deployment;
  const next = condition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
  const conditions = setDeploymentCondition(deployment.status?.conditions, next, nowMs);
  return { ...deployment, status: { ...deployment.status, conditions } };
}

function copyFailure({ current, old }: StatusInput, conditions: DeploymentCondition[]): DeploymentCondition[] {
  const failures = (current === undefined ? [...old] : [current, ...old])
    .map((replicaSet) => findCondition(replicaSet.status?.conditions, 'ReplicaFailure'))
    .filter((failure) => failure !== undefined);
  const rest = removeCondition(conditions, 'ReplicaFailure');
  return failures[0] === undefined ? rest : [...rest, failures[0]];
}

/** All pods are of the current template and available. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredReplicas(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired
  );
}

function isMoving(deployment: Deployment, next: DeploymentStatus): boolean {
  const last = deployment.status ?? {};
  const oldCount = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (next.updatedReplicas ?? 0) > (last.updatedReplicas ?? 0) ||
    oldCount(next) < oldCount(last) ||
    (next.readyReplicas ?? 0) > (last.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (last.availableReplicas ?? 0)
  );
}

function isOverdue(deployment: Deployment, progressing: DeploymentCondition | undefined, nowMs: number): boolean {
  if (progressing === undefined || progressing.reason === 'NewReplicaSetAvailable') return false;
  if (progressing.reason === 'ProgressDeadlineExceeded') return true;
  return dueMs(deployment, progressing) < nowMs;
}

function deadlineInMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const progressing = findCondition(status.conditions, 'Progressing');
  if (!hasDeadline(deployment) || deployment.spec.paused === true || progressing === undefined) return undefined;
  if (isComplete(deployment, status) || progressing.reason === 'ProgressDeadlineExceeded') return undefined;
  if (progressing.reason === 'NewReplicaSetAvailable') return undefined;
  // Times in conditions have whole seconds: look a second later, when the deadline has surely passed.
  return Math.max(0, dueMs(deployment, progressing) - nowMs) + 1000;
}

function dueMs(deployment: Deployment, progressing: DeploymentCondition): number {
  const since = progressing.lastUpdateTime ?? progressing.lastTransitionTime ?? '';
  return (Date.parse(since) || 0) + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000;
}

/** The largest 32-bit number stands for "none" (HasProgressDeadline upstream). */
function hasDeadline(deployment: Deployment): boolean {
  return (deployment.spec.progressDeadlineSeconds ?? 600) !== 2 ** 31 - 1;
}

function condition(
  type: string,
  status: DeploymentCondition['status'],
  reason: string,
  message: string,
): DeploymentCondition {
  return { type, status, reason, message };
}

/** Unlike other conditions, one with the same status and reason is left alone, message and all (SetDeploymentCondition). */
function setDeploymentCondition(
  conditions: readonly DeploymentCondition[] | undefined,
  next: DeploymentCondition,
  nowMs: number,
): DeploymentCondition[] {
  const now = formatTime(nowMs);
  const present = conditions ?? [];
  const old = findCondition(present, next.type);
  if (old !== undefined && old.status === next.status && old.reason === next.reason) return [...present];
  const kept = old?.status === next.status ? old.lastTransitionTime : next.lastTransitionTime;
  return [...removeCondition(present, next.type), { ...next, lastUpdateTime: now, lastTransitionTime: kept ?? now }];
}
