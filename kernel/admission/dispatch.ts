/** Calling webhooks and understanding what they say (apiserver pkg/admission/plugin/webhook/{mutating,validating}). */
import { randomUUID } from 'node:crypto';
import type { StatusCause } from '@diatom/sdk/api';
import type { CallWebhook } from '../http/webhooks.ts';
import { isRecord, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import { applyJsonPatch, parseJsonPatch } from '../verbs/patches/json-patch.ts';
import { ApiError, internalError } from '../wire/status.ts';
import type { Attributes } from './attributes.ts';
import { makeReview, readVerdict, type Verdict } from './review.ts';
import type { Webhook } from './webhook.ts';

/** An object has 3 MB at most; a patch of all of it, as base64, is still within this. */
const longestAnswerBytes = 8 * 1024 * 1024;

/** The webhook could not be asked: what its failurePolicy is for. */
class WebhookFailure extends Error {}

const requestTimeout = (): ApiError =>
  new ApiError(504, 'Timeout', 'Timeout: request did not complete within requested timeout', {});

async function ask(
  call: CallWebhook,
  webhook: Webhook,
  attributes: Attributes,
  kind: Kind,
  mutating: boolean,
): Promise<Verdict> {
  const uid = randomUUID();
  const { name, client, reviewVersion } = webhook;
  const timeoutMs = Math.ceil(Math.min(webhook.timeoutMs, attributes.deadlineMs - performance.now()));
  if (timeoutMs <= 0) throw requestTimeout();
  const fail = (what: string, error: unknown): WebhookFailure =>
    new WebhookFailure(
      `failed calling webhook ${JSON.stringify(name)}: ${what}: ${error instanceof Error ? error.message : String(error)}`,
    );
  let answer: JsonRecord;
  try {
    answer = await call(client, makeReview(attributes, kind, reviewVersion, uid), timeoutMs, longestAnswerBytes);
  } catch (error) {
    throw fail('failed to call webhook', error);
  }
  try {
    return readVerdict(answer, reviewVersion, uid, mutating);
  } catch (error) {
    throw fail('received invalid webhook response', error);
  }
}

/** Undefined: the webhook could not be asked, and that is to be ignored. */
export async function askWebhook(
  call: CallWebhook,
  webhook: Webhook,
  attributes: Attributes,
  kind: Kind,
  mutating: boolean,
  warn: (text: string) => void,
): Promise<Verdict | undefined> {
  let verdict: Verdict;
  try {
    verdict = await ask(call, webhook, attributes, kind, mutating);
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error;
    if (!webhook.failsOpen) throw internalError(error.message);
    // It may have been the request's own time that was over.
    if (performance.now() >= attributes.deadlineMs) throw requestTimeout();
    return undefined;
  }
  for (const text of verdict.warnings) warn(text);
  if (!verdict.allowed) throw refusal(webhook.name, verdict.result ?? {});
  return verdict;
}

/** admission/plugin/webhook/errors/statuserror.go */
function refusal(name: string, result: JsonRecord): ApiError {
  const denied = `admission webhook ${JSON.stringify(name)} denied the request`;
  const [message, reason] = [stringAt(result, 'message'), stringAt(result, 'reason')];
  const why = message || reason;
  const given = numberAt(result, 'code') ?? 0;
  const details = recordAt(result, 'details');
  const causes: StatusCause[] = recordsAt(details, 'causes').map((cause) => ({
    reason: stringAt(cause, 'reason'),
    message: stringAt(cause, 'message'),
    field: stringAt(cause, 'field'),
  }));
  const { name: subject, group, kind, uid, retryAfterSeconds } = details;
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  return new ApiError(
    given >= 400 && given < 600 ? given : 400,
    reason,
    why === '' ? `${denied} without explanation` : `${denied}: ${why}`,
    Object.keys(details).length === 0
      ? undefined
      : {
          ...(isText(subject) ? { name: subject } : {}),
          ...(isText(group) ? { group } : {}),
          ...(isText(kind) ? { kind } : {}),
          ...(isText(uid) ? { uid } : {}),
          ...(causes.length === 0 ? {} : { causes }),
          ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}),
        },
  );
}

/** The object with a webhook's patch; the same object when there is nothing to change. */
export function applyVerdict(
  webhook: Webhook,
  { patch }: Verdict,
  object: JsonRecord | undefined,
  decode: (value: JsonRecord) => JsonRecord,
): JsonRecord | undefined {
  if (patch === '') return object;
  try {
    const operations = parseJsonPatch(JSON.parse(patch));
    if (operations.length === 0) return object;
    if (object === undefined) {
      const what = `admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`;
      throw new Error(what);
    }
    const made = applyJsonPatch(object, operations);
    if (!isRecord(made)) throw new Error('the patch leaves no object');
    return decode(made);
  } catch (error) {
    throw internalError(error instanceof Error ? error.message : String(error));
  }
}
