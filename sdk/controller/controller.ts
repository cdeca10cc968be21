import type { KubernetesObject } from '../api/meta.ts';
import { isConflict } from '../client/errors.ts';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { Informer } from '../informer/informer.ts';
import { keyOf } from '../informer/object-cache.ts';
import { WorkQueue, type WorkQueueOptions } from '../queue/work-queue.ts';

/** Where keys come from: starts with the controller, returns how to stop. */
export interface Source {
  readonly synced: Promise<void>;
  start(add: (key: string) => void): () => void;
}

/**
 * Level-triggered: called with a key, never with what happened. It reads the present state and makes it more like the
 * desired one; it may be called at any time, any number of times, and must do the right thing each time. Never twice at
 * once for one key. Throw to be called again after a back-off; return `requeueAfterMs` to be called again at a time.
 * The signal aborts when the controller ends.
 */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult | undefined>;

export interface ReconcileResult {
  readonly requeueAfterMs?: number | undefined;
}

export interface ControllerOptions {
  readonly name: string;
  readonly sources: readonly Source[];
  readonly reconcile: Reconcile;
  /** How many keys are worked on at once. Default 8: reconciling is mostly waiting for the API. */
  readonly concurrency?: number;
  readonly queue?: WorkQueueOptions;
  readonly clock?: Clock;
  readonly log?: (message: string) => void;
}

export interface ControllerMetrics {
  readonly reconcileCount: number;
  readonly errorCount: number;
  readonly retryCount: number;
  readonly queueLength: number;
  readonly activeCount: number;
}

/** Keys of changed objects in, `reconcile` called for each. */
export class Controller {
  readonly queue: WorkQueue;
  readonly #options: ControllerOptions;
  #reconcileCount = 0;
  #errorCount = 0;
  #retryCount = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.queue = new WorkQueue({ clock: options.clock ?? systemClock, ...options.queue });
  }

  get metrics(): ControllerMetrics {
    return {
      reconcileCount: this.#reconcileCount,
      errorCount: this.#errorCount,
      retryCount: this.#retryCount,
      queueLength: this.queue.length,
      activeCount: this.queue.processingCount,
    };
  }

  /** Runs until the signal aborts, then lets what is in work finish. `onReady` is called when all sources are in sync. */
  async run(signal: AbortSignal, onReady: () => void = () => {}): Promise<void> {
    const { sources, concurrency = 8 } = this.#options;
    const stops = sources.map((source) => source.start((key) => this.queue.add(key)));
    const aborted = new Promise<'aborted'>((resolve) => {
      if (signal.aborted) resolve('aborted');
      signal.addEventListener('abort', () => resolve('aborted'), { once: true });
    });
    try {
      // Deciding on half a picture would, for one, create pods that are already there.
      const synced = Promise.all(sources.map((source) => source.synced)).then(() => 'synced' as const);
      if ((await Promise.race([synced, aborted])) === 'aborted') return;
      onReady();
      const workers = Array.from({ length: concurrency }, () => this.#work(signal));
      await aborted;
      await this.queue.shutDown();
      await Promise.all(workers);
    } finally {
      for (const stop of stops) stop();
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.queue.take(); key !== undefined; key = await this.queue.take()) {
      if (!signal.aborted) await this.#reconcile(key, signal);
      this.queue.done(key);
    }
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<void> {
    this.#reconcileCount += 1;
    try {
      const result = await this.#options.reconcile(key, signal);
      this.queue.forget(key);
      if (result?.requeueAfterMs !== undefined) this.queue.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      if (signal.aborted) return;
      this.#retryCount += 1;
      const delayMs = this.queue.retry(key);
      // Losing a race is normal: the next look has the newer object.
      if (isConflict(error)) return;
      this.#errorCount += 1;
      const what = error instanceof Error ? error.message : String(error);
      this.#options.log?.(`${this.#options.name}: ${key}: ${what}; trying again in ${delayMs} ms`);
    }
  }
}

/** Every change of an informer's objects, mapped to keys; the default is the object's own key. */
export function changesOf<T extends KubernetesObject>(
  informer: Informer<T>,
  keys: (object: T, old: T | undefined) => Iterable<string> = (object) => [keyOf(object)],
  options: { readonly resyncMs?: number } = {},
): Source {
  return {
    synced: informer.synced,
    start(add) {
      const addAll = (object: T, old: T | undefined): void => {
        for (const key of keys(object, old)) add(key);
      };
      return informer.on(
        {
          add: (object) => addAll(object, undefined),
          update: (object, old) => addAll(object, old),
          delete: (object) => addAll(object, undefined),
        },
        options,
      );
    },
  };
}
