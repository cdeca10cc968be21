/** Server-side apply (structured-merge-diff merge/update.go, apimachinery pkg/util/managedfields). */
import type { ApiResponse } from '@diatom/sdk/api';
import { arrayAt, isRecord, type JsonRecord, stringAt } from '../kinds/json.ts';
import { apiVersionOf } from '../kinds/kind.ts';
import type { StoredObject } from '../store/store.ts';
import { readBody } from '../wire/body.ts';
import { ApiError, badRequest, type FieldError, invalid, notFound } from '../wire/status.ts';
import type { Round } from './admit.ts';
import type { Call, Context } from './context.ts';
import { applyNamespace } from './create.ts';
import { decodeApplied, type Expected, expectedOf } from './decode.ts';
import { type FieldSet, fieldsOf, formatPath, owns, subtract, union } from './managed/field-set.ts';
import { keepLastApplied, lastAppliedFields, migratingManager } from './managed/last-applied.ts';
import { encodeManagers, isSameManager, type Manager, manageable, managersForApply } from './managed/managed-fields.ts';
import { conflictingPaths, mergeApplied, pruneApplied, setOfPaths } from './managed/merge-applied.ts';
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
  const applied = await readApplied(call, expectedOf(kind));
  const outcome = await commit(context, objectKey(call, route.name), options.dryRun, (current, round) => {
    const manager = managerOf(context, call, options.manager, applied);
    if (current !== undefined) return applyTo(context, call, { ...options, round }, manager, current, applied);
    if (route.subresource !== '') throw notFound(kind, route.name);
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
  const applied = await readApplied(call, expected);
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

async function readApplied(call: Call, expected: Expected): Promise<JsonRecord> {
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
  return applied;
}

/** What an apply through this path may own: status on its own, everything else without it. */
function ownPart(call: Call, object: JsonRecord): JsonRecord {
  if (call.route.subresource === 'status') return object.status === undefined ? {} : { status: object.status };
  return manageable(object, call.kind.subresources.has('status') ? ['status'] : []);
}

function managerOf(context: Context, call: Call, name: string, applied: JsonRecord): Manager {
  return {
    name,
    operation: 'Apply',
    apiVersion: apiVersionOf(call.kind),
    subresource: call.route.subresource,
    time: timestamp(context.nowMs()),
    fields: fieldsOf(call.kind.schema, ownPart(call, applied)),
  };
}

function applyTo(
  context: Context,
  call: Call,
  options: ApplyOptions & { readonly round: Round | undefined },
  manager: Manager,
  current: StoredObject,
  applied: JsonRecord,
) {
  const { schema } = call.kind;
  const live = parseStored(asVersion(call.kind, current.value));
  const managers = managersForApply(schema, live, manager);
  const own = managers.find((other) => isSameManager(other, manager));
  let others = managers.filter((other) => other !== own);
  const wanted = ownPart(call, applied);
  const conflicts = others.map((other) => ({
    other,
    paths: conflictingPaths(schema, manageable(live), wanted, manager.fields, other.fields),
  }));
  if (!options.force)
    refuseConflicts(
      conflicts,
      options.manager === migratingManager ? lastAppliedFields(schema, manager.apiVersion, live) : undefined,
    );
  others = conflicts.map(({ other, paths }) =>
    paths.length === 0 ? other : { ...other, fields: subtract(other.fields, setOfPaths(paths)) },
  );
  const keep = others.reduce<FieldSet>((all, other) => union(all, other.fields), manager.fields);
  const merged = mergeApplied(schema, live, { ...wanted, ...(isRecord(wanted.metadata) ? {} : { metadata: {} }) });
  const object = (own === undefined ? merged : pruneApplied(schema, merged, own.fields, keep)) as JsonRecord;
  copyPreconditions(applied, object);
  if (options.manager === migratingManager) keepLastApplied(object, applied);
  const attempt = { verb: 'patch', round: options.round, dryRun: options.dryRun } as const;
  return replace(context, call, current, structuredClone(object), attempt, (_previous, _object, _given, isChanged) => {
    // Applying the same again is no change, however late it is; nor is having a share in what is there already.
    const time = isChanged ? manager.time : (own?.time ?? '');
    return encodeManagers([...others, { ...manager, time }]);
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
  readonly paths: readonly (readonly string[])[];
}

/** Paths in `allowed` are the manager's already. */
function refuseConflicts(conflicts: readonly Conflict[], allowed: FieldSet | undefined): void {
  const refused = conflicts.map(({ other, paths }) => ({
    other,
    paths: allowed === undefined ? paths : paths.filter((path) => !owns(allowed, path)),
  }));
  if (refused.some(({ paths }) => paths.length > 0)) throw conflictError(refused);
}

function printManager({ name, operation, apiVersion, subresource, time }: Manager): string {
  const part = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  const when = time === '' ? '' : ` at ${time}`;
  return `${JSON.stringify(name)}${part}${operation === 'Update' ? ` using ${apiVersion}${when}` : ''}`;
}

/** managedfields/internal/conflict.go */
function conflictError(conflicts: readonly Conflict[]): ApiError {
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
