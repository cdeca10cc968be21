/** update (PUT), and the second half of every patch: how a changed object replaces the stored one. */
import type { ApiResponse } from '@diatom/sdk/api';
import { immutable } from '../kinds/field-errors.ts';
import { arrayAt, deepEqual, type JsonRecord, numberAt, stringAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import { validateMetadata, validateMetadataUpdate } from '../kinds/validate-metadata.ts';
import type { Decision, StoredObject } from '../store/store.ts';
import { badRequest, conflict, type FieldError, forbidden, modifiedMessage, notFound } from '../wire/status.ts';
import type { Admitted, Round } from './admit.ts';
import { dropSameOwners, tidyAdmitted } from './after-admission.ts';
import { type Call, type Context, requireAccess } from './context.ts';
import {
  admitNew,
  applyNamespace,
  listIn,
  lookupIn,
  prepareAdmission,
  prepareNew,
  requireNamespace,
  requireServiceAccount,
  startNew,
  validateNew,
} from './create.ts';
import { decodeBody } from './decode.ts';
import {
  encodeManagers,
  isReset,
  type Manager,
  readEntries,
  trackCreate,
  trackUpdate,
} from './managed/managed-fields.ts';
import { ownershipSchema } from './managed/ownership-schema.ts';
import { writerOf } from './managed/writer.ts';
import { isStoredTheSame, parseStored, serialise, settle } from './stored.ts';
import { admit, commit, isDryRun, metadataOf, objectKey, othersOf, requireValid, respond } from './write.ts';
import { warnOfWrite } from './write-warnings.ts';

export async function update(context: Context, call: Call): Promise<ApiResponse> {
  const dryRun = isDryRun(call.query, 'UpdateOptions');
  const object = await decodeBody(call);
  dropSameOwners(call, object);
  const { name } = call.route;
  const given = stringAt(object, 'metadata', 'name');
  if (given !== '' && given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  }
  metadataOf(object).name = name;
  applyNamespace(call, metadataOf(object));
  const outcome = await commit(context, objectKey(call, name), dryRun, (current, round) => {
    if (current !== undefined) {
      return replace(context, call, current, structuredClone(object), { verb: 'update', round, dryRun });
    }
    if (call.kind.rules.createOnUpdate !== true || call.route.subresource !== '') throw notFound(call.kind, name);
    if (stringAt(object, 'metadata', 'uid') !== '') {
      throw conflict(
        call.kind,
        name,
        `Precondition failed: UID in precondition: ${stringAt(object, 'metadata', 'uid')}, UID in object meta: `,
      );
    }
    return createByWrite(context, call, structuredClone(object), { verb: 'update', round, dryRun });
  });
  return respond(context, call, outcome.text, outcome.created ? 201 : 200);
}

/** How a write came to be, and the attempt it is. */
export interface Attempt {
  readonly verb: 'update' | 'patch';
  /** Absent where admission has had its say about the request in another form, as a Scale. */
  readonly round: Round | undefined;
  readonly dryRun: boolean;
}

/** A write to a name that does not exist, for kinds that allow it and for server-side apply. */
export function createByWrite(
  context: Context,
  call: Call,
  given: JsonRecord,
  { round, dryRun }: Attempt & { readonly round: Round },
  managers?: readonly Manager[],
): Decision {
  const { kind, route } = call;
  requireAccess(context, call.identity, {
    kind: 'resource',
    verb: 'create',
    group: kind.group,
    resource: kind.resource,
    namespace: route.namespace,
    name: route.name,
  });
  delete metadataOf(given).resourceVersion;
  requireNamespace(context, call, route.name);
  startNew(call, given);
  const managedFields =
    managers === undefined
      ? trackCreate(ownershipSchema(kind), given, writerOf(context, call))
      : encodeManagers(managers);
  const admission = { operation: 'CREATE', name: route.name, previous: undefined, dryRun } as const;
  const prepare = prepareAdmission(context, call);
  if (round.mutates(call, 'CREATE')) prepare(given);
  const object = round.mutate(call, { ...admission, object: given, prepare }) ?? given;
  tidyAdmitted(call, object);
  prepareNew(context, call, object, round, managedFields);
  requireValid(kind, route.name, validateNew(call, object));
  warnOfWrite(call, object, undefined);
  requireServiceAccount(context, call, route.name, object);
  admitNew(context, call, route.name, object);
  round.allocate(call, route.name, object, undefined);
  admit(context, call, { verb: 'create', name: route.name, object, previous: undefined });
  round.validate(call, { ...admission, object });
  round.charge(call, object, undefined);
  return { kind: 'put', value: (revision) => serialise(kind, object, revision) };
}

/** Decides how `wanted` replaces `current`; `wanted` is changed on the way. */
export function replace(
  context: Context,
  call: Call,
  current: StoredObject,
  wanted: JsonRecord,
  { verb, round, dryRun }: Attempt,
  manage: ManagedFields = trackedBy(context, call),
): Decision {
  const { kind, route } = call;
  const previous = parseStored(current.value);
  const before = metadataOf(previous);
  requireSameObject(call, wanted, before, current, verb);
  const given = metadataOf(wanted).managedFields;
  takeOver(kind, route.subresource, wanted, previous);
  const admission = { operation: 'UPDATE', name: route.name, previous, dryRun } as const;
  const object = admitChange(call, round, wanted, admission);
  const writeContext = {
    nowMs: round?.nowMs ?? context.nowMs(),
    user: call.identity,
    subresource: route.subresource,
    others: othersOf(context, kind),
    list: listIn(context),
    ...(dryRun ? {} : { counted: () => context.quotas.counted(objectKey(call, route.name)) }),
  };
  applyDefaults(kind, route.subresource, object);
  // What the kernel gives or puts back of it is nobody's.
  const written = wanted === object && kind.rules.allocation !== undefined ? structuredClone(wanted) : wanted;
  if (isPartOfStatus(route.subresource)) kind.rules.prepareStatus?.(object, previous, writeContext);
  else if (route.subresource === '') kind.rules.prepareUpdate?.(object, previous, writeContext);
  round?.allocate(call, route.name, object, previous);
  settle(kind, object);
  if (written !== object) settle(kind, written);
  // What is stored may be older than this form.
  settle(kind, previous);
  countGeneration(kind, object, previous);
  requireValid(kind, route.name, updateErrors(call, object, previous));
  warnOfWrite(call, object, previous);
  const why = route.subresource === '' ? kind.rules.admitUpdate?.(object, previous, lookupIn(context)) : undefined;
  if (why !== undefined) throw forbidden(kind, route.name, why);
  admit(context, call, { verb, name: route.name, object, previous });
  round?.validate(call, { ...admission, object });
  round?.charge(call, object, previous);
  const isChanged = !isStoredTheSame(kind, object, previous);
  // What webhooks change is nobody's.
  metadataOf(object).managedFields = manage(previous, written, given, isChanged);
  if (isReadyToGo(kind, object)) {
    return { kind: 'delete', finalValue: (revision) => serialise(kind, object, revision) };
  }
  return isStoredTheSame(kind, object, previous)
    ? { kind: 'keep' }
    : { kind: 'put', value: (revision) => serialise(kind, object, revision) };
}

/** Of a custom resource a write of the status gives defaults to the status alone: the rest stays as it was written. */
function applyDefaults(kind: Kind, subresource: string, object: JsonRecord): void {
  if (kind.nature !== 'custom' || subresource !== 'status') {
    kind.rules.defaults?.(object);
    return;
  }
  const alone: JsonRecord = object.status === undefined ? {} : { status: object.status };
  kind.rules.defaults?.(alone);
  // A null that may not be one goes.
  if (alone.status === undefined) delete object.status;
  else object.status = alone.status;
}

/** The wanted object as webhooks leave it; what no write may change they may not either. */
function admitChange(
  call: Call,
  round: Round | undefined,
  wanted: JsonRecord,
  input: Omit<Admitted, 'object'> & { readonly previous: JsonRecord },
): JsonRecord {
  const { kind, route } = call;
  if (round?.mutates(call, input.operation) !== true) {
    dropSameOwners(call, wanted, true);
    return wanted;
  }
  kind.rules.defaults?.(wanted);
  const object = round.mutate(call, { ...input, object: wanted }) ?? wanted;
  tidyAdmitted(call, object);
  takeOver(kind, route.subresource, object, input.previous);
  return object;
}

/** What a write makes of managedFields: `given` are those of its body, `isChanged` says whether it changes anything else. */
export type ManagedFields = (
  previous: JsonRecord,
  object: JsonRecord,
  given: unknown,
  isChanged: boolean,
) => readonly JsonRecord[];

/** An update and the like: the writer takes what it changes; it may also write the list itself, but not by a subresource. */
export function trackedBy(context: Context, call: Call, subresource = call.route.subresource): ManagedFields {
  return (previous, object, given) => {
    if (subresource === '' && isReset(given)) return [];
    const own = subresource === '' && Array.isArray(given) ? readEntries({ metadata: { managedFields: given } }) : [];
    const entries = own.length > 0 ? own : readEntries(previous);
    // A list that was emptied stays so until the next apply (internal/skipnonapplied.go).
    if (entries.length === 0) return [];
    return trackUpdate(ownershipSchema(call.kind), previous, object, entries, writerOf(context, call, subresource));
  };
}

function requireSameObject(
  call: Call,
  object: JsonRecord,
  before: JsonRecord,
  current: StoredObject,
  verb: 'update' | 'patch',
): void {
  const { kind, route } = call;
  const metadata = metadataOf(object);
  const uid = stringAt(metadata, 'uid');
  if (uid !== '' && uid !== before.uid) {
    // A PUT says which object it means; a patch cannot make it another one.
    if (verb === 'patch') requireValid(kind, route.name, [immutable('metadata.uid', uid)]);
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${String(before.uid)}`;
    throw conflict(kind, route.name, why, { uid: String(before.uid) });
  }
  const version = stringAt(metadata, 'resourceVersion');
  if (version === '' || version === '0') {
    if (kind.rules.conditionalUpdate === true && verb === 'update') {
      requireValid(kind, route.name, [
        {
          reason: 'FieldValueInvalid',
          field: 'metadata.resourceVersion',
          message: 'Invalid value: 0: must be specified for an update',
        },
      ]);
    }
  } else if (version !== String(current.modRevision)) throw conflict(kind, route.name, modifiedMessage);
}

const serverMetadata = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'generateName',
  'managedFields',
];

/** Subresources through which the status is written: `approval` is the part of it that approvers decide. */
const isPartOfStatus = (subresource: string): boolean => subresource === 'status' || subresource === 'approval';

/** Puts back what this write may not change: server-set metadata, and status or everything but status. */
function takeOver(kind: Kind, subresource: string, object: JsonRecord, previous: JsonRecord): void {
  const before = metadataOf(previous);
  if (isPartOfStatus(subresource)) {
    for (const key of new Set([...Object.keys(object), ...Object.keys(previous)])) {
      if (key === 'status' || key === 'metadata') continue;
      restore(object, previous, key);
    }
    keepMetadata(kind, object, before);
  } else if (kind.rules.parts?.[subresource] !== undefined) {
    const next = kind.rules.parts[subresource].take(structuredClone(object), previous);
    for (const key of Object.keys(object)) delete object[key];
    Object.assign(object, next);
  } else if (kind.subresources.has('status')) {
    if (previous.status === undefined) delete object.status;
    else object.status = previous.status;
  }
  const metadata = metadataOf(object);
  for (const key of serverMetadata) restore(metadata, before, key);
  delete metadata.selfLink;
}

/** A write of the status may note something down beside it, as controllers do (kubernetes pkg/registry: status strategies). */
function keepMetadata(kind: Kind, object: JsonRecord, before: JsonRecord): void {
  const keeps = kind.custom === undefined ? kind.rules.statusKeeps : 'metadata';
  if (keeps === 'metadata') object.metadata = { ...before };
  else for (const key of keeps ?? []) restore(metadataOf(object), before, key);
}

function restore(object: JsonRecord, before: JsonRecord, key: string): void {
  if (before[key] === undefined) delete object[key];
  else object[key] = before[key];
}

/** generation counts changes of what the user wants: everything but metadata and, where it is separate, status. */
function countGeneration(kind: Kind, object: JsonRecord, previous: JsonRecord): void {
  if (kind.rules.generation !== true) return;
  const desired = (value: JsonRecord): JsonRecord => {
    const { metadata: _metadata, apiVersion: _version, kind: _kind, status, ...rest } = value;
    return kind.subresources.has('status') ? rest : { ...rest, status };
  };
  if (deepEqual(desired(object), desired(previous))) return;
  metadataOf(object).generation = (numberAt(previous, 'metadata', 'generation') ?? 0) + 1;
}

function updateErrors(call: Call, object: JsonRecord, previous: JsonRecord): readonly FieldError[] {
  const { kind, warnings } = call;
  const { subresource } = call.route;
  const errors = [...validateMetadata(kind, object), ...validateMetadataUpdate(object, previous)];
  const part = subresource === 'status' ? 'status' : 'all';
  errors.push(...(kind.custom?.validate(object, previous, warnings, part) ?? []));
  if (isPartOfStatus(subresource)) return [...errors, ...(kind.rules.validateStatus?.(object, previous) ?? [])];
  errors.push(...(kind.rules.validate?.(object) ?? []));
  errors.push(...(kind.rules.parts?.[subresource]?.validate(object, previous) ?? []));
  if (subresource === '') errors.push(...(kind.rules.validateUpdate?.(object, previous) ?? []));
  return errors;
}

/** A deleted object nothing holds any more goes with the write that let go of it. */
export function isReadyToGo(kind: Kind, object: JsonRecord): boolean {
  const metadata = metadataOf(object);
  if (metadata.deletionTimestamp === undefined) return false;
  if (arrayAt(metadata, 'finalizers').length > 0 || kind.rules.held?.(object) === true) return false;
  return (numberAt(metadata, 'deletionGracePeriodSeconds') ?? 0) === 0;
}
