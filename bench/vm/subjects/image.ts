/** Our own images, built for one target each. */
import { join } from 'node:path';
import { homeOf } from '@diatom/cli';
import { nativeTender } from '@diatom/cli/native-tender.ts';
import type { Manifest, NativeTarget } from '@diatom/libos/manifest';
import { build } from '@diatom/seal';
import { createImageStore, type SlotSpec } from '@diatom/tender';
import { checkout } from '@diatom/test/tools/npm';

/** What an image says first: bench/vm/guest/*.ts. */
export const firstLine = 'hello from diatom';

export interface BuiltImage {
  readonly manifest: Manifest;
  readonly imagePath: string;
  readonly imageBytes: number;
}

export async function buildImageFor(target: NativeTarget, file: string, directory: string): Promise<BuiltImage> {
  const { manifest, layers } = await build({
    file: join(import.meta.dirname, '../guest', file),
    name: 'bench',
    targets: [target],
  });
  const store = createImageStore(join(directory, 'images'));
  const stored = await store.put(`bench-${target}`, manifest, layers);
  const layer = stored.manifest.layers.find(({ role }) => role === target);
  if (layer === undefined) throw new Error(`the image has no executable for ${target}`);
  return { manifest: stored.manifest, imagePath: store.blobPath(layer.digest), imageBytes: layer.sizeBytes };
}

/** Sealed once into the checkout's cache. */
export function benchTender(): Promise<string> {
  return nativeTender(homeOf({ DIATOM_HOME: join(checkout, '.cache/bench') }), () => {});
}

export function slotFor(
  { manifest, imagePath }: BuiltImage,
  more: Pick<SlotSpec, 'id' | 'target' | 'boot' | 'logPath'> & { readonly hostPort: number },
): SlotSpec {
  const { hostPort, ...rest } = more;
  const declared = manifest.ports[0];
  if (declared === undefined) throw new Error('the image listens on no port');
  return {
    ...rest,
    manifest,
    imagePath,
    listen: [{ port: declared.port, address: '127.0.0.1', hostPort }],
    environment: {},
    memoryLimitBytes: manifest.memory.maximumBytes + manifest.memory.stackBytes,
    idleTimeoutMs: 0,
    timeLimitMs: 0,
  };
}
