import type { KubernetesObject, OwnerReference } from '../api/meta.ts';

/** The reference that says: this object is managed by `owner`, and goes when it goes. */
export function controllerReference(owner: KubernetesObject): OwnerReference {
  return { ...ownerReference(owner), controller: true, blockOwnerDeletion: true };
}

export function ownerReference(owner: KubernetesObject): OwnerReference {
  const { name, uid } = owner.metadata;
  if (name === undefined || uid === undefined) {
    throw new Error(`an owner must have been read from the API; this ${owner.kind} has no name or uid`);
  }
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid };
}

export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

export function isControlledBy(object: KubernetesObject, owner: KubernetesObject): boolean {
  return owner.metadata.uid !== undefined && controllerOf(object)?.uid === owner.metadata.uid;
}

/** What a controller has to do about one object that may be its own (controller_ref_manager.go upstream). */
export type Claim = 'owned' | 'adopt' | 'release' | 'ignore';

export function claim(object: KubernetesObject, owner: KubernetesObject, matches: boolean): Claim {
  const controller = controllerOf(object);
  if (controller !== undefined) {
    if (controller.uid !== owner.metadata.uid) return 'ignore';
    if (matches) return 'owned';
    // The owner is going: leave the pods to the garbage collector.
    return owner.metadata.deletionTimestamp === undefined ? 'release' : 'ignore';
  }
  const isGoing = object.metadata.deletionTimestamp !== undefined || owner.metadata.deletionTimestamp !== undefined;
  return matches && !isGoing ? 'adopt' : 'ignore';
}

/** Strategic merge patch that makes `owner` the controller; the uid guards against a namesake created meanwhile. */
export function adoptPatch(object: KubernetesObject, owner: KubernetesObject): unknown {
  return { metadata: { uid: object.metadata.uid, ownerReferences: [controllerReference(owner)] } };
}

export function releasePatch(object: KubernetesObject, owner: KubernetesObject): unknown {
  return {
    metadata: { uid: object.metadata.uid, ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }] },
  };
}
