/** A request for objects: which verb it is, whether it may be, who answers it. */
import type { ApiRequest, ApiResponse, Identity, KubernetesObject } from '@diatom/sdk/api';
import { stringAt } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { resourcePrefix } from '../store/keys.ts';
import { encodeAnswer, jsonHeaders } from '../wire/encode-answer.ts';
import { type Answer, legible, negotiate, type Offer, offers, plainJson } from '../wire/media.ts';
import { requireFitting } from '../wire/render.ts';
import { ApiError, methodNotAllowed, pathNotFound } from '../wire/status.ts';
import { admitUnstored } from './admit.ts';
import { componentStatuses } from './component-status.ts';
import { ComputedStore } from './computed-store.ts';
import { type Call, type Context, requireAccess } from './context.ts';
import { create } from './create.ts';
import { decodeBody } from './decode.ts';
import { remove, removeCollection } from './delete.ts';
import { patch } from './patch.ts';
import { PresentedStore } from './presented-store.ts';
import { get, listObjects } from './read.ts';
import type { ResourceRoute } from './route.ts';
import { selectedName } from './selectors.ts';
import { refusedPodSubresources, subresources } from './subresources.ts';
import { update } from './update.ts';
import { serveView } from './view.ts';
import { watch } from './watch.ts';

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

export async function serveResource(
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
