import type { Condition, KubernetesObject } from '../api/meta.ts';

export interface ServicePort {
  name?: string;
  port: number;
  targetPort?: number | string;
  nodePort?: number;
  protocol?: string;
  appProtocol?: string;
}

export interface Service extends KubernetesObject {
  spec?: {
    selector?: Record<string, string>;
    ports?: ServicePort[];
    type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
    clusterIP?: string;
    clusterIPs?: string[];
    externalName?: string;
    externalIPs?: string[];
    ipFamilies?: string[];
    ipFamilyPolicy?: string;
    internalTrafficPolicy?: string;
    sessionAffinity?: string;
    publishNotReadyAddresses?: boolean;
  };
  status?: { conditions?: Condition[]; loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
}
