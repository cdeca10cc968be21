/** From a request to a verb, and from an error to a Status. */
import type { ApiHandler, ApiRequest, ApiResponse, Identity, KubernetesObject } from '@diatom/sdk/api';
import type { Access } from '../access/access.ts';
import { Admission } from '../admission/admission.ts';
import { Aggregation } from '../aggregation/aggregation.ts';
import { keepLocalServices } from '../aggregation/local-services.ts';
import { Allocator } from '../allocation/allocator.ts';
import type { PodLog } from '../http/pod-log.ts';
import type { CallRemote } from '../http/remote-api.ts';
import type { CallWebhook } from '../http/webhooks.ts';
import { type JsonRecord, stringAt } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { Kinds } from '../kinds/kinds.ts';
import type { KindDefinition } from '../kinds/registry.ts';
import {
  expose,
  expositionType,
  type Family,
  healthFamilies,
  type MetricsSource,
  storeFamilies,
} from '../metrics/index.ts';
import { QuotaLedger } from '../quota/ledger.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { discover, type SubresourceTable } from '../wire/discovery.ts';
import { encodeAnswer, jsonHeaders } from '../wire/encode-answer.ts';
import { type Answer, legible, negotiable, negotiate, type Offer, offers, plainJson } from '../wire/media.ts';
import { requireFitting } from '../wire/render.ts';
import { ApiError, internalError, methodNotAllowed, pathNotFound } from '../wire/status.ts';
import { version } from '../wire/version.ts';
import { warningHeader } from '../wire/warnings.ts';
import { admitUnstored } from './admit.ts';
import { type ComponentSource, componentStatuses } from './component-status.ts';
import { ComputedStore } from './computed-store.ts';
import { type Call, type Context, requireAccess } from './context.ts';
import { create } from './create.ts';
import { cleanUpCustomResources } from './custom-cleanup.ts';
import { giveFreedNames } from './custom-names.ts';
import { endWatchesOfChangedKinds } from './custom-watches.ts';
import { decodeBody } from './decode.ts';
import { remove, removeCollection } from './delete.ts';
import { patch } from './patch.ts';
import { checkPolicies } from './policy-status.ts';
import { PresentedStore } from './presented-store.ts';
import { get, listObjects } from './read.ts';
import { parseRoute, type ResourceRoute } from './route.ts';
import { selectedName } from './selectors.ts';
import { parseStored, serialise } from './stored.ts';
import { refusedPodSubresources, subresources } from './subresources.ts';
import { update } from './update.ts';
import { serveView } from './view.ts';
import { watch } from './watch.ts';

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

// ---- documents about the API --------------------------------------------------------------------------------------

const subresourceTable: SubresourceTable = Object.fromEntries(
  Object.entries(subresources).map(([name, { verbs, type }]) => [
    name,
    { verbs: Object.keys(verbs).sort(), ...(type === undefined ? {} : { type }) },
  ]),
);

async function servePath(
  context: Context,
  request: ApiRequest,
  identity: Identity,
  path: string,
  query: URLSearchParams,
): Promise<ApiResponse> {
  requireAccess(context, identity, { kind: 'path', verb: request.method.toLowerCase(), path });
  if (request.method !== 'GET' && request.method !== 'HEAD') throw pathNotFound();
  const { accept, 'if-none-match': ifNoneMatch } = request.headers;
  if (path === '/version' || path === '/version/') return version();
  if (path.startsWith('/openapi/')) {
    const { openapi } = await import('../wire/openapi/documents.ts');
    const { aggregation } = context;
    const remote =
      aggregation === undefined
        ? {}
        : path.startsWith('/openapi/v3')
          ? { remoteDocuments: await aggregation.schemaDocuments() }
          : { remoteSchemas: await aggregation.swaggers() };
    const document = openapi({
      ...remote,
      path,
      query,
      accept,
      ifNoneMatch,
      kinds: context.kinds.all(),
      generation: context.kinds.registry.generation,
    });
    if (document !== undefined) return document;
    throw pathNotFound();
  }
  if (path === '/metrics') return serveMetrics(context);
  if (path === '/metrics/slis') return exposed(await healthFamilies(context.components ?? {}));
  const [, group = '', groupVersion = ''] = /^\/apis\/([^/]+)\/([^/]+)\/?$/.exec(path) ?? [];
  const owner = context.aggregation?.find(group, groupVersion);
  if (owner !== undefined && context.aggregation !== undefined)
    return context.aggregation.serve(owner, request, identity);
  if (path === '/') return { status: 200, headers: jsonHeaders, body: JSON.stringify({ paths: pathsOf(context) }) };
  const document = discover({
    path,
    accept,
    ifNoneMatch,
    kinds: context.kinds.all(),
    subresources: subresourceTable,
    remote: context.aggregation?.versions() ?? [],
  });
  if (document === undefined) throw pathNotFound();
  return encodeAnswer(document, legible(negotiable(accept, offers.plain) ?? plainJson, request));
}

/** What the API has at its root, for whoever looks around. */
function pathsOf({ kinds, aggregation }: Context): readonly string[] {
  const remote = aggregation?.versions() ?? [];
  const versions = [...[...kinds.all()].filter(({ group }) => group !== ''), ...remote];
  const groups = versions.flatMap(({ group, version }) => [`/apis/${group}`, `/apis/${group}/${version}`]);
  return [...new Set([...fixedPaths, ...groups])].sort();
}

const fixedPaths: readonly string[] = [
  '/.well-known/openid-configuration',
  '/api',
  '/api/v1',
  '/apis',
  '/healthz',
  '/livez',
  '/metrics',
  '/metrics/slis',
  '/openapi/v2',
  '/openapi/v3',
  '/openid/v1/jwks',
  '/readyz',
  '/version',
];

async function serveMetrics({ metrics, store, kinds }: Context): Promise<ApiResponse> {
  if (metrics === undefined) throw pathNotFound();
  return exposed([...(await metrics()), ...storeFamilies(store, kinds.all())]);
}

function exposed(families: readonly Family[]): ApiResponse {
  return { status: 200, headers: { 'content-type': expositionType }, body: expose(families) };
}

// ---- objects -----------------------------------------------------------------------------------------------------

type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';
type Serve = (context: Context, call: Call) => ApiResponse | Promise<ApiResponse>;

const verbs: Readonly<Record<Verb, Serve>> = {
  get,
  list: listObjects,
  watch,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
};

function verbOf(method: string, route: ResourceRoute, query: URLSearchParams): Verb | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD': {
      const wantsWatch = route.legacyWatch || ['true', '1'].includes(query.get('watch') ?? '');
      if (route.name !== '') return route.legacyWatch ? 'watch' : 'get';
      return wantsWatch ? 'watch' : 'list';
    }
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return route.name === '' ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}

async function serveResource(
  context: Context,
  request: ApiRequest,
  identity: Identity,
  route: ResourceRoute,
  query: URLSearchParams,
  warnings: string[],
): Promise<ApiResponse> {
  const verb = verbOf(request.method, route, query);
  const { group, resource, subresource } = route;
  requireAccess(context, identity, {
    kind: 'resource',
    // A method that stands for nothing is nothing anybody may be allowed, but for those who may do everything.
    verb: verb ?? '',
    group,
    resource,
    subresource,
    // Upstream counts a namespace object as being in itself, so that a Role there can allow reading it.
    namespace: group === '' && resource === 'namespaces' ? route.name : route.namespace,
    fieldSelector: query.get('fieldSelector') ?? '',
    name: route.name || (verb === 'list' || verb === 'watch' ? selectedName(query.get('fieldSelector') ?? '') : ''),
  });
  const owner = context.aggregation?.find(group, route.version);
  if (owner !== undefined && context.aggregation !== undefined)
    return context.aggregation.serve(owner, request, identity);
  const kind = context.kinds.find(group, route.version, resource);
  if (kind === undefined) throw pathNotFound();
  if (verb === undefined || request.method === 'HEAD') throw methodNotAllowed({ group, resource }, request.method);
  if (kind.deprecationWarning !== undefined) warnings.push(kind.deprecationWarning);
  const answer = legible(answerFor(kind, route, verb, request), request);
  const call: Call = { request, identity, route, kind, query, answer, warnings };
  requireScope(call, verb);
  return encodeAnswer(await serveCall(context, call, verb), answer);
}

/** Judged before anything is done: a write whose answer nobody could read must not happen. */
function answerFor(kind: Kind, route: ResourceRoute, verb: Verb, request: ApiRequest): Answer {
  // A log is text, whatever its reader says it takes.
  if (route.subresource === 'log') return plainJson;
  const hasMessage = kind.nature === 'built-in' && kind.schema.typeName !== undefined;
  const offer: Offer = kind.review !== undefined ? offers.plain : hasMessage ? offers.builtIn : offers.custom;
  const { accept } = request.headers;
  const negotiated = negotiate(accept, offer);
  const watchOffer = hasMessage ? offers.builtInWatch : offers.customWatch;
  const answer = verb === 'watch' ? negotiate(accept, watchOffer) : negotiated;
  requireFitting(answer, kind, verb === 'list' || verb === 'deletecollection');
  return answer;
}

async function serveCall(context: Context, call: Call, verb: Verb): Promise<ApiResponse> {
  const { kind, route } = call;
  if (kind.computed === true) {
    const store = new ComputedStore(context.store, await componentStatuses(context.components));
    return serveKind({ ...context, store }, call, verb);
  }
  if (kind.custom === undefined && kind.conversion === undefined) return serveKind(context, call, verb);
  const store = new PresentedStore(
    context.store,
    kind,
    resourcePrefix(route.group, route.resource),
    context.callWebhook,
    context.log,
  );
  // The verbs see one version only: the one asked for.
  const inVersion = { ...call, kind: { ...kind, storageApiVersion: apiVersionOf(kind) } };
  return store.serve(() => serveKind({ ...context, store }, inVersion, verb));
}

async function serveKind(context: Context, call: Call, verb: Verb): Promise<ApiResponse> {
  const { kind, route } = call;
  const { subresource } = route;
  if (kind.review !== undefined && subresource === '') return review(context, call, verb, kind.review);
  if (subresource !== '') {
    const isPod = kind.group === '' && kind.resource === 'pods';
    // A path behind the name of the subresource belongs to what it would lead to: pods/NAME/proxy/some/path.
    const [first = ''] = subresource.split('/', 1);
    const refuse = isPod && Object.hasOwn(refusedPodSubresources, first) ? refusedPodSubresources[first] : undefined;
    // Streams are opened with GET or POST; only a proxy takes every method.
    if (refuse !== undefined && first !== 'proxy' && verb !== 'get' && verb !== 'create') throw notAllowed(call);
    if (refuse !== undefined) return refuse(context, { ...call, route: { ...route, subresource: first } });
    const serveVerb = kind.subresources.has(subresource) ? subresources[subresource]?.verbs : undefined;
    if (serveVerb === undefined) throw pathNotFound();
    const answer = serveVerb[verb];
    if (answer === undefined) throw notAllowed(call);
    return answer(context, call);
  }
  if (
    !kind.verbs.includes(verb) ||
    (verb === 'create' && route.name !== '') ||
    (verb === 'update' && route.name === '')
  ) {
    throw notAllowed(call);
  }
  const { view } = kind;
  if (view === undefined) return verbs[verb](context, call);
  return serveView(context, call, view, (inner) => verbs[verb](context, inner));
}

function requireScope({ kind, route }: Call, verb: Verb): void {
  const needsNamespace = kind.namespaced && (route.name !== '' || verb === 'create' || verb === 'deletecollection');
  if (needsNamespace && route.namespace === '') throw pathNotFound();
  if (!kind.namespaced && route.namespace !== '') throw pathNotFound();
}

function notAllowed({ kind }: Call): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.resource,
  });
}

async function review(
  context: Context,
  call: Call,
  verb: Verb,
  name: NonNullable<Call['kind']['review']>,
): Promise<ApiResponse> {
  if (verb !== 'create') throw notAllowed(call);
  const given = await decodeBody(call);
  const asked = stringAt(given, 'metadata', 'name');
  const admission = { operation: 'CREATE', name: asked, object: given, previous: undefined, dryRun: false } as const;
  const object = ((await admitUnstored(context, call, admission)) ?? given) as unknown as KubernetesObject;
  const { reviews } = context.access;
  const answer =
    name === 'localSubjectAccessReview'
      ? reviews.localSubjectAccessReview(object, call.route.namespace)
      : reviews[name](object, call.identity);
  return { status: 201, headers: jsonHeaders, body: JSON.stringify(answer) };
}
