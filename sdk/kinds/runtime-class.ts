import type { KubernetesObject } from '../api/meta.ts';
import type { Quantity, Toleration } from './pod.ts';

/** node.k8s.io/v1: a way to run pods, by the name pods ask for it. */
export interface RuntimeClass extends KubernetesObject {
  /** What the node calls it. */
  handler: string;
  overhead?: { podFixed?: Record<string, Quantity> };
  scheduling?: { nodeSelector?: Record<string, string>; tolerations?: Toleration[] };
}
