/** The status of a pod, computed from its containers. Pure; in the kubelet's words (kubelet_pods.go `generateAPIPodStatus`). */

import type { ContainerState, ContainerStatus, Pod, PodStatus } from '@diatom/sdk';
import type { Condition } from '@diatom/sdk/api';
import type { Exit, SlotSpec } from '@diatom/tender';
import type { Container } from '../container/container.ts';
import { qualityOfService } from './quality-of-service.ts';

/** A container together with what the shell knows of it. */
export interface ObservedContainer {
  readonly name: string;
  readonly image: string;
  /** Digest of the image once it was found. */
  readonly imageId: string;
  readonly slotId: string;
  readonly container: Container;
  readonly bootsPerConnection: boolean;
}

export interface Observed {
  readonly containers: readonly ObservedContainer[];
  readonly podIP: string | undefined;
  readonly hostIP: string;
  readonly startTime: string;
  /** The pod has been active for longer than it may. */
  readonly isOverdue: boolean;
}

/** As the kubelet says it (pkg/kubelet/active_deadline.go). */
export const deadlineExceeded = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
} as const;

const perConnectionMessage = 'every connection boots an instance of its own';

/**
 * What a slot was asked for that an earlier agent started: its status is the only witness. Where that says nothing of an
 * instance per connection the slot counts as one without, so that it is made anew rather than trusted.
 */
export function bootOfFound(before: ContainerStatus | undefined, wanted: SlotSpec['boot']): SlotSpec['boot'] {
  if (before?.state?.waiting?.message === perConnectionMessage) return 'per-connection';
  return wanted === 'per-connection' ? 'lazy' : wanted;
}

export function podStatus(pod: Pod, observed: Observed, nowIso: string): PodStatus {
  const containerStatuses = observed.containers.map((one) => containerStatus(pod, one));
  const hasEndedBy = phaseOf(pod, observed.containers);
  // Also when its containers, asked to stop, ended well.
  const isExpired = observed.isOverdue && (hasEndedBy === 'Succeeded' || hasEndedBy === 'Failed');
  const phase = isExpired ? 'Failed' : hasEndedBy;
  const isFinished = phase === 'Succeeded' || phase === 'Failed';
  const unready = observed.containers.filter(({ container }) => !container.isReady).map(({ name }) => name);
  const previous = pod.status?.conditions ?? [];
  const condition = (type: string, isTrue: boolean, reason?: string, message?: string): Condition => {
    const before = previous.find((one) => one.type === type);
    const status = isTrue ? 'True' : 'False';
    return {
      type,
      status,
      ...(isTrue || reason === undefined ? {} : { reason }),
      ...(isTrue || message === undefined ? {} : { message }),
      lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? nowIso) : nowIso,
    };
  };
  const whyUnready: readonly [string, string?] = isFinished
    ? ['PodCompleted']
    : ['ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`];
  const areContainersReady = !isFinished && unready.length === 0;
  const gates = (pod.spec.readinessGates ?? []).map(({ conditionType }) => conditionType);
  const closedGate = gates.find((gate) => previous.find(({ type }) => type === gate)?.status !== 'True');
  const whyGated: readonly [string, string?] = [
    'ReadinessGatesNotReady',
    `corresponding condition of pod readiness gate "${closedGate ?? ''}" does not exist or is not "True".`,
  ];
  const own = [
    condition('PodReadyToStartContainers', observed.podIP !== undefined && !isFinished),
    condition('Initialized', true),
    condition('Ready', areContainersReady && closedGate === undefined, ...(areContainersReady ? whyGated : whyUnready)),
    condition('ContainersReady', areContainersReady, ...whyUnready),
    condition('PodScheduled', true),
  ];
  const others = previous.filter(({ type }) => !own.some((one) => one.type === type));
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    ...(isExpired ? deadlineExceeded : {}),
    conditions: [...own, ...others],
    hostIP: observed.hostIP,
    hostIPs: [{ ip: observed.hostIP }],
    ...(observed.podIP === undefined ? {} : { podIP: observed.podIP, podIPs: [{ ip: observed.podIP }] }),
    startTime: observed.startTime,
    containerStatuses,
    qosClass: qualityOfService(pod),
  };
}

function phaseOf(pod: Pod, containers: readonly ObservedContainer[]): NonNullable<PodStatus['phase']> {
  const phases = containers.map(({ container }) => container.phase);
  const hasRun = (one: ObservedContainer): boolean =>
    one.container.lastExit !== undefined ||
    ['up', 'ended'].includes(one.container.phase.kind) ||
    exitOf(one.container) !== undefined;
  if (phases.every((phase) => isOver(phase))) {
    const exits = containers.map(({ container }) => exitOf(container));
    if (exits.every((exit) => exit?.code === 0)) return 'Succeeded';
    // A pod that was stopped before it ever ran ends as the kubelet ends it: Failed.
    return 'Failed';
  }
  // A pod that is being stopped keeps the phase it had.
  if (phases.some((phase) => phase.kind === 'stopping' || phase.kind === 'stopped'))
    return pod.status?.phase ?? 'Pending';
  return containers.every(hasRun) ? 'Running' : 'Pending';
}

function isOver(phase: Container['phase']): boolean {
  return phase.kind === 'stopped' || (phase.kind === 'ended' && phase.retryAt === undefined);
}

function exitOf(container: Container): Exit | undefined {
  const { phase } = container;
  return 'exit' in phase ? phase.exit : undefined;
}

function containerStatus(pod: Pod, one: ObservedContainer): ContainerStatus {
  const { container } = one;
  const containerID = `diatom://${one.slotId}.${container.restartCount}`;
  const hasId =
    container.phase.kind !== 'new' && container.phase.kind !== 'starting' && container.phase.kind !== 'blocked';
  return {
    name: one.name,
    state: stateOf(pod, one, containerID),
    lastState: container.lastExit === undefined ? {} : terminated(container.lastExit, previousId(one)),
    ready: container.isReady,
    restartCount: container.restartCount,
    image: one.image,
    imageID: one.imageId,
    ...(hasId ? { containerID } : {}),
    started: container.phase.kind === 'up' && container.isStarted,
  };
}

const previousId = ({ slotId, container }: ObservedContainer): string =>
  `diatom://${slotId}.${Math.max(0, container.restartCount - 1)}`;

function stateOf(pod: Pod, one: ObservedContainer, containerID: string): ContainerState {
  const { container } = one;
  const { phase } = container;
  switch (phase.kind) {
    case 'new':
    case 'starting':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'blocked':
      return { waiting: { reason: phase.reason, message: phase.message } };
    case 'up':
      return phase.slot.kind === 'running'
        ? { running: { startedAt: seconds(phase.slot.startedAt) } }
        : {
            waiting: {
              reason: 'Asleep',
              message: one.bootsPerConnection
                ? perConnectionMessage
                : `booted ${phase.slot.bootCount} times; boots on the next connection`,
            },
          };
    case 'ended':
      return phase.retryAt === undefined || container.backOffMs === 0
        ? terminated(phase.exit, containerID)
        : { waiting: { reason: 'CrashLoopBackOff', message: backOffMessage(pod, one) } };
    case 'stopping':
    case 'stopped':
      if (phase.exit !== undefined) return terminated(phase.exit, containerID);
      return previousState(pod, one.name) ?? { waiting: { reason: 'ContainerCreating' } };
  }
}

function backOffMessage(pod: Pod, { name, container }: ObservedContainer): string {
  const { metadata } = pod;
  const delay = duration(container.backOffMs / 1000);
  return `back-off ${delay} restarting failed container=${name} pod=${metadata.name}_${metadata.namespace}(${metadata.uid})`;
}

/** As Go prints a duration: `10s`, `1m20s`, `5m0s`. */
function duration(totalSeconds: number): string {
  return totalSeconds < 60 ? `${totalSeconds}s` : `${Math.floor(totalSeconds / 60)}m${totalSeconds % 60}s`;
}

function previousState(pod: Pod, name: string): ContainerState | undefined {
  return pod.status?.containerStatuses?.find((status) => status.name === name)?.state;
}

function terminated(exit: Exit, containerID: string): ContainerState {
  return {
    terminated: {
      exitCode: exit.code,
      ...(exit.signal === 0 ? {} : { signal: exit.signal }),
      reason: exit.reason === 'OutOfMemory' ? 'OOMKilled' : exit.reason,
      ...(exit.message === '' ? {} : { message: exit.message }),
      startedAt: seconds(exit.startedAt),
      finishedAt: seconds(exit.finishedAt),
      containerID,
    },
  };
}

/** metav1.Time has whole seconds. */
export function seconds(iso: string): string {
  return iso.replace(/\.\d+/, '');
}
