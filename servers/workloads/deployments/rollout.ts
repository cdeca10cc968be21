/**
 * How many replicas each ReplicaSet of a Deployment should have next: pure arithmetic over a table of
 * (wanted, available) that keeps to maxSurge and maxUnavailable at every step
 * (pkg/controller/deployment/{rolling,recreate,sync}.go upstream).
 */
import type { Deployment, ReplicaSet } from '@diatom/sdk';
import {
  availableReplicas,
  byAge,
  desiredReplicas,
  desiredReplicasAnnotation,
  fenceposts,
  isRollingUpdate,
  maxReplicasAnnotation,
  maxUnavailable,
  specReplicas,
  sum,
} from './replicas.ts';

/** New sizes by ReplicaSet name; those left out stay as they are. */
export type Sizes = ReadonlyMap<string, number>;

const noChange: Sizes = new Map();

/** How large the ReplicaSet of the current template may be now; `current` is undefined before it exists. */
export function nextNewSize(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  all: readonly ReplicaSet[],
): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment)) return desired;
  const size = current === undefined ? 0 : specReplicas(current);
  // Stricter than upstream, which counts what is asked for only: pods of a ReplicaSet that was told to shrink a moment
  // ago are still there, and together with new ones they would go over the surge.
  const total = sum(all, (each) => Math.max(specReplicas(each), each.status?.replicas ?? 0));
  const most = desired + fenceposts(deployment).maxSurge;
  if (total >= most) return size;
  return size + Math.min(most - total, desired - size);
}

/** One step of a rolling update: the new ReplicaSet grows, or else the old ones shrink. */
export function rollingStep(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Sizes {
  const all = [...old, current];
  const desired = desiredReplicas(deployment);
  const size = specReplicas(current);
  const target = size > desired ? desired : nextNewSize(deployment, current, all);
  if (target !== size) return new Map([[nameOf(current), target]]);
  return shrinkOld(deployment, current, old);
}

function shrinkOld(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Sizes {
  if (sum(old, specReplicas) === 0) return noChange;
  const all = [...old, current];
  const minAvailable = desiredReplicas(deployment) - maxUnavailable(deployment);
  const newUnavailable = Math.max(0, specReplicas(current) - availableReplicas(current));
  // Pods of the new ReplicaSet that are not available yet must not be counted on.
  const most = sum(all, specReplicas) - minAvailable - newUnavailable;
  if (most <= 0) return noChange;
  const sizes = new Map<string, number>();
  const sizeOf = (replicaSet: ReplicaSet): number => sizes.get(nameOf(replicaSet)) ?? specReplicas(replicaSet);
  const oldestFirst = [...old].sort(byAge);
  // First those that serve nobody: they cost no availability.
  let unhealthyLeft = most;
  for (const replicaSet of oldestFirst) {
    const unhealthy = sizeOf(replicaSet) - availableReplicas(replicaSet);
    const count = Math.min(unhealthyLeft, unhealthy);
    if (count <= 0) continue;
    unhealthyLeft -= count;
    sizes.set(nameOf(replicaSet), sizeOf(replicaSet) - count);
  }
  // Stricter than upstream: of the pods a status still reports, those above spec.replicas are on their way out.
  let spareLeft = sum(all, (each) => Math.min(availableReplicas(each), specReplicas(each))) - minAvailable;
  for (const replicaSet of oldestFirst) {
    const count = Math.min(spareLeft, sizeOf(replicaSet));
    if (count <= 0) continue;
    spareLeft -= count;
    sizes.set(nameOf(replicaSet), sizeOf(replicaSet) - count);
  }
  return sizes;
}

/** Recreate: everything old goes first. */
export function stopOld(old: readonly ReplicaSet[]): Sizes {
  return new Map(old.filter((replicaSet) => specReplicas(replicaSet) > 0).map((replicaSet) => [nameOf(replicaSet), 0]));
}

/** Whether somebody changed spec.replicas since the ReplicaSets were last sized. */
export function isScaling(deployment: Deployment, all: readonly ReplicaSet[]): boolean {
  return all.some((replicaSet) => {
    const noted = replicaSet.metadata.annotations?.[desiredReplicasAnnotation];
    return specReplicas(replicaSet) > 0 && noted !== undefined && Number(noted) !== desiredReplicas(deployment);
  });
}

/** Scaling, also in the middle of a rollout or while paused: in proportion, so that a bad rollout gains no ground. */
export function scaleStep(deployment: Deployment, current: ReplicaSet | undefined, old: readonly ReplicaSet[]): Sizes {
  const desired = desiredReplicas(deployment);
  const all = current === undefined ? [...old] : [...old, current];
  const active = all.filter((replicaSet) => specReplicas(replicaSet) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? current ?? [...old].sort(byAge).at(-1);
    return only === undefined ? noChange : new Map([[nameOf(only), desired]]);
  }
  if (current !== undefined && isSaturated(deployment, current)) return stopOld(old);
  if (!isRollingUpdate(deployment)) return stopOld(old);
  return proportional(deployment, active);
}

function isSaturated(deployment: Deployment, current: ReplicaSet): boolean {
  const desired = desiredReplicas(deployment);
  return (
    specReplicas(current) === desired &&
    Number(current.metadata.annotations?.[desiredReplicasAnnotation]) === desired &&
    availableReplicas(current) === desired
  );
}

function proportional(deployment: Deployment, active: readonly ReplicaSet[]): Sizes {
  const desired = desiredReplicas(deployment);
  const allowed = desired > 0 ? desired + fenceposts(deployment).maxSurge : 0;
  const toAdd = allowed - sum(active, specReplicas);
  // Largest first; among equals the newer grows and the older shrinks.
  const ordered = [...active].sort(
    (a, b) => specReplicas(b) - specReplicas(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)),
  );
  const sizes = new Map<string, number>();
  let added = 0;
  for (const replicaSet of ordered) {
    const left = toAdd - added;
    const share = fraction(deployment, replicaSet);
    const change = toAdd === 0 ? 0 : toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    added += change;
    sizes.set(nameOf(replicaSet), specReplicas(replicaSet) + change);
  }
  const [largest] = ordered;
  if (largest !== undefined) {
    sizes.set(nameOf(largest), Math.max(0, (sizes.get(nameOf(largest)) ?? 0) + toAdd - added));
  }
  return sizes;
}

/** How much the ReplicaSet would change if all kept their share of the whole. */
function fraction(deployment: Deployment, replicaSet: ReplicaSet): number {
  const desired = desiredReplicas(deployment);
  const size = specReplicas(replicaSet);
  if (desired === 0) return -size;
  const mostNow = desired + fenceposts(deployment).maxSurge;
  const mostBefore =
    Number(replicaSet.metadata.annotations?.[maxReplicasAnnotation] ?? 0) || (deployment.status?.replicas ?? 0);
  return mostBefore === 0 ? 0 : Math.round((size * mostNow) / mostBefore) - size;
}

function nameOf(replicaSet: ReplicaSet): string {
  return replicaSet.metadata.name ?? '';
}
