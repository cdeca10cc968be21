/** Ties the API to the tender: pods bound to this node become runners, their states become statuses. */

import { join } from 'node:path';
import {
  type Client,
  Controller,
  changesOf,
  type EventRecorder,
  Informers,
  isConflict,
  isNotFound,
  isPodFinished,
  keyOf,
  type Pod,
  type PodStatus,
  resources,
  type Service,
} from '@diatom/sdk';
import type { EgressRules, SlotState, TenderEvent } from '@diatom/tender';
import type { AddressPool } from '../addresses/address-pool.ts';
import { bootAnnotation } from '../boot-annotation.ts';
import { clusterRules } from './egress/cluster-rules.ts';
import type { ContainerLog } from './log/log-server.ts';
import { askingServices } from './pod/boot.ts';
import { PodRunner } from './pod/pod-runner.ts';
import { podLogDirectory, type Surroundings } from './pod/prepare.ts';
import type { TenderLink } from './tender-link.ts';

/** Boots and naps of a lazy pod are reported this late, so that many in a row are one report: the API is not on their path. */
const napReportMs = 100;

export interface AgentOptions {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly addresses: AddressPool;
  readonly addressRange: number;
  readonly around: Surroundings;
  readonly log: (message: string) => void;
}

export class Agent {
  readonly #options: AgentOptions;
  readonly #runners = new Map<string, PodRunner>();
  readonly #keyOfSlot = new Map<string, string>();
  readonly #written = new Map<string, string>();
  #tender: TenderLink | undefined;
  #controller: Controller | undefined;
  #podOf: (key: string) => Pod | undefined = () => undefined;
  #pods: () => readonly Pod[] = () => [];
  #askingOf: (pod: Pod) => readonly string[] = () => [];
  #egressRules: EgressRules = notYet;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  /** For the log endpoint. */
  get pods(): readonly Pod[] {
    return this.#pods();
  }

  /** For the egress of this node's pods. */
  get egressRules(): Required<EgressRules> {
    return {
      addressesOf: (host, scope) => this.#egressRules.addressesOf?.(host, scope),
      refusalOf: (address) => this.#egressRules.refusalOf?.(address),
      isOwn: (address) => this.#egressRules.isOwn?.(address) === true,
    };
  }

  onTenderEvent(event: TenderEvent): void {
    const key = this.#keyOfSlot.get(event.id);
    if (key !== undefined) this.#runners.get(key)?.slotChanged(event);
  }

  onTenderReturn(slots: readonly TenderEvent[]): void {
    const known = new Map(slots.map(({ id, state }) => [id, state]));
    for (const runner of this.#runners.values()) runner.tenderReturned(known);
    void this.#sweep(slots);
  }

  onImagesChanged(): void {
    for (const runner of this.#runners.values()) runner.retryBlocked();
  }

  /** Runs until the signal aborts; instances go on. */
  async run(tender: TenderLink, slots: readonly TenderEvent[], signal: AbortSignal, ready: () => void): Promise<void> {
    this.#tender = tender;
    const { client, log, around } = this.#options;
    await using informers = new Informers(client, { log });
    const pods = informers.of(resources.pods, { fieldSelector: `spec.nodeName=${around.facts.nodeName}` });
    this.#podOf = (key) => pods.get(key);
    this.#pods = () => pods.list();
    const services = informers
      .of(resources.services)
      .addIndex('asking', ({ metadata }) =>
        metadata.annotations?.[bootAnnotation] === undefined ? [] : [metadata.namespace ?? ''],
      );
    this.#askingOf = (pod) => askingServices(pod, services.byIndex('asking', pod.metadata.namespace ?? ''));
    await informers.synced(signal);
    this.#egressRules = clusterRules({
      range: this.#options.addressRange,
      service: (namespace, name) => services.get(`${namespace}/${name}`),
      services: () => services.list(),
      pods: () => pods.list(),
    });

    // Addresses in use must be known before the first one is given out, orphans gone before their addresses are.
    const present = pods.list();
    for (const pod of present) {
      const address = pod.status?.podIP;
      if (address !== undefined && !isPodFinished(pod))
        this.#options.addresses.reserve(address, pod.metadata.uid ?? '');
    }
    const known = new Map<string, SlotState>(slots.map(({ id, state }) => [id, state]));
    const uids = new Set(present.filter((pod) => pod.status?.podIP !== undefined).map(({ metadata }) => metadata.uid));
    for (const id of known.keys()) if (!uids.has(uidOf(id))) known.delete(id);
    await this.#stopSlots(slots.filter(({ id }) => !known.has(id)));
    for (const pod of present) {
      try {
        this.#runnerFor(keyOf(pod), pod, known);
      } catch (error) {
        // One pod that cannot run keeps the others waiting for nothing; the controller comes back to it.
        log(`${keyOf(pod)}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }

    this.#controller = new Controller({
      name: 'agent',
      log,
      sources: [changesOf(pods), changesOf(services, (service, old) => this.#podsAskedBy([service, old]))],
      reconcile: (key) => this.#reconcile(key),
    });
    await this.#controller.run(signal, ready);
    // Whoever stops the slots next must not see them started again for having ended.
    await Promise.all([...this.#runners.values()].map((runner) => runner.leave()));
  }

  findLog(namespace: string, pod: string, container: string, previous: boolean): ContainerLog | string {
    const key = `${namespace}/${pod}`;
    const found = this.#podOf(key);
    if (found === undefined) return `pod "${pod}" not found`;
    if (!found.spec.containers.some(({ name }) => name === container)) {
      return `container ${container} is not valid for pod ${pod}`;
    }
    const instance = this.#runners.get(key)?.instanceOf(container) ?? lastInstance(found, container);
    if (instance === undefined)
      return `container "${container}" in pod "${pod}" is waiting to start: ContainerCreating`;
    if (previous && instance.number === 0) {
      return `previous terminated container "${container}" in pod "${pod}" not found`;
    }
    const number = previous ? instance.number - 1 : instance.number;
    const directory = podLogDirectory(this.#options.around.dataDirectory, found);
    return {
      path: join(directory, container, `${number}.log`),
      isOver: () => {
        if (previous) return true;
        const now = this.#runners.get(key)?.instanceOf(container);
        return now === undefined || now.number !== number || now.isOver;
      },
    };
  }

  async #reconcile(key: string): Promise<undefined> {
    const pod = this.#podOf(key);
    const present = this.#runners.get(key);
    if (present !== undefined && present.uid !== pod?.metadata.uid) await this.#remove(key, present);
    if (pod === undefined) return;
    const runner = this.#runnerFor(key, pod, new Map());
    runner?.update(pod, this.#askingOf(pod));
    if (runner !== undefined) {
      await this.#writeStatus(key, pod, runner.status());
      runner.releaseEnded();
    }
    if (pod.metadata.deletionTimestamp !== undefined && (runner === undefined || runner.isStopped)) {
      await this.#delete(pod);
    }
  }

  /** The pod's runner, made when it has none yet; a pod that has finished gets none. */
  #runnerFor(key: string, pod: Pod, slots: ReadonlyMap<string, SlotState>): PodRunner | undefined {
    const present = this.#runners.get(key);
    if (present !== undefined || isPodFinished(pod) || this.#tender === undefined) return present;
    const uid = pod.metadata.uid ?? '';
    const before = pod.status?.podIP;
    const { addresses, around, client, events, log } = this.#options;
    const address =
      before !== undefined && addresses.reserve(before, uid) === 'reserved' ? before : addresses.allocate(uid);
    if (address === undefined) {
      events.record(pod, {
        type: 'Warning',
        reason: 'FailedCreatePodSandBox',
        message: 'no address is left for this pod on this node',
      });
      throw new Error('no pod address is left on this node');
    }
    const runner = new PodRunner(pod, address, this.#askingOf(pod), {
      around,
      tender: this.#tender,
      clock: client.clock,
      log,
      record: (about, recorded) => events.record(about, recorded),
      onChange: (isNap) => this.#controller?.queue.addAfter(key, isNap ? napReportMs : 0),
    });
    this.#runners.set(key, runner);
    for (const id of runner.slotIds) this.#keyOfSlot.set(id, key);
    // A pod that is to go is not started first.
    if (pod.metadata.deletionTimestamp === undefined || slots.size > 0) runner.begin(slots);
    return runner;
  }

  /** Pods for which one of these Services wants, or wanted, an instance per connection. */
  #podsAskedBy(services: readonly (Service | undefined)[]): readonly string[] {
    const known = services.filter((service) => service !== undefined);
    if (known.every(({ metadata }) => metadata.annotations?.[bootAnnotation] === undefined)) return [];
    return this.#pods()
      .filter((pod) => askingServices(pod, known).length > 0)
      .map(keyOf);
  }

  async #remove(key: string, runner: PodRunner): Promise<void> {
    await runner.remove();
    for (const id of runner.slotIds) this.#keyOfSlot.delete(id);
    this.#runners.delete(key);
    this.#written.delete(key);
    this.#options.addresses.release(runner.uid);
  }

  async #writeStatus(key: string, pod: Pod, status: PodStatus): Promise<void> {
    const text = JSON.stringify(status);
    if (this.#written.get(key) === text) return;
    const { name = '', namespace, uid } = pod.metadata;
    try {
      // The uid makes it a conflict to write to a pod of the same name that came later.
      await this.#options.client
        .resource(resources.pods, namespace)
        .patch(name, { kind: 'merge', changes: { metadata: { uid }, status } }, { subresource: 'status' });
      this.#written.set(key, text);
    } catch (error) {
      // Gone or replaced: the watch says so next.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async #delete(pod: Pod): Promise<void> {
    const { name = '', namespace, uid } = pod.metadata;
    try {
      await this.#options.client
        .resource(resources.pods, namespace)
        .delete(name, { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { preconditions: { uid } }) });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** Ends slots that belong to no pod of this node. */
  #sweep(slots: readonly TenderEvent[]): Promise<void> {
    return this.#stopSlots(slots.filter(({ id }) => !this.#keyOfSlot.has(id)));
  }

  async #stopSlots(slots: readonly TenderEvent[]): Promise<void> {
    await Promise.all(
      slots.map(async ({ id }) => {
        try {
          await this.#tender?.stop(id, 0);
        } catch (error) {
          this.#options.log(`stopping orphan ${id}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }),
    );
  }
}

/** Before it is known which Services there are nobody is connected to anything. */
const notYet: EgressRules = { addressesOf: () => new Error('this node is just starting; try again') };

/** Slot ids are `<uid>.<container>`; a uid has no dot. */
const uidOf = (slotId: string): string => slotId.slice(0, slotId.indexOf('.'));

/** From the status alone, for a pod that has finished. */
function lastInstance(pod: Pod, container: string): { readonly number: number; readonly isOver: boolean } | undefined {
  const status = pod.status?.containerStatuses?.find(({ name }) => name === container);
  return status === undefined ? undefined : { number: status.restartCount, isOver: true };
}
