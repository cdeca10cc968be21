/**
 * One container of a pod, as a value: `(container, event, now) → (container, effects)`. The shell starts and stops slots
 * at the tender, sets timers, writes Events; the pod's status is computed from this value alone (`pod/status.ts`).
 */
import type { Exit, SlotState } from '@diatom/tender';
import { backOffResetMs, nextBackOffMs } from './back-off.ts';

export interface ContainerPolicy {
  readonly name: string;
  readonly image: string;
  /** `hello-7d9c_default(uid)`, as the kubelet names a pod in messages. */
  readonly podName: string;
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
  readonly hasReadinessProbe: boolean;
  readonly hasStartupProbe: boolean;
  /** Boots on connections only: there is nothing running while there is none. */
  readonly isLazy: boolean;
  readonly graceMs: number;
}

export type ContainerPhase =
  | { readonly kind: 'new' }
  /** Image, environment and slot are being prepared. */
  | { readonly kind: 'starting' }
  /** Cannot be started as things are; tried again at `retryAt`. */
  | { readonly kind: 'blocked'; readonly reason: string; readonly message: string; readonly retryAt: number }
  | { readonly kind: 'up'; readonly slot: Exclude<SlotState, { kind: 'ended' }>; readonly isRestarting: boolean }
  /** `retryAt` undefined: it stays ended. */
  | { readonly kind: 'ended'; readonly exit: Exit; readonly retryAt: number | undefined }
  | { readonly kind: 'stopping'; readonly exit: Exit | undefined }
  | { readonly kind: 'stopped'; readonly exit: Exit | undefined };

export interface Container {
  readonly phase: ContainerPhase;
  readonly restartCount: number;
  readonly lastExit: Exit | undefined;
  /** Present delay between an end and the next start, 0 before the first. */
  readonly backOffMs: number;
  /** Present delay between attempts to start at all. */
  readonly blockedMs: number;
  /** The readiness probe's word; without a probe true as soon as the container is up. */
  readonly isReady: boolean;
  readonly isStarted: boolean;
}

export type ContainerEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'blocked'; readonly reason: string; readonly message: string; readonly event: ContainerMessage }
  | { readonly kind: 'started'; readonly slot: SlotState }
  /** The tender had this slot already: an earlier agent started it. */
  | { readonly kind: 'found'; readonly slot: SlotState }
  | { readonly kind: 'slot'; readonly slot: SlotState }
  /** The tender was lost and the slot with it. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'readiness'; readonly isReady: boolean }
  | { readonly kind: 'startup-done' }
  | { readonly kind: 'unhealthy'; readonly probe: 'Liveness' | 'Startup' }
  /** The slot has to be made anew for another reason than its end; that is no restart. */
  | { readonly kind: 'replace'; readonly why: string }
  | { readonly kind: 'due' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'stopped' };

export interface ContainerMessage {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export type ContainerEffect =
  /** Prepare everything and start a slot; answer with `started` or `blocked`. */
  | { readonly kind: 'start' }
  | { readonly kind: 'stop'; readonly graceMs: number; readonly delayMs: number }
  | { readonly kind: 'wake'; readonly at: number }
  | ({ readonly kind: 'event' } & ContainerMessage);

export interface ContainerStep {
  readonly container: Container;
  readonly effects: readonly ContainerEffect[];
}

/**
 * A ready instance goes on for this long after its pod is deleted, so that it leaves the endpoints before it stops
 * accepting: a connection already in its queue could only be reset. Upstream asks users for a preStop sleep instead.
 */
export const leaveMs = 150;

export const newContainer: Container = {
  phase: { kind: 'new' },
  restartCount: 0,
  lastExit: undefined,
  backOffMs: 0,
  blockedMs: 0,
  isReady: false,
  isStarted: false,
};

export function advance(
  container: Container,
  event: ContainerEvent,
  now: number,
  policy: ContainerPolicy,
): ContainerStep {
  switch (event.kind) {
    case 'start':
      return container.phase.kind === 'new' ? starting(container) : nothing(container);
    case 'blocked':
      return blocked(container, event, now);
    case 'started':
      return started(container, event.slot, now, policy);
    case 'found':
      return found(container, event.slot, now, policy);
    case 'slot':
      return slotChanged(container, event.slot, now, policy);
    case 'lost':
      return lost(container);
    case 'readiness':
      return isRunning(container) ? nothing({ ...container, isReady: event.isReady }) : nothing(container);
    case 'startup-done':
      return nothing({ ...container, isStarted: true, isReady: container.isReady || !policy.hasReadinessProbe });
    case 'unhealthy':
      return unhealthy(container, event.probe, policy);
    case 'replace':
      return replace(container, event.why, policy);
    case 'due':
      return due(container, now);
    case 'stop':
      return stop(container, policy);
    case 'stopped':
      return stopped(container, now, policy);
  }
}

export function isRunning(container: Container): boolean {
  return container.phase.kind === 'up' && container.phase.slot.kind === 'running';
}

const nothing = (container: Container): ContainerStep => ({ container, effects: [] });

function starting(container: Container): ContainerStep {
  return {
    container: { ...container, phase: { kind: 'starting' }, isReady: false, isStarted: false },
    effects: [{ kind: 'start' }],
  };
}

function blocked(
  container: Container,
  event: ContainerEvent & { readonly kind: 'blocked' },
  now: number,
): ContainerStep {
  if (container.phase.kind === 'stopping')
    return nothing({ ...container, phase: { kind: 'stopped', exit: undefined } });
  if (container.phase.kind !== 'starting') return nothing(container);
  const blockedMs = nextBackOffMs(container.blockedMs);
  const retryAt = now + blockedMs;
  return {
    container: {
      ...container,
      blockedMs,
      phase: { kind: 'blocked', reason: event.reason, message: event.message, retryAt },
    },
    effects: [
      { kind: 'event', ...event.event },
      { kind: 'wake', at: retryAt },
    ],
  };
}

function started(container: Container, slot: SlotState, now: number, policy: ContainerPolicy): ContainerStep {
  // The pod was deleted while the slot was being prepared: what has just been started must go again.
  if (container.phase.kind === 'stopping') {
    return { container, effects: [{ kind: 'stop', graceMs: policy.graceMs, delayMs: 0 }] };
  }
  if (container.phase.kind !== 'starting') return nothing(container);
  const up = enterUp(container, slot, now, policy);
  return {
    container: up.container,
    effects: [
      { kind: 'event', type: 'Normal', reason: 'Created', message: `Created container: ${policy.name}` },
      { kind: 'event', type: 'Normal', reason: 'Started', message: `Started container ${policy.name}` },
      ...up.effects,
    ],
  };
}

function found(container: Container, slot: SlotState, now: number, policy: ContainerPolicy): ContainerStep {
  return container.phase.kind === 'new' ? enterUp(container, slot, now, policy) : nothing(container);
}

function enterUp(container: Container, slot: SlotState, now: number, policy: ContainerPolicy): ContainerStep {
  if (slot.kind === 'ended') return ended(container, slot.exit, now, policy);
  const isStarted = policy.isLazy || !policy.hasStartupProbe;
  return nothing({
    ...container,
    blockedMs: 0,
    phase: { kind: 'up', slot, isRestarting: false },
    isStarted,
    // A sleeping instance is ready by definition: a connection boots it. One that was found running was ready before.
    isReady: policy.isLazy || (isStarted && !policy.hasReadinessProbe),
  });
}

function slotChanged(container: Container, slot: SlotState, now: number, policy: ContainerPolicy): ContainerStep {
  const { phase } = container;
  if (phase.kind === 'stopping') {
    return nothing(slot.kind === 'ended' ? { ...container, phase: { kind: 'stopping', exit: slot.exit } } : container);
  }
  if (phase.kind !== 'up') return nothing(container);
  if (slot.kind === 'ended') return ended(container, slot.exit, now, policy);
  if (slot.bootCount < phase.slot.bootCount) return nothing(container);
  return nothing({
    ...container,
    phase: { ...phase, slot },
    isReady: container.isReady || slot.kind === 'asleep',
  });
}

function ended(container: Container, exit: Exit, now: number, policy: ContainerPolicy): ContainerStep {
  const isWanted = policy.restartPolicy === 'Always' || (policy.restartPolicy === 'OnFailure' && exit.code !== 0);
  const down = { ...container, isReady: false, isStarted: false };
  if (!isWanted) return nothing({ ...down, phase: { kind: 'ended', exit, retryAt: undefined } });
  const ranMs = Date.parse(exit.finishedAt) - Date.parse(exit.startedAt);
  // As the kubelet: the first end is followed by a start at once, the next ones wait; a long run clears the slate.
  const isFirst = container.lastExit === undefined || ranMs >= backOffResetMs;
  const backOffMs = isFirst ? 0 : nextBackOffMs(container.backOffMs);
  const retryAt = now + backOffMs;
  const phase: ContainerPhase = { kind: 'ended', exit, retryAt };
  if (isFirst) return restart({ ...down, backOffMs, phase });
  return {
    container: { ...down, backOffMs, phase },
    effects: [
      {
        kind: 'event',
        type: 'Warning',
        reason: 'BackOff',
        message: `Back-off restarting failed container ${policy.name} in pod ${policy.podName}`,
      },
      { kind: 'wake', at: retryAt },
    ],
  };
}

function restart(container: Container): ContainerStep {
  const exit = container.phase.kind === 'ended' ? container.phase.exit : container.lastExit;
  return starting({ ...container, restartCount: container.restartCount + 1, lastExit: exit });
}

function lost(container: Container): ContainerStep {
  switch (container.phase.kind) {
    case 'up':
      // Nobody saw how it ended, so there is no exit to count; what the pod promised is simply made true again.
      return starting(container);
    case 'stopping':
      return nothing({ ...container, phase: { kind: 'stopped', exit: container.phase.exit } });
    default:
      return nothing(container);
  }
}

function replace(container: Container, why: string, policy: ContainerPolicy): ContainerStep {
  if (container.phase.kind !== 'up' || container.phase.isRestarting) return nothing(container);
  const { container: next, effects } = starting(container);
  const message = `Container ${policy.name} is started anew: ${why}`;
  return {
    container: next,
    effects: [
      { kind: 'event', type: 'Normal', reason: 'Killing', message },
      { kind: 'stop', graceMs: policy.graceMs, delayMs: container.isReady ? Math.min(leaveMs, policy.graceMs) : 0 },
      ...effects,
    ],
  };
}

function unhealthy(container: Container, probe: 'Liveness' | 'Startup', policy: ContainerPolicy): ContainerStep {
  if (container.phase.kind !== 'up' || container.phase.isRestarting || !isRunning(container)) return nothing(container);
  return {
    container: { ...container, phase: { ...container.phase, isRestarting: true }, isReady: false },
    effects: [
      {
        kind: 'event',
        type: 'Normal',
        reason: 'Killing',
        message: `Container ${policy.name} failed ${probe.toLowerCase()} probe, will be restarted`,
      },
      { kind: 'stop', graceMs: policy.graceMs, delayMs: 0 },
    ],
  };
}

function due(container: Container, now: number): ContainerStep {
  const { phase } = container;
  if (phase.kind === 'blocked') {
    return now >= phase.retryAt ? starting(container) : { container, effects: [{ kind: 'wake', at: phase.retryAt }] };
  }
  if (phase.kind === 'ended' && phase.retryAt !== undefined) {
    return now >= phase.retryAt ? restart(container) : { container, effects: [{ kind: 'wake', at: phase.retryAt }] };
  }
  return nothing(container);
}

function stop(container: Container, policy: ContainerPolicy): ContainerStep {
  const { phase } = container;
  switch (phase.kind) {
    case 'new':
    case 'blocked':
      return nothing({ ...container, phase: { kind: 'stopped', exit: container.lastExit }, isReady: false });
    case 'ended':
      // The slot of an ended instance still holds its place at the tender.
      return {
        container: { ...container, phase: { kind: 'stopping', exit: phase.exit }, isReady: false },
        effects: [{ kind: 'stop', graceMs: 0, delayMs: 0 }],
      };
    case 'starting':
      // `started` or `blocked` comes and finishes it.
      return nothing({ ...container, phase: { kind: 'stopping', exit: undefined }, isReady: false });
    case 'up':
      return {
        container: { ...container, phase: { kind: 'stopping', exit: undefined }, isReady: false },
        effects: [
          { kind: 'event', type: 'Normal', reason: 'Killing', message: `Stopping container ${policy.name}` },
          { kind: 'stop', graceMs: policy.graceMs, delayMs: container.isReady ? Math.min(leaveMs, policy.graceMs) : 0 },
        ],
      };
    case 'stopping':
    case 'stopped':
      return nothing(container);
  }
}

function stopped(container: Container, now: number, policy: ContainerPolicy): ContainerStep {
  const { phase } = container;
  if (phase.kind === 'stopping') return nothing({ ...container, phase: { kind: 'stopped', exit: phase.exit } });
  // Stopped for a failed probe, and the tender reported no exit of its own.
  if (phase.kind === 'up' && phase.isRestarting) return ended(container, killedExit(phase.slot, now), now, policy);
  return nothing(container);
}

function killedExit(slot: SlotState, now: number): Exit {
  const finishedAt = new Date(now).toISOString();
  return {
    code: 137,
    signal: 9,
    reason: 'Killed',
    message: 'stopped because a probe failed',
    startedAt: slot.kind === 'running' ? slot.startedAt : finishedAt,
    finishedAt,
  };
}
