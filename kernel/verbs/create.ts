/** create. */
import { randomUUID } from 'node:crypto';
import type { ApiResponse } from '@diatom/sdk/api';
import { type JsonRecord, stringAt } from '../kinds/json.ts';
import type { Kind, ObjectList, ObjectLookup } from '../kinds/kind.ts';
import { validateMetadata } from '../kinds/validate-metadata.ts';
import { resourcePrefix } from '../store/keys.ts';
import { ApiError, alreadyExists, badRequest, type FieldError, forbidden, notFound } from '../wire/status.ts';
import { mutateNew, mutates } from './admit.ts';
import { dropSameOwners, tidyAdmitted } from './after-admission.ts';
import type { Call, Context } from './context.ts';
import { decodeBody } from './decode.ts';
import { trackCreate } from './managed/managed-fields.ts';
import { ownershipSchema } from './managed/ownership-schema.ts';
import { writerOf } from './managed/writer.ts';
import { parseStored, serialise, settle } from './stored.ts';
import {
  admit,
  commit,
  isDryRun,
  metadataOf,
  type Outcome,
  objectKey,
  othersOf,
  requireValid,
  respond,
  timestamp,
} from './write.ts';
import { warnOfWrite } from './write-warnings.ts';

const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
const longestGenerateName = 58;
const generateAttempts = 8;

export async function create(context: Context, call: Call): Promise<ApiResponse> {
  const dryRun = isDryRun(call.query, 'CreateOptions');
  const object = await decodeBody(call);
  dropSameOwners(call, object);
  const started = await admitStart(context, call, object, dryRun);
  const { text } = await createObject(context, call, started, dryRun);
  return respond(context, call, text, 201);
}

/** What there is of a new object before the server decides its part of it. */
interface Started {
  readonly object: JsonRecord;
  /** Known already where webhooks have changed the object: what they put in is nobody's. */
  readonly managedFields?: readonly JsonRecord[];
}

async function admitStart(context: Context, call: Call, object: JsonRecord, dryRun: boolean): Promise<Started> {
  if (!mutates(context, call, 'CREATE')) return { object };
  startNew(call, object);
  const name = stringAt(object, 'metadata', 'name');
  requireNamespace(context, call, name);
  const managedFields = trackCreate(ownershipSchema(call.kind), written(call.kind, object), writerOf(context, call));
  metadataOf(object).managedFields = managedFields;
  const prepare = prepareAdmission(context, call);
  prepare(object);
  const input = { operation: 'CREATE', name, object, previous: undefined, dryRun, prepare } as const;
  const mutated = await mutateNew(context, call, input);
  tidyAdmitted(call, mutated);
  return { object: mutated, managedFields };
}

/** Stores a decoded object, with a generated name when it asks for one. */
async function createObject(
  context: Context,
  call: Call,
  { object, managedFields }: Started,
  dryRun: boolean,
): Promise<Outcome> {
  const generateName = stringAt(object, 'metadata', 'generateName');
  const isGenerated = stringAt(object, 'metadata', 'name') === '' && generateName !== '';
  for (let attempt = 1; ; attempt++) {
    if (isGenerated) metadataOf(object).name = generate(context, generateName);
    try {
      return await createNamed(context, call, structuredClone(object), managedFields, dryRun);
    } catch (error) {
      const isClash = error instanceof ApiError && error.status.reason === 'AlreadyExists';
      if (!isGenerated || !isClash || attempt === generateAttempts) throw error;
    }
  }
}

function generate(context: Context, base: string): string {
  let name = base.slice(0, longestGenerateName);
  for (let count = 0; count < 5; count++) {
    name += suffixAlphabet[Math.floor(context.random() * suffixAlphabet.length)];
  }
  return name;
}

async function createNamed(
  context: Context,
  call: Call,
  wanted: JsonRecord,
  managedFields: readonly JsonRecord[] | undefined,
  dryRun: boolean,
): Promise<Outcome> {
  prepareNew(context, call, wanted, { uid: randomUUID(), nowMs: context.nowMs() }, managedFields);
  const name = stringAt(wanted, 'metadata', 'name');
  requireValid(call.kind, name, validateNew(call, wanted));
  warnOfWrite(call, wanted, undefined);
  if (!dryRun) requireUnversioned(wanted);
  return commit(context, objectKey(call, name), dryRun, (current, round) => {
    if (current !== undefined) {
      // Who may not make it is not told that it is there.
      admit(context, call, { verb: 'create', name, object: wanted, previous: undefined });
      throw alreadyExists(call.kind, name);
    }
    requireNamespace(context, call, name);
    // Given anew by each attempt, where something is.
    const object = call.kind.rules.allocation === undefined ? wanted : structuredClone(wanted);
    requireServiceAccount(context, call, name, object);
    admitNew(context, call, name, object);
    round.allocate(call, name, object, undefined);
    admit(context, call, { verb: 'create', name, object, previous: undefined });
    round.validate(call, { operation: 'CREATE', name, object, previous: undefined, dryRun });
    round.charge(call, object, undefined);
    return { kind: 'put', value: (revision) => serialise(call.kind, object, revision) };
  });
}

/**
 * The storage's demand, so it comes after the object's own faults and not in a dry run (apiserver storage/etcd3, Create). What is
 * no version at all is nobody's claim.
 */
function requireUnversioned(object: JsonRecord): void {
  if (/^0*[1-9][0-9]*$/.test(stringAt(object, 'metadata', 'resourceVersion')))
    throw badRequest('resourceVersion should not be set on objects to be created');
}

export function validateNew({ kind, warnings }: Call, object: JsonRecord): readonly FieldError[] {
  const { custom, rules } = kind;
  return [
    ...validateMetadata(kind, object),
    ...(custom?.validate(object, undefined, warnings) ?? []),
    ...(rules.validate?.(object) ?? []),
    ...(rules.validateCreate?.(object) ?? []),
  ];
}

/** What a client may not say of a new object is taken away, what it leaves out gets its default. */
export function startNew(call: Call, object: JsonRecord): void {
  const { kind } = call;
  const metadata = metadataOf(object);
  applyNamespace(call, metadata);
  for (const key of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink', 'managedFields', 'generation']) {
    delete metadata[key];
  }
  if (kind.subresources.has('status') && kind.rules.keepsStatusOnCreate !== true) {
    if (kind.nature === 'built-in') object.status = {};
    else delete object.status;
  }
  kind.rules.defaults?.(object);
  settle(kind, object);
}

/** A separate status is not the writer's, even where its form says more than nothing. */
function written(kind: Kind, object: JsonRecord): JsonRecord {
  if (!kind.subresources.has('status') || kind.rules.keepsStatusOnCreate === true) return object;
  const { status: _status, ...rest } = object;
  return rest;
}

/** Fills in what the server decides (apiserver registry/rest/create.go, BeforeCreate). */
export function prepareNew(
  context: Context,
  call: Call,
  object: JsonRecord,
  { uid, nowMs }: { readonly uid: string; readonly nowMs: number },
  managedFields?: readonly JsonRecord[],
): void {
  const { kind } = call;
  startNew(call, object);
  const metadata = metadataOf(object);
  metadata.uid = uid;
  metadata.creationTimestamp = timestamp(nowMs);
  if (kind.rules.generation === true) metadata.generation = 1;
  // What the server decides from here on is nobody's.
  metadata.managedFields =
    managedFields ?? trackCreate(ownershipSchema(kind), written(kind, object), writerOf(context, call));
  kind.rules.prepareCreate?.(object, { nowMs, user: call.identity, others: othersOf(context, kind) });
}

/** The namespace is the URL's; a body may repeat it, not change it. */
export function applyNamespace(call: Call, metadata: JsonRecord): void {
  const given = stringAt(metadata, 'namespace');
  if (!call.kind.namespaced) {
    delete metadata.namespace;
    return;
  }
  if (given !== '' && given !== call.route.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  metadata.namespace = call.route.namespace;
}

/**
 * A pod runs as an account that exists (ServiceAccount admission). `default` counts as there: it comes a moment after
 * its namespace, and a pod created in between must not fail.
 */
export function requireServiceAccount(context: Context, call: Call, name: string, object: JsonRecord): void {
  const { kind, route } = call;
  if (kind.group !== '' || kind.resource !== 'pods') return;
  const account = stringAt(object, 'spec', 'serviceAccountName');
  if (account === '' || account === 'default') return;
  if (context.store.get(resourcePrefix('', 'serviceaccounts', route.namespace) + account) !== undefined) return;
  const where = `${route.namespace}/${account}`;
  throw forbidden(
    kind,
    name,
    `error looking up service account ${where}: serviceaccount ${JSON.stringify(account)} not found`,
  );
}

/** For rules that look at other objects of a namespace. */
export function listIn({ store }: Context): ObjectList {
  return (group, resource, namespace) =>
    store.list(resourcePrefix(group, resource, namespace)).items.map(({ value }) => parseStored(value));
}

/** For rules that look at one other object. */
export function lookupIn({ store }: Context): ObjectLookup {
  return (group, resource, name) => {
    const found = store.get(resourcePrefix(group, resource) + name);
    return found === undefined ? undefined : parseStored(found.value);
  };
}

/** The kind's own admission, which may look at other objects: why the object is forbidden. */
function admitKind(context: Context, { kind }: Call, object: JsonRecord): string | undefined {
  return kind.rules.admitCreate?.(object, lookupIn(context), listIn(context));
}

/**
 * What the kind's own admission puts in, for webhooks and policies to see, and again when they have changed something
 * (kubeapiserver options/plugins.go: they come last). A refusal is told at the end: they may still put the object right.
 */
export const prepareAdmission = (context: Context, call: Call) => (object: JsonRecord) => {
  admitKind(context, call, object);
};

export function admitNew(context: Context, call: Call, name: string, object: JsonRecord): void {
  const { kind } = call;
  const why = admitKind(context, call, object);
  if (why !== undefined) throw forbidden(kind, name, why);
  // What admission put in has to be right, too.
  if (kind.rules.admitCreate !== undefined) requireValid(kind, name, kind.rules.validate?.(object) ?? []);
}

const namespaces = { group: '', resource: 'namespaces' };

/** A namespaced object needs its namespace, and one that stays (NamespaceLifecycle admission). */
export function requireNamespace(context: Context, call: Call, name: string): void {
  const { kind, route } = call;
  if (kind.terminating === true) {
    const message = `create not allowed while custom resource definition is terminating`;
    throw new ApiError(405, 'MethodNotAllowed', message, { group: kind.group, kind: kind.resource });
  }
  if (!kind.namespaced) return;
  const namespace = context.store.get(resourcePrefix('', 'namespaces') + route.namespace);
  if (namespace === undefined) throw notFound(namespaces, route.namespace);
  if (stringAt(parseStored(namespace.value), 'metadata', 'deletionTimestamp') !== '') {
    const why = `unable to create new content in namespace ${route.namespace} because it is being terminated`;
    const message = `namespace ${route.namespace} is being terminated`;
    throw forbidden(kind, name, why, [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }]);
  }
}
