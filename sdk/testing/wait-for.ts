import type { KubernetesObject } from '../api/meta.ts';
import type { Client } from '../client/client.ts';
import type { Informer, Query } from '../informer/informer.ts';
import { Informers } from '../informer/informers.ts';
import { keyOf } from '../informer/object-cache.ts';
import type { ResourceType } from '../kinds/resource-type.ts';

export interface WaitOptions {
  /** Default 10 s. What was seen last is in the error. */
  readonly timeoutMs?: number;
}

/** Resolves with the object as soon as `holds` is true of it. Watches; never polls. `key`: `namespace/name` or `name`. */
export async function waitForObject<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  key: string,
  holds: (object: T) => boolean,
  options: WaitOptions = {},
): Promise<T> {
  const find = (objects: readonly T[]): T | undefined => objects.find((object) => keyOf(object) === key);
  const objects = await waitForObjects(
    client,
    type,
    queryFor(key),
    (all) => {
      const object = find(all);
      return object !== undefined && holds(object);
    },
    options,
  );
  const object = find(objects);
  if (object === undefined) throw new Error(`${type.kind} ${key} vanished while it was being returned`);
  return object;
}

/** Resolves when there is no such object any more. */
export async function waitForGone<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  key: string,
  options: WaitOptions = {},
): Promise<void> {
  await waitForObjects(client, type, queryFor(key), (objects) => objects.length === 0, options);
}

/** Resolves with all objects of the query as soon as `holds` is true of them together. */
export async function waitForObjects<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  query: Query,
  holds: (objects: readonly T[]) => boolean,
  options: WaitOptions = {},
): Promise<T[]> {
  const { timeoutMs = 10_000 } = options;
  await using informers = new Informers(client);
  const informer = informers.of(type, query);
  const found = Promise.withResolvers<T[]>();
  const look = (): void => {
    if (!informer.hasSynced) return;
    try {
      const objects = informer.list();
      if (holds(objects)) found.resolve(objects);
    } catch (error) {
      found.reject(error);
    }
  };
  informer.on({ add: look, update: look, delete: look });
  const timer = setTimeout(() => found.reject(new Error(describe(type, timeoutMs, informer))), timeoutMs);
  try {
    void informer.synced.then(look);
    return await found.promise;
  } finally {
    clearTimeout(timer);
  }
}

function queryFor(key: string): Query {
  const slash = key.indexOf('/');
  const fieldSelector = `metadata.name=${key.slice(slash + 1)}`;
  return slash === -1 ? { fieldSelector } : { namespace: key.slice(0, slash), fieldSelector };
}

function describe<T extends KubernetesObject>(type: ResourceType<T>, timeoutMs: number, informer: Informer<T>): string {
  const seen = informer.list().map((object) => JSON.stringify({ ...object, metadata: brief(object) }));
  const trouble = informer.lastError === undefined ? '' : `; the watch: ${informer.lastError}`;
  return `waited ${timeoutMs} ms for ${type.plural} in vain; last seen: ${seen.join('\n') || 'none'}${trouble}`;
}

function brief({ metadata }: KubernetesObject): unknown {
  const { managedFields: _, ...rest } = metadata;
  return rest;
}
