/** Subresources: which exist, which verbs each takes, and who answers. The kinds' rows say which they have. */
import type { ApiResponse, KubernetesObject } from '@diatom/sdk/api';
import { invalidValue } from '../kinds/field-errors.ts';
import {
  arrayAt,
  ensureRecord,
  isRecord,
  type JsonRecord,
  numberAt,
  recordAt,
  setAt,
  stringAt,
  valueAt,
} from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import { columnsByKind } from '../kinds/printers/columns.ts';
import { placePod } from '../kinds/rules/pod-place.ts';
import { formatSelector } from '../kinds/selector-text.ts';
import { schemaOf } from '../kinds/type-table.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { StoredObject } from '../store/store.ts';
import { jsonHeaders } from '../wire/encode-answer.ts';
import { bodyType } from '../wire/media.ts';
import { single } from '../wire/render.ts';
import { badRequest, conflict, invalid, modifiedMessage, notFound } from '../wire/status.ts';
import { type Admitted, admitUnstored, type Round } from './admit.ts';
import { type Call, type Context, requireAccess } from './context.ts';
import { applyNamespace } from './create.ts';
import { decodeBody, type Expected } from './decode.ts';
import { parseDeleteOptions } from './delete.ts';
import { evictPod } from './eviction.ts';
import { applyPatch, patch, patched, readPatch } from './patch.ts';
import { get, getStored, renderOptions } from './read.ts';
import { parseStored, serialise } from './stored.ts';
import { isReadyToGo, replace, trackedBy, update } from './update.ts';
import { admit, commit, isDryRun, metadataOf, objectKey, timestamp } from './write.ts';

type Serve = (context: Context, call: Call) => ApiResponse | Promise<ApiResponse>;

export interface Subresource {
  /** Verb to answerer. */
  readonly verbs: Readonly<Record<string, Serve>>;
  /** What discovery says its objects are, when they are not the kind's own. */
  readonly type?: { readonly group: string; readonly version: string; readonly kind: string };
}

const success = (code: number): ApiResponse => ({
  status: code,
  headers: jsonHeaders,
  body: JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code }),
});

const bodyOf = (object: JsonRecord, status: number): ApiResponse => ({
  status,
  headers: jsonHeaders,
  body: JSON.stringify(object),
});

const expectedBodies = {
  scale: { apiVersion: 'autoscaling/v1', kind: 'Scale', type: 'autoscaling.v1.Scale' },
  binding: { apiVersion: 'v1', kind: 'Binding', type: 'core.v1.Binding' },
  eviction: {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    type: 'policy.v1.Eviction',
    otherVersions: ['policy/v1beta1'],
  },
  token: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', type: 'authentication.v1.TokenRequest' },
} as const;

function expected(name: keyof typeof expectedBodies): Expected {
  const { type, ...body } = expectedBodies[name];
  return { ...body, schema: schemaOf(type), nature: 'built-in' };
}

// ---- scale -------------------------------------------------------------------------------------------------------

function scaleOf(kind: Kind, object: JsonRecord): JsonRecord {
  const paths = kind.scale;
  if (paths === undefined) throw notFound(kind, '');
  const { name, namespace, uid, resourceVersion, creationTimestamp } = recordAt(object, 'metadata');
  const selector = paths.selector === undefined ? undefined : valueAt(object, paths.selector);
  const text = isRecord(selector) ? formatSelector(selector) : selector;
  const replicas = valueAt(object, paths.specReplicas);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: {
      replicas: numberAt(object, ...paths.statusReplicas) ?? 0,
      ...(typeof text === 'string' && text !== '' ? { selector: text } : {}),
    },
  };
}

const getScale: Serve = (context, call) => scaleAnswer(context, call, getStored(context, call).value);

const scaleKinds = new WeakMap<Kind, Kind>();

/** A Scale, or the Table or the metadata of it. */
function scaleAnswer(context: Context, call: Call, text: string): ApiResponse {
  const scale = scaleOf(call.kind, parseStored(text));
  if (call.answer.representation === 'object') return bodyOf(scale, 200);
  let kind = scaleKinds.get(call.kind);
  if (kind === undefined) {
    kind = { ...call.kind, kind: 'Scale', columns: columnsByKind['autoscaling.v1.Scale'] ?? [] };
    scaleKinds.set(call.kind, kind);
  }
  return { status: 200, headers: jsonHeaders, body: single(kind, JSON.stringify(scale), renderOptions(context, call)) };
}

/** Carries spec.replicas of a Scale into the object it scales. */
async function writeScale(
  context: Context,
  call: Call,
  verb: 'update' | 'patch',
  scaleFor: (current: JsonRecord) => JsonRecord,
): Promise<ApiResponse> {
  const { kind, route } = call;
  const dryRun = isDryRun(call.query, 'UpdateOptions');
  const outcome = await commit(context, objectKey(call, route.name), dryRun, (current, round) => {
    if (current === undefined) throw notFound(kind, route.name);
    const object = parseStored(current.value);
    const previous = scaleOf(kind, object);
    const body = expected('scale');
    const input = { operation: 'UPDATE', name: route.name, previous, dryRun, body } as const;
    const given = scaleFor(scaleOf(kind, object));
    const scale = round.mutate(call, { ...input, object: given }) ?? given;
    round.validate(call, { ...input, object: scale });
    const version = stringAt(scale, 'metadata', 'resourceVersion');
    if (version !== '' && version !== String(current.modRevision)) throw conflict(kind, route.name, modifiedMessage);
    setAt(object, kind.scale?.specReplicas ?? [], replicasOf(scale, route.name) ?? 0);
    const whole = { ...call, route: { ...route, subresource: '' } };
    return replace(context, whole, current, object, { verb, round: undefined, dryRun }, trackedBy(context, call));
  });
  return scaleAnswer(context, call, outcome.text);
}

const updateScale: Serve = async (context, call) => {
  const scale = await decodeBody(call, expected('scale'));
  return writeScale(context, call, 'update', () => scale);
};

function replicasOf(scale: JsonRecord, name: string): number | undefined {
  const replicas = numberAt(scale, 'spec', 'replicas');
  if (replicas === undefined || replicas >= 0) return replicas;
  const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
  throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
    { reason: 'FieldValueInvalid', field: 'spec.replicas', message },
  ]);
}

/** The applier owns the object's number of replicas, and nothing else of it. */
async function applyScale(context: Context, call: Call): Promise<ApiResponse> {
  const { kind, route } = call;
  const { applyPart } = await import('./apply.ts');
  const partOf = (scale: JsonRecord): JsonRecord => {
    const part: JsonRecord = {};
    const replicas = replicasOf(scale, route.name);
    if (replicas !== undefined) setAt(part, kind.scale?.specReplicas ?? [], replicas);
    return part;
  };
  const shownOf = (object: JsonRecord): JsonRecord => scaleOf(kind, object);
  const text = await applyPart(context, call, expected('scale'), partOf, shownOf);
  return scaleAnswer(context, call, text);
}

const patchScale: Serve = (context, call) => {
  if (bodyType(call.request.headers['content-type']) === applyPatch) return applyScale(context, call);
  const change = readPatch(call, call.kind.nature, expected('scale').schema);
  return writeScale(context, call, 'patch', (current) => patched(call, expected('scale'), change, current));
};

// ---- pods ----------------------------------------------------------------------------------------------------------

const bind: Serve = async (context, call) => {
  const { kind, route } = call;
  const dryRun = isDryRun(call.query, 'CreateOptions');
  const body = expected('binding');
  const given = await decodeBody(call, body);
  const binding = await admitPosted(context, call, given, body, dryRun);
  const node = stringAt(binding, 'target', 'name');
  const targetKind = stringAt(binding, 'target', 'kind');
  if (targetKind !== '' && targetKind !== 'Node') {
    throw invalid({ group: '', kind: 'Binding' }, route.name, [
      {
        reason: 'FieldValueNotSupported',
        field: 'target.kind',
        message: `Unsupported value: ${JSON.stringify(targetKind)}: supported values: "Node", "<empty>"`,
      },
    ]);
  }
  if (node === '') {
    throw invalid({ group: '', kind: 'Binding' }, route.name, [
      { reason: 'FieldValueRequired', field: 'target.name', message: 'Required value' },
    ]);
  }
  const nowMs = context.nowMs();
  await commit(context, objectKey(call, route.name), dryRun, (current) => {
    if (current === undefined) throw notFound(kind, route.name);
    const pod = parseStored(current.value);
    const bindingFor = { group: '', resource: 'pods/binding' };
    const uid = stringAt(binding, 'metadata', 'uid');
    if (uid !== '' && uid !== stringAt(pod, 'metadata', 'uid')) {
      throw conflict(
        bindingFor,
        route.name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stringAt(pod, 'metadata', 'uid')}`,
      );
    }
    const version = stringAt(binding, 'metadata', 'resourceVersion');
    if (version !== '' && version !== String(current.modRevision)) {
      const why = `Precondition failed: ResourceVersion in precondition: ${version}, ResourceVersion in object meta: ${current.modRevision}`;
      throw conflict(bindingFor, route.name, why);
    }
    if (stringAt(pod, 'metadata', 'deletionTimestamp') !== '') {
      throw conflict(bindingFor, route.name, `pod ${route.name} is being deleted, cannot be assigned to a host`);
    }
    const host = stringAt(pod, 'spec', 'nodeName');
    if (host !== '')
      throw conflict(bindingFor, route.name, `pod ${route.name} is already assigned to node ${JSON.stringify(host)}`);
    if (arrayAt(pod, 'spec', 'schedulingGates').length > 0)
      throw conflict(bindingFor, route.name, `pod ${route.name} has non-empty .spec.schedulingGates`);
    admit(context, call, { verb: 'create', name: route.name, object: binding, previous: pod });
    ensureRecord(pod, 'spec').nodeName = node;
    for (const field of ['annotations', 'labels']) mergeFrom(binding, metadataOf(pod), field);
    const stored = context.store.get(resourcePrefix('', 'nodes') + node);
    placePod(pod, stored && parseStored(stored.value));
    const status = ensureRecord(pod, 'status');
    // Where it was meant to go is of no use to anybody any more.
    delete status.nominatedNodeName;
    const others = arrayAt(status, 'conditions').filter((condition) => stringAt(condition, 'type') !== 'PodScheduled');
    status.conditions = [...others, { type: 'PodScheduled', status: 'True', lastTransitionTime: timestamp(nowMs) }];
    return { kind: 'put', value: (revision) => serialise(kind, pod, revision) };
  });
  return success(201);
};

function mergeFrom(binding: JsonRecord, metadata: JsonRecord, field: string): void {
  const added = recordAt(binding, 'metadata', field);
  if (Object.keys(added).length > 0) metadata[field] = { ...recordAt(metadata, field), ...added };
}

/** The body of a subresource that is posted, as admission leaves it. */
async function admitPosted(
  context: Context,
  call: Call,
  object: JsonRecord,
  body: Expected,
  dryRun: boolean,
): Promise<JsonRecord> {
  const input = { operation: 'CREATE', name: call.route.name, object, previous: undefined, dryRun, body } as const;
  return (await admitUnstored(context, call, input)) ?? object;
}

const evict: Serve = async (context, call) => {
  const { route } = call;
  const body = expected('eviction');
  const dryRun = isDryRun(call.query, 'CreateOptions');
  const eviction = await admitPosted(context, call, await decodeBody(call, body), body, dryRun);
  const given = stringAt(eviction, 'metadata', 'name');
  if (given !== '' && given !== route.name)
    throw badRequest(`name in URL does not match name in Eviction object: ${route.name} != ${given}`);
  const pod = parseStored(getStored(context, call).value);
  admit(context, call, { verb: 'create', name: call.route.name, object: eviction, previous: pod });
  await evictPod(context, call, pod, parseDeleteOptions(recordAt(eviction, 'deleteOptions'), call.query));
  return success(201);
};

const log: Serve = (context, call) => {
  const pod = parseStored(getStored(context, call).value) as unknown as KubernetesObject;
  return context.podLog({ pod, query: call.query });
};

/** Why a stream into a pod is refused: kubectl prints the message as it is. */
const noStreams: Readonly<Record<string, string>> = {
  exec: 'pods in this cell are sealed images without a shell or any other program: exec is not available; kubectl logs shows what a pod wrote',
  attach:
    'pods in this cell are sealed images without standard input: attach is not available; kubectl logs -f follows what a pod writes',
  portforward:
    'port-forward is not available in this cell: connect to the address of the pod or of its Service, both are loopback addresses of this machine',
  proxy:
    'pods/proxy is not available in this cell: connect to the address of the pod or of its Service, both are loopback addresses of this machine',
};

const refuseStream: Serve = async (context, call) => {
  const { identity, route } = call;
  // A WebSocket is asked for with GET; who may only read must get no further (AuthorizePodWebsocketUpgradeCreatePermission).
  if (route.subresource !== 'proxy') requireAccess(context, identity, { ...route, verb: 'create' });
  // 404 for a pod that is not there.
  getStored(context, call);
  await admitUnstored(context, call, connection(call));
  throw badRequest(noStreams[call.route.subresource] ?? '');
};

const connectKinds: Readonly<Record<string, string>> = {
  exec: 'PodExecOptions',
  attach: 'PodAttachOptions',
  portforward: 'PodPortForwardOptions',
  proxy: 'PodProxyOptions',
};

/** What somebody wants of a pod, as admission is told: the query is the object. */
function connection({ route, query }: Call): Admitted {
  const kind = connectKinds[route.subresource] ?? '';
  const object: JsonRecord = {};
  for (const key of ['stdin', 'stdout', 'stderr', 'tty'])
    if (query.get(key) === 'true' || query.get(key) === '1') object[key] = true;
  for (const key of ['container', 'path']) if (query.has(key)) object[key] = query.get(key);
  if (query.has('command')) object.command = query.getAll('command');
  const body: Expected = { apiVersion: 'v1', kind, schema: { type: 'any' }, nature: 'custom' };
  return { operation: 'CONNECT', name: route.name, object, previous: undefined, dryRun: false, body };
}

/**
 * What the server answers though it does not have it, with the reason: discovery does not list these, and a client that
 * knows them from Kubernetes asks all the same.
 */
export const refusedPodSubresources: Readonly<Record<string, Serve>> = Object.fromEntries(
  Object.keys(noStreams).map((name) => [name, refuseStream]),
);

// ---- serviceaccounts/token, namespaces/finalize ----------------------------------------------------------------------

const createToken: Serve = async (context, call) => {
  const body = expected('token');
  const given = await decodeBody(call, body);
  const { name } = call.route;
  requireOwnName(metadataOf(given), name);
  applyNamespace(call, metadataOf(given));
  metadataOf(given).name = name;
  const request = await admitPosted(context, call, given, body, isDryRun(call.query, 'CreateOptions'));
  admit(context, call, { verb: 'create', name, object: request, previous: undefined });
  const serviceAccount = parseStored(getStored(context, call).value) as unknown as KubernetesObject;
  const answer = context.access.reviews.tokenRequest(request as unknown as KubernetesObject, serviceAccount);
  return bodyOf(answer as unknown as JsonRecord, 201);
};

/** A request for a token that names an account names the one of its path. */
function requireOwnName(metadata: JsonRecord, name: string): void {
  const given = stringAt(metadata, 'name');
  if (given === '' || given === name) return;
  const wrong = invalidValue('metadata.name', given, 'must match the service account name if specified');
  throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, name, [wrong]);
}

/** PUT namespaces/NAME/finalize: writes spec.finalizers, and with the last one gone the namespace goes too. */
const finalize: Serve = async (context, call) => {
  const { kind, route } = call;
  const decoded = await decodeBody(call);
  const dryRun = isDryRun(call.query, 'UpdateOptions');
  const outcome = await commit(
    context,
    objectKey(call, route.name),
    dryRun,
    (current: StoredObject | undefined, round: Round) => {
      if (current === undefined) throw notFound(kind, route.name);
      const next = parseStored(current.value);
      const input = { operation: 'UPDATE', name: route.name, previous: next, dryRun } as const;
      const object = round.mutate(call, { ...input, object: decoded }) ?? decoded;
      const version = stringAt(object, 'metadata', 'resourceVersion');
      if (version !== '' && version !== String(current.modRevision)) throw conflict(kind, route.name, modifiedMessage);
      admit(context, call, { verb: 'update', name: route.name, object, previous: next });
      round.validate(call, { ...input, object });
      ensureRecord(next, 'spec').finalizers = arrayAt(object, 'spec', 'finalizers');
      if (isReadyToGo(kind, next)) return { kind: 'delete', finalValue: (revision) => serialise(kind, next, revision) };
      return { kind: 'put', value: (revision) => serialise(kind, next, revision) };
    },
  );
  return { status: 200, headers: jsonHeaders, body: outcome.text };
};

export const subresources: Readonly<Record<string, Subresource>> = {
  status: { verbs: { get, update, patch } },
  approval: { verbs: { get, update, patch } },
  ephemeralcontainers: { verbs: { get, update, patch } },
  resize: { verbs: { get, update, patch } },
  scale: {
    verbs: { get: getScale, update: updateScale, patch: patchScale },
    type: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  },
  binding: { verbs: { create: bind }, type: { group: '', version: 'v1', kind: 'Binding' } },
  eviction: { verbs: { create: evict }, type: { group: 'policy', version: 'v1', kind: 'Eviction' } },
  log: { verbs: { get: log } },
  token: {
    verbs: { create: createToken },
    type: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  },
  finalize: { verbs: { update: finalize } },
};
