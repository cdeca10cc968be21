/**
 * aggregation: group versions that other API servers serve. The kernel asks who may do what, passes the request on and
 * says in the APIService whether that works (kube-aggregator). It must never pass on a request that it has not judged.
 */
import type { ApiRequest, ApiResponse, Identity } from '@diatom/sdk/api';
import type { CallRemote } from '../http/remote-api.ts';
import { ensureRecord, type JsonRecord, recordsAt, stringAt } from '../kinds/json.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store, WatchHandle } from '../store/store.ts';
import { ApiError } from '../wire/status.ts';
import { checkAvailability } from './availability.ts';
import {
  type Document,
  type RemoteSchemas,
  type RemoteVersion,
  readResources,
  readSchemaDocument,
  readSwagger,
} from './documents.ts';
import { apiServicesPrefix, type Remote, readRemote } from './remote.ts';

export interface AggregationOptions {
  readonly store: Store;
  readonly callRemote: CallRemote;
  readonly nowMs: () => number;
  readonly serialise: (object: JsonRecord, revision: number) => string;
  readonly log: (message: string) => void;
}

/** A remote that works is asked again after this long, one that does not after the other. */
const checkAgainMs = 30_000;
const retryMs = 1_000;
/** As every request that is no watch. */
const requestTimeoutMs = 60_000;

interface Followed {
  remote: Remote;
  /** The spec that was checked last, as text. */
  readonly spec: string;
  resources: readonly JsonRecord[];
  timer: NodeJS.Timeout | undefined;
  isChecking: boolean;
  isDirty: boolean;
}

export class Aggregation {
  readonly #options: AggregationOptions;
  readonly #followed = new Map<string, Followed>();
  #watches: readonly WatchHandle[] = [];
  #isClosed = false;

  constructor(options: AggregationOptions) {
    this.#options = options;
    const { store, log } = options;
    const { items, revision } = store.list(apiServicesPrefix);
    for (const { key, value } of items) this.#take(key, JSON.parse(value) as JsonRecord);
    store.watch({
      prefix: apiServicesPrefix,
      after: revision,
      onEvents: (events) => {
        for (const { key, kind, value } of events)
          this.#take(key, kind === 'delete' ? undefined : (JSON.parse(value) as JsonRecord));
      },
      onEnd: (reason) => {
        this.#close();
        if (reason !== 'closed') log(`aggregated APIs are no longer followed: the store ended the watch; restart`);
      },
    });
  }

  find(group: string, version: string): Remote | undefined {
    return this.#followed.size === 0 ? undefined : this.#followed.get(`${version}.${group}`)?.remote;
  }

  /** What discovery has to list beside the kernel's own kinds. */
  versions(): readonly RemoteVersion[] {
    return [...this.#followed.values()].map(({ remote, resources }) => ({ ...remote, resources }));
  }

  /** The request of somebody who may make it. */
  async serve(remote: Remote, request: ApiRequest, identity: Identity): Promise<ApiResponse> {
    if (!remote.isAvailable) throw unavailable();
    const stream = isStream(request);
    try {
      const limit = stream ? {} : { timeoutMs: requestTimeoutMs };
      return await this.#options.callRemote({ target: remote.target, request, identity, stream, ...limit });
    } catch (error) {
      this.#check(remote.name);
      throw unavailable(`error trying to reach service: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The OpenAPI documents of those that work, by group version. */
  async schemaDocuments(): Promise<ReadonlyMap<string, Document>> {
    const found = await Promise.all(
      this.#available().map(async (remote) => {
        const document = await readSchemaDocument(this.#options.callRemote, remote);
        return document === undefined ? [] : [[`apis/${remote.group}/${remote.version}`, document] as const];
      }),
    );
    return new Map(found.flat());
  }

  async swaggers(): Promise<readonly RemoteSchemas[]> {
    const found = await Promise.all(this.#available().map((remote) => readSwagger(this.#options.callRemote, remote)));
    return found.flatMap((schemas) => schemas ?? []);
  }

  #available(): readonly Remote[] {
    return [...this.#followed.values()].map(({ remote }) => remote).filter(({ isAvailable }) => isAvailable);
  }

  #take(key: string, object: JsonRecord | undefined): void {
    const name = key.slice(apiServicesPrefix.length);
    const remote = object === undefined ? undefined : readRemote(object);
    const known = this.#followed.get(name);
    if (remote === undefined) {
      clearTimeout(known?.timer);
      this.#followed.delete(name);
      return;
    }
    const spec = JSON.stringify(object?.spec);
    if (known !== undefined && known.spec === spec) {
      known.remote = remote;
      return;
    }
    clearTimeout(known?.timer);
    const followed = { remote, spec, resources: [], timer: undefined, isChecking: false, isDirty: false };
    this.#followed.set(name, followed);
    this.#watchServices();
    this.#check(name);
  }

  /** Only who has remotes pays for looking at services. */
  #watchServices(): void {
    if (this.#watches.length > 0) return;
    const { store } = this.#options;
    this.#watches = ['services', 'endpoints'].map((resource) => {
      const prefix = resourcePrefix('', resource);
      return store.watch({
        prefix,
        after: store.revision,
        onEvents: (events) => {
          const changed = new Set(events.map(({ key }) => key.slice(prefix.length)));
          for (const { remote } of this.#followed.values())
            if (changed.has(`${remote.target.namespace}/${remote.target.service}`)) this.#check(remote.name);
        },
        onEnd: () => {
          this.#watches = [];
        },
      });
    });
  }

  #check(name: string): void {
    const followed = this.#followed.get(name);
    if (followed === undefined || this.#isClosed) return;
    if (followed.isChecking) {
      followed.isDirty = true;
      return;
    }
    followed.isChecking = true;
    clearTimeout(followed.timer);
    setImmediate(() => {
      this.#checkNow(name, followed)
        .catch((error: unknown) => {
          if (!this.#isClosed) this.#options.log(`APIService ${name} cannot be checked: ${error}`);
          return false;
        })
        .then((isAvailable) => {
          followed.isChecking = false;
          if (this.#followed.get(name) !== followed || this.#isClosed) return;
          if (followed.isDirty) {
            followed.isDirty = false;
            this.#check(name);
          } else {
            followed.timer = setTimeout(() => this.#check(name), isAvailable ? checkAgainMs : retryMs).unref();
          }
        });
    });
  }

  async #checkNow(name: string, followed: Followed): Promise<boolean> {
    const { store, callRemote, nowMs, serialise } = this.#options;
    if (this.#isClosed) return false;
    const answer = await checkAvailability(store, callRemote, followed.remote);
    const isAvailable = answer.status === 'True';
    if (isAvailable) followed.resources = (await readResources(callRemote, followed.remote)) ?? followed.resources;
    if (this.#isClosed || this.#followed.get(name) !== followed) return isAvailable;
    await store.write(apiServicesPrefix + name, (current) => {
      if (current === undefined) return { kind: 'keep' };
      const object = JSON.parse(current.value) as JsonRecord;
      if (JSON.stringify(object.spec) !== followed.spec) return { kind: 'keep' };
      const before = recordsAt(object, 'status', 'conditions').find(({ type }) => type === 'Available');
      const isSame = before?.status === answer.status && before.reason === answer.reason;
      if (isSame && before.message === answer.message) return { kind: 'keep' };
      const now = `${new Date(nowMs()).toISOString().slice(0, 19)}Z`;
      const lastTransitionTime = before?.status === answer.status ? stringAt(before, 'lastTransitionTime') || now : now;
      const others = recordsAt(object, 'status', 'conditions').filter(({ type }) => type !== 'Available');
      ensureRecord(object, 'status').conditions = [...others, { type: 'Available', ...answer, lastTransitionTime }];
      return { kind: 'put', value: (revision) => serialise(object, revision) };
    });
    return isAvailable;
  }

  #close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#followed.values()) clearTimeout(timer);
    this.#followed.clear();
  }
}

function isStream({ method, path }: ApiRequest): boolean {
  return method === 'GET' && /[?&](watch|follow)=(true|1)(&|$)|^\/apis\/[^/]+\/[^/]+\/watch\//.test(path);
}

function unavailable(message = 'the server is currently unable to handle the request'): ApiError {
  return new ApiError(503, 'ServiceUnavailable', message);
}
