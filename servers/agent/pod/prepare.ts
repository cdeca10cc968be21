/** Turns a container of a pod into a slot for the tender, or says in the kubelet's words why that is impossible. */
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, type Container, isNotFound, type Pod, parseQuantity, resources } from '@diatom/sdk';
import type { ImageStore, SlotSpec, StoredImage } from '@diatom/tender';
import type { ContainerMessage } from '../container/container.ts';
import { bootOf } from './boot.ts';
import { egressOf } from './egress.ts';
import {
  EnvironmentError,
  environmentOf,
  type PodFacts,
  type SourceReference,
  sourceKey,
  sourcesOf,
} from './environment.ts';
import { missingImage } from './images.ts';
import { portProblems, problemsOf } from './problems.ts';
import { handlerOf, layerPath, type Runtimes } from './runtime.ts';

export interface Surroundings {
  readonly client: Client;
  readonly images: ImageStore;
  readonly imageStoreDirectory: string;
  readonly dataDirectory: string;
  readonly runtimes: Runtimes;
  /** Socket of this node's egress; empty with a tender that needs none. */
  readonly egressPath: string;
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
  /** Services that want an instance for each of their connections (`askingServices`). */
  readonly asking: readonly string[];
  /** When the pod is over, in ms since the epoch (activeDeadlineSeconds). */
  readonly deadlineAt: number | undefined;
}

/** Room beyond what an image declares: its text and data, the tender's own pages in it. */
const memoryOverheadBytes = 16 * 2 ** 20;

/** While the next instance is prepared the last two are the present and the previous one. */
const logsKept = 3;

export const slotId = (pod: Pod, container: Container): string => `${pod.metadata.uid ?? ''}.${container.name}`;

export function podLogDirectory(dataDirectory: string, pod: Pod): string {
  const { namespace, name, uid } = pod.metadata;
  return join(dataDirectory, 'pods', `${namespace}_${name}_${uid}`);
}

export async function prepare(
  pod: Pod,
  container: Container,
  attempt: Attempt,
  around: Surroundings,
): Promise<Prepared> {
  const handler = await handlerOf(pod, around.runtimes, around.client);
  if (typeof handler === 'string') return createError(handler, 'FailedCreatePodSandBox');
  const boot = bootOf(pod, attempt.asking, handler.name);
  const egress = egressOf(pod);
  const problems = [...problemsOf(pod, container), ...boot.problems, ...egress.problems];
  if (problems.length > 0) return configError(problems.join('; '));

  const image = await around.images.get(container.image ?? '');
  if (image === undefined) {
    return { kind: 'blocked', ...missingImage(container, around.imageStoreDirectory, attempt.attempts) };
  }
  const layer = layerPath(image, handler, around.images);
  if (typeof layer === 'string') return createError(layer, 'Failed');
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
      manifest: egress.isClosed ? { ...image.manifest, connect: [] } : image.manifest,
      target: handler.target,
      imagePath: layer.path,
      listen: image.manifest.ports.map(({ port }) => ({ port, address: attempt.podIP, hostPort: port })),
      environment,
      memoryLimitBytes:
        limit === undefined ? maximumBytes + stackBytes + memoryOverheadBytes : Math.floor(parseQuantity(limit)),
      boot: boot.when,
      idleTimeoutMs: boot.idleTimeoutMs,
      timeLimitMs: leastLimitMs(boot.timeLimitMs, untilDeadlineMs(pod, attempt.deadlineAt, around.client.clock.now())),
      ...(egress.isClosed ? {} : { egress: { socketPath: around.egressPath, scope: pod.metadata.namespace ?? '' } }),
      logPath,
    },
  };
}

/** 0 is no limit. */
const leastLimitMs = (a: number, b: number): number => (a === 0 || b === 0 ? a + b : Math.min(a, b));

/**
 * The agent stops a pod in order at its deadline. The tender's limit lies beyond the grace time of that: it is for a
 * deadline that passes while no agent is there.
 */
function untilDeadlineMs(pod: Pod, deadlineAt: number | undefined, now: number): number {
  if (deadlineAt === undefined) return 0;
  return Math.max(0, deadlineAt - now) + ((pod.spec.terminationGracePeriodSeconds ?? 30) + 1) * 1000;
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

/** What the node lacks, not the pod's specification. */
function createError(message: string, event: 'Failed' | 'FailedCreatePodSandBox'): Prepared {
  return {
    kind: 'blocked',
    reason: 'CreateContainerError',
    message,
    event: { type: 'Warning', reason: event, message: event === 'Failed' ? `Error: ${message}` : message },
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
