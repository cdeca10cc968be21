import { type Pod, parseQuantity } from '@diatom/sdk';

const counted = ['cpu', 'memory'] as const;

/** The QoS class (kubelet pkg/apis/core/v1/helper/qos `ComputePodQOS`). */
export function qualityOfService(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  let isAnySet = false;
  let isGuaranteed = true;
  for (const { resources } of pod.spec.containers) {
    for (const name of counted) {
      const limit = resources?.limits?.[name];
      const request = resources?.requests?.[name] ?? limit;
      if (limit !== undefined || request !== undefined) isAnySet = true;
      if (limit === undefined || request === undefined || parseQuantity(limit) !== parseQuantity(request)) {
        isGuaranteed = false;
      }
    }
  }
  if (!isAnySet) return 'BestEffort';
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
