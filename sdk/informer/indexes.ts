/** Indexes controllers keep asking for. */
import type { KubernetesObject } from '../api/meta.ts';
import type { Pod } from '../kinds/pod.ts';

export const byNamespace = (object: KubernetesObject): readonly string[] => [object.metadata.namespace ?? ''];

/** Uids of all owners. */
export const byOwner = (object: KubernetesObject): readonly string[] =>
  (object.metadata.ownerReferences ?? []).map((reference) => reference.uid);

/** Uid of the one owner that controls the object; `''` for objects nobody controls. */
export const byController = (object: KubernetesObject): readonly string[] => [
  object.metadata.ownerReferences?.find((reference) => reference.controller === true)?.uid ?? '',
];

export const byNodeName = (pod: Pod): readonly string[] => [pod.spec.nodeName ?? ''];
