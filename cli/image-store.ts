/** The local image store as commands use it. */
import { createImageStore, type ImageStore, type StoredImage } from '@diatom/tender';
import { CommandError } from './failure.ts';
import type { Home } from './home.ts';
import { nearest } from './nearest.ts';

export function openImageStore(home: Home): ImageStore {
  return createImageStore(home.images);
}

export async function findImage(store: ImageStore, reference: string): Promise<StoredImage> {
  const image = await store.get(reference);
  if (image !== undefined) return image;
  throw await noSuchImage(store, reference);
}

export async function noSuchImage(store: ImageStore, reference: string): Promise<CommandError> {
  const names = (await store.list()).flatMap((image) => [image.reference, splitReference(image.reference).name]);
  const meant = nearest(reference, names);
  return new CommandError(
    `there is no image "${reference}"`,
    meant === undefined
      ? 'See "diatom images" for those there are, "diatom help build" for making one.'
      : `Did you mean ${meant}?`,
  );
}

/** `team/hello:1.2` → `team/hello` and `1.2`. */
export function splitReference(reference: string): { readonly name: string; readonly tag: string } {
  const colon = reference.indexOf(':', reference.lastIndexOf('/') + 1);
  return colon === -1
    ? { name: reference, tag: 'latest' }
    : { name: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

/** Enough of a digest to tell images apart. */
export function shortDigest(digest: string): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 12);
}
