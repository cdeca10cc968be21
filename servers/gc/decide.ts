/**
 * What the collector does about one object: pure, from the object and what is known of its owners and dependents
 * (pkg/controller/garbagecollector/garbagecollector.go upstream: attemptToDeleteItem, processDeletingDependentsItem).
 */
import type { KubernetesObject, OwnerReference } from '@diatom/sdk';

export const orphanFinalizer = 'orphan';
const foregroundFinalizer = 'foregroundDeletion';

export type OwnerState =
  | 'present'
  /** Being deleted in the foreground: it waits for its dependents. */
  | 'waiting'
  | 'absent';

export type Decision =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'delete'; readonly policy: 'Background' | 'Foreground' | 'Orphan' }
  /** Some owners are there and others are not: only the references to the latter go. */
  | { readonly kind: 'drop-references'; readonly uids: readonly string[] }
  /** The object is in a circle of those that wait for each other: its owners shall no longer wait for it. */
  | { readonly kind: 'unblock-owners' }
  /** Take the reference out of every dependent, then the finalizer out of the object. */
  | { readonly kind: 'orphan-dependents' }
  /** Look at every dependent; the object goes when none blocks it any more. */
  | { readonly kind: 'wait-for-dependents' }
  | { readonly kind: 'release'; readonly finalizer: string };

export function decide(
  object: KubernetesObject,
  stateOf: (owner: OwnerReference) => OwnerState,
  dependents: readonly KubernetesObject[],
): Decision {
  const finalizers = object.metadata.finalizers ?? [];
  if (object.metadata.deletionTimestamp !== undefined) {
    if (finalizers.includes(orphanFinalizer)) return { kind: 'orphan-dependents' };
    if (!finalizers.includes(foregroundFinalizer)) return { kind: 'nothing' };
    const isBlocked = dependents.some((dependent) => blocks(dependent, object));
    return isBlocked ? { kind: 'wait-for-dependents' } : { kind: 'release', finalizer: foregroundFinalizer };
  }
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0) return { kind: 'nothing' };
  const states = owners.map((owner) => ({ uid: owner.uid, state: stateOf(owner) }));
  const gone = states.filter(({ state }) => state !== 'present').map(({ uid }) => uid);
  if (gone.length === 0) return { kind: 'nothing' };
  if (gone.length < owners.length) return { kind: 'drop-references', uids: gone };
  if (finalizers.includes(orphanFinalizer)) return { kind: 'delete', policy: 'Orphan' };
  const isWaitedFor = states.some(({ state }) => state === 'waiting');
  const isInCircle = isWaitedFor && dependents.some(isWaiting);
  if (isInCircle && owners.some(({ blockOwnerDeletion }) => blockOwnerDeletion === true))
    return { kind: 'unblock-owners' };
  if (finalizers.includes(foregroundFinalizer) || (isWaitedFor && dependents.length > 0)) {
    return { kind: 'delete', policy: 'Foreground' };
  }
  return { kind: 'delete', policy: 'Background' };
}

/** Whether the dependent keeps an owner that is deleted in the foreground. */
export function blocks(dependent: KubernetesObject, owner: KubernetesObject): boolean {
  return (dependent.metadata.ownerReferences ?? []).some(
    (reference) => reference.uid === owner.metadata.uid && reference.blockOwnerDeletion === true,
  );
}

export function isWaiting(object: KubernetesObject): boolean {
  return (
    object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).includes(foregroundFinalizer)
  );
}
