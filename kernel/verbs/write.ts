/** What all writes share: options, the commit or its dry run, admission, the answer. */
import type { ApiResponse, KubernetesObject } from '@diatom/sdk/api';
import type { Exchange } from '../allocation/allocator.ts';
import { isRecord, type JsonRecord } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import type { Charge } from '../quota/check.ts';
import type { Booking } from '../quota/ledger.ts';
import type { ChangeBeside, Decision, StoredObject, WriteResult } from '../store/store.ts';
import { jsonHeaders } from '../wire/encode-answer.ts';
import { single } from '../wire/render.ts';
import { ApiError, conflict, invalid, modifiedMessage, type Qualified } from '../wire/status.ts';
import { Round, Suspended } from './admit.ts';
import { type Call, type Context, keyOf, prefixOf } from './context.ts';
import { renderOptions } from './read.ts';
import { asVersion, notWritten, parseStored } from './stored.ts';

/** True for `dryRun=All`; anything else is refused. */
export function isDryRun(query: URLSearchParams, kind: string): boolean {
  const values = query.getAll('dryRun').filter((value) => value !== '');
  for (const value of values) {
    if (value === 'All') continue;
    const message = `Unsupported value: ${JSON.stringify(value)}: supported values: "All"`;
    throw invalid({ group: 'meta.k8s.io', kind }, '', [{ reason: 'FieldValueNotSupported', field: 'dryRun', message }]);
  }
  return values.length > 0;
}

export interface Outcome {
  /** The object after the write, or as it was last when it is gone. */
  readonly text: string;
  readonly gone: boolean;
  readonly created: boolean;
}

/** An object that changes each time webhooks have been asked about it is given up: its writer shall look again. */
const mostRounds = 20;

export type Decide = (current: StoredObject | undefined, round: Round) => Decision;

/**
 * Runs `decide` against the store, or only against what it holds now when it is a dry run. Where admission has to ask
 * webhooks, `decide` is run again with their answers, as long as the object is the one they were asked about.
 */
export async function commit(context: Context, key: string, dryRun: boolean, decide: Decide): Promise<Outcome> {
  let round = new Round(context);
  let rounds = 1;
  const decideInRound = (current: StoredObject | undefined): Decision => {
    if (!round.isAbout(current)) {
      if (++rounds > mostRounds) throw conflict(...subjectOf(key), modifiedMessage);
      round = new Round(context);
      round.isAbout(current);
    }
    round.charges = [];
    return decide(current, round);
  };
  for (;;) {
    try {
      return await commitOnce(context, key, dryRun, decideInRound, () => round.charges);
    } catch (error) {
      if (!(error instanceof Suspended)) throw error;
      await error.resume();
    }
  }
}

/** `group/resource/namespace/name` as a conflict tells it. */
function subjectOf(key: string): readonly [Qualified, string] {
  const [group = '', resource = ''] = key.split('/');
  return [{ group: group === 'core' ? '' : group, resource }, key.slice(key.lastIndexOf('/') + 1)];
}

async function commitOnce(
  context: Context,
  key: string,
  dryRun: boolean,
  decide: (current: StoredObject | undefined) => Decision,
  charges: () => readonly Charge[],
): Promise<Outcome> {
  if (dryRun) {
    const current = context.store.get(key);
    return outcomeOf(decide(current), current);
  }
  let outcome: Outcome | undefined;
  let booking: Booking | undefined;
  let exchange: Exchange | undefined;
  const exchanged = (before: string | undefined, after: string | undefined): readonly ChangeBeside[] => {
    exchange = context.allocator.exchange(key, before, after);
    return exchange?.beside ?? [];
  };
  const write = context.store.write(key, (current) => {
    const decision = decide(current);
    switch (decision.kind) {
      case 'keep':
        outcome = outcomeOf(decision, current);
        return decision;
      case 'put': {
        const value = (revision: number): string => {
          outcome = { text: decision.value(revision), gone: false, created: current === undefined };
          if (charges().length > 0) booking = context.quotas.book(charges());
          return outcome.text;
        };
        return { kind: 'put', value, beside: () => exchanged(current?.value, outcome?.text) };
      }
      case 'delete': {
        const finalValue = (revision: number): string => {
          const text = decision.finalValue?.(revision) ?? current?.value ?? '';
          outcome = { text, gone: true, created: false };
          return text;
        };
        return { kind: 'delete', finalValue, beside: () => exchanged(current?.value, undefined) };
      }
    }
  });
  let result: WriteResult;
  try {
    result = await write;
  } catch (error) {
    booking?.cancel();
    exchange?.undo();
    throw error;
  }
  await booking?.written;
  return outcome ?? { text: result.current?.value ?? result.previous?.value ?? '', gone: false, created: false };
}

/** Of a write that does not happen: what is new has no revision. */
function outcomeOf(decision: Decision, current: StoredObject | undefined): Outcome {
  switch (decision.kind) {
    case 'keep':
      return { text: current?.value ?? '', gone: current === undefined, created: false };
    case 'put':
      return { text: decision.value(current?.modRevision ?? notWritten), gone: false, created: current === undefined };
    case 'delete':
      return { text: current?.value ?? '', gone: true, created: false };
  }
}

export interface AdmissionInput {
  readonly verb: 'create' | 'update' | 'patch' | 'delete';
  readonly name: string;
  readonly object: JsonRecord | undefined;
  readonly previous: JsonRecord | undefined;
}

export function admit(context: Context, call: Call, input: AdmissionInput): void {
  const refusal = context.access.admit({
    identity: call.identity,
    verb: input.verb,
    group: call.kind.group,
    resource: call.kind.resource,
    subresource: call.route.subresource,
    namespace: call.route.namespace,
    name: input.name,
    object: input.object as KubernetesObject | undefined,
    previous: input.previous as KubernetesObject | undefined,
  });
  if (refusal !== undefined) throw ApiError.from(refusal);
}

export function objectKey(call: Call, name: string): string {
  return keyOf(call.kind, call.route.namespace, name);
}

export function respond(context: Context, call: Call, text: string, status: number): ApiResponse {
  const body = single(call.kind, asVersion(call.kind, text), renderOptions(context, call));
  return { status, headers: jsonHeaders, body };
}

export function metadataOf(object: JsonRecord): JsonRecord {
  if (!isRecord(object.metadata)) object.metadata = {};
  return object.metadata as JsonRecord;
}

/** For rules that look at the other objects of their kind. */
export function othersOf(context: Context, kind: Kind): (part: string) => readonly JsonRecord[] {
  return (part) =>
    context.store
      .list(prefixOf(kind, ''))
      .items.filter(({ value }) => value.includes(part))
      .map(({ value }) => parseStored(value));
}

export function timestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}

/** What the kind's own rules and those of metadata find wrong is one 422. */
export function requireValid(kind: Kind, name: string, errors: Parameters<typeof invalid>[2]): void {
  if (errors.length > 0) throw invalid(kind, name, errors);
}
