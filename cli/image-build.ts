/** Source file → image in the local store. */
import { resolve } from 'node:path';
import type { NativeTarget } from '@diatom/libos/manifest';
import type { BuildResult, BuildTimings } from '@diatom/seal';
import type { ImageStore, StoredImage } from '@diatom/tender';
import { applicationFile } from './application-file.ts';
import { splitReference } from './image-store.ts';

export interface StoredBuild {
  readonly image: StoredImage;
  /** Default targets the program calls something of that they do not provide. */
  readonly leftOut: BuildResult['leftOut'];
  /** Lines that the program's top level has written to the console. */
  readonly said: BuildResult['said'];
  readonly timings: BuildTimings;
}

/** They belong to the build: the image begins where the top level has ended. */
export const topLevelNote = (line: string): string => `At build time: ${line}`;

/** Without `targets` those are made that the tenders of this machine run, as far as the program can. */
export async function buildImage(
  store: ImageStore,
  file: string,
  reference: string | undefined,
  targets?: readonly NativeTarget[],
): Promise<StoredBuild> {
  const path = resolve(await applicationFile(file));
  // The compiler costs 100 ms to load: only those who build pay.
  const { build } = await import('@diatom/seal');
  const name = reference === undefined ? undefined : splitReference(reference).name.split('/').at(-1);
  const result = await build({
    file: path,
    ...(name === undefined ? {} : { name }),
    ...(targets === undefined ? {} : { targets }),
  });
  const image = await store.put(reference ?? result.manifest.name, result.manifest, result.layers);
  return { image, leftOut: result.leftOut, said: result.said, timings: result.timings };
}
