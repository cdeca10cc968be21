/** The image a run names: from the store, or built from a source file for the target it shall run on. */
import type { Manifest } from '@diatom/libos/manifest';
import type { ImageStore, StoredImage } from '@diatom/tender';
import { applicationFile, namesApplication } from '../application-file.ts';
import { CommandError } from '../failure.ts';
import { buildImage, topLevelNote } from '../image-build.ts';
import { findImage } from '../image-store.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { formatMs } from '../terminal/units.ts';
import type { Target } from './target.ts';

export interface RunnableImage {
  readonly image: StoredImage;
  /** The layer the target runs. */
  readonly path: string;
}

export async function imageFor(
  operand: string,
  target: Target,
  store: ImageStore,
  terminal: Terminal,
): Promise<RunnableImage> {
  if (!(await namesApplication(operand))) {
    const image = await findImage(store, operand);
    return runnable(image, target, store, `Build it with: diatom build FILE -t ${operand} --target ${target}`);
  }
  const { image, leftOut, said, timings } = await (target === 'virtio'
    ? buildMachine(store, operand)
    : buildImage(store, operand, undefined));
  for (const line of said) terminal.note(topLevelNote(line));
  terminal.note(`Built ${image.reference} in ${formatMs(timings.totalMs)}.`);
  const missing = leftOut.find((one) => one.target === target)?.missingCalls.join(', ');
  return runnable(image, target, store, missing === undefined ? '' : `${target} does not provide ${missing}.`);
}

/** Under a tag of its own: the image of that name may be the one a cell runs, and needs its other executables. */
async function buildMachine(store: ImageStore, file: string) {
  const { build } = await import('@diatom/seal');
  const result = await build({ file: await applicationFile(file), targets: ['virtio'] });
  const image = await store.put(`${result.manifest.name}:virtio`, result.manifest, result.layers);
  return { image, leftOut: result.leftOut, said: result.said, timings: result.timings };
}

function runnable(image: StoredImage, target: Target, store: ImageStore, advice: string): RunnableImage {
  const role: Manifest['layers'][number]['role'] = target === 'node' ? 'wasm' : target;
  const layer = image.manifest.layers.find((one) => one.role === role);
  if (layer === undefined)
    throw new CommandError(`${image.reference} has no executable for the target ${target}`, advice);
  return { image, path: store.blobPath(layer.digest) };
}
