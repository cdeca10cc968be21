/** A slot runs the bytes its manifest names or nothing. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type SlotSpec, TenderError } from '../instances.ts';

export const checkImageDigest = async ({ manifest, imagePath, target }: SlotSpec): Promise<void> => {
  const layer = manifest.layers.find((candidate) => candidate.role === target);
  if (!layer) {
    throw new TenderError(
      'NoExecutable',
      `image ${manifest.name} has no executable for the ${target} target; build it again`,
    );
  }
  const bytes = await readFile(imagePath).catch((cause: Error) => {
    throw new TenderError('ImageUnreadable', `image ${manifest.name}: ${cause.message}`);
  });
  if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== layer.digest) {
    throw new TenderError(
      'DigestMismatch',
      `${imagePath} is not what the manifest of image ${manifest.name} names; build or pull it again`,
    );
  }
};
