/** get and list. Stored text goes out as it is; only selectors and other representations look inside. */
import type { ApiResponse } from '@diatom/sdk/api';
import { CompactedError, FutureRevisionError, type StoredObject } from '../store/store.ts';
import { jsonHeaders, protobufHeaders } from '../wire/encode-answer.ts';
import { checkIncludeObject, type ListMetadata, list, type RenderOptions, single } from '../wire/render.ts';
import { badRequest, expired, type FieldError, invalid, notFound, resourceVersionTooLarge } from '../wire/status.ts';
import { type Call, type Context, keyOf, prefixOf } from './context.ts';
import { decodeContinue, encodeContinue, inconsistentContinue } from './continue.ts';
import { listStream } from './list-stream.ts';
import { parseSelectors, type Selector, selectedName } from './selectors.ts';
import { asVersion, nameOfKey, parseStored } from './stored.ts';

export function renderOptions(context: Context, call: Call): RenderOptions {
  return {
    answer: call.answer,
    includeObject: checkIncludeObject(call.query.get('includeObject')),
    nowMs: context.nowMs(),
  };
}

export function getStored(context: Context, call: Call): StoredObject {
  const { kind, route } = call;
  const stored = context.store.get(keyOf(kind, route.namespace, route.name));
  if (stored === undefined) throw notFound(kind, route.name);
  return stored;
}

export function get(context: Context, call: Call): ApiResponse {
  if (['true', '1'].includes(call.query.get('export') ?? ''))
    throw badRequest('the export parameter, deprecated since v1.14, is no longer supported');
  const options = renderOptions(context, call);
  requireReached(context, parseResourceVersion(call.query.get('resourceVersion')));
  const text = asVersion(call.kind, getStored(context, call).value);
  return { status: 200, headers: jsonHeaders, body: single(call.kind, text, options) };
}

/** Undefined: the newest. 0: any. */
export function parseResourceVersion(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) {
    throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      {
        reason: 'FieldValueInvalid',
        field: 'resourceVersion',
        message: `Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
      },
    ]);
  }
  return Number(text);
}

function requireReached(context: Context, revision: number | undefined): void {
  if (revision !== undefined && revision > context.store.revision) {
    throw resourceVersionTooLarge(revision, context.store.revision);
  }
}

/** The rules of ListOptions (apimachinery internalversion/validation/validation.go). */
export function validateListOptions(query: URLSearchParams, isWatch: boolean): void {
  const errors: FieldError[] = [];
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  const sendInitialEvents = query.get('sendInitialEvents');
  const forbid = (field: string, message: string) =>
    errors.push({ reason: 'FieldValueForbidden', field, message: `Forbidden: ${message}` });
  if (match !== '' && match !== 'NotOlderThan' && match !== 'Exact') {
    const supported = '"", "Exact", "NotOlderThan"';
    const message = `Unsupported value: ${JSON.stringify(match)}: supported values: ${supported}`;
    errors.push({ reason: 'FieldValueNotSupported', field: 'resourceVersionMatch', message });
  }
  if (isWatch) {
    if (sendInitialEvents !== null && match === '') {
      forbid('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    } else if (sendInitialEvents !== null && match !== 'NotOlderThan') {
      const message = `Unsupported value: ${JSON.stringify(match)}: supported values: "NotOlderThan"`;
      errors.push({ reason: 'FieldValueNotSupported', field: 'resourceVersionMatch', message });
    }
    if (sendInitialEvents === null && match !== '') {
      forbid(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      );
    }
  } else {
    if (sendInitialEvents !== null) forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list');
    if (match !== '' && version === '') {
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    }
    if (match !== '' && query.get('continue')) {
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
    }
    if (match === 'Exact' && version === '0') {
      forbid('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

export function listSelector(call: Call): Selector | undefined {
  return parseSelectors(call.kind, call.query.get('labelSelector') ?? '', call.query.get('fieldSelector') ?? '');
}

function parseLimit(text: string | null): number {
  const limit = text === null || text === '' ? 0 : Number(text);
  if (!Number.isInteger(limit)) throw badRequest(`limit must be an integer, not ${JSON.stringify(text)}`);
  return Math.max(0, limit);
}

/** The state a list shows: now, or a past revision. */
function snapshotOf(context: Context, call: Call, limit: number): { atRevision?: number; startAfter?: string } {
  const token = call.query.get('continue');
  const revision = parseResourceVersion(call.query.get('resourceVersion'));
  if (token) {
    if (revision !== undefined && revision !== 0) {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    const { revision: at, startAfter } = decodeContinue(token, prefixOf(call.kind, call.route.namespace));
    return at === undefined ? { startAfter } : { atRevision: at, startAfter };
  }
  requireReached(context, revision);
  const match = call.query.get('resourceVersionMatch');
  const isExact = match === 'Exact' || (!match && limit > 0);
  return revision !== undefined && revision > 0 && isExact ? { atRevision: revision } : {};
}

export interface Page {
  readonly texts: readonly string[];
  readonly metadata: ListMetadata;
}

const pageSize = 500;

export function readPage(context: Context, call: Call): Page {
  validateListOptions(call.query, false);
  const prefix = prefixOf(call.kind, call.route.namespace);
  const limit = parseLimit(call.query.get('limit'));
  const selector = listSelector(call);
  const snapshot = snapshotOf(context, call, limit);
  try {
    return selector === undefined
      ? plainPage(context, call, prefix, limit, snapshot)
      : selectedPage(context, call, prefix, limit, snapshot, selector);
  } catch (error) {
    throw storeError(error, prefix, snapshot);
  }
}

/** Compacted and future revisions in Kubernetes' words. */
function storeError(error: unknown, prefix: string, { atRevision, startAfter }: Snapshot): unknown {
  if (error instanceof CompactedError) {
    if (startAfter !== undefined) {
      const message =
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
      return expired(message, inconsistentContinue(prefix, startAfter));
    }
    return expired('The resourceVersion for the provided list is too old.');
  }
  if (error instanceof FutureRevisionError) return resourceVersionTooLarge(atRevision ?? 0, error.current);
  return error;
}

type Snapshot = { readonly atRevision?: number; readonly startAfter?: string };

function plainPage(context: Context, call: Call, prefix: string, limit: number, snapshot: Snapshot): Page {
  const result = context.store.list(prefix, { ...snapshot, ...(limit > 0 ? { limit } : {}) });
  const revision = snapshot.atRevision ?? result.revision;
  const last = result.items.at(-1);
  const more =
    result.remaining > 0 && last !== undefined
      ? { continue: encodeContinue(prefix, revision, last.key), remainingItemCount: result.remaining }
      : {};
  return {
    texts: result.items.map((item) => asVersion(call.kind, item.value)),
    metadata: { resourceVersion: String(revision), ...more },
  };
}

function selectedPage(
  context: Context,
  call: Call,
  prefix: string,
  limit: number,
  snapshot: Snapshot,
  selector: Selector,
): Page {
  const texts: string[] = [];
  let { startAfter } = snapshot;
  let atRevision = snapshot.atRevision;
  const only = selectedName(call.query.get('fieldSelector') ?? '');
  for (;;) {
    const result = context.store.list(prefix, {
      limit: limit > 0 ? pageSize : Number.MAX_SAFE_INTEGER,
      ...(startAfter === undefined ? {} : { startAfter }),
      ...(atRevision === undefined ? {} : { atRevision }),
    });
    atRevision ??= result.revision;
    for (const [index, item] of result.items.entries()) {
      if (only !== '' && nameOfKey(item.key) !== only) continue;
      if (!selector(parseStored(item.value))) continue;
      texts.push(asVersion(call.kind, item.value));
      const isLast = index === result.items.length - 1 && result.remaining === 0;
      if (limit > 0 && texts.length === limit && !isLast) {
        const token = encodeContinue(prefix, atRevision, item.key);
        return { texts, metadata: { resourceVersion: String(atRevision), continue: token } };
      }
    }
    startAfter = result.items.at(-1)?.key;
    if (result.remaining === 0 || startAfter === undefined) {
      return { texts, metadata: { resourceVersion: String(atRevision) } };
    }
  }
}

/** All objects there are, without a selection: what may be long. */
function longList(context: Context, call: Call, options: RenderOptions): ApiResponse | undefined {
  validateListOptions(call.query, false);
  const isAll = parseLimit(call.query.get('limit')) === 0 && !call.query.get('continue');
  if (!isAll || listSelector(call) !== undefined) return undefined;
  const snapshot = snapshotOf(context, call, 0);
  try {
    return listStream(context, call, options, snapshot.atRevision);
  } catch (error) {
    throw storeError(error, prefixOf(call.kind, call.route.namespace), snapshot);
  }
}

export function listAnswer(context: Context, call: Call, { texts, metadata }: Page): ApiResponse {
  const body = list(call.kind, texts, metadata, renderOptions(context, call));
  return { status: 200, headers: typeof body === 'string' ? jsonHeaders : protobufHeaders, body };
}

export function listObjects(context: Context, call: Call): ApiResponse {
  const options = renderOptions(context, call);
  const long = longList(context, call, options);
  if (long !== undefined) return long;
  return listAnswer(context, call, readPage(context, call));
}
