import type { KubernetesObject } from '../api/meta.ts';
import { isNotFound } from '../client/errors.ts';
import type { Patch } from '../client/patch.ts';
import type { CallOptions, ResourceClient } from '../client/resource-client.ts';

export function hasFinalizer(object: KubernetesObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) === true;
}

/** The object is not removed before `finalizer` is. Returns the object as it is then; does nothing when it is there. */
export async function addFinalizer<T extends KubernetesObject>(
  client: ResourceClient<T>,
  object: T,
  finalizer: string,
  options: CallOptions = {},
): Promise<T> {
  if (hasFinalizer(object, finalizer)) return object;
  return client.patch(
    nameOf(object),
    finalizersPatch(object, [...(object.metadata.finalizers ?? []), finalizer]),
    options,
  );
}

/** Lets go of the object; one that is gone already is fine. */
export async function removeFinalizer<T extends KubernetesObject>(
  client: ResourceClient<T>,
  object: T,
  finalizer: string,
  options: CallOptions = {},
): Promise<void> {
  if (!hasFinalizer(object, finalizer)) return;
  const rest = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  try {
    await client.patch(nameOf(object), finalizersPatch(object, rest), options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** A merge patch replaces the list whole, so the resourceVersion makes sure that nobody changed it meanwhile. */
function finalizersPatch(object: KubernetesObject, finalizers: readonly string[]): Patch {
  const { uid, resourceVersion } = object.metadata;
  return { kind: 'merge', changes: { metadata: { uid, resourceVersion, finalizers } } };
}

function nameOf(object: KubernetesObject): string {
  if (object.metadata.name === undefined) throw new Error(`this ${object.kind} has no name`);
  return object.metadata.name;
}
