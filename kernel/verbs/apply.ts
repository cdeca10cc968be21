/** Server-side apply (structured-merge-diff merge/update.go, apimachinery pkg/util/managedfields). */
import type { ApiResponse } from '@diatom/sdk/api';
import { arrayAt, isRecord, type JsonRecord, stringAt } from '../kinds/json.ts';
import { apiVersionOf } from '../kinds/kind.ts';
import type { StoredObject } from '../store/store.ts';
import { readBody } from '../wire/body.ts';
import { ApiError, badRequest, conflict, type FieldError, invalid, notFound } from '../wire/status.ts';
import type { Round } from './admit.ts';
import type { Call, Context } from './context.ts';
import { applyNamespace } from './create.ts';
import { decodeApplied, type Expected, expectedOf } from './decode.ts';
import { withNulls, withoutNulls } from './managed/applied-nulls.ts';
import { changesBetween } from './managed/changes.ts';
import {
  emptySet,
  type FieldSet,
  fieldsOf,
  formatPath,
  intersect,
  isEmptySet,
  pathsOf,
  reconcile,
  subtract,
  union,
} from './managed/field-set.ts';
import { keepLastApplied, lastAppliedFields, migratingManager } from './managed/last-applied.ts';
import { encodeManagers, isSameManager, type Manager, manageable, managersForApply } from './managed/managed-fields.ts';
import { mergeApplied } from './managed/merge-applied.ts';
import { ownershipSchema } from './managed/ownership-schema.ts';
import { pruneApplied } from './managed/prune-applied.ts';
import { requestedManager } from './managed/writer.ts';
import { asVersion, parseStored } from './stored.ts';
import { createByWrite, replace } from './update.ts';
import { commit, isDryRun, metadataOf, objectKey, respond, timestamp } from './write.ts';

interface ApplyOptions {
  readonly manager: string;
  readonly force: boolean;
  readonly dryRun: boolean;
}

function readOptions(call: Call): ApplyOptions {
  const manager = requestedManager(call);
  if (manager === '') {
    const error: FieldError = {
      reason: 'FieldValueRequired',
      field: 'fieldManager',
      message: 'Required value: is required for apply patch',
    };
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [error]);
  }
  const force = ['true', '1'].includes(call.query.get('force') ?? '');
  return { manager, force, dryRun: isDryRun(call.query, 'PatchOptions') };
}

export async function apply(context: Context, call: Call): Promise<ApiResponse> {
  const { kind, route } = call;
  const options = readOptions(call);
  const { applied, given } = await readApplied(call, expectedOf(kind));
  const outcome = await commit(context, objectKey(call, route.name), options.dryRun, (current, round) => {
    // A field that is set to null is owned, although nothing is there.
    const manager = managerOf(context, call, options.manager, given);
    if (current !== undefined) return applyTo(context, call, { ...options, round }, manager, current, applied, given);
    if (route.subresource !== '') throw notFound(kind, route.name);
    const uid = stringAt(applied, 'metadata', 'uid');
    if (uid !== '') {
      const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
      throw conflict(kind, route.name, why);
    }
    const object = structuredClone(applied);
    return createByWrite(context, call, object, { verb: 'patch', round, dryRun: options.dryRun }, [manager]);
  });
  return respond(context, call, outcome.text, outcome.created ? 201 : 200);
}

/**
 * An apply of another object through a subresource, as a Scale: `partOf` says which part of the object itself it stands
 * for, `shownOf` what the object looks like through the subresource. Answers the object's text.
 */
export async function applyPart(
  context: Context,
  call: Call,
  expected: Expected,
  partOf: (applied: JsonRecord) => JsonRecord,
  shownOf: (object: JsonRecord) => JsonRecord,
): Promise<string> {
  const { kind, route } = call;
  const options = readOptions(call);
  const { applied } = await readApplied(call, expected);
  const whole = { ...call, route: { ...route, subresource: '' } };
  const { text } = await commit(context, objectKey(call, route.name), options.dryRun, (current, round) => {
    if (current === undefined) throw notFound(kind, route.name);
    const previous = shownOf(parseStored(asVersion(kind, current.value)));
    const { name } = route;
    const admission = { operation: 'UPDATE', name, previous, dryRun: options.dryRun, body: expected } as const;
    const wanted = mergeApplied(expected.schema, previous, applied) as JsonRecord;
    const admitted = round.mutate(call, { ...admission, object: wanted }) ?? wanted;
    round.validate(call, { ...admission, object: admitted });
    const part = { ...partOf(admitted === wanted ? applied : admitted), metadata: metadataOf(applied) };
    const { metadata: _, ...rest } = part;
    const manager = { ...managerOf(context, whole, options.manager, rest), subresource: route.subresource };
    return applyTo(context, whole, { ...options, round: undefined }, manager, current, part);
  });
  return text;
}

interface Applied {
  readonly applied: JsonRecord;
  /** The body as it came. */
  readonly given: JsonRecord;
}

async function readApplied(call: Call, expected: Expected): Promise<Applied> {
  const { route } = call;
  const body = await readBody(call.request.body, 'application/apply-patch+yaml');
  const applied = decodeApplied(call, expected, body);
  const metadata = metadataOf(applied);
  if (arrayAt(metadata, 'managedFields').length > 0) throw badRequest('metadata.managedFields must be nil');
  const name = stringAt(metadata, 'name');
  if (name !== route.name && name !== '') {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${route.name})`);
  }
  metadata.name = route.name;
  applyNamespace(call, metadata);
  return { applied, given: body.value };
}

/** What an apply through this path may own: what a write through it may change (kubernetes pkg/registry: GetResetFields). */
function ownPart(call: Call, object: JsonRecord): JsonRecord {
  const { kind, route } = call;
  if (route.subresource !== 'status') return manageable(object, kind.subresources.has('status') ? ['status'] : []);
  const status = object.status === undefined ? {} : { status: object.status };
  const keeps = kind.custom === undefined ? kind.rules.statusKeeps : 'metadata';
  const { metadata } = manageable(object);
  if (keeps === 'metadata' || !isRecord(metadata)) return status;
  const rest = Object.fromEntries(Object.entries(metadata).filter(([key]) => keeps?.includes(key) !== true));
  return Object.keys(rest).length === 0 ? status : { metadata: rest, ...status };
}

function managerOf(context: Context, call: Call, name: string, applied: JsonRecord): Manager {
  return {
    name,
    operation: 'Apply',
    apiVersion: apiVersionOf(call.kind),
    subresource: call.route.subresource,
    time: timestamp(context.nowMs()),
    // The object as a whole is nobody's.
    fields: { ...fieldsOf(ownershipSchema(call.kind), ownPart(call, applied)), owned: false },
  };
}

/** Whoever applies says the object's name, which nobody owns: metadata stays when nothing else of it is applied any more. */
function appliedName(): FieldSet {
  const metadata = emptySet();
  metadata.children.set('f:name', emptySet(true));
  const set = emptySet();
  set.children.set('f:metadata', metadata);
  return set;
}

function applyTo(
  context: Context,
  call: Call,
  options: ApplyOptions & { readonly round: Round | undefined },
  manager: Manager,
  current: StoredObject,
  applied: JsonRecord,
  given: JsonRecord = applied,
) {
  const schema = ownershipSchema(call.kind);
  const live = parseStored(asVersion(call.kind, current.value));
  const managers = managersForApply(schema, live, manager).map((other) => ({
    ...other,
    fields: reconcile(schema, other.fields),
  }));
  const own = managers.find((other) => isSameManager(other, manager));
  const others = managers.filter((other) => other !== own);
  const full = call.kind.nature === 'built-in' ? withNulls(schema, applied, given) : applied;
  const wanted = ownPart(call, isRecord(full) ? full : applied);
  const merged = mergeApplied(schema, live, {
    ...wanted,
    ...(isRecord(wanted.metadata) ? {} : { metadata: {} }),
  }) as JsonRecord;
  const managed = others.reduce<FieldSet>((all, other) => union(all, other.fields), manager.fields);
  const held = union(managed, appliedName());
  const pruned = own === undefined ? merged : pruneApplied(schema, merged, own.fields, held);
  const { changed, removed } = changesBetween(schema, manageable(live), manageable(pruned));
  const conflicts = others.map((other) => ({ other, fields: intersect(other.fields, changed) }));
  if (!options.force) {
    const allowed =
      options.manager === migratingManager ? lastAppliedFields(schema, manager.apiVersion, live) : emptySet();
    refuseConflicts(conflicts, allowed);
  }
  const left = conflicts.map(({ other, fields }) => ({
    ...other,
    fields: subtract(subtract(other.fields, fields), removed),
  }));
  const object = full === applied ? pruned : (withoutNulls(schema, pruned) as JsonRecord);
  copyPreconditions(applied, object);
  if (options.manager === migratingManager) keepLastApplied(object, applied);
  const attempt = { verb: 'patch', round: options.round, dryRun: options.dryRun } as const;
  return replace(context, call, current, structuredClone(object), attempt, (_previous, _object, _given, isChanged) => {
    // Applying the same again is no change, however late it is; nor is having a share in what is there already.
    const time = isChanged ? manager.time : (own?.time ?? '');
    return encodeManagers([...left, { ...manager, time }]);
  });
}

/** A uid or resourceVersion in the applied object is a precondition, as in an update. */
function copyPreconditions(applied: JsonRecord, object: JsonRecord): void {
  const [from, to] = [metadataOf(applied), { ...metadataOf(object) }];
  for (const key of ['uid', 'resourceVersion']) {
    if (from[key] === undefined) delete to[key];
    else to[key] = from[key];
  }
  object.metadata = to;
}

interface Conflict {
  readonly other: Manager;
  readonly fields: FieldSet;
}

/** Fields in `allowed` are the manager's already. */
function refuseConflicts(conflicts: readonly Conflict[], allowed: FieldSet): void {
  if (conflicts.every(({ fields }) => isEmptySet(subtract(fields, allowed)))) return;
  throw conflictError(conflicts.map(({ other, fields }) => ({ other, paths: pathsOf(subtract(fields, allowed)) })));
}

function printManager({ name, operation, apiVersion, subresource, time }: Manager): string {
  const part = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  const when = time === '' ? '' : ` at ${time}`;
  return `${JSON.stringify(name)}${part}${operation === 'Update' ? ` using ${apiVersion}${when}` : ''}`;
}

/** managedfields/internal/conflict.go */
function conflictError(conflicts: readonly { other: Manager; paths: readonly (readonly string[])[] }[]): ApiError {
  const all = conflicts.flatMap(({ other, paths }) =>
    paths.map((path) => ({ manager: printManager(other), path: formatPath(path) })),
  );
  const [first] = all;
  const lines = conflicts
    .filter(({ paths }) => paths.length > 0)
    .flatMap(({ other, paths }) => [
      `conflicts with ${printManager(other)}:`,
      ...paths.map((path) => `- ${formatPath(path)}`),
    ]);
  const message =
    all.length === 1 && first !== undefined
      ? `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.path}`
      : `Apply failed with ${all.length} conflicts: ${lines.join('\n')}`;
  const causes = all.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field: path,
  }));
  return new ApiError(409, 'Conflict', message, { causes });
}
