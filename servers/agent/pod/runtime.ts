/** Which runtime a pod names: RuntimeClass → handler of this node → target and layer of the image. */
import { type Client, isNotFound, type Pod, resources } from '@diatom/sdk';
import type { ImageStore, SlotSpec } from '@diatom/tender';

type Manifest = SlotSpec['manifest'];

/** What this node's tender can run. */
export type Runtimes =
  /** `hvtProblem`: why virtual machines do not work here; undefined when they do. */
  { readonly kind: 'process'; readonly hvtProblem: string | undefined } | { readonly kind: 'node' };

export interface Handler {
  readonly name: 'process' | 'hvt' | 'node';
  readonly target: SlotSpec['target'];
  readonly layer: Manifest['layers'][number]['role'];
  /** What is missing in an image without that layer. */
  readonly executable: string;
}

const handlers: readonly Handler[] = [
  { name: 'process', target: 'process', layer: 'process', executable: 'process executable' },
  { name: 'hvt', target: 'hvt', layer: 'hvt', executable: 'hvt executable' },
  // The node tender knows no targets: it runs the portable layer.
  { name: 'node', target: 'process', layer: 'wasm', executable: 'WebAssembly module' },
];

/** The names the node advertises, the one of pods that name no RuntimeClass first. */
export function handlerNames(runtimes: Runtimes): readonly Handler['name'][] {
  if (runtimes.kind === 'node') return ['node'];
  return runtimes.hvtProblem === undefined ? ['process', 'hvt'] : ['process'];
}

/** The handler, or why there is none. */
export async function handlerOf(pod: Pod, runtimes: Runtimes, client: Client): Promise<Handler | string> {
  const className = pod.spec.runtimeClassName;
  const name = className === undefined ? runtimes.kind : await handlerOfClass(className, client);
  if (name === undefined) return `RuntimeClass "${className}" not found`;
  const known = handlerNames(runtimes);
  const handler = handlers.find((one) => one.name === name);
  if (handler !== undefined && known.includes(handler.name)) return handler;
  if (name === 'hvt' && runtimes.kind === 'process') {
    return `this node cannot run virtual machines: ${runtimes.hvtProblem}`;
  }
  return `no runtime for "${name}" is configured; this node has ${known.join(' and ')}`;
}

async function handlerOfClass(name: string, client: Client): Promise<string | undefined> {
  try {
    return (await client.resource(resources.runtimeClasses).get(name)).handler;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Path of the layer the handler runs, or what to do about its absence. */
export function layerPath(
  image: { readonly reference: string; readonly manifest: Manifest },
  handler: Handler,
  images: Pick<ImageStore, 'blobPath'>,
): { readonly path: string } | string {
  const layer = image.manifest.layers.find(({ role }) => role === handler.layer);
  if (layer !== undefined) return { path: images.blobPath(layer.digest) };
  const name = image.reference.replace(/:latest$/, '');
  const option = handler.layer === 'wasm' ? '' : ` --target ${handler.layer}`;
  return `image ${name} has no ${handler.executable}; build it with: diatom build FILE -t ${name}${option}`;
}
