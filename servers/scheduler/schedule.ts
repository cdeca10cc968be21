/** Where a pod goes: a pure function of it and the cluster. */
import { controllerOf, type Pod } from '@diatom/sdk';
import { matchesTerm, refusals, untoleratedPreferences } from './filters.ts';
import { podRequests } from './requests.ts';
import type { NodeState, Snapshot } from './snapshot.ts';

export type Verdict =
  | { readonly kind: 'node'; readonly name: string }
  /** `message` as Kubernetes words it: `0/1 nodes are available: 1 Insufficient memory.` */
  | { readonly kind: 'nowhere'; readonly message: string };

export function schedule(pod: Pod, snapshot: Snapshot): Verdict {
  const counts = new Map<string, number>();
  let best: { readonly name: string; readonly score: number } | undefined;
  for (const [name, state] of snapshot) {
    const reasons = refusals(pod, state);
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    if (reasons.length > 0) continue;
    const score = scoreOf(pod, state);
    if (best === undefined || score > best.score || (score === best.score && name < best.name)) best = { name, score };
  }
  if (best !== undefined) return { kind: 'node', name: best.name };
  if (snapshot.size === 0) return { kind: 'nowhere', message: 'no nodes available to schedule pods' };
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return { kind: 'nowhere', message: `0/${snapshot.size} nodes are available: ${reasons.join(', ')}.` };
}

/** Pods of one owner apart first, then the emptier node. */
function scoreOf(pod: Pod, state: NodeState): number {
  const owner = controllerOf(pod)?.uid;
  const siblings = owner === undefined ? 0 : (state.podsByOwner.get(owner) ?? 0);
  const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  let preference = 0;
  for (const { weight, preference: term } of preferred) if (matchesTerm(term, state.node)) preference += weight;
  return (
    leastAllocated(pod, state) +
    2 * (100 / (1 + siblings)) +
    preference -
    100 * untoleratedPreferences(pod, state.node) -
    state.podCount / 1000
  );
}

/** 0 to 100: the mean free share of CPU and memory after the pod is placed (NodeResourcesFit, LeastAllocated). */
function leastAllocated(pod: Pod, { allocatable, requested }: NodeState): number {
  const requests = podRequests(pod);
  let total = 0;
  for (const name of ['cpu', 'memory']) {
    const capacity = allocatable[name] ?? 0;
    const free = capacity - (requested[name] ?? 0) - (requests[name] ?? 0);
    total += capacity === 0 ? 0 : (100 * Math.max(0, free)) / capacity;
  }
  return total / 2;
}

/** Higher priority first, then who has waited longer (queuesort.PrioritySort). */
export function byPriority(a: Pod, b: Pod): number {
  const priority = (b.spec.priority ?? 0) - (a.spec.priority ?? 0);
  if (priority !== 0) return priority;
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  return left === right ? 0 : left < right ? -1 : 1;
}
