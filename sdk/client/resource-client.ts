import type { KubernetesObject, Status } from '../api/meta.ts';
import type { Scale } from '../kinds/deployment.ts';
import { apiVersionOf, type ResourceType, resourceName } from '../kinds/resource-type.ts';
import type { Client, QueryParameters } from './client.ts';
import { ApiError } from './errors.ts';
import { splitLines } from './lines.ts';
import { type Patch, patchContentTypes } from './patch.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions extends CallOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

export interface ListOptions extends CallOptions {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continueToken?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
  /** Ask for PartialObjectMetadata; a server that cannot give it sends whole objects. */
  readonly metadataOnly?: boolean | undefined;
}

export interface WatchOptions extends CallOptions {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly allowBookmarks?: boolean | undefined;
  /** WatchList: the present state first, then a bookmark annotated `k8s.io/initial-events-end`. */
  readonly sendInitialEvents?: boolean | undefined;
  readonly metadataOnly?: boolean | undefined;
}

export interface DeleteOptions extends CallOptions {
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

export interface LogOptions extends CallOptions {
  readonly container?: string;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly timestamps?: boolean;
  readonly previous?: boolean;
}

export interface List<T> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly resourceVersion?: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: T[];
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: KubernetesObject };

export class ResourceClient<T extends KubernetesObject> {
  readonly type: ResourceType<T>;
  readonly namespace: string | undefined;
  readonly #client: Client;

  constructor(client: Client, type: ResourceType<T>, namespace?: string) {
    this.#client = client;
    this.type = type;
    this.namespace = namespace;
  }

  /** The same kind, one namespace. */
  in(namespace: string): ResourceClient<T> {
    return new ResourceClient<T>(this.#client, this.type, namespace);
  }

  get(name: string, options: CallOptions & { readonly resourceVersion?: string } = {}): Promise<T> {
    const query = { resourceVersion: options.resourceVersion };
    return this.#client.request<T>({ method: 'GET', path: this.#path(name), query, signal: options.signal });
  }

  /** One page (all when `limit` is not given). */
  async list(options: ListOptions = {}): Promise<List<T>> {
    const list = await this.#client.request<List<T>>({
      method: 'GET',
      path: this.#collection(this.namespace),
      accept: accept('PartialObjectMetadataList', options.metadataOnly),
      signal: options.signal,
      query: {
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        limit: options.limit,
        continue: options.continueToken,
        resourceVersion: options.resourceVersion,
        resourceVersionMatch: options.resourceVersionMatch,
      },
    });
    // Items of a list carry no apiVersion and kind of their own; everything later needs them.
    const apiVersion = apiVersionOf(this.type);
    for (const item of list.items) {
      item.apiVersion ??= apiVersion;
      item.kind ??= this.type.kind;
    }
    return list;
  }

  /** Every object, page by page from one snapshot. */
  async *items(options: ListOptions = {}): AsyncGenerator<T, void, undefined> {
    let continueToken: string | undefined;
    do {
      const first = continueToken === undefined;
      const page = await this.list({
        ...options,
        limit: options.limit ?? 500,
        ...(first ? {} : { continueToken, resourceVersion: undefined, resourceVersionMatch: undefined }),
      });
      yield* page.items;
      continueToken = page.metadata.continue;
    } while (continueToken !== undefined && continueToken !== '');
  }

  create(object: T, options: WriteOptions = {}): Promise<T> {
    const path = this.#collection(object.metadata.namespace ?? this.namespace, 'create');
    return this.#write('POST', path, object, options);
  }

  update(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#write('PUT', this.#pathOf(object), object, options);
  }

  updateStatus(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#write('PUT', this.#pathOf(object, 'status'), object, options);
  }

  patch(name: string, patch: Patch, options: WriteOptions & { readonly subresource?: string } = {}): Promise<T> {
    return this.#client.request<T>({
      method: 'PATCH',
      path: this.#path(name, options.subresource),
      query: writeQuery(options),
      body: patch.kind === 'json' ? patch.operations : patch.changes,
      contentType: patchContentTypes[patch.kind],
      signal: options.signal,
    });
  }

  /** Server-side apply: the object says what it wants of the fields it names; `fieldManager` owns them from then on. */
  apply(
    object: T,
    options: WriteOptions & { readonly fieldManager: string; readonly force?: boolean; readonly subresource?: string },
  ): Promise<T> {
    return this.#client.request<T>({
      method: 'PATCH',
      path: this.#pathOf(object, options.subresource),
      query: { ...writeQuery(options), force: options.force },
      body: { ...object, apiVersion: apiVersionOf(this.type), kind: this.type.kind },
      contentType: 'application/apply-patch+yaml',
      signal: options.signal,
    });
  }

  /** Answers the Status, or the object while finalizers or its grace period hold it. */
  delete(name: string, options: DeleteOptions = {}): Promise<T | Status> {
    return this.#client.request<T | Status>({
      method: 'DELETE',
      path: this.#path(name),
      body: deleteBody(options),
      signal: options.signal,
    });
  }

  deleteCollection(
    options: DeleteOptions & Pick<ListOptions, 'labelSelector' | 'fieldSelector'> = {},
  ): Promise<unknown> {
    return this.#client.request<unknown>({
      method: 'DELETE',
      path: this.#collection(this.namespace, 'deleteCollection'),
      query: { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector },
      body: deleteBody(options),
      signal: options.signal,
    });
  }

  /** Resolves when the watch is open. The iteration ends when the server ends it and throws an ApiError for ERROR events. */
  async watch(options: WatchOptions = {}): Promise<AsyncIterable<WatchEvent<T>>> {
    const path = this.#collection(this.namespace);
    const chunks = await this.#client.requestStream({
      method: 'GET',
      path,
      accept: accept('PartialObjectMetadata', options.metadataOnly),
      signal: options.signal,
      query: {
        watch: true,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        resourceVersion: options.resourceVersion,
        timeoutSeconds: options.timeoutSeconds,
        allowWatchBookmarks: options.allowBookmarks,
        sendInitialEvents: options.sendInitialEvents,
        resourceVersionMatch: options.sendInitialEvents === undefined ? undefined : 'NotOlderThan',
      },
    });
    return decodeEvents<T>(`watch ${path}`, chunks);
  }

  getScale(name: string, options: CallOptions = {}): Promise<Scale> {
    return this.getSubresource<Scale>(name, 'scale', options);
  }

  /** Sets the number of replicas, whatever it was. */
  scale(name: string, replicas: number, options: WriteOptions = {}): Promise<Scale> {
    return this.#client.request<Scale>({
      method: 'PATCH',
      path: this.#path(name, 'scale'),
      query: writeQuery(options),
      body: { spec: { replicas } },
      contentType: patchContentTypes.merge,
      signal: options.signal,
    });
  }

  getSubresource<S>(name: string, subresource: string, options: CallOptions = {}): Promise<S> {
    return this.#client.request<S>({ method: 'GET', path: this.#path(name, subresource), signal: options.signal });
  }

  /** POST, as `binding`, `eviction` and `token` want it. */
  createSubresource<S>(name: string, subresource: string, body: unknown, options: WriteOptions = {}): Promise<S> {
    return this.#write('POST', this.#path(name, subresource), body, options);
  }

  /** PUT, as a namespace's `finalize` wants it. */
  updateSubresource<S>(name: string, subresource: string, body: unknown, options: WriteOptions = {}): Promise<S> {
    return this.#write('PUT', this.#path(name, subresource), body, options);
  }

  logs(name: string, options: LogOptions = {}): Promise<string> {
    return this.#client.requestText({
      method: 'GET',
      path: this.#path(name, 'log'),
      accept: '*/*',
      query: logQuery(options),
      signal: options.signal,
    });
  }

  /** Lines as they are written, until the container ends. */
  async followLogs(name: string, options: LogOptions = {}): Promise<AsyncIterable<string>> {
    const chunks = await this.#client.requestStream({
      method: 'GET',
      path: this.#path(name, 'log'),
      accept: '*/*',
      query: { ...logQuery(options), follow: true },
      signal: options.signal,
    });
    return splitLines(chunks);
  }

  #write<S>(method: string, path: string, body: unknown, options: WriteOptions): Promise<S> {
    return this.#client.request<S>({ method, path, query: writeQuery(options), body, signal: options.signal });
  }

  #pathOf(object: T, subresource?: string): string {
    const { name, namespace } = object.metadata;
    if (name === undefined) throw new Error(`this ${this.type.kind} has no metadata.name; only create can do without`);
    return this.#path(name, subresource, namespace);
  }

  #path(name: string, subresource?: string, namespace = this.namespace): string {
    const suffix = subresource === undefined ? '' : `/${subresource}`;
    return `${this.#collection(namespace, name)}/${encodeURIComponent(name)}${suffix}`;
  }

  /** `purpose` is named in the error when the kind needs a namespace for it. */
  #collection(namespace: string | undefined, purpose?: string): string {
    const root = this.type.group === '' ? '/api' : `/apis/${this.type.group}`;
    const base = `${root}/${this.type.version}`;
    if (!this.type.namespaced) return `${base}/${this.type.plural}`;
    if (namespace === undefined) {
      if (purpose === undefined) return `${base}/${this.type.plural}`;
      throw new Error(
        `${resourceName(this.type)} "${purpose}" needs a namespace; use client.resource(type, namespace) or .in(namespace)`,
      );
    }
    return `${base}/namespaces/${encodeURIComponent(namespace)}/${this.type.plural}`;
  }
}

async function* decodeEvents<T extends KubernetesObject>(
  attempt: string,
  chunks: AsyncIterable<string>,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  for await (const line of splitLines(chunks)) {
    const event = JSON.parse(line) as WatchEvent<T> | { readonly type: 'ERROR'; readonly object: Status };
    if (event.type === 'ERROR') throw new ApiError(attempt, event.object);
    yield event;
  }
}

function accept(metadataKind: string, metadataOnly: boolean | undefined): string {
  if (metadataOnly !== true) return 'application/json';
  return `application/json;as=${metadataKind};g=meta.k8s.io;v=v1,application/json`;
}

function writeQuery(options: WriteOptions): QueryParameters {
  return {
    fieldManager: options.fieldManager,
    dryRun: options.dryRun === true ? 'All' : undefined,
    fieldValidation: options.fieldValidation,
  };
}

function logQuery(options: LogOptions): QueryParameters {
  return {
    container: options.container,
    tailLines: options.tailLines,
    sinceSeconds: options.sinceSeconds,
    timestamps: options.timestamps,
    previous: options.previous,
  };
}

function deleteBody(options: DeleteOptions): unknown {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(options.propagationPolicy === undefined ? {} : { propagationPolicy: options.propagationPolicy }),
    ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
    ...(options.preconditions === undefined ? {} : { preconditions: options.preconditions }),
    ...(options.dryRun === true ? { dryRun: ['All'] } : {}),
  };
}
