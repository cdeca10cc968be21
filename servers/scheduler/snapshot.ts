import { controllerOf, isPodFinished, type Node, type Pod, parseQuantity } from '@diatom/sdk';
import { type Amounts, add, hostPorts, podRequests } from './requests.ts';

/** A node and what is taken of it. */
export interface NodeState {
  readonly node: Node;
  readonly allocatable: Amounts;
  readonly requested: Record<string, number>;
  readonly ports: Set<string>;
  readonly podsByOwner: Map<string, number>;
  podCount: number;
}

/** The cluster as one scheduling pass sees it; placing a pod changes it, so that the next pod sees that. */
export type Snapshot = ReadonlyMap<string, NodeState>;

/** `pods`: those bound, or about to be. */
export function takeSnapshot(nodes: Iterable<Node>, pods: Iterable<Pod>): Snapshot {
  const states = new Map<string, NodeState>();
  for (const node of nodes) {
    const allocatable: Record<string, number> = {};
    for (const [name, amount] of Object.entries(node.status?.allocatable ?? {})) {
      allocatable[name] = parseQuantity(amount);
    }
    states.set(node.metadata.name ?? '', {
      node,
      allocatable,
      requested: {},
      ports: new Set(),
      podsByOwner: new Map(),
      podCount: 0,
    });
  }
  for (const pod of pods) {
    const state = pod.spec.nodeName === undefined ? undefined : states.get(pod.spec.nodeName);
    if (state !== undefined && !isPodFinished(pod)) place(state, pod);
  }
  return states;
}

export function place(state: NodeState, pod: Pod): void {
  add(state.requested, podRequests(pod));
  for (const port of hostPorts(pod)) state.ports.add(port);
  const owner = controllerOf(pod)?.uid;
  if (owner !== undefined) state.podsByOwner.set(owner, (state.podsByOwner.get(owner) ?? 0) + 1);
  state.podCount += 1;
}
