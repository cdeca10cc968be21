import type { KubernetesObject } from '../api/meta.ts';
import { ApiError, isExpired } from '../client/errors.ts';
import type { ResourceClient, WatchEvent } from '../client/resource-client.ts';
import { type Clock, pause, type Timer } from '../clock/clock.ts';
import { resourceName } from '../kinds/resource-type.ts';
import { type Change, type Index, keyOf, ObjectCache } from './object-cache.ts';
import { type Failure, initialState, type ReflectorEvent, type ReflectorState, step } from './reflector.ts';

export interface Query {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Only apiVersion, kind and metadata are kept (and asked for, where the server can). */
  readonly metadataOnly?: boolean | undefined;
}

export interface Handlers<T> {
  /** `isInitial`: it was there before the informer was. */
  add?(object: T, isInitial: boolean): void;
  /** Called with `object === old` by a resync. */
  update?(object: T, old: T): void;
  /** With the last state known. */
  delete?(object: T): void;
}

export interface InformerOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: (message: string) => void;
}

export type InformerState = 'starting' | 'synced' | 'retrying' | 'stopped';

/** Longest silence within the initial events before the server is taken not to do WatchList (kubernetes#140890). */
const initialEventsStallMs = 10_000;
/** How much later than the timeout it was given a server may end a watch before the connection is taken for dead. */
const watchGraceMs = 30_000;
const pageSize = 500;

/**
 * A live copy of a collection. It keeps itself true until its signal aborts: reconnects, resumes, lists again, and says
 * so in `state`, `lastError` and the log; it never dies silently. Handlers run synchronously in the order of changes.
 */
export class Informer<T extends KubernetesObject> {
  readonly query: Query;
  /** Resolves when the first complete copy is in the cache and handlers have seen it. */
  readonly synced: Promise<void>;
  readonly #client: ResourceClient<T>;
  readonly #options: InformerOptions;
  readonly #cache: ObjectCache<T>;
  readonly #handlers = new Set<Handlers<T>>();
  readonly #stateListeners = new Set<(state: InformerState, error: string | undefined) => void>();
  readonly #markSynced: () => void;
  #reflector: ReflectorState = initialState;
  #state: InformerState = 'starting';
  #lastError: string | undefined;
  #incoming: T[] = [];
  #hasSynced = false;

  constructor(client: ResourceClient<T>, query: Query, options: InformerOptions) {
    this.query = query;
    this.#cache = new ObjectCache<T>((problem) => options.log(`informer ${this.#name()}: ${problem}`));
    this.#client = query.namespace === undefined ? client : client.in(query.namespace);
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.synced = promise;
    this.#markSynced = resolve;
  }

  get state(): InformerState {
    return this.#state;
  }

  /** Why the last try failed; undefined while all is well. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get size(): number {
    return this.#cache.size;
  }

  /** By `namespace/name`, or `name`. What is returned is shared: copy before changing. */
  get(key: string): T | undefined {
    return this.#cache.get(key);
  }

  list(): T[] {
    return [...this.#cache.values()];
  }

  /** Idempotent; a second index under the same name is ignored. */
  addIndex(name: string, index: Index<T>): this {
    this.#cache.addIndex(name, index);
    return this;
  }

  byIndex(name: string, value: string): T[] {
    return this.#cache.byIndex(name, value);
  }

  /** What is in the cache already is handed over as `add` at once. Returns how to stop listening. */
  on(handlers: Handlers<T>, options: { readonly resyncMs?: number } = {}): () => void {
    for (const object of this.#cache.values()) this.#call(() => handlers.add?.(object, true));
    this.#handlers.add(handlers);
    let timer: Timer | undefined;
    const { resyncMs } = options;
    const resync = (): void => {
      for (const object of this.#cache.values()) this.#call(() => handlers.update?.(object, object));
      timer = this.#options.clock.after(resyncMs ?? 0, resync);
    };
    if (resyncMs !== undefined) timer = this.#options.clock.after(resyncMs, resync);
    return () => {
      timer?.cancel();
      this.#handlers.delete(handlers);
    };
  }

  /**
   * Takes the answer to a write of one's own into the copy at once, instead of when the watch brings it: the next look
   * would decide on the state before the write, and lose with a conflict. Only a newer state of an object that is there
   * is taken; an answer that arrives after the object's deletion must not bring it back.
   */
  learn(object: T): void {
    const known = this.#cache.get(keyOf(object));
    if (known === undefined || known.metadata.uid !== object.metadata.uid) return;
    this.#publish(this.#cache.put(this.#keep(object)), false);
  }

  onState(listener: (state: InformerState, error: string | undefined) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Runs until the signal aborts; resolves then. */
  async run(signal: AbortSignal): Promise<void> {
    let event: ReflectorEvent = { kind: 'start' };
    while (!signal.aborted) event = await this.#perform(event, signal);
    this.#advance({ kind: 'stop' }, undefined);
    this.#setState('stopped', this.#lastError);
  }

  /** Feeds one event in, does what has to be done, and returns what came of it. */
  async #perform(event: ReflectorEvent, signal: AbortSignal): Promise<ReflectorEvent> {
    for (const effect of this.#advance(event, undefined)) {
      try {
        if (effect.kind === 'wait') {
          await pause(effect.delayMs, this.#options.clock, signal);
          return { kind: 'waited' };
        }
        if (effect.kind === 'list') return await this.#list(signal);
        if (effect.kind === 'watch') return await this.#watch(effect, signal);
      } catch (error) {
        if (signal.aborted) return { kind: 'stop' };
        return { kind: 'failed', failure: classify(error) };
      }
    }
    throw new Error(`reflector: nothing follows ${event.kind} in phase ${this.#reflector.phase.kind}`);
  }

  #advance(event: ReflectorEvent, change: WatchEvent<T> | undefined) {
    const { state, effects } = step(this.#reflector, event, this.#options.clock.now(), this.#options.random());
    this.#reflector = state;
    for (const effect of effects) {
      switch (effect.kind) {
        case 'collect':
          if (change !== undefined && change.type !== 'BOOKMARK') this.#incoming.push(change.object);
          break;
        case 'apply':
          if (change === undefined || change.type === 'BOOKMARK') break;
          this.#publish(
            change.type === 'DELETED' ? this.#cache.remove(change.object) : this.#cache.put(change.object),
            false,
          );
          break;
        case 'replace':
          this.#publish(this.#cache.replace(this.#incoming), !this.#hasSynced);
          this.#incoming = [];
          this.#setState('synced', undefined);
          break;
        case 'synced':
          this.#hasSynced = true;
          this.#markSynced();
          break;
        case 'report':
          this.#options.log(`informer ${this.#name()}: ${effect.message}`);
          this.#setState('retrying', effect.message);
          break;
        case 'list':
        case 'watch':
        case 'wait':
          break;
      }
    }
    return effects;
  }

  async #list(signal: AbortSignal): Promise<ReflectorEvent> {
    this.#incoming = [];
    let continueToken: string | undefined;
    let resourceVersion = '';
    do {
      const page = await this.#client.list({ ...this.query, limit: pageSize, continueToken, signal });
      for (const item of page.items) this.#incoming.push(this.#keep(item));
      resourceVersion = page.metadata.resourceVersion ?? '';
      continueToken = page.metadata.continue;
    } while (continueToken !== undefined && continueToken !== '');
    return { kind: 'listed', resourceVersion };
  }

  async #watch(
    request: {
      readonly resourceVersion: string | undefined;
      readonly sendInitialEvents: boolean;
      readonly timeoutSeconds: number;
    },
    signal: AbortSignal,
  ): Promise<ReflectorEvent> {
    const watchdog = new AbortController();
    const { clock } = this.#options;
    const endsMs = clock.now() + request.timeoutSeconds * 1000 + watchGraceMs;
    let heardMs = clock.now();
    let timer: Timer | undefined;
    const check = (): void => {
      const isCollecting = this.#reflector.phase.kind === 'collecting';
      const dueMs = isCollecting ? heardMs + initialEventsStallMs : endsMs;
      if (clock.now() < dueMs) timer = clock.after(dueMs - clock.now(), check);
      else watchdog.abort(new StalledWatchError(isCollecting));
    };
    check();
    this.#incoming = [];
    try {
      const events = await this.#client.watch({
        labelSelector: this.query.labelSelector,
        fieldSelector: this.query.fieldSelector,
        metadataOnly: this.query.metadataOnly,
        resourceVersion: request.resourceVersion,
        timeoutSeconds: request.timeoutSeconds,
        allowBookmarks: true,
        ...(request.sendInitialEvents ? { sendInitialEvents: true } : {}),
        signal: AbortSignal.any([signal, watchdog.signal]),
      });
      this.#advance({ kind: 'opened' }, undefined);
      if (!request.sendInitialEvents) this.#setState('synced', undefined);
      for await (const event of events) {
        heardMs = clock.now();
        const resourceVersion = event.object.metadata.resourceVersion ?? '';
        if (event.type === 'BOOKMARK') {
          const endsInitial = event.object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true';
          this.#advance({ kind: 'bookmark', resourceVersion, endsInitial }, event);
        } else {
          this.#advance({ kind: 'object', resourceVersion }, { ...event, object: this.#keep(event.object) });
        }
        if (signal.aborted) return { kind: 'stop' };
      }
      return { kind: 'ended' };
    } finally {
      timer?.cancel();
    }
  }

  #keep(object: T): T {
    if (this.query.metadataOnly !== true) return object;
    const { managedFields: _, ...metadata } = object.metadata;
    // PartialObjectMetadata names itself, not the kind it stands for.
    const { type } = this.#client;
    const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
    return { apiVersion, kind: type.kind, metadata } as T;
  }

  #publish(changes: readonly Change<T>[], isInitial: boolean): void {
    for (const change of changes) {
      for (const handlers of this.#handlers) {
        this.#call(() => {
          if (change.kind === 'add') handlers.add?.(change.object, isInitial);
          else if (change.kind === 'update') handlers.update?.(change.object, change.old);
          else handlers.delete?.(change.object);
        });
      }
    }
  }

  /** A handler that throws must not cost the others their event, nor the informer its life. */
  #call(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.#options.log(`informer ${this.#name()}: a handler threw ${error instanceof Error ? error.stack : error}`);
    }
  }

  #setState(state: InformerState, error: string | undefined): void {
    if (this.#state === state && this.#lastError === error) return;
    this.#state = state;
    this.#lastError = error;
    for (const listener of this.#stateListeners) listener(state, error);
  }

  #name(): string {
    return resourceName(this.#client.type);
  }
}

class StalledWatchError extends Error {
  readonly wasCollecting: boolean;
  constructor(wasCollecting: boolean) {
    super(wasCollecting ? 'the initial events did not end' : 'the watch outlived its timeout; the connection is dead');
    this.wasCollecting = wasCollecting;
  }
}

function classify(error: unknown): Failure {
  if (isExpired(error)) return { kind: 'expired' };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof StalledWatchError && error.wasCollecting) return { kind: 'no-watch-list', message };
  if (error instanceof ApiError && (error.code === 422 || error.code === 400))
    return { kind: 'no-watch-list', message };
  return { kind: 'other', message, retryAfterMs: error instanceof ApiError ? error.retryAfterMs : undefined };
}
