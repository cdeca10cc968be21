import type { Condition, KubernetesObject } from '../api/meta.ts';
import type { Quantity } from './pod.ts';

export interface Taint {
  key: string;
  value?: string;
  effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  timeAdded?: string;
}

export interface Node extends KubernetesObject {
  spec?: { podCIDR?: string; providerID?: string; unschedulable?: boolean; taints?: Taint[] };
  status?: {
    capacity?: Record<string, Quantity>;
    allocatable?: Record<string, Quantity>;
    conditions?: (Condition & { lastHeartbeatTime?: string })[];
    addresses?: { type: string; address: string }[];
    nodeInfo?: Record<string, string>;
    daemonEndpoints?: { kubeletEndpoint?: { Port: number } };
    runtimeHandlers?: {
      /** Empty: the one of pods that name no RuntimeClass. */
      name: string;
      features?: { recursiveReadOnlyMounts?: boolean; userNamespaces?: boolean };
    }[];
    images?: { names?: string[]; sizeBytes?: number }[];
  };
}
