/** Why a pod cannot run on a node, in Kubernetes' words: one row per plugin, asked in this order. */
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, Taint, Toleration } from '@diatom/sdk';
import { clash, hostPorts, podRequests } from './requests.ts';
import type { NodeState } from './snapshot.ts';

/** Reasons why not; none: the node will do. */
type Filter = (pod: Pod, state: NodeState) => readonly string[];

const noReasons: readonly string[] = [];

const filters: readonly Filter[] = [
  (pod, { node }) => {
    if (node.spec?.unschedulable !== true || tolerates(pod.spec.tolerations, unschedulableTaint)) return noReasons;
    return ['node(s) were unschedulable'];
  },
  (pod, { node }) => {
    const taint = taintsOf(node).find(
      (each) => each.effect !== 'PreferNoSchedule' && !tolerates(pod.spec.tolerations, each),
    );
    return taint === undefined ? noReasons : [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`];
  },
  (pod, { node }) => {
    const [key] = unmetSelector(pod, node);
    // The key is more than Kubernetes says, and what one looks for next: it may stand in the pod's RuntimeClass only.
    const which = key === undefined ? '' : ` (${key}=${pod.spec.nodeSelector?.[key]})`;
    const isMet = key === undefined && matchesAffinity(pod, node);
    return isMet ? noReasons : [`node(s) didn't match Pod's node affinity/selector${which}`];
  },
  (pod, { ports }) => {
    if (!hostPorts(pod).some((port) => clash(port, ports))) return noReasons;
    return ["node(s) didn't have free ports for the requested pod ports"];
  },
  (pod, state) => {
    const reasons = state.podCount + 1 > (state.allocatable.pods ?? Number.POSITIVE_INFINITY) ? ['Too many pods'] : [];
    for (const [name, amount] of Object.entries(podRequests(pod))) {
      // Sums of decimal fractions (0.1 + 0.2) must not refuse what fits exactly.
      const free = (state.allocatable[name] ?? 0) - (state.requested[name] ?? 0);
      if (amount > 0 && amount > free + 1e-9) reasons.push(`Insufficient ${name}`);
    }
    return reasons;
  },
];

/** The first filter that refuses decides, as in the scheduling framework. */
export function refusals(pod: Pod, state: NodeState): readonly string[] {
  for (const filter of filters) {
    const reasons = filter(pod, state);
    if (reasons.length > 0) return reasons;
  }
  return noReasons;
}

const unschedulableTaint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/**
 * Upstream the node lifecycle controller turns the Ready condition into taints. A cell has none, so the scheduler reads
 * the condition as that taint; tolerations work as they do there.
 */
function taintsOf(node: Node): readonly Taint[] {
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
  const taints = node.spec?.taints ?? [];
  if (ready === undefined || ready.status === 'True') return taints;
  const key = ready.status === 'False' ? 'node.kubernetes.io/not-ready' : 'node.kubernetes.io/unreachable';
  return taints.some((taint) => taint.key === key) ? taints : [...taints, { key, effect: 'NoSchedule' }];
}

export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some((toleration) => {
    if (toleration.effect !== undefined && toleration.effect !== taint.effect) return false;
    if (toleration.key !== undefined && toleration.key !== '' && toleration.key !== taint.key) return false;
    if (toleration.operator === 'Exists') return true;
    return toleration.key !== undefined && toleration.key !== '' && (toleration.value ?? '') === (taint.value ?? '');
  });
}

export function untoleratedPreferences(pod: Pod, node: Node): number {
  return (node.spec?.taints ?? []).filter(
    (taint) => taint.effect === 'PreferNoSchedule' && !tolerates(pod.spec.tolerations, taint),
  ).length;
}

function unmetSelector(pod: Pod, node: Node): readonly string[] {
  const labels = node.metadata.labels ?? {};
  return Object.entries(pod.spec.nodeSelector ?? {}).flatMap(([key, value]) => (labels[key] === value ? [] : [key]));
}

function matchesAffinity(pod: Pod, node: Node): boolean {
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  // Terms are alternatives; within one term everything must hold.
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  const fields = { 'metadata.name': node.metadata.name ?? '' };
  return (
    matchExpressions.every((requirement) => matchesRequirement(requirement, labels)) &&
    matchFields.every((requirement) => matchesRequirement(requirement, fields))
  );
}

function matchesRequirement(
  { key, operator, values = [] }: NodeSelectorRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  // Own ones only: no object has a label called `constructor` by being an object.
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
  }
}
