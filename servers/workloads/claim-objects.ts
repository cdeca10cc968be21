/** Takes over what an owner's selector matches and nobody controls, and lets go of what it no longer matches. */
import {
  adoptPatch,
  claim,
  isInvalid,
  isNotFound,
  type KubernetesObject,
  type LabelSelector,
  matchesSelector,
  type ResourceClient,
  releasePatch,
} from '@diatom/sdk';

export interface Claimant extends KubernetesObject {
  readonly spec: { readonly selector: LabelSelector };
}

/**
 * Returns the candidates that are the owner's now. `isOwnerAlive` is asked once before the first adoption: an owner that
 * was deleted and created anew under the same name must not collect the children of its predecessor.
 */
export async function claimObjects<T extends KubernetesObject>(
  owner: Claimant,
  candidates: readonly T[],
  client: ResourceClient<T>,
  isOwnerAlive: () => Promise<boolean>,
): Promise<T[]> {
  const owned: T[] = [];
  let isAlive: boolean | undefined;
  for (const object of candidates) {
    const name = object.metadata.name ?? '';
    switch (claim(object, owner, matchesSelector(owner.spec.selector, object.metadata.labels))) {
      case 'owned':
        owned.push(object);
        break;
      case 'release':
        await ifPresent(client.patch(name, { kind: 'strategic', changes: releasePatch(object, owner) }));
        break;
      case 'adopt': {
        isAlive ??= await isOwnerAlive();
        if (!isAlive) break;
        const adopted = await ifPresent(client.patch(name, { kind: 'strategic', changes: adoptPatch(object, owner) }));
        if (adopted !== undefined) owned.push(adopted);
        break;
      }
      case 'ignore':
        break;
    }
  }
  return owned;
}

/** Gone, or another object under the same name (the uid in the patch makes that Invalid or a conflict): nothing to claim. */
async function ifPresent<T>(change: Promise<T>): Promise<T | undefined> {
  try {
    return await change;
  } catch (error) {
    if (isNotFound(error) || isInvalid(error)) return undefined;
    throw error;
  }
}
