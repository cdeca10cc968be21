/** From a request to a verb, and from an error to a Status. */
import type { ApiHandler, ApiRequest, ApiResponse, Identity } from '@diatom/sdk/api';
import type { Access } from '../access/access.ts';
import { Admission } from '../admission/admission.ts';
import { Aggregation } from '../aggregation/aggregation.ts';
import { keepLocalServices } from '../aggregation/local-services.ts';
import { Allocator } from '../allocation/allocator.ts';
import type { PodLog } from '../http/pod-log.ts';
import type { CallRemote } from '../http/remote-api.ts';
import type { CallWebhook } from '../http/webhooks.ts';
import type { JsonRecord } from '../kinds/json.ts';
import { Kinds } from '../kinds/kinds.ts';
import type { KindDefinition } from '../kinds/registry.ts';
import type { MetricsSource } from '../metrics/index.ts';
import { QuotaLedger } from '../quota/ledger.ts';
import type { Store } from '../store/store.ts';
import { encodeAnswer, jsonHeaders } from '../wire/encode-answer.ts';
import { legible, negotiable, offers, plainJson } from '../wire/media.ts';
import { ApiError, internalError } from '../wire/status.ts';
import { warningHeader } from '../wire/warnings.ts';
import type { ComponentSource } from './component-status.ts';
import type { Context } from './context.ts';
import { cleanUpCustomResources } from './custom-cleanup.ts';
import { giveFreedNames } from './custom-names.ts';
import { endWatchesOfChangedKinds } from './custom-watches.ts';
import { checkPolicies } from './policy-status.ts';
import { parseRoute } from './route.ts';
import { servePath } from './serve-path.ts';
import { serveResource } from './serve-resource.ts';
import { parseStored, serialise } from './stored.ts';

export interface ServiceRanges {
  /** Blocks of addresses, at most one of each family, the default one first. */
  readonly blocks?: readonly string[];
  /** Whether another program of this machine listens on a port, which is not chosen then. */
  readonly isPortInUse?: (port: number) => boolean;
}

export interface ApiOptions {
  readonly store: Store;
  readonly access: Access;
  readonly podLog: PodLog;
  /** Calls the webhooks of definitions; without it none can be called. */
  readonly callWebhook?: CallWebhook;
  /** Passes requests on to other API servers; without it there are none, and no APIServices of the kernel's own kinds. */
  readonly callRemote?: CallRemote;
  /** The parts of the control plane and how they are. */
  readonly components?: ComponentSource;
  /** What monitoring is told besides what is stored; without it there is no /metrics. */
  readonly metrics?: MetricsSource;
  /** What Services are given addresses and ports from; upstream's defaults when absent. */
  readonly services?: ServiceRanges;
  /** Kinds beside the built-in and the custom ones. */
  readonly kinds?: readonly KindDefinition[];
  /** Milliseconds since the epoch; the wall clock when absent. */
  readonly now?: () => number;
  /** 0 ≤ x < 1, for generated names and spread timeouts. */
  readonly random?: () => number;
  /** Unexpected failures: the client gets a 500, this the reason. */
  readonly log?: (message: string) => void;
}

export function createApi(options: ApiOptions): ApiHandler {
  const kinds = new Kinds(options.store);
  for (const definition of options.kinds ?? []) kinds.register(definition);
  const callWebhook = options.callWebhook ?? (() => Promise.reject(new Error('webhooks cannot be called from here')));
  const log = options.log ?? (() => {});
  const context: Context = {
    store: options.store,
    quotas: createLedger(kinds, options.store, options.now ?? Date.now, log),
    aggregation: aggregate(kinds, options, log),
    metrics: options.metrics,
    components: options.components,
    allocator: createAllocator(kinds, options, log),
    access: options.access,
    podLog: options.podLog,
    callWebhook,
    admission: new Admission({ store: options.store, kinds, callWebhook, authorizer: options.access, log }),
    kinds,
    nowMs: options.now ?? Date.now,
    random: options.random ?? Math.random,
    log,
  };
  cleanUpCustomResources(context);
  giveFreedNames(context);
  endWatchesOfChangedKinds(context);
  checkPolicies(context);
  return async (request, identity) => {
    const warnings: string[] = [];
    let response: ApiResponse;
    try {
      response = await serve(context, request, identity, warnings);
    } catch (error) {
      response = errorResponse(context, request, error);
    }
    if (warnings.length === 0) return response;
    return { ...response, headers: { ...response.headers, warning: warningHeader(warnings) } };
  };
}

/** Undefined where nobody can be called. */
function aggregate(kinds: Kinds, options: ApiOptions, log: (message: string) => void): Aggregation | undefined {
  const { store, callRemote, now: nowMs = Date.now } = options;
  if (callRemote === undefined) return undefined;
  const kind = kinds.find('apiregistration.k8s.io', 'v1', 'apiservices');
  if (kind === undefined) throw new Error('the table of kinds has no apiservices: kinds/built-in.ts has lost a row');
  const serialised = (object: JsonRecord, revision: number): string => serialise(kind, object, revision);
  keepLocalServices({ store, kinds: () => kinds.all(), nowMs, serialise: serialised, log }).catch((error: unknown) =>
    log(`APIServices cannot be written: ${error}`),
  );
  return new Aggregation({ store, callRemote, nowMs, serialise: serialised, log });
}

function createLedger(kinds: Kinds, store: Store, nowMs: () => number, log: (message: string) => void): QuotaLedger {
  const kind = kinds.find('', 'v1', 'resourcequotas');
  if (kind === undefined) throw new Error('the table of kinds has no resourcequotas: kinds/built-in.ts has lost a row');
  const serialised = (quota: JsonRecord, revision: number): string => serialise(kind, quota, revision);
  return new QuotaLedger({ store, nowMs, serialise: serialised, parse: parseStored, log });
}

const defaultBlocks: readonly string[] = ['10.0.0.0/24'];
const nodePorts = { first: 30_000, last: 32_767 };

function createAllocator(kinds: Kinds, options: ApiOptions, log: (message: string) => void): Allocator {
  const addressKind = kinds.find('networking.k8s.io', 'v1', 'ipaddresses');
  if (addressKind === undefined)
    throw new Error('the table of kinds has no ipaddresses: kinds/built-in.ts has lost a row');
  const { store, services = {}, now: nowMs = Date.now, random = Math.random } = options;
  const allocator = new Allocator({
    store,
    kinds: kinds.all(),
    addressKind,
    serialise,
    parse: parseStored,
    blocks: services.blocks ?? defaultBlocks,
    ports: nodePorts,
    isPortInUse: services.isPortInUse ?? (() => false),
    nowMs,
    log,
  });
  // Stands before every write of a client in the store's queue.
  allocator.completeAll(random).catch((error: unknown) => log(`Services could not be looked through: ${error}`));
  return allocator;
}

function errorResponse(context: Context, request: ApiRequest, error: unknown): ApiResponse {
  let answer = error;
  if (!(answer instanceof ApiError)) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    context.log(`${request.method} ${request.path}: ${reason}`);
    answer = internalError(error instanceof Error ? error.message : String(error));
  }
  const { code, headers, status } = answer as ApiError;
  const response = { status: code, headers: { ...jsonHeaders, ...headers }, body: JSON.stringify(status) };
  // Nothing that fits hides no error: it is told in JSON then (apiserver handlers/responsewriters).
  return encodeAnswer(response, legible(negotiable(request.headers.accept, offers.plain) ?? plainJson, request));
}

async function serve(
  context: Context,
  request: ApiRequest,
  identity: Identity,
  warnings: string[],
): Promise<ApiResponse> {
  const mark = request.path.indexOf('?');
  const path = mark < 0 ? request.path : request.path.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : request.path.slice(mark + 1));
  const route = parseRoute(path);
  if (route.kind === 'path') return servePath(context, request, identity, path, query);
  return serveResource(context, request, identity, route, query, warnings);
}
