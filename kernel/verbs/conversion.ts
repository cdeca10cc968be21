/** Objects from version to version by a definition's webhook (apiextensions-apiserver pkg/apiserver/conversion/webhook_converter.go). */
import { randomUUID } from 'node:crypto';
import type { CallWebhook } from '../http/webhooks.ts';
import type { ConversionWebhook } from '../kinds/custom/conversion-spec.ts';
import { arrayAt, isRecord, type JsonRecord, recordAt, stringAt } from '../kinds/json.ts';
import { validateLabels } from '../kinds/validate-metadata.ts';
import { ApiError } from '../wire/status.ts';

const timeoutMs = 30_000;

/** The objects in the version asked for, in the same order; metadata but labels and annotations as it was. */
export async function convert(
  call: CallWebhook,
  webhook: ConversionWebhook,
  objects: readonly JsonRecord[],
  apiVersion: string,
): Promise<readonly JsonRecord[]> {
  const [first] = objects;
  const subject = `${stringAt(first, 'apiVersion')}, Kind=${stringAt(first, 'kind')}`;
  const fail = (why: string): ApiError => new ApiError(500, '', `conversion webhook for ${subject} ${why}`);
  const uid = randomUUID();
  const review = {
    kind: 'ConversionReview',
    apiVersion: `apiextensions.k8s.io/${webhook.reviewVersion}`,
    request: { uid, desiredAPIVersion: apiVersion, objects },
  };
  let answer: JsonRecord;
  try {
    answer = await call(webhook.client, review, timeoutMs);
    requireSuccess(answer, review.apiVersion, uid);
  } catch (error) {
    throw fail(`failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  const converted = arrayAt(answer, 'response', 'convertedObjects');
  if (converted.length !== objects.length)
    throw fail(`returned ${converted.length} objects, expected ${objects.length}`);
  return objects.map((original, index) => {
    const object = converted[index];
    try {
      return accept(original, object, apiVersion);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw fail(`returned invalid converted object at index ${index}: ${why}`);
    }
  });
}

function requireSuccess(answer: JsonRecord, apiVersion: string, uid: string): void {
  const type = `${stringAt(answer, 'apiVersion')}, Kind=${stringAt(answer, 'kind')}`;
  if (type !== `${apiVersion}, Kind=ConversionReview`)
    throw new Error(`expected webhook response of ${apiVersion}, Kind=ConversionReview, got ${type}`);
  if (!isRecord(answer.response)) throw new Error('no response provided');
  const given = stringAt(answer.response, 'uid');
  const isBeta = apiVersion.endsWith('beta1');
  if (!isBeta && given !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(given)}`);
  const result = recordAt(answer.response, 'result');
  if (result.status === 'Success') return;
  throw new Error(
    stringAt(result, 'message') || `response.result.status was '${stringAt(result, 'status')}', not 'Success'`,
  );
}

function accept(original: JsonRecord, converted: unknown, apiVersion: string): JsonRecord {
  if (!isRecord(converted)) throw new Error('it is no object');
  const got = stringAt(converted, 'apiVersion');
  if (got !== apiVersion) throw new Error(`invalid groupVersion (expected ${apiVersion}, received ${got})`);
  if (converted.kind !== original.kind)
    throw new Error(`invalid kind (expected ${String(original.kind)}, received ${String(converted.kind)})`);
  const [before, after] = [recordAt(original, 'metadata'), converted.metadata];
  if (!isRecord(after)) throw new Error('missing metadata in converted object');
  for (const [key, name] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const [e, a] = [stringAt(before, key), stringAt(after, key)];
    if (e !== a) throw new Error(`must have the same ${name}: ${e} != ${a}`);
  }
  const metadata = { ...before };
  for (const key of ['labels', 'annotations']) {
    const texts = after[key];
    delete metadata[key];
    if (texts === undefined || texts === null) continue;
    if (!isRecord(texts) || Object.values(texts).some((text) => typeof text !== 'string'))
      throw new Error(`metadata.${key} must be a map of strings in converted object`);
    const [problem] = key === 'labels' ? validateLabels(texts, 'metadata.labels') : [];
    if (problem !== undefined) throw new Error(`${problem.field}: ${problem.message}`);
    metadata[key] = texts;
  }
  return { ...converted, metadata };
}
