import {
  type Client,
  type DiscoveredResource,
  discover,
  findKind,
  type Informer,
  Informers,
  isInvalid,
  isNotFound,
  isServiceUnavailable,
  type KubernetesObject,
  keyOf,
  type OwnerReference,
  type ReconcileResult,
  removeFinalizer,
  splitKey,
} from '@diatom/sdk';
import { decide, isWaiting, type OwnerState, orphanFinalizer } from './decide.ts';

/** Kinds that own nothing and are owned by nothing, and of which there are too many (ignored upstream as well). */
const ignoredKinds = new Set(['events.', 'events.events.k8s.io']);
/** Absent uids remembered: they never come back. */
const mostAbsent = 10_000;
const unknownKindAgainMs = 30_000;

interface Kind {
  readonly resource: DiscoveredResource;
  readonly informer: Informer<KubernetesObject>;
}

/** Owners and dependents of everything in the cell, kept by metadata-only informers of every deletable kind. */
export class Collector {
  readonly #client: Client;
  readonly #informers: Informers;
  readonly #enqueue: (key: string) => void;
  readonly #kinds = new Map<string, Kind>();
  readonly #absent = new Set<string>();
  #discovered: readonly DiscoveredResource[] = [];

  constructor(client: Client, log: (message: string) => void, enqueue: (key: string) => void) {
    this.#client = client;
    this.#informers = new Informers(client, { log });
    this.#enqueue = enqueue;
  }

  /** Follows every kind that is served now and none that no longer is. Resolves when the copies are complete. */
  async refresh(signal: AbortSignal): Promise<void> {
    const unavailable = new Set<string>();
    const onUnavailable = (groupVersion: string): void => void unavailable.add(groupVersion);
    this.#discovered = await discover(this.#client, { signal, onUnavailable });
    const served = new Set<string>();
    for (const resource of this.#discovered) {
      const id = idOf(resource);
      const canFollow = ['list', 'watch', 'delete'].every((verb) => resource.verbs.includes(verb));
      if (!canFollow || ignoredKinds.has(id)) continue;
      served.add(id);
      if (!this.#kinds.has(id)) this.#follow(id, resource);
    }
    for (const [id, { resource, informer }] of this.#kinds) {
      // What cannot be asked is not gone: taking it for gone would take its dependents.
      if (served.has(id) || unavailable.has(`${resource.group}/${resource.version}`)) continue;
      this.#kinds.delete(id);
      await this.#informers.stop(resource, { metadataOnly: true });
      // With the kind went its objects.
      for (const object of informer.list()) this.#gone(object);
    }
    await this.#informers.synced(signal);
  }

  readonly reconcile = async (key: string, signal: AbortSignal): Promise<ReconcileResult | undefined> => {
    const separator = key.indexOf(' ');
    const kind = this.#kinds.get(key.slice(0, separator));
    const object = kind?.informer.get(key.slice(separator + 1));
    if (kind === undefined || object === undefined) return undefined;
    const states = new Map<string, OwnerState>();
    if (object.metadata.deletionTimestamp === undefined) {
      for (const owner of object.metadata.ownerReferences ?? []) {
        const state = await this.#stateOf(owner, object, signal);
        // An owner of a kind nobody serves cannot be shown to be gone: deleting would be a guess.
        if (state === 'unknown') return { requeueAfterMs: unknownKindAgainMs };
        states.set(owner.uid, state);
      }
    }
    const dependents = this.#dependentsOf(object);
    const objects = dependents.map(({ object: dependent }) => dependent);
    const decision = decide(object, (owner) => states.get(owner.uid) ?? 'present', objects);
    const { namespace, name } = splitKey(keyOf(object));
    const resource = this.#client.resource(kind.resource, namespace === '' ? undefined : namespace);
    switch (decision.kind) {
      case 'nothing':
        return undefined;
      case 'delete': {
        const { uid = '', resourceVersion = '' } = object.metadata;
        const preconditions = { uid, resourceVersion };
        await unlessGone(resource.delete(name, { propagationPolicy: decision.policy, preconditions, signal }));
        return undefined;
      }
      case 'drop-references':
        await this.#dropReferences(kind.resource, object, decision.uids, signal);
        return undefined;
      case 'unblock-owners':
        await this.#unblockOwners(kind.resource, object, signal);
        return undefined;
      case 'orphan-dependents':
        await this.#orphanDependents(object, signal);
        await removeFinalizer(resource, object, orphanFinalizer, { signal });
        return undefined;
      case 'wait-for-dependents':
        for (const { id, object: dependent } of dependents) this.#enqueue(`${id} ${keyOf(dependent)}`);
        return undefined;
      case 'release':
        await removeFinalizer(resource, object, decision.finalizer, { signal });
        return undefined;
    }
  };

  close(): Promise<void> {
    return this.#informers.close();
  }

  #follow(id: string, resource: DiscoveredResource): void {
    const informer = this.#informers
      .of(resource, { metadataOnly: true })
      .addIndex('owner', ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid))
      .addIndex('uid', ({ metadata }) => [metadata.uid ?? '']);
    this.#kinds.set(id, { resource, informer });
    informer.on({
      add: (object) => this.#look(id, object),
      update: (object, old) => {
        if (concern(object) === concern(old)) return;
        this.#look(id, object);
        this.#lookAtOwners(old);
      },
      delete: (object) => this.#gone(object),
    });
  }

  #look(id: string, object: KubernetesObject): void {
    const { deletionTimestamp, ownerReferences = [] } = object.metadata;
    if (deletionTimestamp !== undefined || ownerReferences.length > 0) this.#enqueue(`${id} ${keyOf(object)}`);
  }

  /** Its dependents may have to go, and an owner may have waited for it. */
  #gone(object: KubernetesObject): void {
    this.#remember(object.metadata.uid ?? '');
    for (const { id, object: dependent } of this.#dependentsOf(object)) this.#enqueue(`${id} ${keyOf(dependent)}`);
    this.#lookAtOwners(object);
  }

  #lookAtOwners(object: KubernetesObject): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owner = this.#byUid(uid);
      if (owner !== undefined && isWaiting(owner.object)) this.#enqueue(`${owner.id} ${keyOf(owner.object)}`);
    }
  }

  #dependentsOf(owner: KubernetesObject) {
    const found: { readonly id: string; readonly resource: DiscoveredResource; readonly object: KubernetesObject }[] =
      [];
    for (const [id, { resource, informer }] of this.#kinds) {
      for (const object of informer.byIndex('owner', owner.metadata.uid ?? '')) found.push({ id, resource, object });
    }
    return found;
  }

  #byUid(uid: string): { readonly id: string; readonly object: KubernetesObject } | undefined {
    for (const [id, { informer }] of this.#kinds) {
      const [object] = informer.byIndex('uid', uid);
      if (object !== undefined) return { id, object };
    }
    return undefined;
  }

  async #stateOf(
    owner: OwnerReference,
    dependent: KubernetesObject,
    signal: AbortSignal,
  ): Promise<OwnerState | 'unknown'> {
    if (this.#absent.has(owner.uid)) return 'absent';
    const known = this.#byUid(owner.uid);
    if (known !== undefined) return isWaiting(known.object) ? 'waiting' : 'present';
    // Informers run at their own pace: an owner not shown yet may well be there. Only the API's word counts.
    const type = findKind(this.#discovered, owner.apiVersion, owner.kind);
    const { namespace } = dependent.metadata;
    if (type === undefined || (type.namespaced && namespace === undefined)) return 'unknown';
    try {
      const live = await this.#client.resource(type, namespace).get(owner.name, { signal });
      if (live.metadata.uid === owner.uid) return isWaiting(live) ? 'waiting' : 'present';
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    this.#remember(owner.uid);
    return 'absent';
  }

  #remember(uid: string): void {
    this.#absent.add(uid);
    if (this.#absent.size <= mostAbsent) return;
    for (const oldest of this.#absent) {
      this.#absent.delete(oldest);
      return;
    }
  }

  /**
   * Asks the API, not the copies, which may not have the newest dependent yet: one that was left out would be taken for
   * garbage as soon as its owner is gone.
   */
  async #orphanDependents({ metadata }: KubernetesObject, signal: AbortSignal): Promise<void> {
    const { uid = '', namespace } = metadata;
    const kinds = [...this.#kinds.values()].filter(({ resource }) => namespace === undefined || resource.namespaced);
    await Promise.all(
      kinds.map(async ({ resource }) => {
        try {
          for await (const object of this.#client.resource(resource, namespace).items({ metadataOnly: true, signal })) {
            const isOwned = (object.metadata.ownerReferences ?? []).some((reference) => reference.uid === uid);
            if (isOwned) await this.#dropReferences(resource, object, [uid], signal);
          }
        } catch (error) {
          // A kind that went meanwhile has no dependents; one whose server is down cannot lose any either.
          if (!isNotFound(error) && !isServiceUnavailable(error)) throw error;
        }
      }),
    );
  }

  /** garbagecollector.go, unblockOwnerReferencesStrategicMergePatch. */
  async #unblockOwners(type: DiscoveredResource, object: KubernetesObject, signal: AbortSignal): Promise<void> {
    const { name = '', namespace, uid, resourceVersion, ownerReferences = [] } = object.metadata;
    const unblocked = ownerReferences.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
    const changes = { metadata: { uid, resourceVersion, ownerReferences: unblocked } };
    await unlessGone(this.#client.resource(type, namespace).patch(name, { kind: 'merge', changes }, { signal }));
  }

  /** A merge patch (strategic does not exist for custom resources), guarded by uid and resourceVersion. */
  async #dropReferences(
    type: DiscoveredResource,
    object: KubernetesObject,
    uids: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const { name = '', namespace, uid, resourceVersion, ownerReferences = [] } = object.metadata;
    const rest = ownerReferences.filter((reference) => !uids.includes(reference.uid));
    if (rest.length === ownerReferences.length) return;
    const changes = { metadata: { uid, resourceVersion, ownerReferences: rest } };
    await unlessGone(this.#client.resource(type, namespace).patch(name, { kind: 'merge', changes }, { signal }));
  }
}

function idOf(resource: DiscoveredResource): string {
  return `${resource.plural}.${resource.group}`;
}

/** What of an object matters here. */
function concern({ metadata }: KubernetesObject): string {
  return JSON.stringify([metadata.ownerReferences, metadata.finalizers, metadata.deletionTimestamp]);
}

async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isNotFound(error) && !isInvalid(error)) throw error;
  }
}
