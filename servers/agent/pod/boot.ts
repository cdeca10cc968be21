/** When a pod's instances boot: what its annotations and those of the Services in front of it ask for. Pure. */
import { matchesLabels, type Pod, type Service } from '@diatom/sdk';
import type { SlotSpec } from '@diatom/tender';
import { bootAnnotation, perConnection } from '../../boot-annotation.ts';
import { idleTimeoutAnnotation, parseDurationMs } from './problems.ts';

const timeLimitAnnotation = 'diatom.dev/time-limit';

export interface Boot {
  readonly when: SlotSpec['boot'];
  readonly idleTimeoutMs: number;
  /** Of each instance; 0: none. */
  readonly timeLimitMs: number;
  /** What is wrong with the annotations, each entry with its annotation first. */
  readonly problems: readonly string[];
}

/**
 * An image may end after its idle time without having accepted the connection that booted it, and is booted for it again:
 * this bounds how often.
 */
const leastIdleMs = 100;

/** Names of the Services that want a virtual machine for each of their connections and pass them to this pod. */
export function askingServices(pod: Pod, services: Iterable<Service>): readonly string[] {
  return [...services]
    .filter(({ metadata, spec }) => {
      const { selector = {} } = spec ?? {};
      return (
        metadata.annotations?.[bootAnnotation] === perConnection &&
        metadata.namespace === pod.metadata.namespace &&
        Object.keys(selector).length > 0 &&
        matchesLabels(selector, pod.metadata.labels)
      );
    })
    .map(({ metadata }) => metadata.name ?? '')
    .sort();
}

/** `asking`: from `askingServices`. `handler`: what runs the pod (`runtime.ts`). */
export function bootOf(pod: Pod, asking: readonly string[], handler: string): Boot {
  const own = pod.metadata.annotations?.[bootAnnotation];
  const idle = pod.metadata.annotations?.[idleTimeoutAnnotation];
  if (own !== undefined && own !== perConnection) {
    const problem = `annotation ${bootAnnotation}: "${own}" is not known; the only value is ${perConnection}`;
    return { when: 'eager', idleTimeoutMs: 0, timeLimitMs: 0, problems: [problem] };
  }
  const limit = pod.metadata.annotations?.[timeLimitAnnotation];
  if (own === undefined && asking.length === 0) return lazyOrEager(idle, limit);
  const problems: string[] = [];
  const timeLimitMs = limit === undefined ? 0 : parseDurationMs(limit);
  if (timeLimitMs === undefined) problems.push(notADuration(timeLimitAnnotation, limit));
  const asker = askedBy(own, asking);
  if (handler !== 'hvt') {
    problems.push(`${asker}: an instance per connection needs runtimeClassName: hvt; this pod runs as ${handler}`);
  }
  if (idle !== undefined) {
    problems.push(
      `annotation ${idleTimeoutAnnotation}: ${asker} asks for an instance per connection, which has no time to be idle`,
    );
  }
  return { when: perConnection, idleTimeoutMs: 0, timeLimitMs: timeLimitMs ?? 0, problems };
}

/** `bootOf` without the problems: for what must be known before the handler is. */
export function whenToBoot(pod: Pod, asking: readonly string[]): Boot['when'] {
  return bootOf(pod, asking, 'hvt').when;
}

/** Who wants an instance per connection, for messages. */
function askedBy(own: string | undefined, asking: readonly string[]): string {
  return own === undefined
    ? `annotation ${bootAnnotation} of Service ${asking.join(' and ')}`
    : `annotation ${bootAnnotation}`;
}

function lazyOrEager(idle: string | undefined, limit: string | undefined): Boot {
  // Elsewhere an instance that is killed is one that has failed, and the pod's restart policy would go round with it.
  const misplaced =
    limit === undefined ? [] : [`annotation ${timeLimitAnnotation}: only for ${bootAnnotation}: ${perConnection}`];
  if (idle === undefined) return { when: 'eager', idleTimeoutMs: 0, timeLimitMs: 0, problems: misplaced };
  const idleTimeoutMs = parseDurationMs(idle);
  const problems =
    idleTimeoutMs === undefined
      ? [notADuration(idleTimeoutAnnotation, idle)]
      : idleTimeoutMs > 0 && idleTimeoutMs < leastIdleMs
        ? [`annotation ${idleTimeoutAnnotation}: ${idle} is too short; write ${leastIdleMs}ms or more`]
        : [];
  return { when: 'lazy', idleTimeoutMs: idleTimeoutMs ?? 0, timeLimitMs: 0, problems: [...problems, ...misplaced] };
}

const notADuration = (annotation: string, text: string | undefined): string =>
  `annotation ${annotation}: "${text}" is not a duration; write 30s or 5m`;
