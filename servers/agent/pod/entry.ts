/** One container of a pod as its runner keeps it: the machine's state and what the shell holds for it. */
import type { Container, Pod, PodStatus, Timer } from '@diatom/sdk';
import type { Exit, SlotSpec, SlotState } from '@diatom/tender';
import { type ContainerPolicy, newContainer, type Container as Running } from '../container/container.ts';
import type { Prober } from '../probe/prober.ts';
import { slotId } from './prepare.ts';

export interface Entry {
  readonly spec: Container;
  policy: ContainerPolicy;
  readonly slotId: string;
  state: Running;
  imageId: string;
  prober: Prober | undefined;
  /** Boot the prober belongs to. */
  probedBoot: string;
  timer: Timer | undefined;
  /** What the slot was asked for. */
  boot: SlotSpec['boot'];
  isReleased: boolean;
  /** What the tender said about the slot while its start was on the way: an instance may end before the answer is read. */
  early: SlotState | undefined;
  /** Settles, and never rejects, when the tender has answered the latest start. */
  starting: Promise<unknown>;
  /** Starts and stops of one slot happen one after the other. */
  tail: Promise<void>;
}

/** `boot`: what its slot will be asked for. */
export function newEntry(pod: Pod, spec: Container, boot: SlotSpec['boot']): Entry {
  const before = pod.status?.containerStatuses?.find(({ name }) => name === spec.name);
  const { name, namespace, uid } = pod.metadata;
  return {
    spec,
    slotId: slotId(pod, spec),
    policy: {
      name: spec.name,
      image: spec.image ?? '',
      podName: `${name}_${namespace}(${uid})`,
      restartPolicy: pod.spec.restartPolicy ?? 'Always',
      hasReadinessProbe: spec.readinessProbe !== undefined,
      hasStartupProbe: spec.startupProbe !== undefined,
      isLazy: boot !== 'eager',
      graceMs: (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000,
    },
    // Restarts and the last end were an earlier agent's to count; its back-off is not known any more.
    state: {
      ...newContainer,
      restartCount: before?.restartCount ?? 0,
      lastExit: exitOf(before?.lastState?.terminated),
    },
    imageId: before?.imageID ?? '',
    prober: undefined,
    probedBoot: '',
    timer: undefined,
    boot,
    isReleased: false,
    early: undefined,
    starting: Promise.resolve(),
    tail: Promise.resolve(),
  };
}

type Terminated = NonNullable<
  NonNullable<NonNullable<PodStatus['containerStatuses']>[number]['lastState']>['terminated']
>;

/** The exit a status tells of. */
export function exitOf(terminated: Terminated | undefined): Exit | undefined {
  if (terminated === undefined) return undefined;
  const { exitCode, signal = 0, message = '', startedAt = '', finishedAt = '' } = terminated;
  const reason = terminated.reason === 'OOMKilled' ? 'OutOfMemory' : ((terminated.reason ?? 'Error') as Exit['reason']);
  return { code: exitCode, signal, reason, message, startedAt, finishedAt };
}
