/** delete and deletecollection (apiserver registry/rest/delete.go, registry/generic/registry/store.go). */
import type { ApiResponse } from '@diatom/sdk/api';
import { decodeTyped } from '../kinds/decode-typed.ts';
import { arrayAt, type JsonRecord, numberAt, stringAt } from '../kinds/json.ts';
import type { Kind, Propagation } from '../kinds/kind.ts';
import { schemaOf } from '../kinds/type-table.ts';
import type { Decision, StoredObject } from '../store/store.ts';
import { readBody } from '../wire/body.ts';
import { jsonHeaders } from '../wire/encode-answer.ts';
import { ApiError, badRequest, conflict, forbidden, invalid, notFound } from '../wire/status.ts';
import type { Round } from './admit.ts';
import type { Call, Context } from './context.ts';
import { listAnswer, readPage } from './read.ts';
import { parseStored, serialise } from './stored.ts';
import { isReadyToGo } from './update.ts';
import { admit, commit, isDryRun, metadataOf, type Outcome, objectKey, respond, timestamp } from './write.ts';

export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds: number | undefined;
  readonly propagation: Propagation | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
  /** As the client gave them, for admission. */
  readonly given: JsonRecord;
}

const propagations: readonly Propagation[] = ['Background', 'Foreground', 'Orphan'];

/** From the body (JSON, YAML or protobuf; may be empty) or the query. */
async function readDeleteOptions(call: Call): Promise<DeleteOptions> {
  const schema = schemaOf('meta.v1.DeleteOptions');
  const { body, headers } = call.request;
  const given = body.length === 0 ? {} : (await readBody(body, headers['content-type'], schema)).value;
  if (given.kind !== undefined && given.kind !== 'DeleteOptions') {
    throw badRequest(`the body of a delete is a DeleteOptions, not a ${String(given.kind)}`);
  }
  return parseDeleteOptions(decodeTyped(schema, given, 'DeleteOptions', 'v1').object, call.query);
}

export function parseDeleteOptions(body: JsonRecord, query: URLSearchParams): DeleteOptions {
  const merged = new URLSearchParams();
  for (const value of [...arrayAt(body, 'dryRun').map(String), ...query.getAll('dryRun')])
    merged.append('dryRun', value);
  const gracePeriodSeconds = numberAt(body, 'gracePeriodSeconds') ?? parseGrace(query.get('gracePeriodSeconds'));
  let policy = stringAt(body, 'propagationPolicy') || (query.get('propagationPolicy') ?? '');
  const orphan = body.orphanDependents ?? query.get('orphanDependents');
  if (policy === '' && orphan !== undefined && orphan !== null)
    policy = String(orphan) === 'true' ? 'Orphan' : 'Background';
  const propagation = propagations.find((name) => name === policy);
  if (policy !== '' && propagation === undefined) {
    const message = `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`;
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      { reason: 'FieldValueNotSupported', field: 'propagationPolicy', message },
    ]);
  }
  return {
    dryRun: isDryRun(merged, 'DeleteOptions'),
    gracePeriodSeconds,
    propagation,
    uid: stringAt(body, 'preconditions', 'uid'),
    resourceVersion: stringAt(body, 'preconditions', 'resourceVersion'),
    given: body,
  };
}

function parseGrace(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (/^-?\d{1,18}$/.test(text)) return Number(text);
  throw badRequest(`gracePeriodSeconds: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** 68 years. A deletionTimestamp beyond what a time can say could never be written. */
const longestGraceSeconds = 2 ** 31 - 1;

export async function remove(context: Context, call: Call): Promise<ApiResponse> {
  const options = await readDeleteOptions(call);
  const outcome = await removeObject(context, call, call.route.name, options);
  if (!outcome.gone) {
    // Others that take their time say 200 as well, for old clients' sake (endpoints/handlers/delete.go).
    const isCascading = options.propagation === 'Foreground' || options.given.orphanDependents === false;
    return respond(context, call, outcome.text, isCascading ? 202 : 200);
  }
  const body = JSON.stringify(deletedStatus(call.kind, call.route.name, outcome.text));
  return { status: 200, headers: jsonHeaders, body };
}

function deletedStatus(kind: Kind, name: string, text: string): JsonRecord {
  const group = kind.group === '' ? {} : { group: kind.group };
  const uid = stringAt(parseStored(text), 'metadata', 'uid');
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...group, kind: kind.resource, uid },
  };
}

export async function removeObject(
  context: Context,
  call: Call,
  name: string,
  options: DeleteOptions,
  /** The name in the request: a deletecollection has none. */
  requested = name,
): Promise<Outcome> {
  return commit(context, objectKey(call, name), options.dryRun, (current, round) => {
    if (current === undefined) throw notFound(call.kind, name);
    const object = parseStored(current.value);
    requirePreconditions(call.kind, name, object, current, options);
    const why = call.kind.rules.admitDelete?.(object);
    if (why !== undefined) throw forbidden(call.kind, name, why);
    admit(context, call, { verb: 'delete', name, object: undefined, previous: object });
    admitDeletion(call, round, requested, object, options);
    return decideDeletion(call.kind, current, object, options, round.nowMs);
  });
}

function admitDeletion(call: Call, round: Round, name: string, previous: JsonRecord, options: DeleteOptions): void {
  // An eviction has been admitted as what it is.
  if (call.route.subresource !== '') return;
  const { given, dryRun } = options;
  const input = { operation: 'DELETE', name, object: undefined, previous, dryRun, options: given } as const;
  round.mutate(call, input);
  round.validate(call, input);
}

function requirePreconditions(
  kind: Kind,
  name: string,
  object: JsonRecord,
  current: StoredObject,
  options: DeleteOptions,
): void {
  const uid = stringAt(object, 'metadata', 'uid');
  if (options.uid !== '' && options.uid !== uid) {
    throw conflict(kind, name, `Precondition failed: UID in precondition: ${options.uid}, UID in object meta: ${uid}`);
  }
  const version = String(current.modRevision);
  if (options.resourceVersion !== '' && options.resourceVersion !== version) {
    const why = `Precondition failed: ResourceVersion in precondition: ${options.resourceVersion}, ResourceVersion in object meta: ${version}`;
    throw conflict(kind, name, why);
  }
}

/** Gone at once, or marked: graceful deletion, finalizers, and what a kind holds back itself. */
export function decideDeletion(
  kind: Kind,
  current: StoredObject,
  object: JsonRecord,
  options: DeleteOptions,
  nowMs: number,
): Decision {
  const metadata = metadataOf(object);
  const before = current.value;
  setFinalizers(kind, metadata, options.propagation);
  const asked = kind.rules.gracePeriodSeconds?.(object, options.gracePeriodSeconds) ?? 0;
  const wanted = Math.min(asked, longestGraceSeconds);
  const deletedAt = stringAt(metadata, 'deletionTimestamp');
  if (deletedAt === '') {
    metadata.deletionTimestamp = timestamp(nowMs + wanted * 1000);
    metadata.deletionGracePeriodSeconds = wanted;
    if (typeof metadata.generation === 'number') metadata.generation++;
    kind.rules.beforeDelete?.(object, { nowMs });
  } else {
    const running = numberAt(metadata, 'deletionGracePeriodSeconds') ?? 0;
    // Only ever shorter: the first deletion has promised an end.
    if (wanted < running && (options.gracePeriodSeconds !== undefined || wanted === 0)) {
      metadata.deletionTimestamp = timestamp(Date.parse(deletedAt) + (wanted - running) * 1000);
      metadata.deletionGracePeriodSeconds = wanted;
    }
  }
  if (isReadyToGo(kind, object)) {
    // What goes at once was never "terminating": its last state is the one it had.
    const last = deletedAt === '' && kind.rules.gracePeriodSeconds === undefined ? parseStored(before) : object;
    return { kind: 'delete', finalValue: (revision) => serialise(kind, last, revision) };
  }
  if (serialise(kind, object, current.modRevision) === before) return { kind: 'keep' };
  return { kind: 'put', value: (revision) => serialise(kind, object, revision) };
}

const collectorFinalizers: Readonly<Record<Propagation, string>> = {
  Background: '',
  Foreground: 'foregroundDeletion',
  Orphan: 'orphan',
};

function setFinalizers(kind: Kind, metadata: JsonRecord, asked: Propagation | undefined): void {
  const present = arrayAt(metadata, 'finalizers');
  const propagation =
    asked ??
    (present.some((item) => item === 'orphan' || item === 'foregroundDeletion')
      ? undefined
      : kind.rules.defaultPropagation);
  const finalizers = new Set(present);
  if (propagation !== undefined && kind.rules.uncollected !== true) {
    finalizers.delete('orphan');
    finalizers.delete('foregroundDeletion');
    if (collectorFinalizers[propagation] !== '') finalizers.add(collectorFinalizers[propagation]);
  }
  if (kind.rules.deletionFinalizer !== undefined && metadata.deletionTimestamp === undefined) {
    finalizers.add(kind.rules.deletionFinalizer);
  }
  metadata.finalizers = [...finalizers];
}

export async function removeCollection(context: Context, call: Call): Promise<ApiResponse> {
  const options = await readDeleteOptions(call);
  const { texts, metadata } = readPage(context, call);
  const removed: string[] = [];
  for (const text of texts) {
    const object = parseStored(text);
    const inNamespace = { ...call, route: { ...call.route, namespace: stringAt(object, 'metadata', 'namespace') } };
    try {
      const outcome = await removeObject(context, inNamespace, stringAt(object, 'metadata', 'name'), options, '');
      removed.push(outcome.text);
    } catch (error) {
      // Somebody else was faster; it is gone all the same.
      if (!(error instanceof ApiError && error.code === 404)) throw error;
    }
  }
  return listAnswer(context, call, { texts: removed, metadata });
}
