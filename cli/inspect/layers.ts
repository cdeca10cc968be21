/** What the layers of a stored image say about each target it was built for. */
import { readFile } from 'node:fs/promises';
import { type LayerRole, type Manifest, type NativeTarget, nativeTargets, symbolsRoles } from '@diatom/libos/manifest';
import { type ExecutableSize, measureExecutable } from '@diatom/seal/inspect/executable-size.ts';
import { functionsOf, readSymbols, type Symbols } from '@diatom/seal/symbols.ts';
import type { ImageStore, StoredImage } from '@diatom/tender';
import { CommandError } from '../failure.ts';

export const targetsOf = ({ layers }: Manifest): readonly NativeTarget[] =>
  nativeTargets.filter((target) => layers.some(({ role }) => role === target));

/** The one that was asked for, or the one the manifest's functions are of. */
export function chooseTarget({ reference, manifest }: StoredImage, wanted: NativeTarget | undefined): NativeTarget {
  const [first, ...others] = targetsOf(manifest);
  if (first === undefined) throw new CommandError(`${reference} has no executable`, 'Build the image again.');
  if (wanted === undefined || wanted === first || others.includes(wanted)) return wanted ?? first;
  throw new CommandError(
    `${reference} was not built for the ${wanted} target`,
    `It has ${[first, ...others].join(' and ')}; "diatom build --target" names others.`,
  );
}

export function readLayer(
  store: ImageStore,
  { manifest, reference }: StoredImage,
  role: LayerRole,
): Promise<Uint8Array> {
  const found = manifest.layers.find((each) => each.role === role);
  if (found === undefined) throw new CommandError(`${reference} has no ${role} layer`, 'Build the image again.');
  return readFile(store.blobPath(found.digest));
}

export const readTargetSymbols = async (
  store: ImageStore,
  image: StoredImage,
  target: NativeTarget,
): Promise<Symbols> => readSymbols(await readLayer(store, image, symbolsRoles[target]));

/** The manifest as it would be had the image been built for this target alone; it speaks of the first one by itself. */
export async function manifestFor(store: ImageStore, image: StoredImage, target: NativeTarget): Promise<Manifest> {
  const { manifest } = image;
  if (target === targetsOf(manifest)[0]) return manifest;
  // Only the process target makes system calls, and where it is, it is the first.
  return { ...manifest, systemCalls: [], functions: functionsOf(await readTargetSymbols(store, image, target)) };
}

export interface TargetSize extends ExecutableSize {
  readonly target: NativeTarget;
}

export function targetSizes(store: ImageStore, image: StoredImage): Promise<readonly TargetSize[]> {
  return Promise.all(
    targetsOf(image.manifest).map(async (target) => ({
      target,
      ...measureExecutable(await readLayer(store, image, target)),
    })),
  );
}
