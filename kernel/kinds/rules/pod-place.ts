/** A pod is told where its node is (Kubernetes "Pod topology labels"; kubernetes plugin/pkg/admission/podtopologylabels). */
import { ensureRecord, type JsonRecord, stringAt } from '../json.ts';

const topologyLabels = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone'] as const;

export function placePod(pod: JsonRecord, node: JsonRecord | undefined): void {
  for (const label of topologyLabels) {
    const value = stringAt(node, 'metadata', 'labels', label);
    if (value !== '') ensureRecord(ensureRecord(pod, 'metadata'), 'labels')[label] = value;
  }
}
