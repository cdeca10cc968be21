/**
 * Runs one pod: feeds its containers' machines (`container/container.ts`) and does what they say. It writes nothing to
 * the API; the agent asks it for the status and writes that.
 */
import { rm } from 'node:fs/promises';
import { type Clock, formatTime, type Pod, type PodStatus, type Recorded } from '@diatom/sdk';
import { type SlotState, TenderError, type TenderEvent } from '@diatom/tender';
import {
  advance,
  type ContainerEffect,
  type ContainerEvent,
  isRunning,
  type Container as Running,
} from '../container/container.ts';
import { startProbes } from '../probe/prober.ts';
import type { TenderLink } from '../tender-link.ts';
import { unseenExit } from '../tender-link.ts';
import { whenToBoot } from './boot.ts';
import { Deadline } from './deadline.ts';
import { type Entry, exitOf, newEntry } from './entry.ts';
import { podLogDirectory, prepare, type Surroundings } from './prepare.ts';
import { noticesOf } from './problems.ts';
import { startSlot } from './start-slot.ts';
import { bootOfFound, deadlineExceeded, podStatus } from './status.ts';

export interface PodRunnerOptions {
  readonly around: Surroundings;
  readonly tender: TenderLink;
  readonly clock: Clock;
  readonly record: (pod: Pod, recorded: Recorded) => void;
  /** The status may have changed. `isNap`: only in that a lazy instance booted or fell asleep. */
  readonly onChange: (isNap: boolean) => void;
  readonly log: (message: string) => void;
}

export class PodRunner {
  readonly uid: string;
  readonly podIP: string;
  readonly #options: PodRunnerOptions;
  readonly #entries: readonly Entry[];
  readonly #startTime: string;
  #pod: Pod;
  /** Services that want an instance for each of their connections (`askingServices`). */
  #asking: readonly string[];
  #lastStatus: PodStatus | undefined;
  readonly #deadline: Deadline;
  #isOverdue = false;
  #hasLeft = false;

  constructor(pod: Pod, podIP: string, asking: readonly string[], options: PodRunnerOptions) {
    this.uid = pod.metadata.uid ?? '';
    this.podIP = podIP;
    this.#pod = pod;
    this.#asking = asking;
    this.#options = options;
    this.#startTime = pod.status?.startTime ?? formatTime(options.clock.now());
    this.#deadline = new Deadline(options.clock, this.#startTime, () => this.#expire());
    this.#deadline.set(pod.spec.activeDeadlineSeconds);
    this.#entries = pod.spec.containers.map((spec) => newEntry(pod, spec, whenToBoot(pod, asking)));
  }

  get slotIds(): readonly string[] {
    return this.#entries.map((entry) => entry.slotId);
  }

  get isStopped(): boolean {
    return this.#entries.every(({ state }) => state.phase.kind === 'stopped');
  }

  /** Which log file a container writes; undefined before its first instance. */
  instanceOf(container: string): { readonly number: number; readonly isOver: boolean } | undefined {
    const state = this.#entries.find(({ spec }) => spec.name === container)?.state;
    if (state === undefined) return undefined;
    const { kind } = state.phase;
    if (kind === 'up' || kind === 'stopping') return { number: state.restartCount, isOver: false };
    if (kind === 'ended' || kind === 'stopped') return { number: state.restartCount, isOver: true };
    // Waiting for the next start: the last log is the one of the instance before.
    return state.restartCount === 0 ? undefined : { number: state.restartCount - 1, isOver: true };
  }

  /** Goes on with what the tender has, starts the rest. `slots` is all the tender has; call once. */
  begin(slots: ReadonlyMap<string, SlotState>): void {
    for (const entry of this.#entries) {
      const slot = slots.get(entry.slotId);
      const before = this.#pod.status?.containerStatuses?.find(({ name }) => name === entry.spec.name);
      if (slot !== undefined && (before !== undefined || this.#deadline.isPast)) {
        entry.imageId = before?.imageID ?? '';
        entry.boot = bootOfFound(before, entry.boot);
        entry.policy = { ...entry.policy, isLazy: entry.boot !== 'eager' };
        this.#feed(entry, { kind: 'found', slot });
        this.#checkBoot(entry);
      } else if (slot === undefined && before?.state?.running !== undefined && !entry.policy.isLazy) {
        // It ran when the agent last looked: that run ended, and only the restart policy may start another.
        const startedAt = before.state.running.startedAt ?? this.#nowIso();
        this.#feed(entry, {
          kind: 'found',
          slot: { kind: 'ended', bootCount: 1, exit: { ...unseenExit(this.#nowIso()), startedAt } },
        });
      } else if (slot === undefined && before?.state?.terminated !== undefined) {
        const exit = exitOf(before.state.terminated) ?? unseenExit(this.#nowIso());
        this.#feed(entry, { kind: 'found', slot: { kind: 'ended', bootCount: 1, exit } });
      } else if (!this.#deadline.isPast) {
        for (const message of before === undefined ? noticesOf(entry.spec, entry.boot) : []) {
          this.#options.record(this.#pod, { type: 'Warning', reason: 'NotHonoured', message });
        }
        this.#feed(entry, { kind: 'start' });
      }
    }
    this.#deadline.watch();
  }

  /** Takes the newest form of the pod and of the wishes of its Services; a pod that is being deleted is stopped. */
  update(pod: Pod, asking: readonly string[]): void {
    const didAsk = this.#asking.join();
    this.#pod = pod;
    this.#asking = asking;
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.stop();
      return;
    }
    this.#deadline.set(pod.spec.activeDeadlineSeconds);
    this.#deadline.watch();
    for (const entry of this.#entries) this.#checkBoot(entry);
    // The wish may have been what kept a container from starting.
    if (asking.join() !== didAsk) this.retryBlocked();
  }

  stop(): void {
    for (const entry of this.#entries) this.#feed(entry, { kind: 'stop' });
  }

  /** An event of the tender about one of this pod's slots. */
  slotChanged({ id, state }: TenderEvent): void {
    const entry = this.#entries.find((one) => one.slotId === id);
    if (entry === undefined) return;
    entry.early = state;
    this.#feed(entry, { kind: 'slot', slot: state });
    // The tender's own limit lies beyond the pod's deadline.
    if (state.kind === 'ended' && state.exit.reason === 'DeadlineExceeded') this.#deadline.watch();
  }

  /** The tender came back, perhaps a new one: slots it does not have are lost. */
  tenderReturned(slots: ReadonlyMap<string, SlotState>): void {
    for (const entry of this.#entries) {
      const slot = slots.get(entry.slotId);
      this.#feed(entry, slot === undefined ? { kind: 'lost' } : { kind: 'slot', slot });
      const { phase } = entry.state;
      // What was asked of the lost connection may never have arrived.
      const isLeaving = phase.kind === 'stopping' || (phase.kind === 'up' && phase.isRestarting);
      if (slot !== undefined && isLeaving)
        this.#perform(entry, { kind: 'stop', graceMs: entry.policy.graceMs, delayMs: 0 });
    }
    this.retryBlocked();
  }

  /** Images appeared: containers that wait for something look again now. */
  retryBlocked(): void {
    for (const entry of this.#entries) {
      if (entry.state.phase.kind === 'blocked') this.#feed(entry, { kind: 'due' }, entry.state.phase.retryAt);
    }
  }

  status(): PodStatus {
    const own = new Set(this.#lastStatus?.conditions?.map(({ type }) => type));
    const foreign = (this.#pod.status?.conditions ?? []).filter(({ type }) => !own.has(type));
    const known = { ...this.#pod.status, conditions: [...(this.#lastStatus?.conditions ?? []), ...foreign] };
    this.#lastStatus = podStatus(
      { ...this.#pod, status: known },
      {
        podIP: this.podIP,
        hostIP: this.#options.around.facts.hostIP,
        startTime: this.#startTime,
        isOverdue: this.#isOverdue,
        containers: this.#entries.map(({ spec, state, imageId, slotId: id, boot }) => ({
          name: spec.name,
          image: spec.image ?? '',
          imageId,
          slotId: id,
          container: state,
          bootsPerConnection: boot === 'per-connection',
        })),
      },
      formatTime(this.#options.clock.now()),
    );
    return this.#lastStatus;
  }

  /**
   * The agent goes: from now on nothing is started, stopped or reported, whatever happens to the slots. Resolves when no
   * start is on its way to the tender any more.
   */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    this.#deadline.cancel();
    for (const entry of this.#entries) {
      entry.timer?.cancel();
      entry.prober?.stop();
    }
    await Promise.all(this.#entries.map(({ starting }) => starting));
  }

  /** Gives back the slots of containers that have ended for good. Only after their exits are written: the tender has the only other copy. */
  releaseEnded(): void {
    for (const entry of this.#entries) {
      const { phase } = entry.state;
      if (entry.isReleased || phase.kind !== 'ended' || phase.retryAt !== undefined) continue;
      entry.isReleased = true;
      entry.tail = entry.tail.then(() => this.#stop(entry, 0));
    }
  }

  /** The pod is gone from the API: nothing of it stays. */
  async remove(): Promise<void> {
    this.#deadline.cancel();
    for (const entry of this.#entries) {
      entry.timer?.cancel();
      entry.prober?.stop();
      if (entry.state.phase.kind === 'stopped') continue;
      entry.state = { ...entry.state, phase: { kind: 'stopped', exit: undefined } };
      entry.tail = entry.tail.then(() => this.#stop(entry, 0));
    }
    await Promise.all(this.#entries.map(({ tail }) => tail));
    await rm(podLogDirectory(this.#options.around.dataDirectory, this.#pod), { recursive: true, force: true });
  }

  #feed(entry: Entry, event: ContainerEvent, now = this.#options.clock.now()): void {
    if (this.#hasLeft) return;
    const grace = this.#pod.metadata.deletionGracePeriodSeconds;
    const policy = grace === undefined ? entry.policy : { ...entry.policy, graceMs: grace * 1000 };
    const before = entry.state;
    const step = advance(before, event, now, policy);
    entry.state = step.container;
    for (const effect of step.effects) this.#perform(entry, effect);
    this.#probe(entry);
    if (before !== entry.state) this.#options.onChange(isNap(before, entry.state));
  }

  #perform(entry: Entry, effect: ContainerEffect): void {
    switch (effect.kind) {
      case 'start':
        entry.tail = entry.tail.then(() => this.#start(entry));
        return;
      case 'stop':
        entry.tail = entry.tail.then(() => this.#pause(effect.delayMs)).then(() => this.#stop(entry, effect.graceMs));
        return;
      case 'wake':
        entry.timer?.cancel();
        entry.timer = this.#options.clock.after(Math.max(0, effect.at - this.#options.clock.now()), () =>
          this.#feed(entry, { kind: 'due' }),
        );
        return;
      case 'event':
        this.#options.record(this.#pod, {
          type: effect.type,
          reason: effect.reason,
          message: effect.message,
          fieldPath: `spec.containers{${entry.spec.name}}`,
        });
    }
  }

  #pause(delayMs: number): Promise<void> {
    if (delayMs === 0) return Promise.resolve();
    return new Promise((resolve) => this.#options.clock.after(delayMs, resolve));
  }

  async #start(entry: Entry): Promise<void> {
    const { phase, restartCount, blockedMs } = entry.state;
    if (phase.kind !== 'starting') {
      // The pod was deleted while this waited for its turn.
      if (phase.kind === 'stopping') this.#feed(entry, { kind: 'stopped' });
      return;
    }
    try {
      const attempt = {
        podIP: this.podIP,
        restartCount,
        attempts: blockedMs === 0 ? 0 : 1,
        asking: this.#asking,
        deadlineAt: this.#deadline.at,
      };
      const prepared = await prepare(this.#pod, entry.spec, attempt, this.#options.around);
      if (prepared.kind === 'blocked') {
        this.#feed(entry, prepared);
        return;
      }
      entry.imageId = prepared.image.digest;
      entry.boot = prepared.spec.boot;
      entry.policy = { ...entry.policy, isLazy: entry.boot !== 'eager' };
      this.#options.record(this.#pod, {
        type: 'Normal',
        reason: 'Pulled',
        message: `Container image "${entry.policy.image}" already present on machine`,
        fieldPath: `spec.containers{${entry.spec.name}}`,
      });
      // An ended instance still holds its slot.
      await this.#options.tender.stop(entry.slotId, 0);
      if (this.#hasLeft) return;
      entry.early = undefined;
      const isWanted = (): boolean => !this.#hasLeft && entry.state.phase.kind === 'starting';
      const starting = startSlot(this.#options.tender, prepared.spec, this.#options.clock, isWanted);
      entry.starting = starting.catch(() => undefined);
      this.#feed(entry, { kind: 'started', slot: await starting });
      if (entry.early !== undefined) this.#feed(entry, { kind: 'slot', slot: entry.early });
      this.#checkBoot(entry);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const message = error instanceof TenderError ? `${error.code}: ${text}` : text;
      this.#feed(entry, {
        kind: 'blocked',
        reason: 'CreateContainerError',
        message,
        event: { type: 'Warning', reason: 'Failed', message: `Error: ${message}` },
      });
    }
  }

  async #stop(entry: Entry, graceMs: number): Promise<void> {
    try {
      await this.#options.tender.stop(entry.slotId, graceMs);
      this.#feed(entry, { kind: 'stopped' });
    } catch (error) {
      // Without a tender there is nobody to ask; once it is back, `tenderReturned` or the agent's sweep ends the slot.
      this.#options.log(`stopping ${entry.slotId}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Probes belong to one boot of one instance. */
  #probe(entry: Entry): void {
    const { phase } = entry.state;
    const boot =
      isRunning(entry.state) && phase.kind === 'up' && !phase.isRestarting
        ? `${entry.state.restartCount}.${phase.slot.bootCount}`
        : '';
    if (boot === entry.probedBoot) return;
    entry.prober?.stop();
    entry.prober = undefined;
    entry.probedBoot = boot;
    // A probe is a connection: here each would be told about an instance that lives for that probe alone.
    if (boot === '' || entry.boot === 'per-connection') return;
    const feed = (event: ContainerEvent): void => {
      if (entry.probedBoot === boot) this.#feed(entry, event);
    };
    entry.prober = startProbes({
      container: entry.spec,
      podIP: this.podIP,
      endsWithSuccess: entry.policy.isLazy,
      clock: this.#options.clock,
      listener: {
        startupDone: () => feed({ kind: 'startup-done' }),
        readiness: (isReady) => feed({ kind: 'readiness', isReady }),
        unhealthy: (probe) => feed({ kind: 'unhealthy', probe }),
        failed: (probe, why) =>
          this.#options.record(this.#pod, {
            type: 'Warning',
            reason: 'Unhealthy',
            message: `${probe} probe failed: ${why}`,
            fieldPath: `spec.containers{${entry.spec.name}}`,
          }),
      },
    });
  }

  /** A slot cannot learn to serve each connection by an instance of its own, nor unlearn it: it is made anew. */
  #checkBoot(entry: Entry): void {
    const wanted = whenToBoot(this.#pod, this.#asking);
    if (wanted === entry.boot || (wanted !== 'per-connection' && entry.boot !== 'per-connection')) return;
    const why =
      wanted === 'per-connection'
        ? 'each connection gets an instance of its own from now on'
        : 'connections share an instance from now on';
    this.#feed(entry, { kind: 'replace', why });
  }

  /** As if the pod were deleted: in order, with its grace time. */
  #expire(): void {
    const isOver = this.#entries.every(({ state: { phase } }) => phase.kind === 'ended' && phase.retryAt === undefined);
    if (isOver || this.isStopped) return;
    this.#isOverdue = true;
    this.#options.record(this.#pod, { type: 'Normal', ...deadlineExceeded });
    this.stop();
    this.#options.onChange(false);
  }

  #nowIso(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

function isNap(before: Running, after: Running): boolean {
  return before.phase.kind === 'up' && after.phase.kind === 'up' && before.isReady === after.isReady;
}
