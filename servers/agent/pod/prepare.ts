/** Turns a container of a pod into a slot for the tender, or says in the kubelet's words why that is impossible. */
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, type Container, isNotFound, type Pod, parseQuantity, resources } from '@diatom/sdk';
import type { ImageStore, SlotSpec, StoredImage } from '@diatom/tender';
import type { ContainerMessage } from '../container/container.ts';
import {
  EnvironmentError,
  environmentOf,
  type PodFacts,
  type SourceReference,
  sourceKey,
  sourcesOf,
} from './environment.ts';
import { missingImage } from './images.ts';
import { idleTimeoutAnnotation, parseDurationMs, portProblems, problemsOf } from './problems.ts';

export interface Surroundings {
  readonly client: Client;
  readonly images: ImageStore;
  readonly imageStoreDirectory: string;
  readonly dataDirectory: string;
  /** `process` or `node`: which target the tender runs, and the RuntimeClass a pod may name. */
  readonly target: 'process' | 'node';
  readonly facts: Omit<PodFacts, 'podIP'>;
}

export type Prepared =
  | { readonly kind: 'slot'; readonly spec: SlotSpec; readonly image: StoredImage }
  | { readonly kind: 'blocked'; readonly reason: string; readonly message: string; readonly event: ContainerMessage };

export interface Attempt {
  readonly podIP: string;
  readonly restartCount: number;
  /** How often the image was looked for in vain before. */
  readonly attempts: number;
}

/** Room beyond what an image declares: its text and data, the tender's own pages in it. */
const memoryOverheadBytes = 16 * 2 ** 20;

/** While the next instance is prepared the last two are the present and the previous one. */
const logsKept = 3;

/**
 * An image may end after its idle time without having accepted the connection that booted it, and is booted for it again:
 * this bounds how often.
 */
const leastIdleMs = 100;

export const slotId = (pod: Pod, container: Container): string => `${pod.metadata.uid ?? ''}.${container.name}`;

export function podLogDirectory(dataDirectory: string, pod: Pod): string {
  const { namespace, name, uid } = pod.metadata;
  return join(dataDirectory, 'pods', `${namespace}_${name}_${uid}`);
}

export function isLazy(pod: Pod): boolean {
  return pod.metadata.annotations?.[idleTimeoutAnnotation] !== undefined;
}

export async function prepare(
  pod: Pod,
  container: Container,
  attempt: Attempt,
  around: Surroundings,
): Promise<Prepared> {
  const idle = pod.metadata.annotations?.[idleTimeoutAnnotation];
  const idleTimeoutMs = idle === undefined ? 0 : parseDurationMs(idle);
  const problems = [...problemsOf(pod, container, around.target)];
  if (idleTimeoutMs === undefined) {
    problems.push(`annotation ${idleTimeoutAnnotation}: "${idle}" is not a duration; write 30s or 5m`);
  } else if (idleTimeoutMs > 0 && idleTimeoutMs < leastIdleMs) {
    problems.push(`annotation ${idleTimeoutAnnotation}: ${idle} is too short; write ${leastIdleMs}ms or more`);
  }
  if (problems.length > 0) return configError(problems.join('; '));

  const image = await around.images.get(container.image ?? '');
  if (image === undefined) {
    return { kind: 'blocked', ...missingImage(container, around.imageStoreDirectory, attempt.attempts) };
  }
  const layer = image.manifest.layers.find(({ role }) => role === (around.target === 'process' ? 'process' : 'wasm'));
  if (layer === undefined)
    return configError(`image ${image.reference} was built without a layer for the ${around.target} target`);
  const ports = portProblems(container, image.manifest);
  if (ports.length > 0) return configError(ports.join('; '));

  let environment: Readonly<Record<string, string>>;
  try {
    const sources = await readSources(pod, sourcesOf(container), around.client);
    environment = environmentOf(pod, container, sources, { ...around.facts, podIP: attempt.podIP });
  } catch (error) {
    if (error instanceof EnvironmentError) return configError(error.message);
    throw error;
  }

  const logPath = await openLog(join(podLogDirectory(around.dataDirectory, pod), container.name), attempt.restartCount);
  const { maximumBytes, stackBytes } = image.manifest.memory;
  const limit = container.resources?.limits?.memory;
  return {
    kind: 'slot',
    image,
    spec: {
      id: slotId(pod, container),
      manifest: image.manifest,
      target: 'process',
      imagePath: around.images.blobPath(layer.digest),
      listen: image.manifest.ports.map(({ port }) => ({ port, address: attempt.podIP, hostPort: port })),
      environment,
      memoryLimitBytes:
        limit === undefined ? maximumBytes + stackBytes + memoryOverheadBytes : Math.floor(parseQuantity(limit)),
      boot: isLazy(pod) ? 'lazy' : 'eager',
      idleTimeoutMs: idleTimeoutMs ?? 0,
      timeLimitMs: 0,
      logPath,
    },
  };
}

/** A container that restarts for ever fills no disk: what `logs --previous` may show is kept, older logs go. */
async function openLog(directory: string, restartCount: number): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const oldest = join(directory, `${restartCount - logsKept}.log`);
  await Promise.all([oldest, `${oldest}.1`].map((path) => rm(path, { force: true })));
  const path = join(directory, `${restartCount}.log`);
  // A lazy container may never write: its log is empty then, not missing.
  await appendFile(path, '', { mode: 0o600 });
  return path;
}

function configError(message: string): Prepared {
  return {
    kind: 'blocked',
    reason: 'CreateContainerConfigError',
    message,
    event: { type: 'Warning', reason: 'Failed', message: `Error: ${message}` },
  };
}

async function readSources(
  pod: Pod,
  wanted: readonly SourceReference[],
  client: Client,
): Promise<Map<string, Record<string, string>>> {
  const found = new Map<string, Record<string, string>>();
  await Promise.all(
    wanted.map(async (reference) => {
      try {
        found.set(sourceKey(reference), await readSource(reference, pod.metadata.namespace ?? 'default', client));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }),
  );
  return found;
}

async function readSource(
  { kind, name }: SourceReference,
  namespace: string,
  client: Client,
): Promise<Record<string, string>> {
  if (kind === 'ConfigMap') return { ...(await client.resource(resources.configMaps, namespace).get(name)).data };
  const { data = {} } = await client.resource(resources.secrets, namespace).get(name);
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
