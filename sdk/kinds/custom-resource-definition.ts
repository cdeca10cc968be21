import type { Condition, JsonValue, KubernetesObject } from '../api/meta.ts';

/** apiextensions.k8s.io/v1 */
export interface CustomResourceDefinition extends KubernetesObject {
  spec: {
    group: string;
    names: {
      plural: string;
      singular?: string;
      kind: string;
      listKind?: string;
      shortNames?: string[];
      categories?: string[];
    };
    scope: 'Namespaced' | 'Cluster';
    versions: {
      name: string;
      served: boolean;
      storage: boolean;
      schema?: { openAPIV3Schema?: JsonValue };
      subresources?: {
        status?: Record<string, never>;
        scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
      };
      additionalPrinterColumns?: { name: string; type: string; jsonPath: string; format?: string; priority?: number }[];
      selectableFields?: { jsonPath: string }[];
    }[];
  };
  status?: { conditions?: Condition[]; storedVersions?: string[] };
}
