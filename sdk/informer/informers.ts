import type { KubernetesObject } from '../api/meta.ts';
import type { Client } from '../client/client.ts';
import type { Clock } from '../clock/clock.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { Informer, type Query } from './informer.ts';

export interface InformersOptions {
  readonly log?: (message: string) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

interface Running {
  readonly informer: Informer<KubernetesObject>;
  readonly abort: AbortController;
  readonly finished: Promise<void>;
}

/** The informers of a process: whoever asks for the same query gets the same informer, so there is one watch for it. */
export class Informers implements AsyncDisposable {
  readonly #client: Client;
  readonly #options: InformersOptions;
  readonly #running = new Map<string, Running>();

  constructor(client: Client, options: InformersOptions = {}) {
    this.#client = client;
    this.#options = options;
  }

  /** The informer for this query, started when it is new. */
  of<T extends KubernetesObject>(type: ResourceType<T>, query: Query = {}): Informer<T> {
    const key = keyOfQuery(type, query);
    const known = this.#running.get(key);
    // The key names the resource, and with it the type its objects have.
    if (known !== undefined) return known.informer as unknown as Informer<T>;
    const informer = new Informer<T>(this.#client.resource(type), query, {
      clock: this.#options.clock ?? this.#client.clock,
      random: this.#options.random ?? Math.random,
      log: this.#options.log ?? (() => {}),
    });
    const abort = new AbortController();
    const finished = informer.run(abort.signal);
    this.#running.set(key, { informer: informer as unknown as Informer<KubernetesObject>, abort, finished });
    return informer;
  }

  /** Ends one informer, for collections that ceased to exist. */
  async stop<T extends KubernetesObject>(type: ResourceType<T>, query: Query = {}): Promise<void> {
    const key = keyOfQuery(type, query);
    const running = this.#running.get(key);
    if (running === undefined) return;
    this.#running.delete(key);
    running.abort.abort();
    await running.finished;
  }

  /** Resolves when every informer asked for so far has its first complete copy; rejects when aborted. */
  async synced(signal?: AbortSignal): Promise<void> {
    const all = Promise.all([...this.#running.values()].map(({ informer }) => informer.synced));
    if (signal === undefined) {
      await all;
      return;
    }
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([all, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async close(): Promise<void> {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const { abort } of running) abort.abort();
    await Promise.all(running.map(({ finished }) => finished));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function keyOfQuery<T extends KubernetesObject>(type: ResourceType<T>, query: Query): string {
  const { namespace, labelSelector, fieldSelector, metadataOnly } = query;
  const { group, version, plural } = type;
  return JSON.stringify([group, version, plural, namespace, labelSelector, fieldSelector, metadataOnly === true]);
}
